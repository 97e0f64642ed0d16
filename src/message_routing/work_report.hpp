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

/// Cost: O(log canisters).
[[nodiscard]] WorkReport work_of(const state::ReplicatedState& state);

}  // namespace icpd::message_routing
