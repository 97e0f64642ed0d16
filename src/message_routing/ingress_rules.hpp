// When a user's call may enter the subnet: the rules that block makers, validators and induction
// share, so that what one lets in the next doesn't refuse.
//
// | rule | failure |
// | --- | --- |
// | the management method's argument names its canister | IC0408 |
// | the management method may be called by users here | IC0406, IC0407, IC0536 |
// | the called canister, or the one that the call is about, exists | IC0301 |
// | the called canister runs | IC0508, IC0509 |
// | the canister can pay for the message | IC0207 |
//
// Not here: signature, sender and expiry (certification/request_auth.hpp) and whether the message
// is new (payload.hpp, batch.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/result.hpp"
#include "execution/fees.hpp"
#include "state/replicated_state.hpp"
#include "types/requests.hpp"

namespace icpd::message_routing {

/// Prices of the state's own subnet.
[[nodiscard]] execution::FeeSchedule fees_of(const state::ReplicatedState& state);

/// What a message costs before it is executed, and who pays.
struct IngressCharge {
  /// Nobody: the canister doesn't exist yet.
  std::optional<types::CanisterId> payer;
  types::Cycles cost{0};
  /// What the payer has is enough, however little: a small update_settings, so that the settings
  /// of a frozen canister can be mended.
  bool may_be_short = false;
};

/// Needs a call whose envelope decoded. All rules but payment.
[[nodiscard]] Result<IngressCharge, types::UserError> check_ingress(
    const state::ReplicatedState& state, const types::CallContent& call);

/// What a canister can pay for messages without being frozen. Needs it to exist.
[[nodiscard]] types::Cycles payable(const state::ReplicatedState& state,
                                    const types::CanisterId& payer);

/// IC0207 unless the payer can pay the cost.
[[nodiscard]] Status<types::UserError> check_payment(const state::ReplicatedState& state,
                                                     const IngressCharge& charge);

/// For a loop over messages that looks each of them up in the history: makes the look-ups of the
/// next ones quick. To be called before each, with its place.
void warm_history(const state::IngressHistory& history,
                  std::span<const Shared<types::IngressMessage>> messages, std::size_t next);

}  // namespace icpd::message_routing
