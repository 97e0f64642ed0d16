// Artifacts: what the nodes of a subnet send each other.
//
// | artifact | over | scheme | needed |
// | --- | --- | --- | --- |
// | block proposal | height, block hash | Ed25519 of the maker | 1 |
// | notarization share / notarization | height, block hash | Ed25519 quorum | n - f |
// | finalization share / finalization | height, block hash | Ed25519 quorum | n - f |
// | random beacon share / beacon | height, previous beacon | threshold BLS, low key | f + 1 |
// | random tape share / tape | height | threshold BLS, low key | f + 1 |
// | certification share / certification | height, state root | threshold BLS, high key | n - f |
// | catch-up package share / package | summary block, beacon, state hash | threshold BLS, high key
// | n - f | | equivocation proof | two signed headers of one maker and height | Ed25519 | - | |
// ingress | a client's signed request | the client's | - |
//
// Signed bytes: len(domain) · domain · content, with the domains of reference C.2; the content is
// the canonical record of the struct named here, except for certifications, which sign the bare
// state root under "ic-state-root" because clients verify them.
//
// Every artifact has a kind, a height (0 for ingress) and an id: the SHA-256 of its record in the
// domain of its kind. The id is always computed from the content, never believed.
#pragma once

#include <variant>

#include "crypto/bls.hpp"
#include "crypto/ed25519.hpp"
#include "crypto/quorum.hpp"
#include "types/block.hpp"

namespace icpd::types {

/// What a block maker signs, and what notaries and finalizers agree on. The domain tells which.
struct BlockReference {
  Height height;
  BlockHash block;
  SubnetId subnet;

  bool operator==(const BlockReference&) const = default;
  static constexpr auto kFields =
      std::tuple(&BlockReference::height, &BlockReference::block, &BlockReference::subnet);
};

struct BlockProposal {
  HashedBlock block;
  crypto::Ed25519Signature signature;
  static constexpr auto kFields = std::tuple(&BlockProposal::block, &BlockProposal::signature);
};

/// A share of a quorum certificate on a block: a notarization or finalization share.
struct BlockShare {
  Height height;
  BlockHash block;
  NodeId signer;
  crypto::Ed25519Signature signature;
  static constexpr auto kFields = std::tuple(&BlockShare::height, &BlockShare::block,
                                             &BlockShare::signer, &BlockShare::signature);
};

/// n - f shares on one block.
struct BlockQuorum {
  Height height;
  BlockHash block;
  crypto::QuorumCertificate certificate;
  static constexpr auto kFields =
      std::tuple(&BlockQuorum::height, &BlockQuorum::block, &BlockQuorum::certificate);
};

struct NotarizationShare : BlockShare {};
struct FinalizationShare : BlockShare {};
struct Notarization : BlockQuorum {};
struct Finalization : BlockQuorum {};

/// Hash of the beacon before it; beacons form a chain of their own.
using BeaconHash = FixedBytes<struct BeaconHashTag, 32>;

struct BeaconContent {
  Height height;
  BeaconHash previous;
  bool operator==(const BeaconContent&) const = default;
  static constexpr auto kFields = std::tuple(&BeaconContent::height, &BeaconContent::previous);
};
struct TapeContent {
  Height height;
  SubnetId subnet;
  bool operator==(const TapeContent&) const = default;
  static constexpr auto kFields = std::tuple(&TapeContent::height, &TapeContent::subnet);
};
struct CertificationContent {
  Height height;
  StateRoot root;
  bool operator==(const CertificationContent&) const = default;
  static constexpr auto kFields =
      std::tuple(&CertificationContent::height, &CertificationContent::root);
};

template <typename Content>
struct ThresholdShare {
  Content content;
  NodeId signer;
  crypto::BlsSignature signature;
  static constexpr auto kFields =
      std::tuple(&ThresholdShare::content, &ThresholdShare::signer, &ThresholdShare::signature);
};
template <typename Content>
struct ThresholdSigned {
  Content content;
  crypto::BlsSignature signature;
  static constexpr auto kFields =
      std::tuple(&ThresholdSigned::content, &ThresholdSigned::signature);
};

using BeaconShare = ThresholdShare<BeaconContent>;
using Beacon = ThresholdSigned<BeaconContent>;
using TapeShare = ThresholdShare<TapeContent>;
using Tape = ThresholdSigned<TapeContent>;
using CertificationShare = ThresholdShare<CertificationContent>;
using Certification = ThresholdSigned<CertificationContent>;

/// What a catch-up package vouches for: everything that a node needs to go on from this summary.
struct CatchUpContent {
  HashedBlock block;  // a summary block
  Beacon beacon;      // of the same height
  StateHash state_hash;
  StateRoot state_root;
  static constexpr auto kFields =
      std::tuple(&CatchUpContent::block, &CatchUpContent::beacon, &CatchUpContent::state_hash,
                 &CatchUpContent::state_root);
};
/// A share names the content by hash; a node only signs content that it made itself.
struct CatchUpPackageShare {
  Height height;
  crypto::Digest content;
  NodeId signer;
  crypto::BlsSignature signature;
  static constexpr auto kFields =
      std::tuple(&CatchUpPackageShare::height, &CatchUpPackageShare::content,
                 &CatchUpPackageShare::signer, &CatchUpPackageShare::signature);
};
/// The signature is absent only in the genesis package, which the registry vouches for.
struct CatchUpPackage {
  Shared<CatchUpContent> content;
  std::optional<crypto::BlsSignature> signature;
  static constexpr auto kFields = std::tuple(&CatchUpPackage::content, &CatchUpPackage::signature);
};

/// Two headers that one maker signed for one height. Its other proposals there are ignored.
struct EquivocationProof {
  NodeId signer;
  Height height;
  BlockHash first;
  crypto::Ed25519Signature first_signature;
  BlockHash second;
  crypto::Ed25519Signature second_signature;
  static constexpr auto kFields =
      std::tuple(&EquivocationProof::signer, &EquivocationProof::height, &EquivocationProof::first,
                 &EquivocationProof::first_signature, &EquivocationProof::second,
                 &EquivocationProof::second_signature);
};

/// A client's signed request, as it came.
struct IngressArtifact {
  Slice bytes;
  static constexpr auto kFields = std::tuple(&IngressArtifact::bytes);
};

/// The order is part of the wire format: ArtifactKind is the index.
using Artifact =
    std::variant<BlockProposal, NotarizationShare, Notarization, FinalizationShare, Finalization,
                 BeaconShare, Beacon, TapeShare, Tape, CertificationShare, Certification,
                 CatchUpPackageShare, CatchUpPackage, EquivocationProof, IngressArtifact>;

enum class ArtifactKind : std::uint8_t {
  kBlockProposal,
  kNotarizationShare,
  kNotarization,
  kFinalizationShare,
  kFinalization,
  kBeaconShare,
  kBeacon,
  kTapeShare,
  kTape,
  kCertificationShare,
  kCertification,
  kCatchUpPackageShare,
  kCatchUpPackage,
  kEquivocationProof,
  kIngress,
};
inline constexpr std::size_t kArtifactKinds = std::variant_size_v<Artifact>;
static_assert(static_cast<std::size_t>(ArtifactKind::kIngress) + 1 == kArtifactKinds);
[[nodiscard]] constexpr bool is_valid(ArtifactKind kind) {
  return static_cast<std::size_t>(kind) < kArtifactKinds;
}
[[nodiscard]] std::string_view name(ArtifactKind kind);
/// Encoded, at most: a kind's largest member with the largest committee. Bounds what a peer can
/// make a node keep; decode() refuses what is larger.
[[nodiscard]] std::size_t size_max(ArtifactKind kind);

struct ArtifactId {
  ArtifactKind kind = ArtifactKind::kIngress;
  Height height;
  crypto::Digest hash;

