// What queries cost canisters, as nodes report it in blocks (docs/adr/0007-query-statistics.md).
#pragma once

#include <array>
#include <cstdint>
#include <tuple>
#include <vector>

#include "types/ids.hpp"

namespace icpd::types {

struct QueryStats {
  std::uint64_t calls = 0;
  std::uint64_t instructions = 0;
  std::uint64_t request_bytes = 0;
  std::uint64_t response_bytes = 0;
  bool operator==(const QueryStats&) const = default;
  static constexpr auto kFields =
      std::tuple(&QueryStats::calls, &QueryStats::instructions, &QueryStats::request_bytes,
                 &QueryStats::response_bytes);
};

inline constexpr std::array kQueryNumbers = {&QueryStats::calls, &QueryStats::instructions,
                                             &QueryStats::request_bytes,
                                             &QueryStats::response_bytes};

/// Each number by itself; a sum that doesn't fit stays at the largest number.
void add_saturating(QueryStats& sum, const QueryStats& more);

struct CanisterQueryStats {
  CanisterId canister;
  QueryStats stats;
  bool operator==(const CanisterQueryStats&) const = default;
  static constexpr auto kFields =
      std::tuple(&CanisterQueryStats::canister, &CanisterQueryStats::stats);
};

/// What one node counted in one epoch, or a part of it. Epoch e has the heights e · l up to and
/// without (e + 1) · l, where l is the subnet record's query_stats_epoch_heights.
struct QueryStatsReport {
  std::uint64_t epoch = 0;
  /// Ascending by canister.
  std::vector<CanisterQueryStats> canisters;
  bool operator==(const QueryStatsReport&) const = default;
  static constexpr auto kFields =
      std::tuple(&QueryStatsReport::epoch, &QueryStatsReport::canisters);
};

}  // namespace icpd::types
