// What the management canister tells about canisters, as Candid replies; for updates and queries
// alike.
#pragma once

#include "execution/fees.hpp"
#include "state/replicated_state.hpp"

namespace icpd::execution {

[[nodiscard]] Bytes status_reply(const FeeSchedule& fees, const state::CanisterState& canister);
[[nodiscard]] Bytes metrics_reply(const state::CanisterState& canister);
[[nodiscard]] Bytes logs_reply(const state::CanisterState& canister);
/// All canisters of the subnet as ranges of consecutive ids. Cost: O(canisters).
[[nodiscard]] Bytes canister_ranges_reply(const state::ReplicatedState& state);

}  // namespace icpd::execution
