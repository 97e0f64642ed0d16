#include "execution/wasm/system_calls.hpp"

#include <cstring>

#include "execution/wasm/execution_state.hpp"
#include "execution/wasm/heap.hpp"
#include "execution/wasm/meter.hpp"
#include "execution/wasm/system_api_table.hpp"

namespace icpd::execution::wasm {
namespace {

using detail::ExecutionState;
using types::Cycles;

/// A call of a System API function: its arguments, and what its body needs.
class Call {
 public:
  Call(ExecutionState& execution, const SystemFunction& function, const wasmtime_val_raw_t* values,
       PointerWidth width)
      : execution(execution), function(function), values_(values), width_(width) {}

  [[nodiscard]] std::uint64_t address(std::size_t i) const {
    return width_ == PointerWidth::k64 ? static_cast<std::uint64_t>(values_[i].i64)
                                       : static_cast<std::uint32_t>(values_[i].i32);
  }
  [[nodiscard]] std::uint32_t i32(std::size_t i) const {
    return static_cast<std::uint32_t>(values_[i].i32);
  }
  [[nodiscard]] std::uint64_t i64(std::size_t i) const {
    return static_cast<std::uint64_t>(values_[i].i64);
  }
  /// Any of the three, by the table's letter.
  [[nodiscard]] std::uint64_t number(std::size_t i) const {
    switch (function.parameters[i]) {
      case 'P':
        return address(i);
      case 'i':
        return i32(i);
      default:
        return i64(i);
    }
  }
  [[nodiscard]] GuestBytes bytes(std::size_t source, std::size_t size) const {
    return {execution.heap_bytes(), address(source), address(size)};
  }
  [[nodiscard]] Cycles cycles(std::size_t high, std::size_t low) const {
    return Cycles{static_cast<unsigned __int128>(i64(high)) << 64 | i64(low)};
  }
  /// A table index that doesn't fit 32 bits becomes one that no table has.
  [[nodiscard]] Callback callback(std::size_t function_index, std::size_t environment) const {
    const std::uint64_t index = address(function_index);
    return {index > UINT32_MAX ? UINT32_MAX : static_cast<std::uint32_t>(index),
            address(environment)};
  }

  [[nodiscard]] HostResult<std::uint64_t> store(std::uint64_t address, ByteView bytes) const {
    const ByteView heap = execution.heap_bytes();
    if (bytes.size() > heap.size() || address > heap.size() - bytes.size()) {
      return Err(trapped(TrapCode::kHeapOutOfBounds));
    }
    // Guests may hand out memory that nothing is mapped to only within the heap, checked above.
    if (!bytes.empty()) std::memcpy(execution.heap.base() + address, bytes.data(), bytes.size());
    return std::uint64_t{0};
  }
  [[nodiscard]] HostResult<std::uint64_t> store(std::uint64_t address, Cycles amount) const {
    std::array<std::uint8_t, 16> bytes;
    std::memcpy(bytes.data(), &amount.value, bytes.size());
    return store(address, ByteView(bytes));
  }
  /// The idiom of all *_copy functions.
  [[nodiscard]] HostResult<std::uint64_t> copy(ByteView blob, std::size_t destination,
                                               std::size_t offset, std::size_t size) const {
    const std::uint64_t from = address(offset);
    const std::uint64_t length = address(size);
    const GuestBytes target = bytes(destination, size);
    if (!target.in_bounds()) return Err(trapped(TrapCode::kHeapOutOfBounds));
    if (length > blob.size() || from > blob.size() - length) {
      return Err(contract_violation("ic0." + std::string(function.name) + " payload: src=" +
                                    std::to_string(from) + " + length=" + std::to_string(length) +
                                    " exceeds the slice size=" + std::to_string(blob.size())));
    }
    return store(address(destination), blob.subspan(from, length));
  }

  [[nodiscard]] SystemApi& api() const { return execution.api; }

  ExecutionState& execution;
  const SystemFunction& function;

