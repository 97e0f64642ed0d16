#include "reference_run.hpp"

#include <algorithm>
#include <cstring>
#include <set>

#include "counting_module.hpp"

#include "base/units.hpp"
#include "execution/wasm/detail/wasmtime_handles.hpp"
#include "execution/wasm/random_body.hpp"

namespace icpd::fuzz {
namespace {

using namespace execution::wasm;
namespace testing = execution::wasm::testing;

constexpr std::uint64_t kHeapPage = io::kGuestPageSize;
constexpr std::uint64_t kWasmPage = 64 * kKiB;
constexpr std::uint64_t kPageCharge = 1000;

EngineHandle make_engine() {
  wasm_config_t* config = wasm_config_new();
  wasmtime_config_wasm_multi_memory_set(config, true);
  wasmtime_config_wasm_memory64_set(config, true);
  wasmtime_config_wasm_tail_call_set(config, true);
  wasmtime_config_cranelift_nan_canonicalization_set(config, true);
  wasmtime_config_cranelift_opt_level_set(config, WASMTIME_OPT_LEVEL_NONE);
  return EngineHandle(wasm_engine_new_with_config(config));
}

enum class Counting : std::uint8_t { kYes, kNo };

/// What lives on between messages.
struct Canister {
  bool heap_64 = false;
  Bytes heap;
  Bytes stable;
  std::optional<Globals> globals;
};

/// One message: the host's side.
class Message {
 public:
  Message(Canister& canister, Counting counting, std::vector<std::uint64_t>& counters)
      : canister_(canister),
        counting_(counting),
        counters_(counters),
        stable_(canister.stable),
        heap_64_(canister.heap_64) {}

  Seen run(wasm_engine_t& engine, const InstancePreHandle& module);

  /// A System API function; false: it failed.
  bool call(std::size_t import, wasmtime_val_raw_t* values);

  static thread_local Message* current;

 private:
  /// Parameters of a call, whatever the heap's width.
  [[nodiscard]] std::uint64_t parameter(std::size_t import, std::size_t i) const {
    const char letter = testing::kImports[import].parameters[i];
    const bool narrow = letter == 'i' || (letter == 'P' && !heap_64_);
    return narrow ? static_cast<std::uint32_t>(values_[i].i32)
                  : static_cast<std::uint64_t>(values_[i].i64);
  }
  bool fail(std::string why) {
    failure_ = std::move(why);
    return false;
  }
  bool out_of_heap() { return fail("Canister trapped: heap out of bounds"); }

  bool charge(std::uint64_t instructions);
  [[nodiscard]] MutableByteView heap() {
    return {wasmtime_memory_data(context_, &heap_), wasmtime_memory_data_size(context_, &heap_)};
  }
  [[nodiscard]] bool in_heap(std::uint64_t address, std::uint64_t size) {
    const std::uint64_t end = heap().size();
    return size <= end && address <= end - size;
  }
  bool store(std::uint64_t address, ByteView bytes);
  bool copy(std::size_t import, ByteView blob);
  bool append_reply(std::uint64_t address, std::uint64_t size);
  bool touch_stable(std::uint64_t offset, std::uint64_t size, bool writes);
  bool grow_stable(std::uint64_t pages);
  bool write_stable(std::uint64_t offset, std::uint64_t from, std::uint64_t size);
  bool read_stable(std::uint64_t to, std::uint64_t offset, std::uint64_t size);
  bool performance_counter();
  bool body(std::size_t import);

  [[nodiscard]] std::uint64_t count() const;
  void set_count(std::uint64_t value);
  [[nodiscard]] wasmtime_extern_t exported(const std::string& name) const;
  void restore();
  [[nodiscard]] std::string failure_of(wasm_trap_t* trap) const;
  void finish(Seen& seen);
  [[nodiscard]] std::vector<io::PageIndex> marked() const;
  [[nodiscard]] Globals read_globals() const;

