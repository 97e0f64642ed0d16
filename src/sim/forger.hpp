// Artifacts that only a liar sends: complete ones that nobody agreed to, blocks out of turn or out
// of time, calls that nobody made. The liar has its own keys and what it has seen; so each of these
// must be refused by whoever checks it.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "base/prng.hpp"
#include "consensus/crypto.hpp"
#include "consensus/range.hpp"
#include "replica/ingress_pool.hpp"
#include "sim/network.hpp"

namespace icpd::sim {

/// A call that must not be executed.
enum class FalseCall : std::uint8_t {
  /// With the signature that its sender made for another call, or of an unknown key.
  kForged,
  /// Of the anonymous sender, who needs no signature.
  kExpired,
  kFromTheFuture,
};

class Forger {
 public:
  Forger(Prng random, const Subnet& subnet, std::size_t index, const consensus::Signer& signer)
      : random_(std::move(random)), subnet_(subnet), index_(index), signer_(signer) {}

  /// What a node or a user said; for false_package and false_call.
  void remember(const types::Artifact& seen);
  /// Something false that an artifact of another node suggests: a notarization or finalization of
  /// its block, a proof against its maker, the next beacon or tape, a certification of the same
  /// root, a bad share in the name of the same signer. Nothing for other artifacts.
  [[nodiscard]] std::optional<types::Artifact> false_certificate(const types::Artifact& seen);
  /// A notarization or finalization of this block that nobody signed.
  [[nodiscard]] types::Artifact false_quorum(const types::HashedBlock& block);
  /// A catch-up package of this summary over a state that nobody has; nothing if the beacon of its
  /// height is too old to be remembered.
  [[nodiscard]] std::optional<types::Artifact> false_package(const types::HashedBlock& summary,
                                                             const types::StateRoot& root);
  /// A block of this node in the place of another node's, as if it had that one's rank.
  [[nodiscard]] types::BlockProposal usurping(const types::BlockProposal& seen);
  /// The same block of this node at another time: long before or long after.
  [[nodiscard]] types::BlockProposal out_of_time(const types::BlockProposal& own);
  /// The same block of this node with another list of those who failed before it.
  [[nodiscard]] types::BlockProposal blaming(const types::BlockProposal& own);
  [[nodiscard]] types::IngressArtifact false_call(FalseCall kind, Time wall);
  /// Says that this node is far ahead, without a proof.
  [[nodiscard]] types::Artifact false_claim(types::Height finalized);
  /// The same range with one thing wrong: a signature, or its shape. Empty ones stay as they are.
  [[nodiscard]] consensus::ChainRange false_range(consensus::ChainRange range);

 private:
  [[nodiscard]] types::BlockProposal signed_block(types::Block block) const;
  [[nodiscard]] types::BlockReference about(const types::HashedBlock& block) const;
  [[nodiscard]] types::Artifact false_proof(const types::BlockProposal& proposal);
  template <typename Share>
  [[nodiscard]] std::optional<types::Artifact> spoilt(const types::Artifact& seen);
  template <typename Fixed>
  [[nodiscard]] Fixed garbage();

  Prng random_;
  const Subnet& subnet_;
  std::size_t index_;
  const consensus::Signer& signer_;
  std::uint64_t calls_ = 0;
  std::map<types::Height, types::Beacon> beacons_;
  /// The newest call that a user has signed.
  std::optional<types::Envelope> signed_call_;
};

}  // namespace icpd::sim
