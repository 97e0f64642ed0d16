// A seeded generator for simulation, tests and load: the same seed gives the same numbers on every
// machine. xoshiro256** by Blackman and Vigna, seeded through SplitMix64 (public domain
// constructions, "Scrambled linear pseudorandom number generators", 2019).
//
// Not for keys, nonces or anything that must not be guessed; that is io::Entropy.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.hpp"

namespace icpd {

class Prng {
 public:
  explicit Prng(std::uint64_t seed);

  [[nodiscard]] std::uint64_t next();
  /// Uniform in [0, bound). Needs bound > 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);
  /// Uniform in [low, high]. Needs low <= high.
  [[nodiscard]] std::uint64_t between(std::uint64_t low, std::uint64_t high);
  /// True with probability numerator / denominator.
  [[nodiscard]] bool chance(std::uint64_t numerator, std::uint64_t denominator);
  void fill(MutableByteView out);
  [[nodiscard]] Bytes bytes(std::size_t size);
  /// An independent generator, for a part that must not disturb the others' draws.
  [[nodiscard]] Prng fork();

 private:
  std::array<std::uint64_t, 4> state_;
};

}  // namespace icpd
