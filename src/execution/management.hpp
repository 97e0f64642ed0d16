// The management canister: calls about canisters, answered by the system itself.
//
//   user or canister -> subnet queues -> handle_management_call -> answer
//
// Most calls are answered at once. Four kinds answer later and live in state::SubnetCalls until
// then: install_code (several rounds), stop_canister (open calls must finish), raw_rand (a later
// round's randomness) and HTTPS outcalls (consensus: http_outcalls.hpp).
//
// Source: interface specification, "IC management canister" and its abstract rules.
#pragma once

#include <variant>

#include "execution/management_methods.hpp"
#include "execution/management_types.hpp"
#include "execution/round.hpp"
#include "state/replicated_state.hpp"

namespace icpd::execution {

/// What handlers work on.
struct ManagementScope {
  state::ReplicatedState& state;
  const RoundContext& round;
  RoundOutput& out;
};

/// A call that is being handled.
struct ManagementCall {
  state::SubnetMessage message;
  types::Principal caller;
  std::string method;
  Slice arg;
  /// Attached and not used; goes back with the answer.
  Cycles cycles{0};
  /// What handling it counts towards the round's limit. Installs count what they use.
  std::uint64_t instructions = 0;

  [[nodiscard]] bool from_user() const {
    return std::holds_alternative<Shared<state::Ingress>>(message);
  }
};
[[nodiscard]] ManagementCall management_call(state::SubnetMessage message);

/// A reply (Candid), or: answered later.
struct Later {};
using ManagementOutcome = std::variant<Bytes, Later>;
using ManagementResult = Result<ManagementOutcome, UserError>;

/// Handles one call and answers it, unless it is answered later. Gives the instructions that count
/// towards the round's limit.
std::uint64_t handle_management_call(ManagementScope& scope, state::SubnetMessage message);

/// Sends the answer of a call, now or later.
void answer_management_call(ManagementScope& scope, const ManagementCall& call,
                            const Result<Bytes, UserError>& result);

/// As above, to a canister, with what goes back to it.
void answer_call(ManagementScope& scope, const types::Request& call, Cycles refund,
                 types::ResponsePayload payload);

// -- For handlers --

/// The argument, or IC0408.
template <typename T>
[[nodiscard]] Result<T, UserError> decode_argument(const ManagementCall& call) {
  auto decoded = codec::candid::decode_arg<T>(call.arg);
  if (!decoded.ok()) return Err(invalid_argument(Error(decoded.error()).message));
  return std::move(decoded).value();
}
/// Takes what the canister owes for storage and compute so far. What changes usage or allocations
/// does this first, so that the time before is paid at the old rate.
void pay_until_now(const RoundContext& round, state::CanisterState& canister);
/// A copy of the canister to work on, paid until now, if it exists and the caller may use this
/// method on it.
[[nodiscard]] Result<Cow<state::CanisterState>, UserError> target_of(const ManagementScope& scope,
                                                                     const ManagementCall& call,
                                                                     const CanisterId& id);
/// Makes the worked-on copy the canister, with its version one higher.
void commit(ManagementScope& scope, Cow<state::CanisterState> canister);
/// As commit(), without a change of version (cycles and the like).
void put_back(ManagementScope& scope, Cow<state::CanisterState> canister);
[[nodiscard]] state::ChangeOrigin change_origin(const ManagementCall& call,
                                                std::optional<std::uint64_t> sender_version);
/// The empty reply.
[[nodiscard]] Bytes no_values();

// -- Later answers --

/// Stopping canisters without open calls become stopped; stop requests older than five minutes get
/// IC0206. Visits only stopping canisters and requests that are due.
void finish_stops(ManagementScope& scope);
/// Answers raw_rand calls of earlier rounds; each answer is different.
void answer_raw_rand(ManagementScope& scope, ByteView randomness);
/// The canister can't pay: code, history and allocations go, open calls are rejected.
void uninstall_out_of_cycles(ManagementScope& scope, const CanisterId& id);

/// Removes code and state; open calls are answered with a reject (interface specification, "Code
/// uninstallation").
void uninstall(const RoundContext& round, state::CanisterState& canister, RoundOutput& out);
/// As uninstall(), at a controller's request: with an entry in the history. The version is the
/// caller's to raise. Refused while an install goes on.
[[nodiscard]] Status<UserError> check_can_uninstall(const state::CanisterState& canister);
void uninstall_at_request(ManagementScope& scope, const ManagementCall& call,
                          state::CanisterState& canister,
                          std::optional<std::uint64_t> sender_version);

}  // namespace icpd::execution
