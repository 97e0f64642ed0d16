// Looks for the first seed at which the simulator sees that the replicas of this process are
// broken.
//
//   hunt [--nodes N] [--byzantine K] [--seeds A..B] [--stuck]
//
// Each seed runs in a child process, because a broken invariant ends it. Seen is a check of the
// simulator that failed, or an ensure; with --stuck also a run that makes no progress.
//
// Status 0: seen; standard output has "seed S: " and what was said. 1: all seeds hold. 2: wrong
// arguments, or a child died of something else.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/simulation.hpp"

namespace {

using icpd::sim::Options;
using icpd::sim::Report;

constexpr int kSeen = 0;
constexpr int kHolds = 1;
constexpr int kUnusable = 2;
/// A seed takes seconds; one that takes this much processor time will never end.
constexpr rlim_t kSecondsMax = 300;

struct Hunt {
  Options options;
  std::uint64_t last = 100;
  bool stuck_counts = false;
};

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  if (text.empty() || text.size() > 9) return std::nullopt;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

/// Takes one option and its value; false if it can't be read.
bool take(Hunt& hunt, std::string_view option, std::string_view value) {
  if (option == "--seeds") {
    const std::size_t dots = value.find("..");
    if (dots == std::string_view::npos) return false;
    const auto first = number(value.substr(0, dots));
    const auto last = number(value.substr(dots + 2));
    if (!first || !last || *first > *last) return false;
    hunt.options.seed = *first;
    hunt.last = *last;
    return true;
  }
  const auto count = number(value);
  if (!count) return false;
  if (option == "--nodes") hunt.options.nodes = *count;
  if (option == "--byzantine") hunt.options.byzantine = *count;
  return option == "--nodes" || option == "--byzantine";
}

std::optional<Hunt> parse(int argc, char** argv) {
  Hunt hunt;
  for (int i = 1; i < argc; ++i) {
    const std::string_view option = argv[i];
    if (option == "--stuck") {
      hunt.stuck_counts = true;
    } else if (i + 1 == argc || !take(hunt, option, argv[++i])) {
      return std::nullopt;
    }
  }
  const std::size_t nodes = hunt.options.nodes;
  if (nodes == 0 || hunt.options.byzantine > (nodes - 1) / 3) return std::nullopt;
  return hunt;
}

/// The child: what it says goes to the pipe.
[[noreturn]] void run(const Hunt& hunt, int pipe) {
  const rlimit processor{kSecondsMax, kSecondsMax};
  const rlimit no_core{0, 0};
  if (setrlimit(RLIMIT_CPU, &processor) != 0 || setrlimit(RLIMIT_CORE, &no_core) != 0 ||
      dup2(pipe, STDERR_FILENO) < 0)
    std::_Exit(kUnusable);
  const Report report = icpd::sim::simulate(hunt.options);
  if (report.ok() || (report.stuck && !hunt.stuck_counts)) std::_Exit(kHolds);
  std::fputs(report.failures.front().c_str(), stderr);
  std::_Exit(kSeen);
}

std::string read_all(int pipe) {
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t got = read(pipe, buffer, sizeof buffer);
    if (got <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
  }
}

/// One seed; `said` gets what the child said.
int try_seed(const Hunt& hunt, std::string& said) {
  int ends[2];
  if (pipe(ends) != 0) return kUnusable;
  const pid_t child = fork();
  if (child < 0) return kUnusable;
  if (child == 0) {
    close(ends[0]);
    run(hunt, ends[1]);
  }
  close(ends[1]);
  said = read_all(ends[0]);
  close(ends[0]);
  int status = 0;
  if (waitpid(child, &status, 0) != child) return kUnusable;
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  if (WTERMSIG(status) == SIGABRT) return kSeen;
  said += "died of signal " + std::to_string(WTERMSIG(status));
  return kUnusable;
}

}  // namespace

int main(int argc, char** argv) {
  auto hunt = parse(argc, argv);
  if (!hunt) {
    std::fputs("usage: hunt [--nodes N] [--byzantine K] [--seeds A..B] [--stuck]\n", stderr);
    return kUnusable;
  }
  for (; hunt->options.seed <= hunt->last; ++hunt->options.seed) {
    std::string said;
    const int status = try_seed(*hunt, said);
    if (status == kHolds) continue;
    std::printf("seed %s: %s\n", std::to_string(hunt->options.seed).c_str(), said.c_str());
    return status;
  }
  return kHolds;
}
