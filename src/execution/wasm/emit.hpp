// Small tools of the body writers: copying a body around replaced operators, and writing operators.
#pragma once

#include "execution/wasm/binary.hpp"
#include "execution/wasm/operators.hpp"

namespace icpd::execution::wasm {

/// Copies a body to the output in long runs, with gaps where operators are replaced.
class CodeCopier {
 public:
  CodeCopier(ByteView code, Bytes& out) : code_(code), out_(out) {}

  /// Copies everything before `offset` that isn't copied or replaced yet.
  void up_to(std::size_t offset) {
    ensure(offset >= done_ && offset <= code_.size());
    append(out_, code_.subspan(done_, offset - done_));
    done_ = offset;
  }
  /// Copies up to an operator and leaves it out.
  void replace(const Instruction& instruction) {
    up_to(instruction.start);
    done_ = instruction.end;
  }
  /// Copies an operator, whatever is copied already.
  void again(const Instruction& instruction) {
    append(out_, code_.subspan(instruction.start, instruction.end - instruction.start));
  }

 private:
  ByteView code_;
  Bytes& out_;
  std::size_t done_ = 0;
};

class CodeEmitter {
 public:
  explicit CodeEmitter(Bytes& out) : out_(out) {}

  void plain(op::Code code) { out_.byte(static_cast<std::uint8_t>(code)); }
  void with_index(std::uint16_t code, std::uint32_t index) {
    out_.byte(static_cast<std::uint8_t>(code));
    out_.u32(index);
  }
  void local_get(std::uint32_t local) { with_index(op::kLocalGet, local); }
  void local_set(std::uint32_t local) { with_index(op::kLocalSet, local); }
  void local_tee(std::uint32_t local) { with_index(op::kLocalTee, local); }
  void global_get(std::uint32_t global) { with_index(op::kGlobalGet, global); }
  void global_set(std::uint32_t global) { with_index(op::kGlobalSet, global); }
  void call(std::uint32_t function) { with_index(op::kCall, function); }
  void i64_const(std::int64_t value) {
    plain(op::kI64Const);
    out_.s64(value);
  }
  /// An `if` without parameters and results.
  void begin_if() {
    plain(op::kIf);
    out_.byte(kNoResult);
  }
  void begin_block(std::uint8_t type) {
    plain(op::kBlock);
    out_.byte(type);
  }
  void begin_block_of_type(std::uint32_t type) {
    plain(op::kBlock);
    out_.s64(type);
  }

  static constexpr std::uint8_t kNoResult = 0x40;

 private:
  Emitter out_;
};

}  // namespace icpd::execution::wasm
