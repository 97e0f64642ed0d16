// BLS signatures on BLS12-381 (draft-irtf-cfrg-bls-signature-05, minimal-signature-size, basic
// scheme): signatures in G1 (48 bytes), public keys in G2 (96 bytes), both compressed as ZCash and
// IETF do; messages hashed with DST BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_. It is what
// certificates of the Internet Computer carry (interface specification, "Certification").
//
// For a key and a message there is exactly one valid signature; that is why the random beacon can
// be one. Everything here takes bytes as they came: whatever isn't a point of the right group is
// refused, the point at infinity too. Figures are CPU time measured by bench/crypto_bench.
//
//   BlsSecretKey         signs
//   BlsPublicKey         a checked key, cheap to copy, verifies
//   PreparedBlsKey       a key that verifies often: its Miller loop lines are computed once
//   bls_verify_batch     many checks at once; bls_find_invalid names those that fail
//
// Secret scalars are handled in constant time, public data isn't.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/strong.hpp"
#include "crypto/secret.hpp"

namespace icpd::crypto {

/// As it came; valid or not.
using BlsSignature = FixedBytes<struct BlsSignatureTag, 48>;
/// As it came; valid or not. BlsPublicKey is the checked form.
using BlsPublicKeyBytes = FixedBytes<struct BlsPublicKeyTag, 96>;

/// The length of a subnet key as DER SubjectPublicKeyInfo with the algorithm identifiers
/// 1.3.6.1.4.1.44668.5.3.1.2.1 and 1.3.6.1.4.1.44668.5.3.2.1.
inline constexpr std::size_t kBlsDerBytes = 133;

/// A point of G2 in affine coordinates, in the library's own layout.
struct G2Point {
  std::array<std::uint64_t, 24> limbs{};
};

/// A point of G2 that is on the curve, of the right order and not at infinity.
class BlsPublicKey {
 public:
  /// Errors: not 96 bytes, not a compressed point, not in the group, infinity. 100 µs.
  [[nodiscard]] static Result<BlsPublicKey> decode(ByteView bytes);
  /// The 133 bytes of DER in their only form. Errors: another length, other identifiers; as decode.
  [[nodiscard]] static Result<BlsPublicKey> decode_der(ByteView der);

  [[nodiscard]] const BlsPublicKeyBytes& bytes() const { return bytes_; }
  [[nodiscard]] Bytes der() const { return der_of(bytes_); }
  [[nodiscard]] static Bytes der_of(const BlsPublicKeyBytes& bytes);
  [[nodiscard]] const G2Point& point() const { return point_; }

  [[nodiscard]] bool verify(ByteView message, const BlsSignature& signature) const;

  friend bool operator==(const BlsPublicKey& a, const BlsPublicKey& b) {
    return a.bytes_ == b.bytes_;
  }

 private:
  friend class BlsSecretKey;
  friend class ThresholdPublicKey;
  BlsPublicKey(const BlsPublicKeyBytes& bytes, const G2Point& point)
      : bytes_(bytes), point_(point) {}

  BlsPublicKeyBytes bytes_;
  G2Point point_;
};

/// A public key with 20 KB of precomputed lines, shared between copies. Preparing takes 72 µs; a
/// verification then takes 840 µs instead of 900.
class PreparedBlsKey {
 public:
  explicit PreparedBlsKey(const BlsPublicKey& key);

  [[nodiscard]] const BlsPublicKey& key() const { return key_; }
  [[nodiscard]] bool verify(ByteView message, const BlsSignature& signature) const;

 private:
  struct Lines;
  BlsPublicKey key_;
  std::shared_ptr<const Lines> lines_;
};

class BlsSecretKey {
 public:
  using Scalar = SecretBytes<32>;

  /// KeyGen of the draft, section 2.3. Needs seed.size() >= 32; `info` tells apart several keys of
  /// one seed.
  [[nodiscard]] static BlsSecretKey from_seed(ByteView seed, ByteView info = {});
  /// A big-endian scalar. Error: zero, or not below the group order.
  [[nodiscard]] static Result<BlsSecretKey> from_scalar(const Scalar& scalar);

  [[nodiscard]] BlsPublicKey public_key() const;
  [[nodiscard]] BlsSignature sign(ByteView message) const;
  /// Big-endian.
  [[nodiscard]] const Scalar& scalar() const { return scalar_; }
  [[nodiscard]] BlsSecretKey clone() const { return BlsSecretKey(scalar_.clone()); }

 private:
  explicit BlsSecretKey(Scalar scalar) : scalar_(std::move(scalar)) {}
  Scalar scalar_;
};

/// One signature to verify. Key and message are borrowed.
struct BlsCheck {
  const BlsPublicKey* key = nullptr;
  ByteView message;
  BlsSignature signature;
};

/// True if every check holds. False with certainty for a signature that isn't a point of G1, and
/// else with all but a chance of 2^-128: the checks are added up with coefficients drawn from a
/// hash of all inputs, so that the answer is a function of the inputs and nobody can aim at them.
/// One Miller loop for each distinct key or each distinct message, whichever are fewer.
[[nodiscard]] bool bls_verify_batch(std::span<const BlsCheck> checks);

/// That a batch is known not to hold, so that nobody verifies it as a whole again.
using KnownToFail = Flag<struct KnownToFailTag>;

/// The places of the checks that fail, ascending; none if the batch holds. Halves a batch that
/// fails: one liar among 40 shares of one message takes 20 ms, one by one they take 36 ms.
[[nodiscard]] std::vector<std::size_t> bls_find_invalid(std::span<const BlsCheck> checks,
                                                        KnownToFail known = KnownToFail{false});

}  // namespace icpd::crypto
