#include "execution/answers.hpp"

namespace icpd::execution {
namespace {

template <typename... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};

types::UserError as_error(Answer answer) {
  if (auto* error = std::get_if<types::UserError>(&answer)) return std::move(*error);
  return {types::ErrorCode::kCanisterRejectedMessage,
          std::move(std::get<types::Reject>(answer).message)};
}

}  // namespace

Answer answer_of(types::ResponsePayload payload) {
  if (auto* reply = std::get_if<types::Reply>(&payload)) return std::move(*reply);
  return std::get<types::Reject>(std::move(payload));
}

state::IngressState ingress_state(Answer answer) {
  if (auto* reply = std::get_if<types::Reply>(&answer))
    return state::IngressReplied{std::move(reply->data)};
  types::UserError error = as_error(std::move(answer));
  error.message = shortened(std::move(error.message));
  return state::IngressFailed{std::move(error)};
}

types::ResponsePayload response_payload(Answer answer) {
  if (auto* reply = std::get_if<types::Reply>(&answer)) return std::move(*reply);
  if (auto* reject = std::get_if<types::Reject>(&answer)) return std::move(*reject);
  types::Reject reject = types::to_reject(std::get<types::UserError>(answer));
  reject.message = shortened(std::move(reject.message));
  return reject;
}

void answer(state::CanisterState& canister, const state::CallOrigin& origin, Answer answer,
            Cycles refund, RoundOutput& out) {
  if (const auto* user = std::get_if<state::IngressOrigin>(&origin)) {
    ensure(refund == Cycles{0}, "users attach no cycles");
    out.ingress.push_back(
        {user->message, canister.id, user->user, ingress_state(std::move(answer))});
  } else if (const auto* caller = std::get_if<state::CanisterOrigin>(&origin)) {
    canister.queues.write().push_response_out(make_shared_const<types::Response>(
        types::Response{.originator = caller->canister,
                        .respondent = canister.id,
                        .callback = caller->callback,
                        .refund = refund,
                        .payload = response_payload(std::move(answer)),
                        .deadline = caller->deadline}));
  } else {
    ensure(refund == Cycles{0}, "system tasks bring no cycles");
  }
}

state::CallOrigin origin_of(const state::Ingress& ingress) {
  return state::IngressOrigin{ingress.sender, ingress.id, ingress.method_name};
}
state::CallOrigin origin_of(const types::Request& request) {
  return state::CanisterOrigin{request.sender, request.callback, request.deadline,
                               request.method_name};
}

types::Principal caller_of(const state::CallOrigin& origin) {
  return std::visit(Overloaded{[](const state::IngressOrigin& o) { return o.user.principal; },
                               [](const state::CanisterOrigin& o) { return o.canister.principal; },
                               [](const state::SystemTaskOrigin&) { return types::Principal(); }},
                    origin);
}

types::CoarseTime deadline_of(const state::CallOrigin& origin) {
  const auto* caller = std::get_if<state::CanisterOrigin>(&origin);
  return caller != nullptr ? caller->deadline : types::kNoDeadline;
}

void conclude(state::CanisterState& canister, types::CallContextId id, std::optional<Answer> result,
              RoundOutput& out) {
  state::CallContexts& calls = canister.calls.write();
  state::CallContext& context = calls.at(id);
  const bool answers = result && !std::holds_alternative<types::UserError>(*result);
  const bool starved = context.outstanding_calls == 0;
  const bool waits =
      !context.responded && !std::holds_alternative<state::SystemTaskOrigin>(context.origin);
  if (waits && (answers || starved)) {
    if (!result) result = from_canister(canister.id, did_not_reply());
    const Cycles refund = std::exchange(context.available_cycles, Cycles{0});
    context.responded = true;
    const state::CallOrigin origin = context.origin;
    answer(canister, origin, std::move(*result), refund, out);
  }
  if (starved) calls.close(id);
}

void delete_contexts(state::CanisterState& canister, const types::UserError& error,
                     RoundOutput& out) {
  state::CallContexts& calls = canister.calls.write();
  std::vector<types::CallContextId> ids;
  for (const auto& [id, context] : calls.contexts())
    ids.push_back(id);
  for (const types::CallContextId id : ids) {
    state::CallContext& context = calls.at(id);
    context.deleted = true;
    if (!context.responded) {
      const Cycles refund = std::exchange(context.available_cycles, Cycles{0});
      context.responded = true;
      const state::CallOrigin origin = context.origin;
      answer(canister, origin, error, refund, out);
    }
    if (context.outstanding_calls == 0) calls.close(id);
  }
}

}  // namespace icpd::execution
