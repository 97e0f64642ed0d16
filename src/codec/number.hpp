// Numbers of any size, as Candid's nat and int are: held, compared, converted and printed, but not
// calculated with.
//
// Bound: kNumberBytesMax bytes of LEB128 (28,672 bits). Larger ones are refused when read; nothing
// that the system itself interprets has more than 128 bits.
#pragma once

#include <compare>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "codec/leb128.hpp"

namespace icpd::codec {

inline constexpr std::size_t kNumberBytesMax = 4096;

/// A natural number. Up to 128 bits it needs no allocation.
class Nat {
 public:
  Nat() = default;
  // NOLINTNEXTLINE: a number is a number
  Nat(Uint128 value) : small_(value) {}

  /// Reads unsigned LEB128, padding accepted.
  [[nodiscard]] static Decoded<Nat> read(Cursor& in);
  /// Appends the shortest unsigned LEB128.
  void append_to(Bytes& out) const;

  /// Nothing if the number has more bits.
  [[nodiscard]] std::optional<std::uint64_t> to_u64() const;
  [[nodiscard]] std::optional<Uint128> to_u128() const;

  [[nodiscard]] std::string to_decimal() const;
  /// Digits only, at most kDecimalDigitsMax. Nothing for anything else.
  static constexpr std::size_t kDecimalDigitsMax = 8000;
  [[nodiscard]] static std::optional<Nat> from_decimal(std::string_view text);

  friend bool operator==(const Nat& a, const Nat& b) { return (a <=> b) == 0; }
  friend std::strong_ordering operator<=>(const Nat& a, const Nat& b);

 private:
  friend class Int;
  /// Base-128 digits, least significant first; leading zeros are dropped.
  [[nodiscard]] static Nat from_digits(Bytes digits);
  [[nodiscard]] Bytes digits() const;

  Uint128 small_ = 0;
  /// Digits of a number over 128 bits, whose small_ is then unused; else null.
  std::shared_ptr<const Bytes> large_;
};

/// An integer: sign and magnitude, zero is not negative.
class Int {
 public:
  Int() = default;
  // NOLINTNEXTLINE: a number is a number
  Int(Int128 value);
  explicit Int(Nat magnitude, bool negative = false);

  /// Reads signed LEB128, padding accepted.
  [[nodiscard]] static Decoded<Int> read(Cursor& in);
  /// Appends the shortest signed LEB128.
  void append_to(Bytes& out) const;

  [[nodiscard]] bool negative() const { return negative_; }
  [[nodiscard]] const Nat& magnitude() const { return magnitude_; }
  /// Nothing if the number doesn't fit.
  [[nodiscard]] std::optional<std::int64_t> to_i64() const;
  [[nodiscard]] std::optional<Int128> to_i128() const;

  [[nodiscard]] std::string to_decimal() const;
  /// Digits, with a minus sign or without.
  [[nodiscard]] static std::optional<Int> from_decimal(std::string_view text);

  friend bool operator==(const Int& a, const Int& b) = default;

 private:
  Nat magnitude_;
  bool negative_ = false;
};

/// Decimal digits of a 128-bit number, which the standard library can't print.
[[nodiscard]] std::string to_decimal(Uint128 value);

}  // namespace icpd::codec
