// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, section 8.2): only inside WebAuthn signatures.
#pragma once

#include <cstddef>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace icpd::crypto {

inline constexpr std::size_t kRsaModulusBitsMin = 2048;
inline constexpr std::size_t kRsaModulusBitsMax = 8192;
/// A verification takes time in proportion to the exponent's bits: 0.3 ms with 8192-bit moduli and
/// the usual 65537.
inline constexpr std::size_t kRsaExponentBitsMax = 32;

/// Big-endian numbers, borrowed. Leading zeros are allowed.
struct RsaPublicKey {
  ByteView modulus;
  ByteView exponent;
};

/// Error unless the modulus is odd and within the bounds and the exponent is odd, at least 3 and
/// within its bound.
[[nodiscard]] Status<> rsa_check_key(const RsaPublicKey& key);

/// False for any reason, rsa_check_key's included. The signature is as long as the modulus.
[[nodiscard]] bool rsa_verify(const RsaPublicKey& key, ByteView message, ByteView signature);

}  // namespace icpd::crypto
