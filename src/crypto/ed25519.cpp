#include "crypto/ed25519.hpp"

#include <sodium.h>

namespace icpd::crypto {

static_assert(Ed25519PublicKey::kSize == crypto_sign_PUBLICKEYBYTES);
static_assert(Ed25519Signature::kSize == crypto_sign_BYTES);
static_assert(Ed25519SecretKey::Seed::kSize == crypto_sign_SEEDBYTES);

bool ed25519_verify(const Ed25519PublicKey& key, ByteView message,
                    const Ed25519Signature& signature) {
  return crypto_sign_verify_detached(signature.bytes.data(), message.data(), message.size(),
                                     key.bytes.data()) == 0;
}

bool ed25519_is_valid_key(const Ed25519PublicKey& key) {
  return crypto_core_ed25519_is_valid_point(key.bytes.data()) == 1;
}

Ed25519SecretKey::Ed25519SecretKey(const Seed& seed) {
  ensure(crypto_sign_seed_keypair(public_key_.bytes.data(), expanded_.write().data(),
                                  seed.view().data()) == 0);
}

Ed25519Signature Ed25519SecretKey::sign(ByteView message) const {
  Ed25519Signature signature;
  ensure(crypto_sign_detached(signature.bytes.data(), nullptr, message.data(), message.size(),
                              expanded_.view().data()) == 0);
  return signature;
}

Ed25519SecretKey::Seed Ed25519SecretKey::seed() const {
  return Seed(expanded_.view().first(Seed::kSize));
}

}  // namespace icpd::crypto
