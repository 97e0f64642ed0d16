// Whether a state has something to do without new messages. Consensus paces blocks by it: a subnet
// that sleeps makes a block a second, one that has work makes the next one at once.
#pragma once

#include <optional>

#include "base/units.hpp"
#include "state/replicated_state.hpp"

namespace icpd::message_routing {

struct WorkReport {
  /// Inputs, slices or answers wait for the next round.
  bool now = false;
  /// Block time at which a timer, deadline, heartbeat or charge is due; absent: never.
  std::optional<Time> due;
  bool operator==(const WorkReport&) const = default;
};

/// Heartbeats are due this long after they were due before.
inline constexpr Duration kHeartbeatInterval = Duration::seconds(1);

/// Whether everything that was due in the state's round had its turn in it.
using AllHadTheirTurn = Flag<struct AllHadTheirTurnTag>;

/// After a round in which all had their turn, timers and hooks that are still due wait for cycles
/// (a frozen canister's stay set): they are tried again with the next heartbeats, and don't keep
/// the subnet awake. Cost: O(log canisters).
[[nodiscard]] WorkReport work_of(const state::ReplicatedState& state, AllHadTheirTurn all);

}  // namespace icpd::message_routing
