// For random canisters: the bodies of their functions. random_module.hpp has the module around
// them.
#pragma once

#include <algorithm>
#include <bit>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "execution/wasm/emit.hpp"
#include "execution/wasm/random_operators.hpp"

namespace icpd::execution::wasm::testing {

using Type = std::uint8_t;

struct Signature {
  std::vector<Type> parameters;
  std::vector<Type> results;
};

/// What the System API functions of a random canister are; letters as in the System API's table.
struct ImportRow {
  std::string_view name;
  std::string_view parameters;
  char result = '-';
};
inline constexpr auto kImports = std::to_array<ImportRow>({
    {"performance_counter", "i", 'l'},
    {"msg_arg_data_size", "", 'P'},
    {"msg_arg_data_copy", "PPP", '-'},
    {"msg_caller_size", "", 'P'},
    {"msg_caller_copy", "PPP", '-'},
    {"msg_reply_data_append", "PP", '-'},
    {"time", "", 'l'},
    {"in_replicated_execution", "", 'i'},
    {"canister_version", "", 'l'},
    {"canister_cycle_balance128", "P", '-'},
    {"certified_data_set", "PP", '-'},
    {"debug_print", "PP", '-'},
    {"stable64_size", "", 'l'},
    {"stable64_grow", "l", 'l'},
    {"stable64_write", "lll", '-'},
    {"stable64_read", "lll", '-'},
    {"msg_reply", "", '-'},
});
inline constexpr std::uint32_t kReplyDataImport = 5;
static_assert(kImports[kReplyDataImport].name == "msg_reply_data_append");
/// Called by the entry only, at its end.
inline constexpr std::uint32_t kReplyImport = kImports.size() - 1;

/// What all bodies of a module know.
struct RandomShape {
  bool heap_64 = false;
  bool table_64 = false;
  /// Turns of loops and branches to them are paid from a fuel global: the module ends.
  bool ends = true;
  /// Function 0 is the entry; the others call only later ones.
  std::vector<Signature> functions;
  /// Types of blocks beside those of functions, as bodies come to want them.
  std::vector<Signature> blocks;
  /// Sizes of the passive data segments.
  std::vector<std::uint64_t> passive_data;
  std::uint32_t passive_elements = 0;

  [[nodiscard]] Type heap_type() const { return heap_64 ? value_type::kI64 : value_type::kI32; }
  [[nodiscard]] Type table_type() const { return table_64 ? value_type::kI64 : value_type::kI32; }
  [[nodiscard]] Type of_letter(char letter) const {
    return letter == 'P' ? heap_type() : type_of_letter(letter);
  }
  [[nodiscard]] static std::uint32_t type_of_function(std::size_t function) {
    return static_cast<std::uint32_t>(kImports.size() + function);
  }
  [[nodiscard]] std::uint32_t type_of_block(std::size_t block) const {
    return static_cast<std::uint32_t>(kImports.size() + functions.size() + block);
  }
};

/// Globals by index: i32, i64, f32, f64, v128, the fuel, an i32 that can't change.
inline constexpr auto kGlobals =
    std::to_array<Type>({value_type::kI32, value_type::kI64, value_type::kF32, value_type::kF64,
                         value_type::kV128, value_type::kI32, value_type::kI32});
inline constexpr std::uint32_t kFuelGlobal = 5;
inline constexpr std::uint32_t kConstantGlobal = 6;

/// below(n) gives a number in [0, n); n > 0.
using Below = std::function<std::uint64_t(std::uint64_t n)>;

class RandomBody {
 public:
  RandomBody(const Below& below, RandomShape& shape, std::size_t function)
      : below_(below), shape_(shape), function_(function), locals_(own().parameters) {
    const std::size_t parameters = locals_.size();
    for (const Type type : kGlobals)
      locals_.push_back(type);
    locals_.push_back(value_type::kFuncref);
    out().u32(static_cast<std::uint32_t>(locals_.size() - parameters));
    for (std::size_t i = parameters; i < locals_.size(); ++i) {
      out().u32(1);
      out().byte(locals_[i]);
    }
  }

