// Cycles of one canister: who may take how much, and where it is booked.
//
// Invariant: what leaves `balance` either goes into a message, a callback or a call context, or is
// booked under the use it was consumed for.
#pragma once

#include "execution/errors.hpp"
#include "execution/message_api.hpp"
#include "execution/resources.hpp"
#include "state/canister_state.hpp"

namespace icpd::execution {

[[nodiscard]] ResourceUse resource_use(const state::CanisterState& canister);
[[nodiscard]] ApiStatus api_status(const state::CanisterState& canister);
/// The balance less what must stay for storage.
[[nodiscard]] Cycles liquid_balance(const FeeSchedule& fees, const state::CanisterState& canister);
/// How much is missing to pay `amount` and not be frozen; zero if nothing is.
[[nodiscard]] Cycles missing(const FeeSchedule& fees, const state::CanisterState& canister,
                             Cycles amount);

/// Books `amount`, which has already left the balance.
void book(state::CanisterState& canister, state::CyclesUse use, Cycles amount);
/// Takes and books at most the whole balance; gives what was taken.
Cycles consume(state::CanisterState& canister, state::CyclesUse use, Cycles amount);

/// Storage and compute from charged_until to `now`, from the reserved balance first. False if the
/// canister can't pay all of it: it is out of cycles. Nothing happens while a long execution is
/// under way or less than kChargeInterval has passed.
[[nodiscard]] bool charge_resources(const FeeSchedule& fees, state::CanisterState& canister,
                                    Time now);
/// Sets next_charge to when the balances can't pay storage and compute any longer. Needs
/// charged_until to be right. Call after anything that changes balances, usage or allocations.
void plan_next_charge(const FeeSchedule& fees, state::CanisterState& canister);

}  // namespace icpd::execution
