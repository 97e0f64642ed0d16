// The bodies of the System API functions, in the order of their table.
#include "execution/wasm/detail/system_call.hpp"
#include "execution/wasm/heap.hpp"

namespace icpd::execution::wasm {
namespace {

using types::Cycles;

using Body = Answer (*)(const Call&);

// -- Shapes that many functions share --

Answer nothing(HostResult<void> result) {
  TRY(std::move(result));
  return std::uint64_t{0};
}
template <typename T>
Answer number(HostResult<T> result) {
  return static_cast<std::uint64_t>(TRY(std::move(result)));
}
Answer fits_64(HostResult<Cycles> result) {
  const Cycles amount = TRY(std::move(result));
  if (amount.value > UINT64_MAX) return Err(trapped(TrapCode::kCyclesAmountTooBigFor64Bit));
  return static_cast<std::uint64_t>(amount.value);
}

template <auto Get>
Answer size_of(const Call& call) {
  return static_cast<std::uint64_t>(TRY((call.api().*Get)()).size());
}
template <auto Get>
Answer copy_of(const Call& call) {
  return call.copy(TRY((call.api().*Get)()), 0, 1, 2);
}
template <auto Get>
Answer number_of(const Call& call) {
  return number((call.api().*Get)());
}
template <auto Do>
Answer done(const Call& call) {
  return nothing((call.api().*Do)());
}
template <auto Do>
Answer done_with_bytes(const Call& call) {
  return nothing((call.api().*Do)(call.bytes(0, 1)));
}
template <auto Ask>
Answer asked_of_bytes(const Call& call) {
  return number((call.api().*Ask)(call.bytes(0, 1)));
}
template <auto Get>
Answer cycles_at(const Call& call) {
  return call.store(call.address(0), TRY((call.api().*Get)()));
}
template <auto Move>
Answer cycles_moved(const Call& call) {
  return call.store(call.address(2), TRY((call.api().*Move)(call.cycles(0, 1))));
}
template <auto Get>
Answer cycles_in_64(const Call& call) {
  return fits_64((call.api().*Get)());
}
template <auto Cost>
Answer signing_cost(const Call& call) {
  const SigningCost cost = TRY((call.api().*Cost)(call.bytes(0, 1), call.i32(2)));
  if (cost.answer == CostAnswer::kOk) TRY(call.store(call.address(3), cost.cycles));
  return static_cast<std::uint64_t>(cost.answer);
}

// -- Functions that are alone in their shape --

Answer call_new(const Call& call) {
  return nothing(call.api().call_new(
      {call.bytes(0, 1), call.bytes(2, 3), call.callback(4, 5), call.callback(6, 7)}));
}
Answer call_on_cleanup(const Call& call) {
  return nothing(call.api().call_on_cleanup(call.callback(0, 1)));
}
Answer call_with_best_effort_response(const Call& call) {
  return nothing(call.api().call_with_best_effort_response(call.i32(0)));
}
Answer call_cycles_add128(const Call& call) {
  return nothing(call.api().call_cycles_add(call.cycles(0, 1)));
}
Answer call_cycles_add(const Call& call) {
  return nothing(call.api().call_cycles_add(Cycles{call.i64(0)}));
}
Answer msg_cycles_accept(const Call& call) {
  return fits_64(call.api().msg_cycles_accept(Cycles{call.i64(0)}));
}
Answer global_timer_set(const Call& call) {
  return number(call.api().global_timer_set(call.i64(0)));
}
Answer performance_counter(const Call& call) {
  const std::uint64_t used = call.execution.budget.used(call.execution.count);
  switch (call.i32(0)) {
    case 0:
      return used;
    case 1:
      return call.api().instructions_of_call_context_before() + used;
    default:
      return Err(contract_violation("Error getting performance counter type " +
                                    std::to_string(call.i32(0))));
  }
}
Answer cost_call(const Call& call) {
  return call.store(call.address(2), TRY(call.api().cost_call(call.i64(0), call.i64(1))));
}
Answer cost_http_request(const Call& call) {
  return call.store(call.address(2), TRY(call.api().cost_http_request(call.i64(0), call.i64(1))));
}
Answer cost_http_request_v2(const Call& call) {
  return call.store(call.address(2), TRY(call.api().cost_http_request_v2(call.bytes(0, 1))));
}
Answer env_var_name_size(const Call& call) {
  return static_cast<std::uint64_t>(TRY(call.api().env_var_name(call.address(0))).size());
}
Answer env_var_name_copy(const Call& call) {
  return call.copy(TRY(call.api().env_var_name(call.address(0))), 1, 2, 3);
}
Answer env_var_value_size(const Call& call) {
  return static_cast<std::uint64_t>(TRY(call.api().env_var_value(call.bytes(0, 1))).size());
}
Answer env_var_value_copy(const Call& call) {
  return call.copy(TRY(call.api().env_var_value(call.bytes(0, 1))), 2, 3, 4);
}

/// Logging is charged by what it keeps (reference system-api-costs.csv, debug_print).
std::optional<Failure> charge_log(const Call& call) {
  const LogRoom room = call.api().log_room();
  const std::uint64_t size = call.address(1);
  const std::uint64_t kept =
      2 * std::min(size, room.capacity_bytes) + 50 * std::min(size, room.remaining_bytes);
  auto failure = call.execution.charge(kept);
  if (!failure && room.copied_to_node_log) failure = call.execution.charge(size);
  return failure;
}
Answer debug_print(const Call& call) {
  if (auto failure = charge_log(call)) return Err(std::move(*failure));
  call.api().debug_print(call.bytes(0, 1));
  return std::uint64_t{0};
}
Answer trap(const Call& call) {
  if (auto failure = charge_log(call)) return Err(std::move(*failure));
  return Err(call.api().trap(call.bytes(0, 1)));
}

// -- Stable memory --

/// What the 32-bit functions can address.
constexpr std::uint64_t kStablePages32 = 4 * kGiB / kWasmPageSize;

HostResult<void> check_32(const Call& call) {
  if (call.execution.stable.pages() <= kStablePages32) return {};
  return Err(trapped(TrapCode::kStableMemoryTooBigFor32Bit));
}

Answer stable_grow_within(const Call& call, std::uint64_t pages_max, std::uint64_t refused) {
  StableMemory& stable = call.execution.stable;
  const std::uint64_t delta = call.number(0);
  const std::uint64_t before = stable.pages();
  if (delta > pages_max || before > pages_max - delta) return refused;
  if (delta == 0) return before;
  if (TRY(call.api().stable_grow(before, delta)) == GrowAnswer::kRefused) return refused;
  stable.grow(delta);
  return before;
}

Answer stable_size(const Call& call) {
  TRY(check_32(call));
  return call.execution.stable.pages();
}
Answer stable64_size(const Call& call) {
  return call.execution.stable.pages();
}
Answer stable_grow(const Call& call) {
  TRY(check_32(call));
  return stable_grow_within(call, kStablePages32, UINT32_MAX);
}
Answer stable64_grow(const Call& call) {
  return stable_grow_within(call, kStablePagesMax, UINT64_MAX);
}

/// (dst, offset, size)
Answer stable64_read(const Call& call) {
  const ByteView from = TRY(call.execution.stable.read(call.number(1), call.number(2)));
  return call.store(call.number(0), from);
}
/// (offset, src, size)
Answer stable64_write(const Call& call) {
  const auto to = TRY(call.execution.stable.write(call.number(0), call.number(2)));
  if (auto failure = call.execution.charge(kDirtyPageCharge * to.newly_modified_pages)) {
    return Err(std::move(*failure));
  }
  const ByteView from =
      TRY(GuestBytes(call.execution.heap_bytes(), call.number(1), call.number(2)).read());
  if (!from.empty()) std::memcpy(to.bytes.data(), from.data(), from.size());
  return std::uint64_t{0};
}
Answer stable64_write_some(const Call& call) {
  // The 64-bit form returns before any check if there is nothing to write.
  return call.number(2) == 0 ? Answer(std::uint64_t{0}) : stable64_write(call);
}
Answer stable_read(const Call& call) {
  TRY(check_32(call));
  return stable64_read(call);
}
Answer stable_write(const Call& call) {
  TRY(check_32(call));
  return stable64_write(call);
}

struct NamedBody {
  std::string_view name;
  Body body;
};

using S = SystemApi;
/// In the order of kSystemApi.
constexpr auto kBodies = std::to_array<NamedBody>({
    {"msg_arg_data_size", size_of<&S::msg_arg_data>},
    {"msg_arg_data_copy", copy_of<&S::msg_arg_data>},
    {"msg_caller_size", size_of<&S::msg_caller>},
    {"msg_caller_copy", copy_of<&S::msg_caller>},
    {"msg_caller_info_data_size", size_of<&S::msg_caller_info_data>},
    {"msg_caller_info_data_copy", copy_of<&S::msg_caller_info_data>},
    {"msg_caller_info_signer_size", size_of<&S::msg_caller_info_signer>},
    {"msg_caller_info_signer_copy", copy_of<&S::msg_caller_info_signer>},
    {"msg_reject_code", number_of<&S::msg_reject_code>},
    {"msg_reject_msg_size", size_of<&S::msg_reject_msg>},
    {"msg_reject_msg_copy", copy_of<&S::msg_reject_msg>},
    {"msg_deadline", number_of<&S::msg_deadline>},
    {"msg_reply_data_append", done_with_bytes<&S::msg_reply_data_append>},
    {"msg_reply", done<&S::msg_reply>},
    {"msg_reject", done_with_bytes<&S::msg_reject>},
    {"msg_cycles_available128", cycles_at<&S::msg_cycles_available>},
    {"msg_cycles_refunded128", cycles_at<&S::msg_cycles_refunded>},
    {"msg_cycles_accept128", cycles_moved<&S::msg_cycles_accept>},
    {"cycles_burn128", cycles_moved<&S::cycles_burn>},
    {"canister_self_size", size_of<&S::canister_self>},
    {"canister_self_copy", copy_of<&S::canister_self>},
    {"canister_cycle_balance128", cycles_at<&S::canister_cycle_balance>},
    {"canister_liquid_cycle_balance128", cycles_at<&S::canister_liquid_cycle_balance>},
    {"canister_status", number_of<&S::canister_status>},
    {"canister_version", number_of<&S::canister_version>},
    {"subnet_self_size", size_of<&S::subnet_self>},
    {"subnet_self_copy", copy_of<&S::subnet_self>},
    {"msg_method_name_size", size_of<&S::msg_method_name>},
    {"msg_method_name_copy", copy_of<&S::msg_method_name>},
    {"accept_message", done<&S::accept_message>},
    {"call_new", call_new},
    {"call_on_cleanup", call_on_cleanup},
    {"call_data_append", done_with_bytes<&S::call_data_append>},
    {"call_with_best_effort_response", call_with_best_effort_response},
    {"call_cycles_add128", call_cycles_add128},
    {"call_perform", number_of<&S::call_perform>},
    {"stable64_size", stable64_size},
    {"stable64_grow", stable64_grow},
    {"stable64_write", stable64_write_some},
    {"stable64_read", stable64_read},
    {"root_key_size", size_of<&S::root_key>},
    {"root_key_copy", copy_of<&S::root_key>},
    {"certified_data_set", done_with_bytes<&S::certified_data_set>},
    {"data_certificate_present", number_of<&S::data_certificate_present>},
    {"data_certificate_size", size_of<&S::data_certificate>},
    {"data_certificate_copy", copy_of<&S::data_certificate>},
    {"time", number_of<&S::time>},
    {"global_timer_set", global_timer_set},
    {"performance_counter", performance_counter},
    {"is_controller", asked_of_bytes<&S::is_controller>},
    {"in_replicated_execution", number_of<&S::in_replicated_execution>},
    {"cost_call", cost_call},
    {"cost_create_canister", cycles_at<&S::cost_create_canister>},
    {"cost_http_request", cost_http_request},
    {"cost_sign_with_ecdsa", signing_cost<&S::cost_sign_with_ecdsa>},
    {"cost_sign_with_schnorr", signing_cost<&S::cost_sign_with_schnorr>},
    {"cost_vetkd_derive_key", signing_cost<&S::cost_vetkd_derive_key>},
    {"env_var_count", number_of<&S::env_var_count>},
    {"env_var_name_size", env_var_name_size},
    {"env_var_name_copy", env_var_name_copy},
    {"env_var_name_exists", asked_of_bytes<&S::env_var_name_exists>},
    {"env_var_value_size", env_var_value_size},
    {"env_var_value_copy", env_var_value_copy},
    {"debug_print", debug_print},
    {"trap", trap},
    {"msg_cycles_available", cycles_in_64<&S::msg_cycles_available>},
    {"msg_cycles_refunded", cycles_in_64<&S::msg_cycles_refunded>},
    {"msg_cycles_accept", msg_cycles_accept},
    {"canister_cycle_balance", cycles_in_64<&S::canister_cycle_balance>},
    {"call_cycles_add", call_cycles_add},
    {"stable_size", stable_size},
    {"stable_grow", stable_grow},
    {"stable_write", stable_write},
    {"stable_read", stable_read},
    {"cost_http_request_v2", cost_http_request_v2},
    {"mint_cycles128", cycles_moved<&S::mint_cycles>},
});

consteval bool bodies_match_table() {
  for (std::size_t i = 0; i < kBodies.size(); ++i) {
    if (kBodies[i].name != kSystemApi[i].name) return false;
  }
  return kBodies.size() == kSystemApi.size();
}
static_assert(bodies_match_table(), "each function of the table has its body at its place");

}  // namespace

Answer run_system_function(std::size_t index, const Call& call) {
  return kBodies[index].body(call);
}

}  // namespace icpd::execution::wasm
