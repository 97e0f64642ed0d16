#include "io/linux/confined_run.hpp"

#include <algorithm>
#include <csignal>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "io/linux/detail/descriptor.hpp"
#include "io/linux/system.hpp"

namespace icpd::io::linux {
namespace {

using detail::Descriptor;
using detail::retry_interrupted;
using detail::system_error;

Status<> write_all(int descriptor, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t n =
        retry_interrupted([&] { return ::write(descriptor, bytes.data(), bytes.size()); });
    if (n <= 0) return Err(system_error("writing"));
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

/// From its beginning, whatever its offset is.
Result<Bytes> read_all(int descriptor, std::uint64_t size_max) {
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) return Err(system_error("reading"));
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > size_max) return Err("longer than allowed: " + std::to_string(size) + " bytes");
  Bytes bytes(size);
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t n = retry_interrupted([&] {
      return ::pread(descriptor, bytes.data() + done, bytes.size() - done,
                     static_cast<off_t>(done));
    });
    if (n <= 0) return Err(system_error("reading"));
    done += static_cast<std::size_t>(n);
  }
  return bytes;
}

Result<Descriptor> memory_file(const char* name) {
  Descriptor file(::memfd_create(name, MFD_CLOEXEC));
  if (!file.is_open()) return Err(system_error("a file in memory"));
  return file;
}

class SpawnSettings {
 public:
  SpawnSettings(int input, int output) {
    posix_spawn_file_actions_init(&files_);
    posix_spawn_file_actions_adddup2(&files_, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files_, output, STDOUT_FILENO);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setpgroup(&attributes_, 0);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes_, &none);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&files_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  [[nodiscard]] Result<pid_t> spawn(const std::string& program, std::vector<std::string> texts) {
    texts.insert(texts.begin(), program);
    std::vector<char*> words;
    for (std::string& text : texts)
      words.push_back(text.data());
    words.push_back(nullptr);
    char* no_environment = nullptr;
    pid_t pid = 0;
    const int failed =
        ::posix_spawn(&pid, program.c_str(), &files_, &attributes_, words.data(), &no_environment);
    if (failed == 0) return pid;
    errno = failed;
    return Err(system_error("starting " + program));
  }

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

/// False if it is still running after `time_max`.
bool wait_for_end(pid_t pid, Duration time_max) {
  const Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process.is_open()) return false;
  pollfd wanted{process.get(), POLLIN, 0};
  SystemClock clock;
  const Duration until = clock.monotonic() + time_max;
  for (;;) {
    const std::int64_t left_ms = (until - clock.monotonic()).ns / 1'000'000;
    if (left_ms < 0) return false;
    const int ready = ::poll(&wanted, 1, static_cast<int>(std::min<std::int64_t>(left_ms, 60'000)));
    if (ready > 0) return true;
  }
}

}  // namespace

Result<RunEnd> run_confined(const ConfinedRun& run) {
  const Descriptor input = TRY(memory_file("input"));
  const Descriptor output = TRY(memory_file("output"));
  TRY(write_all(input.get(), run.input));
  ::lseek(input.get(), 0, SEEK_SET);
  const pid_t pid = TRY(SpawnSettings(input.get(), output.get()).spawn(run.program, run.arguments));
  const bool in_time = wait_for_end(pid, run.time_max);
  if (!in_time) ::kill(pid, SIGKILL);
  int status = 0;
  if (retry_interrupted([&] { return ::waitpid(pid, &status, 0); }) != pid)
    return Err(system_error("waiting for " + run.program));
  RunEnd end;
  if (!in_time) {
    end.how = "took longer than " + std::to_string(run.time_max.ns / 1'000'000'000) + " s";
  } else if (WIFSIGNALED(status)) {
    end.how = "was ended by signal " + std::to_string(WTERMSIG(status));
  } else {
    end.exit_status = WEXITSTATUS(status);
    end.how = "ended with status " + std::to_string(*end.exit_status);
  }
  if (end.exit_status == 0) end.output = TRY(read_all(output.get(), run.output_bytes_max));
  return end;
}

Status<> confine_this_process(const ProcessBounds& bounds) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return Err(system_error("ending with the parent"));
  // The parent may have ended before the line above took effect.
  if (::getppid() != bounds.parent) return Err("the process that started this one is gone");
  const auto seconds =
      static_cast<rlim_t>(std::max<std::int64_t>(bounds.processor_time.ns / 1'000'000'000, 1));
  const auto bound = [](int resource, rlim_t most) {
    const rlimit limit{most, most};
    return ::setrlimit(static_cast<__rlimit_resource>(resource), &limit) == 0;
  };
  if (kAllIsBounded && (!bound(RLIMIT_AS, bounds.memory_bytes) || !bound(RLIMIT_NOFILE, 0)))
    return Err(system_error("bounding memory and descriptors"));
  if (!bound(RLIMIT_FSIZE, bounds.output_bytes) || !bound(RLIMIT_CPU, seconds) ||
      !bound(RLIMIT_CORE, 0))
    return Err(system_error("setting a limit"));
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_DUMPABLE, 0) != 0)
    return Err(system_error("giving up rights"));
  lower_this_thread(bounds.nice);
  return {};
}

Result<Bytes> read_all_input() {
  return read_all(STDIN_FILENO, UINT64_MAX);
}

Status<> write_output(ByteView bytes) {
  return write_all(STDOUT_FILENO, bytes);
}

}  // namespace icpd::io::linux
