// Certificates: a tree, and the subnet's signature over its root digest.
//
// A certificate of the root subnet is signed with the root key. Any other subnet's certificate
// carries a delegation: its id, and a certificate of the root subnet (without a delegation of its
// own) that shows the subnet's public key and the canister ids it speaks for. Source: interface
// specification, "Certificate", "Delegation", "Canister ranges"; CDDL in "Encoding of
// certificates".
//
//   CBOR 55799 { "tree": tree, "signature": 48 bytes,
//                ? "delegation": { "subnet_id": id, "certificate": bytes } }
//
// Signed is domain_sep("ic-state-root") · digest(tree). A certificate whose signatures verify is
// believed; whether it is recent is the reader's question (time()).
#pragma once

#include <optional>
#include <vector>

#include "base/units.hpp"
#include "certification/hash_tree.hpp"
#include "certification/signature_check.hpp"
#include "types/ids.hpp"

namespace icpd::certification {

struct CertificateDelegation {
  types::SubnetId subnet;
  /// A certificate in CBOR.
  Slice certificate;
};

struct Certificate {
  HashTree tree;
  crypto::BlsSignature signature;
  std::optional<CertificateDelegation> delegation;

  /// Errors: not of this form, or a tree that HashTree::decode refuses. Values share `source`.
  [[nodiscard]] static codec::Decoded<Certificate> decode(const Slice& source);
  [[nodiscard]] Bytes encode() const;

  /// The value at /time. Error if it isn't shown or is no LEB128 number.
  [[nodiscard]] Result<Time> time() const;
};

/// What a subnet signs so that a tree with this root digest is certified.
[[nodiscard]] Bytes certified_message(const Digest& root);

/// Canister ids first..last, both included, by order of bytes.
struct PrincipalRange {
  types::Principal first;
  types::Principal last;
  [[nodiscard]] bool contains(const types::Principal& id) const {
    return first <= id && id <= last;
  }
  bool operator==(const PrincipalRange&) const = default;
};

/// The leaf format of canister ranges: CBOR 55799 [* [first, last]].
[[nodiscard]] Bytes encode_ranges(std::span<const PrincipalRange> ranges);
[[nodiscard]] Result<std::vector<PrincipalRange>> decode_ranges(ByteView leaf);

/// Whom a certificate's own signature is to be verified for, and for whom it may speak.
struct Certifier {
  /// The key that signed it: the root key, or the one that the delegation shows.
  crypto::BlsPublicKeyBytes key;
  /// The delegation, opened. Absent for a certificate of the root subnet.
  struct Delegated {
    types::SubnetId subnet;
    Certificate certificate;
  };
  std::optional<Delegated> delegated;

  /// True for the root subnet; else if the delegation shows a range with this id, at
  /// /canister_ranges/<subnet>/... (lookup*) or at /subnet/<subnet>/canister_ranges. False if a
  /// shown range can't be decoded.
  [[nodiscard]] bool speaks_for(const types::CanisterId& canister) const;
};

/// `check_delegation` and `delegation_key`, but for the signatures.
/// Errors: a delegation that can't be decoded, has a delegation itself, or doesn't show the key.
[[nodiscard]] Result<Certifier> certifier_of(const Certificate& certificate, const TrustRoot& root);

/// The signatures that a certificate rests on: its own, and that of its delegation.
[[nodiscard]] std::vector<SignatureCheck> signature_checks(const Certificate& certificate,
                                                           const Certifier& certifier,
                                                           const TrustRoot& root);

/// `verify_cert`: all of it at once, for those who don't batch. 1 ms, with a delegation 2 ms.
[[nodiscard]] Result<Certifier> verify_certificate(const Certificate& certificate,
                                                   const TrustRoot& root);

}  // namespace icpd::certification
