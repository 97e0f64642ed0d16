// Working on one message: admission, payment, execution in slices, effects, answer.
//
//   admit       pay for the largest possible execution in advance; refuse what can't run
//   execute     a slice a round, until finished (deterministic time slicing)
//   conclude    apply effects or drop them, give back unused cycles, answer the caller
//
// While an execution is paused, the canister is as it was before the message, but for the cycles
// paid in advance; only cycles may be added to it meanwhile.
//
// Sources: reference 4.6, 4.8, 4.9; interface specification, "Message execution", "Call context
// creation", "Callback invocation".
#pragma once

#include "execution/round.hpp"

namespace icpd::execution {

/// What a step of work on a canister cost the round.
struct WorkDone {
  std::uint64_t instructions = 0;
  /// Bytes of pages written that the next checkpoint has to write.
  std::uint64_t heap_delta_bytes = 0;
  /// The execution goes on in a later round.
  bool paused = false;
};

/// Begins to work on a message or task that was taken from the canister's queue. Needs: no long
/// execution. Whatever happens, the message is dealt with: executed, answered with an error,
/// dropped (a response nobody waits for, a task that can't be paid), or it has become the long
/// execution.
WorkDone start_message(const RoundContext& round, state::CanisterState& canister,
                       state::InputMessage message, SubnetRoom& room, RoundOutput& out);
WorkDone start_task(const RoundContext& round, state::CanisterState& canister,
                    state::SystemTask task, SubnetRoom& room, RoundOutput& out);
/// Runs the next slice of the canister's long execution. Needs one, which isn't an install.
WorkDone continue_message(const RoundContext& round, state::CanisterState& canister,
                          SubnetRoom& room, RoundOutput& out);

/// Gives up a long execution that isn't an install: its caller gets `error`.
void cancel_message(const RoundContext& round, state::CanisterState& canister,
                    const types::UserError& error, RoundOutput& out);

/// Sets the low memory hook by the canister's memory (interface specification, "On Low Wasm
/// Memory").
void update_low_memory_hook(state::CanisterState& canister, PointerWidth width);

/// Canister as the System API sees it.
[[nodiscard]] CanisterView view_of(const state::CanisterState& canister, PointerWidth width);

}  // namespace icpd::execution
