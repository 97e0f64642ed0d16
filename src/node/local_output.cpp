#include "node/local_output.hpp"

#include <array>
#include <charconv>
#include <fcntl.h>

#include "node/detail/os.hpp"

namespace icpd::node {
namespace {

/// More than a line of canisters.log takes.
constexpr std::size_t kTailBytes = 64 * kKiB;

/// The number behind the last `key` in the text.
std::optional<std::uint64_t> last_number(std::string_view text, std::string_view key) {
  const std::size_t at = text.rfind(key);
  if (at == std::string_view::npos) return std::nullopt;
  std::uint64_t value = 0;
  const char* begin = text.data() + at + key.size();
  const auto [end, failed] = std::from_chars(begin, text.data() + text.size(), value);
  return failed == std::errc() ? std::optional(value) : std::nullopt;
}

std::string tail_of(const std::string& path) {
  std::string text = last_bytes(path, kTailBytes);
  // What a power cut left of a line.
  text.erase(text.rfind('\n') + 1);
  return text;
}

/// On the screen line breaks stay, with what follows set in.
std::string on_screen(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    shown += (shown.empty() ? "" : "\n    ") + without_controls(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return shown;
}

}  // namespace

CanisterLog::CanisterLog(std::string directory, LogFile file, std::optional<Name> last)
    : directory_(std::move(directory)), file_(std::move(file)), last_(last) {}

Result<CanisterLog> CanisterLog::open(const std::string& directory) {
  const std::string path = directory + "/" + kCanisterLogFile;
  std::string tail = tail_of(path);
  if (tail.empty()) tail = tail_of(directory + "/logs/canisters.1.log");
  std::optional<Name> last;
  const auto height = last_number(tail, " height=");
  const auto index = last_number(tail, " index=");
  if (height && index) last = Name{types::Height{*height}, *index};
  return CanisterLog(directory, TRY(LogFile::open(path, kCanisterLogBytesMax)), last);
}

std::string CanisterLog::name_of(const types::CanisterId& canister) {
  std::error_code none;
  const auto written =
      std::filesystem::last_write_time(directory_ + "/" + kCanisterNamesFile, none);
  if (!none && written != names_written_) {
    names_written_ = written;
    names_.clear();
    // Names are for comfort: a damaged file of them takes nothing else away.
    if (const auto all = CanisterNames(directory_).all(); all.ok()) {
      for (const auto& [name, id] : *all)
        names_.emplace(id, name);
    }
  }
  const auto known = names_.find(canister);
  return known == names_.end() ? canister.text() : known->second;
}

std::optional<std::string> CanisterLog::take(std::string_view json) {
  const auto line = parse_canister_line(json);
  if (!line.ok()) return std::nullopt;
  const Name name{line->height, line->index};
  if (last_ && name <= *last_) return std::nullopt;
  last_ = name;
  const std::string canister = name_of(line->canister);
  constexpr std::string_view kTrap = "[TRAP]: ";
  const bool is_trap = line->text.starts_with(kTrap);
  // Height and index last: open() looks for them from the end.
  file_.write(line->time, is_trap ? LogLevel::kWarning : LogLevel::kInfo, "canister", line->text,
              {{"canister", canister},
               {"id", line->canister.text()},
               {"function", line->function},
               {"height", to_string(line->height)},
               {"index", std::to_string(line->index)}});
  const std::string_view said = std::string_view(line->text).substr(is_trap ? kTrap.size() : 0);
  return "[" + without_controls(canister) + "] " + without_controls(line->function) +
         (is_trap ? " trapped: " : ": ") + on_screen(said);
}

Result<int> ChildLines::open() {
  close();
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return Err(detail::system_error("pipe"));
  pipe_ = ends[0];
  loop_.watch(pipe_, {.read = true}, [this](Readiness) { on_readable(); });
  return ends[1];
}

void ChildLines::on_readable() {
  std::array<char, 65536> part;
  const ssize_t n = ::read(pipe_, part.data(), part.size());
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) return close();
  text_.append(part.data(), static_cast<std::size_t>(n));
  take_lines();
}

void ChildLines::take_lines() {
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = text_.find('\n', begin)) != std::string::npos; begin = end + 1)
    take_(std::string_view(text_).substr(begin, end - begin));
  text_.erase(0, begin);
  // Its rest isn't a line of JSON and goes the same way.
  if (text_.size() > kLineBytesMax) text_.clear();
}

void ChildLines::close() {
  if (pipe_ < 0) return;
  loop_.forget(pipe_);
  ::close(std::exchange(pipe_, -1));
  text_.clear();
}

}  // namespace icpd::node
