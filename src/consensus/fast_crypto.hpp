// Signatures for simulation: a hash where the real thing has a curve.
//
// Anybody who knows a public key can forge them, so they are for networks that live in one test
// process. They keep every property that the protocol's rules lean on: a signature is bound to
// signer and message, a threshold signature is unique, shares below the threshold don't combine,
// and bad shares are named. 1 µs where BLS takes 900.
#pragma once

#include "consensus/crypto.hpp"

namespace icpd::consensus {

[[nodiscard]] std::unique_ptr<Crypto> make_fast_crypto();
/// Signs as the holder of `key` and, in every committee, as member `index`.
[[nodiscard]] std::unique_ptr<Signer> make_fast_signer(crypto::Ed25519PublicKey key,
                                                       crypto::MemberIndex index);

}  // namespace icpd::consensus
