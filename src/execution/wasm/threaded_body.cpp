// The style with the count in a local that is threaded through all calls.
//
// While writing, `pending_` is what the points entered so far cost beyond what the code has taken
// from the local. It is known at each operator because every path to it agrees: a label remembers
// what was pending when its block began, and whoever comes to the label brings the local in line
// with that. So a block or an `if` that is skipped costs nothing, and a straight path through many
// of them is charged once.
//
// The call at a check, although hardly ever made, would have the compiler keep values that live
// across it in memory, or save registers in every prologue. So the values that matter (floats in
// loops, parameters of functions that call nothing else) are put aside in globals around the call.
#include <algorithm>

#include "execution/wasm/body_writer.hpp"
#include "execution/wasm/emit.hpp"
#include "execution/wasm/operators.hpp"

namespace icpd::execution::wasm {
namespace {

class ThreadedBodyWriter {
 public:
  ThreadedBodyWriter(const Body& body, std::uint32_t type, std::span<const FunctionType> types,
                     const Layout& layout)
      : layout_(layout),
        types_(types),
        type_(type),
        local_types_(types_of_locals(types[type].parameters, body.locals)),
        plan_(plan_body(body.code, layout.plan, local_types_, types[type].parameters.size())),
        scanner_(body.code),
        copier_(body.code, out_.bytes),
        code_(out_.bytes),
        counter_(static_cast<std::uint32_t>(types[type].parameters.size())) {
    write_locals(body.locals);
  }

  MeteredBody write() {
    open_function();
    enter_points(0);
    Instruction instruction;
    while (scanner_.next(instruction)) {
      write_operator(instruction);
      enter_points(instruction.end);
    }
    copier_.up_to(scanner_.offset());
    return std::move(out_);
  }

 private:
  struct Frame {
    std::uint16_t header = op::kBlock;
    const BlockShape* shape = nullptr;
    /// What branches to its label carry.
    std::size_t label_values = 0;
    bool dead_at_entry = false;
    std::uint64_t pending_at_entry = 0;
    /// What is pending wherever a path arrives at the label.
    std::uint64_t label_pending = 0;
  };

  // -- Locals: parameters, counter, the user's, scratch --

  /// Of parameters and locals; at most as many as the engine accepts.
  static Bytes types_of_locals(ByteView parameters, ByteView locals) {
    Bytes types = to_bytes(parameters);
    Scanner in(locals);
    const std::uint32_t groups = in.count();
    for (std::uint32_t i = 0; i < groups && !in.failed(); ++i) {
      const std::size_t n = in.u32();
      const std::uint8_t type = in.byte();
      types.resize(std::min(types.size() + n, std::max(types.size(), kLocalsMax)), type);
    }
    return types;
  }

  void write_locals(ByteView locals) {
    Scanner in(locals);
    const std::uint32_t groups = in.count();
    std::uint32_t next = counter_ + 1;
    const std::size_t from = in.offset();
    for (std::uint32_t i = 0; i < groups && !in.failed(); ++i) {
      next += in.u32();
      (void)in.byte();
    }
    Emitter out(out_.bytes);
    out.u32(groups + (plan_.uses_i32_scratch ? 1 : 0) + (plan_.uses_i64_scratch ? 1 : 0));
    out.bytes(in.failed() ? ByteView{} : in.since(from));
    const auto scratch = [&](bool used, std::uint8_t type, std::uint32_t& index) {
      if (!used) return;
      out.u32(1);
      out.byte(type);
      index = next++;
    };
    scratch(plan_.uses_i32_scratch, value_type::kI32, scratch_i32_);
    scratch(plan_.uses_i64_scratch, value_type::kI64, scratch_i64_);
  }

  // -- Charges --

  /// The local less `amount`, on the stack; the local is as before.
  void push_count_less(std::uint64_t amount) {
    code_.local_get(counter_);
    if (amount == 0) return;
    // Where a label expects more to be pending than there is, the amount is below zero.
    code_.i64_const(static_cast<std::int64_t>(amount));
    code_.plain(op::kI64Sub);
  }

  /// The count on the stack, nothing pending any more. Whoever goes on stores it in the local.
  void push_count() {
    push_count_less(pending_);
    if (pending_ != 0) synced_ = false;
    pending_ = 0;
  }

