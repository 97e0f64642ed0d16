#include <utility>

#include "execution/wasm/detail/execution_state.hpp"
#include "execution/wasm/heap.hpp"
#include "execution/wasm/meter.hpp"

namespace icpd::execution::wasm {
namespace {

/// An execution with more dirty heap pages than this pauses once more: copying them takes as long
/// as a slice.
constexpr std::uint64_t kDirtyPagesCopiedAtOnce = 262'144;
constexpr std::uint64_t kDirtyPageCopyCharge = 3000;
constexpr std::size_t kBacktraceFramesMax = 20;

thread_local detail::ExecutionState* current_execution = nullptr;

class OnThisThread {
 public:
  explicit OnThisThread(detail::ExecutionState* execution)
      : outer_(std::exchange(current_execution, execution)) {}
  ~OnThisThread() { current_execution = outer_; }
  OnThisThread(const OnThisThread&) = delete;
  OnThisThread& operator=(const OnThisThread&) = delete;

 private:
  detail::ExecutionState* outer_;
};

wasmtime_val_t i64_value(std::int64_t value) {
  wasmtime_val_t result{};
  result.kind = WASMTIME_I64;
  result.of.i64 = value;
  return result;
}
wasmtime_val_t i32_value(std::uint32_t value) {
  wasmtime_val_t result{};
  result.kind = WASMTIME_I32;
  result.of.i32 = static_cast<std::int32_t>(value);
  return result;
}

GlobalValue to_global(const wasmtime_val_t& value) {
  switch (value.kind) {
    case WASMTIME_I32:
      return {ValueType::kI32, static_cast<std::uint32_t>(value.of.i32), 0};
    case WASMTIME_I64:
      return {ValueType::kI64, static_cast<std::uint64_t>(value.of.i64), 0};
    case WASMTIME_F32:
      return {ValueType::kF32, std::bit_cast<std::uint32_t>(value.of.f32), 0};
    case WASMTIME_F64:
      return {ValueType::kF64, std::bit_cast<std::uint64_t>(value.of.f64), 0};
    case WASMTIME_V128:
      return {ValueType::kV128, load_le<std::uint64_t>({value.of.v128, 8}),
              load_le<std::uint64_t>({value.of.v128 + 8, 8})};
    default:
      unreachable_state("globals are numbers or vectors");
  }
}

wasmtime_val_t from_global(const GlobalValue& global) {
  wasmtime_val_t value{};
  switch (global.type) {
    case ValueType::kI32:
      return i32_value(static_cast<std::uint32_t>(global.low));
    case ValueType::kI64:
      return i64_value(static_cast<std::int64_t>(global.low));
    case ValueType::kF32:
      value.kind = WASMTIME_F32;
      value.of.f32 = std::bit_cast<float>(static_cast<std::uint32_t>(global.low));
      return value;
    case ValueType::kF64:
      value.kind = WASMTIME_F64;
      value.of.f64 = std::bit_cast<double>(global.low);
      return value;
    case ValueType::kV128:
      value.kind = WASMTIME_V128;
      std::memcpy(value.of.v128, &global.low, 8);
      std::memcpy(value.of.v128 + 8, &global.high, 8);
      return value;
  }
  unreachable_state("a value type outside its enumeration");
}

TrapCode trap_code(const wasm_trap_t& trap) {
  wasmtime_trap_code_t code = 0;
  if (!wasmtime_trap_code(&trap, &code)) return TrapCode::kOther;
  switch (code) {
    case WASMTIME_TRAP_CODE_STACK_OVERFLOW:
      return TrapCode::kStackOverflow;
    case WASMTIME_TRAP_CODE_MEMORY_OUT_OF_BOUNDS:
      return TrapCode::kHeapOutOfBounds;
    case WASMTIME_TRAP_CODE_TABLE_OUT_OF_BOUNDS:
      return TrapCode::kTableOutOfBounds;
    case WASMTIME_TRAP_CODE_INTEGER_DIVISION_BY_ZERO:
      return TrapCode::kIntegerDivisionByZero;
    case WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED:
      return TrapCode::kUnreachable;
    default:
      return TrapCode::kOther;
  }
}

Failure old_motoko_pages() {
  return {types::ErrorCode::kCanisterOutOfMemory,
          "Canister tried to allocate pages reserved for upgrading older versions of Motoko."};
}

Failure no_such_function(std::uint32_t function) {
  return {types::ErrorCode::kCanisterFunctionNotFound,
          "Canister requested to invoke a non-existent Wasm function " + std::to_string(function) +
              " from table 0"};
}

Failure no_such_method(const Method& method) {
  constexpr std::array<std::string_view, 3> kKinds = {"update", "query", "composite query"};
  return {types::ErrorCode::kCanisterMethodNotFound,
          "Canister has no " + std::string(kKinds[static_cast<std::size_t>(method.kind)]) +
              " method '" + method.name + "'."};
}

SliceBudget budget_of(const Request& request) {
  const InstructionLimits& limits = request.instructions;
  if (!request.watch) return {limits.total, limits.slice};
  ensure(limits.slice == limits.total, "what is watched doesn't pause");
  return SliceBudget::watched(limits.total, request.watch->interval);
}

bool has_parameters(const wasm_functype_t& type, std::span<const wasm_valkind_t> kinds) {
  const wasm_valtype_vec_t* parameters = wasm_functype_params(&type);
  if (parameters->size != kinds.size()) return false;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    if (wasm_valtype_kind(parameters->data[i]) != kinds[i]) return false;
  }
  return true;
}

}  // namespace

