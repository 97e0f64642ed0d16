#include "codec/der.hpp"
#include "crypto/detail/openssl.hpp"
#include "crypto/ecdsa.hpp"
#include "crypto/hash.hpp"

namespace icpd::crypto {

bool p256_verify(const Sec1Point& key, ByteView message, const EcdsaSignature& signature) {
  // OpenSSL also takes the hybrid forms 06 and 07.
  if (key.bytes[0] != 0x04) return false;
  Sec1Point point = key;
  std::string group = "P-256";
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size()),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.bytes.data(),
                                        point.bytes.size()),
      OSSL_PARAM_construct_end()};
  const detail::EvpKey parsed = detail::public_key_from("EC", params);
  if (parsed == nullptr) return false;
  return detail::verify_digest(parsed.get(), sha256(message),
                               codec::der::encode_ecdsa_signature(signature.bytes));
}

}  // namespace icpd::crypto
