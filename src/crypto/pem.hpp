// Secret keys of users as PEM text, the form in which tools exchange them.
//
// | label             | content                                 | keys                     |
// | ----------------- | --------------------------------------- | ------------------------ |
// | PRIVATE KEY       | PKCS #8 (RFC 5208; RFC 5958 version 2)   | Ed25519, secp256k1       |
// | EC PRIVATE KEY    | RFC 5915, curve inside or in EC PARAMETERS | secp256k1               |
//
// Read here and not by OpenSSL: its version 3.0 refuses Ed25519 keys that carry their public half
// (RFC 5958), which is what many wallets export.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "base/result.hpp"
#include "crypto/ecdsa.hpp"
#include "crypto/ed25519.hpp"

namespace icpd::crypto {

using UserSecretKey = std::variant<Ed25519SecretKey, Secp256k1SecretKey>;

/// Bound on the text.
inline constexpr std::size_t kPemSizeMax = 16 * 1024;

/// The one secret key in a text; other blocks before it are skipped. Errors: none or no such
/// block, not Base64, not DER of a key, another kind of key, encrypted with a password; each says
/// so. The caller clears the text.
[[nodiscard]] Result<UserSecretKey> parse_pem_key(std::string_view pem);

/// PKCS #8 for Ed25519, RFC 5915 with curve and public key for secp256k1.
[[nodiscard]] std::string pem_of(const UserSecretKey& key);

/// The X.509 form of its public key: what a principal is the hash of.
[[nodiscard]] Bytes public_key_der(const UserSecretKey& key);

}  // namespace icpd::crypto
