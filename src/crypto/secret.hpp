// Secrets: cleared when they are no longer needed, compared in constant time.
//
// SecretBytes moves but doesn't copy by accident: a second holder asks for clone(). Whatever makes
// further copies of the bytes (a file, a buffer) clears them with clear() itself.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"

namespace icpd::crypto {

/// Overwrites the bytes with zeros in a way that the compiler doesn't drop.
void clear(MutableByteView bytes);

/// Equal content, in time that depends on the sizes only.
[[nodiscard]] bool constant_time_equal(ByteView a, ByteView b);

/// N secret bytes.
template <std::size_t N>
class SecretBytes {
 public:
  static constexpr std::size_t kSize = N;

  SecretBytes() = default;
  /// Copies; the caller clears its own bytes. Needs from.size() == N.
  explicit SecretBytes(ByteView from) {
    ensure(from.size() == N, "a secret has its exact size");
    std::memcpy(bytes_.data(), from.data(), N);
  }
  SecretBytes(SecretBytes&& other) noexcept : bytes_(other.bytes_) { clear(other.bytes_); }
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    if (this != &other) {
      bytes_ = other.bytes_;
      clear(other.bytes_);
    }
    return *this;
  }
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes() { clear(bytes_); }

  [[nodiscard]] SecretBytes clone() const { return SecretBytes(bytes_); }
  [[nodiscard]] ByteView view() const { return bytes_; }
  [[nodiscard]] MutableByteView write() { return bytes_; }

 private:
  std::array<std::uint8_t, N> bytes_{};
};

}  // namespace icpd::crypto
