// The style with the count in a local that is threaded through all calls.
//
// While writing, `pending_` is what the points entered so far cost beyond what the code has taken
// from the local. It is known at each operator because every path to it agrees: it is brought to
// zero before each jump and each join, except that it runs on into both arms of an `if` with an
// `else`, and through the `end` of a block that nothing jumps to.
#include "execution/wasm/body_writer.hpp"
#include "execution/wasm/emit.hpp"
#include "execution/wasm/operators.hpp"

namespace icpd::execution::wasm {
namespace {

class ThreadedBodyWriter {
 public:
  ThreadedBodyWriter(const Body& body, const FunctionType& type, std::uint32_t type_index,
                     const Layout& layout)
      : layout_(layout),
        type_(type),
        type_index_(type_index),
        plan_(plan_body(body.code, layout.plan)),
        scanner_(body.code),
        copier_(body.code, out_.bytes),
        code_(out_.bytes),
        counter_(static_cast<std::uint32_t>(type.parameters.size())) {
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
    BlockShape shape;
    bool dead_at_entry = false;
    std::uint64_t pending_at_entry = 0;
  };

  // -- Locals: parameters, counter, the user's, scratch --

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

  /// Takes what is pending from the local; leaves the new count on the stack.
  void push_count() {
    code_.local_get(counter_);
    if (pending_ == 0) return;
    code_.i64_const(static_cast<std::int64_t>(pending_));
    code_.plain(op::kI64Sub);
    pending_ = 0;
    synced_ = false;
  }

  void settle() {
    if (dead_ || pending_ == 0) return;
    push_count();
    code_.local_set(counter_);
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

  /// With the count on the stack: ends or pauses if it is below zero.
  void check_count_on_stack() {
    code_.i64_const(0);
    code_.plain(op::kI64LtS);
    out_.unlikely.push_back(static_cast<std::uint32_t>(out_.bytes.size()));
    code_.begin_if();
    code_.local_get(counter_);
    code_.call(layout_.out_of_instructions());
    code_.local_set(counter_);
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
      check_count_on_stack();
    }
  }

  /// With a length of the given width on the stack, takes it from the count and leaves it there.
  void charge_length(bool is_64) {
    const std::uint32_t length = is_64 ? scratch_i64_ : scratch_i32_;
    code_.local_tee(length);
    dead_ ? void() : take_length(length, is_64);
  }

  void take_length(std::uint32_t length, bool is_64) {
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

  // -- Control --

  void open_function() {
    const BlockShape shape = plan_.blocks.front();
    frames_.push_back({op::kBlock, shape, false, 0});
    if (!shape.targeted) return;
    // Jumps to the function's end carry the user's results only: they end in this block.
    if (type_.results.empty()) {
      code_.begin_block(CodeEmitter::kNoResult);
    } else if (type_.results.size() == 1) {
      code_.begin_block(type_.results.front());
    } else {
      code_.begin_block_of_type(layout_.result_block_types[type_index_]);
    }
  }

  void open_block(const Instruction& instruction) {
    const BlockShape shape = plan_.blocks[++last_block_];
    const bool if_without_else = instruction.code == op::kIf && !shape.has_else;
    if (instruction.code == op::kLoop || if_without_else) {
      copier_.up_to(instruction.start);
      settle();
    }
    frames_.push_back({instruction.code, shape, dead_, pending_});
    if (instruction.code == op::kLoop) synced_ = false;
  }

  void write_else(const Instruction& instruction) {
    if (frames_.empty()) return;
    copier_.up_to(instruction.start);
    settle();
    const Frame& frame = frames_.back();
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
        frame.header == op::kIf || (frame.header == op::kBlock && frame.shape.targeted);
    if (!joins) return;
    copier_.up_to(instruction.start);
    settle();
    pending_ = 0;
    dead_ = frame.dead_at_entry;
    synced_ = false;
  }

  void close_function(const Instruction& instruction, const Frame& frame) {
    copier_.up_to(instruction.start);
    if (frame.shape.targeted) {
      settle();
      code_.plain(op::kEnd);
      pending_ = 0;
    }
    if (dead_) pending_ = 0;
    push_count();
  }

  void leave(const Instruction& instruction) {
    copier_.up_to(instruction.start);
    settle();
    die(instruction);
  }

  void die(const Instruction& instruction) {
    copier_.up_to(instruction.end);
    dead_ = true;
    pending_ = 0;
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

  void write_local(const Instruction& instruction) {
    if (instruction.first < std::int64_t{counter_}) return;
    copier_.replace(instruction);
    code_.with_index(instruction.code, static_cast<std::uint32_t>(instruction.first) + 1);
  }

  void write_bulk(const Instruction& instruction, bool length_is_64) {
    copier_.up_to(instruction.start);
    charge_length(length_is_64);
    sync();
  }

  void write_operator(const Instruction& instruction) {
    switch (instruction.code) {
      case op::kBlock:
      case op::kLoop:
      case op::kIf:
        open_block(instruction);
        break;
      case op::kElse:
        write_else(instruction);
        break;
      case op::kEnd:
        write_end(instruction);
        break;
      case op::kBr:
      case op::kBrTable:
        leave(instruction);
        break;
      case op::kBrIf:
        copier_.up_to(instruction.start);
        settle();
        break;
      case op::kReturn:
        copier_.up_to(instruction.start);
        if (dead_) pending_ = 0;
        push_count();
        die(instruction);
        break;
      case op::kUnreachable:
        copier_.up_to(instruction.start);
        sync();
        die(instruction);
        break;
      case op::kCall:
      case op::kReturnCall:
        write_call(instruction);
        break;
      case op::kCallIndirect:
      case op::kReturnCallIndirect:
        write_call_indirect(instruction);
        break;
      case op::kLocalGet:
      case op::kLocalSet:
      case op::kLocalTee:
        write_local(instruction);
        break;
      case op::kRefFunc:
        copier_.replace(instruction);
        code_.with_index(instruction.code, layout_.function(instruction.first));
        break;
      case op::kMemoryGrow:
        copier_.replace(instruction);
        sync();
        code_.call(layout_.grow_heap());
        break;
      case op::kMemoryCopy:
      case op::kMemoryFill:
        write_bulk(instruction, layout_.plan.heap == PointerWidth::k64);
        break;
      case op::kMemoryInit:
        write_bulk(instruction, false);
        break;
      default:
        if (instruction.row->observes) {
          copier_.up_to(instruction.start);
          sync();
        }
        break;
    }
  }

  const Layout& layout_;
  const FunctionType& type_;
  std::uint32_t type_index_;
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

MeteredBody write_threaded_body(const Body& body, const FunctionType& type,
                                std::uint32_t type_index, const Layout& layout) {
  return ThreadedBodyWriter(body, type, type_index, layout).write();
}

}  // namespace icpd::execution::wasm
