// Who takes part at a height, in which order makers may propose, and which keys count.
//
// Ranks (reference B.3): the members in order of their ids are shuffled by ChaCha20 with seed
// SHA-256(seed of the beacon of the height before · purpose byte). The first f + 1 are block
// makers and the position is the rank, so at least one maker is honest, and nobody knows the order
// before f + 1 nodes have released their beacon shares.
//
//   members  a b c d   (sorted)     beacon of h - 1 → shuffle → c a d b
//   n = 4, f = 1: at h, c has rank 0 and a has rank 1; d and b make no block.
#pragma once

#include <optional>
#include <vector>

#include "consensus/crypto.hpp"
#include "registry/records.hpp"
#include "types/artifact.hpp"

namespace icpd::consensus {

/// What a shuffle is for; a byte of its seed (reference B.3).
enum class RandomPurpose : std::uint8_t { kCommitteeSampling = 1, kBlockMakerRanking = 2 };

class Committee {
 public:
  /// The members of the subnet at this registry version, with the keys of one interval. Error: a
  /// transcript that is no key of this committee.
  [[nodiscard]] static Result<Shared<Committee>> make(const Crypto& crypto,
                                                      const registry::Snapshot& snapshot,
                                                      const types::SubnetId& subnet,
                                                      const types::Transcripts& transcripts);

  [[nodiscard]] std::size_t size() const { return members_.size(); }
  /// f: how many members may be faulty.
  [[nodiscard]] std::size_t faults() const { return registry::faults_tolerated(size()); }
  [[nodiscard]] const std::vector<types::NodeId>& members() const { return members_; }
  [[nodiscard]] std::optional<crypto::MemberIndex> index_of(const types::NodeId& node) const;
  [[nodiscard]] bool contains(const types::NodeId& node) const {
    return index_of(node).has_value();
  }
  /// Needs contains(node).
  [[nodiscard]] const crypto::Ed25519PublicKey& key_of(const types::NodeId& node) const;
  /// Needs index < size().
  [[nodiscard]] const types::NodeId& at(crypto::MemberIndex index) const;

  /// n - f node keys: notarization, finalization.
  [[nodiscard]] const Shared<QuorumKeys>& quorum() const { return quorum_; }
  /// f + 1 shares: beacon, tape.
  [[nodiscard]] const Shared<ThresholdKey>& low() const { return low_; }
  /// n - f shares: certification, catch-up packages.
  [[nodiscard]] const Shared<ThresholdKey>& high() const { return high_; }

  /// The block makers of the height after this beacon; position = rank.
  [[nodiscard]] std::vector<types::NodeId> makers(const types::Beacon& beacon) const;

 private:
  std::vector<types::NodeId> members_;
  Shared<QuorumKeys> quorum_;
  Shared<ThresholdKey> low_;
  Shared<ThresholdKey> high_;
};

}  // namespace icpd::consensus
