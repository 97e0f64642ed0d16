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
void add(QueryStatsCollector& stats, std::uint64_t height, std::vector<EvaluatedMethod> methods) {
  stats.add(types::Height(height), methods);
}

TEST(QueryStats, are_summed_for_each_canister_of_an_epoch) {
  QueryStatsCollector stats;
  add(stats, 0, {method(kA, 10), method(kB, 20)});
  add(stats, 599, {method(kB, 30)});
  EXPECT_FALSE(stats.take_complete().has_value()) << "more may come";
  add(stats, 600, {method(kA, 1)});
  const auto epoch = stats.take_complete();
  ASSERT_TRUE(epoch.has_value());
  EXPECT_EQ(epoch->number, 0U);
  ASSERT_EQ(epoch->canisters.size(), 2U);
  EXPECT_EQ(epoch->canisters.at(kA), (state::QueryStats{1, 10, 3, 4}));
  EXPECT_EQ(epoch->canisters.at(kB), (state::QueryStats{2, 50, 6, 8}));
  EXPECT_FALSE(stats.take_complete().has_value()) << "reported once";
}

TEST(QueryStats, what_comes_late_is_in_the_total_only) {
  QueryStatsCollector stats;
  add(stats, 600, {method(kA, 1)});
  add(stats, 599, {method(kA, 1)});
  add(stats, 1800, {});
  EXPECT_EQ(stats.take_complete()->canisters.at(kA).calls, 1U);
  EXPECT_EQ(stats.total(), (state::QueryStats{2, 2, 6, 8}));
}

TEST(QueryStats, sums_stop_at_their_largest_value) {
  QueryStatsCollector stats;
  add(stats, 0, {method(kA, UINT64_MAX), method(kA, 5)});
  EXPECT_EQ(stats.total().instructions, UINT64_MAX);
}

}  // namespace
}  // namespace icpd::execution
