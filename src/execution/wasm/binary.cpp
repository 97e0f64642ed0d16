#include "execution/wasm/binary.hpp"

namespace icpd::execution::wasm {

std::uint64_t Scanner::unsigned_leb(int bits) {
  std::uint64_t value = 0;
  for (int shift = 0; shift < bits; shift += 7) {
    if (at_ == end_) return fail("unexpected end"), 0;
    const std::uint8_t group = *at_++;
    const int room = bits - shift;
    if (room < 7 && (group & 0x7F) >> room != 0) return fail("integer too large"), 0;
    value |= std::uint64_t{group & 0x7FU} << shift;
    if (group < 0x80) return value;
  }
  fail("integer representation too long");
  return 0;
}

std::int64_t Scanner::signed_leb(int bits) {
  std::uint64_t value = 0;
  for (int shift = 0; shift < bits; shift += 7) {
    if (at_ == end_) return fail("unexpected end"), 0;
    const std::uint8_t group = *at_++;
    const int room = bits - shift;
    if (room < 7) {
      // The bits above the value's sign bit must repeat it.
      const unsigned above = (group & 0x7FU) >> (room - 1);
      const unsigned all_ones = 0x7FU >> (room - 1);
      if (above != 0 && above != all_ones) return fail("integer too large"), 0;
    }
    value |= std::uint64_t{group & 0x7FU} << shift;
    if (group < 0x80) {
      if (shift + 7 < 64 && (group & 0x40) != 0) value |= ~std::uint64_t{0} << (shift + 7);
      return static_cast<std::int64_t>(value);
    }
  }
  fail("integer representation too long");
  return 0;
}

void Emitter::u64(std::uint64_t value) {
  while (value >= 0x80) {
    out_.push_back(static_cast<std::uint8_t>(value | 0x80));
    value >>= 7;
  }
  out_.push_back(static_cast<std::uint8_t>(value));
}

void Emitter::s64(std::int64_t value) {
  while (value < -0x40 || value > 0x3F) {
    out_.push_back(static_cast<std::uint8_t>(value & 0x7F) | 0x80);
    value >>= 7;
  }
  out_.push_back(static_cast<std::uint8_t>(value & 0x7F));
}

}  // namespace icpd::execution::wasm
