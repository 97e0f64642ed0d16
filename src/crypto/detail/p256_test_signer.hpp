// A fresh P-256 key that signs, for tests: icpd itself only verifies on this curve. Keys and nonces
// come from OpenSSL's own entropy, so nothing of it may appear in golden output.
#pragma once

#include <openssl/ec.h>

#include "codec/der.hpp"
#include "crypto/detail/openssl.hpp"
#include "crypto/ecdsa.hpp"
#include "crypto/hash.hpp"

namespace icpd::crypto::detail {

class P256TestSigner {
 public:
  P256TestSigner() : key_(EVP_EC_gen("P-256")) { ensure(key_ != nullptr); }

  [[nodiscard]] Sec1Point public_key() const {
    Sec1Point point;
    std::size_t size = 0;
    ensure(EVP_PKEY_get_octet_string_param(key_.get(), OSSL_PKEY_PARAM_PUB_KEY, point.bytes.data(),
                                           point.bytes.size(), &size) == 1);
    ensure(size == Sec1Point::kSize);
    return point;
  }
  /// The DER form, as WebAuthn carries it.
  [[nodiscard]] Bytes sign_der(ByteView message) const {
    const EvpKeyContext context(EVP_PKEY_CTX_new(key_.get(), nullptr));
    ensure(context != nullptr && EVP_PKEY_sign_init(context.get()) == 1);
    const Digest digest = sha256(message);
    Bytes signature(80);
    std::size_t size = signature.size();
    ensure(EVP_PKEY_sign(context.get(), signature.data(), &size, digest.bytes.data(),
                         digest.bytes.size()) == 1);
    signature.resize(size);
    return signature;
  }
  /// r · s, as requests carry it.
  [[nodiscard]] EcdsaSignature sign(ByteView message) const {
    return EcdsaSignature{codec::der::parse_ecdsa_signature(sign_der(message)).value()};
  }

 private:
  EvpKey key_;
};

}  // namespace icpd::crypto::detail
