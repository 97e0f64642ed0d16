// One round: everything that happens to canisters between a batch's messages and the next state.
//
//   expired ingress -> answers of consensus -> raw_rand answers -> a slice of a waiting install ->
//   iterations { management calls; (first) heartbeats and timers; canisters on cores; messages
//                between canisters } -> stops, storage charges, checkpoint or paused executions
//
// A function of (state, input): the number of threads, warm memories and cached code never show.
// Cores are a constant of the protocol; each runs its canisters one after the other on its own part
// of the subnet's free memory, and results are merged in the order of cores.
//
// Cost: O(canisters with something to do + their work).
//
// Source: reference 4.3; DESIGN "Nothing in a round visits what has nothing to do".
#pragma once

#include "execution/environment.hpp"
#include "execution/round.hpp"
#include "state/replicated_state.hpp"
#include "types/batch.hpp"

namespace icpd::execution {

struct RoundInput {
  types::Randomness randomness;
  /// After this round the state is checkpointed: no execution stays paused.
  bool is_checkpoint = false;
  /// A second has passed since the last round in which heartbeats were due.
  bool heartbeats_due = false;
  /// Of the batch; must outlive the round. Null: none.
  const types::ConsensusResponses* responses = nullptr;
};

/// One turn of a canister on a core.
struct CanisterWork {
  types::CanisterId canister;
  std::uint64_t executions = 0;
  std::uint64_t instructions = 0;
  /// Pages stored to.
  std::uint64_t pages = 0;
};

struct RoundReport {
  /// One for each execution that worked for a user's call, in the order of execution.
  std::vector<MessageTrace> traces;
  /// In the order of execution; a core's after those of the cores before it. At most
  /// kCanisterLogSizeMax bytes for each execution.
  std::vector<LogLines> log;
  std::uint64_t executions = 0;
  /// Of all cores and installs.
  std::uint64_t instructions = 0;
  std::uint64_t iterations = 0;
  /// Of canisters that did something, core after core; for metrics. Installs and management calls
  /// are only in the sums above.
  std::vector<CanisterWork> work;
  /// Ended by its budget: some that had something to do may not have had their turn.
  bool cut_short = false;
};

/// Needs metadata (height, time, topology) of this round in the state, and its messages inducted.
RoundReport execute_round(state::ReplicatedState& state, const RoundInput& input,
                          Environment& environment);

/// What a round's parts see of the state's metadata.
[[nodiscard]] RoundContext round_context(const state::ReplicatedState& state,
                                         Environment& environment);
[[nodiscard]] SubnetView subnet_view(const state::NetworkTopology& topology);
/// What the subnet has left.
[[nodiscard]] SubnetRoom subnet_room(const state::ReplicatedState& state);

}  // namespace icpd::execution
