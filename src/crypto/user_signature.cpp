#include "crypto/user_signature.hpp"

#include "codec/der.hpp"
#include "crypto/ecdsa.hpp"
#include "crypto/ed25519.hpp"
#include "crypto/webauthn.hpp"

namespace icpd::crypto {
namespace {

using codec::der::KeyAlgorithm;

Result<UserKey> parse_point(UserKeyKind kind, ByteView key) {
  if (key.size() != Sec1Point::kSize || key[0] != 0x04)
    return Err("public key: an ECDSA point must be uncompressed, 04 and 64 bytes");
  return UserKey{kind, key};
}

Result<UserKey> parse_ed25519(ByteView key) {
  if (key.size() != Ed25519PublicKey::kSize)
    return Err("public key: Ed25519 needs 32 bytes, has " + std::to_string(key.size()));
  return UserKey{UserKeyKind::kEd25519, key};
}

Status<> verify_ed25519(ByteView key, ByteView message, ByteView signature) {
  const auto fixed = Ed25519Signature::from(signature);
  if (!fixed) return Err("Ed25519 signature: not 64 bytes");
  if (!ed25519_verify(*Ed25519PublicKey::from(key), message, *fixed))
    return Err("Ed25519 signature: not valid");
  return {};
}

Status<> verify_ecdsa(bool (*verify)(const Sec1Point&, ByteView, const EcdsaSignature&),
                      ByteView key, ByteView message, ByteView signature) {
  const auto fixed = EcdsaSignature::from(signature);
  if (!fixed) return Err("ECDSA signature: not 64 bytes");
  if (!verify(*Sec1Point::from(key), message, *fixed)) return Err("ECDSA signature: not valid");
  return {};
}

}  // namespace

Result<UserKey> parse_user_key(ByteView der) {
  const auto parsed = codec::der::parse_public_key(der);
  if (!parsed) return Err(Error(parsed.error()).within("public key"));
  switch (parsed->algorithm) {
    case KeyAlgorithm::kEd25519:
      return parse_ed25519(parsed->key);
    case KeyAlgorithm::kEcdsaP256:
      return parse_point(UserKeyKind::kEcdsaP256, parsed->key);
    case KeyAlgorithm::kEcdsaSecp256k1:
      return parse_point(UserKeyKind::kEcdsaSecp256k1, parsed->key);
    case KeyAlgorithm::kCose:
      return UserKey{UserKeyKind::kWebAuthn, parsed->key};
    case KeyAlgorithm::kCanisterSignature:
      return UserKey{UserKeyKind::kCanisterSignature, parsed->key};
    case KeyAlgorithm::kIcBls:
    case KeyAlgorithm::kRsa:
      break;
  }
  return Err("public key: of an algorithm that users can't sign with");
}

Status<> verify_user_signature(const UserKey& key, ByteView message, ByteView signature) {
  switch (key.kind) {
    case UserKeyKind::kEd25519:
      return verify_ed25519(key.key, message, signature);
    case UserKeyKind::kEcdsaP256:
      return verify_ecdsa(p256_verify, key.key, message, signature);
    case UserKeyKind::kEcdsaSecp256k1:
      return verify_ecdsa(secp256k1_verify, key.key, message, signature);
    case UserKeyKind::kWebAuthn:
      return webauthn_verify(TRY(parse_cose_key(key.key)), message, signature);
    case UserKeyKind::kCanisterSignature:
      return Err("a canister signature needs a certificate to be verified");
  }
  unreachable_state("every kind has a case");
}

Status<> verify_user_signature(ByteView key_der, ByteView message, ByteView signature) {
  return verify_user_signature(TRY(parse_user_key(key_der)), message, signature);
}

}  // namespace icpd::crypto
