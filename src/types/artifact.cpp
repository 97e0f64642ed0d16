#include "types/artifact.hpp"

#include <algorithm>
#include <array>

#include "types/limits.hpp"

namespace icpd::types {

namespace {

struct KindInfo {
  std::string_view name;
  std::string_view id_domain;
  std::size_t size_max;
};

/// A share, a threshold signature or two headers.
constexpr std::size_t kSmall = 1 * kKiB;
constexpr std::size_t kQuorum = crypto::kCommitteeMax * crypto::Ed25519Signature::kSize + 1 * kKiB;
/// Four transcripts, or the hashes, answers and statistics of a full block.
constexpr std::size_t kTranscripts =
    4 * (crypto::kCommitteeMax * crypto::BlsPublicKeyBytes::kSize + 1 * kKiB);
constexpr std::size_t kData = limits::kBlockIngressCountMax * IngressHash::kSize +
                              limits::kBlockResponsesSizeMax +
                              limits::kBlockLateSpendingCountMax * 64 +
                              limits::kBlockQueryStatsCountMax * limits::kQueryStatsEntrySizeMax;
constexpr std::size_t kFailedMakers = crypto::kCommitteeMax * (Principal::kSizeMax + 1);
constexpr std::size_t kBlock = std::max(kTranscripts, kData) + kFailedMakers + 2 * kKiB;

constexpr std::array<KindInfo, kArtifactKinds> kKinds = {{
    {"block_proposal", "block_proposal_domain", kBlock},
    {"notarization_share", "notarization_share_domain", kSmall},
    {"notarization", "notarization_domain", kQuorum},
    {"finalization_share", "finalization_share_domain", kSmall},
    {"finalization", "finalization_domain", kQuorum},
    {"random_beacon_share", "random_beacon_share_domain", kSmall},
    {"random_beacon", "random_beacon_domain", kSmall},
    {"random_tape_share", "random_tape_share_domain", kSmall},
    {"random_tape", "random_tape_domain", kSmall},
    {"certification_share", "certification_share_domain", kSmall},
    {"certification", "certification_domain", kSmall},
    {"catch_up_package_share", "catch_up_package_share_domain", kSmall},
    {"catch_up_package", "catch_up_package_domain", kBlock + 1 * kKiB},
    {"equivocation_proof", "equivocation_proof_domain", kSmall},
    {"ingress", "ingress_domain", limits::kRequestBodySizeMax + 1 * kKiB},
}};

struct HeightOf {
  Height operator()(const BlockProposal& a) const { return a.block->height; }
  Height operator()(const BlockShare& a) const { return a.height; }
  Height operator()(const BlockQuorum& a) const { return a.height; }
  template <typename Content>
  Height operator()(const ThresholdShare<Content>& a) const {
    return a.content.height;
  }
  template <typename Content>
  Height operator()(const ThresholdSigned<Content>& a) const {
    return a.content.height;
  }
  Height operator()(const CatchUpPackageShare& a) const { return a.height; }
  Height operator()(const CatchUpPackage& a) const { return a.content->block->height; }
  Height operator()(const EquivocationProof& a) const { return a.height; }
  Height operator()(const IngressArtifact&) const { return Height{0}; }
};

Shared<EncodedArtifact> with_id(Artifact artifact, Slice bytes) {
  const ArtifactKind artifact_kind = kind(artifact);
  ArtifactId id{artifact_kind, height(artifact), {}};
  if (const auto* ingress = std::get_if<IngressArtifact>(&artifact)) {
    // The id of an ingress artifact is the hash that blocks name it by.
    id.hash = crypto::sha256(ingress->bytes);
  } else {
    id.hash = crypto::hash_in_domain(kKinds[static_cast<std::size_t>(artifact_kind)].id_domain,
                                     {bytes.view()});
  }
  return Shared<EncodedArtifact>(EncodedArtifact{id, std::move(bytes), std::move(artifact)});
}

template <typename Content>
Bytes message(std::string_view domain, const Content& content) {
  return crypto::message_in_domain(domain, codec::to_record(content));
}

}  // namespace

std::string_view name(ArtifactKind kind) {
  ensure(is_valid(kind));
  return kKinds[static_cast<std::size_t>(kind)].name;
}

std::size_t size_max(ArtifactKind kind) {
  ensure(is_valid(kind));
  return kKinds[static_cast<std::size_t>(kind)].size_max;
}

ArtifactKind kind(const Artifact& artifact) {
  return static_cast<ArtifactKind>(artifact.index());
}

Height height(const Artifact& artifact) {
  return std::visit(HeightOf{}, artifact);
}

Shared<EncodedArtifact> encode(Artifact artifact) {
  Slice bytes(codec::to_record(artifact));
  return with_id(std::move(artifact), std::move(bytes));
}

Result<Shared<EncodedArtifact>> decode(Slice bytes) {
  Artifact artifact = TRY(codec::from_record<Artifact>(bytes));
  if (bytes.size() > size_max(kind(artifact))) return Err("larger than its kind may be");
  if (const auto* package = std::get_if<CatchUpPackage>(&artifact)) {
    if (!package->content->block->is_summary()) return Err("catch-up package without a summary");
  }
  return with_id(std::move(artifact), std::move(bytes));
}

Bytes proposal_message(const BlockReference& reference) {
  return message("block_metadata_domain", reference);
}
Bytes notarization_message(const BlockReference& reference) {
  return message("notarization_content_domain", reference);
}
Bytes finalization_message(const BlockReference& reference) {
  return message("finalization_content_domain", reference);
}
Bytes signed_message(const BeaconContent& content) {
  return message("random_beacon_content_domain", content);
}
Bytes signed_message(const TapeContent& content) {
  return message("random_tape_content_domain", content);
}
Bytes signed_message(const CertificationContent& content) {
  return crypto::message_in_domain("ic-state-root", content.root);
}

crypto::Digest catch_up_digest(const CatchUpContent& content) {
  return crypto::hash_in_domain("catch_up_content_domain", {ByteView(codec::to_record(content))});
}
Bytes catch_up_message(const crypto::Digest& content) {
  return crypto::message_in_domain("catch_up_content_domain", content);
}

BeaconHash beacon_hash(const Beacon& beacon) {
  return *BeaconHash::from(
      crypto::hash_in_domain("random_beacon_domain", {ByteView(codec::to_record(beacon))}));
}

}  // namespace icpd::types
