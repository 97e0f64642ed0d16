#include "crypto/secret.hpp"

#include <openssl/crypto.h>

namespace icpd::crypto {

void clear(MutableByteView bytes) {
  OPENSSL_cleanse(bytes.data(), bytes.size());
}

bool constant_time_equal(ByteView a, ByteView b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace icpd::crypto