  Canister& canister_;
  Counting counting_;
  std::vector<std::uint64_t>& counters_;
  std::size_t next_counter_ = 0;
  Bytes stable_;
  Bytes reply_;
  std::set<io::PageIndex> accessed_;
  std::set<io::PageIndex> modified_;
  std::optional<std::string> failure_;
  bool heap_64_;
  wasmtime_val_raw_t* values_ = nullptr;
  std::uint64_t answer_ = 0;
  wasmtime_context_t* context_ = nullptr;
  wasmtime_instance_t instance_{};
  wasmtime_memory_t heap_{};
  wasmtime_memory_t marks_{};
  wasmtime_global_t count_{};
};

thread_local Message* Message::current = nullptr;

// -- System API --

struct Charge {
  std::string_view name;
  std::uint64_t fixed = 0;
  std::uint64_t per_byte = 0;
  std::size_t size_parameter = 0;
};
/// In the order of kImports; reference system-api-costs.csv.
constexpr auto kCharges = std::to_array<Charge>({
    {"performance_counter", 200},
    {"msg_arg_data_size", 500},
    {"msg_arg_data_copy", 500, 1, 2},
    {"msg_caller_size", 500},
    {"msg_caller_copy", 500, 1, 2},
    {"msg_reply_data_append", 500, 50, 1},
    {"time", 500},
    {"in_replicated_execution", 500},
    {"canister_version", 500},
    {"canister_cycle_balance128", 500},
    {"certified_data_set", 500, 1, 1},
    {"debug_print", 100},
    {"stable64_size", 0},
    {"stable64_grow", 100},
    {"stable64_write", 20, 1, 2},
    {"stable64_read", 20, 1, 2},
    {"msg_reply", 500},
});
static_assert(kCharges.size() == testing::kImports.size());

bool Message::charge(std::uint64_t instructions) {
  if (counting_ == Counting::kNo) return true;
  set_count(count() + std::min(instructions, kLongLength));
  return count() <= kInstructionsMax || fail(std::string(kLimitExceeded));
}

bool Message::store(std::uint64_t address, ByteView bytes) {
  if (!in_heap(address, bytes.size())) return out_of_heap();
  if (bytes.empty()) return true;
  std::memcpy(heap().data() + address, bytes.data(), bytes.size());
  if (counting_ == Counting::kNo) return true;
  const std::uint64_t last = (address + bytes.size() - 1) / kHeapPage;
  for (std::uint64_t page = address / kHeapPage; page <= last; ++page)
    wasmtime_memory_data(context_, &marks_)[page] = 1;
  return true;
}

/// (to, from, size)
bool Message::copy(std::size_t import, ByteView blob) {
  const std::uint64_t from = parameter(import, 1);
  const std::uint64_t size = parameter(import, 2);
  if (!in_heap(parameter(import, 0), size)) return out_of_heap();
  if (size > blob.size() || from > blob.size() - size) return fail("contract");
  return store(parameter(import, 0), blob.subspan(from, size));
}

bool Message::append_reply(std::uint64_t address, std::uint64_t size) {
  if (!in_heap(address, size)) return out_of_heap();
  append(reply_, ByteView(heap()).subspan(address, size));
  return true;
}

bool Message::touch_stable(std::uint64_t offset, std::uint64_t size, bool writes) {
  if (size > stable_.size() || offset > stable_.size() - size)
    return fail("Canister trapped: stable memory out of bounds");
  for (std::uint64_t byte = offset; byte < offset + size; ++byte) {
    accessed_.insert(byte / kHeapPage);
    if (writes) modified_.insert(byte / kHeapPage);
    const bool within =
        accessed_.size() <= kStablePagesAccessedMax && modified_.size() <= kStablePagesModifiedMax;
    if (!within) return fail("stable pages");
  }
  return true;
}

bool Message::grow_stable(std::uint64_t pages) {
  answer_ = stable_.size() / kWasmPage;
  if (pages > 1) {
    answer_ = UINT64_MAX;
  } else {
    stable_.resize(stable_.size() + pages * kWasmPage);
  }
  return true;
}

bool Message::write_stable(std::uint64_t offset, std::uint64_t from, std::uint64_t size) {
  if (size == 0) return true;
  const std::size_t before = modified_.size();
  if (!touch_stable(offset, size, true)) return false;
  if (!charge(kPageCharge * (modified_.size() - before))) return false;
  if (!in_heap(from, size)) return out_of_heap();
  std::memcpy(stable_.data() + offset, heap().data() + from, size);
  return true;
}

bool Message::read_stable(std::uint64_t to, std::uint64_t offset, std::uint64_t size) {
  if (!touch_stable(offset, size, false)) return false;
  return store(to, ByteView(stable_).subspan(offset, size));
}

/// What the counting run saw, the plain run is told.
bool Message::performance_counter() {
  if (counting_ == Counting::kYes) {
    counters_.push_back(count());
    answer_ = count();
  } else {
    ensure(next_counter_ < counters_.size(), "both runs ask equally often");
    answer_ = counters_[next_counter_++];
  }
  return true;
}

bool Message::body(std::size_t import) {
  const std::string_view name = testing::kImports[import].name;
  const auto number = [&](std::size_t i) { return parameter(import, i); };
  if (name == "performance_counter") return performance_counter();
  if (name == "msg_arg_data_copy") return copy(import, kArgument);
  if (name == "msg_caller_copy") return copy(import, kCaller);
  if (name == "msg_reply_data_append") return append_reply(number(0), number(1));
  if (name == "certified_data_set") return in_heap(number(0), number(1)) || out_of_heap();
  if (name == "stable64_grow") return grow_stable(number(0));
  if (name == "stable64_write") return write_stable(number(0), number(1), number(2));
  if (name == "stable64_read") return read_stable(number(0), number(1), number(2));
  if (name == "canister_cycle_balance128") {
    Bytes balance;
    append_le<std::uint64_t>(balance, 1'000'000);
    append_le<std::uint64_t>(balance, 0);
    return store(number(0), balance);
  }
  answer_ = name == "msg_arg_data_size"         ? kArgument.size()
            : name == "msg_caller_size"         ? kCaller.size()
            : name == "time"                    ? 1'000'000'007
            : name == "in_replicated_execution" ? 1
            : name == "canister_version"        ? 7
                                                : stable_.size() / kWasmPage;
  return true;
}

bool Message::call(std::size_t import, wasmtime_val_raw_t* values) {
  values_ = values;
  const Charge& row = kCharges[import];
  ensure(row.name == testing::kImports[import].name);
  std::uint64_t cost = row.fixed;
  if (row.per_byte > 0)
    cost += row.per_byte * std::min(parameter(import, row.size_parameter), kLongLength);
  if (!charge(cost) || !body(import)) return false;
  if (testing::kImports[import].result != '-') values[0].i64 = static_cast<std::int64_t>(answer_);
  return true;
}

wasm_trap_t* on_call(void* environment, wasmtime_caller_t*, wasmtime_val_raw_t* values,
                     std::size_t) {
  const std::size_t import = *static_cast<const std::size_t*>(environment);
  return Message::current->call(import, values) ? nullptr : wasmtime_trap_new("", 0);
}

// -- Linking --

/// Each import's environment is its index.
constexpr auto kIndexes = [] {
  std::array<std::size_t, testing::kImports.size()> indexes{};
  for (std::size_t i = 0; i < indexes.size(); ++i)
    indexes[i] = i;
  return indexes;
}();

wasm_valkind_t kind_of(char letter, bool heap_64) {
  if (letter == 'P') return heap_64 ? WASM_I64 : WASM_I32;
  return letter == 'i' ? WASM_I32 : WASM_I64;
}

FunctionTypeHandle type_of(const testing::ImportRow& row, bool heap_64) {
  std::vector<wasm_valtype_t*> parameters;
  for (const char letter : row.parameters)
    parameters.push_back(wasm_valtype_new(kind_of(letter, heap_64)));
  std::vector<wasm_valtype_t*> results;
  if (row.result != '-') results.push_back(wasm_valtype_new(kind_of(row.result, heap_64)));
  wasm_valtype_vec_t in;
  wasm_valtype_vec_new(&in, parameters.size(), parameters.data());
  wasm_valtype_vec_t out;
  wasm_valtype_vec_new(&out, results.size(), results.data());
  return FunctionTypeHandle(wasm_functype_new(&in, &out));
}

LinkerHandle make_linker(wasm_engine_t& engine, bool heap_64) {
  LinkerHandle linker(wasmtime_linker_new(&engine));
  for (std::size_t i = 0; i < testing::kImports.size(); ++i) {
    const testing::ImportRow& row = testing::kImports[i];
    must_succeed(
        wasmtime_linker_define_func_unchecked(linker.get(), "ic0", 3, row.name.data(),
                                              row.name.size(), type_of(row, heap_64).get(), on_call,
                                              const_cast<std::size_t*>(&kIndexes[i]), nullptr),
        "defining an import");
  }
  return linker;
}

class Linked {
 public:
  Linked(wasm_engine_t& engine, wasmtime_linker_t& linker, ByteView module) {
    wasmtime_module_t* compiled = nullptr;
    must_succeed(wasmtime_module_new(&engine, module.data(), module.size(), &compiled),
                 "compiling for the reference");
    module_ = ModuleHandle(compiled);
    wasmtime_instance_pre_t* instance = nullptr;
    must_succeed(wasmtime_linker_instantiate_pre(&linker, module_.get(), &instance),
                 "linking for the reference");
    instance_ = InstancePreHandle(instance);
  }
  [[nodiscard]] const InstancePreHandle& instance() const { return instance_; }

