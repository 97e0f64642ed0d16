#include "base/prng.hpp"

#include <algorithm>
#include <bit>

namespace icpd {

Prng::Prng(std::uint64_t seed) {
  for (std::uint64_t& word : state_) {
    seed += 0x9E3779B97F4A7C15;
    std::uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    word = z ^ (z >> 31);
  }
}

std::uint64_t Prng::next() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

std::uint64_t Prng::below(std::uint64_t bound) {
  ensure(bound > 0);
  const std::uint64_t unfair = (0 - bound) % bound;  // 2^64 mod bound
  for (;;) {
    const std::uint64_t draw = next();
    if (draw >= unfair) return draw % bound;
  }
}

std::uint64_t Prng::between(std::uint64_t low, std::uint64_t high) {
  ensure(low <= high);
  const std::uint64_t width = high - low;
  return width == UINT64_MAX ? next() : low + below(width + 1);
}

bool Prng::chance(std::uint64_t numerator, std::uint64_t denominator) {
  return below(denominator) < numerator;
}

void Prng::fill(MutableByteView out) {
  for (std::size_t i = 0; i < out.size(); i += 8) {
    const std::uint64_t word = next();
    std::memcpy(out.data() + i, &word, std::min<std::size_t>(8, out.size() - i));
  }
}

Bytes Prng::bytes(std::size_t size) {
  Bytes result(size);
  fill(result);
  return result;
}

Prng Prng::fork() {
  return Prng(next());
}

}  // namespace icpd
