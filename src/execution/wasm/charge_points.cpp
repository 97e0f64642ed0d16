#include "execution/wasm/charge_points.hpp"

#include "execution/wasm/operators.hpp"

namespace icpd::execution::wasm {
namespace {

constexpr std::uint64_t kEntryCost = 1;

class Planner {
 public:
  Planner(ByteView code, const PlanContext& context) : scanner_(code), context_(context) {}

  BodyPlan plan() {
    open_ = {0, kEntryCost, true};
    open_block();
    Instruction instruction;
    while (scanner_.next(instruction)) {
      open_.cost += weight(*instruction.row, context_.heap);
      note_shape(instruction);
      note_scratch(instruction);
      if (const Split split = split_of(instruction.code); split != Split::kNone) {
        close_point();
        open_ = {instruction.end, 0, split == Split::kLoop};
      }
    }
    close_point();
    return std::move(plan_);
  }

 private:
  void close_point() {
    if (open_.cost > 0 || open_.checks) plan_.points.push_back(open_);
  }

  void open_block() {
    open_blocks_.push_back(plan_.blocks.size());
    plan_.blocks.emplace_back();
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
      case op::kBlock:
      case op::kLoop:
      case op::kIf:
        open_block();
        break;
      case op::kElse:
        if (!open_blocks_.empty()) plan_.blocks[open_blocks_.back()].has_else = true;
        break;
      case op::kEnd:
        if (!open_blocks_.empty()) open_blocks_.pop_back();
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
  std::vector<std::size_t> open_blocks_;
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

BodyPlan plan_body(ByteView code, const PlanContext& context) {
  return Planner(code, context).plan();
}

}  // namespace icpd::execution::wasm
