#include "codec/number.hpp"

#include <algorithm>

namespace icpd::codec {
namespace {

constexpr std::size_t kSmallDigits = 19;  // ceil(128 / 7)

struct Groups {
  /// Seven bits each, least significant first, as they stood.
  Bytes digits;
  bool sign = false;
};

Decoded<Groups> read_groups(Cursor& in) {
  Groups groups;
  for (std::size_t i = 0; i < kNumberBytesMax; ++i) {
    const std::uint8_t byte = TRY(in.byte());
    groups.digits.push_back(byte & 0x7f);
    groups.sign = (byte & 0x40) != 0;
    if ((byte & 0x80) == 0) return groups;
  }
  return Err(in.error("number is too large"));
}

void drop_leading_zeros(Bytes& digits) {
  while (!digits.empty() && digits.back() == 0)
    digits.pop_back();
}

/// 128^size - digits: two's complement of a fixed width.
void negate(Bytes& digits) {
  unsigned carry = 1;
  for (std::uint8_t& digit : digits) {
    const unsigned sum = (~digit & 0x7fU) + carry;
    digit = sum & 0x7f;
    carry = sum >> 7;
  }
}

void append_groups(Bytes& out, ByteView digits) {
  for (std::size_t i = 0; i + 1 < digits.size(); ++i)
    out.push_back(digits[i] | 0x80);
  out.push_back(digits.back());
}

/// digits = digits * factor + addend.
void multiply_add(Bytes& digits, std::uint32_t factor, std::uint32_t addend) {
  std::uint64_t carry = addend;
  for (std::uint8_t& digit : digits) {
    carry += std::uint64_t{digit} * factor;
    digit = carry & 0x7f;
    carry >>= 7;
  }
  for (; carry != 0; carry >>= 7)
    digits.push_back(carry & 0x7f);
}

/// digits = digits / divisor; the remainder is returned.
std::uint32_t divide(Bytes& digits, std::uint32_t divisor) {
  std::uint64_t rest = 0;
  for (std::size_t i = digits.size(); i-- > 0;) {
    rest = (rest << 7) | digits[i];
    digits[i] = static_cast<std::uint8_t>(rest / divisor);
    rest %= divisor;
  }
  drop_leading_zeros(digits);
  return static_cast<std::uint32_t>(rest);
}

constexpr std::uint32_t kDecimalChunk = 1'000'000;
constexpr std::size_t kDecimalChunkDigits = 6;

}  // namespace

Nat Nat::from_digits(Bytes digits) {
  drop_leading_zeros(digits);
  Nat nat;
  if (digits.size() > kSmallDigits || (digits.size() == kSmallDigits && digits.back() > 3)) {
    nat.large_ = std::make_shared<const Bytes>(std::move(digits));
    return nat;
  }
  for (std::size_t i = digits.size(); i-- > 0;)
    nat.small_ = (nat.small_ << 7) | digits[i];
  return nat;
}

Bytes Nat::digits() const {
  if (large_) return *large_;
  Bytes digits;
  for (Uint128 rest = small_; rest != 0; rest >>= 7)
    digits.push_back(rest & 0x7f);
  return digits;
}

Decoded<Nat> Nat::read(Cursor& in) {
  return from_digits(TRY(read_groups(in)).digits);
}

void Nat::append_to(Bytes& out) const {
  if (large_) {
    append_groups(out, *large_);
  } else {
    append_leb128(out, small_);
  }
}

std::optional<std::uint64_t> Nat::to_u64() const {
  if (large_ || small_ > UINT64_MAX) return std::nullopt;
  return static_cast<std::uint64_t>(small_);
}

std::optional<Uint128> Nat::to_u128() const {
  if (large_) return std::nullopt;
  return small_;
}

std::string Nat::to_decimal() const {
  std::string reversed;
  Bytes rest = digits();
  do {
    std::uint32_t chunk = divide(rest, kDecimalChunk);
    for (std::size_t i = 0; i < kDecimalChunkDigits; ++i, chunk /= 10)
      reversed.push_back(static_cast<char>('0' + chunk % 10));
  } while (!rest.empty());
  while (reversed.size() > 1 && reversed.back() == '0')
    reversed.pop_back();
  std::ranges::reverse(reversed);
  return reversed;
}

std::optional<Nat> Nat::from_decimal(std::string_view text) {
  if (text.empty() || text.size() > kDecimalDigitsMax) return std::nullopt;
  Bytes digits;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    multiply_add(digits, 10, static_cast<std::uint32_t>(c - '0'));
  }
  return from_digits(std::move(digits));
}

std::strong_ordering operator<=>(const Nat& a, const Nat& b) {
  if (!a.large_ && !b.large_) return a.small_ <=> b.small_;
  const Bytes x = a.digits();
  const Bytes y = b.digits();
  if (x.size() != y.size()) return x.size() <=> y.size();
  return std::lexicographical_compare_three_way(x.rbegin(), x.rend(), y.rbegin(), y.rend());
}

Int::Int(Int128 value)
    : magnitude_(value < 0 ? ~static_cast<Uint128>(value) + 1 : static_cast<Uint128>(value)),
      negative_(value < 0) {}

Int::Int(Nat magnitude, bool negative)
    : magnitude_(std::move(magnitude)), negative_(negative && magnitude_ != Nat()) {}

Decoded<Int> Int::read(Cursor& in) {
  Groups groups = TRY(read_groups(in));
  if (groups.sign) negate(groups.digits);
  return Int(Nat::from_digits(std::move(groups.digits)), groups.sign);
}

void Int::append_to(Bytes& out) const {
  Bytes digits = magnitude_.digits();
  digits.push_back(0);  // room for the sign
  if (negative_) negate(digits);
  const std::uint8_t fill = negative_ ? 0x7f : 0;
  const std::uint8_t sign = negative_ ? 0x40 : 0;
  while (digits.size() > 1 && digits.back() == fill && (digits[digits.size() - 2] & 0x40) == sign)
    digits.pop_back();
  append_groups(out, digits);
}

std::optional<std::int64_t> Int::to_i64() const {
  const auto wide = to_i128();
  if (!wide || *wide < INT64_MIN || *wide > INT64_MAX) return std::nullopt;
  return static_cast<std::int64_t>(*wide);
}

std::optional<Int128> Int::to_i128() const {
  constexpr Uint128 kTop = static_cast<Uint128>(1) << 127;
  const auto magnitude = magnitude_.to_u128();
  if (!magnitude || *magnitude > kTop || (*magnitude == kTop && !negative_)) return std::nullopt;
  return static_cast<Int128>(negative_ ? ~*magnitude + 1 : *magnitude);
}

std::string Int::to_decimal() const {
  return (negative_ ? "-" : "") + magnitude_.to_decimal();
}

std::optional<Int> Int::from_decimal(std::string_view text) {
  const bool negative = text.starts_with('-');
  auto magnitude = Nat::from_decimal(text.substr(negative ? 1 : 0));
  if (!magnitude) return std::nullopt;
  return Int(std::move(*magnitude), negative);
}

std::string to_decimal(Uint128 value) {
  return Nat(value).to_decimal();
}

}  // namespace icpd::codec