  /// Brings the local in line with `expected` being pending.
  void settle(std::uint64_t expected = 0) {
    if (!dead_ && pending_ != expected) {
      push_count_less(pending_ - expected);
      code_.local_set(counter_);
      synced_ = false;
    }
    pending_ = expected;
  }

  /// Settles, and makes the global equal to the local.
  void sync() {
    if (dead_ || (pending_ == 0 && synced_)) return;
    const bool changed = pending_ != 0;
    push_count();
    if (changed) code_.local_tee(counter_);
    code_.global_set(layout_.counter_global);
    synced_ = true;
  }

  /// The `if` that comes next hardly ever holds.
  void hint() { out_.unlikely.push_back(static_cast<std::uint32_t>(out_.bytes.size())); }

  struct Saved {
    std::uint32_t local = 0;
    std::uint32_t global = 0;
  };
  [[nodiscard]] std::vector<Saved> saved(std::span<const std::uint32_t> locals) const {
    std::vector<Saved> result;
    std::array<std::uint32_t, kValueTypes.size()> used{};
    for (const std::uint32_t local : locals) {
      const auto type = static_cast<std::size_t>(
          std::ranges::find(kValueTypes, local_types_[local]) - kValueTypes.begin());
      if (!layout_.has_saved || type == kValueTypes.size()) continue;
      if (used[type] == Layout::kSavedPerType) continue;
      result.push_back({written_local(local), layout_.saved_global(type, used[type]++)});
    }
    return result;
  }

  /// With the count on the stack: ends or pauses if it is below zero. `touched` are put aside.
  void check_count_on_stack(std::span<const std::uint32_t> touched = {}) {
    code_.i64_const(0);
    code_.plain(op::kI64LtS);
    hint();
    code_.begin_if();
    const std::vector<Saved> aside = saved(touched);
    for (const Saved& value : aside) {
      code_.local_get(value.local);
      code_.global_set(value.global);
    }
    code_.local_get(counter_);
    code_.call(layout_.end_of_slice());
    code_.local_set(counter_);
    for (const Saved& value : aside) {
      code_.global_get(value.global);
      code_.local_set(value.local);
    }
    code_.plain(op::kEnd);
    synced_ = false;
  }

  void enter_points(std::size_t offset) {
    while (next_point_ < plan_.points.size() && plan_.points[next_point_].offset == offset) {
      const ChargePoint& point = plan_.points[next_point_++];
      if (dead_) continue;
      pending_ += point.cost;
      if (!point.checks) continue;
      copier_.up_to(offset);
      push_count();
      code_.local_tee(counter_);
      // A point that checks is the entry or behind the header of the innermost loop.
      check_count_on_stack(frames_.back().shape->touched_locals);
    }
  }

  /// With a length of the given width on the stack, takes it from the count and leaves it there.
  void charge_length(bool is_64) {
    const std::uint32_t length = is_64 ? scratch_i64_ : scratch_i32_;
    if (dead_) return;
    code_.local_tee(length);
    push_count();
    code_.local_get(length);
    if (!is_64) code_.plain(op::kI64ExtendI32U);
    code_.plain(op::kI64Sub);
    if (is_64) {
      // Lengths that no memory has would wrap around.
      code_.i64_const(INT64_MIN);
      code_.local_get(length);
      code_.i64_const(kLengthMax);
      code_.plain(op::kI64LtU);
      code_.plain(op::kSelect);
    }
    code_.local_tee(counter_);
    check_count_on_stack();
  }

  // -- Blocks --

  void open_function() {
    const BlockShape* shape = &plan_.blocks.front();
    const ByteView results = types_[type_].results;
    Frame frame;
    frame.shape = shape;
    frame.label_values = results.size();
    frames_.push_back(frame);
    if (!shape->targeted) return;
    // Branches to the function's end carry the user's results only: they end in this block.
    if (results.empty()) {
      code_.begin_block(CodeEmitter::kNoResult);
    } else if (results.size() == 1) {
      code_.begin_block(results.front());
    } else {
      code_.begin_block_of_type(layout_.result_block_types[type_]);
    }
  }