 private:
  const wasmtime_val_raw_t* values_;
  PointerWidth width_;
};

using Answer = HostResult<std::uint64_t>;
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

// -- How the engine calls them --

std::uint64_t charge_of(const Call& call) {
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < call.function.parameters.size(); ++i) {
    if ((call.function.byte_parameters >> i & 1) == 0) continue;
    if (__builtin_add_overflow(bytes, call.number(i), &bytes)) return UINT64_MAX;
  }
  std::uint64_t charge = 0;
  if (__builtin_mul_overflow(bytes, std::uint64_t{call.function.byte_charge}, &charge) ||
      __builtin_add_overflow(charge, std::uint64_t{call.function.fixed_charge}, &charge)) {
    return UINT64_MAX;
  }
  return charge;
}

Answer answer(const Call& call, Body body) {
  const SystemFunction& function = call.function;
  if (auto failure = call.execution.charge(charge_of(call))) return Err(std::move(*failure));
  const Context context = call.execution.request.context;
  if ((function.contexts & bit(context)) == 0) [[unlikely]] {
    return Err(contract_violation("\"ic0." + std::string(function.name) +
                                  "\" cannot be executed in " + std::string(mode(context)) +
                                  " mode"));
  }
  return body(call);
}

/// One function in one form of linker; lives as long as the program.
struct Import {
  std::size_t index = 0;
  PointerWidth width = PointerWidth::k32;
};

/// No exception may pass through compiled code: one ends the process here.
template <Style style>
wasm_trap_t* on_call(void* environment, wasmtime_caller_t*, wasmtime_val_raw_t* values,
                     std::size_t) noexcept {
  const Import& import = *static_cast<const Import*>(environment);
  const SystemFunction& function = kSystemApi[import.index];
  ExecutionState& execution = *ExecutionState::current();
  const std::size_t parameters = function.parameters.size();
  execution.count = style == Style::kThreaded ? values[parameters].i64 : execution.read_counter();
  const Call call(execution, function, values, import.width);
  Answer result = answer(call, kBodies[import.index].body);
  if (!result.ok()) return execution.fail(std::move(result).error());
  std::size_t results = 0;
  if (function.result != '-') values[results++].i64 = static_cast<std::int64_t>(result.value());
  if constexpr (style == Style::kThreaded) {
    values[results].i64 = execution.count;
  } else {
    execution.write_counter(execution.count);
  }
  return nullptr;
}

wasm_trap_t* on_grow_heap(void* environment, wasmtime_caller_t*, wasmtime_val_raw_t* values,
                          std::size_t) noexcept {
  const auto width = *static_cast<const PointerWidth*>(environment);
  ExecutionState& execution = *ExecutionState::current();
  execution.count = execution.read_counter();
  const std::uint64_t delta = width == PointerWidth::k64
                                  ? static_cast<std::uint64_t>(values[0].i64)
                                  : static_cast<std::uint32_t>(values[0].i32);
  auto grown = execution.grow_heap(delta);
  if (!grown.ok()) return execution.fail(std::move(grown).error());
  values[0].i64 = static_cast<std::int64_t>(grown.value().value_or(UINT64_MAX));
  return nullptr;
}

/// Without pauses a count below zero is always a failure.
template <Style style>
wasm_trap_t* on_out_of_instructions(void*, wasmtime_caller_t*, wasmtime_val_raw_t* values,
                                    std::size_t) noexcept {
  ExecutionState& execution = *ExecutionState::current();
  execution.count = style == Style::kThreaded ? values[0].i64 : execution.read_counter();
  auto failure = execution.end_slice();
  ensure(failure.has_value(), "an execution that can't pause has one slice");
  return execution.fail(std::move(*failure));
}

bool is_resumed(void* environment) noexcept {
  return !static_cast<const ExecutionState*>(environment)->suspended;
}
bool is_ready(void*) noexcept {
  return true;
}

template <Style style>
void on_end_of_slice(void*, wasmtime_caller_t*, const wasmtime_val_t* arguments, std::size_t,
                     wasmtime_val_t* results, std::size_t, wasm_trap_t** trap,
                     wasmtime_async_continuation_t* continuation) noexcept {
  ExecutionState& execution = *ExecutionState::current();
  execution.count = style == Style::kThreaded ? arguments[0].of.i64 : execution.read_counter();
  *continuation = {is_ready, nullptr, nullptr};
  if (auto failure = execution.end_slice()) {
    *trap = execution.fail(std::move(*failure));
    return;
  }
  if constexpr (style == Style::kThreaded) {
    results[0].kind = WASMTIME_I64;
    results[0].of.i64 = execution.count;
  } else {
    execution.write_counter(execution.count);
  }
  execution.suspended = true;
  *continuation = {is_resumed, &execution, nullptr};
}

// -- Linkers --

wasm_valkind_t kind_of(char letter, PointerWidth width) {
  if (letter == 'P') return width == PointerWidth::k64 ? WASM_I64 : WASM_I32;
  return letter == 'i' ? WASM_I32 : WASM_I64;
}

FunctionTypeHandle function_type(const std::vector<wasm_valkind_t>& parameters,
                                 const std::vector<wasm_valkind_t>& results) {
  const auto vector = [](const std::vector<wasm_valkind_t>& kinds) {
    std::vector<wasm_valtype_t*> types;
    for (const wasm_valkind_t kind : kinds)
      types.push_back(wasm_valtype_new(kind));
    wasm_valtype_vec_t out;
    wasm_valtype_vec_new(&out, types.size(), types.data());
    return out;
  };
  wasm_valtype_vec_t in = vector(parameters);
  wasm_valtype_vec_t out = vector(results);
  return FunctionTypeHandle(wasm_functype_new(&in, &out));
}

FunctionTypeHandle type_of(const SystemFunction& function, PointerWidth width, Style style) {
  std::vector<wasm_valkind_t> parameters;
  std::vector<wasm_valkind_t> results;
  for (const char letter : function.parameters)
    parameters.push_back(kind_of(letter, width));
  if (function.result != '-') results.push_back(kind_of(function.result, width));
  if (style == Style::kThreaded) {
    parameters.push_back(WASM_I64);
    results.push_back(WASM_I64);
  }
  return function_type(parameters, results);
}

void define(wasmtime_linker_t& linker, std::string_view module, std::string_view name,
            const FunctionTypeHandle& type, wasmtime_func_unchecked_callback_t callback,
            const void* environment) {
  must_succeed(wasmtime_linker_define_func_unchecked(&linker, module.data(), module.size(),
                                                     name.data(), name.size(), type.get(), callback,
                                                     const_cast<void*>(environment), nullptr),
               "defining an import");
}

constexpr auto imports(PointerWidth width) {
  std::array<Import, kSystemApi.size()> result;
  for (std::size_t i = 0; i < result.size(); ++i)
    result[i] = {i, width};
  return result;
}
constexpr std::array kImports = {imports(PointerWidth::k32), imports(PointerWidth::k64)};
constexpr std::array kWidths = {PointerWidth::k32, PointerWidth::k64};

template <Style style>
void define_runtime(wasmtime_linker_t& linker, PointerWidth width, Pausing pausing) {
  const bool is_64 = width == PointerWidth::k64;
  const std::vector<wasm_valkind_t> address = {is_64 ? WASM_I64 : WASM_I32};
  define(linker, kRuntimeModule, kGrowHeap, function_type(address, address), on_grow_heap,
         &kWidths[static_cast<std::size_t>(width)]);
  std::vector<wasm_valkind_t> count;
  if (style == Style::kThreaded) count.push_back(WASM_I64);
  const FunctionTypeHandle type = function_type(count, count);
  if (pausing == Pausing::kNever) {
    return define(linker, kRuntimeModule, kOutOfInstructions, type, on_out_of_instructions<style>,
                  nullptr);
  }
  must_succeed(wasmtime_linker_define_async_func(
                   &linker, kRuntimeModule.data(), kRuntimeModule.size(), kOutOfInstructions.data(),
                   kOutOfInstructions.size(), type.get(), on_end_of_slice<style>, nullptr, nullptr),
               "defining the end of a slice");
}

template <Style style>
LinkerHandle make_linker_of(wasm_engine_t& engine, PointerWidth width, Pausing pausing) {
  LinkerHandle linker(wasmtime_linker_new(&engine));
  for (const Import& import : kImports[static_cast<std::size_t>(width)]) {
    const SystemFunction& function = kSystemApi[import.index];
    if (function.only_32 && width == PointerWidth::k64) continue;
    define(*linker, "ic0", function.name, type_of(function, width, style), on_call<style>, &import);
  }
  define_runtime<style>(*linker, width, pausing);
  return linker;
}

}  // namespace

LinkerHandle make_linker(wasm_engine_t& engine, PointerWidth width, Style style, Pausing pausing) {
  return style == Style::kThreaded ? make_linker_of<Style::kThreaded>(engine, width, pausing)
                                   : make_linker_of<Style::kGlobal>(engine, width, pausing);
}

}  // namespace icpd::execution::wasm
