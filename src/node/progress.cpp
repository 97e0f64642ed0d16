#include "node/progress.hpp"

#include <array>
#include <utility>

#include "io/linux/system.hpp"

namespace icpd::node {

namespace {

std::string seconds(Duration time) {
  return std::to_string(time.ns / Duration::seconds(1).ns) + " s";
}

std::string with(const std::string& what, const std::string& detail) {
  return detail.empty() ? what : what + "; " + detail;
}

}  // namespace

void Progress::show(Duration now, const std::string& what, const std::string& detail) {
  if (now - began_ < kSilent) return;
  if (console_.progress) return show_in_place(now, with(what, detail));
  note_line(now, what, detail);
}

void Progress::show_in_place(Duration now, const std::string& what) {
  if (is_on_screen_ && what == shown_ && now - shown_at_ < kRedraw) return;
  constexpr std::array<char, 4> kWheel = {'|', '/', '-', '\\'};
  const std::string time = "  " + seconds(now - began_);
  std::string line = std::string(1, kWheel[turn_++ % kWheel.size()]) + " " + what;
  if (line.size() + time.size() > kWidthMax) line.resize(kWidthMax - time.size());
  shown_ = what;
  shown_at_ = now;
  is_on_screen_ = true;
  console_.progress(line + time);
}

void Progress::note_line(Duration now, const std::string& what, const std::string& detail) {
  const bool is_new = what != shown_;
  if (!is_new && now - shown_at_ < kRepeat) return;
  shown_ = what;
  shown_at_ = now;
  console_.remark(is_new ? what + " ..."
                         : with(what, detail) + ", " + seconds(now - began_) + " so far");
}

void Progress::clear() {
  if (std::exchange(is_on_screen_, false)) console_.progress("");
}

Waiting::Waiting(const Console& console, std::string what, Explain explain)
    : console_(console),
      what_(std::move(what)),
      explain_(std::move(explain)),
      thread_([this] { run(); }) {}

Waiting::~Waiting() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  ended_.notify_one();
  thread_.join();
}

void Waiting::run() {
  io::linux::SystemClock clock;
  const Duration began = clock.monotonic();
  Duration ask_at = began + kExplainAfter;
  Progress progress(console_, began);
  const std::chrono::nanoseconds redraw(Progress::kRedraw.ns);
  std::unique_lock lock(mutex_);
  while (!ended_.wait_for(lock, redraw, [this] { return is_over_; })) {
    progress.show(clock.monotonic(), what_);
    if (!explain_ || clock.monotonic() < ask_at) continue;
    lock.unlock();  // an answer that comes meanwhile is held up a second at most
    const std::string why = explain_();
    lock.lock();
    ask_at = clock.monotonic() + kExplainAgain;
    if (why.empty() || is_over_) continue;
    progress.clear();
    console_.remark(why);
    explain_ = {};
  }
}

}  // namespace icpd::node
