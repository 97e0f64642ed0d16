// Where a function is charged and how much: the part of metering that all nodes must agree on.
//
// The rule (reference execution.md 2.2). A function body is cut into points; entering a point
// takes the sum of the weights of the operators up to the next one.
//   - the entry is a point that checks; it costs 1 by itself
//   - a new point that checks begins behind each `loop` header
//   - a new point that doesn't check begins behind `if`, `else`, `end`, `br`, `br_if`, `br_table`,
//     `return`, `unreachable` and the tail calls; the operator itself belongs to the point before
//   - a point that checks ends the slice when the count is below zero; the others never look
//   - points that cost nothing and don't check are dropped
// Bulk memory operators are charged for their length besides, right before they run, and check.
//
//   (func (param i32)               ;; point 0, checks: 1 + 1 (local.get) + 2 (if)
//     local.get 0
//     if                            ;; point 1: 1 (nop)
//       nop
//     end                           ;; point 2: 20 (memory.size) + 1 (drop)
//     memory.size
//     drop)
//
// So at each operator the count is what was granted minus the points entered: that, and nothing
// about how the charges are compiled, is what an execution's instruction count means.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "execution/wasm/module_facts.hpp"

namespace icpd::execution::wasm {

struct ChargePoint {
  /// In the body's operators, where the point begins.
  std::size_t offset = 0;
  std::uint64_t cost = 0;
  bool checks = false;
};

/// What a rewriter wants to know of a `block`, `loop` or `if` before it comes to its end.
struct BlockShape {
  /// Some branch leads to its label.
  bool targeted = false;
  /// One of them is a br_table.
  bool table_targeted = false;
  bool has_else = false;
  /// Loops: float and vector locals that are read or written within, nested blocks included, each
  /// once. The function itself: its parameters of these types, of all types if it calls nothing.
  /// At most kTouchedLocalsMax.
  std::vector<std::uint32_t> touched_locals;
};
inline constexpr std::size_t kTouchedLocalsMax = 16;

struct BodyPlan {
  /// Ascending by offset, without the dropped ones. The first is the entry's.
  std::vector<ChargePoint> points;
  /// In the order of the headers. The first stands for the function itself.
  std::vector<BlockShape> blocks;
  bool uses_i32_scratch = false;  // call_indirect over 32-bit tables, 32-bit bulk lengths
  bool uses_i64_scratch = false;
  bool has_calls = false;
};

/// Facts about the module that the plan of a body depends on.
struct PlanContext {
  PointerWidth heap = PointerWidth::k32;
  bool table_is_64 = false;
};

/// Needs `code` to be a body that the engine found valid; anything else gives a plan that fits no
/// valid body, which the engine refuses when it validates the metered module.
/// `local_types` are the value types of parameters and locals; without them nothing is touched.
[[nodiscard]] BodyPlan plan_body(ByteView code, const PlanContext& context,
                                 ByteView local_types = {}, std::size_t parameters = 0);

/// How an operator splits points; kNone for most.
enum class Split : std::uint8_t { kNone, kBehind, kLoop };
[[nodiscard]] Split split_of(std::uint16_t code);

}  // namespace icpd::execution::wasm
