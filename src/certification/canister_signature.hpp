// Canister signatures: a canister signs by putting a hash into its certified data.
//
// Source: interface specification, "Canister signatures". The public key names the canister and a
// seed of its choice; DER wraps length · canister id · seed. The signature is
//
//   CBOR 55799 { "certificate": bytes, "tree": hash tree }
//
// and holds for a payload if
//   1. the certificate is valid and shows, at /canister/<id>/certified_data, the digest of the
//   tree;
//   2. if it has a delegation, that speaks for the canister and shows a subnet type other than
//      cloud_engine;
//   3. the tree, well-formed, has the empty value at /sig/<SHA-256(seed)>/<SHA-256(payload)>.
#pragma once

#include "certification/certificate.hpp"

namespace icpd::certification {

struct CanisterSignatureKey {
  types::CanisterId canister;
  ByteView seed;

  /// From what the DER wraps (crypto::UserKey::key). Error: too short for its length, or a
  /// canister id of more than 29 bytes. `seed` is a view into it.
  [[nodiscard]] static Result<CanisterSignatureKey> parse(ByteView raw);
  /// The DER form.
  [[nodiscard]] Bytes der() const;
};

/// Everything but the signatures of the certificate, which are returned to be verified. Errors say
/// which condition fails.
[[nodiscard]] Result<std::vector<SignatureCheck>> check_canister_signature(
    const CanisterSignatureKey& key, ByteView payload, const Slice& signature,
    const TrustRoot& root);

/// The tree that a canister certifies in order to sign one payload, and the signature made of it.
[[nodiscard]] HashTree canister_signature_tree(ByteView seed, ByteView payload);
[[nodiscard]] Bytes encode_canister_signature(ByteView certificate, const HashTree& tree);

}  // namespace icpd::certification
