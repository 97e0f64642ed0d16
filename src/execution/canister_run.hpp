// One canister's turn on a core: its next tasks and messages, one after the other, until it has
// none, the core's budget is used up, or it has written too much.
#pragma once

#include "execution/message_run.hpp"

namespace icpd::execution {

struct TurnLimits {
  /// No further message begins once this much was used.
  std::uint64_t instructions = 0;
  std::uint64_t heap_delta_bytes = 0;
};

struct Turn {
  std::uint64_t instructions = 0;
  std::uint64_t heap_delta_bytes = 0;
  std::uint64_t executions = 0;
  /// Nothing is left to do, or a slice of a long execution was done.
  bool full = false;
};

/// Needs a canister with something to do.
Turn run_canister(const RoundContext& round, state::CanisterState& canister,
                  const TurnLimits& limits, SubnetRoom& room, RoundOutput& out);

/// Heartbeat and timer that are due, in their turn (reference 4.4); called once a round.
void add_round_tasks(state::CanisterState& canister, Time now, bool heartbeat_due);

/// Bytes by which the canister has written more than rounds have worked off.
[[nodiscard]] std::uint64_t heap_delta_debit(const state::CanisterState& canister,
                                             types::Height round);

struct NewDebits {
  std::uint64_t heap_delta_bytes = 0;
  std::uint64_t install_instructions = 0;
};
/// Adds to what the canister has to work off, as of this round.
void add_debits(state::CanisterState& canister, types::Height round, const NewDebits& more);

}  // namespace icpd::execution
