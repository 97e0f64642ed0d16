#include "io/linux/confined_run.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace icpd::io::linux {
namespace {

RunEnd shell(const std::string& script, ByteView input = {}) {
  auto end = run_confined({.program = "/bin/sh",
                           .arguments = {"-c", script},
                           .input = input,
                           .output_bytes_max = 1000,
                           .time_max = Duration::minutes(5)});
  EXPECT_TRUE(end.ok()) << end.error().message;
  return end.ok() ? *end : RunEnd{};
}

TEST(ConfinedRun, gives_the_program_its_input_and_takes_its_output) {
  const RunEnd end = shell("read word; echo \"got $word\"", as_bytes("all"));
  EXPECT_EQ(end.exit_status, 0);
  EXPECT_EQ(as_text(end.output), "got all\n");
}

TEST(ConfinedRun, tells_exit_statuses_and_signals_apart) {
  const RunEnd status = shell("echo lost; exit 7");
  EXPECT_EQ(status.exit_status, 7);
  EXPECT_EQ(status.how, "ended with status 7");
  EXPECT_TRUE(status.output.empty());
  const RunEnd signal = shell("kill -9 $$");
  EXPECT_EQ(signal.exit_status, std::nullopt);
  EXPECT_EQ(signal.how, "was ended by signal 9");
}

TEST(ConfinedRun, ends_what_takes_too_long) {
  const auto end = run_confined({.program = "/bin/sh",
                                 .arguments = {"-c", "while :; do :; done"},
                                 .time_max = Duration::milliseconds(20)});
  ASSERT_TRUE(end.ok());
  EXPECT_EQ(end->exit_status, std::nullopt);
  EXPECT_EQ(end->how, "took longer than 0 s");
}

TEST(ConfinedRun, more_output_than_allowed_and_no_such_program_are_errors) {
  EXPECT_FALSE(run_confined({.program = "/bin/sh",
                             .arguments = {"-c", "echo 123456789"},
                             .output_bytes_max = 5,
                             .time_max = Duration::minutes(5)})
                   .ok());
  const auto missing = run_confined({.program = "/nowhere/program"});
  ASSERT_FALSE(missing.ok());
  EXPECT_TRUE(missing.error().message.starts_with("starting /nowhere/program"));
}

TEST(ConfinedRun, the_child_has_no_environment_and_no_descriptors_of_its_parent) {
  const int open = ::dup(STDIN_FILENO);
  ASSERT_GE(open, 0);
  ASSERT_EQ(::fcntl(open, F_SETFD, FD_CLOEXEC), 0);
  const RunEnd end = shell("echo \"home ${HOME-none}\"; [ -e /proc/self/fd/" +
                           std::to_string(open) + " ] || echo closed");
  ::close(open);
  EXPECT_EQ(as_text(end.output), "home none\nclosed\n");
}

/// The exit status of a child of this process that confines itself and then does `what`; 256 and
/// the signal if one ended it.
int confined(ProcessBounds bounds, int (*what)()) {
  bounds.parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) {
    if (!confine_this_process(bounds).ok()) ::_exit(99);
    ::_exit(what());
  }
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  return WIFSIGNALED(status) ? 256 + WTERMSIG(status) : WEXITSTATUS(status);
}

constexpr ProcessBounds kWide{
    .memory_bytes = kTiB, .output_bytes = 1000, .processor_time = Duration::minutes(5)};

TEST(Confinement, opens_nothing_more) {
  EXPECT_EQ(
      confined(kWide, [] { return ::open("/dev/null", O_RDONLY) < 0 && errno == EMFILE ? 0 : 1; }),
      kAllIsBounded ? 0 : 1);
}

TEST(Confinement, takes_no_more_memory_than_allowed) {
  const auto maps_8_mib = [] {
    void* map = ::mmap(nullptr, 8 * kMiB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return map == MAP_FAILED ? 1 : 0;
  };
  EXPECT_EQ(confined(kWide, maps_8_mib), 0);
  ProcessBounds bounds = kWide;
  bounds.memory_bytes = 4 * kMiB;
  EXPECT_EQ(confined(bounds, maps_8_mib), kAllIsBounded ? 1 : 0);
}

TEST(Confinement, is_ended_by_the_kernel_when_its_processor_time_is_used_up) {
  ProcessBounds bounds = kWide;
  bounds.processor_time = Duration::seconds(1);
  EXPECT_GT(confined(bounds,
                     [] {
                       volatile bool go_on = true;
                       while (go_on) {
                       }
                       return 0;
                     }),
            256);
}

TEST(Confinement, needs_the_parent_that_it_was_told) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ProcessBounds bounds = kWide;
    bounds.parent = 1'000'000'000;
    ::_exit(confine_this_process(bounds).ok() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace icpd::io::linux
