// What a node remembers of its own work. /metrics, /_/status.json, the dashboard and /_/trace all
// read these records, so that they never tell different stories.
//
// Written by the protocol thread, read by any thread. Times are this node's wall clock; 0 is "not
// seen by this node". Everything begins anew when the process starts.
//
// Bounds: kRoundsMax rounds, kActiveCanistersMax canisters, replica::TraceStore::kSizeMax calls,
// one link for each peer. Cost: a few additions for a frame, a map entry for a round.
#pragma once

#include <array>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "replica/replica.hpp"

namespace icpd::node {

/// Durations in a few buckets, as Prometheus counts them.
struct DurationHistogram {
  /// Upper ends in seconds; a last bucket takes what is longer.
  static constexpr std::array<double, 12> kEnds = {0.001, 0.002, 0.005, 0.01, 0.02, 0.05,
                                                   0.1,   0.2,   0.5,   1,    2,    5};
  std::array<std::uint64_t, kEnds.size() + 1> counts{};
  double sum_seconds = 0;

  /// A negative duration (a clock that was set back) counts as 0.
  void add(Duration duration);
  [[nodiscard]] std::uint64_t count() const;
};

struct Traffic {
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;
};

/// The link to one peer.
struct LinkRecord {
  bool up = false;
  /// When it came up or was lost; 0: it was never up.
  Time since;
  /// Why it was lost; empty while it is up.
  std::string reason;
  std::uint64_t sessions = 0;
  /// Frames of the protocol, without TLS and keep-alives.
  Traffic received;
  Traffic sent;
};

/// One height, through consensus, execution and certification.
struct RoundRecord {
  types::Height height;
  types::BlockHash block;
  types::NodeId maker;
  types::Rank rank;
  bool is_summary = false;
  /// Users' calls in the block.
  std::uint64_t messages = 0;
  /// The time that canisters see.
  Time block_time;
  Time notarized;
  Time finalized;
  crypto::MemberSet signers = 0;
  std::size_t members = 0;

  Time delivered;
  message_routing::InductionCounts ingress;
  types::StateRoot root;

  Time executed;
  std::uint64_t executions = 0;
  std::uint64_t instructions = 0;
  std::uint64_t pages = 0;

  Time certified;
};

/// What a canister did since the process started.
struct CanisterRecord {
  std::uint64_t executions = 0;
  std::uint64_t instructions = 0;
  std::uint64_t pages = 0;
  /// The last round in which it did something, and how much that was.
  types::Height last_round;
  std::uint64_t last_instructions = 0;
};

/// Sums since the process started.
struct RecordTotals {
  std::uint64_t final_blocks = 0;
  /// Of these, by maker; only of members.
  std::map<types::NodeId, std::uint64_t> blocks_by_maker;
  message_routing::InductionCounts ingress;
  std::uint64_t batches = 0;
  std::uint64_t executions = 0;
  std::uint64_t instructions = 0;
  std::uint64_t pages = 0;
  std::uint64_t finished_calls = 0;
  /// Batch handed to execution until its state was hashed; state hashed until it was certified; a
  /// call from a client of this node until its certificate.
  DurationHistogram batch_time;
  DurationHistogram certification_time;
  DurationHistogram call_time;
};

class Records {
 public:
  static constexpr std::size_t kRoundsMax = 64;
  static constexpr std::size_t kActiveCanistersMax = 1'000;
  static constexpr std::size_t kNewestCallsMax = 24;

  explicit Records(const std::vector<types::NodeId>& peers);

  // -- the protocol thread --
  // Frames and links of nodes that are no peers are not counted.
  void link_up(const types::NodeId& peer, Time now);
  void link_down(const types::NodeId& peer, Time now, std::string reason);
  void received(const types::NodeId& peer, std::size_t bytes);
  void sent(const types::NodeId& peer, std::size_t bytes);
  void block(const replica::BlockSeen& seen, Time now);
  void delivered(types::Height height, Time now);
  void executed(const replica::BatchExecuted& batch, Time now);
  void certified(types::Height height, Time now);
  void traced(std::vector<replica::RequestTrace> traces);
  void show(const replica::Replica::Figures& figures);

  // -- any thread --
  struct Report {
    replica::Replica::Figures figures;
    std::map<types::NodeId, LinkRecord> links;
    RecordTotals totals;
    /// Newest last.
    std::vector<RoundRecord> rounds;
    std::map<types::CanisterId, CanisterRecord> canisters;
    /// Newest first, at most kNewestCallsMax.
    std::vector<replica::RequestTrace> calls;
  };
  [[nodiscard]] Report report() const;
  [[nodiscard]] std::optional<replica::RequestTrace> trace(const types::RequestId& id) const;
  /// Calls that the batch of that height put into canisters' queues; nothing if that isn't known
  /// any more.
  [[nodiscard]] std::optional<std::uint64_t> queued(types::Height height) const;

 private:
  /// The record of that height, made if need be; null for a height older than all that are kept.
  [[nodiscard]] RoundRecord* round(types::Height height);
  void add_work(types::Height height, const std::vector<execution::CanisterWork>& work);

  mutable std::mutex mutex_;
  replica::Replica::Figures figures_;
  std::map<types::NodeId, LinkRecord> links_;
  RecordTotals totals_;
  std::map<types::Height, RoundRecord> rounds_;
  std::map<types::CanisterId, CanisterRecord> canisters_;
  /// By last_round.
  std::set<std::pair<types::Height, types::CanisterId>> active_;
  replica::TraceStore traces_;
  /// Of the newest batches that had any, one for each call that is traced at most.
  std::map<types::Height, std::uint64_t> queued_;
};

}  // namespace icpd::node