  /// The type of a block, if it isn't given in place.
  [[nodiscard]] const FunctionType* indexed_type(std::int64_t block_type) const {
    const bool is_index = block_type >= 0 && block_type < static_cast<std::int64_t>(types_.size());
    return is_index ? &types_[static_cast<std::size_t>(block_type)] : nullptr;
  }
  [[nodiscard]] std::size_t label_values(const Instruction& header) const {
    constexpr std::int64_t kEmptyBlock = -64;
    const FunctionType* type = indexed_type(header.first);
    if (header.code == op::kLoop) return type == nullptr ? 0 : type->parameters.size();
    if (type != nullptr) return type->results.size();
    return header.first == kEmptyBlock ? 0 : 1;
  }

  void open_block(const Instruction& instruction) {
    Frame frame;
    frame.header = instruction.code;
    frame.shape = &plan_.blocks[++last_block_];
    frame.label_values = label_values(instruction);
    const bool skipped = instruction.code == op::kIf && !frame.shape->has_else;
    if (instruction.code == op::kLoop || (skipped && frame.shape->table_targeted)) {
      copier_.up_to(instruction.start);
      settle();
    }
    if (instruction.code == op::kLoop) synced_ = false;
    frame.dead_at_entry = dead_;
    frame.pending_at_entry = pending_;
    // A br_table has one way to settle for all its labels.
    frame.label_pending = frame.shape->table_targeted ? 0 : pending_;
    frames_.push_back(frame);
  }

  void write_else(const Instruction& instruction) {
    if (frames_.empty()) return;
    copier_.up_to(instruction.start);
    const Frame& frame = frames_.back();
    settle(frame.label_pending);
    pending_ = frame.pending_at_entry;
    dead_ = frame.dead_at_entry;
    synced_ = false;
  }

  void write_end(const Instruction& instruction) {
    if (frames_.empty()) return;
    const Frame frame = frames_.back();
    frames_.pop_back();
    if (frames_.empty()) return close_function(instruction, frame);
    const bool joins =
        frame.header == op::kIf || (frame.header == op::kBlock && frame.shape->targeted);
    if (!joins) return;
    copier_.up_to(instruction.start);
    settle(frame.label_pending);
    dead_ = frame.dead_at_entry;
    synced_ = false;
  }

  void close_function(const Instruction& instruction, const Frame& frame) {
    copier_.up_to(instruction.start);
    if (frame.shape->targeted) {
      settle();
      code_.plain(op::kEnd);
      pending_ = 0;
    }
    if (dead_) pending_ = 0;
    push_count();
  }

  void die(const Instruction& instruction) {
    copier_.up_to(instruction.end);
    dead_ = true;
    pending_ = 0;
  }

  // -- Branches --

  /// Null for a depth that there isn't, in code that no engine accepts.
  [[nodiscard]] const Frame* frame_at(std::int64_t depth) const {
    if (depth >= static_cast<std::int64_t>(frames_.size())) return nullptr;
    return &frames_[frames_.size() - 1 - static_cast<std::size_t>(depth)];
  }

  void write_branch(const Instruction& instruction) {
    const Frame* target = frame_at(instruction.first);
    copier_.up_to(instruction.start);
    settle(target == nullptr ? 0 : target->label_pending);
    die(instruction);
  }

  void write_branch_if(const Instruction& instruction) {
    const Frame* target = frame_at(instruction.first);
    copier_.up_to(instruction.start);
    const std::uint64_t expected = target == nullptr ? 0 : target->label_pending;
    const bool values = target == nullptr || target->label_values != 0;
    // The way back to a loop's head is the hot one: it stays one branch.
    const bool loops = target != nullptr && target->header == op::kLoop;
    if (dead_ || values || loops || pending_ == expected) return settle(expected);
    // The way to the label settles on its own; the straight path goes on with what is pending.
    copier_.replace(instruction);
    code_.begin_if();
    push_count_less(pending_ - expected);
    code_.local_set(counter_);
    code_.with_index(op::kBr, static_cast<std::uint32_t>(instruction.first) + 1);
    code_.plain(op::kEnd);
  }

  void write_branch_table(const Instruction& instruction) {
    copier_.up_to(instruction.start);
    settle();
    die(instruction);
  }

  void write_return(const Instruction& instruction) {
    copier_.up_to(instruction.start);
    if (dead_) pending_ = 0;
    push_count();
    die(instruction);
  }

  // -- Calls --

