// Randomness that everybody can recompute: a ChaCha20 key stream (RFC 8439) from a 32-byte seed.
//
// Consensus draws ranks, committees and raw_rand from it, each from a seed that a random beacon or
// tape gives. The same seed gives the same numbers on every node; without the seed they can't be
// told from random.
//
// Invariants
// 1. The stream is ChaCha20 with the seed as key, nonce zero, counter from zero.
// 2. Numbers are read from it little-endian, eight bytes each.
// 3. below(n) is exactly uniform: draws that would favour small numbers are thrown away.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "base/bytes.hpp"

namespace icpd::crypto {

class SeededRandom {
 public:
  /// Needs seed.size() == 32.
  explicit SeededRandom(ByteView seed);

  /// The next bytes of the stream. At most 256 GiB in all.
  void fill(MutableByteView out);
  [[nodiscard]] std::uint64_t next();
  /// Uniform in [0, bound). Needs bound > 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);

  /// A uniform permutation in place: Fisher and Yates, from the last element down.
  template <typename T>
  void shuffle(std::span<T> items) {
    for (std::size_t left = items.size(); left > 1; --left)
      std::swap(items[left - 1], items[static_cast<std::size_t>(below(left))]);
  }

 private:
  static constexpr std::size_t kBufferBytes = 256;  // four blocks: one call for 32 numbers

  void refill();

  std::array<std::uint8_t, 32> seed_;
  std::array<std::uint8_t, kBufferBytes> buffer_;
  std::size_t used_ = kBufferBytes;
  std::uint32_t block_ = 0;
};

}  // namespace icpd::crypto
