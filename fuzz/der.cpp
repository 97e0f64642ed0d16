// Any bytes as a public key or signature in DER: what is accepted has exactly this encoding.
#include "codec/der.hpp"

#include <cstdlib>

using namespace icpd;
using namespace icpd::codec;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  if (const auto key = der::parse_public_key(input); key.ok())
    if (!equal(der::wrap_public_key(key->algorithm, key->key), input)) std::abort();
  if (const auto rs = der::parse_ecdsa_signature(input); rs.ok())
    if (!equal(der::encode_ecdsa_signature(*rs), input)) std::abort();
  return 0;
}
