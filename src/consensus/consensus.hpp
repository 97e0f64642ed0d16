// Consensus: an order of messages that all honest nodes of a subnet agree on, final at once.
//
// The protocol (Camenisch et al., "Internet Computer Consensus", PODC 2022; reference B). Nodes
// build a tree of blocks, one height a round:
//
//   1. The random beacon of the height before ranks the block makers (committee.hpp).
//   2. Makers propose; a maker of worse rank waits longer (rules.hpp).
//   3. Each node signs a notarization share for the best valid block that it sees. n - f shares
//      are a notarization; with it and the next beacon the next round begins.
//   4. A node that has signed no other block of the height then signs a finalization share.
//      n - f shares make the block and all its ancestors final.
//   5. The random tape of a final height is released; block and tape are a batch to execute.
//   6. Each node signs the root of the state it computed; n - f shares are the certification that
//      clients verify.
//
// Worked example, n = 4, f = 1, calm network, leader c:
//
//   c → all  proposal h         a b c d → all  notarization share h
//   any three shares: notarization h → finalization share h, beacon share h + 1, round h + 1
//   any three shares: finalization h → batch h → certification share h → certification h
//
// Why two blocks of a height are never both final: a final block has n - f finalization shares, so
// at least n - 2f > f honest nodes signed no other block of that height. Another block could get at
// most n - (n - 2f) = 2f shares, and 2f < n - f. So it isn't notarized and has no descendants. Time
// plays no part in this; restarts don't either, because of the watermark (watermark.hpp).
//
// Summary blocks begin intervals: they fix keys, membership, and the height of the next summary.
// The state after a summary is a checkpoint, and n - f nodes sign a catch-up package over block,
// beacon and state hash, behind which everything is purged but 50 heights and the final blocks that
// there is room to serve (kServedHeightsMax, kServedBytesMax).
//
// Pacing (DESIGN §6). Events drive the rounds. The rank clock starts at the later of round start
// (notarization and beacon of the height before) and the moment this node knew of work; without
// work it starts one idle interval after round start. Work: ingress waiting, execution not done,
// something due by block time, a valid proposal of the round, a finalization or a catch-up package
// that only another block can bring. A maker whose subnet has agreed on more than is certified
// waits a little, so that blocks get larger and not more when there is too much to do (rules.hpp).
//
// Bounds: every pool is by height and by sender, within windows (rules.hpp); a peer that sends
// more loses its own artifacts. A node that is behind asks for ranges (range.hpp); one that is
// further behind than what peers keep stops and says so, until state sync exists.
//
// Pure: the same inputs give the same actions.
#pragma once

#include <memory>

#include "consensus/genesis.hpp"
#include "consensus/moment.hpp"
#include "consensus/step.hpp"
#include "registry/registry.hpp"

namespace icpd::consensus {

namespace detail {
struct Core;
}

/// Who this node is. Signer and crypto are borrowed and outlive the core.
struct Identity {
  types::NodeId node;
  types::SubnetId subnet;
  const Signer* signer = nullptr;
  const Crypto* crypto = nullptr;
};

/// What is on disk when a node starts. Everything here was checked before it was stored.
struct Recovered {
  /// The latest catch-up package; at first start genesis_package.
  types::CatchUpPackage package;
  /// The log, in any order; artifacts below the package's kept chain are ignored.
  std::vector<Shared<types::EncodedArtifact>> artifacts;
  Watermark watermark;
  /// The state this node starts from: its checkpoint. Batches are delivered from the next height.
  types::Height state_height;
  types::StateRoot state_root;
};

class Consensus {
 public:
  /// Error: keys in the registry or package that are no keys; a log that contradicts itself.
  [[nodiscard]] static Result<std::unique_ptr<Consensus>> make(const Identity& identity,
                                                               registry::Registry registry,
                                                               Recovered recovered);
  ~Consensus();

  /// What a node does when it wakes up: broadcasts what is in its pool, delivers what is final.
  [[nodiscard]] Actions start(const Moment& now);
  [[nodiscard]] Actions step(const Moment& now, Input input);

  /// The finalized chain from `from` on, as much as fits; no blocks if it isn't kept here or begins
  /// below `lowest`, from where the caller has all bodies.
  [[nodiscard]] ChainRange answer_range(types::Height from,
                                        types::Height lowest = types::Height{0}) const;

  [[nodiscard]] types::Height notarized() const;
  [[nodiscard]] types::Height finalized() const;
  [[nodiscard]] types::Height certified() const;
  /// No artifact of a lower height is taken, but of catch-up packages. Never sinks.
  [[nodiscard]] types::Height useful_from() const;
  /// Height of the latest catch-up package.
  [[nodiscard]] types::Height caught_up() const;
  [[nodiscard]] Watermark watermark() const;
  /// The final block of a height that is kept; nothing else.
  [[nodiscard]] std::optional<types::HashedBlock> final_block(types::Height height) const;
  /// The chain that the next block of this node would build on: heights above `above`, ascending.
  [[nodiscard]] std::vector<types::HashedBlock> notarized_chain(types::Height above) const;
  /// Artifacts in all pools; for the bounds in tests and metrics.
  [[nodiscard]] std::size_t pool_size() const;

 private:
  explicit Consensus(std::unique_ptr<detail::Core> core);
  std::unique_ptr<detail::Core> core_;
};

}  // namespace icpd::consensus
