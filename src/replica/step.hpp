// What goes into a step of a replica and what comes out of it.
//
// Whoever drives a replica (the node's protocol thread, the simulator) owns the world: links, disk,
// worker threads. Actions are to be carried out in their order, but none waits for another: what
// has to wait for the disk is kept inside until Persisted comes. Questions carry an id; their
// answers may come in any order unless a comment says otherwise.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/shared.hpp"
#include "certification/signature_check.hpp"
#include "consensus/step.hpp"
#include "message_routing/batch.hpp"
#include "p2p/p2p.hpp"
#include "replica/trace.hpp"
#include "state/replicated_state.hpp"
#include "types/batch.hpp"

namespace icpd::replica {

using consensus::QuestionId;
/// Names a client's submission; chosen by the caller.
using SubmissionId = Strong<struct SubmissionIdTag, std::uint64_t>;
/// Grows by one with each Persist.
using PersistNumber = Strong<struct PersistNumberTag, std::uint64_t>;
/// A state that nobody writes to, with its hashes computed (state/certified_tree.hpp).
using Snapshot = Shared<state::ReplicatedState>;

// ---- in ----

/// A session opened or closed, or a frame came (p2p/p2p.hpp).
using p2p::FrameReceived;
using p2p::SessionDown;
using p2p::SessionUp;

/// A client's call. Its form was decoded, its signatures were verified, and the ingress filter let
/// it in.
struct IngressSubmitted {
  SubmissionId id;
  Shared<types::IngressMessage> message;
};
/// Answer to VerifySignatures: for each list of checks, whether all of it holds.
struct SignaturesVerified {
  QuestionId id;
  std::vector<bool> good;
};
/// Answer to RunCrypto.
using consensus::CryptoDone;
/// Everything up to this Persist is durable.
struct Persisted {
  PersistNumber number;
};
/// Answer to ExecuteBatch, in the same order.
struct BatchExecuted {
  types::Height height;
  Snapshot state;
  Shared<message_routing::BatchOutcome> outcome;
};
/// The checkpoint of this height is durable.
struct CheckpointDone {
  types::Height height;
  types::StateHash hash;
};
using consensus::RegistryLearnt;
/// What this node's queries cost in an epoch that is over, for its blocks to report; ascending by
/// canister. Takes the place of what it counted before. Comes once for each epoch, or not at all.
struct QueriesCounted {
  Shared<types::QueryStatsReport> counts;
};
/// Time has passed.
using consensus::TimerFired;

using Input = std::variant<SessionUp, SessionDown, FrameReceived, IngressSubmitted,
                           SignaturesVerified, CryptoDone, Persisted, BatchExecuted, CheckpointDone,
                           RegistryLearnt, QueriesCounted, TimerFired>;

// ---- out ----

using p2p::CloseSession;
using p2p::Send;

/// To be appended to the log as one record (replica/artifact_log.hpp) and synced.
struct Persist {
  PersistNumber number;
  std::vector<Shared<types::EncodedArtifact>> artifacts;
  consensus::Watermark watermark;
};
/// A new segment of the log may begin; segments with nothing at or above this height may go.
struct PurgeLog {
  types::Height below;
};
/// Verify on a crypto worker, consensus work first.
using consensus::RunCrypto;
/// Verify users' signatures; one list for each message.
struct VerifySignatures {
  QuestionId id;
  std::vector<std::vector<certification::SignatureCheck>> messages;
};
/// Hand to the batch processor. At most consensus::kBatchesMax are under way.
struct ExecuteBatch {
  types::Batch batch;
  Shared<registry::Snapshot> registry;
};
/// The newest state that clients may see. Heights may be left out, and never go back.
struct PublishCertified {
  types::Certification certification;
  Snapshot state;
  /// Calls that ended since the state published before.
  std::vector<types::RequestId> finished;
};
/// Checkpoints below are of no more use: this height and a newer one have catch-up packages.
struct KeepCheckpointsFrom {
  types::Height height;
};
struct AnswerSubmission {
  SubmissionId id;
  /// False: there is no room (429 or 503).
  bool accepted = false;
};
/// Calls whose way through the layers is complete, for `icpd trace`.
struct Traced {
  std::vector<RequestTrace> requests;
};
/// What happened to a block, for metrics and the dashboard.
struct BlockSeen {
  enum class Stage : std::uint8_t { kNotarized, kFinalized };
  Stage stage = Stage::kNotarized;
  types::HashedBlock block;
  /// Of a final block: who signed (consensus::Finalized), and how many members there are.
  crypto::MemberSet signers = 0;
  std::size_t members = 0;
};
/// Call step() with TimerFired at that steady time, or soon after. Replaces the timer set before.
using consensus::SetTimer;
/// The node must not go on; the reason is for its operator.
using consensus::Stop;

using Action = std::variant<Send, CloseSession, Persist, PurgeLog, RunCrypto, VerifySignatures,
                            ExecuteBatch, PublishCertified, KeepCheckpointsFrom, AnswerSubmission,
                            Traced, BlockSeen, SetTimer, Stop>;
using Actions = std::vector<Action>;

}  // namespace icpd::replica
