// The artifacts of one height, and the tree of blocks they make.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "consensus/committee.hpp"
#include "types/artifact.hpp"

namespace icpd::consensus::detail {

using types::BlockHash;
using types::EncodedArtifact;
using types::Height;
using types::NodeId;
using Encoded = Shared<EncodedArtifact>;

/// What a summary block fixes for the heights above it, up to and including the next summary.
struct Interval {
  Height start;
  std::uint64_t length = 0;
  types::RegistryVersion registry_version;
  /// Membership of the interval after this one.
  types::RegistryVersion next_registry_version;
  types::Transcripts current;
  types::Transcripts next;
  Shared<Committee> committee;
  registry::Pacing pacing;

  [[nodiscard]] Height next_summary() const { return start + length + 1; }
};

/// A valid block whose parent is a valid notarized block.
struct BlockNode {
  types::HashedBlock block;
  /// Nothing for a block that came in a range or package.
  Encoded proposal;
  /// Steady time at which it became valid here.
  Time known_since;
  /// Governs this height.
  Shared<Interval> interval;
  /// For summary blocks: governs the heights above.
  Shared<Interval> begins;
  /// Time of the first block of the interval.
  Time interval_first_time;
  bool notarized = false;

  [[nodiscard]] const Shared<Interval>& above() const { return begins ? begins : interval; }
};

/// A proposal that isn't a valid block yet.
struct Candidate {
  Encoded proposal;
  NodeId from;
  /// The same block with other signatures, one for each sender.
  std::vector<std::pair<NodeId, Encoded>> copies;
  Time since;
  bool signature_asked = false;
  bool signature_good = false;
  bool payload_asked = false;
  bool payload_good = false;
  /// Steady time before which the payload isn't asked about again.
  Time payload_retry;

  [[nodiscard]] const types::BlockProposal& content() const {
    return std::get<types::BlockProposal>(proposal->artifact);
  }
};

/// Quorum shares on one block, unverified, one for each signer.
struct QuorumShares {
  std::map<NodeId, crypto::Ed25519Signature> by_signer;
  bool combining = false;
  /// So many shares were there at the last combination that failed.
  std::size_t failed_at = 0;
};

/// Threshold shares of one height, unverified, one for each signer. Content tells them apart.
template <typename Share>
struct ThresholdShares {
  std::map<NodeId, Share> by_signer;
  bool combining = false;
  std::size_t failed_at = 0;
};

struct HeightPool {
  std::map<BlockHash, Candidate> candidates;
  std::map<BlockHash, BlockNode> blocks;
  std::map<BlockHash, Encoded> notarizations;
  Encoded finalization;
  std::optional<BlockHash> final_block;
  Encoded beacon;
  Encoded tape;
  Encoded certification;

  std::map<BlockHash, QuorumShares> notarization_shares;
  std::map<BlockHash, QuorumShares> finalization_shares;
  ThresholdShares<types::BeaconShare> beacon_shares;
  ThresholdShares<types::TapeShare> tape_shares;
  ThresholdShares<types::CertificationShare> certification_shares;
  ThresholdShares<types::CatchUpPackageShare> package_shares;
  /// Verified. Their signers' proposals count only when notarized.
  std::map<NodeId, Encoded> equivocations;

  // What this node did and found.
  std::optional<types::StateRoot> root;
  std::optional<types::StateHash> state_hash;
  Shared<types::CatchUpContent> package_content;
  bool proposed = false;
  std::map<BlockHash, Encoded> own_notarization_shares;
  Encoded own_finalization_share;
  bool beacon_share_made = false;
  bool tape_share_made = false;
  bool certification_share_made = false;
  bool package_share_made = false;
};

}  // namespace icpd::consensus::detail
