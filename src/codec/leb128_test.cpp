#include "codec/leb128.hpp"

#include <gtest/gtest.h>

#include "base/prng.hpp"

namespace icpd::codec {
namespace {

Bytes hex(std::string_view text) {
  return *from_hex(text);
}

template <typename T, typename Read>
Decoded<T> read_all(const Bytes& bytes, Read read) {
  Cursor in(bytes);
  auto value = read(in);
  if (value.ok() && !in.done()) return Err(in.error("bytes left"));
  return value;
}
Decoded<std::uint64_t> u64(std::string_view text) {
  return read_all<std::uint64_t>(hex(text), read_leb128_u64);
}
Decoded<std::int64_t> i64(std::string_view text) {
  return read_all<std::int64_t>(hex(text), read_sleb128_i64);
}

// Vectors: interface specification, "Representation-independent hashing", and DWARF 4 figure 22/23.
TEST(Leb128, encodes_the_published_vectors) {
  const std::pair<std::uint64_t, const char*> rows[] = {{0, "00"},
                                                        {2, "02"},
                                                        {127, "7f"},
                                                        {128, "8001"},
                                                        {129, "8101"},
                                                        {12857, "b964"},
                                                        {624485, "e58e26"},
                                                        {1685570400000000000, "8080a7bf92ab96b217"},
                                                        {UINT64_MAX, "ffffffffffffffffff01"}};
  for (const auto& [value, text] : rows) {
    EXPECT_EQ(to_hex(encode_leb128(value)), text);
    EXPECT_EQ(u64(text).value(), value);
  }
}

TEST(Leb128, encodes_the_published_signed_vectors) {
  const std::pair<std::int64_t, const char*> rows[] = {{0, "00"},
                                                       {2, "02"},
                                                       {-2, "7e"},
                                                       {127, "ff00"},
                                                       {-127, "817f"},
                                                       {128, "8001"},
                                                       {-128, "807f"},
                                                       {-123456, "c0bb78"},
                                                       {INT64_MIN, "8080808080808080807f"},
                                                       {INT64_MAX, "ffffffffffffffffff00"}};
  for (const auto& [value, text] : rows) {
    Bytes out;
    append_sleb128(out, value);
    EXPECT_EQ(to_hex(out), text);
    EXPECT_EQ(i64(text).value(), value);
  }
}

TEST(Leb128, accepts_padding_that_fits_the_type) {
  EXPECT_EQ(u64("8000").value(), 0u);
  EXPECT_EQ(u64("80808080808080808000").value(), 0u);
  EXPECT_EQ(i64("ff7f").value(), -1);
  EXPECT_EQ(i64("ffffffffffffffffff7f").value(), -1);
}

TEST(Leb128, rejects_what_the_type_cannot_hold) {
  EXPECT_FALSE(u64("ffffffffffffffffff02").ok());
  EXPECT_FALSE(u64("8080808080808080808000").ok());
  EXPECT_FALSE(i64("80808080808080808001").ok());
  EXPECT_FALSE(i64("ffffffffffffffffff7e").ok());
  Cursor in32(ByteView{});
  EXPECT_FALSE(read_leb128_u32(in32).ok());
  EXPECT_FALSE(read_all<std::uint32_t>(hex("8080808010"), read_leb128_u32).ok());
  EXPECT_EQ(read_all<std::uint32_t>(hex("ffffffff0f"), read_leb128_u32).value(), UINT32_MAX);
}

TEST(Leb128, rejects_an_end_inside_a_number) {
  EXPECT_FALSE(u64("").ok());
  EXPECT_FALSE(u64("80").ok());
  EXPECT_FALSE(i64("ff").ok());
}

TEST(Leb128, canonical_decoding_accepts_only_the_encoders_form) {
  EXPECT_EQ(decode_leb128_canonical(hex("e58e26")).value(), 624485u);
  EXPECT_FALSE(decode_leb128_canonical(hex("e58ea600")).ok());
  EXPECT_FALSE(decode_leb128_canonical(hex("00e5")).ok());
  EXPECT_FALSE(decode_leb128_canonical({}).ok());
}

TEST(Leb128, round_trips_random_numbers_of_all_widths) {
  Prng prng(1);
  for (int i = 0; i < 20'000; ++i) {
    const Uint128 wide = (static_cast<Uint128>(prng.next()) << 64 | prng.next()) >> prng.below(128);
    Bytes out;
    append_leb128(out, wide);
    append_leb128(out, static_cast<std::uint64_t>(wide));
    append_sleb128(out, static_cast<Int128>(wide));
    append_sleb128(out, -static_cast<Int128>(wide >> 1));
    append_sleb128(out, static_cast<std::int64_t>(wide));
    Cursor in(out);
    EXPECT_TRUE(read_leb128_u128(in).value() == wide);
    EXPECT_EQ(read_leb128_u64(in).value(), static_cast<std::uint64_t>(wide));
    EXPECT_TRUE(read_sleb128_i128(in).value() == static_cast<Int128>(wide));
    EXPECT_TRUE(read_sleb128_i128(in).value() == -static_cast<Int128>(wide >> 1));
    EXPECT_EQ(read_sleb128_i64(in).value(), static_cast<std::int64_t>(wide));
    EXPECT_TRUE(in.done());
  }
}

}  // namespace
}  // namespace icpd::codec
