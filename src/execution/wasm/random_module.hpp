// Random valid canisters, for tests and fuzzing: every choice is drawn from a source of numbers, so
// that a seed or a fuzzer's input decides the module.
//
// The module has a memory, a table, globals of all number types, imports of "ic0" that can be
// called in updates, some functions that call only later ones (so that no recursion overflows the
// stack, whose depth depends on how code is compiled), and one update method "run". It loops,
// traps, grows and copies memory, and may run for ever: run it with a limit.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "execution/wasm/emit.hpp"
#include "execution/wasm/module_facts.hpp"
#include "execution/wasm/sections.hpp"

namespace icpd::execution::wasm::testing {

class RandomModule {
 public:
  /// below(n) gives a number in [0, n); n > 0.
  using Below = std::function<std::uint64_t(std::uint64_t n)>;

  explicit RandomModule(Below below) : below_(std::move(below)) {}

  Bytes make() {
    is_64_ = chance(3);
    signatures_.push_back({{}, {}});  // of "run"
    const std::size_t functions = 2 + below_(5);
    for (std::size_t i = 1; i < functions; ++i)
      signatures_.push_back(random_signature());
    for (std::size_t i = 0; i < functions; ++i)
      bodies_.push_back(body(i));
    return assemble();
  }

 private:
  using Type = std::uint8_t;
  struct Signature {
    std::vector<Type> parameters;
    std::vector<Type> results;
  };
  struct ImportRow {
    const char* name;
    const char* parameters;  // P address, i, l; as in the System API's table
    char result;
  };
  static constexpr std::array<ImportRow, 8> kImports = {{
      {"performance_counter", "i", 'l'},
      {"msg_arg_data_size", "", 'P'},
      {"msg_arg_data_copy", "PPP", '-'},
      {"msg_reply_data_append", "PP", '-'},
      {"time", "", 'l'},
      {"stable64_grow", "l", 'l'},
      {"stable64_write", "lll", '-'},
      {"stable64_read", "lll", '-'},
  }};
  static constexpr std::uint32_t kGlobals = 4;  // i32, i64, f32, f64
  static constexpr int kDepthMax = 5;
  static constexpr std::size_t kBodyBytesMax = 3000;

  bool chance(std::uint64_t n) { return below_(n) == 0; }
  template <typename T>
  T pick(const std::vector<T>& from) {
    return from[below_(from.size())];
  }
  Type number_type() {
    return pick<Type>(
        {value_type::kI32, value_type::kI32, value_type::kI64, value_type::kF32, value_type::kF64});
  }
  [[nodiscard]] Type address_type() const { return is_64_ ? value_type::kI64 : value_type::kI32; }
  [[nodiscard]] Type letter(char c) const {
    return c == 'P' ? address_type() : c == 'i' ? value_type::kI32 : value_type::kI64;
  }

  Signature random_signature() {
    Signature signature;
    for (std::uint64_t n = below_(7); n > 0; --n)
      signature.parameters.push_back(number_type());
    for (std::uint64_t n = below_(4); n > 0; --n)
      signature.results.push_back(number_type());
    return signature;
  }

  // -- Bodies --

  Bytes body(std::size_t function) {
    function_ = function;
    locals_ = signatures_[function].parameters;
    const std::size_t parameters = locals_.size();
    for (const Type type : {value_type::kI32, value_type::kI32, value_type::kI64, value_type::kF32,
                            value_type::kF64}) {
      locals_.push_back(type);
    }
    Bytes code;
    Emitter out(code);
    out.u32(static_cast<std::uint32_t>(locals_.size() - parameters));
    for (std::size_t i = parameters; i < locals_.size(); ++i) {
      out.u32(1);
      out.byte(locals_[i]);
    }
    code_ = &code;
    labels_ = {Label{true, signatures_[function].results}};
    statements(0);
    for (const Type type : signatures_[function].results)
      expression(type, 0);
    plain(op::kEnd);
    return code;
  }

  struct Label {
    /// What a branch to it carries; loops in here carry nothing.
    bool carries = false;
    std::vector<Type> types;
  };