  Bytes make() {
    labels_ = {Label{false, own().results}};
    if (function_ == 0) {
      entry();
    } else {
      statements(0);
    }
    for (const Type type : own().results)
      expression(type, 0);
    plain(op::kEnd);
    return std::move(code_);
  }

  /// A constant's operator, also for initialisers of globals.
  static void constant(Bytes& code, Type type, std::uint64_t value, const Below& below) {
    const auto special = [&below] { return below(6) == 0; };
    Emitter out(code);
    switch (type) {
      case value_type::kI32:
        out.byte(op::kI32Const);
        return out.s64(static_cast<std::int32_t>(value));
      case value_type::kI64:
        out.byte(op::kI64Const);
        return out.s64(static_cast<std::int64_t>(value));
      case value_type::kF32:
        out.byte(0x43);
        return append_le(code, special() ? kSpecial32[below(kSpecial32.size())]
                                         : std::bit_cast<std::uint32_t>(static_cast<float>(value)));
      case value_type::kF64:
        out.byte(0x44);
        return append_le(code, special()
                                   ? kSpecial64[below(kSpecial64.size())]
                                   : std::bit_cast<std::uint64_t>(static_cast<double>(value)));
      default:
        out.byte(0xFD);
        out.u32(0x0C);
        append_le(code, special() ? kSpecial64[below(kSpecial64.size())] : value);
        return append_le(code, value * 0x0101'0101'0101'0101);
    }
  }

 private:
  static constexpr int kDepthMax = 5;
  static constexpr std::size_t kBodyBytesMax = 2500;
  /// Addresses below this are in the heap with any offset and width that an access here has.
  static constexpr std::uint64_t kAddressMask = 0xEFFF;
  /// NaNs with payload and sign, infinities, the smallest and the largest numbers, minus zero.
  static constexpr auto kSpecial32 =
      std::to_array<std::uint32_t>({0xFFC0'BEEF, 0x7FC0'0000, 0x7F80'0001, 0x7F80'0000, 0xFF80'0000,
                                    0x0000'0001, 0x7F7F'FFFF, 0x8000'0000, 0x4F00'0000});
  static constexpr auto kSpecial64 = std::to_array<std::uint64_t>(
      {0xFFF8'DEAD'0000'BEEF, 0x7FF8'0000'0000'0000, 0x7FF0'0000'0000'0001, 0x7FF0'0000'0000'0000,
       0xFFF0'0000'0000'0000, 1, 0x7FEF'FFFF'FFFF'FFFF, 0x8000'0000'0000'0000,
       0x43E0'0000'0000'0000});

  struct Label {
    bool is_loop = false;
    /// What a branch to it carries.
    std::vector<Type> types;
  };

  [[nodiscard]] const Signature& own() const { return shape_.functions[function_]; }
  bool chance(std::uint64_t n) { return below_(n) == 0; }
  template <typename T>
  T pick(const std::vector<T>& from) {
    return from[below_(from.size())];
  }
  template <typename T, std::size_t N>
  T pick(const std::array<T, N>& from) {
    return from[below_(N)];
  }
  Type number_type() {
    using namespace value_type;
    return pick(std::to_array<Type>({kI32, kI32, kI32, kI64, kI64, kF32, kF64, kV128}));
  }

  Emitter out() { return Emitter(code_); }
  CodeEmitter emit() { return CodeEmitter(code_); }
  void plain(std::uint8_t code) { code_.push_back(code); }
  void prefixed(std::uint8_t prefix, std::uint8_t code) {
    if (prefix == 0) return plain(code);
    plain(prefix);
    out().u32(code);
  }
  void constant(Type type, std::uint64_t value) { constant(code_, type, value, below_); }
  [[nodiscard]] bool full() const { return code_.size() > kBodyBytesMax; }

  // -- Statements --

  /// Fuel for all, a loop over the rest, a piece of memory as the reply.
  void entry() {
    constant(value_type::kI32, 20 + below_(400));
    emit().global_set(kFuelGlobal);
    open(op::kLoop, {true, {}});
    statements(1);
    fuel_left();
    emit().with_index(op::kBrIf, 0);
    close();
    constant(shape_.heap_type(), below_(60'000));
    constant(shape_.heap_type(), below_(300));
    emit().call(kReplyDataImport);
    emit().call(kReplyImport);
  }

  void statements(int depth) {
    for (std::uint64_t n = 1 + below_(4); n > 0; --n)
      statement(depth);
  }

  void statement(int depth) {
    if (depth > kDepthMax || full()) return plain(0x01);
    switch (below_(21)) {
      case 0:
      case 1:
        return set_local(depth);
      case 2:
        return set_global(depth);
      case 3:
      case 4:
        return store(depth);
      case 5:
        return if_statement(depth);
      case 6:
        return block_statement(depth);
      case 7:
      case 8:
        return loop_statement(depth);
      case 9:
        return branch(depth);
      case 10:
        return call(depth);
      case 11:
        return call_import(depth);
      case 12:
        return bulk(depth);
      case 13:
        return rare(depth);
      case 14:
        return call_indirect(depth);
      case 15:
        return branch_table(depth);
      case 16:
      case 17:
        return typed_block(depth);
      case 18:
        return reference(depth);
      case 19:
        return segment(depth);
      default:
        expression(number_type(), depth + 1);
        return plain(0x1A);
    }
  }

  void open(std::uint8_t header, Label label, std::optional<std::int64_t> type = std::nullopt) {
    plain(header);
    if (type) {
      out().s64(*type);
    } else {
      plain(CodeEmitter::kNoResult);
    }
    labels_.push_back(std::move(label));
  }
  void close() {
    labels_.pop_back();
    plain(op::kEnd);
  }

  /// Takes one; whether there was any.
  void fuel_left() {
    emit().global_get(kFuelGlobal);
    constant(value_type::kI32, 1);
    plain(0x6B);
    emit().global_set(kFuelGlobal);
    emit().global_get(kFuelGlobal);
    constant(value_type::kI32, 0);
    plain(0x4A);
  }

  std::uint32_t local_of(Type type) {
    std::vector<std::uint32_t> found;
    for (std::uint32_t i = 0; i < locals_.size(); ++i) {
      if (locals_[i] == type) found.push_back(i);
    }
    return pick(found);
  }
  void set_local(int depth) {
    const Type type = number_type();
    expression(type, depth + 1);
    if (chance(2)) return emit().local_set(local_of(type));
    emit().local_tee(local_of(type));
    plain(0x1A);
  }
  static std::uint32_t global_of(Type type) {
    const auto* found = std::ranges::find(kGlobals, type);
    return static_cast<std::uint32_t>(found - kGlobals.begin());
  }
  void set_global(int depth) {
    const Type type = number_type();
    expression(type, depth + 1);
    emit().global_set(global_of(type));
  }

  /// Hardly ever outside of the heap.
  void address(int depth) {
    expression(shape_.heap_type(), depth + 1);
    if (chance(60)) return;
    constant(shape_.heap_type(), kAddressMask);
    plain(shape_.heap_64 ? 0x83 : 0x71);
  }
  void access(const Access& row) {
    prefixed(row.prefix, row.code);
    out().u32(static_cast<std::uint32_t>(below_(row.size_log2 + 1U)));
    out().u32(static_cast<std::uint32_t>(chance(50) ? below_(100'000) : below_(4)));
    if (row.lanes != 0) plain(static_cast<std::uint8_t>(below_(row.lanes)));
  }
  void store(int depth) {
    const Access row = pick(kStores);
    address(depth);
    expression(type_of_letter(row.type), depth + 1);
    access(row);
  }

  void if_statement(int depth) {
    expression(value_type::kI32, depth + 1);
    open(op::kIf, {});
    statements(depth + 1);
    if (chance(2)) {
      plain(op::kElse);
      statements(depth + 1);
    }
    close();
  }
  void block_statement(int depth) {
    open(op::kBlock, {});
    statements(depth + 1);
    close();
  }
  /// Turns while a condition holds.
  void loop_statement(int depth) {
    open(op::kLoop, {true, {}});
    statements(depth + 1);
    const std::uint32_t counter = local_of(value_type::kI32);
    emit().local_get(counter);
    constant(value_type::kI32, 1);
    plain(0x6A);
    emit().local_tee(counter);
    constant(value_type::kI32, chance(20) ? 0xFFFF'FFFF : (1U << below_(6)) - 1);
    plain(0x71);
    if (shape_.ends) {
      constant(value_type::kI32, 0);
      plain(0x47);
      fuel_left();
      plain(0x71);
    }
    emit().with_index(op::kBrIf, 0);
    close();
  }
  /// A block, loop or if of a type with parameters and results.
  void typed_block(int depth) {
    Signature type;
    for (std::uint64_t n = below_(3); n > 0; --n)
      type.parameters.push_back(number_type());
    for (std::uint64_t n = below_(4); n > 0; --n)
      type.results.push_back(number_type());
    const auto header = pick(std::to_array<std::uint8_t>({op::kBlock, op::kLoop, op::kIf}));
    for (const Type parameter : type.parameters)
      expression(parameter, depth + 1);
    if (header == op::kIf) expression(value_type::kI32, depth + 1);
    const bool is_loop = header == op::kLoop;
    shape_.blocks.push_back(type);
    open(header, {is_loop, is_loop ? type.parameters : type.results},
         shape_.type_of_block(shape_.blocks.size() - 1));
    typed_branch(type, depth);
    if (header == op::kIf) {
      plain(op::kElse);
      typed_branch(type, depth);
    }
    close();
    drop_or_keep(type.results);
  }
  void typed_branch(const Signature& type, int depth) {
    drop_or_keep(type.parameters);
    statements(depth + 1);
    for (const Type result : type.results)
      expression(result, depth + 1);
  }

  [[nodiscard]] const Label& label_at(std::size_t depth) const {
    return labels_[labels_.size() - 1 - depth];
  }
  /// Seldom the end of the entry, which would be the end of all.
  std::uint32_t any_label() {
    const bool stays = function_ == 0 && !chance(8);
    return static_cast<std::uint32_t>(below_(labels_.size() - (stays ? 1 : 0)));
  }
  void branch(int depth) {
    const std::uint32_t label = any_label();
    const Label target = label_at(label);
    for (const Type type : target.types)
      expression(type, depth + 1);
    const bool needs_fuel = shape_.ends && target.is_loop;
    if (!needs_fuel && chance(4)) {
      emit().with_index(op::kBr, label);
      // Dead code: anything of the right shape.
      return chance(2) ? statement(depth + 1) : void();
    }
    expression(value_type::kI32, depth + 1);
    if (needs_fuel) {
      constant(value_type::kI32, 0);
      plain(0x47);
      fuel_left();
      plain(0x71);
    }
    emit().with_index(op::kBrIf, label);
    for (std::size_t i = target.types.size(); i > 0; --i)
      plain(0x1A);
  }
  void branch_table(int depth) {
    const std::uint32_t label = any_label();
    const Label target = label_at(label);
    std::vector<std::uint32_t> alike;
    for (std::uint32_t i = 0; i < labels_.size(); ++i) {
      const bool may = !shape_.ends || !label_at(i).is_loop;
      if (may && label_at(i).types == target.types) alike.push_back(i);
    }
    if (alike.empty()) return plain(0x01);
    // Behind an `if`, so that not all that follows is dead.
    expression(value_type::kI32, depth + 1);
    open(op::kIf, {});
    for (const Type type : target.types)
      expression(type, depth + 1);
    expression(value_type::kI32, depth + 1);
    plain(op::kBrTable);
    const std::uint64_t n = below_(5);
    out().u64(n);
    for (std::uint64_t i = 0; i <= n; ++i)
      out().u32(pick(alike) + 1);
    close();
  }

  std::optional<std::size_t> callee() {
    if (function_ + 1 >= shape_.functions.size()) return std::nullopt;
    return function_ + 1 + below_(shape_.functions.size() - function_ - 1);
  }
  void arguments_of(std::size_t function, int depth) {
    for (const Type type : shape_.functions[function].parameters)
      expression(type, depth + 1);
  }
  static std::uint32_t index_of(std::size_t function) {
    return static_cast<std::uint32_t>(kImports.size() + function);
  }
  void call(int depth) {
    const auto function = callee();
    if (!function) return plain(0x01);
    arguments_of(*function, depth);
    emit().call(index_of(*function));
    drop_or_keep(shape_.functions[*function].results);
  }
  /// The table holds all functions and a null; only later functions are called.
  void call_indirect(int depth) {
    const auto function = callee();
    if (!function) return plain(0x01);
    arguments_of(*function, depth);
    // An index of another type, of the null or outside of the table, now and then.
    indirect(op::kCallIndirect, *function, chance(40) ? *function + 1 + below_(4) : *function);
    drop_or_keep(shape_.functions[*function].results);
  }
  void indirect(std::uint8_t code, std::size_t function, std::uint64_t index) {
    constant(shape_.table_type(), index);
    plain(code);
    out().u32(RandomShape::type_of_function(function));
    out().u32(0);
  }
  /// Values on the stack go into locals, or away.
  void drop_or_keep(const std::vector<Type>& types) {
    for (std::size_t i = types.size(); i > 0; --i) {
      if (chance(2)) {
        emit().local_set(local_of(types[i - 1]));
      } else {
        plain(0x1A);
      }
    }
  }
  void call_import(int depth) {
    const std::size_t i = below_(kReplyImport);
    const ImportRow& row = kImports[i];
    for (const char c : row.parameters) {
      if (row.name == "performance_counter") {
        constant(value_type::kI32, below_(2));
      } else if (row.name == "stable64_grow") {
        constant(value_type::kI64, chance(10) ? ~std::uint64_t{0} : below_(2));
      } else if (chance(40)) {
        expression(shape_.of_letter(c), depth + 1);
      } else {
        constant(shape_.of_letter(c), below_(30));
      }
    }
    emit().call(static_cast<std::uint32_t>(i));
    if (row.result != '-') emit().local_set(local_of(shape_.of_letter(row.result)));
  }
  void bulk(int depth) {
    address(depth);
    const bool fill = chance(2);
    if (fill) {
      expression(value_type::kI32, depth + 1);
    } else {
      address(depth);
    }
    if (chance(60)) {
      expression(shape_.heap_type(), depth + 1);
    } else {
      constant(shape_.heap_type(), chance(8) ? 4000 + below_(200) : below_(300));
    }
    prefixed(0xFC, fill ? 0x0B : 0x0A);
    plain(0);
    if (!fill) plain(0);
  }
  /// Passive segments: memory.init, data.drop, elem.drop.
  void segment(int depth) {
    if (shape_.passive_data.empty()) return plain(0x01);
    if (chance(6) && shape_.passive_elements > 0) {
      prefixed(0xFC, 0x0D);
      // The first is the active one.
      return out().u64(1 + below_(shape_.passive_elements));
    }
    const std::uint64_t which = below_(shape_.passive_data.size());
    if (chance(12)) {
      prefixed(0xFC, 0x09);
      return out().u64(1 + which);
    }
    address(depth);
    const std::uint64_t size = chance(20) ? below_(400) : below_(shape_.passive_data[which] + 1);
    const std::uint64_t rest =
        shape_.passive_data[which] - std::min(size, shape_.passive_data[which]);
    constant(value_type::kI32, below_(rest + 1));
    constant(value_type::kI32, size);
    prefixed(0xFC, 0x08);
    out().u64(1 + which);
    plain(0);
  }
  void reference(int) {
    const std::uint32_t local = local_of(value_type::kFuncref);
    switch (below_(5)) {
      case 0:
        plain(0xD0);
        plain(value_type::kFuncref);
        return emit().local_set(local);
      case 1:
        plain(0xD2);
        out().u32(index_of(below_(shape_.functions.size())));
        return emit().local_set(local);
      case 2:
        constant(shape_.table_type(), below_(shape_.functions.size() + (chance(10) ? 3 : 1)));
        plain(0x25);
        plain(0);
        return emit().local_set(local);
      case 3:
        emit().local_get(local);
        plain(0xD1);
        return emit().local_set(local_of(value_type::kI32));
      default:
        prefixed(0xFC, 0x10);
        plain(0);
        return emit().local_set(local_of(shape_.table_type()));
    }
  }
  void rare(int depth) {
    if (!chance(3)) return plain(0x01);
    // Behind a condition that often fails.
    expression(value_type::kI32, depth + 1);
    plain(0x45);
    open(op::kIf, {});
    switch (below_(5)) {
      case 0:
        if (chance(4)) plain(op::kUnreachable);
        break;
      case 1:
        if (function_ == 0 && !chance(8)) break;
        for (const Type type : own().results)
          expression(type, depth + 1);
        plain(op::kReturn);
        break;
      case 2:
      case 3:
        constant(shape_.heap_type(), below_(2));
        plain(op::kMemoryGrow);
        plain(0);
        emit().local_set(local_of(shape_.heap_type()));
        break;
      default:
        tail_call(depth);
    }
    close();
  }
  void tail_call(int depth) {
    std::vector<std::size_t> alike;
    for (std::size_t i = function_ + 1; i < shape_.functions.size(); ++i) {
      if (shape_.functions[i].results == own().results) alike.push_back(i);
    }
    if (alike.empty()) return plain(0x01);
    const std::size_t function = pick(alike);
    arguments_of(function, depth);
    if (chance(2)) return emit().with_index(op::kReturnCall, index_of(function));
    indirect(op::kReturnCallIndirect, function, function);
  }

  // -- Expressions --

  void expression(Type type, int depth) {
    if (depth > kDepthMax || full() || chance(4)) return leaf(type);
    switch (below_(9)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return computation(type, depth);
      case 4:
        return load(type, depth);
      case 5:
        return select(type, depth);
      case 6:
        return if_expression(type, depth);
      case 7:
        return block_expression(type, depth);
      default:
        return leaf(type);
    }
  }
  void leaf(Type type) {
    switch (below_(6)) {
      case 0:
      case 1:
        return emit().local_get(local_of(type));
      case 2:
        return emit().global_get(global_of(type));
      case 3:
        if (type == shape_.heap_type()) {
          plain(0x3F);
          return plain(0);
        }
        [[fallthrough]];
      case 4:
        if (type == value_type::kI32) return emit().global_get(kConstantGlobal);
        [[fallthrough]];
      default:
        return constant(type, chance(4) ? ~std::uint64_t{0} - below_(3) : below_(100));
    }
  }
  void computation(Type type, int depth) {
    const ComputingOperator one = pick(computing(type));
    const Computation& row = *one.row;
    if (row.extra == Extra::kNanTraps && !chance(40)) return leaf(type);
    for (const char letter : row.parameters)
      expression(type_of_letter(letter), depth + 1);
    if (row.extra == Extra::kZeroTraps && !chance(40)) {
      constant(type, 1);
      plain(type == value_type::kI64 ? 0x84 : 0x72);
    }
    prefixed(row.prefix, one.code);
    if (row.extra == Extra::kLane) plain(static_cast<std::uint8_t>(below_(row.lanes)));
    if (row.extra == Extra::kShuffle) {
      for (int i = 0; i < 16; ++i)
        plain(static_cast<std::uint8_t>(below_(32)));
    }
  }
  void load(Type type, int depth) {
    std::vector<Access> fitting;
    for (const Access& row : kLoads) {
      if (type_of_letter(row.type) == type) fitting.push_back(row);
    }
    const Access row = pick(fitting);
    address(depth);
    if (row.lanes != 0) expression(value_type::kV128, depth + 1);
    access(row);
  }
  void select(Type type, int depth) {
    expression(type, depth + 1);
    expression(type, depth + 1);
    expression(value_type::kI32, depth + 1);
    if (chance(2)) return plain(op::kSelect);
    plain(0x1C);
    plain(1);
    plain(type);
  }
  void if_expression(Type type, int depth) {
    expression(value_type::kI32, depth + 1);
    plain(op::kIf);
    plain(type);
    labels_.push_back({false, {type}});
    if (chance(2)) statement(depth + 1);
    expression(type, depth + 1);
    plain(op::kElse);
    expression(type, depth + 1);
    close();
  }
  void block_expression(Type type, int depth) {
    emit().begin_block(type);
    labels_.push_back({false, {type}});
    if (chance(2)) statement(depth + 1);
    expression(type, depth + 1);
    close();
  }

  const Below& below_;
  RandomShape& shape_;
  std::size_t function_;
  std::vector<Type> locals_;
  std::vector<Label> labels_;
  Bytes code_;
};

}  // namespace icpd::execution::wasm::testing
