// What must hold over all nodes, whatever happens (DESIGN §9, "simulation").
//
//  1. Agreement: one final block for each height, whoever reports it. A node that crashes before it
//     made its own share durable may forget what it alone held for final: nothing left it on the
//     strength of that.
//  2. One state: equal roots for each height, also after replays, and equal state hashes of
//     checkpoints.
//  3. At most once: a request is executed for the first time at one height only, whatever envelopes
//     brought it and through however many nodes; and only requests that a user sent, in time.
//  4. The counter of a certified state is the number of requests executed up to its height: nothing
//     acknowledged is lost, nothing counts twice. The notes are no more than the relays that began,
//     and no fewer than those that ended: calls between canisters arrive exactly once.
//  5. A certificate verifies with the subnet's key and is for the root that was computed.
//  6. Honest nodes are never accused, and never stop.
//  7. Nodes agree on query statistics, on who made blocks and on who failed to; and the counter is
//     credited with no more queries than the rule of aggregation allows, whatever faulty nodes
//     report (state/query_reports.hpp).
//  8. What a node has shown to clients it shows again after a crash: the final chain in its log
//     reaches every state that it published, unless its disk lost what it had promised to keep.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "consensus/crypto.hpp"
#include "message_routing/batch.hpp"
#include "replica/step.hpp"
#include "sim/network.hpp"
#include "types/block.hpp"

namespace icpd::sim {

class Checks {
 public:
  explicit Checks(const Subnet& subnet);

  void is_faulty(std::size_t node) { faulty_.insert(node); }
  /// A user sent it, in time: it may be executed.
  void submitted(const types::RequestId& request) { submitted_.insert(request); }
  void finalized(std::size_t node, const types::HashedBlock& block);
  void executed(std::size_t node, types::Height height,
                const message_routing::BatchOutcome& outcome);
  void published(std::size_t node, types::Height height);
  /// With a log that ends at this final height. The lowest height that it alone held for final and
  /// has lost, if any: from there on everything is forgotten.
  std::optional<types::Height> restarted(std::size_t node, types::Height finalized);
  void lost_what_was_durable(std::size_t node) { published_.erase(node); }
  void checkpointed(std::size_t node, types::Height height, const types::StateHash& hash);
  void certified(std::size_t node, const replica::PublishCertified& published);
  /// The state that clients are shown is the one whose root was certified.
  void shows(std::size_t node, const replica::PublishCertified& published);
  void failed(std::string what);

  [[nodiscard]] bool ok() const { return failures_.empty(); }
  [[nodiscard]] const std::vector<std::string>& failures() const { return failures_; }
  [[nodiscard]] std::optional<types::StateRoot> root(types::Height height) const;
  [[nodiscard]] std::optional<types::StateHash> state_hash(types::Height height) const;
  /// The highest final block.
  [[nodiscard]] types::Height top() const {
    return blocks_.empty() ? types::Height{0} : blocks_.rbegin()->first;
  }
  [[nodiscard]] bool was_executed(const types::RequestId& request) const {
    return executed_at_.contains(request);
  }
  /// Queries that the counter was credited with in the newest state that was shown.
  [[nodiscard]] std::uint64_t queries_credited() const { return queries_credited_; }
  [[nodiscard]] std::size_t submissions() const { return submitted_.size(); }
  [[nodiscard]] std::size_t executions() const { return executed_at_.size(); }

 private:
  void forget_from(types::Height height);
  void count(types::Height height, const message_routing::BatchOutcome& outcome);
  void check_increment(const types::RequestId& request, types::Height height);
  void check_counter(std::size_t node, const replica::Snapshot& state);
  void check_statistics(std::size_t node, const state::ReplicatedState& state);
  /// The most that the counter may be credited with for the first so many epochs.
  [[nodiscard]] const types::QueryStats& credit_max(std::uint64_t epochs);

  std::size_t nodes_;
  std::set<std::size_t> faulty_;
  std::unique_ptr<consensus::Crypto> crypto_;
  Shared<consensus::ThresholdKey> key_;
  types::CanisterId counter_;
  struct FinalBlock {
    types::BlockHash hash;
    std::set<std::size_t> reported_by;
  };
  std::map<types::Height, FinalBlock> blocks_;
  std::map<types::Height, types::StateRoot> roots_;
  std::map<types::Height, types::StateHash> state_hashes_;
  /// Of what states have of query statistics and makers.
  std::map<types::Height, crypto::Digest> statistics_;
  std::vector<types::QueryStats> credit_max_ = {{}};
  std::uint64_t queries_credited_ = 0;
  std::set<types::RequestId> submitted_;
  std::map<types::RequestId, types::Height> executed_at_;
  std::map<std::size_t, types::Height> published_;
  struct Counts {
    std::size_t increments = 0;
    std::size_t relays_begun = 0;
    std::size_t relays_ended = 0;
  };
  /// Of requests executed up to each height.
  std::map<types::Height, Counts> counts_;
  /// Where each began.
  std::map<types::RequestId, types::Height> relays_;
  std::vector<std::string> failures_;
};

}  // namespace icpd::sim
