// The state of consensus and the parts that work on it.
//
// Each part is a function over Core that does what it can do at once and returns whether it
// changed anything; advance() calls them in turn until none does. A part never calls another one:
// what it changed in the pools is what the others see.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "consensus/consensus.hpp"
#include "consensus/detail/pool.hpp"
#include "consensus/rules.hpp"

namespace icpd::consensus::detail {

/// What the actions of a step are made of.
struct Outbox {
  Actions free;
  std::vector<Encoded> unsaved;
  /// What must not leave before everything unsaved and the watermark are durable.
  Actions guarded;
  /// Withdrawals, so that they follow the broadcasts of their step.
  Actions last;
};

struct Later {
  NodeId from;
  Encoded artifact;
};

/// A complete artifact that waits for its check.
struct Pending {
  NodeId from;
  Encoded artifact;
  bool checking = false;
};

struct Peer {
  /// Highest finalized height that its artifacts speak of.
  Height claim;
  std::size_t later = 0;
  std::size_t pending = 0;
  /// Lowest height it keeps, as it said in its last answer to a range request.
  Height lowest;
  /// Steady time before which it isn't asked for a range again.
  Time ask_after;
  /// How often in a row asking it for a range gave nothing.
  std::uint64_t failures = 0;
};

struct Core {
  Identity identity;
  registry::Registry registry;
  Moment now;

  std::map<Height, HeightPool> heights;
  std::map<types::ArtifactId, Pending> pending;
  std::multimap<Height, Later> later;
  std::map<NodeId, Peer> peers;

  Height notarized;
  Height finalized;
  Height certified;
  /// State committed by execution.
  Height executed;
  /// Next height to deliver.
  Height next_batch;
  /// The latest catch-up package.
  Encoded package;
  Height package_height;
  Height previous_package_height;
  /// Checkpoints above the package whose state hash is known.
  std::set<Height> hashed;
  /// Verified, of a height whose state this node hasn't hashed.
  Encoded package_ahead;

  Watermark watermark;
  Watermark watermark_at_start;

  // Pacing.
  Height round;
  /// Nothing until the round's notarization and beacon are both here.
  std::optional<Time> round_start;
  std::optional<Time> work_since;
  bool ingress_waiting = false;
  bool execution_has_work = false;
  std::optional<Time> execution_due;
  std::optional<Time> wake;
  std::optional<Time> wake_announced;
  bool building = false;

  // Catching up.
  bool range_asked = false;
  /// Lowest height of the final chain that is kept to be served.
  Height lowest_kept;
  Height missing;
  Time missing_since;

  std::uint64_t question = 0;
  std::map<QuestionId, std::function<void(Core&, const CryptoVerdict&)>> crypto_questions;
  std::map<QuestionId, std::function<void(Core&, types::DataPayload)>> build_questions;
  std::map<QuestionId, std::function<void(Core&, PayloadVerdict)>> check_questions;

  std::map<Height, std::vector<types::ArtifactId>> active;
  /// Finalized height up to which purge() has cleaned, and the heights it last saw.
  Height cleaned;
  std::array<Height, 5> purged_at{};
  Outbox out;
  bool stopped = false;

