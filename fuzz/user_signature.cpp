// Whatever a user sends as key and signature is answered, never fatal: DER, COSE, CBOR, JSON.
#include "crypto/user_signature.hpp"

#include "codec/base64.hpp"
#include "crypto/detail/client_data.hpp"
#include "crypto/webauthn.hpp"

using namespace icpd;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  (void)crypto::parse_client_data(input);
  (void)crypto::parse_cose_key(input);
  if (size < 2) return 0;
  // Two bytes of length, the key, and the rest is the signature.
  const std::size_t key_size = std::min<std::size_t>(load_be<std::uint16_t>(input), size - 2);
  const ByteView key = input.subspan(2, key_size);
  const ByteView signature = input.subspan(2 + key_size);
  (void)crypto::verify_user_signature(key, as_bytes("hello"), signature);
  (void)crypto::webauthn_verify(crypto::Ed25519PublicKey{}, as_bytes("hello"), signature);
  return 0;
}
