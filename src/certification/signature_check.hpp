// Signatures that are still to be verified, as values.
//
// Checking a request or a certificate splits into what is quick and what is slow. The quick part
// (forms, lookups, times, names) is done at once and says which signatures the rest depends on; the
// slow part is a list of these. A caller verifies it on a worker thread, in a batch, or looks up
// those it has verified before: a check is a pure function of its bytes.
#pragma once

#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "crypto/bls.hpp"
#include "crypto/hash.hpp"

namespace icpd::certification {

struct SignatureCheck {
  enum class Scheme : std::uint8_t {
    kUser,  // key: DER, any scheme of crypto/user_signature.hpp
    kBls,   // key: 96 bytes
  };
  Scheme scheme = Scheme::kUser;
  Slice key;
  /// What was signed, domain included.
  Bytes message;
  Slice signature;
  /// A string literal that says what it means for the whole if the signature doesn't verify.
  const char* failure = "invalid certificate";

  /// Names the check, for those who remember verified ones.
  [[nodiscard]] crypto::Digest name() const;
};

/// Error: the signature doesn't verify; its text begins with `failure`. 50 µs for Ed25519, 1 ms for
/// BLS.
[[nodiscard]] Status<> verify(const SignatureCheck& check);
/// Error: one of them doesn't verify. BLS checks are verified together.
[[nodiscard]] Status<> verify_all(std::span<const SignatureCheck> checks);

/// Who is believed: the root subnet's public key.
struct TrustRoot {
  crypto::BlsPublicKey key;
};

}  // namespace icpd::certification