 private:
  ModuleHandle module_;
  InstancePreHandle instance_;
};

// -- One message --

wasmtime_extern_t Message::exported(const std::string& name) const {
  wasmtime_extern_t item;
  ensure(wasmtime_instance_export_get(context_, &instance_, name.data(), name.size(), &item));
  return item;
}

std::uint64_t Message::count() const {
  wasmtime_val_t value;
  wasmtime_global_get(context_, &count_, &value);
  return static_cast<std::uint64_t>(value.of.i64);
}
void Message::set_count(std::uint64_t count) {
  wasmtime_val_t value{};
  value.kind = WASMTIME_I64;
  value.of.i64 = static_cast<std::int64_t>(count);
  must_succeed(wasmtime_global_set(context_, &count_, &value), "counting");
}

GlobalValue to_value(const wasmtime_val_t& value) {
  GlobalValue result;
  switch (value.kind) {
    case WASMTIME_I32:
      return {ValueType::kI32, static_cast<std::uint32_t>(value.of.i32), 0};
    case WASMTIME_I64:
      return {ValueType::kI64, static_cast<std::uint64_t>(value.of.i64), 0};
    case WASMTIME_F32:
      return {ValueType::kF32, std::bit_cast<std::uint32_t>(value.of.f32), 0};
    case WASMTIME_F64:
      return {ValueType::kF64, std::bit_cast<std::uint64_t>(value.of.f64), 0};
    default:
      result.type = ValueType::kV128;
      std::memcpy(&result.low, value.of.v128, 8);
      std::memcpy(&result.high, value.of.v128 + 8, 8);
      return result;
  }
}
wasmtime_val_t from_value(const GlobalValue& global) {
  constexpr std::array<wasmtime_valkind_t, 5> kKinds = {WASMTIME_I32, WASMTIME_I64, WASMTIME_F32,
                                                        WASMTIME_F64, WASMTIME_V128};
  wasmtime_val_t value{};
  value.kind = kKinds[static_cast<std::size_t>(global.type)];
  std::memcpy(&value.of, &global.low, 8);
  if (global.type == ValueType::kV128) std::memcpy(value.of.v128 + 8, &global.high, 8);
  return value;
}

bool is_mutable(std::size_t global) {
  return global != testing::kConstantGlobal;
}

Globals Message::read_globals() const {
  Globals globals;
  for (std::size_t i = 0; i < testing::kGlobals.size(); ++i) {
    if (!is_mutable(i)) continue;
    const wasmtime_extern_t item = exported("global " + std::to_string(i));
    wasmtime_val_t value;
    wasmtime_global_get(context_, &item.of.global, &value);
    globals.push_back(to_value(value));
  }
  return globals;
}

/// Heap and globals as the last message left them.
void Message::restore() {
  if (!canister_.globals) return;
  std::uint64_t before = 0;
  const std::uint64_t more = (canister_.heap.size() - heap().size()) / kWasmPage;
  must_succeed(wasmtime_memory_grow(context_, &heap_, more, &before), "growing the heap");
  std::memcpy(heap().data(), canister_.heap.data(), canister_.heap.size());
  std::size_t next = 0;
  for (std::size_t i = 0; i < testing::kGlobals.size(); ++i) {
    if (!is_mutable(i)) continue;
    const wasmtime_extern_t item = exported("global " + std::to_string(i));
    const wasmtime_val_t value = from_value((*canister_.globals)[next++]);
    must_succeed(wasmtime_global_set(context_, &item.of.global, &value), "setting a global");
  }
}

std::string Message::failure_of(wasm_trap_t* trap) const {
  const TrapHandle owned(trap);
  if (failure_) return *failure_;
  if (counting_ == Counting::kYes && (count() & kStopped) != 0) return std::string(kLimitExceeded);
  wasmtime_trap_code_t code = 0;
  if (!wasmtime_trap_code(trap, &code)) return "no code";
  const std::string_view what =
      code == WASMTIME_TRAP_CODE_MEMORY_OUT_OF_BOUNDS       ? "heap out of bounds"
      : code == WASMTIME_TRAP_CODE_TABLE_OUT_OF_BOUNDS      ? "table out of bounds"
      : code == WASMTIME_TRAP_CODE_INTEGER_DIVISION_BY_ZERO ? "integer division by 0"
      : code == WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED ? "unreachable"
      : code == WASMTIME_TRAP_CODE_STACK_OVERFLOW           ? "stack overflow"
                                                            : "unknown";
  return "Canister trapped: " + std::string(what);
}

std::vector<io::PageIndex> Message::marked() const {
  const std::uint8_t* marks = wasmtime_memory_data(context_, &marks_);
  std::vector<io::PageIndex> pages;
  for (std::size_t i = 0; i < wasmtime_memory_data_size(context_, &marks_); ++i) {
    if (marks[i] != 0) pages.push_back(i);
  }
  return pages;
}

void Message::finish(Seen& seen) {
  if (counting_ == Counting::kYes) {
    std::uint64_t used = count() & ~kStopped;
    if (seen.failure.empty()) {
      seen.heap_dirty = marked();
      seen.stable_dirty.assign(modified_.begin(), modified_.end());
      seen.stable_accessed = accessed_.size();
      used += kPageCharge * seen.heap_dirty.size();
      if (used > kInstructionsMax) seen.failure = kLimitExceeded;
    }
    seen.instructions = std::min(used, kInstructionsMax);
  }
  if (!seen.failure.empty()) {
    seen.heap_dirty.clear();
    seen.stable_dirty.clear();
    seen.stable_accessed = 0;
    return;
  }
  seen.globals = read_globals();
  canister_.globals = seen.globals;
  canister_.heap = to_bytes(heap());
  canister_.stable = std::move(stable_);
}

Seen Message::run(wasm_engine_t& engine, const InstancePreHandle& module) {
  current = this;
  const StoreHandle store(wasmtime_store_new(&engine, nullptr, nullptr));
  context_ = wasmtime_store_context(store.get());
  wasm_trap_t* trap = nullptr;
  must_succeed(wasmtime_instance_pre_instantiate(module.get(), context_, &instance_, &trap),
               "instantiating for the reference");
  ensure(trap == nullptr);
  heap_ = exported("heap").of.memory;
  if (counting_ == Counting::kYes) {
    marks_ = exported("marks").of.memory;
    count_ = exported("count").of.global;
  }
  if (!canister_.globals) canister_.heap = to_bytes(heap());
  restore();
  const wasmtime_func_t entry = exported("canister_update run").of.func;
  const ErrorHandle error(wasmtime_func_call(context_, &entry, nullptr, 0, nullptr, 0, &trap));
  // What a host function ends comes back as an error, what the guest does as a trap.
  ensure(error == nullptr || failure_, error == nullptr ? "" : message(*error).c_str());
  Seen seen;
  if (trap != nullptr || error != nullptr) seen.failure = failure_of(trap);
  finish(seen);
  seen.heap = canister_.heap;
  seen.stable = canister_.stable;
  seen.reply = std::move(reply_);
  return seen;
}

}  // namespace

ReferenceRun run_reference(ByteView module) {
  static const EngineHandle engine = make_engine();
  static const std::array<LinkerHandle, 2> linkers = {make_linker(*engine, false),
                                                      make_linker(*engine, true)};
  const auto sections = parse_sections(module);
  ensure(sections.ok());
  const bool heap_64 = sections->memory()->is_64;
  wasmtime_linker_t& linker = *linkers[heap_64 ? 1 : 0];
  const Linked counting(*engine, linker, counting_module(module, kInstructionsMax));
  const Linked plain(*engine, linker, module);
  ReferenceRun run;
  Canister counted{.heap_64 = heap_64};
  Canister uncounted{.heap_64 = heap_64};
  bool ends = true;
  for (std::size_t i = 0; i < kMessages; ++i) {
    std::vector<std::uint64_t> counters;
    run.counted.push_back(
        Message(counted, Counting::kYes, counters).run(*engine, counting.instance()));
    ends = ends && run.counted.back().failure != kLimitExceeded;
    if (ends)
      run.plain.push_back(
          Message(uncounted, Counting::kNo, counters).run(*engine, plain.instance()));
  }
  return run;
}

}  // namespace icpd::fuzz
