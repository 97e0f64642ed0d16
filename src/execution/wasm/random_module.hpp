// Random valid canisters, for tests and fuzzing: every choice is drawn from a source of numbers, so
// that a seed or a fuzzer's input decides the module.
//
// A module has a memory (32 or 64 bit) with active and passive data, a table of all functions,
// globals of all types, imports of "ic0" that can be called in updates, some functions that call
// only later ones (so that no recursion overflows the stack, whose depth depends on how code is
// compiled), and one update method "run" that loops over all that and replies with a piece of its
// memory. It computes with every operator that canisters may use, traps, grows and copies memory.
// Most modules pay turns of loops from a fuel and so come to an end; the others may run for ever.
// All run with a limit. Memory and globals are exported, so that a bare engine shows them too.
#pragma once

#include <string>

#include "execution/wasm/random_body.hpp"

namespace icpd::execution::wasm::testing {

class RandomModule {
 public:
  using Below = testing::Below;

  explicit RandomModule(Below below) : below_(std::move(below)) {}

  Bytes make() {
    shape_.heap_64 = chance(3);
    shape_.table_64 = chance(5);
    shape_.ends = !chance(16);
    shape_.functions.push_back({});  // "run"
    const std::size_t functions = 2 + below_(5);
    for (std::size_t i = 1; i < functions; ++i)
      shape_.functions.push_back(random_signature());
    for (std::uint64_t n = below_(3); n > 0; --n)
      shape_.passive_data.push_back(below_(300));
    shape_.passive_elements = static_cast<std::uint32_t>(below_(2));
    for (std::size_t i = 0; i < functions; ++i)
      bodies_.push_back(RandomBody(below_, shape_, i).make());
    return assemble();
  }

  /// Of the module made: it can't run for ever.
  [[nodiscard]] bool ends() const { return shape_.ends; }

 private:
  bool chance(std::uint64_t n) { return below_(n) == 0; }
  Type number_type() {
    using namespace value_type;
    return std::to_array<Type>({kI32, kI32, kI64, kF32, kF64, kV128})[below_(6)];
  }
  Signature random_signature() {
    Signature signature;
    for (std::uint64_t n = below_(7); n > 0; --n)
      signature.parameters.push_back(number_type());
    for (std::uint64_t n = below_(4); n > 0; --n)
      signature.results.push_back(number_type());
    return signature;
  }

  static Bytes counted(std::size_t n, ByteView items) {
    Bytes content;
    Emitter(content).u64(n);
    append(content, items);
    return content;
  }
  void section(std::uint8_t id, std::size_t n, const std::function<void(Emitter&)>& items) {
    Bytes content;
    Emitter out(content);
    items(out);
    Emitter(module_).section(id, counted(n, content));
  }
  static void write_type(Emitter& out, const Signature& type) {
    out.byte(0x60);
    out.sized(type.parameters);
    out.sized(type.results);
  }
  static void write_export(Emitter& out, std::string_view name, ExternalKind kind,
                           std::uint32_t index) {
    out.name(name);
    out.byte(static_cast<std::uint8_t>(kind));
    out.u32(index);
  }

  Bytes assemble() {
    module_ = {0, 0x61, 0x73, 0x6D, 1, 0, 0, 0};
    write_types_and_imports();
    const std::size_t functions = shape_.functions.size();
    section(3, functions, [&](Emitter& out) {
      for (std::size_t i = 0; i < functions; ++i)
        out.u32(RandomShape::type_of_function(i));
    });
    section(4, 1, [&](Emitter& out) {
      out.byte(value_type::kFuncref);
      out.byte(shape_.table_64 ? 4 : 0);
      out.u64(functions + 1);
    });
    section(5, 1, [&](Emitter& out) {
      out.byte(shape_.heap_64 ? 5 : 1);
      out.u64(1);
      out.u64(3);
    });
    write_globals_and_exports();
    write_elements();
    write_data_count();
    section(10, functions, [&](Emitter& out) {
      for (const Bytes& body : bodies_)
        out.sized(body);
    });
    write_data();
    return std::move(module_);
  }

  void write_types_and_imports() {
    section(1, kImports.size() + shape_.functions.size() + shape_.blocks.size(), [&](Emitter& out) {
      for (const ImportRow& row : kImports) {
        Signature type;
        for (const char c : row.parameters)
          type.parameters.push_back(shape_.of_letter(c));
        if (row.result != '-') type.results.push_back(shape_.of_letter(row.result));
        write_type(out, type);
      }
      for (const Signature& type : shape_.functions)
        write_type(out, type);
      for (const Signature& type : shape_.blocks)
        write_type(out, type);
    });
    section(2, kImports.size(), [&](Emitter& out) {
      for (std::uint32_t i = 0; i < kImports.size(); ++i) {
        out.name("ic0");
        write_export(out, kImports[i].name, ExternalKind::kFunction, i);
      }
    });
  }

  void write_globals_and_exports() {
    section(6, kGlobals.size(), [&](Emitter& out) {
      for (std::size_t i = 0; i < kGlobals.size(); ++i) {
        out.byte(kGlobals[i]);
        out.byte(i == kConstantGlobal ? 0 : 1);
        Bytes init;
        RandomBody::constant(init, kGlobals[i], below_(1000), below_);
        out.bytes(init);
        out.byte(op::kEnd);
      }
    });
    section(7, kGlobals.size() + 2, [&](Emitter& out) {
      write_export(out, "canister_update run", ExternalKind::kFunction, kImports.size());
      write_export(out, "heap", ExternalKind::kMemory, 0);
      for (std::uint32_t i = 0; i < kGlobals.size(); ++i)
        write_export(out, "global " + std::to_string(i), ExternalKind::kGlobal, i);
    });
  }

  /// The active segment first, with all functions; then passive ones.
  void write_elements() {
    section(9, 1 + shape_.passive_elements, [&](Emitter& out) {
      out.u32(0);
      out.byte(shape_.table_64 ? op::kI64Const : op::kI32Const);
      out.s64(0);
      out.byte(op::kEnd);
      out.u64(shape_.functions.size());
      for (std::size_t i = 0; i < shape_.functions.size(); ++i)
        out.u64(kImports.size() + i);
      for (std::uint32_t i = 0; i < shape_.passive_elements; ++i) {
        out.u32(1);
        out.byte(0);  // functions
        out.u64(1);
        out.u64(kImports.size());
      }
    });
  }

  void write_data_count() {
    Bytes count;
    Emitter(count).u64(1 + shape_.passive_data.size());
    Emitter(module_).section(12, count);
  }
  Bytes random_bytes(std::uint64_t size) {
    Bytes bytes(size);
    for (std::uint8_t& byte : bytes)
      byte = static_cast<std::uint8_t>(below_(256));
    return bytes;
  }
  /// The active segment first.
  void write_data() {
    section(11, 1 + shape_.passive_data.size(), [&](Emitter& out) {
      out.u32(0);
      out.byte(shape_.heap_64 ? op::kI64Const : op::kI32Const);
      out.s64(static_cast<std::int64_t>(below_(60'000)));
      out.byte(op::kEnd);
      out.sized(random_bytes(below_(200)));
      for (const std::uint64_t size : shape_.passive_data) {
        out.u32(1);
        out.sized(random_bytes(size));
      }
    });
  }

  Below below_;
  RandomShape shape_;
  std::vector<Bytes> bodies_;
  Bytes module_;
};

}  // namespace icpd::execution::wasm::testing
