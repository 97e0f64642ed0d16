// Every Wasm operator that canisters may use, in one table: encoding, immediates, what metering
// charges for it, its complexity, and whether it can end or leave the function.
//
// Sources: WebAssembly core specification 2.0 (5.4, with the tail-call and memory64 proposals);
// weights: reference wasm-weights.csv, which a test compares row by row; complexity: reference
// execution.md 1.7.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "execution/wasm/binary.hpp"
#include "execution/wasm/module_facts.hpp"

namespace icpd::execution::wasm {

enum class Immediate : std::uint8_t {
  kNone,
  kBlock,   // block type
  kLabel,   // depth
  kLabels,  // depths and a default
  kFunction,
  kTypeTable,  // type, table
  kTypes,      // value types
  kLocal,
  kGlobal,
  kTable,
  kTableTable,
  kElement,
  kElementTable,
  kData,
  kDataMemory,
  kMemory,
  kMemoryMemory,
  kAddress,  // alignment, offset
  kAddressLane,
  kLane,
  kHeapType,
  kI32,
  kI64,
  kBytes4,
  kBytes8,
  kBytes16,
};

struct Weight {
  std::uint16_t wasm32 = 0;
  std::uint16_t wasm64 = 0;
};

struct Operator {
  /// The byte, or the number behind the prefix 0xFC or 0xFD.
  std::uint8_t code = 0;
  std::string_view name;
  Immediate immediate = Immediate::kNone;
  /// In instructions; the second where the heap has 64-bit addresses.
  Weight weight;
  std::uint8_t complexity = 0;
  /// Can trap, call, or otherwise let somebody see the instruction counter.
  bool observes = false;
};

/// Operator codes that the rewriter treats one by one.
namespace op {
enum Code : std::uint16_t {
  kUnreachable = 0x00,
  kBlock = 0x02,
  kLoop = 0x03,
  kIf = 0x04,
  kElse = 0x05,
  kEnd = 0x0B,
  kBr = 0x0C,
  kBrIf = 0x0D,
  kBrTable = 0x0E,
  kReturn = 0x0F,
  kCall = 0x10,
  kCallIndirect = 0x11,
  kReturnCall = 0x12,
  kReturnCallIndirect = 0x13,
  kSelect = 0x1B,
  kLocalGet = 0x20,
  kLocalSet = 0x21,
  kLocalTee = 0x22,
  kGlobalGet = 0x23,
  kGlobalSet = 0x24,
  kTableSet = 0x26,
  kI32Load8U = 0x2D,
  kI32Store8 = 0x3A,
  kMemorySize = 0x3F,
  kMemoryGrow = 0x40,
  kI32Const = 0x41,
  kI64Const = 0x42,
  kI32Ne = 0x47,
  kI64Ne = 0x52,
  kI64LtS = 0x53,
  kI64LtU = 0x54,
  kI64GtU = 0x56,
  kI64GeS = 0x59,
  kI64GeU = 0x5A,
  kI64Add = 0x7C,
  kI64Sub = 0x7D,
  kI64Mul = 0x7E,
  kI64And = 0x83,
  kI32WrapI64 = 0xA7,
  kI64ExtendI32U = 0xAD,
  kRefNull = 0xD0,
  kRefFunc = 0xD2,
  kMemoryInit = 0xFC08,
  kMemoryCopy = 0xFC0A,
  kMemoryFill = 0xFC0B,
  kTableInit = 0xFC0C,
  kTableCopy = 0xFC0E,
  kTableGrow = 0xFC0F,
  kTableFill = 0xFC11,
};
}  // namespace op

/// One decoded operator. `first` and `second` are its immediates in order: indexes, depths, and
/// for kAddress* the offset; for kI32/kI64 the value; for kBlock the type (negative: a value type
/// or none, else a type index); for kLabels the number of depths before the default.
struct Instruction {
  const Operator* row = nullptr;
  std::uint16_t code = 0;
  std::size_t start = 0;
  std::size_t end = 0;
  std::int64_t first = 0;
  std::int64_t second = 0;
};

/// Reads the operators of one body or constant expression in order.
class OperatorScanner {
 public:
  explicit OperatorScanner(ByteView code) : in_(code), code_(code) {}

  /// False at the end of the input or on a failure.
  [[nodiscard]] bool next(Instruction& out);
  [[nodiscard]] const char* error() const { return in_.error(); }
  [[nodiscard]] std::size_t offset() const { return in_.offset(); }
  /// All depths of a br_table, the default last. Needs `instruction` from this scanner.
  template <typename F>
  void for_each_label(const Instruction& instruction, F&& f) const {
    Scanner in(code_.subspan(instruction.start + 1, instruction.end - instruction.start - 1));
    const std::uint32_t labels = in.count();
    for (std::uint64_t i = 0; i <= labels && !in.failed(); ++i)
      f(in.u32());
  }

 private:
  void read_immediates(Instruction& out);

  Scanner in_;
  ByteView code_;
};

/// All operators of a prefix: 0 (one byte), 0xFC, 0xFD; ascending by code.
[[nodiscard]] std::span<const Operator> operators(std::uint8_t prefix);

[[nodiscard]] inline std::uint32_t weight(const Operator& row, PointerWidth width) {
  return width == PointerWidth::k64 ? row.weight.wasm64 : row.weight.wasm32;
}

}  // namespace icpd::execution::wasm
