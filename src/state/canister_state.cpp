#include "state/canister_state.hpp"

#include "base/ensure.hpp"

namespace icpd::state {

namespace {

bool is_awaited(const CanisterState& canister, const types::Response& response) {
  const Callback* callback = canister.calls->find(response.callback);
  return callback != nullptr && canister.id == response.originator &&
         callback->respondent == response.respondent && callback->deadline == response.deadline;
}

Result<void, QueueError> push_response(CanisterState& canister, SharedResponse response,
                                       SenderIs sender) {
  const types::Cycles refund = response->refund;
  const bool best_effort = response->is_best_effort();
  QueueError why = QueueError::kNonMatchingResponse;
  if (canister.is_stopped()) {
    why = QueueError::kCanisterStopped;
  } else if (is_awaited(canister, *response)) {
    const auto pushed = canister.queues.write().push_response_in(std::move(response), sender);
    if (pushed.ok()) return {};
    why = pushed.error();
  }
  if (!best_effort) return Err(why);
  // Nobody waits for it any more, but its cycles are the canister's.
  canister.balance += refund.value;
  return {};
}

}  // namespace

std::uint64_t CanisterState::memory_usage() const {
  std::uint64_t bytes = history->size_bytes() + chunk_store_bytes() + snapshots->size_bytes();
  if (execution.has_value()) {
    const ExecutionState& e = **execution;
    bytes += e.heap.size_bytes + e.stable.size_bytes + e.globals.size() * kGlobalSizeBytes +
             e.module->code.size + e.module->metadata_size_bytes();
  }
  return bytes;
}

types::Cycles CanisterState::cycles() const {
  types::Cycles sum = balance + reserved_balance.value;
  sum += queues->cycles().value;
  sum += calls->cycles_available().value + calls->cycles_prepaid().value;
  if (long_execution.has_value()) {
    sum += long_execution->prepaid.value;
    const ExecutionInput& input = long_execution->input;
    if (const auto* request = std::get_if<SharedRequest>(&input)) sum += (*request)->payment.value;
    if (const auto* response = std::get_if<ResponseInput>(&input))
      sum += response->response->refund.value + response->callback.prepaid_execution.value +
             response->callback.prepaid_transmission.value;
  }
  return sum;
}

Result<void, QueueError> push_input(CanisterState& canister, CanisterMessage message,
                                    SenderIs sender) {
  if (auto* response = std::get_if<SharedResponse>(&message))
    return push_response(canister, std::move(*response), sender);
  if (canister.is_stopping()) return Err(QueueError::kCanisterStopping);
  if (canister.is_stopped()) return Err(QueueError::kCanisterStopped);
  return canister.queues.write().push_request_in(std::move(std::get<SharedRequest>(message)),
                                                 sender);
}

void expire_callbacks(CanisterState& canister, types::CoarseTime now) {
  const auto next = canister.calls->next_deadline();
  if (!next.has_value() || *next >= now) return;
  for (const types::CallbackId id : canister.calls.write().expire_callbacks(now)) {
    const Callback* callback = canister.calls->find(id);
    ensure(callback != nullptr, "only callbacks that are there expire");
    SharedResponse reject(types::Response{
        .originator = canister.id,
        .respondent = callback->respondent,
        .callback = id,
        .refund = types::Cycles{0},
        .payload = types::Reject{types::RejectCode::kSysUnknown, "Call deadline has expired."},
        .deadline = callback->deadline});
    // Fails only if the answer is in the queue already.
    const auto pushed =
        canister.queues.write().push_response_in(std::move(reject), SenderIs::kLocal);
    static_cast<void>(pushed.ok());
  }
}

}  // namespace icpd::state
