#include "codec/number.hpp"

#include <gtest/gtest.h>

#include "base/prng.hpp"

namespace icpd::codec {
namespace {

Bytes encoded(const Nat& nat) {
  Bytes out;
  nat.append_to(out);
  return out;
}
Bytes encoded(const Int& number) {
  Bytes out;
  number.append_to(out);
  return out;
}
template <typename T>
T decoded(const Bytes& bytes) {
  Cursor in(bytes);
  T value = T::read(in).value();
  EXPECT_TRUE(in.done());
  return value;
}

constexpr const char* kDecimals[] = {
    "0",
    "1",
    "127",
    "128",
    "999999",
    "1000000",
    "60000000000000000",
    "18446744073709551615",
    "18446744073709551616",
    "170141183460469231731687303715884105727",
    "170141183460469231731687303715884105728",
    "340282366920938463463374607431768211455",
    "340282366920938463463374607431768211456",
    "123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890",
};

TEST(Number, decimal_and_binary_forms_round_trip_in_every_width) {
  for (const std::string text : kDecimals) {
    const Nat nat = *Nat::from_decimal(text);
    EXPECT_EQ(nat.to_decimal(), text);
    EXPECT_EQ(decoded<Nat>(encoded(nat)), nat);
    for (const std::string sign : {"", "-"}) {
      if (text == "0" && sign == "-") continue;
      const Int number = *Int::from_decimal(sign + text);
      EXPECT_EQ(number.to_decimal(), sign + text);
      EXPECT_EQ(decoded<Int>(encoded(number)), number) << sign << text;
    }
  }
}

TEST(Number, agrees_with_the_fixed_width_encodings) {
  Prng prng(6);
  for (int i = 0; i < 5'000; ++i) {
    const Uint128 value =
        (static_cast<Uint128>(prng.next()) << 64 | prng.next()) >> prng.below(128);
    const auto integer = static_cast<Int128>(value);
    Bytes expected;
    append_leb128(expected, value);
    EXPECT_EQ(encoded(Nat(value)), expected);
    EXPECT_TRUE(decoded<Nat>(expected).to_u128() == value);
    expected.clear();
    append_sleb128(expected, integer);
    EXPECT_EQ(encoded(Int(integer)), expected);
    EXPECT_TRUE(decoded<Int>(expected).to_i128() == integer);
  }
}

TEST(Number, padding_is_dropped) {
  EXPECT_EQ(decoded<Nat>(Bytes{0x80, 0x80, 0x00}), Nat(0));
  EXPECT_EQ(decoded<Int>(Bytes{0xff, 0xff, 0x7f}), Int(-1));
  Bytes padded(100, 0x80);
  padded[0] = 0x85;
  padded.back() = 0;
  EXPECT_EQ(decoded<Nat>(padded), Nat(5));
}

TEST(Number, narrowing_says_when_it_fails) {
  EXPECT_EQ(Nat(UINT64_MAX).to_u64(), UINT64_MAX);
  EXPECT_EQ(Nat(static_cast<Uint128>(UINT64_MAX) + 1).to_u64(), std::nullopt);
  EXPECT_FALSE(Nat::from_decimal(kDecimals[12])->to_u128().has_value());
  EXPECT_EQ(Int(INT64_MIN).to_i64(), INT64_MIN);
  EXPECT_EQ(Int(static_cast<Int128>(INT64_MIN) - 1).to_i64(), std::nullopt);
  EXPECT_FALSE(Int::from_decimal(kDecimals[10])->to_i128().has_value());
  EXPECT_TRUE(Int::from_decimal(std::string("-") + kDecimals[10])->to_i128().has_value());
}

TEST(Number, orders_by_value) {
  for (std::size_t i = 0; i < std::size(kDecimals); ++i)
    for (std::size_t j = 0; j < std::size(kDecimals); ++j)
      EXPECT_TRUE((*Nat::from_decimal(kDecimals[i]) <=> *Nat::from_decimal(kDecimals[j])) ==
                  (i <=> j));
}

TEST(Number, refuses_numbers_above_its_bound_and_texts_that_are_none) {
  Bytes longest(kNumberBytesMax, 0xff);
  longest.back() = 0x7f;
  EXPECT_EQ(encoded(decoded<Nat>(longest)), longest);
  Bytes longer = longest;
  longer.insert(longer.begin(), 0x80);
  Cursor in(longer);
  EXPECT_FALSE(Nat::read(in).ok());
  EXPECT_FALSE(Nat::from_decimal(std::string(Nat::kDecimalDigitsMax + 1, '1')).has_value());
  for (const char* text : {"", "-", "+1", "1 ", "0x1", "--1"}) {
    EXPECT_FALSE(Nat::from_decimal(text).has_value());
    EXPECT_FALSE(Int::from_decimal(text).has_value());
  }
}

}  // namespace
}  // namespace icpd::codec