  friend bool operator==(const ArtifactId&, const ArtifactId&) = default;
  friend auto operator<=>(const ArtifactId&, const ArtifactId&) = default;
  static constexpr auto kFields =
      std::tuple(&ArtifactId::kind, &ArtifactId::height, &ArtifactId::hash);
};

[[nodiscard]] ArtifactKind kind(const Artifact& artifact);
[[nodiscard]] Height height(const Artifact& artifact);

/// An artifact with its encoding and id, made once and shared by pool, store and links.
struct EncodedArtifact {
  ArtifactId id;
  Slice bytes;
  Artifact artifact;
};
[[nodiscard]] Shared<EncodedArtifact> encode(Artifact artifact);
/// Total: any bytes give an artifact or an error. The id comes from the bytes.
[[nodiscard]] Result<Shared<EncodedArtifact>> decode(Slice bytes);

/// The bytes under each signature.
[[nodiscard]] Bytes proposal_message(const BlockReference& reference);
[[nodiscard]] Bytes notarization_message(const BlockReference& reference);
[[nodiscard]] Bytes finalization_message(const BlockReference& reference);
[[nodiscard]] Bytes signed_message(const BeaconContent& content);
[[nodiscard]] Bytes signed_message(const TapeContent& content);
/// "\x0Dic-state-root" · root: what clients verify.
[[nodiscard]] Bytes signed_message(const CertificationContent& content);
/// Over the digest of the content's record, so that shares needn't carry the content.
[[nodiscard]] crypto::Digest catch_up_digest(const CatchUpContent& content);
[[nodiscard]] Bytes catch_up_message(const crypto::Digest& content);

[[nodiscard]] BeaconHash beacon_hash(const Beacon& beacon);

}  // namespace icpd::types
