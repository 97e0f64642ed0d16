// Signatures that a browser's authenticator makes (interface specification, "Web Authentication";
// W3C Web Authentication, section 7.2).
//
// An authenticator can't sign any bytes it is given. It signs
//
//   authenticator data · SHA-256(client data)
//
// where the client data is JSON whose challenge is the base64url of the payload. So a signature
// carries all three: CBOR {authenticator_data, client_data_json, signature}, under the
// self-describing tag. The key is a COSE_Key (RFC 9052, section 7) with one of
//
//   kty 2, alg -7, crv 1     ECDSA on P-256; the signature is DER
//   kty 3, alg -257          RSA, PKCS #1 v1.5 with SHA-256
//   kty 1, alg -8, crv 6     Ed25519
//
// Checked are type "webauthn.get", the challenge, and the signature; origin, relying party and
// flags belong to whoever registered the key, not to the network.
#pragma once

#include <variant>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "crypto/ecdsa.hpp"
#include "crypto/ed25519.hpp"

namespace icpd::crypto {

struct CoseRsaKey {
  Bytes modulus;
  Bytes exponent;
};
/// The Sec1Point is of P-256.
using CoseKey = std::variant<Sec1Point, CoseRsaKey, Ed25519PublicKey>;

/// Errors: not a CBOR map; an algorithm other than the three; a missing field or one of the wrong
/// form; an RSA key out of bounds (crypto/rsa.hpp). Whether a point is on its curve shows when it
/// verifies.
[[nodiscard]] Result<CoseKey> parse_cose_key(ByteView cbor);

/// Error unless `signature`, in CBOR, is one over `payload` under the key. client_data_json is text
/// or a byte string: the specification says text, published assertions have either. The tag may be
/// missing.
[[nodiscard]] Status<> webauthn_verify(const CoseKey& key, ByteView payload, ByteView signature);

}  // namespace icpd::crypto