  Emitter out() { return Emitter(*code_); }
  CodeEmitter emit() { return CodeEmitter(*code_); }
  void plain(std::uint8_t code) { code_->push_back(code); }
  [[nodiscard]] bool full() const { return code_->size() > kBodyBytesMax; }

  void statements(int depth) {
    for (std::uint64_t n = 1 + below_(4); n > 0; --n)
      statement(depth);
  }

  void statement(int depth) {
    if (depth > kDepthMax || full()) return plain(0x01);
    switch (below_(17)) {
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
      default:
        expression(number_type(), depth + 1);
        return plain(0x1A);
    }
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
    emit().with_index(chance(2) ? op::kLocalSet : op::kLocalTee, local_of(type));
    if (code_ != nullptr && last_was_tee()) plain(0x1A);
  }
  [[nodiscard]] bool last_was_tee() const { return (*code_)[code_->size() - 2] == op::kLocalTee; }
  static std::uint32_t global_of(Type type) {
    switch (type) {
      case value_type::kI32:
        return 0;
      case value_type::kI64:
        return 1;
      case value_type::kF32:
        return 2;
      default:
        return 3;
    }
  }
  void set_global(int depth) {
    const Type type = number_type();
    expression(type, depth + 1);
    emit().global_set(global_of(type));
  }

  /// Mostly inside of the memory.
  void address(int depth) {
    if (chance(30)) return expression(address_type(), depth + 1);
    expression(address_type(), depth + 1);
    constant(address_type(), 0xFFF8);
    plain(is_64_ ? 0x83 : 0x71);
  }
  void access(std::uint8_t code) {
    plain(code);
    out().u32(0);
    out().u32(static_cast<std::uint32_t>(below_(4)));
  }
  void store(int depth) {
    struct Row {
      std::uint8_t code;
      Type type;
    };
    const Row row = pick<Row>({{0x36, value_type::kI32},
                               {0x37, value_type::kI64},
                               {0x38, value_type::kF32},
                               {0x39, value_type::kF64},
                               {0x3A, value_type::kI32},
                               {0x3E, value_type::kI64}});
    address(depth);
    expression(row.type, depth + 1);
    access(row.code);
  }

