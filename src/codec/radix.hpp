// The common part of Base32 and Base64: bits regrouped into characters of an alphabet. Internal to
// codec; callers include codec/base32.hpp or codec/base64.hpp.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace icpd::codec::detail {

/// Position of each character in the alphabet, 0xff for all others.
using RadixTable = std::array<std::uint8_t, 256>;

constexpr RadixTable make_radix_table(std::string_view alphabet, bool both_cases) {
  RadixTable table{};
  table.fill(0xff);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    const char c = alphabet[i];
    table[static_cast<std::uint8_t>(c)] = static_cast<std::uint8_t>(i);
    if (both_cases && c >= 'a' && c <= 'z')
      table[static_cast<std::uint8_t>(c - 'a' + 'A')] = static_cast<std::uint8_t>(i);
  }
  return table;
}

template <unsigned kBits>
std::string radix_encode(ByteView bytes, std::string_view alphabet) {
  std::string out;
  out.reserve((bytes.size() * 8 + kBits - 1) / kBits);
  std::uint32_t buffer = 0;
  unsigned filled = 0;
  constexpr std::uint32_t kMask = (1U << kBits) - 1;
  for (const std::uint8_t byte : bytes) {
    buffer = (buffer << 8) | byte;
    filled += 8;
    while (filled >= kBits) {
      filled -= kBits;
      out.push_back(alphabet[(buffer >> filled) & kMask]);
    }
  }
  if (filled > 0) out.push_back(alphabet[(buffer << (kBits - filled)) & kMask]);
  return out;
}

template <unsigned kBits>
std::optional<Bytes> radix_decode(std::string_view text, const RadixTable& table) {
  Bytes out;
  out.reserve(text.size() * kBits / 8);
  std::uint32_t buffer = 0;
  unsigned filled = 0;
  for (const char c : text) {
    const std::uint8_t digit = table[static_cast<std::uint8_t>(c)];
    if (digit == 0xff) return std::nullopt;
    buffer = (buffer << kBits) | digit;
    filled += kBits;
    if (filled >= 8) {
      filled -= 8;
      out.push_back(static_cast<std::uint8_t>(buffer >> filled));
    }
  }
  // A whole character left over encodes nothing; bits left over must be 0.
  if (filled >= kBits || (buffer & ((1U << filled) - 1)) != 0) return std::nullopt;
  return out;
}

}  // namespace icpd::codec::detail
