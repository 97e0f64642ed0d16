// A thread that compiles what installs will need before they run: the call has just come in, and
// the subnet still has to agree on it. Only a head start: whether it happens changes no result.
#pragma once

#include <functional>
#include <optional>
#include <thread>

#include "node/channel.hpp"
#include "node/compile_process.hpp"

namespace icpd::node {

class CompileAhead {
 public:
  /// Finds the module, on this thread; nothing if there is none.
  using Find = std::move_only_function<std::optional<state::Blob>()>;

  /// The compiler outlives this.
  explicit CompileAhead(CompileProcesses& compiler);
  /// Finishes the one under way.
  ~CompileAhead();

  /// Dropped if several wait already: those are then compiled when they are needed.
  void hint(Find find) { std::ignore = waiting_.try_push(std::move(find)); }

 private:
  static constexpr std::size_t kWaitingMax = 4;

  CompileProcesses& compiler_;
  Channel<Find> waiting_{kWaitingMax};
  std::thread thread_;
};

}  // namespace icpd::node