  void write_call(const Instruction& instruction) {
    copier_.replace(instruction);
    const bool host = layout_.is_import(instruction.first);
    // A host function is given the count and needs no global.
    if (!host) sync();
    push_count();
    code_.with_index(instruction.code, layout_.function(instruction.first));
    if (instruction.code == op::kReturnCall) return die(instruction);
    if (host && !dead_) {
      code_.local_tee(counter_);
      check_count_on_stack();
    } else {
      code_.local_set(counter_);
    }
    synced_ = false;
  }

  void write_call_indirect(const Instruction& instruction) {
    const std::uint32_t index = layout_.plan.table_is_64 ? scratch_i64_ : scratch_i32_;
    copier_.replace(instruction);
    sync();
    code_.local_set(index);
    code_.local_get(counter_);
    code_.local_get(index);
    code_.with_index(instruction.code,
                     layout_.threaded_types + static_cast<std::uint32_t>(instruction.first));
    Emitter(out_.bytes).u32(static_cast<std::uint32_t>(instruction.second));
    if (instruction.code == op::kReturnCallIndirect) return die(instruction);
    code_.local_set(counter_);
    synced_ = false;
  }

  /// The counter is behind the parameters.
  [[nodiscard]] std::uint32_t written_local(std::uint32_t local) const {
    return local < counter_ ? local : local + 1;
  }

  void write_local(const Instruction& instruction) {
    if (instruction.first < std::int64_t{counter_}) return;
    copier_.replace(instruction);
    code_.with_index(instruction.code,
                     written_local(static_cast<std::uint32_t>(instruction.first)));
  }

  void write_bulk(const Instruction& instruction, bool length_is_64) {
    copier_.up_to(instruction.start);
    charge_length(length_is_64);
    if (instruction.code == op::kMemoryCopy) code_.call(layout_.store_in_place());
    sync();
  }

  void write_operator(const Instruction& instruction) {
    switch (instruction.code) {
      case op::kBlock:
      case op::kLoop:
      case op::kIf:
        return open_block(instruction);
      case op::kElse:
        return write_else(instruction);
      case op::kEnd:
        return write_end(instruction);
      case op::kBr:
        return write_branch(instruction);
      case op::kBrIf:
        return write_branch_if(instruction);
      case op::kBrTable:
        return write_branch_table(instruction);
      case op::kReturn:
        return write_return(instruction);
      case op::kUnreachable:
        copier_.up_to(instruction.start);
        sync();
        return die(instruction);
      case op::kCall:
      case op::kReturnCall:
        return write_call(instruction);
      case op::kCallIndirect:
      case op::kReturnCallIndirect:
        return write_call_indirect(instruction);
      case op::kLocalGet:
      case op::kLocalSet:
      case op::kLocalTee:
        return write_local(instruction);
      case op::kRefFunc:
        copier_.replace(instruction);
        return code_.with_index(instruction.code, layout_.function(instruction.first));
      case op::kMemoryGrow:
        copier_.replace(instruction);
        sync();
        return code_.call(layout_.grow_heap());
      case op::kMemoryCopy:
      case op::kMemoryFill:
        return write_bulk(instruction, layout_.plan.heap == PointerWidth::k64);
      case op::kMemoryInit:
        return write_bulk(instruction, false);
      default:
        if (!instruction.row->observes) return;
        copier_.up_to(instruction.start);
        return sync();
    }
  }

  const Layout& layout_;
  std::span<const FunctionType> types_;
  std::uint32_t type_;
  Bytes local_types_;
  BodyPlan plan_;
  OperatorScanner scanner_;
  MeteredBody out_;
  CodeCopier copier_;
  CodeEmitter code_;
  std::uint32_t counter_;
  std::uint32_t scratch_i32_ = 0;
  std::uint32_t scratch_i64_ = 0;
  std::vector<Frame> frames_;
  std::size_t last_block_ = 0;
  std::size_t next_point_ = 0;
  std::uint64_t pending_ = 0;
  /// The global holds the local's value.
  bool synced_ = false;
  /// No path leads here: nothing is charged.
  bool dead_ = false;
};

}  // namespace

MeteredBody write_threaded_body(const Body& body, std::uint32_t type,
                                std::span<const FunctionType> types, const Layout& layout) {
  return ThreadedBodyWriter(body, type, types, layout).write();
}

}  // namespace icpd::execution::wasm
