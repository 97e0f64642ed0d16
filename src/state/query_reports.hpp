// Reports of query statistics of one epoch, until they are summed up (docs/adr/
// 0007-query-statistics.md; message_routing/query_stats.hpp).
//
// Bounded by nodes × canisters, 40 bytes each; a block costs what it reports. Only what nodes of
// the subnet said in blocks is here, so it is the same on all of them, and believed no further than
// the rule of credit() goes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "codec/record.hpp"
#include "state/persistent_map.hpp"
#include "types/ids.hpp"
#include "types/query_stats.hpp"

namespace icpd::state {

class QueryReports {
 public:
  struct OfMaker {
    /// Place in makers_.
    std::uint32_t maker = 0;
    types::QueryStats stats;
    static constexpr auto kFields = std::tuple(&OfMaker::maker, &OfMaker::stats);
  };
  using Map = PersistentMap<types::CanisterId, std::vector<OfMaker>>;

  /// Of all reports here; nothing said when there is none.
  [[nodiscard]] std::uint64_t epoch() const { return epoch_; }
  [[nodiscard]] bool empty() const { return reports_.empty(); }
  [[nodiscard]] const Map& reports() const { return reports_; }
  [[nodiscard]] bool has(const types::NodeId& maker, const types::CanisterId& canister) const;

  /// Needs empty() or the epoch of those that are here, and !has(maker, canister).
  void add(std::uint64_t epoch, const types::NodeId& maker, const types::CanisterId& canister,
           const types::QueryStats& stats);

  friend void record_write(codec::RecordWriter& out, const QueryReports& reports);
  friend Status<> record_read(codec::RecordReader& in, QueryReports& reports);

 private:
  std::uint64_t epoch_ = 0;
  /// In the order of their first reports.
  std::vector<types::NodeId> makers_;
  Map reports_;
};

void record_write(codec::RecordWriter& out, const QueryReports& reports);
[[nodiscard]] Status<> record_read(codec::RecordReader& in, QueryReports& reports);

/// What a canister is credited with when up to `faulty` nodes may have said anything: each of the
/// four numbers by itself is the sum over the reports, each cut down to the largest value that
/// `faulty` others reach or exceed. So the cut is at or below what some honest node counted, and
/// liars together add at most `faulty` times that.
///
///   faulty 1, calls  5 7 900   cut 7   5 + 7 + 7 = 19
///   faulty 1, calls  900       cut 0   0
[[nodiscard]] types::QueryStats credit(std::span<const QueryReports::OfMaker> reports,
                                       std::size_t faulty);

}  // namespace icpd::state
