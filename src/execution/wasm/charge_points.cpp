#include "execution/wasm/charge_points.hpp"

#include <algorithm>

#include "execution/wasm/operators.hpp"
#include "execution/wasm/sections.hpp"

namespace icpd::execution::wasm {
namespace {

constexpr std::uint64_t kEntryCost = 1;

class Planner {
 public:
  Planner(ByteView code, const PlanContext& context, ByteView local_types, std::size_t parameters)
      : scanner_(code), context_(context), local_types_(local_types), parameters_(parameters) {}

  BodyPlan plan() {
    open_ = {0, kEntryCost, true};
    open_block();
    Instruction instruction;
    while (scanner_.next(instruction)) {
      open_.cost += weight(*instruction.row, context_.heap);
      note_shape(instruction);
      note_locals(instruction);
      note_scratch(instruction);
      if (const Split split = split_of(instruction.code); split != Split::kNone) {
        close_point();
        open_ = {instruction.end, 0, split == Split::kLoop};
      }
    }
    close_point();
    touch_parameters();
    return std::move(plan_);
  }

 private:
  void close_point() {
    if (open_.cost > 0 || open_.checks) plan_.points.push_back(open_);
  }

  void close_block() {
    if (open_blocks_.empty()) return;
    if (!open_loops_.empty() && open_loops_.back() == open_blocks_.back()) open_loops_.pop_back();
    open_blocks_.pop_back();
  }

  void open_block() {
    open_blocks_.push_back(plan_.blocks.size());
    plan_.blocks.emplace_back();
  }

  [[nodiscard]] static bool is_integer(std::uint8_t type) {
    return type == value_type::kI32 || type == value_type::kI64;
  }

  static void touch(BlockShape& shape, std::uint32_t local) {
    auto& touched = shape.touched_locals;
    if (touched.size() >= kTouchedLocalsMax) return;
    if (std::ranges::find(touched, local) == touched.end()) touched.push_back(local);
  }

  void note_locals(const Instruction& instruction) {
    switch (instruction.code) {
      case op::kCall:
      case op::kCallIndirect:
      case op::kReturnCall:
      case op::kReturnCallIndirect:
        plan_.has_calls = true;
        return;
      case op::kLocalGet:
      case op::kLocalSet:
      case op::kLocalTee:
        break;
      default:
        return;
    }
    const auto local = static_cast<std::uint32_t>(instruction.first);
    if (local >= local_types_.size() || is_integer(local_types_[local])) return;
    for (const std::size_t block : open_loops_)
      touch(plan_.blocks[block], local);
  }

  void touch_parameters() {
    for (std::uint32_t i = 0; i < parameters_; ++i) {
      if (!plan_.has_calls || !is_integer(local_types_[i])) touch(plan_.blocks.front(), i);
    }
  }

  BlockShape& target(std::uint64_t depth) {
    // A depth that there isn't would have been refused by the engine.
    if (depth >= open_blocks_.size()) return nowhere_;
    BlockShape& shape = plan_.blocks[open_blocks_[open_blocks_.size() - 1 - depth]];
    shape.targeted = true;
    return shape;
  }

  void note_shape(const Instruction& instruction) {
    switch (instruction.code) {
      case op::kLoop:
        open_block();
        open_loops_.push_back(open_blocks_.back());
        break;
      case op::kBlock:
      case op::kIf:
        open_block();
        break;
      case op::kElse:
        if (!open_blocks_.empty()) plan_.blocks[open_blocks_.back()].has_else = true;
        break;
      case op::kEnd:
        close_block();
        break;
      case op::kBr:
      case op::kBrIf:
        target(static_cast<std::uint64_t>(instruction.first));
        break;
      case op::kBrTable:
        scanner_.for_each_label(
            instruction, [this](std::uint32_t depth) { target(depth).table_targeted = true; });
        break;
      default:
        break;
    }
  }

  void note_scratch(const Instruction& instruction) {
    const bool heap_64 = context_.heap == PointerWidth::k64;
    switch (instruction.code) {
      case op::kCallIndirect:
      case op::kReturnCallIndirect:
        note_scratch(context_.table_is_64);
        break;
      case op::kMemoryCopy:
      case op::kMemoryFill:
        note_scratch(heap_64);
        break;
      case op::kMemoryInit:
        note_scratch(false);
        break;
      default:
        break;
    }
  }
  void note_scratch(bool is_64) {
    (is_64 ? plan_.uses_i64_scratch : plan_.uses_i32_scratch) = true;
  }

  OperatorScanner scanner_;
  PlanContext context_;
  ChargePoint open_;
  ByteView local_types_;
  std::size_t parameters_;
  std::vector<std::size_t> open_blocks_;
  std::vector<std::size_t> open_loops_;
  BlockShape nowhere_;
  BodyPlan plan_;
};

}  // namespace

Split split_of(std::uint16_t code) {
  switch (code) {
    case op::kLoop:
      return Split::kLoop;
    case op::kIf:
    case op::kElse:
    case op::kEnd:
    case op::kBr:
    case op::kBrIf:
    case op::kBrTable:
    case op::kReturn:
    case op::kUnreachable:
    case op::kReturnCall:
    case op::kReturnCallIndirect:
      return Split::kBehind;
    default:
      return Split::kNone;
  }
}

BodyPlan plan_body(ByteView code, const PlanContext& context, ByteView local_types,
                   std::size_t parameters) {
  ensure(parameters <= local_types.size());
  return Planner(code, context, local_types, parameters).plan();
}

}  // namespace icpd::execution::wasm
