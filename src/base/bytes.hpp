// Byte strings: views, owned buffers, and shared immutable slices.
//
//   ByteView   a borrowed range; valid only while its owner lives
//   Bytes      an owned, growable buffer
//   Slice      a shared immutable range: copying it copies a pointer, never the bytes. Everything
//              over 1 KiB that travels between cores, threads or queues is a Slice (or a
//              Shared<const T>, base/shared.hpp).
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ensure.hpp"

namespace icpd {

using ByteView = std::span<const std::uint8_t>;
using MutableByteView = std::span<std::uint8_t>;
using Bytes = std::vector<std::uint8_t>;

/// The bytes of a text, as they are.
[[nodiscard]] inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
/// The text whose bytes these are; the caller knows that they are UTF-8 or doesn't mind.
[[nodiscard]] inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
[[nodiscard]] inline Bytes to_bytes(ByteView bytes) {
  return {bytes.begin(), bytes.end()};
}
[[nodiscard]] inline Bytes to_bytes(std::string_view text) {
  return to_bytes(as_bytes(text));
}

inline void append(Bytes& out, ByteView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}
inline void append(Bytes& out, std::string_view text) {
  append(out, as_bytes(text));
}

[[nodiscard]] inline bool equal(ByteView a, ByteView b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}
/// Lexicographic by unsigned bytes, a proper prefix first.
[[nodiscard]] std::strong_ordering compare(ByteView a, ByteView b);

/// Lower-case hexadecimal.
[[nodiscard]] std::string to_hex(ByteView bytes);
/// Accepts both cases; nothing for an odd length or another character.
[[nodiscard]] std::optional<Bytes> from_hex(std::string_view text);

/// True for well-formed UTF-8 (no surrogates, no overlong forms, at most U+10FFFF).
[[nodiscard]] bool is_utf8(ByteView bytes);

class Slice {
 public:
  Slice() = default;
  /// Takes the buffer over; no copy.
  explicit Slice(Bytes bytes)
      : owner_(std::make_shared<const Bytes>(std::move(bytes))), view_(*owner_) {}
  [[nodiscard]] static Slice copy_of(ByteView bytes) { return Slice(to_bytes(bytes)); }

  [[nodiscard]] ByteView view() const { return view_; }
  operator ByteView() const { return view_; }  // NOLINT: a slice is a view that keeps its owner
  [[nodiscard]] const std::uint8_t* data() const { return view_.data(); }
  [[nodiscard]] std::size_t size() const { return view_.size(); }
  [[nodiscard]] bool empty() const { return view_.empty(); }
  [[nodiscard]] auto begin() const { return view_.begin(); }
  [[nodiscard]] auto end() const { return view_.end(); }

  /// The part [offset, offset + size) of the same owner. Needs offset + size <= this->size().
  [[nodiscard]] Slice part(std::size_t offset, std::size_t size) const {
    ensure(offset <= view_.size() && size <= view_.size() - offset);
    Slice result = *this;
    result.view_ = view_.subspan(offset, size);
    return result;
  }
  /// The slice of this owner that `inside` covers. Needs `inside` to lie within view().
  [[nodiscard]] Slice part(ByteView inside) const {
    if (inside.empty()) return {};
    ensure(inside.data() >= view_.data());
    return part(static_cast<std::size_t>(inside.data() - view_.data()), inside.size());
  }

  friend bool operator==(const Slice& a, const Slice& b) { return equal(a.view_, b.view_); }
  friend std::strong_ordering operator<=>(const Slice& a, const Slice& b) {
    return compare(a.view_, b.view_);
  }

 private:
  std::shared_ptr<const Bytes> owner_;
  ByteView view_;
};

/// A byte string of fixed length that is not interchangeable with others of the same length.
template <typename Tag, std::size_t N>
struct FixedBytes {
  static constexpr std::size_t kSize = N;
  std::array<std::uint8_t, N> bytes{};

  [[nodiscard]] ByteView view() const { return bytes; }
  operator ByteView() const { return bytes; }  // NOLINT: reading it as bytes is always meant
  /// Nothing unless `from` has exactly N bytes.
  [[nodiscard]] static std::optional<FixedBytes> from(ByteView from) {
    if (from.size() != N) return std::nullopt;
    FixedBytes result;
    std::memcpy(result.bytes.data(), from.data(), N);
    return result;
  }
  [[nodiscard]] std::string hex() const { return to_hex(bytes); }

  friend bool operator==(const FixedBytes&, const FixedBytes&) = default;
  friend auto operator<=>(const FixedBytes&, const FixedBytes&) = default;
};

/// For unordered containers outside the cores; keys are digests or ids, so their head is uniform.
struct FixedBytesHash {
  template <typename Tag, std::size_t N>
  std::size_t operator()(const FixedBytes<Tag, N>& key) const {
    static_assert(N >= sizeof(std::size_t));
    std::size_t head;
    std::memcpy(&head, key.bytes.data(), sizeof head);
    return head;
  }
};

/// Big-endian stores and loads. Loads need at least sizeof(T) bytes.
template <typename T>
void store_be(MutableByteView out, T value) {
  ensure(out.size() >= sizeof(T));
  for (std::size_t i = 0; i < sizeof(T); ++i)
    out[i] = static_cast<std::uint8_t>(value >> (8 * (sizeof(T) - 1 - i)));
}
template <typename T>
[[nodiscard]] T load_be(ByteView in) {
  ensure(in.size() >= sizeof(T));
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i)
    value = static_cast<T>(value << 8) | in[i];
  return value;
}
template <typename T>
void append_be(Bytes& out, T value) {
  std::array<std::uint8_t, sizeof(T)> buffer;
  store_be(MutableByteView(buffer), value);
  append(out, ByteView(buffer));
}
/// Little-endian stores and loads of trivially copyable integers; the supported machines are LE.
template <typename T>
void append_le(Bytes& out, T value) {
  const auto* raw = reinterpret_cast<const std::uint8_t*>(&value);
  out.insert(out.end(), raw, raw + sizeof(T));
}
template <typename T>
[[nodiscard]] T load_le(ByteView in) {
  ensure(in.size() >= sizeof(T));
  T value;
  std::memcpy(&value, in.data(), sizeof(T));
  return value;
}

}  // namespace icpd