  Core(Identity who, registry::Registry records)
      : identity(std::move(who)), registry(std::move(records)) {}
};

// core.cpp: finding things.
[[nodiscard]] HeightPool* pool_at(Core& core, Height height);
[[nodiscard]] const HeightPool* pool_at(const Core& core, Height height);
/// Null if there is no such valid block.
[[nodiscard]] const BlockNode* block_at(const Core& core, Height height, const BlockHash& hash);
/// Lowest rank, then lowest hash, of the notarized blocks of the height; null if there is none.
[[nodiscard]] const BlockNode* best_notarized(const Core& core, Height height);
/// What governs a height, as far as this node can know; empty if it can't.
[[nodiscard]] Shared<Interval> interval_at(const Core& core, Height height);
/// What governs the newest heights; for membership of whoever sends something.
[[nodiscard]] const Shared<Interval>& newest_interval(const Core& core);
[[nodiscard]] const types::Beacon* beacon_at(const Core& core, Height height);
[[nodiscard]] types::BlockReference reference(const Core& core, Height height, const BlockHash& h);
[[nodiscard]] Result<Shared<Interval>> begin_interval(const Core& core,
                                                      const types::Block& summary);
/// The tree node of a block whose parent is in the tree; empty `parent` for a root.
[[nodiscard]] Result<BlockNode> make_node(const Core& core, const types::HashedBlock& block,
                                          const BlockNode* parent);
/// Ascending: heights above `above` that lead to this block, itself included.
[[nodiscard]] std::vector<types::HashedBlock> chain_to(const Core& core, const BlockNode& top,
                                                       Height above);
[[nodiscard]] Distances distances(const Core& core);

// core.cpp: doing things.
/// Encodes, keeps for the log, and broadcasts once that is durable.
Encoded publish_guarded(Core& core, types::Artifact artifact);
/// Broadcasts something that needs no store.
Encoded publish(Core& core, types::Artifact artifact);
/// Passes a complete, verified artifact on and keeps it for the log.
void keep_and_relay(Core& core, const Encoded& artifact, bool urgent);
void save(Core& core, const Encoded& artifact);
void misbehaved(Core& core, const NodeId& peer, std::string reason);
void stop(Core& core, std::string reason);
void wake_at(Core& core, Time steady);
void ask(Core& core, CryptoJob job, std::function<void(Core&, const CryptoVerdict&)> then);
void mark_notarized(Core& core, Height height, const BlockHash& hash);
/// Adds a valid block to the tree. Needs its parent there.
void add_block(Core& core, const types::HashedBlock& block, const Encoded& proposal);

// pacing.cpp
/// Steady time at which the rank clock of the current round started or will start; nothing before
/// the round itself has begun.
[[nodiscard]] std::optional<Time> rank_clock(const Core& core);
bool begin_round(Core& core);
/// A valid proposal of the round is work.
void note_proposal(Core& core);

// receive.cpp
void receive(Core& core, const NodeId& from, const Encoded& artifact);
/// The lowest height of which some kind but catch-up packages is taken.
[[nodiscard]] Height useful_from(const Core& core);
bool take_later(Core& core);

// The parts.
bool validate_pending(Core& core);    // validator.cpp
bool validate_proposals(Core& core);  // proposals.cpp
bool aggregate(Core& core);           // aggregator.cpp
bool notarize(Core& core);            // notary.cpp
bool finalize(Core& core);            // finalizer.cpp
bool extend_final_chain(Core& core);  // finalizer.cpp
bool make_block(Core& core);          // block_maker.cpp
bool make_beacon_share(Core& core);   // randomness.cpp
bool make_tape_shares(Core& core);    // randomness.cpp
bool deliver(Core& core);             // deliverer.cpp
bool certify(Core& core);             // certifier.cpp
bool make_package_share(Core& core);  // catch_up.cpp
bool catch_up(Core& core);            // ranges.cpp
bool purge(Core& core);               // purger.cpp

// proposals.cpp, used by the block maker too: a summary is a function of its parent.
[[nodiscard]] types::SummaryPayload summary_after(const Core& core, const BlockNode& parent);
[[nodiscard]] types::RegistryVersion stable_version(const Core& core, const BlockNode& parent);

// certifier.cpp
void state_committed(Core& core, const StateCommitted& input);
/// A certification that the log held, of a height whose root is known again.
void adopt_known_certification(Core& core, Height height);
void adopt_certification(Core& core, const Encoded& certification);
// catch_up.cpp
void checkpoint_hashed(Core& core, const CheckpointHashed& input);
void adopt_package(Core& core, const Encoded& package);
// ranges.cpp
void range_received(Core& core, const RangeReceived& input);
void range_failed(Core& core, const RangeFailed& input);
[[nodiscard]] ChainRange range_from(const Core& core, Height from, Height lowest);
// randomness.cpp
[[nodiscard]] types::Randomness randomness_of(const types::Tape& tape);
// recovery.cpp
[[nodiscard]] Status<> recover(Core& core, Recovered recovered);
void rebroadcast(Core& core);

void advance(Core& core);
[[nodiscard]] Actions take_actions(Core& core);

}  // namespace icpd::consensus::detail
