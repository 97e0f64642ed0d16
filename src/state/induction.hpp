// Moves messages between canisters of this subnet.
//
// From output queues to input queues, in the order of reference 2.2: the subnet's own responses
// first, then canisters in order of their ids in rounds, one message of one queue each, so that no
// canister starves another. A message that can't be delivered is answered at once:
//
// | receiver | request | response |
// | --- | --- | --- |
// | management canister or own subnet | into the subnet's queues | - |
// | canister here, accepts | delivered | delivered |
// | canister here, input full | stays in the output queue | - |
// | canister here, no memory for a guaranteed response | reject CANISTER_ERROR | - |
// | canister here, stopped / stopping | reject CANISTER_ERROR | dropped, cycles refunded |
// | no such canister | reject DESTINATION_INVALID | dropped, cycles lost |
// | another subnet | reject DESTINATION_INVALID (no network to it) | - |
//
// All cycles of a rejected request go back with the reject.
#pragma once

#include <cstdint>

#include "state/replicated_state.hpp"

namespace icpd::state {

/// Memory for guaranteed responses that the whole subnet may use.
inline constexpr std::uint64_t kGuaranteedMessageMemoryMax = 15 * kGiB;
/// Above this, best-effort messages are dropped at the end of a round, largest first.
inline constexpr std::uint64_t kBestEffortMessageMemoryMax = 5 * kGiB;

struct InductionReport {
  std::uint64_t delivered = 0;
  std::uint64_t rejected = 0;
  bool operator==(const InductionReport&) const = default;
};

/// Delivers until nothing more can be delivered. Called by the scheduler between the iterations of
/// a round, and at its end. Cost: O(canisters with output + messages).
InductionReport induct_local_messages(ReplicatedState& state);

/// Drops what has expired, of all canisters that have something due: messages, best-effort
/// callbacks. Refunds are credited.
void time_out_messages(ReplicatedState& state);

/// Drops best-effort messages until they take at most `bytes_max`.
void shed_best_effort_messages(ReplicatedState& state,
                               std::uint64_t bytes_max = kBestEffortMessageMemoryMax);

}  // namespace icpd::state
