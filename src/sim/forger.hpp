// Artifacts that only a liar sends: complete ones that nobody agreed to, blocks out of turn or out
// of time, calls that nobody made. The liar has its own keys and what it has seen; so each of these
// must be refused by whoever checks it.
#pragma once

#include <optional>
#include <vector>

#include "base/prng.hpp"
#include "consensus/crypto.hpp"
#include "replica/ingress_pool.hpp"
#include "sim/network.hpp"

namespace icpd::sim {

/// A call that must not be executed.
enum class FalseCall : std::uint8_t {
  /// Of an unknown key, or with the signature that its sender made for another call.
  kForged,
  /// Of the anonymous sender, who needs no signature.
  kExpired,
  kFromTheFuture,
};

class Forger {
 public:
  Forger(Prng random, const Subnet& subnet, std::size_t index, const consensus::Signer& signer)
      : random_(std::move(random)), subnet_(subnet), index_(index), signer_(signer) {}

  /// A false certificate that an artifact of another node suggests: a notarization or finalization
  /// of its block, a proof against its maker, the next beacon or tape, the same certification or
  /// catch-up package over something else. Nothing for other artifacts.
  [[nodiscard]] std::optional<types::Artifact> false_certificate(const types::Artifact& seen);
  /// A block of this node in the place of another node's, as if it had that one's rank.
  [[nodiscard]] types::BlockProposal usurping(const types::BlockProposal& seen);
  /// The same block of this node at another time: long before or long after.
  [[nodiscard]] types::BlockProposal out_of_time(const types::BlockProposal& own);
  /// `seen`: another call, or null.
  [[nodiscard]] types::IngressArtifact false_call(FalseCall kind, Time wall,
                                                  const types::IngressArtifact* seen);

 private:
  [[nodiscard]] types::BlockProposal signed_block(types::Block block) const;
  [[nodiscard]] types::BlockReference about(const types::HashedBlock& block) const;
  [[nodiscard]] types::Artifact certificate_of(const types::BlockProposal& proposal);
  [[nodiscard]] types::BlockQuorum false_quorum(const types::HashedBlock& block);
  template <typename Fixed>
  [[nodiscard]] Fixed garbage();

  Prng random_;
  const Subnet& subnet_;
  std::size_t index_;
  const consensus::Signer& signer_;
  std::uint64_t calls_ = 0;
};

}  // namespace icpd::sim
