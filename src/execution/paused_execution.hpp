// An execution between two rounds: native stack, memories and staged effects of what it has done so
// far. What it works on is in the state (state::LongExecution), so that it can begin anew.
#pragma once

namespace icpd::execution {

class PausedExecution {
 public:
  PausedExecution() = default;
  PausedExecution(const PausedExecution&) = delete;
  PausedExecution& operator=(const PausedExecution&) = delete;
  /// Leaves the memories as they were before the execution.
  virtual ~PausedExecution() = default;
};

}  // namespace icpd::execution
