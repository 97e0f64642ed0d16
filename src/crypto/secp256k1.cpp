#include <secp256k1.h>

#include "crypto/ecdsa.hpp"
#include "crypto/hash.hpp"

namespace icpd::crypto {
namespace {

constexpr std::uint8_t kUncompressed = 0x04;

// Tables for signing and for making keys; verifying uses the library's constant ones.
const secp256k1_context* signing_context() {
  static const secp256k1_context* const context = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
  ensure(context != nullptr);
  return context;
}

Sec1Point serialize(const secp256k1_pubkey& key) {
  Sec1Point point;
  std::size_t size = Sec1Point::kSize;
  ensure(secp256k1_ec_pubkey_serialize(secp256k1_context_static, point.bytes.data(), &size, &key,
                                       SECP256K1_EC_UNCOMPRESSED) == 1);
  ensure(size == Sec1Point::kSize);
  return point;
}

}  // namespace

bool secp256k1_verify(const Sec1Point& key, ByteView message, const EcdsaSignature& signature) {
  // The library also takes the hybrid forms 06 and 07.
  if (key.bytes[0] != kUncompressed) return false;
  secp256k1_pubkey parsed;
  if (secp256k1_ec_pubkey_parse(secp256k1_context_static, &parsed, key.bytes.data(),
                                Sec1Point::kSize) != 1)
    return false;
  secp256k1_ecdsa_signature rs;
  if (secp256k1_ecdsa_signature_parse_compact(secp256k1_context_static, &rs,
                                              signature.bytes.data()) != 1)
    return false;
  secp256k1_ecdsa_signature_normalize(secp256k1_context_static, &rs, &rs);
  const Digest digest = sha256(message);
  return secp256k1_ecdsa_verify(secp256k1_context_static, &rs, digest.bytes.data(), &parsed) == 1;
}

Result<Sec1Point> secp256k1_parse_key(ByteView sec1) {
  const bool compressed = sec1.size() == 33 && (sec1[0] == 0x02 || sec1[0] == 0x03);
  const bool uncompressed = sec1.size() == 65 && sec1[0] == kUncompressed;
  if (!compressed && !uncompressed)
    return Err("secp256k1 key: neither 02 or 03 with x nor 04 with x and y");
  secp256k1_pubkey parsed;
  if (secp256k1_ec_pubkey_parse(secp256k1_context_static, &parsed, sec1.data(), sec1.size()) != 1)
    return Err("secp256k1 key: not on the curve");
  return serialize(parsed);
}

Result<Secp256k1SecretKey> Secp256k1SecretKey::from_scalar(const Scalar& scalar) {
  if (secp256k1_ec_seckey_verify(secp256k1_context_static, scalar.view().data()) != 1)
    return Err("secp256k1 secret key: zero or not below the group order");
  return Secp256k1SecretKey(scalar.clone());
}

Sec1Point Secp256k1SecretKey::public_key() const {
  secp256k1_pubkey key;
  ensure(secp256k1_ec_pubkey_create(signing_context(), &key, scalar_.view().data()) == 1);
  return serialize(key);
}

EcdsaSignature Secp256k1SecretKey::sign(ByteView message) const {
  const Digest digest = sha256(message);
  secp256k1_ecdsa_signature rs;
  ensure(secp256k1_ecdsa_sign(signing_context(), &rs, digest.bytes.data(), scalar_.view().data(),
                              secp256k1_nonce_function_rfc6979, nullptr) == 1);
  EcdsaSignature signature;
  secp256k1_ecdsa_signature_serialize_compact(secp256k1_context_static, signature.bytes.data(),
                                              &rs);
  return signature;
}

}  // namespace icpd::crypto
