// The state of a replica and the parts that work on it. A part answers one kind of event; what it
// wants from a core it asks through feed() and tell_peers(), whose actions are handled at once or
// queued, so that no core is entered twice.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/digest_map.hpp"
#include "replica/bodies.hpp"
#include "replica/ingress_pool.hpp"
#include "replica/replica.hpp"

namespace icpd::replica::detail {

using types::BlockHash;
using types::Height;
using types::IngressHash;
using types::NodeId;

/// Signatures of one list that is checked without a pause (a list of one message may have more),
/// and how many lists are checked at the same time. A list takes 4 ms of Ed25519 and 100 ms of
/// canister signatures, which is what consensus may have to wait for on a worker.
inline constexpr std::size_t kVerifySignaturesMax = 64;
inline constexpr std::size_t kVerifyListsMax = 8;
/// Artifacts that had no room and are asked for again.
inline constexpr std::size_t kDroppedMax = 1'024;
inline constexpr Duration kAskAgain = Duration::seconds(1);
/// Ranges that one peer is given in a second. One costs about 5 ms of reading and encoding, so that
/// nobody keeps this node busy with questions; ten have up to 2,000 blocks.
inline constexpr std::size_t kRangesAnsweredMax = 10;

/// Actions of consensus that wait for a persist.
struct Held {
  PersistNumber number;
  consensus::Actions actions;
};

/// A certification whose state may be shown once a persist is durable.
struct Unshown {
  PersistNumber number;
  types::Certification certification;
};

/// A body that a block names and that isn't here.
struct Wanted {
  Height height;
  std::vector<NodeId> sources;
  /// The block is final, so that the body is right whatever it says.
  bool is_final = false;
};

/// A question about a payload whose messages aren't all here and verified.
struct OpenCheck {
  consensus::CheckPayload ask;
  /// Bodies that aren't here, and bytes of those that are.
  std::set<IngressHash> missing;
  std::size_t bytes = 0;
  /// So many from the first on are here and verified: they aren't looked at again before all are.
  std::size_t good = 0;
  /// Names a message that is none.
  bool is_impossible = false;
};

/// Ranges given to a peer since a time.
struct RangesGiven {
  Time since;
  std::size_t count = 0;
};

struct Core {
  Identity identity;
  registry::Registry registry;
  consensus::Moment now;
  std::unique_ptr<consensus::Consensus> consensus;
  p2p::P2p p2p;
  Actions out;

  std::deque<consensus::Input> inbox;
  std::deque<p2p::Input> outbox;

  // Persist, then send.
  PersistNumber persists;
  std::deque<Held> held;
  /// Ascending in height and number.
  std::deque<Unshown> unshown;
  /// Bodies that belong to stored blocks and aren't stored yet, with the block's height.
  std::map<IngressHash, Height> bodies_to_save;

  // Ingress.
  IngressPool pool;
  Bodies bodies;
  std::map<IngressHash, Wanted> wanted;
  std::deque<IngressHash> to_verify;
  std::map<QuestionId, std::vector<IngressHash>> verifying;
  std::uint64_t questions = 0;
  /// Hashes in notarized blocks above the finalized height.
  std::set<IngressHash> in_chain;
  std::size_t verified_in_chain = 0;
  bool told_waiting = false;
  Height told_horizon;
  /// The pool has nothing that a block could take; until then or until something new comes.
  std::optional<Time> quiet_until;

  /// For this node's blocks to report; empty if there is nothing.
  Shared<types::QueryStatsReport> query_counts;

  std::map<QuestionId, OpenCheck> checks;
  /// Pins in the pool, by the height of the proposals that they are for.
  std::map<Height, std::vector<IngressHash>> pinned;

  // Execution.
  std::map<Height, consensus::DeliverBatch> batches;
  Height next_batch;
  std::map<Height, Snapshot> snapshots;
  std::map<Height, std::vector<types::RequestId>> finished;
  Height executed;
  Height published;
  Height package;
  std::optional<types::StateHash> checkpoint_at_start;

  // Peers.
  std::uint64_t ranges = 0;
  std::map<p2p::RangeId, NodeId> range_asked;
  std::map<NodeId, RangesGiven> ranges_given;
  std::set<types::ArtifactId> dropped;
  std::optional<Time> ask_again;

  OpenTraces traces;

  std::optional<Time> consensus_timer;
  std::optional<Time> p2p_timer;
  std::optional<Time> timer_set;
  bool stopped = false;

  Core(Identity who, registry::Registry records)
      : identity(std::move(who)), registry(std::move(records)) {}
};

// replica.cpp
void feed(Core& core, consensus::Input input);
void tell_peers(Core& core, p2p::Input input);
void stop(Core& core, std::string reason);

// consensus_actions.cpp
void handle(Core& core, consensus::Actions actions);
void persisted(Core& core, const Persisted& input);

// peers.cpp
void handle(Core& core, p2p::Actions actions);
void misbehaved(Core& core, const NodeId& peer, std::string reason);
void want_range(Core& core, const consensus::WantRange& want);
void remember_dropped(Core& core, const types::ArtifactId& id);
void ask_again(Core& core);

// ingress.cpp
void submitted(Core& core, const IngressSubmitted& input);
void ingress_arrived(Core& core, const NodeId& from, const Encoded& artifact);
void signatures_verified(Core& core, const SignaturesVerified& input);
void ask_for_verification(Core& core);
void chain_changed(Core& core);
void forget_expired(Core& core);
void tell_whether_ingress_waits(Core& core);
void tell_horizon(Core& core);
[[nodiscard]] const Encoded* body_artifact(const Core& core, const IngressHash& hash);
/// Asks peers for a body that isn't here, until its height is final without it.
void want_body(Core& core, const IngressHash& hash, Wanted wanted);
void forget_want(Core& core, const IngressHash& hash);
/// Keeps the message, if it is here, until this height is final.
void pin(Core& core, Height height, const IngressHash& hash);
[[nodiscard]] Result<SharedIngress> parse_ingress(const Encoded& artifact);
void block_final(Core& core, const types::HashedBlock& block);

// payloads.cpp
void build_payload(Core& core, const consensus::BuildPayload& ask);
void check_payload(Core& core, const consensus::CheckPayload& ask);
void try_checks(Core& core);
/// A body that somebody may wait for came, or turned out to be none.
void body_came(Core& core, const IngressHash& hash);
/// A height is final: nothing more is to be judged there.
void close_checks(Core& core, Height final_height);
[[nodiscard]] const std::vector<IngressHash>& named_by(const types::Block& block);

// batches.cpp
void deliver(Core& core, const consensus::DeliverBatch& delivered);
void try_batches(Core& core);
void executed(Core& core, const BatchExecuted& input);
void certified(Core& core, const types::Certification& certification);
/// Shows what waited for this persist, if something did.
void show_certified(Core& core, PersistNumber durable);
void forget_snapshots(Core& core);

// tracing.cpp
void trace_received(Core& core, const types::IngressMessage& message, bool from_client);
void trace_expired(Core& core, const types::IngressMessage& message);
void trace_proposed(Core& core, const std::vector<IngressHash>& messages);
void trace_block(Core& core, const BlockSeen& seen);
void trace_delivered(Core& core, const consensus::DeliverBatch& delivered);
void trace_executed(Core& core, Height height, const message_routing::BatchOutcome& outcome);
void trace_certified(Core& core, Height height, const std::vector<types::RequestId>& finished);

// recovery.cpp
[[nodiscard]] Status<> recover(Core& core, Recovered recovered);

}  // namespace icpd::replica::detail
