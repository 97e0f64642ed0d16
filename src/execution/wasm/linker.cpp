// The imports of metered modules, as the engine calls them.
#include "execution/wasm/detail/engine_state.hpp"
#include "execution/wasm/detail/execution_state.hpp"
#include "execution/wasm/detail/system_call.hpp"
#include "execution/wasm/meter.hpp"

namespace icpd::execution::wasm {
namespace {

using detail::ExecutionState;

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

Answer answer(const Call& call, std::size_t index) {
  const SystemFunction& function = call.function;
  if (auto failure = call.execution.charge(charge_of(call))) return Err(std::move(*failure));
  const Context context = call.execution.request.context;
  if ((function.contexts & bit(context)) == 0) [[unlikely]] {
    return Err(contract_violation("\"ic0." + std::string(function.name) +
                                  "\" cannot be executed in " + std::string(mode(context)) +
                                  " mode"));
  }
  return run_system_function(index, call);
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
  Answer result = answer(call, import.index);
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

/// Without pauses: the end, or a moment to be looked at.
template <Style style>
wasm_trap_t* on_out_of_instructions(void*, wasmtime_caller_t*, wasmtime_val_raw_t* values,
                                    std::size_t) noexcept {
  ExecutionState& execution = *ExecutionState::current();
  execution.count = style == Style::kThreaded ? values[0].i64 : execution.read_counter();
  if (auto failure = execution.be_watched()) return execution.fail(std::move(*failure));
  if constexpr (style == Style::kThreaded) {
    values[0].i64 = execution.count;
  } else {
    execution.write_counter(execution.count);
  }
  return nullptr;
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
  const std::vector<wasm_valkind_t> address(1, is_64 ? WASM_I64 : WASM_I32);
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
