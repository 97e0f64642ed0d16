#include "crypto/detail/openssl.hpp"

#include <openssl/err.h>
#include <openssl/rsa.h>

namespace icpd::crypto::detail {

EvpKey public_key_from(const char* type, OSSL_PARAM* params) {
  const EvpKeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  ensure(context != nullptr && EVP_PKEY_fromdata_init(context.get()) == 1);
  EVP_PKEY* key = nullptr;
  const bool accepted = EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params) == 1;
  ERR_clear_error();
  return EvpKey(accepted ? key : nullptr);
}

bool verify_digest(EVP_PKEY* key, ByteView digest, ByteView signature) {
  const EvpKeyContext context(EVP_PKEY_CTX_new(key, nullptr));
  ensure(context != nullptr && EVP_PKEY_verify_init(context.get()) == 1);
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
    ensure(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1);
  ensure(EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) == 1);
  const bool valid = EVP_PKEY_verify(context.get(), signature.data(), signature.size(),
                                     digest.data(), digest.size()) == 1;
  ERR_clear_error();
  return valid;
}

}  // namespace icpd::crypto::detail
