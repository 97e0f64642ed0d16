// Signatures of users under DER-encoded keys, whatever their scheme (interface specification,
// "Signatures"): Ed25519, ECDSA on P-256 and secp256k1, WebAuthn.
//
// Canister signatures need certificates and are verified in certification/; parse_user_key tells
// them apart, verify refuses them.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace icpd::crypto {

enum class UserKeyKind : std::uint8_t {
  kEd25519,
  kEcdsaP256,
  kEcdsaSecp256k1,
  kWebAuthn,
  kCanisterSignature,
};

struct UserKey {
  UserKeyKind kind;
  /// What the DER wraps: 32 bytes for Ed25519, 65 for ECDSA, a COSE_Key for WebAuthn, and for
  /// canister signatures length · canister id · seed. A view into the DER.
  ByteView key;
};

/// Errors: not DER of a public key; an algorithm that users can't sign with; for Ed25519 and ECDSA
/// a key of another length or form. Points are checked when they verify, COSE keys too.
[[nodiscard]] Result<UserKey> parse_user_key(ByteView der);

/// Error unless `signature` is one over `message` under the key. `message` is what is signed:
/// domain included (message_in_domain, crypto/hash.hpp). Errors also for canister signatures.
[[nodiscard]] Status<> verify_user_signature(const UserKey& key, ByteView message,
                                             ByteView signature);
[[nodiscard]] Status<> verify_user_signature(ByteView key_der, ByteView message,
                                             ByteView signature);

}  // namespace icpd::crypto
