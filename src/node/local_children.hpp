// The nodes of a local network as child processes.
//
// A child can't outlive its parent: the kernel kills it when the thread that made it ends, however
// it ends. Children have a process group of their own, so that Ctrl-C reaches the parent alone,
// which then ends them in order.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace icpd::node {

struct ChildCommand {
  std::string program;
  std::vector<std::string> arguments;
  /// Gets the child's output, behind what is there.
  std::string log_file;
  /// A descriptor that gets its standard output instead; -1: none does.
  int output = -1;
};

/// The process id. Call it only from the thread that lives as long as the process.
[[nodiscard]] Result<int> start_child(const ChildCommand& command);

enum class ChildSignal : std::uint8_t { kEnd, kKill, kPause, kContinue };
void signal_child(int pid, ChildSignal signal);
/// As a power cut: returns when the process is gone, which child_changes() won't tell.
void kill_child(int pid);

struct ChildChange {
  int pid = 0;
  enum class Kind : std::uint8_t { kEnded, kPaused, kContinued } kind = Kind::kEnded;
  /// For people: "ended with status 1", "was killed by signal 9".
  std::string how;
};
/// What happened to children since the last call; doesn't wait.
[[nodiscard]] std::vector<ChildChange> child_changes();

}  // namespace icpd::node
