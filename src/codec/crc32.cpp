#include "codec/crc32.hpp"

#include <array>

namespace icpd::codec {
namespace {

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit)
      value = (value >> 1) ^ ((value & 1) ? 0xEDB88320U : 0);
    table[i] = value;
  }
  return table;
}
constexpr auto kTable = make_table();

}  // namespace

std::uint32_t crc32(ByteView bytes) {
  std::uint32_t value = ~0U;
  for (const std::uint8_t byte : bytes)
    value = kTable[(value ^ byte) & 0xff] ^ (value >> 8);
  return ~value;
}

}  // namespace icpd::codec
