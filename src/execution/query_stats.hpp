// What this node's queries cost each canister, counted by epochs.
//
// Only nodes know what they were asked. So that canister_status can tell the same on all of them,
// each reports its counts in blocks, an epoch at a time (message_routing/query_stats.hpp). Here
// they are collected.
//
// A query counts for the epoch of the state it ran on. An epoch is complete once there is a state
// of a later one; what comes late for it is lost, which the specification allows ("noise").
//
// Bounded by the canisters of the subnet: only methods that exist are evaluated. Not for several
// threads at a time.
//
// Source: reference 6.9 (routing-state); interface specification, "canister_status" (query_stats).
#pragma once

#include <map>
#include <span>

#include "execution/query.hpp"

namespace icpd::execution {

class QueryStatsCollector {
 public:
  /// Counts what was evaluated for one query on a state of `epoch`.
  void add(std::uint64_t epoch, std::span<const EvaluatedMethod> evaluated);

  /// Sums over all queries of this process.
  [[nodiscard]] const state::QueryStats& total() const { return total_; }
  /// What was counted in the epoch before `epoch`, which is that of the newest state; once, and
  /// nothing if there were no queries.
  [[nodiscard]] std::optional<types::QueryStatsReport> take_complete(std::uint64_t epoch);

 private:
  /// By epoch: the current one, and perhaps the one before until it is taken.
  std::map<std::uint64_t, std::map<CanisterId, state::QueryStats>> epochs_;
  /// Of the newest state that is known here.
  std::uint64_t newest_ = 0;
  state::QueryStats total_;
};

}  // namespace icpd::execution