  void if_statement(int depth) {
    expression(value_type::kI32, depth + 1);
    emit().begin_if();
    labels_.push_back({});
    statements(depth + 1);
    if (chance(2)) {
      plain(op::kElse);
      statements(depth + 1);
    }
    labels_.pop_back();
    plain(op::kEnd);
  }
  void block_statement(int depth) {
    emit().begin_block(CodeEmitter::kNoResult);
    labels_.push_back({});
    statements(depth + 1);
    labels_.pop_back();
    plain(op::kEnd);
  }
  /// Turns while a condition holds; some never end.
  void loop_statement(int depth) {
    plain(op::kLoop);
    plain(CodeEmitter::kNoResult);
    labels_.push_back({});
    statements(depth + 1);
    const std::uint32_t counter = local_of(value_type::kI32);
    emit().local_get(counter);
    constant(value_type::kI32, 1);
    plain(0x6A);
    emit().local_tee(counter);
    constant(value_type::kI32, chance(20) ? 0xFFFF'FFFF : (1U << below_(6)) - 1);
    plain(0x71);
    emit().with_index(op::kBrIf, 0);
    labels_.pop_back();
    plain(op::kEnd);
  }

  void branch(int depth) {
    const auto label = static_cast<std::uint32_t>(below_(labels_.size()));
    carry(label, depth);
    if (chance(3)) {
      emit().with_index(op::kBr, label);
      // Dead code: anything of the right shape.
      return chance(2) ? statement(depth + 1) : void();
    }
    expression(value_type::kI32, depth + 1);
    emit().with_index(op::kBrIf, label);
    drop_carried(label);
  }
  void branch_table(int depth) {
    const auto label = static_cast<std::uint32_t>(below_(labels_.size()));
    const Label target = labels_[labels_.size() - 1 - label];
    std::vector<std::uint32_t> alike;
    for (std::uint32_t i = 0; i < labels_.size(); ++i) {
      if (labels_[labels_.size() - 1 - i].types == target.types) alike.push_back(i);
    }
    // Behind an `if`, so that not all that follows is dead.
    expression(value_type::kI32, depth + 1);
    emit().begin_if();
    labels_.push_back({});
    for (const Type type : target.types)
      expression(type, depth + 1);
    expression(value_type::kI32, depth + 1);
    plain(op::kBrTable);
    const std::uint64_t n = below_(4);
    out().u64(n);
    for (std::uint64_t i = 0; i <= n; ++i)
      out().u32(pick(alike) + 1);
    labels_.pop_back();
    plain(op::kEnd);
  }
  void carry(std::uint32_t label, int depth) {
    for (const Type type : labels_[labels_.size() - 1 - label].types)
      expression(type, depth + 1);
  }
  void drop_carried(std::uint32_t label) {
    for (std::size_t i = labels_[labels_.size() - 1 - label].types.size(); i > 0; --i)
      plain(0x1A);
  }

  /// Calls a later function and keeps no result on the stack.
  void call(int depth) {
    if (function_ + 1 >= signatures_.size()) return plain(0x01);
    const std::size_t callee = function_ + 1 + below_(signatures_.size() - function_ - 1);
    for (const Type type : signatures_[callee].parameters)
      expression(type, depth + 1);
    emit().call(static_cast<std::uint32_t>(kImports.size() + callee));
    drop_or_keep(signatures_[callee].results);
  }
  /// The table holds all functions; only later ones are called.
  void call_indirect(int depth) {
    if (function_ + 1 >= signatures_.size()) return plain(0x01);
    const std::size_t callee = function_ + 1 + below_(signatures_.size() - function_ - 1);
    for (const Type type : signatures_[callee].parameters)
      expression(type, depth + 1);
    // An index of another type or outside of the table, now and then.
    const std::uint64_t index = chance(20) ? callee + 1 + below_(4) : callee;
    constant(value_type::kI32, index);
    plain(op::kCallIndirect);
    out().u32(type_of_function(callee));
    out().u32(0);
    drop_or_keep(signatures_[callee].results);
  }
  void drop_or_keep(const std::vector<Type>& results) {
    for (std::size_t i = results.size(); i > 0; --i) {
      if (chance(2)) {
        emit().local_set(local_of(results[i - 1]));
      } else {
        plain(0x1A);
      }
    }
  }
  void call_import(int depth) {
    const std::size_t i = below_(kImports.size());
    const ImportRow& row = kImports[i];
    const std::string name(row.name);
    for (const char c : std::string_view(row.parameters)) {
      if (name == "performance_counter") {
        constant(value_type::kI32, below_(2));
      } else if (chance(10)) {
        expression(letter(c), depth + 1);
      } else {
        constant(letter(c), below_(name == "stable64_grow" ? 3 : 200));
      }
    }
    emit().call(static_cast<std::uint32_t>(i));
    if (row.result == '-') return;
    emit().local_set(local_of(letter(row.result)));
  }
  void bulk(int depth) {
    address(depth);
    const bool fill = chance(2);
    if (fill) {
      expression(value_type::kI32, depth + 1);
    } else {
      address(depth);
    }
    if (chance(20)) {
      expression(address_type(), depth + 1);
    } else {
      constant(address_type(), below_(300));
    }
    plain(0xFC);
    plain(fill ? 0x0B : 0x0A);
    plain(0);
    if (!fill) plain(0);
  }
  void rare(int depth) {
    if (!chance(4)) return plain(0x01);
    // Behind a condition that often fails.
    expression(value_type::kI32, depth + 1);
    plain(0x45);
    emit().begin_if();
    labels_.push_back({});
    switch (below_(4)) {
      case 0:
        plain(op::kUnreachable);
        break;
      case 1:
        carry(static_cast<std::uint32_t>(labels_.size() - 1), depth);
        plain(op::kReturn);
        break;
      case 2:
        constant(address_type(), below_(2));
        plain(op::kMemoryGrow);
        plain(0);
        emit().local_set(local_of(address_type()));
        break;
      default:
        tail_call(depth);
    }
    labels_.pop_back();
    plain(op::kEnd);
  }
  void tail_call(int depth) {
    std::vector<std::size_t> alike;
    for (std::size_t i = function_ + 1; i < signatures_.size(); ++i) {
      if (signatures_[i].results == signatures_[function_].results) alike.push_back(i);
    }
    if (alike.empty()) return plain(0x01);
    const std::size_t callee = pick(alike);
    for (const Type type : signatures_[callee].parameters)
      expression(type, depth + 1);
    if (chance(2)) {
      return emit().with_index(op::kReturnCall,
                               static_cast<std::uint32_t>(kImports.size() + callee));
    }
    constant(value_type::kI32, callee);
    plain(op::kReturnCallIndirect);
    out().u32(type_of_function(callee));
    out().u32(0);
  }

  // -- Expressions --

  void constant(Type type, std::uint64_t value) {
    switch (type) {
      case value_type::kI32:
        plain(op::kI32Const);
        return out().s64(static_cast<std::int32_t>(value));
      case value_type::kI64:
        plain(op::kI64Const);
        return out().s64(static_cast<std::int64_t>(value));
      case value_type::kF32: {
        plain(0x43);
        const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(value));
        return append_le(*code_, chance(8) ? 0xFFC0'BEEF : bits);
      }
      default: {
        plain(0x44);
        const auto bits = std::bit_cast<std::uint64_t>(static_cast<double>(value));
        return append_le(*code_, chance(8) ? 0xFFF8'DEAD'0000'BEEF : bits);
      }
    }
  }

  void expression(Type type, int depth) {
    if (depth > kDepthMax || full() || chance(4)) return leaf(type);
    switch (below_(9)) {
      case 0:
      case 1:
      case 2:
        return binary(type, depth);
      case 3:
        return unary(type, depth);
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
    switch (below_(5)) {
      case 0:
      case 1:
        return emit().local_get(local_of(type));
      case 2:
        return emit().global_get(global_of(type));
      case 3:
        if (type == address_type()) {
          plain(0x3F);
          return plain(0);
        }
        [[fallthrough]];
      default:
        return constant(type, chance(4) ? ~std::uint64_t{0} - below_(3) : below_(100));
    }
  }
  void binary(Type type, int depth) {
    expression(type, depth + 1);
    expression(type, depth + 1);
    switch (type) {
      case value_type::kI32:
        return plain(static_cast<std::uint8_t>(0x6A + below_(15)));
      case value_type::kI64:
        return plain(static_cast<std::uint8_t>(0x7C + below_(15)));
      case value_type::kF32:
        return plain(static_cast<std::uint8_t>(0x92 + below_(7)));
      default:
        return plain(static_cast<std::uint8_t>(0xA0 + below_(7)));
    }
  }
  void unary(Type type, int depth) {
    struct Row {
      std::uint8_t code;
      Type from;
    };
    using namespace value_type;
    static const std::vector<Row> kToI32 = {{0x45, kI32}, {0x67, kI32}, {0x69, kI32}, {0x50, kI64},
                                            {0xA7, kI64}, {0xA8, kF32}, {0xBC, kF32}, {0xC0, kI32}};
    static const std::vector<Row> kToI64 = {{0x79, kI64}, {0x7B, kI64}, {0xAC, kI32}, {0xAD, kI32},
                                            {0xB0, kF64}, {0xBD, kF64}, {0xC4, kI64}};
    static const std::vector<Row> kToF32 = {{0x8B, kF32}, {0x8C, kF32}, {0x91, kF32},
                                            {0xB2, kI32}, {0xB6, kF64}, {0xBE, kI32}};
    static const std::vector<Row> kToF64 = {{0x99, kF64}, {0x9F, kF64}, {0xB7, kI32},
                                            {0xBA, kI64}, {0xBB, kF32}, {0xBF, kI64}};
    const Row row = pick(type == kI32   ? kToI32
                         : type == kI64 ? kToI64
                         : type == kF32 ? kToF32
                                        : kToF64);
    expression(row.from, depth + 1);
    plain(row.code);
  }
  void load(Type type, int depth) {
    address(depth);
    switch (type) {
      case value_type::kI32:
        return access(pick<std::uint8_t>({0x28, 0x2C, 0x2F}));
      case value_type::kI64:
        return access(pick<std::uint8_t>({0x29, 0x30, 0x35}));
      case value_type::kF32:
        return access(0x2A);
      default:
        return access(0x2B);
    }
  }
  void select(Type type, int depth) {
    expression(type, depth + 1);
    expression(type, depth + 1);
    expression(value_type::kI32, depth + 1);
    plain(op::kSelect);
  }
  void if_expression(Type type, int depth) {
    expression(value_type::kI32, depth + 1);
    plain(op::kIf);
    plain(type);
    labels_.push_back({true, {type}});
    if (chance(2)) statement(depth + 1);
    expression(type, depth + 1);
    plain(op::kElse);
    expression(type, depth + 1);
    labels_.pop_back();
    plain(op::kEnd);
  }
  void block_expression(Type type, int depth) {
    emit().begin_block(type);
    labels_.push_back({true, {type}});
    if (chance(2)) statement(depth + 1);
    expression(type, depth + 1);
    labels_.pop_back();
    plain(op::kEnd);
  }

  // -- The module around the bodies --

  [[nodiscard]] std::uint32_t type_of_function(std::size_t function) const {
    return static_cast<std::uint32_t>(kImports.size() + function);
  }

  static Bytes counted(std::size_t n, ByteView items) {
    Bytes content;
    Emitter(content).u64(n);
    append(content, items);
    return content;
  }
  static void write_type(Emitter& out, const std::vector<Type>& parameters,
                         const std::vector<Type>& results) {
    out.byte(0x60);
    out.sized(parameters);
    out.sized(results);
  }

  Bytes assemble() {
    Bytes module = {0, 0x61, 0x73, 0x6D, 1, 0, 0, 0};
    Emitter sections(module);
    const auto section = [&](std::uint8_t id, std::size_t n,
                             const std::function<void(Emitter&)>& f) {
      Bytes items;
      Emitter out(items);
      f(out);
      sections.section(id, counted(n, items));
    };
    const std::size_t functions = signatures_.size();
    section(1, kImports.size() + functions, [&](Emitter& out) {
      for (const ImportRow& row : kImports) {
        std::vector<Type> parameters;
        for (const char c : std::string_view(row.parameters))
          parameters.push_back(letter(c));
        std::vector<Type> results;
        if (row.result != '-') results.push_back(letter(row.result));
        write_type(out, parameters, results);
      }
      for (const Signature& s : signatures_)
        write_type(out, s.parameters, s.results);
    });
    section(2, kImports.size(), [&](Emitter& out) {
      for (std::uint32_t i = 0; i < kImports.size(); ++i) {
        out.name("ic0");
        out.name(kImports[i].name);
        out.byte(0);
        out.u32(i);
      }
    });
    section(3, functions, [&](Emitter& out) {
      for (std::size_t i = 0; i < functions; ++i)
        out.u32(type_of_function(i));
    });
    section(4, 1, [&](Emitter& out) {
      out.byte(value_type::kFuncref);
      out.byte(0);
      out.u64(functions);
    });
    section(5, 1, [&](Emitter& out) {
      out.byte(is_64_ ? 5 : 1);
      out.u64(1);
      out.u64(3);
    });
    section(6, kGlobals, [&](Emitter& out) {
      for (const Type type :
           {value_type::kI32, value_type::kI64, value_type::kF32, value_type::kF64}) {
        out.byte(type);
        out.byte(1);
        Bytes init;
        code_ = &init;
        constant(type, 3);
        out.bytes(init);
        out.byte(op::kEnd);
      }
    });
    section(7, 1, [&](Emitter& out) {
      out.name("canister_update run");
      out.byte(0);
      out.u32(kImports.size());
    });
    section(9, 1, [&](Emitter& out) {
      out.u32(0);
      out.byte(op::kI32Const);
      out.s64(0);
      out.byte(op::kEnd);
      out.u64(functions);
      for (std::size_t i = 0; i < functions; ++i)
        out.u64(kImports.size() + i);
    });
    section(10, functions, [&](Emitter& out) {
      for (const Bytes& body : bodies_)
        out.sized(body);
    });
    return module;
  }

  Below below_;
  bool is_64_ = false;
  std::vector<Signature> signatures_;
  std::vector<Bytes> bodies_;
  std::size_t function_ = 0;
  std::vector<Type> locals_;
  std::vector<Label> labels_;
  Bytes* code_ = nullptr;
};

}  // namespace icpd::execution::wasm::testing
