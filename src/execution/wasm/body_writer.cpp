// The style with the count in a global, and what both styles share.
#include "execution/wasm/body_writer.hpp"

#include "execution/wasm/emit.hpp"
#include "execution/wasm/operators.hpp"

namespace icpd::execution::wasm {
namespace {

/// Bounds of the engine's validator.
constexpr std::size_t kParametersMax = 1000;
constexpr std::size_t kTypesMax = 300'000;
/// The counter and two scratch locals.
constexpr std::size_t kAddedLocals = 3;

class GlobalBodyWriter {
 public:
  GlobalBodyWriter(const Body& body, const Layout& layout)
      : layout_(layout),
        counted_(layout.style != Style::kUncounted),
        plan_(counted_ ? plan_body(body.code, layout.plan) : BodyPlan{}),
        scanner_(body.code),
        copier_(body.code, out_.bytes),
        code_(out_.bytes) {
    append(out_.bytes, body.locals);
  }

  MeteredBody write() {
    Instruction instruction;
    enter_points(0);
    while (scanner_.next(instruction)) {
      write_operator(instruction);
      enter_points(instruction.end);
    }
    copier_.up_to(scanner_.offset());
    return std::move(out_);
  }

 private:
  void enter_points(std::size_t offset) {
    while (next_point_ < plan_.points.size() && plan_.points[next_point_].offset == offset) {
      const ChargePoint& point = plan_.points[next_point_++];
      copier_.up_to(offset);
      if (point.cost > 0) {
        code_.global_get(layout_.counter_global);
        code_.i64_const(static_cast<std::int64_t>(point.cost));
        code_.plain(op::kI64Sub);
        code_.global_set(layout_.counter_global);
      }
      if (point.checks) check();
    }
  }

  void check() {
    code_.global_get(layout_.counter_global);
    code_.i64_const(0);
    code_.plain(op::kI64LtS);
    out_.unlikely.push_back(static_cast<std::uint32_t>(out_.bytes.size()));
    code_.begin_if();
    code_.call(layout_.out_of_instructions());
    code_.plain(op::kEnd);
  }

  void write_operator(const Instruction& instruction) {
    const bool heap_64 = layout_.plan.heap == PointerWidth::k64;
    switch (instruction.code) {
      case op::kCall:
      case op::kReturnCall:
      case op::kRefFunc:
        copier_.replace(instruction);
        code_.with_index(instruction.code, layout_.function(instruction.first));
        if (counted_ && instruction.code == op::kCall && layout_.is_import(instruction.first))
          check();
        break;
      case op::kMemoryGrow:
        copier_.replace(instruction);
        code_.call(layout_.grow_heap());
        break;
      case op::kMemoryCopy:
      case op::kMemoryFill:
        if (!counted_) break;
        copier_.up_to(instruction.start);
        code_.call(heap_64 ? layout_.charge_i64() : layout_.charge_i32());
        if (instruction.code == op::kMemoryCopy) code_.call(layout_.store_in_place());
        break;
      case op::kMemoryInit:
        if (!counted_) break;
        copier_.up_to(instruction.start);
        code_.call(layout_.charge_i32());
        break;
      default:
        break;
    }
  }

  const Layout& layout_;
  bool counted_;
  BodyPlan plan_;
  OperatorScanner scanner_;
  MeteredBody out_;
  CodeCopier copier_;
  CodeEmitter code_;
  std::size_t next_point_ = 0;
};

std::uint64_t declared_locals(ByteView locals) {
  Scanner in(locals);
  std::uint64_t total = 0;
  const std::uint32_t groups = in.count();
  for (std::uint32_t i = 0; i < groups && !in.failed(); ++i) {
    total += in.u32();
    (void)in.byte();
  }
  return total;
}

}  // namespace

MeteredBody write_global_body(const Body& body, const Layout& layout) {
  return GlobalBodyWriter(body, layout).write();
}

void write_constant_expression(ByteView expression, const Layout& layout, Bytes& out) {
  CodeCopier copier(expression, out);
  CodeEmitter code(out);
  OperatorScanner scanner(expression);
  Instruction instruction;
  while (scanner.next(instruction)) {
    if (instruction.code != op::kRefFunc) continue;
    copier.replace(instruction);
    code.with_index(op::kRefFunc, layout.function(instruction.first));
  }
  copier.up_to(expression.size());
}

bool fits_threaded(const Sections& sections) {
  if (sections.types.size() > kTypesMax) return false;
  for (const FunctionType& type : sections.types) {
    const std::size_t most = std::max(type.parameters.size(), type.results.size());
    if (most >= kParametersMax) return false;
  }
  for (std::size_t i = 0; i < sections.bodies.size(); ++i) {
    const std::uint32_t type = sections.functions[i];
    if (type >= sections.types.size()) return false;
    const std::uint64_t locals =
        sections.types[type].parameters.size() + declared_locals(sections.bodies[i].locals);
    if (locals + kAddedLocals > kLocalsMax) return false;
  }
  return true;
}

}  // namespace icpd::execution::wasm
