#include "execution/wasm/compile_work.hpp"

#include "execution/wasm/operators.hpp"

namespace icpd::execution::wasm {
namespace {

constexpr std::uint64_t kLoopSquaresPerUnit = 16;
constexpr std::uint64_t kBlockValuesPerUnit = 4;
constexpr std::uint64_t kCarriedValue = 8;
constexpr std::uint64_t kCallSquaresPerUnit = 400;
constexpr std::int64_t kEmptyBlock = -64;

class Measure {
 public:
  Measure(const Sections& sections, std::size_t index)
      : sections_(sections), scanner_(sections.bodies[index].code) {
    if (index < sections.functions.size()) locals_ = arity(sections.functions[index]).parameters;
    Scanner in(sections.bodies[index].locals);
    const std::uint32_t groups = in.count();
    for (std::uint32_t i = 0; i < groups && !in.failed(); ++i) {
      locals_ += in.u32();
      (void)in.byte();
    }
  }

  std::uint64_t run() {
    work_ = locals_;
    open_.push_back({});
    Instruction instruction;
    while (scanner_.next(instruction))
      add(instruction);
    return work_ + values_of_calls_ * values_of_calls_ / kCallSquaresPerUnit;
  }

 private:
  struct Arity {
    std::uint64_t parameters = 0;
    std::uint64_t results = 0;
  };
  struct Label {
    bool is_loop = false;
    std::uint64_t values = 0;
    /// The last br_table that has it.
    std::size_t table = 0;
  };

  [[nodiscard]] Arity arity(std::uint64_t type) const {
    if (type >= sections_.types.size()) return {};
    return {sections_.types[type].parameters.size(), sections_.types[type].results.size()};
  }
  [[nodiscard]] Arity arity_of_block(std::int64_t type) const {
    if (type == kEmptyBlock) return {};
    return type < 0 ? Arity{0, 1} : arity(static_cast<std::uint64_t>(type));
  }

  void add(const Instruction& instruction) {
    switch (instruction.code) {
      case op::kBlock:
      case op::kLoop:
      case op::kIf:
        return open(instruction);
      case op::kEnd:
        return close();
      case op::kBr:
      case op::kBrIf:
        if (const Label* label = label_at(instruction.first)) add_branch(*label);
        return;
      case op::kBrTable:
        return add_table(instruction);
      case op::kCall:
      case op::kReturnCall:
        if (const auto type =
                sections_.function_type(static_cast<std::uint32_t>(instruction.first)))
          add_call(arity(*type));
        return;
      case op::kCallIndirect:
      case op::kReturnCallIndirect:
        return add_call(arity(static_cast<std::uint64_t>(instruction.first)));
      default:
        return;
    }
  }

  void open(const Instruction& instruction) {
    const Arity type = arity_of_block(instruction.first);
    const bool is_loop = instruction.code == op::kLoop;
    work_ += locals_ + (type.parameters + type.results) * open_.size() / kBlockValuesPerUnit;
    if (is_loop) {
      ++loops_;
      work_ += loops_ * loops_ / kLoopSquaresPerUnit;
    }
    open_.push_back({is_loop, is_loop ? type.parameters : type.results});
  }

  void close() {
    if (open_.empty()) return;
    if (open_.back().is_loop) --loops_;
    open_.pop_back();
  }

  Label* label_at(std::int64_t depth) {
    if (depth >= static_cast<std::int64_t>(open_.size())) return nullptr;
    return &open_[open_.size() - 1 - static_cast<std::size_t>(depth)];
  }

  void add_table(const Instruction& instruction) {
    ++tables_;
    scanner_.for_each_label(instruction, [this](std::uint32_t depth) {
      Label* label = label_at(depth);
      if (label == nullptr || label->table == tables_) return;
      label->table = tables_;
      add_branch(*label);
    });
  }

  void add_branch(const Label& label) { work_ += locals_ + kCarriedValue * label.values; }
  void add_call(Arity type) { values_of_calls_ += type.parameters + type.results; }

  const Sections& sections_;
  OperatorScanner scanner_;
  std::uint64_t locals_ = 0;
  std::uint64_t work_ = 0;
  /// At most 2,000 for each of a million operators: the square fits.
  std::uint64_t values_of_calls_ = 0;
  std::vector<Label> open_;
  std::uint64_t loops_ = 0;
  std::size_t tables_ = 0;
};

}  // namespace

std::uint64_t compile_work(const Sections& sections, std::size_t index) {
  ensure(index < sections.bodies.size());
  return Measure(sections, index).run();
}

}  // namespace icpd::execution::wasm
