// OpenSSL's objects with owners. Only for the .cpp files of this folder.
#pragma once

#include <memory>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <string>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace icpd::crypto::detail {

template <auto kFree>
struct Freeing {
  void operator()(auto* pointer) const { kFree(pointer); }
};
using EvpKey = std::unique_ptr<EVP_PKEY, Freeing<EVP_PKEY_free>>;
using EvpKeyContext = std::unique_ptr<EVP_PKEY_CTX, Freeing<EVP_PKEY_CTX_free>>;
using Bignum = std::unique_ptr<BIGNUM, Freeing<BN_free>>;
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, Freeing<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Freeing<OSSL_PARAM_free>>;

/// A public key of the type ("EC", "RSA") from its parameters. Null if OpenSSL refuses them.
[[nodiscard]] EvpKey public_key_from(const char* type, OSSL_PARAM* params);

/// True if the signature over the SHA-256 digest verifies. RSA uses PKCS #1 v1.5.
[[nodiscard]] bool verify_digest(EVP_PKEY* key, ByteView digest, ByteView signature);

}  // namespace icpd::crypto::detail
