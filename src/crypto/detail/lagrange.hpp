// Lagrange coefficients at zero for small points. Only for the .cpp files of this folder.
//
// For points x_1..x_t the coefficients are L_i = prod_(j != i) x_j / (x_j - x_i). As elements of
// the field they have 255 bits. But they are quotients of small integers, and over their common
// denominator they are small integers themselves: 1, 2, 4 give 8/3, -2, 1/3 = (8, -6, 1) / 3. So
//
//   sum L_i·P_i = common · (sum w_i·P_i)      with short w_i and one long multiplication at most,
//
// which halves the time of combining 3 of 4 or 27 of 40 shares.
#pragma once

#include <blst.h>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"

namespace icpd::crypto::detail {

struct LagrangeWeights {
  /// |w_i|, little-endian, ceil(bits / 8) bytes each.
  Bytes magnitudes;
  std::vector<bool> negative;
  std::size_t bits = 0;
  blst_scalar common{};
  bool common_is_one = false;
};

/// Needs the points to be distinct and in [1, kCommitteeMax].
[[nodiscard]] LagrangeWeights lagrange_at_zero(std::span<const std::uint32_t> points);

}  // namespace icpd::crypto::detail
