#include "crypto/detail/lagrange.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <numeric>
#include <vector>

#include "base/prng.hpp"
#include "crypto/transcript.hpp"

namespace icpd::crypto::detail {
namespace {

blst_fr field_of(std::uint64_t value) {
  const std::array<std::uint64_t, 4> limbs = {value, 0, 0, 0};
  blst_fr result;
  blst_fr_from_uint64(&result, limbs.data());
  return result;
}

blst_fr field_of(ByteView little_endian) {
  blst_scalar scalar;
  blst_scalar_from_le_bytes(&scalar, little_endian.data(), little_endian.size());
  blst_fr result;
  blst_fr_from_scalar(&result, &scalar);
  return result;
}

// common · w_i
blst_fr coefficient(const LagrangeWeights& weights, std::size_t i) {
  const std::size_t stride = (weights.bits + 7) / 8;
  blst_fr result = field_of(ByteView(weights.magnitudes).subspan(i * stride, stride));
  blst_fr_cneg(&result, &result, weights.negative[i]);
  const blst_fr common = field_of(ByteView(weights.common.b));
  blst_fr_mul(&result, &result, &common);
  return result;
}

// The coefficients are right if they recover the value at zero of every polynomial; the powers of x
// are a basis: sum L_i = 1 and sum L_i·x_i^k = 0 for 0 < k < t.
void expect_interpolates(const std::vector<std::uint32_t>& points) {
  const LagrangeWeights weights = lagrange_at_zero(points);
  std::vector<blst_fr> terms;
  for (std::size_t i = 0; i < points.size(); ++i)
    terms.push_back(coefficient(weights, i));
  for (std::size_t k = 0; k < points.size(); ++k) {
    blst_fr sum = field_of(std::uint64_t{0});
    for (std::size_t i = 0; i < points.size(); ++i) {
      blst_fr_add(&sum, &sum, &terms[i]);
      const blst_fr x = field_of(std::uint64_t{points[i]});
      blst_fr_mul(&terms[i], &terms[i], &x);
    }
    std::array<std::uint64_t, 4> value;
    blst_uint64_from_fr(value.data(), &sum);
    EXPECT_EQ(value, (std::array<std::uint64_t, 4>{k == 0 ? 1u : 0u, 0, 0, 0})) << "power " << k;
  }
}

TEST(Lagrange, weights_of_1_2_4_are_8_minus_6_and_1_over_3) {
  const LagrangeWeights weights = lagrange_at_zero(std::vector<std::uint32_t>{1, 2, 4});
  EXPECT_EQ(weights.bits, 4u);
  EXPECT_EQ(weights.magnitudes, (Bytes{8, 6, 1}));
  EXPECT_EQ(weights.negative, (std::vector<bool>{false, true, false}));
  EXPECT_FALSE(weights.common_is_one);
}

TEST(Lagrange, weights_of_neighbours_are_binomials) {
  const LagrangeWeights weights = lagrange_at_zero(std::vector<std::uint32_t>{1, 2, 3, 4});
  EXPECT_EQ(weights.magnitudes, (Bytes{4, 6, 4, 1}));
  EXPECT_TRUE(weights.common_is_one);
}

TEST(Lagrange, recovers_every_polynomial_from_any_points) {
  Prng prng(3);
  for (const auto& [members, threshold] : {std::pair{1u, 1u}, {4u, 3u}, {13u, 9u}, {40u, 27u}}) {
    std::vector<std::uint32_t> points(members);
    std::iota(points.begin(), points.end(), 1u);
    for (int round = 0; round < 5; ++round) {
      for (std::size_t i = points.size(); i > 1; --i)
        std::swap(points[i - 1], points[prng.below(i)]);
      expect_interpolates({points.begin(), points.begin() + threshold});
    }
  }
}

TEST(Lagrange, stays_short_for_committees_of_40_and_falls_back_above) {
  const auto not_divisible_by_3 = [](std::uint32_t last) {
    std::vector<std::uint32_t> points;
    for (std::uint32_t x = 1; x <= last; ++x) {
      if (x % 3 != 0) points.push_back(x);
    }
    return points;
  };
  const std::vector<std::uint32_t> forty = not_divisible_by_3(40);
  ASSERT_EQ(forty.size(), 27u);
  EXPECT_LE(lagrange_at_zero(forty).bits, 128u);
  const std::vector<std::uint32_t> largest = not_divisible_by_3(kCommitteeMax);
  EXPECT_EQ(lagrange_at_zero(largest).bits, 255u);
  expect_interpolates(largest);
}

}  // namespace
}  // namespace icpd::crypto::detail
