// Answering calls: to users through the ingress history, to canisters through queues; and closing
// call contexts.
//
// | execution ended with | answered before | outstanding calls | then |
// | --- | --- | --- | --- |
// | nothing or an error | no | some | the context stays open |
// | nothing | no | none | IC0506 "did not reply" to the caller |
// | an error | no | none | the error to the caller |
// | reply or reject | no | any | to the caller |
// | anything | yes | any | - |
//
// What is still available in the context goes back with the answer. A context that is answered and
// has no outstanding call is closed. Source: reference 4.10; interface specification, "Call context
// starvation", "Call context removal".
#pragma once

#include <optional>
#include <variant>

#include "execution/errors.hpp"
#include "execution/round.hpp"

namespace icpd::execution {

/// A reply, a reject in the canister's own words, or an error of the system.
using Answer = std::variant<types::Reply, types::Reject, types::UserError>;
[[nodiscard]] Answer answer_of(types::ResponsePayload payload);

/// Sends an answer of `canister` to whoever waits for it. `refund` goes along, or, where no
/// canister waits, must be zero.
void answer(state::CanisterState& canister, const state::CallOrigin& origin, Answer answer,
            Cycles refund, RoundOutput& out);
/// The status that an answer becomes for a user.
[[nodiscard]] state::IngressState ingress_state(Answer answer);
/// The payload that an answer becomes for a canister.
[[nodiscard]] types::ResponsePayload response_payload(Answer answer);

[[nodiscard]] state::CallOrigin origin_of(const state::Ingress& ingress);
[[nodiscard]] state::CallOrigin origin_of(const types::Request& request);
/// Who called, as ic0.msg_caller says.
[[nodiscard]] types::Principal caller_of(const state::CallOrigin& origin);
[[nodiscard]] types::CoarseTime deadline_of(const state::CallOrigin& origin);

/// Applies the table above to a context after one of its executions.
void conclude(state::CanisterState& canister, types::CallContextId context,
              std::optional<Answer> result, RoundOutput& out);

/// Answers every open context with `error` and marks it deleted (the canister is uninstalled).
void delete_contexts(state::CanisterState& canister, const types::UserError& error,
                     RoundOutput& out);

}  // namespace icpd::execution