namespace detail {

ExecutionState* ExecutionState::current() {
  return current_execution;
}

ExecutionState::ExecutionState(const Module& with, Request what, Memories where, SystemApi& host)
    : module(with),
      request(std::move(what)),
      heap(where.heap),
      stable_memory(where.stable),
      api(host),
      budget(budget_of(request)),
      stable(where.stable, request.stable_pages),
      count(budget.first_count()) {}

ExecutionState::~ExecutionState() {
  const OnThisThread here(this);
  future_.reset();
  TrapHandle(trap_).reset();
  ErrorHandle(error_).reset();
}

// -- For imported functions --

wasm_trap_t* ExecutionState::fail(Failure why) {
  failure_ = std::move(why);
  return wasmtime_trap_new("", 0);
}

std::optional<Failure> ExecutionState::charge(std::uint64_t instructions) {
  count = minus(count, instructions);
  return budget.failure_at(count);
}

std::optional<Failure> ExecutionState::end_slice() {
  if (auto failure = budget.failure_at(count)) return failure;
  count = budget.next_slice(count);
  return std::nullopt;
}

std::optional<Failure> ExecutionState::be_watched() {
  ensure(pausing() == Pausing::kNever);
  if (auto failure = end_slice()) return failure;
  ensure(request.watch.has_value(), "an execution that isn't watched has one slice");
  return request.watch->ask();
}

HostResult<std::optional<std::uint64_t>> ExecutionState::grow_heap(std::uint64_t delta_pages) {
  const ModuleFacts& facts = module.facts();
  const std::uint64_t before = heap.size_bytes() / kWasmPageSize;
  const std::uint64_t max = facts.heap_pages_max;
  if (delta_pages == 0) return std::optional(before);
  if (before > max || delta_pages > max - before) return std::optional<std::uint64_t>();
  const bool upgrade_hook =
      request.context == Context::kInit || request.context == Context::kPreUpgrade;
  const std::uint64_t reserved = upgrade_hook ? 0 : facts.pages_reserved_for_upgrade;
  if (before + delta_pages > module_pages_without(reserved)) return Err(old_motoko_pages());
  if (TRY(api.heap_grow(before, delta_pages)) == GrowAnswer::kRefused) {
    return std::optional<std::uint64_t>();
  }
  std::uint64_t previous = 0;
  must_succeed(wasmtime_memory_grow(context_, &memory_, delta_pages, &previous), "growing a heap");
  ensure(previous == before && heap.size_bytes() == (before + delta_pages) * kWasmPageSize);
  return std::optional(before);
}

std::uint64_t ExecutionState::module_pages_without(std::uint64_t reserved) const {
  return heap_reserve(module.facts().width) / kWasmPageSize - reserved;
}

std::int64_t ExecutionState::read_counter() const {
  wasmtime_val_t value;
  wasmtime_global_get(context_, &counter_, &value);
  return value.of.i64;
}

void ExecutionState::write_counter(std::int64_t value) const {
  const wasmtime_val_t counter = i64_value(value);
  must_succeed(wasmtime_global_set(context_, &counter_, &counter), "setting the counter");
}

// -- Starting --

wasmtime_extern_t ExecutionState::exported(std::string_view name) const {
  wasmtime_extern_t item;
  const bool found =
      wasmtime_instance_export_get(context_, &instance_, name.data(), name.size(), &item);
  ensure(found, "a metered module exports what it was made to export");
  return item;
}

void ExecutionState::instantiate() {
  const InstancePreHandle& pre = code().instance[static_cast<std::size_t>(pausing())];
  if (pausing() == Pausing::kNever) {
    error_ = wasmtime_instance_pre_instantiate(pre.get(), context_, &instance_, &trap_);
  } else {
    const FutureHandle future(
        wasmtime_instance_pre_instantiate_async(pre.get(), context_, &instance_, &trap_, &error_));
    ensure(wasmtime_call_future_poll(future.get()), "instantiation runs no guest");
  }
  must_succeed(std::exchange(error_, nullptr), "instantiating a module");
}

void ExecutionState::set_globals() {
  if (!request.globals) return;
  ensure(request.globals->size() == code().global_exports.size(), "one value for each global");
  for (std::size_t i = 0; i < request.globals->size(); ++i) {
    const wasmtime_extern_t item = exported(code().global_exports[i]);
    const wasmtime_val_t value = from_global((*request.globals)[i]);
    must_succeed(wasmtime_global_set(context_, &item.of.global, &value), "setting a global");
  }
}

std::optional<Failure> ExecutionState::resolve_callback(const Callback& callback) {
  wasmtime_extern_t table;
  wasmtime_val_t function;
  const bool found = wasmtime_instance_export_get(context_, &instance_, kTableExport.data(),
                                                  kTableExport.size(), &table) &&
                     wasmtime_table_get(context_, &table.of.table, callback.function, &function) &&
                     !wasmtime_funcref_is_null(&function.of.funcref);
  if (!found) return no_such_function(callback.function);
  entry_ = function.of.funcref;
  const bool is_64 = module.facts().width == PointerWidth::k64;
  const bool threaded = code().style == Style::kThreaded;
  const std::array<wasm_valkind_t, 2> kinds = {
      static_cast<wasm_valkind_t>(is_64 ? WASM_I64 : WASM_I32), WASM_I64};
  const FunctionTypeHandle type(wasmtime_func_type(context_, &entry_));
  const std::size_t results = wasm_functype_results(type.get())->size;
  if (!has_parameters(*type, std::span(kinds).first(threaded ? 2 : 1)) ||
      results != (threaded ? 1U : 0U)) {
    return contract_violation("function invocation does not match its signature");
  }
  arguments_[argument_count_++] = is_64
                                      ? i64_value(static_cast<std::int64_t>(callback.environment))
                                      : i32_value(static_cast<std::uint32_t>(callback.environment));
  return std::nullopt;
}

std::optional<Failure> ExecutionState::resolve_entry() {
  if (const auto* callback = std::get_if<Callback>(&request.entry)) {
    if (auto failure = resolve_callback(*callback)) return failure;
  } else if (const auto* method = std::get_if<Method>(&request.entry)) {
    if (module.facts().method_kind(method->name) != method->kind) return no_such_method(*method);
    entry_ = exported(export_name(*method)).of.func;
  } else {
    const Hook hook = std::get<Hook>(request.entry);
    ensure(module.facts().has(hook), "only hooks that the module has are run");
    entry_ = exported(export_name(hook)).of.func;
  }
  if (code().style == Style::kThreaded) arguments_[argument_count_++] = i64_value(count);
  return std::nullopt;
}

void ExecutionState::start(const EngineState& engine) {
  outcome_.heap_size_at_start = heap.size_bytes();
  outcome_.stable_size_at_start = stable_memory.size_bytes();
  heap.arm();
  stable_memory.arm();
  store_ = StoreHandle(wasmtime_store_new(engine.engine.get(), nullptr, nullptr));
  context_ = wasmtime_store_context(store_.get());
  phase_ = Phase::kRunning;
  instantiate();
  if (trap_ != nullptr) {
    const TrapHandle trap(std::exchange(trap_, nullptr));
    failure_ = trapped(trap_code(*trap));
    return;
  }
  counter_ = exported(kCounterExport).of.global;
  write_counter(count);
  if (module.facts().has_memory) memory_ = exported(kMemoryExport).of.memory;
  set_globals();
  failure_ = resolve_entry();
}

void ExecutionState::call() {
  const std::size_t results = code().style == Style::kThreaded ? 1 : 0;
  future_ =
      FutureHandle(wasmtime_func_call_async(context_, &entry_, arguments_.data(), argument_count_,
                                            results_.data(), results, &trap_, &error_));
}

void ExecutionState::call_without_pauses() {
  std::array<wasmtime_val_raw_t, 2> values{};
  for (std::size_t i = 0; i < argument_count_; ++i)
    values[i].i64 = arguments_[i].of.i64;
  error_ = wasmtime_func_call_unchecked(context_, &entry_, values.data(), values.size(), &trap_);
  results_[0] = i64_value(values[0].i64);
}

// -- Running --

Progress ExecutionState::run(const EngineState& engine) {
  ensure(phase_ != Phase::kFinished, "an execution ends once");
  const OnThisThread here(this);
  used_before_slice_ = budget.used(count);
  Progress progress = Progress::kFinished;
  if (phase_ == Phase::kCopying) {
    count = minus(count, kDirtyPageCopyCharge * outcome_.heap_dirty.size());
    progress = finish(std::nullopt);
  } else {
    progress = poll_from(engine);
  }
  slice_instructions_ = budget.used(count) - used_before_slice_;
  return progress;
}

Progress ExecutionState::poll_from(const EngineState& engine) {
  if (phase_ == Phase::kNew) {
    start(engine);
    if (failure_) return finish(std::move(failure_));
    if (pausing() == Pausing::kNever) {
      call_without_pauses();
      return returned();
    }
    call();
  }
  suspended = false;
  if (!wasmtime_call_future_poll(future_.get())) {
    ensure(suspended, "an execution only waits for its next slice");
    return Progress::kPaused;
  }
  future_.reset();
  return returned();
}

Progress ExecutionState::returned() {
  if (trap_ != nullptr || error_ != nullptr) return finish(failure_of_guest());
  count = code().style == Style::kThreaded ? results_[0].of.i64 : read_counter();
  return finish(std::nullopt);
}

void ExecutionState::note_backtrace(const wasm_frame_vec_t& frames) {
  for (std::size_t i = 0; i < std::min(frames.size, kBacktraceFramesMax); ++i) {
    const wasm_name_t* name = wasmtime_frame_func_name(frames.data[i]);
    outcome_.backtrace.push_back(
        name == nullptr ? "func" + std::to_string(wasm_frame_func_index(frames.data[i]))
                        : std::string(name->data, name->size));
  }
}

Failure ExecutionState::failure_of_guest() {
  const TrapHandle trap(std::exchange(trap_, nullptr));
  const ErrorHandle error(std::exchange(error_, nullptr));
  wasm_frame_vec_t frames;
  if (trap != nullptr) {
    wasm_trap_trace(trap.get(), &frames);
  } else {
    wasmtime_error_wasm_trace(error.get(), &frames);
  }
  note_backtrace(frames);
  wasm_frame_vec_delete(&frames);
  // A host function that failed has left its reason and the count.
  if (failure_) return std::move(*failure_);
  ensure(trap != nullptr, error == nullptr ? "" : message(*error).c_str());
  count = read_counter();
  return trapped(trap_code(*trap));
}

Progress ExecutionState::finish(std::optional<Failure> failure) {
  const bool copied = phase_ == Phase::kCopying;
  if (!copied) {
    outcome_.heap_dirty = heap.dirty_pages();
    outcome_.stable_dirty = stable.modified_pages();
    outcome_.stable_pages_accessed = stable.accessed_pages();
    if (!failure) read_globals();
    store_.reset();
    if (!failure && request.charge_dirty_pages) {
      count = minus(count, kDirtyPageCharge * outcome_.heap_dirty.size());
      if (budget.over_total(count)) failure = instruction_limit_exceeded();
    }
    const bool large = outcome_.heap_dirty.size() > kDirtyPagesCopiedAtOnce;
    if (!failure && large && budget.may_pause()) {
      phase_ = Phase::kCopying;
      return Progress::kPaused;
    }
  }
  if (failure) outcome_.globals.clear();
  outcome_.failure = std::move(failure);
  outcome_.instructions = budget.used(count);
  phase_ = Phase::kFinished;
  return Progress::kFinished;
}

void ExecutionState::read_globals() {
  outcome_.globals.reserve(code().global_exports.size());
  for (const std::string& name : code().global_exports) {
    const wasmtime_extern_t item = exported(name);
    wasmtime_val_t value;
    wasmtime_global_get(context_, &item.of.global, &value);
    outcome_.globals.push_back(to_global(value));
  }
}

}  // namespace detail

