#include "execution/wasm/engine.hpp"

#include <algorithm>
#include <icpd_compiler.h>

#include "base/units.hpp"
#include "execution/wasm/detail/engine_state.hpp"
#include "execution/wasm/detail/memory_creator.hpp"
#include "execution/wasm/detail/stack_creator.hpp"
#include "execution/wasm/heap.hpp"
#include "execution/wasm/meter.hpp"

namespace icpd::execution::wasm {
namespace {

/// Of the guest; overflowing it is a trap at the same call on every node, because frames have the
/// same sizes everywhere.
constexpr std::size_t kWasmStackBytes = 5 * kMiB;
/// Host functions run on the same stack.
constexpr std::size_t kHostStackBytes = 1 * kMiB;

#if defined(__x86_64__)
constexpr const char* kTarget = "x86_64-unknown-linux-gnu";
/// x86-64-v2: in every server and desktop since 2010.
constexpr auto kTargetFeatures = std::to_array<const char*>(
    {"has_cmpxchg16b", "has_sse3", "has_ssse3", "has_sse41", "has_sse42", "has_popcnt"});
#elif defined(__aarch64__)
constexpr const char* kTarget = "aarch64-unknown-linux-gnu";
constexpr std::array<const char*, 0> kTargetFeatures = {};
#endif

void set_features(wasm_config_t& config) {
  wasmtime_config_wasm_bulk_memory_set(&config, true);
  wasmtime_config_wasm_reference_types_set(&config, true);
  wasmtime_config_wasm_multi_value_set(&config, true);
  wasmtime_config_wasm_simd_set(&config, true);
  wasmtime_config_wasm_tail_call_set(&config, true);
  wasmtime_config_wasm_memory64_set(&config, true);
  wasmtime_config_wasm_branch_hinting_set(&config, true);
  wasmtime_config_wasm_relaxed_simd_set(&config, false);
  wasmtime_config_wasm_multi_memory_set(&config, false);
  wasmtime_config_wasm_function_references_set(&config, false);
  wasmtime_config_wasm_gc_set(&config, false);
  wasmtime_config_wasm_exceptions_set(&config, false);
  wasmtime_config_wasm_wide_arithmetic_set(&config, false);
  wasmtime_config_wasm_custom_page_sizes_set(&config, false);
  wasmtime_config_wasm_stack_switching_set(&config, false);
  wasmtime_config_shared_memory_set(&config, false);
}

/// Everything here decides machine code or results: a change changes compatibility() by the text
/// below.
constexpr std::string_view kSettings =
    "wasmtime " WASMTIME_VERSION
    " cranelift opt=speed nan stack=5MiB+1MiB reservation=4GiB guard=32MiB x86-64-v2|aarch64";

EngineHandle make_engine(io::memory::StackPool& stacks) {
  wasm_config_t* config = wasm_config_new();
  set_features(*config);
  wasmtime_config_strategy_set(config, WASMTIME_STRATEGY_CRANELIFT);
  wasmtime_config_cranelift_opt_level_set(config, WASMTIME_OPT_LEVEL_SPEED);
  wasmtime_config_cranelift_nan_canonicalization_set(config, true);
  must_succeed(wasmtime_config_target_set(config, kTarget), "engine target");
  for (const char* feature : kTargetFeatures)
    wasmtime_config_cranelift_flag_enable(config, feature);
  wasmtime_config_native_unwind_info_set(config, false);
  wasmtime_config_max_wasm_stack_set(config, kWasmStackBytes);
  wasmtime_config_async_stack_size_set(config, kWasmStackBytes + kHostStackBytes);
  wasmtime_config_memory_reservation_set(config, heap_reserve(PointerWidth::k32));
  wasmtime_config_memory_guard_size_set(config, kHeapGuardBytes);
  wasmtime_config_memory_may_move_set(config, false);
  // With our own memories this would abort the process at the first active data segment.
  wasmtime_config_memory_init_cow_set(config, false);
  wasmtime_memory_creator_t creator = memory_creator();
  wasmtime_config_host_memory_creator_set(config, &creator);
  wasmtime_stack_creator_t stack_source = stack_creator(stacks);
  wasmtime_config_host_stack_creator_set(config, &stack_source);
  EngineHandle engine(wasm_engine_new_with_config(config));
  ensure(engine != nullptr, "the engine refused its configuration");
  return engine;
}

constexpr std::array kWidths = {PointerWidth::k32, PointerWidth::k64};
constexpr std::array kStyles = {Style::kGlobal, Style::kThreaded};

Style style_of_imports(const wasmtime_module_t& module) {
  wasm_importtype_vec_t imports;
  wasmtime_module_imports(&module, &imports);
  Style style = Style::kThreaded;
  for (std::size_t i = 0; i < imports.size; ++i) {
    const wasm_name_t* name = wasm_importtype_name(imports.data[i]);
    if (std::string_view(name->data, name->size) != kOutOfInstructions) continue;
    const wasm_functype_t* type =
        wasm_externtype_as_functype_const(wasm_importtype_type(imports.data[i]));
    style = wasm_functype_params(type)->size == 0 ? Style::kGlobal : Style::kThreaded;
  }
  wasm_importtype_vec_delete(&imports);
  return style;
}

/// Export names of the mutable globals, in the order in which the metered module exports them.
std::vector<std::string> global_exports_of(const wasmtime_module_t& module) {
  wasm_exporttype_vec_t exports;
  wasmtime_module_exports(&module, &exports);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < exports.size; ++i) {
    const wasm_name_t* name = wasm_exporttype_name(exports.data[i]);
    const std::string_view text(name->data, name->size);
    const bool is_global =
        wasm_externtype_kind(wasm_exporttype_type(exports.data[i])) == WASM_EXTERN_GLOBAL;
    if (is_global && text != kCounterExport) names.emplace_back(text);
  }
  wasm_exporttype_vec_delete(&exports);
  return names;
}

}  // namespace

