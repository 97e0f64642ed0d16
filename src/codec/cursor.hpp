// A forward reader over borrowed bytes: the base of every binary decoder here.
//
// It never reads past the end and never copies: take() gives views into the input, which must
// outlive them. After an error the position is unspecified; a decoder stops at its first error.
#pragma once

#include "base/bytes.hpp"
#include "codec/error.hpp"

namespace icpd::codec {

class Cursor {
 public:
  explicit Cursor(ByteView input) : input_(input) {}

  [[nodiscard]] std::size_t offset() const { return offset_; }
  [[nodiscard]] std::size_t remaining() const { return input_.size() - offset_; }
  [[nodiscard]] bool done() const { return offset_ == input_.size(); }
  [[nodiscard]] ByteView rest() const { return input_.subspan(offset_); }
  /// Goes back (or forward) to a place that offset() gave. Needs offset <= size of the input.
  void seek(std::size_t offset) {
    ensure(offset <= input_.size());
    offset_ = offset;
  }

  [[nodiscard]] Decoded<std::uint8_t> byte() {
    if (done()) return Err(DecodeError{"input ends too early", offset_});
    return input_[offset_++];
  }
  /// The next byte without taking it.
  [[nodiscard]] Decoded<std::uint8_t> peek() const {
    if (done()) return Err(DecodeError{"input ends too early", offset_});
    return input_[offset_];
  }
  [[nodiscard]] Decoded<ByteView> take(std::uint64_t size) {
    if (size > remaining()) return Err(DecodeError{"input ends too early", offset_});
    const ByteView view = input_.subspan(offset_, static_cast<std::size_t>(size));
    offset_ += view.size();
    return view;
  }
  /// Little-endian integer or IEEE number.
  template <typename T>
  [[nodiscard]] Decoded<T> little_endian() {
    return load_le<T>(TRY(take(sizeof(T))));
  }
  [[nodiscard]] DecodeError error(const char* what) const { return {what, offset_}; }

 private:
  ByteView input_;
  std::size_t offset_ = 0;
};

}  // namespace icpd::codec
