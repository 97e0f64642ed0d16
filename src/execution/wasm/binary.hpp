// Reading and writing the parts that Wasm's binary format is made of (WebAssembly core
// specification 2.0, chapter 5).
//
// Scanner is for hot loops over function bodies: a failure is remembered instead of returned by
// each step, all reads after it give zeros, and the caller asks once. It never reads past the end.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"

namespace icpd::execution::wasm {

class Scanner {
 public:
  explicit Scanner(ByteView input) : begin_(input.data()), at_(begin_), end_(at_ + input.size()) {}

  /// What went wrong first; null if nothing did.
  [[nodiscard]] const char* error() const { return error_; }
  [[nodiscard]] bool failed() const { return error_ != nullptr; }
  void fail(const char* why) {
    if (error_ == nullptr) error_ = why;
    at_ = end_;
  }

  [[nodiscard]] std::size_t offset() const { return static_cast<std::size_t>(at_ - begin_); }
  [[nodiscard]] std::size_t remaining() const { return static_cast<std::size_t>(end_ - at_); }
  [[nodiscard]] bool done() const { return at_ == end_; }
  /// The bytes in [from, offset()). Needs from <= offset().
  [[nodiscard]] ByteView since(std::size_t from) const {
    ensure(from <= offset());
    return {begin_ + from, at_};
  }

  [[nodiscard]] std::uint8_t byte() {
    if (at_ == end_) return fail("unexpected end"), std::uint8_t{0};
    return *at_++;
  }
  [[nodiscard]] std::uint8_t peek() const { return at_ == end_ ? std::uint8_t{0} : *at_; }
  [[nodiscard]] std::uint32_t u32() {
    if (at_ != end_ && *at_ < 0x80) return *at_++;
    return static_cast<std::uint32_t>(unsigned_leb(32));
  }
  [[nodiscard]] std::uint64_t u64() { return unsigned_leb(64); }
  [[nodiscard]] std::int32_t s32() { return static_cast<std::int32_t>(signed_leb(32)); }
  [[nodiscard]] std::int64_t s33() { return signed_leb(33); }
  [[nodiscard]] std::int64_t s64() { return signed_leb(64); }
  ByteView take(std::uint64_t size) {
    if (size > remaining()) return fail("unexpected end"), ByteView{};
    const ByteView view{at_, static_cast<std::size_t>(size)};
    at_ += size;
    return view;
  }
  /// A vector's length: no vector has more elements than bytes follow, as each takes at least one.
  [[nodiscard]] std::uint32_t count() {
    const std::uint32_t n = u32();
    if (n > remaining()) return fail("length out of bounds"), 0U;
    return n;
  }
  [[nodiscard]] ByteView sized() { return take(u32()); }

 private:
  std::uint64_t unsigned_leb(int bits);
  std::int64_t signed_leb(int bits);

  const std::uint8_t* begin_;
  const std::uint8_t* at_;
  const std::uint8_t* end_;
  const char* error_ = nullptr;
};

/// Appends the format's parts to a buffer, numbers in their shortest form.
class Emitter {
 public:
  explicit Emitter(Bytes& out) : out_(out) {}

  void byte(std::uint8_t value) { out_.push_back(value); }
  void bytes(ByteView view) { append(out_, view); }
  void u32(std::uint32_t value) { u64(value); }
  void u64(std::uint64_t value);
  void s64(std::int64_t value);
  void sized(ByteView content) {
    u64(content.size());
    bytes(content);
  }
  void name(std::string_view text) { sized(as_bytes(text)); }
  /// A section: id, size, content.
  void section(std::uint8_t id, ByteView content) {
    byte(id);
    sized(content);
  }
  [[nodiscard]] std::size_t size() const { return out_.size(); }

 private:
  Bytes& out_;
};

}  // namespace icpd::execution::wasm
