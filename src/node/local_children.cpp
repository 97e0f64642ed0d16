#include "node/local_children.hpp"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "node/detail/os.hpp"

namespace icpd::node {
namespace {

using detail::Descriptor;
using detail::system_error;

constexpr int kExecFailed = 127;

/// Between fork and exec: only calls that are safe there.
[[noreturn]] void become(char* const* words, int output, int log, int parent) {
  setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The parent may have ended before the line above took effect.
  if (getppid() != parent) _exit(kExecFailed);
  const int nothing = ::open("/dev/null", O_RDONLY);
  if (nothing >= 0) dup2(nothing, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  execv(words[0], words);
  _exit(kExecFailed);
}

ChildChange change_of(int pid, int status) {
  if (WIFSTOPPED(status)) return {pid, ChildChange::Kind::kPaused, "was paused"};
  if (WIFCONTINUED(status)) return {pid, ChildChange::Kind::kContinued, "goes on"};
  if (WIFSIGNALED(status))
    return {pid, ChildChange::Kind::kEnded,
            "was ended by signal " + std::to_string(WTERMSIG(status))};
  return {pid, ChildChange::Kind::kEnded,
          "ended with status " + std::to_string(WEXITSTATUS(status))};
}

}  // namespace

Result<int> start_child(const ChildCommand& command) {
  const Descriptor log(
      ::open(command.log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!log.is_open()) return Err(system_error(command.log_file));
  std::vector<std::string> texts = {command.program};
  texts.insert(texts.end(), command.arguments.begin(), command.arguments.end());
  std::vector<char*> words;
  for (std::string& text : texts)
    words.push_back(text.data());
  words.push_back(nullptr);
  const int parent = getpid();
  const int pid = fork();
  if (pid < 0) return Err(system_error("starting a node"));
  if (pid == 0)
    become(words.data(), command.output >= 0 ? command.output : log.get(), log.get(), parent);
  return pid;
}

void signal_child(int pid, ChildSignal signal) {
  constexpr std::array<int, 4> kNumbers = {SIGTERM, SIGKILL, SIGSTOP, SIGCONT};
  ::kill(pid, kNumbers[static_cast<std::size_t>(signal)]);
}

void kill_child(int pid) {
  ::kill(pid, SIGKILL);
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::vector<ChildChange> child_changes() {
  std::vector<ChildChange> changes;
  for (;;) {
    int status = 0;
    const int pid = waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED);
    if (pid <= 0) return changes;
    changes.push_back(change_of(pid, status));
  }
}

}  // namespace icpd::node
