// Ed25519 (RFC 8032): node keys, blocks, notarizations, query replies, and users.
//
// Accepted is what the strict reading of RFC 8032 accepts, so that all nodes answer alike for any
// bytes: s below the group order, the key canonical, neither key nor R of small order, R compared
// byte by byte (the equation without cofactor). libsodium does the arithmetic: verifying takes
// 50 µs where OpenSSL 3.0 takes 106 µs (docs/adr/0003-ed25519-from-libsodium.md). It is linked
// statically: which signatures count must not depend on the machine.
//
// Keys are plain bytes: there is nothing to prepare or cache for them.
#pragma once

#include "base/bytes.hpp"
#include "crypto/secret.hpp"

namespace icpd::crypto {

using Ed25519PublicKey = FixedBytes<struct Ed25519PublicKeyTag, 32>;
using Ed25519Signature = FixedBytes<struct Ed25519SignatureTag, 64>;

/// True if the signature over the message is valid under the key. Any bytes may come in.
[[nodiscard]] bool ed25519_verify(const Ed25519PublicKey& key, ByteView message,
                                  const Ed25519Signature& signature);

/// True for the canonical encoding of a point of the large prime-order group: what a registry
/// accepts as somebody's key. 46 µs. ed25519_verify doesn't need it.
[[nodiscard]] bool ed25519_is_valid_key(const Ed25519PublicKey& key);

class Ed25519SecretKey {
 public:
  using Seed = SecretBytes<32>;

  /// The key pair of RFC 8032, section 5.1.5, for this seed.
  explicit Ed25519SecretKey(const Seed& seed);

  [[nodiscard]] const Ed25519PublicKey& public_key() const { return public_key_; }
  /// Deterministic: the same message gives the same signature. 17 µs.
  [[nodiscard]] Ed25519Signature sign(ByteView message) const;
  /// What to store: from it the key can be made again.
  [[nodiscard]] Seed seed() const;
  [[nodiscard]] Ed25519SecretKey clone() const { return Ed25519SecretKey(seed()); }

 private:
  SecretBytes<64> expanded_;  // seed · public key
  Ed25519PublicKey public_key_;
};

}  // namespace icpd::crypto
