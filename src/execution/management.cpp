#include "execution/management.hpp"

#include <algorithm>

#include "crypto/hash.hpp"
#include "execution/answers.hpp"
#include "execution/canister_cycles.hpp"
#include "execution/management_handlers.hpp"
#include "execution/message_run.hpp"

namespace icpd::execution {
namespace {

using Handler = ManagementResult (*)(ManagementScope&, ManagementCall&);

struct HandlerRow {
  std::string_view method;
  Handler handler;
  /// Where it is the same for each call: ManagementCall::instructions.
  std::uint64_t instructions = 0;
};

constexpr auto kHandlers = std::to_array<HandlerRow>({
    {"create_canister", create_canister},
    {"provisional_create_canister_with_cycles", provisional_create_canister},
    {"provisional_top_up_canister", provisional_top_up_canister},
    {"update_settings", update_settings},
    {"deposit_cycles", deposit_cycles},
    {"start_canister", start_canister},
    {"stop_canister", stop_canister},
    {"delete_canister", delete_canister},
    {"uninstall_code", uninstall_code},
    {"raw_rand", raw_rand},
    {"http_request", http_request},
    {"flexible_http_request", flexible_http_request},
    {"install_code", install_code},
    {"install_chunked_code", install_code},
    {"upload_chunk", upload_chunk, kUploadChunkInstructions},
    {"clear_chunk_store", clear_chunk_store},
    {"stored_chunks", stored_chunks},
    {"canister_status", canister_status},
    {"canister_metrics", canister_metrics},
    {"canister_info", canister_info},
    {"canister_metadata", canister_metadata},
    {"ecdsa_public_key", ecdsa_public_key},
    {"sign_with_ecdsa", sign_with_ecdsa},
    {"schnorr_public_key", schnorr_public_key},
    {"sign_with_schnorr", sign_with_schnorr},
    {"vetkd_public_key", vetkd_public_key},
    {"vetkd_derive_key", vetkd_derive_key},
    {"bitcoin_get_balance", bitcoin_get_balance},
    {"bitcoin_get_utxos", bitcoin_get_utxos},
    {"bitcoin_send_transaction", bitcoin_send_transaction},
    {"bitcoin_get_current_fee_percentiles", bitcoin_get_current_fee_percentiles},
    {"bitcoin_get_block_headers", bitcoin_get_block_headers},
    {"node_metrics_history", node_metrics_history},
    {"subnet_info", subnet_info},
    {"take_canister_snapshot", take_canister_snapshot},
    {"load_canister_snapshot", load_canister_snapshot},
    {"list_canister_snapshots", list_canister_snapshots},
    {"delete_canister_snapshot", delete_canister_snapshot},
    {"read_canister_snapshot_metadata", read_canister_snapshot_metadata},
    {"read_canister_snapshot_data", read_canister_snapshot_data},
    {"upload_canister_snapshot_metadata", upload_canister_snapshot_metadata},
    {"upload_canister_snapshot_data", upload_canister_snapshot_data},
});

consteval bool every_offered_method_has_a_handler() {
  for (const ManagementMethod& method : kManagementMethods) {
    const bool replicated = (method.ways & (kByUser | kByCanister)) != 0;
    if (method.offered == Offered::kNo || !replicated) continue;
    if (std::ranges::find(kHandlers, method.name, &HandlerRow::method) == kHandlers.end())
      return false;
  }
  return true;
}
static_assert(every_offered_method_has_a_handler());

const HandlerRow& handler_of(std::string_view method) {
  const auto* row = std::ranges::find(kHandlers, method, &HandlerRow::method);
  ensure(row != kHandlers.end(), "an offered method has a handler");
  return *row;
}

ManagementResult dispatch(ManagementScope& scope, ManagementCall& call) {
  const Way way = call.from_user() ? kByUser : kByCanister;
  TRY(find_management_method(call.method, {call.caller, way, scope.round.parameters}));
  const HandlerRow& row = handler_of(call.method);
  call.instructions = row.instructions;
  return row.handler(scope, call);
}

}  // namespace

ManagementCall management_call(state::SubnetMessage message) {
  ManagementCall call;
  call.message = std::move(message);
  if (const auto* ingress = std::get_if<Shared<state::Ingress>>(&call.message)) {
    call.caller = (*ingress)->sender.principal;
    call.method = (*ingress)->method_name;
    call.arg = (*ingress)->arg;
  } else {
    const types::Request& request = *std::get<Shared<types::Request>>(call.message);
    call.caller = request.sender.principal;
    call.method = request.method_name;
    call.arg = request.arg;
    call.cycles = request.payment;
  }
  return call;
}

std::uint64_t handle_management_call(ManagementScope& scope, state::SubnetMessage message) {
  ManagementCall call = management_call(std::move(message));
  ManagementResult result = dispatch(scope, call);
  if (!result.ok())
    answer_management_call(scope, call, Err(std::move(result).error()));
  else if (auto* reply = std::get_if<Bytes>(&*result))
    answer_management_call(scope, call, std::move(*reply));
  return call.instructions;
}

void answer_management_call(ManagementScope& scope, const ManagementCall& call,
                            const Result<Bytes, UserError>& result) {
  Answer answer = result.ok() ? Answer(types::Reply{Slice(to_bytes(ByteView(*result)))})
                              : Answer(result.error());
  if (const auto* ingress = std::get_if<Shared<state::Ingress>>(&call.message)) {
    ensure(call.cycles == Cycles{0}, "users attach no cycles");
    scope.state.set_ingress(**ingress, ingress_state(std::move(answer)));
    return;
  }
  answer_call(scope, *std::get<Shared<types::Request>>(call.message), call.cycles,
              response_payload(std::move(answer)));
}

void answer_call(ManagementScope& scope, const types::Request& call, Cycles refund,
                 types::ResponsePayload payload) {
  scope.state.write_subnet_queues().push_response_out(
      make_shared_const<types::Response>(types::Response{.originator = call.sender,
                                                         .respondent = call.receiver,
                                                         .callback = call.callback,
                                                         .refund = refund,
                                                         .payload = std::move(payload),
                                                         .deadline = call.deadline}));
}

Result<Cow<state::CanisterState>, UserError> target_of(const ManagementScope& scope,
                                                       const ManagementCall& call,
                                                       const CanisterId& id) {
  const state::CanisterState* canister = scope.state.find(id);
  if (canister == nullptr) return Err(canister_not_found(id));
  const auto* method = std::ranges::find(kManagementMethods, call.method, &ManagementMethod::name);
  ensure(method != kManagementMethods.end());
  TRY(check_access(*method, *canister, call.caller, scope.round.parameters));
  Cow<state::CanisterState> copy = scope.state.share(id);
  pay_until_now(scope.round, copy.write());
  return copy;
}

void pay_until_now(const RoundContext& round, state::CanisterState& canister) {
  // Whoever can't pay is uninstalled when that is found at the end of a round.
  std::ignore = charge_resources(round.subnet.fees, canister, round.time);
}

void put_back(ManagementScope& scope, Cow<state::CanisterState> canister) {
  plan_next_charge(scope.round.subnet.fees, canister.write());
  scope.state.put(std::move(canister));
}

void commit(ManagementScope& scope, Cow<state::CanisterState> canister) {
  ++canister.write().version;
  put_back(scope, std::move(canister));
}

state::ChangeOrigin change_origin(const ManagementCall& call,
                                  std::optional<std::uint64_t> sender_version) {
  if (call.from_user()) return state::ChangeFromUser{types::UserId(call.caller)};
  return state::ChangeFromCanister{CanisterId(call.caller), sender_version};
}

Bytes no_values() {
  return codec::candid::encode_args();
}

// ---------------------------------------------------------------------------------------- stops

namespace {

void stop_if_idle(ManagementScope& scope, const CanisterId& id) {
  const state::CanisterState& before = *scope.state.find(id);
  if (!before.calls->idle() || before.long_execution) return;
  const auto waiting = std::get<state::Stopping>(before.status).stop_calls;
  scope.state.update(id, [](state::CanisterState& canister) {
    canister.status = state::Stopped{};
    ++canister.version;
  });
  for (const state::SubnetCallId call_id : waiting) {
    auto& calls = scope.state.write_metadata().calls.stop_canister;
    const auto found = calls.find(call_id);
    ensure(found != calls.end(), "a stopping canister's stop calls are recorded");
    const ManagementCall call = management_call(std::move(found->second.message));
    calls.erase(found);
    answer_management_call(scope, call, no_values());
  }
}

void time_out_stops(ManagementScope& scope) {
  const Time now = scope.round.time;
  for (;;) {
    const auto& waiting = scope.state.metadata().calls.stop_canister;
    if (waiting.empty()) return;
    const auto& [call_id, first] = *waiting.begin();
    if (now - first.time < state::kStopCanisterTimeout) return;
    const state::SubnetCallId id = call_id;
    const ManagementCall call = management_call(first.message);
    scope.state.update(first.target, [&](state::CanisterState& canister) {
      if (auto* stopping = std::get_if<state::Stopping>(&canister.status))
        std::erase(stopping->stop_calls, id);
    });
    scope.state.write_metadata().calls.stop_canister.erase(id);
    answer_management_call(scope, call, Err(stop_timed_out()));
  }
}

}  // namespace

void finish_stops(ManagementScope& scope) {
  std::vector<CanisterId> stopping;
  for (const auto& [id, nothing] : scope.state.index().stopping())
    stopping.push_back(id);
  for (const CanisterId& id : stopping)
    stop_if_idle(scope, id);
  time_out_stops(scope);
}

void answer_raw_rand(ManagementScope& scope, ByteView randomness) {
  std::uint64_t number = 0;
  for (;;) {
    const auto& waiting = scope.state.metadata().calls.raw_rand;
    if (waiting.empty() || waiting.front().height >= scope.round.round) return;
    const ManagementCall call = management_call(waiting.front().request);
    scope.state.write_metadata().calls.raw_rand.pop_front();
    const crypto::Digest answer =
        crypto::Hasher("icpd-raw-rand").sized(randomness).number(number++).finish();
    answer_management_call(scope, call, codec::candid::encode_args(answer.view()));
  }
}

void uninstall(const RoundContext& round, state::CanisterState& canister, RoundOutput& out) {
  const UserError error = canister_uninstalled();
  if (canister.long_execution) cancel_message(round, canister, error, out);
  delete_contexts(canister, error, out);
  canister.execution.reset();
  canister.certified_data = Slice();
  canister.global_timer.reset();
  canister.low_memory_hook = state::LowMemoryHook::kConditionNotSatisfied;
  canister.round_tasks.clear();
  canister.chunks = Cow<state::ChunkStore>();
  canister.log.write().clear();
}

Status<UserError> check_can_uninstall(const state::CanisterState& canister) {
  const bool installing = canister.long_execution && std::holds_alternative<state::SubnetCallId>(
                                                         canister.long_execution->input);
  if (installing) return Err(long_execution_in_progress(canister.id));
  return {};
}

void uninstall_at_request(ManagementScope& scope, const ManagementCall& call,
                          state::CanisterState& canister,
                          std::optional<std::uint64_t> sender_version) {
  uninstall(scope.round, canister, scope.out);
  canister.history.write().add({scope.round.time, canister.version + 1,
                                change_origin(call, sender_version), state::CodeUninstallChange{}});
}

void uninstall_out_of_cycles(ManagementScope& scope, const CanisterId& id) {
  scope.state.update(id, [&](state::CanisterState& canister) {
    uninstall(scope.round, canister, scope.out);
    consume(canister, state::CyclesUse::kUninstall, canister.balance);
    book(canister, state::CyclesUse::kUninstall,
         std::exchange(canister.reserved_balance, Cycles{0}));
    canister.history.write().clear();
    canister.snapshots.write().clear();
    state::Settings& settings = canister.settings.write();
    settings.compute_allocation = 0;
    settings.memory_allocation = 0;
    ++canister.version;
    plan_next_charge(scope.round.subnet.fees, canister);
  });
}

}  // namespace icpd::execution
