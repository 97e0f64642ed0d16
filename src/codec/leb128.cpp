#include "codec/leb128.hpp"

#include <type_traits>

namespace icpd::codec {
namespace {

template <typename T>
void append_unsigned(Bytes& out, T value) {
  while (value >= 0x80) {
    out.push_back(static_cast<std::uint8_t>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<std::uint8_t>(value));
}

template <typename T>
void append_signed(Bytes& out, T value) {
  for (;;) {
    const auto group = static_cast<std::uint8_t>(value & 0x7f);
    value >>= 7;
    const bool sign_bit = (group & 0x40) != 0;
    if ((value == 0 && !sign_bit) || (value == -1 && sign_bit)) {
      out.push_back(group);
      return;
    }
    out.push_back(group | 0x80);
  }
}

template <typename T>
constexpr unsigned kGroupsMax = (sizeof(T) * 8 + 6) / 7;

template <typename T>
Decoded<T> read_unsigned(Cursor& in) {
  constexpr unsigned kBits = sizeof(T) * 8;
  T value = 0;
  for (unsigned i = 0; i < kGroupsMax<T>; ++i) {
    const std::uint8_t byte = TRY(in.byte());
    const unsigned shift = 7 * i;
    const std::uint8_t group = byte & 0x7f;
    const unsigned room = kBits - shift;
    if (room < 7 && (group >> room) != 0) return Err(in.error("LEB128 number is too large"));
    value |= static_cast<T>(group) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  return Err(in.error("LEB128 number is too long"));
}

/// Unsigned is the type of the same width; bits are gathered there, where shifts are defined.
template <typename T, typename Unsigned>
Decoded<T> read_signed(Cursor& in) {
  constexpr unsigned kBits = sizeof(T) * 8;
  Unsigned value = 0;
  for (unsigned i = 0; i < kGroupsMax<T>; ++i) {
    const std::uint8_t byte = TRY(in.byte());
    const unsigned shift = 7 * i;
    const std::uint8_t group = byte & 0x7f;
    value |= static_cast<Unsigned>(group) << shift;
    const bool last = (byte & 0x80) == 0;
    const bool negative = (group & 0x40) != 0;
    const unsigned room = kBits - shift;
    if (room < 7) {
      // The bits beyond the type and its sign bit must all be equal.
      const auto beyond = static_cast<std::uint8_t>(group >> (room - 1));
      const auto all = static_cast<std::uint8_t>(0x7f >> (room - 1));
      if (beyond != 0 && beyond != all) return Err(in.error("LEB128 number is too large"));
    }
    if (!last) continue;
    if (negative && shift + 7 < kBits) value |= ~Unsigned{0} << (shift + 7);
    return static_cast<T>(value);
  }
  return Err(in.error("LEB128 number is too long"));
}

}  // namespace

void append_leb128(Bytes& out, std::uint64_t value) {
  append_unsigned(out, value);
}
void append_leb128(Bytes& out, Uint128 value) {
  append_unsigned(out, value);
}
void append_sleb128(Bytes& out, std::int64_t value) {
  append_signed(out, value);
}
void append_sleb128(Bytes& out, Int128 value) {
  append_signed(out, value);
}

Bytes encode_leb128(std::uint64_t value) {
  Bytes out;
  append_leb128(out, value);
  return out;
}

Decoded<std::uint32_t> read_leb128_u32(Cursor& in) {
  return read_unsigned<std::uint32_t>(in);
}
Decoded<std::uint64_t> read_leb128_u64(Cursor& in) {
  return read_unsigned<std::uint64_t>(in);
}
Decoded<Uint128> read_leb128_u128(Cursor& in) {
  return read_unsigned<Uint128>(in);
}
Decoded<std::int64_t> read_sleb128_i64(Cursor& in) {
  return read_signed<std::int64_t, std::uint64_t>(in);
}
Decoded<Int128> read_sleb128_i128(Cursor& in) {
  return read_signed<Int128, Uint128>(in);
}

Decoded<std::uint64_t> decode_leb128_canonical(ByteView bytes) {
  Cursor in(bytes);
  const std::uint64_t value = TRY(read_leb128_u64(in));
  if (!in.done()) return Err(in.error("bytes behind a LEB128 number"));
  if (bytes.size() > 1 && bytes.back() == 0) return Err(in.error("LEB128 number is not shortest"));
  return value;
}

}  // namespace icpd::codec
