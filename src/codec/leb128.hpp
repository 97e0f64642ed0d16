// LEB128: integers in groups of seven bits, least significant first, the high bit of a byte saying
// that another one follows. Signed numbers are two's complement; bit 6 of the last byte is the
// sign. Source: DWARF 4, section 7.6; used by Candid, WebAssembly and the certified state tree.
//
//   624485  -> E5 8E 26          -123456 -> C0 BB 78
//
// Policy: encoders write the shortest form. Decoders accept longer forms as long as the value fits
// the type, because Candid and WebAssembly do; a decoder that needs the shortest form (what is
// hashed) compares with the encoding of what it read. Bound: at most 19 bytes for 128 bits and 10
// for 64 bits, further padding is refused; numbers of any size are in codec/number.hpp.
#pragma once

#include "base/bytes.hpp"
#include "codec/cursor.hpp"

namespace icpd::codec {

using Uint128 = unsigned __int128;
using Int128 = __int128;

void append_leb128(Bytes& out, std::uint64_t value);
void append_leb128(Bytes& out, Uint128 value);
void append_sleb128(Bytes& out, std::int64_t value);
void append_sleb128(Bytes& out, Int128 value);

/// The shortest form alone, as the leaves of the state tree hold it.
[[nodiscard]] Bytes encode_leb128(std::uint64_t value);

/// Errors: input ends, the value has more bits than the type, or the form is too long.
[[nodiscard]] Decoded<std::uint32_t> read_leb128_u32(Cursor& in);
[[nodiscard]] Decoded<std::uint64_t> read_leb128_u64(Cursor& in);
[[nodiscard]] Decoded<Uint128> read_leb128_u128(Cursor& in);
[[nodiscard]] Decoded<std::int64_t> read_sleb128_i64(Cursor& in);
[[nodiscard]] Decoded<Int128> read_sleb128_i128(Cursor& in);

/// Exactly one number in its shortest form and nothing behind it.
[[nodiscard]] Decoded<std::uint64_t> decode_leb128_canonical(ByteView bytes);

}  // namespace icpd::codec
