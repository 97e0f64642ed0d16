#include "execution/query_stats.hpp"

#include <gtest/gtest.h>

namespace icpd::execution {
namespace {

const CanisterId kA = types::canister_id_from_index(1);
const CanisterId kB = types::canister_id_from_index(2);

EvaluatedMethod method(const CanisterId& canister, std::uint64_t instructions) {
  return {canister,
          {.calls = 1, .instructions = instructions, .request_bytes = 3, .response_bytes = 4}};
}
void add(QueryStatsCollector& stats, std::uint64_t epoch, std::vector<EvaluatedMethod> methods) {
  stats.add(epoch, methods);
}

TEST(QueryStats, are_summed_for_each_canister_of_an_epoch) {
  QueryStatsCollector stats;
  add(stats, 0, {method(kB, 20), method(kA, 10)});
  add(stats, 0, {method(kB, 30)});
  EXPECT_FALSE(stats.take_complete(0).has_value()) << "more may come";
  add(stats, 1, {method(kA, 1)});
  const types::QueryStatsReport expected{0, {{kA, {1, 10, 3, 4}}, {kB, {2, 50, 6, 8}}}};
  EXPECT_EQ(stats.take_complete(1), expected);
  EXPECT_FALSE(stats.take_complete(1).has_value()) << "reported once";
}

TEST(QueryStats, are_complete_though_no_query_follows) {
  QueryStatsCollector stats;
  add(stats, 4, {method(kA, 1)});
  EXPECT_EQ(stats.take_complete(5)->epoch, 4U);
}

TEST(QueryStats, what_comes_late_is_in_the_total_only) {
  QueryStatsCollector stats;
  add(stats, 1, {method(kA, 1)});
  add(stats, 0, {method(kA, 1)});
  EXPECT_EQ(stats.take_complete(2)->canisters.at(0).stats.calls, 1U);
  add(stats, 1, {method(kA, 1)});
  EXPECT_FALSE(stats.take_complete(2).has_value());
  EXPECT_EQ(stats.total(), (state::QueryStats{3, 3, 9, 12}));
}

TEST(QueryStats, of_an_epoch_that_nobody_took_in_time_are_dropped) {
  QueryStatsCollector stats;
  add(stats, 0, {method(kA, 1)});
  add(stats, 5, {});
  EXPECT_FALSE(stats.take_complete(1).has_value());
  EXPECT_FALSE(stats.take_complete(6).has_value());
}

TEST(QueryStats, sums_stop_at_their_largest_value) {
  QueryStatsCollector stats;
  add(stats, 0, {method(kA, UINT64_MAX), method(kA, 5)});
  EXPECT_EQ(stats.total().instructions, UINT64_MAX);
}

}  // namespace
}  // namespace icpd::execution
