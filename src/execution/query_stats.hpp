// What this node's queries cost each canister, counted by epochs.
//
// Only nodes know what they were asked. So that canister_status can tell the same on all of them,
// each has to report its counts in blocks, an epoch at a time (docs/adr/0007-query-statistics.md).
// Here they are collected.
//
//   heights   0 ........ 599 | 600 ....... 1199 | 1200 ...
//   epoch          0         |        1         |    2
//
// A query counts for the epoch of the state it ran on. An epoch is complete once a query ran on a
// state of a later one; what comes late for it is lost, which the specification allows ("noise").
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

inline constexpr std::uint64_t kQueryStatsEpochHeights = 600;
[[nodiscard]] constexpr std::uint64_t query_stats_epoch(types::Height height) {
  return height.value / kQueryStatsEpochHeights;
}

using CanisterQueryStats = std::map<CanisterId, state::QueryStats>;

class QueryStatsCollector {
 public:
  struct Epoch {
    std::uint64_t number = 0;
    CanisterQueryStats canisters;
  };

  /// Counts what was evaluated for one query on the state of `height`.
  void add(types::Height height, std::span<const EvaluatedMethod> evaluated);

  /// Sums over all queries of this process.
  [[nodiscard]] const state::QueryStats& total() const { return total_; }
  /// The latest complete epoch in which there were queries, once.
  [[nodiscard]] std::optional<Epoch> take_complete();

 private:
  std::optional<Epoch> current_;
  std::optional<Epoch> complete_;
  state::QueryStats total_;
};

}  // namespace icpd::execution
