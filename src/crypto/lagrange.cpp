#include "crypto/detail/lagrange.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>

#include "crypto/transcript.hpp"

namespace icpd::crypto::detail {
namespace {

using Uint128 = unsigned __int128;

constexpr std::array<std::uint32_t, 31> kPrimes = {2,  3,  5,  7,   11,  13,  17,  19,  23, 29, 31,
                                                   37, 41, 43, 47,  53,  59,  61,  67,  71, 73, 79,
                                                   83, 89, 97, 101, 103, 107, 109, 113, 127};
static_assert(kPrimes.back() * 2 > kCommitteeMax, "every point and difference must factor");

// A positive rational number as powers of the primes above.
using Exponents = std::array<int, kPrimes.size()>;

void multiply(Exponents& exponents, std::uint32_t factor, int power) {
  for (std::size_t p = 0; p < kPrimes.size() && factor > 1; ++p) {
    while (factor % kPrimes[p] == 0) {
      factor /= kPrimes[p];
      exponents[p] += power;
    }
  }
  ensure(factor == 1, "points are at most kCommitteeMax");
}

std::optional<Uint128> integer_of(const Exponents& exponents, const Exponents& without) {
  Uint128 product = 1;
  for (std::size_t p = 0; p < kPrimes.size(); ++p) {
    for (int e = without[p]; e < exponents[p]; ++e) {
      if (__builtin_mul_overflow(product, Uint128{kPrimes[p]}, &product)) return std::nullopt;
    }
  }
  return product;
}

blst_fr field_of(std::uint64_t value) {
  const std::array<std::uint64_t, 4> limbs = {value, 0, 0, 0};
  blst_fr result;
  blst_fr_from_uint64(&result, limbs.data());
  return result;
}

blst_fr field_of(const Exponents& exponents) {
  blst_fr numerator = field_of(1);
  blst_fr denominator = field_of(1);
  for (std::size_t p = 0; p < kPrimes.size(); ++p) {
    const blst_fr prime = field_of(kPrimes[p]);
    blst_fr& side = exponents[p] < 0 ? denominator : numerator;
    for (int e = 0; e < std::abs(exponents[p]); ++e)
      blst_fr_mul(&side, &side, &prime);
  }
  blst_fr_inverse(&denominator, &denominator);
  blst_fr_mul(&numerator, &numerator, &denominator);
  return numerator;
}

blst_scalar scalar_of(const blst_fr& value) {
  blst_scalar scalar;
  blst_scalar_from_fr(&scalar, &value);
  return scalar;
}

std::size_t bits_of(Uint128 value) {
  const auto high = static_cast<std::uint64_t>(value >> 64);
  const auto low = static_cast<std::uint64_t>(value);
  return high != 0 ? 64 + static_cast<std::size_t>(std::bit_width(high))
                   : static_cast<std::size_t>(std::bit_width(low));
}

void append_weights(LagrangeWeights& out, std::span<const Uint128> weights) {
  for (Uint128 weight : weights)
    out.bits = std::max(out.bits, bits_of(weight));
  for (Uint128 weight : weights) {
    for (std::size_t byte = 0; byte < (out.bits + 7) / 8; ++byte)
      out.magnitudes.push_back(static_cast<std::uint8_t>(weight >> (8 * byte)));
  }
}

// For points so spread that the common denominator needs more than 128 bits.
void append_field_weights(LagrangeWeights& out, std::span<const Exponents> quotients) {
  out.bits = 255;
  for (const Exponents& quotient : quotients)
    append(out.magnitudes, ByteView(scalar_of(field_of(quotient)).b));
}

}  // namespace

LagrangeWeights lagrange_at_zero(std::span<const std::uint32_t> points) {
  ensure(!points.empty());
  LagrangeWeights result;
  std::vector<Exponents> quotients(points.size(), Exponents{});
  for (std::size_t i = 0; i < points.size(); ++i) {
    bool negative = false;
    for (std::size_t j = 0; j < points.size(); ++j) {
      if (i == j) continue;
      ensure(points[i] != points[j] && points[j] > 0, "points are distinct and positive");
      const bool below = points[j] < points[i];
      negative ^= below;
      multiply(quotients[i], points[j], 1);
      multiply(quotients[i], below ? points[i] - points[j] : points[j] - points[i], -1);
    }
    result.negative.push_back(negative);
  }

  Exponents common = quotients.front();
  for (const Exponents& quotient : quotients) {
    for (std::size_t p = 0; p < kPrimes.size(); ++p)
      common[p] = std::min(common[p], quotient[p]);
  }
  std::vector<Uint128> weights;
  for (const Exponents& quotient : quotients) {
    const auto weight = integer_of(quotient, common);
    if (!weight) break;
    weights.push_back(*weight);
  }
  if (weights.size() == quotients.size()) {
    append_weights(result, weights);
    result.common = scalar_of(field_of(common));
    result.common_is_one = common == Exponents{};
  } else {
    append_field_weights(result, quotients);
    result.common = scalar_of(field_of(std::uint64_t{1}));
    result.common_is_one = true;
  }
  return result;
}

}  // namespace icpd::crypto::detail