// -- The public face --

// NOLINTNEXTLINE: the caller gives its share away
Execution::Execution(const Engine& engine, Module module, Request request, Memories memories,
                     SystemApi& api)
    : engine_(engine.state_.get()),
      state_(std::make_unique<detail::ExecutionState>(module, std::move(request), memories, api)) {}

Execution::~Execution() = default;
Execution::Execution(Execution&&) noexcept = default;
Execution& Execution::operator=(Execution&&) noexcept = default;

Progress Execution::run() {
  return state_->run(*engine_);
}

std::uint64_t Execution::slice_instructions() const {
  return state_->slice_instructions_;
}
std::uint64_t Execution::instructions() const {
  return state_->budget.used(state_->count);
}

const Outcome& Execution::outcome() const {
  ensure(state_->phase_ == detail::ExecutionState::Phase::kFinished);
  return state_->outcome_;
}
Outcome Execution::take_outcome() {
  ensure(state_->phase_ == detail::ExecutionState::Phase::kFinished);
  return std::move(state_->outcome_);
}

std::vector<io::PageIndex> Execution::heap_dirty_so_far() {
  return state_->heap.dirty_pages();
}
std::vector<io::PageIndex> Execution::stable_dirty_so_far() const {
  return state_->stable.modified_pages();
}

}  // namespace icpd::execution::wasm
