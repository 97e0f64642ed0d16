// Between the library's points and ours. Only for the .cpp files of this folder.
#pragma once

#include <bit>
#include <blst.h>
#include <optional>

#include "crypto/bls.hpp"

namespace icpd::crypto::detail {

inline constexpr std::string_view kBlsDst = "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_";
inline constexpr std::size_t kScalarBits = 255;

static_assert(sizeof(blst_p2_affine) == sizeof(G2Point));

[[nodiscard]] inline blst_p2_affine to_blst(const G2Point& point) {
  return std::bit_cast<blst_p2_affine>(point);
}
[[nodiscard]] inline G2Point from_blst(const blst_p2_affine& point) {
  return std::bit_cast<G2Point>(point);
}

/// H(message) in G1.
[[nodiscard]] blst_p1_affine hash_to_g1(ByteView message);

/// A point on the curve other than infinity; its order is not checked. 17 µs.
[[nodiscard]] std::optional<blst_p1_affine> signature_on_curve(const BlsSignature& bytes);
/// A point of G1 other than infinity. 67 µs.
[[nodiscard]] std::optional<blst_p1_affine> signature_point(const BlsSignature& bytes);

[[nodiscard]] BlsSignature compress(const blst_p1& point);

/// e(hash, key) == e(signature, generator).
[[nodiscard]] bool pairing_holds(const blst_p1_affine& hash, const blst_p2_affine& key,
                                 const blst_p1_affine& signature);

/// Sum of weight[i]·point[i]; weights little-endian of `bits` bits. Needs points; weights' size is
/// points' size times ceil(bits / 8).
[[nodiscard]] blst_p1 weighted_sum(std::span<const blst_p1_affine> points, ByteView weights,
                                   std::size_t bits);
[[nodiscard]] blst_p2 weighted_sum(std::span<const blst_p2_affine> points, ByteView weights,
                                   std::size_t bits);

}  // namespace icpd::crypto::detail
