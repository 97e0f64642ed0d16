// What goes into a step of consensus and what comes out of it.
//
// Questions carry an id and their answers bring it back; answers to questions that have become
// pointless are ignored. Actions are ordered. What stands after a Persist must not leave the node
// before the Persist is durable (DESIGN §6, "Persist, then send"); what stands before it may.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/shared.hpp"
#include "consensus/crypto.hpp"
#include "consensus/range.hpp"
#include "consensus/watermark.hpp"
#include "registry/records.hpp"
#include "types/artifact.hpp"
#include "types/batch.hpp"

namespace icpd::consensus {

using QuestionId = Strong<struct QuestionIdTag, std::uint64_t>;

// ---- in ----

/// From a peer, decoded; nothing about it is believed.
struct ArtifactReceived {
  types::NodeId from;
  Shared<types::EncodedArtifact> artifact;
};
/// A peer's answer to WantRange; nothing about it is believed.
struct RangeReceived {
  types::NodeId from;
  Shared<ChainRange> range;
};
/// The peer could not be asked or didn't answer.
struct RangeFailed {
  types::NodeId from;
};
struct PayloadBuilt {
  QuestionId id;
  types::DataPayload payload;
};
enum class PayloadVerdict : std::uint8_t { kValid, kInvalid, kNotYet };
struct PayloadChecked {
  QuestionId id;
  PayloadVerdict verdict = PayloadVerdict::kNotYet;
};
struct CryptoDone {
  QuestionId id;
  CryptoVerdict verdict;
};
/// The batch of this height was executed.
struct StateCommitted {
  types::Height height;
  types::StateRoot root;
  /// Canisters have input or a slice left: another block is wanted at once.
  bool has_work = false;
  /// The block time from which there is work (timers, deadlines, heartbeats); absent: none known.
  std::optional<Time> work_due;
};
struct CheckpointHashed {
  types::Height height;
  types::StateHash hash;
};
/// Whether there is ingress that no block of the notarized chain has and that a block could take.
struct IngressWaiting {
  bool waiting = false;
};
struct RegistryLearnt {
  Shared<registry::Snapshot> snapshot;
};
/// Time has passed.
struct TimerFired {};

using Input = std::variant<ArtifactReceived, RangeReceived, RangeFailed, PayloadBuilt,
                           PayloadChecked, CryptoDone, StateCommitted, CheckpointHashed,
                           IngressWaiting, RegistryLearnt, TimerFired>;

// ---- out ----

/// To all peers, until withdrawn. Urgent: small or on the critical path, so the whole artifact is
/// pushed; else it may be announced by id.
struct Broadcast {
  Shared<types::EncodedArtifact> artifact;
  bool urgent = true;
};
/// Also cancels a broadcast of that artifact that still waits for its Persist.
struct Withdraw {
  types::ArtifactId id;
};
/// There was no room for it; if a peer still holds it, it may be delivered again.
struct Dropped {
  types::ArtifactId id;
};
/// One atomic, synced batch. Bodies that a block names are stored with it.
struct Persist {
  std::vector<Shared<types::EncodedArtifact>> artifacts;
  Watermark watermark;
};
/// What is of no more use.
struct PurgeBelow {
  /// In the log, everything below; recovery begins above.
  types::Height height;
  /// Bodies of blocks below: those blocks aren't served any more.
  types::Height served;
};

/// What a payload is built or checked against: the state certified at context.certified_height and
/// the payloads of the blocks above it, up to the parent.
struct PayloadQuestion {
  QuestionId id;
  types::Height height;
  types::BlockHash parent;
  types::ValidationContext context;
  /// Heights context.certified_height + 1 .. height - 1, ascending.
  std::vector<types::HashedBlock> past;
};
struct BuildPayload {
  PayloadQuestion question;
};
struct CheckPayload {
  PayloadQuestion question;
  types::HashedBlock block;
  types::NodeId from;
};
struct RunCrypto {
  QuestionId id;
  Shared<CryptoJob> job;
};
/// Execute, in the order of heights: a checkpoint's batch comes after a Persist, so those above it
/// may come first. `batch.ingress` is empty: the bodies that `block` names are attached by the
/// replica.
struct DeliverBatch {
  types::HashedBlock block;
  types::Batch batch;
};
/// The block joined the notarized chain, or one of its forks.
struct Notarized {
  types::HashedBlock block;
};
/// Comes once for each height, in order.
struct Finalized {
  types::HashedBlock block;
};
/// Grows in height; heights may be left out.
struct Certified {
  types::Certification certification;
};
struct CatchUpMade {
  Shared<types::EncodedArtifact> package;
};
/// It did what no correct node does.
struct PeerMisbehaved {
  types::NodeId peer;
  std::string reason;
};
/// Ask this peer for the finalized chain from here on (Consensus::answer_range on its side).
struct WantRange {
  types::NodeId peer;
  types::Height from;
};
/// Replaces the timer set before.
struct SetTimer {
  Time steady;
};
/// The node must not go on.
struct Stop {
  std::string reason;
};

using Action = std::variant<Broadcast, Withdraw, Dropped, Persist, PurgeBelow, BuildPayload,
                            CheckPayload, RunCrypto, DeliverBatch, Notarized, Finalized, Certified,
                            CatchUpMade, PeerMisbehaved, WantRange, SetTimer, Stop>;
using Actions = std::vector<Action>;

}  // namespace icpd::consensus
