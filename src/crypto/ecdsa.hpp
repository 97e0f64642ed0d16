// ECDSA with SHA-256 on secp256k1 and P-256 (FIPS 186-4; SEC 1): signatures of users.
//
// A signature is r · s, 32 bytes each, big-endian. Of the two values of s that verify, both are
// accepted, as the network does: who needs one signature for each message uses another scheme. A
// message is hashed with SHA-256 before it is signed.
//
// secp256k1 is computed by libsecp256k1, P-256 by OpenSSL. Verifying takes 37 µs and 84 µs,
// parsing the key included.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "crypto/secret.hpp"

namespace icpd::crypto {

/// r · s as they came; valid or not.
using EcdsaSignature = FixedBytes<struct EcdsaSignatureTag, 64>;
/// A point as SEC 1 writes it uncompressed: 04 · x · y. On the curve or not.
using Sec1Point = FixedBytes<struct Sec1PointTag, 65>;

/// False for any reason: key not on the curve or not uncompressed, r or s out of range, no match.
[[nodiscard]] bool secp256k1_verify(const Sec1Point& key, ByteView message,
                                    const EcdsaSignature& signature);
[[nodiscard]] bool p256_verify(const Sec1Point& key, ByteView message,
                               const EcdsaSignature& signature);

/// The uncompressed form of a secp256k1 key given as 33 bytes (02 or 03 · x) or 65 (04 · x · y).
/// Error: another length or form, or not on the curve.
[[nodiscard]] Result<Sec1Point> secp256k1_parse_key(ByteView sec1);

/// A user's secp256k1 key.
class Secp256k1SecretKey {
 public:
  using Scalar = SecretBytes<32>;

  /// A big-endian scalar. Error: zero, or not below the group order.
  [[nodiscard]] static Result<Secp256k1SecretKey> from_scalar(const Scalar& scalar);

  [[nodiscard]] Sec1Point public_key() const;
  /// Deterministic (RFC 6979), the smaller s.
  [[nodiscard]] EcdsaSignature sign(ByteView message) const;
  [[nodiscard]] const Scalar& scalar() const { return scalar_; }
  [[nodiscard]] Secp256k1SecretKey clone() const { return Secp256k1SecretKey(scalar_.clone()); }

 private:
  explicit Secp256k1SecretKey(Scalar scalar) : scalar_(std::move(scalar)) {}
  Scalar scalar_;
};

}  // namespace icpd::crypto
