#include "node/node_backend.hpp"

#include <algorithm>

#include "execution/ingress_filter.hpp"
#include "execution/module_to_install.hpp"
#include "types/effective_canister.hpp"

namespace icpd::node {

namespace {

using http::HttpError;

constexpr HttpError busy() {
  return {429, "the node is busy; try again"};
}

std::optional<state::CallerInfo> caller_info(const types::RequestBase& base) {
  if (!base.sender_info) return std::nullopt;
  auto signer = types::Principal::from_bytes(base.sender_info->signer);
  if (!signer.ok()) return std::nullopt;  // refused when the request was authenticated
  return state::CallerInfo{base.sender_info->info, *signer};
}

/// The call as the filter sees it.
state::Ingress ingress_of(const types::IngressMessage& message) {
  const types::CallContent& call = message.call();
  state::Ingress ingress;
  ingress.sender = types::UserId(call.sender);
  ingress.receiver = call.canister_id;
  const auto effective = types::effective_canister_id(call.canister_id, call.method_name, call.arg);
  if (effective.ok() && call.canister_id == types::management_canister())
    ingress.effective_canister = *effective;
  ingress.method_name = call.method_name;
  ingress.arg = call.arg;
  ingress.id = message.id();
  ingress.expiry = call.ingress_expiry;
  ingress.caller_info = caller_info(call);
  return ingress;
}

Result<http::Authenticated, HttpError> verified(const types::Envelope& envelope,
                                                const certification::Authentication& auth) {
  const auto signatures = certification::verify_all(auth.checks);
  if (!signatures.ok()) return Err(HttpError{400, signatures.error().message});
  return http::Authenticated{envelope.base().sender, auth.targets};
}

}  // namespace

http::NodeStatus NodeBackend::status() {
  http::NodeStatus status;
  status.root_key_der = parts_.trust_root.key.der();
  status.implementation_version = parts_.version;
  const SharedView view = caught_up() ? parts_.published.newest() : nullptr;
  if (view == nullptr) {
    status.health = "waiting_for_certified_state";
    return status;
  }
  status.certified_height = view->height().value;
  const bool behind = now() - view->time() > kCertifiedLagMax;
  status.health = behind ? "certified_state_behind" : "healthy";
  return status;
}

bool NodeBackend::caught_up() {
  if (caught_up_) return true;
  const SharedView view = parts_.published.newest();
  if (view != nullptr && view->height() >= final_at_start_) caught_up_ = true;
  return caught_up_;
}

std::shared_ptr<const http::CertifiedReader> NodeBackend::certified() {
  if (!caught_up()) return nullptr;
  return parts_.published.newest();
}

template <typename T>
void NodeBackend::on_worker(http::Then<Result<T, HttpError>> then,
                            std::move_only_function<void(http::Then<Result<T, HttpError>>)> work) {
  // Shared, so that the answer can still be given when the queue refuses the task.
  auto answer = std::make_shared<http::Then<Result<T, HttpError>>>(std::move(then));
  const bool taken = parts_.tasks.try_push_client(
      [answer, work = std::move(work)]() mutable { work(std::move(*answer)); });
  if (!taken) (*answer)(Err(busy()));
}

Status<certification::AuthError> NodeBackend::check_expiry(const types::Envelope& envelope,
                                                           Time now) const {
  // Where the clock was set back, blocks go on with the time they had, and a call must be in time
  // for them.
  const SharedView view = parts_.published.newest();
  const Time chain = view == nullptr ? now : std::max(now, view->time());
  const bool is_call = std::holds_alternative<types::CallContent>(envelope.content);
  return certification::check_expiry(envelope, is_call ? chain : now,
                                     certification::latest_expiry(chain));
}

void NodeBackend::authenticate(Shared<types::Envelope> envelope,
                               http::Then<Result<http::Authenticated, HttpError>> then) {
  const Time now = parts_.clock.now();
  const auto expiry = check_expiry(*envelope, now);
  if (!expiry.ok()) return then(Err(HttpError{400, expiry.error().message}));
  auto auth = certification::authenticate(*envelope, now, parts_.trust_root);
  if (!auth.ok()) return then(Err(HttpError{400, auth.error().message}));
  if (auth->checks.empty()) return then(verified(*envelope, *auth));
  on_worker<http::Authenticated>(std::move(then),
                                 [envelope, auth = std::move(auth).value()](auto answer) mutable {
                                   answer(verified(*envelope, auth));
                                 });
}

void NodeBackend::submit(Shared<types::IngressMessage> message,
                         http::Then<Result<http::SubmitOutcome, HttpError>> then) {
  on_worker<http::SubmitOutcome>(std::move(then), [this, message](auto answer) mutable {
    const SharedView view = parts_.published.newest();
    ensure(view != nullptr, "calls are taken once there is a certified state");
    const state::Ingress ingress = ingress_of(*message);
    const auto allowed = execution::filter_ingress(view->state(), ingress, parts_.environment);
    if (!allowed.ok()) return answer(http::SubmitOutcome(allowed.error()));
    if (ingress.method_name.starts_with("install_"))
      parts_.ahead.hint(
          [view, ingress] { return execution::module_to_install(view->state(), ingress); });
    auto shared = std::make_shared<decltype(answer)>(std::move(answer));
    const bool taken = parts_.protocol.try_submit(message, [shared](bool accepted) {
      (*shared)(http::SubmitOutcome(accepted ? http::Submitted::kAccepted
                                             : http::Submitted::kOverloaded));
    });
    if (!taken) (*shared)(http::SubmitOutcome(http::Submitted::kOverloaded));
  });
}

void NodeBackend::wait_for(const types::RequestId& request, Duration timeout,
                           http::Then<std::shared_ptr<const http::CertifiedReader>> then) {
  const Time deadline = Time{static_cast<std::uint64_t>(parts_.clock.monotonic().ns)} + timeout;
  parts_.published.wait_for(request, deadline, [then = std::move(then)](SharedView view) mutable {
    then(std::move(view));
  });
}

void NodeBackend::query(Shared<types::Envelope> envelope,
                        http::Then<Result<http::QueryAnswer, HttpError>> then) {
  const types::CanisterId receiver = std::get<types::QueryContent>(envelope->content).canister_id;
  // Shared, so that the answer can still be given when the workers refuse the task.
  auto answer = std::make_shared<decltype(then)>(std::move(then));
  const bool taken = parts_.query_workers.try_push(
      receiver, [this, envelope, answer] { (*answer)(answer_query(*envelope)); });
  if (!taken) (*answer)(Err(busy()));
}

http::QueryAnswer NodeBackend::answer_query(const types::Envelope& envelope) {
  const auto& content = std::get<types::QueryContent>(envelope.content);
  const SharedView view = parts_.published.newest();
  ensure(view != nullptr, "queries are taken once there is a certified state");
  const execution::QueryRequest request{types::UserId(content.sender), caller_info(content),
                                        content.canister_id, content.method_name, content.arg};
  auto executed = parts_.queries.answer(
      view->state(), request, [&] { return Slice(view->data_certificate(content.canister_id)); });
  if (executed.result.ok()) return {types::Reply{std::move(executed.result).value()}, view->time()};
  const execution::QueryReject& reject = executed.result.error();
  return {http::QueryReject{reject.reject_code, reject.message, reject.error_code}, view->time()};
}

Bytes NodeBackend::sign_query_response(const crypto::Digest& response_hash) {
  return to_bytes(parts_.signing_key.sign(crypto::message_in_domain("ic-response", response_hash)));
}

}  // namespace icpd::node
