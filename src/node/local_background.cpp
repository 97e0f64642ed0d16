#include "node/local_background.hpp"

#include <array>
#include <fcntl.h>
#include <sys/wait.h>

#include "node/detail/os.hpp"
#include "node/log.hpp"

namespace icpd::node {
namespace {

/// The last byte that the network's process says: it answers, and goes on alone.
constexpr char kDetached = '\x04';

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace

Background::Background(int child, int pipe, const Console& console)
    : child_(child), pipe_(pipe), console_(&console), own_(std::make_shared<Console>()) {
  own_->out = [pipe](std::string_view text) { write_all(pipe, text); };
  own_->note = own_->out;
}

Result<Background> Background::begin(const Console& console) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Err(detail::system_error("pipe"));
  const int child = ::fork();
  if (child < 0) return Err(detail::system_error("fork"));
  ::close(ends[child == 0 ? 0 : 1]);
  if (child == 0) {
    ::setsid();
    const int nothing = ::open("/dev/null", O_RDONLY);
    if (nothing >= 0) ::dup2(nothing, STDIN_FILENO);
    // Errors that end this process are printed to standard error as any command's.
    ::dup2(ends[1], STDERR_FILENO);
    ::dup2(ends[1], STDOUT_FILENO);
  }
  return Background(child, ends[child == 0 ? 1 : 0], console);
}

CommandResult Background::outcome(const std::string& stop_command) const {
  std::array<char, 4096> part;
  bool detached = false;
  while (!detached) {
    const ssize_t n = ::read(pipe_, part.data(), part.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    std::string_view text(part.data(), static_cast<std::size_t>(n));
    detached = text.back() == kDetached;
    if (detached) text.remove_suffix(1);
    console_->out(text);
  }
  int status = 0;
  if (!detached && ::waitpid(child_, &status, 0) == child_)
    return Err(CommandFailure("the network didn't start",
                              WIFEXITED(status) ? WEXITSTATUS(status) : kExitFailed));
  console_->remark("It goes on in the background; stop it with: " + stop_command);
  return {};
}

void Background::detach(const std::string& log_file) {
  write_all(pipe_, std::string_view(&kDetached, 1));
  const int log = ::open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const int target = log >= 0 ? log : ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  ::dup2(target, STDERR_FILENO);
  ::dup2(target, STDOUT_FILENO);
  ::dup3(target, pipe_, O_CLOEXEC);
  own_->note = own_->out = [](std::string_view text) {
    log_line(LogLevel::kInfo, "local", text.substr(0, text.find_last_not_of('\n') + 1));
  };
}

}  // namespace icpd::node
