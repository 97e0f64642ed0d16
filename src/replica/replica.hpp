// One node of a subnet as a function of its inputs: p2p core, consensus core, ingress pool, and
// what lies between them. No thread, clock, file or socket; production and simulation drive the
// very same.
//
//   links ──▶ p2p ──▶ ingress pool ──▶ payloads (message_routing, on certified snapshots)
//                └──▶ consensus ──▶ batches ──▶ [batch processor] ──▶ states ──▶ certification
//   clients ─▶ ingress pool                                              └──▶ published states
//
// What the replica adds to the cores
//  1. The order of persisting and sending (DESIGN §6): whatever consensus put behind a Persist
//     leaves only after Persisted. Bodies of the messages that a block names are in the same
//     record as the block. A certified state is published after Persisted too, so that the chain
//     that a restarted node finds in its log reaches every state that it has shown.
//  2. Bodies. A block names messages by hash; bodies come from the pool or are fetched from those
//     who sent the block. A payload is checked only when every body is here and every signature
//     verified; a batch is delivered when every body is here.
//  3. Snapshots: states from the finalized tip's certified height on, so that any payload question
//     finds exactly the state it speaks of.
//  4. What clients wait for: which calls ended at which certified height.
//
// Bounds: IngressPool (replica/ingress_pool.hpp), Bodies (replica/bodies.hpp), and those of the
// cores. A client's message that finds no room is refused; a peer's is dropped, and comes again in
// a block or not at all.
#pragma once

#include <memory>

#include "consensus/consensus.hpp"
#include "message_routing/response_rules.hpp"
#include "replica/step.hpp"

namespace icpd::replica {

namespace detail {
struct Core;
}

struct Identity {
  consensus::Identity consensus;
  /// Who is believed when users sign through canisters: the root subnet's key.
  certification::TrustRoot trust_root;
  /// Where answers of consensus come from; outlives the replica. Null: blocks have none.
  const message_routing::ResponseSource* responses = nullptr;
};

/// What is on disk when a node starts.
struct Recovered {
  /// Used when the log has no package at or below the state: genesis_package of the registry.
  types::CatchUpPackage genesis;
  /// The log, in any order.
  std::vector<Shared<types::EncodedArtifact>> log;
  consensus::Watermark watermark;
  /// A checkpoint (replica/start_state.hpp) or the genesis state; its hashes are computed.
  Snapshot state;
  types::StateRoot root;
  types::StateHash hash;
};

class Replica {
 public:
  /// Error: the log, the state and the registry don't fit together; the text says how.
  [[nodiscard]] static Result<std::unique_ptr<Replica>> make(const Identity& identity,
                                                             registry::Registry registry,
                                                             Recovered recovered);
  ~Replica();

  /// Once, before any step.
  [[nodiscard]] Actions start(const consensus::Moment& now);
  [[nodiscard]] Actions step(const consensus::Moment& now, Input input);

  /// What the protocol thread may show; for metrics.
  struct Figures {
    types::Height notarized;
    types::Height finalized;
    types::Height executed;
    types::Height certified;
    types::Height package;
    std::size_t sessions = 0;
    std::size_t pool_messages = 0;
    std::size_t pool_bytes = 0;
    /// Final batches that aren't executed: waiting for bodies, or with the batch processor.
    std::size_t batches_waiting = 0;
    std::size_t artifacts = 0;
    std::size_t snapshots = 0;
    consensus::Watermark watermark;
  };
  [[nodiscard]] Figures figures() const;
  [[nodiscard]] const consensus::Consensus& consensus() const;
  /// A call that is on its way here; null if there is none. Valid until the next step.
  [[nodiscard]] const RequestTrace* trace(const types::RequestId& id) const;

 private:
  explicit Replica(std::unique_ptr<detail::Core> core);
  std::unique_ptr<detail::Core> core_;
};

}  // namespace icpd::replica