Engine::Engine() : state_(std::make_unique<detail::EngineState>()) {
  state_->engine = make_engine(state_->stacks);
  state_->compatibility = crypto::hash_in_domain(
      "icpd-machine-code",
      {as_bytes(kSettings), as_bytes(kTarget), as_bytes(std::to_string(kMeteringVersion))});
  for (const PointerWidth width : kWidths) {
    for (const Style style : kStyles) {
      for (const Pausing pausing : kPausings) {
        state_->linker(width, style, pausing) = make_linker(*state_->engine, width, style, pausing);
      }
    }
  }
}

Engine::~Engine() = default;

HostResult<void> Engine::validate(ByteView module) const {
  const ErrorHandle error(
      wasmtime_module_validate(state_->engine.get(), module.data(), module.size()));
  if (error == nullptr) return {};
  return Err(invalid_module("wasmtime::Module::validate() failed with " + message(*error)));
}

namespace {

/// Whether the compiler refused the module itself: the same on every machine. Anything else (no
/// memory for the code) is this machine's trouble.
bool is_about_the_module(std::string_view error) {
  constexpr std::array<std::string_view, 2> kBeginnings = {"failed to compile",
                                                           "failed to parse WebAssembly module"};
  return std::ranges::any_of(kBeginnings, [&](auto begin) { return error.starts_with(begin); });
}

}  // namespace

HostResult<Bytes> Engine::compile(ByteView metered) const {
  wasmtime_module_t* compiled = nullptr;
  const ErrorHandle error(
      wasmtime_module_new(state_->engine.get(), metered.data(), metered.size(), &compiled));
  if (error != nullptr) {
    const std::string why = message(*error);
    ensure(is_about_the_module(why), why.c_str());
    return Err(invalid_module("the module can't be compiled: " + why));
  }
  const ModuleHandle module(compiled);
  ByteVector code;
  must_succeed(wasmtime_module_serialize(module.get(), code.out()), "serialising machine code");
  return to_bytes(code.view());
}

namespace {

Result<std::shared_ptr<const detail::ModuleState>> finish_loading(detail::EngineState& engine,
                                                                  Shared<ModuleFacts> facts,
                                                                  wasmtime_error_t* failed,
                                                                  wasmtime_module_t* loaded,
                                                                  std::size_t code_size) {
  if (const ErrorHandle error(failed); error != nullptr) {
    return Err("machine code can't be loaded: " + message(*error));
  }
  auto state = std::make_shared<detail::ModuleState>();
  state->module = ModuleHandle(loaded);
  state->facts = std::move(facts);
  state->code_size = code_size;
  state->style = style_of_imports(*state->module);
  state->global_exports = global_exports_of(*state->module);
  if (state->global_exports.size() != state->facts->mutable_globals.size()) {
    return Err("machine code doesn't belong to the module: other globals");
  }
  for (const Pausing pausing : kPausings) {
    wasmtime_instance_pre_t* instance = nullptr;
    const ErrorHandle error(wasmtime_linker_instantiate_pre(
        engine.linker(state->facts->width, state->style, pausing).get(), state->module.get(),
        &instance));
    if (error != nullptr) return Err("machine code can't be linked: " + message(*error));
    state->instance[static_cast<std::size_t>(pausing)] = InstancePreHandle(instance);
  }
  return std::shared_ptr<const detail::ModuleState>(std::move(state));
}

}  // namespace

Result<Module> Engine::load(Shared<ModuleFacts> facts, ByteView machine_code) const {
  wasmtime_module_t* module = nullptr;
  wasmtime_error_t* error = wasmtime_module_deserialize(state_->engine.get(), machine_code.data(),
                                                        machine_code.size(), &module);
  return Module(TRY(finish_loading(*state_, std::move(facts), error, module, machine_code.size())));
}

Result<Module> Engine::load_file(Shared<ModuleFacts> facts, const std::string& path) const {
  wasmtime_module_t* module = nullptr;
  wasmtime_error_t* error =
      wasmtime_module_deserialize_file(state_->engine.get(), path.c_str(), &module);
  std::size_t size = 0;
  if (module != nullptr) {
    void* begin = nullptr;
    void* end = nullptr;
    wasmtime_module_image_range(module, &begin, &end);
    size = static_cast<std::size_t>(static_cast<char*>(end) - static_cast<char*>(begin));
  }
  return Module(TRY(finish_loading(*state_, std::move(facts), error, module, size)));
}

crypto::Digest Engine::compatibility() const {
  return state_->compatibility;
}

void exit_on_compiler_panic(int status) {
  icpd_exit_on_panic(status);
}

const ModuleFacts& Module::facts() const {
  return *state_->facts;
}
std::size_t Module::code_size() const {
  return state_->code_size;
}

}  // namespace icpd::execution::wasm
