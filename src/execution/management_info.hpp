// What the management canister tells about a canister, as Candid replies; for updates and queries
// alike.
#pragma once

#include "execution/fees.hpp"
#include "state/canister_state.hpp"

namespace icpd::execution {

[[nodiscard]] Bytes status_reply(const FeeSchedule& fees, const state::CanisterState& canister);
[[nodiscard]] Bytes metrics_reply(const state::CanisterState& canister);
[[nodiscard]] Bytes logs_reply(const state::CanisterState& canister);

}  // namespace icpd::execution
