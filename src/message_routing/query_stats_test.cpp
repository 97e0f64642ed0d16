#include "message_routing/query_stats.hpp"

#include <gtest/gtest.h>

#include "message_routing/batch.hpp"
#include "message_routing/testing.hpp"

namespace icpd::message_routing {
namespace {

using state::ReplicatedState;
using testing::canister;
using types::Height;
using types::NodeId;
using types::QueryStats;
using types::QueryStatsReport;

/// Of the tests' topology: four nodes, f = 1.
NodeId node(std::uint8_t n) {
  return NodeId(testing::user(n).principal);
}
QueryStatsReport report(std::uint64_t epoch, const std::vector<std::uint64_t>& canisters,
                        std::uint64_t calls = 5) {
  QueryStatsReport made{epoch, {}};
  for (const std::uint64_t index : canisters)
    made.canisters.push_back({canister(index), {calls, calls * 10, 0, 0}});
  return made;
}
types::HashedBlock block(std::uint8_t maker, std::optional<QueryStatsReport> stats) {
  types::Block made;
  made.maker = node(maker);
  made.payload =
      types::DataPayload{.ingress = {}, .responses = {}, .query_stats = std::move(stats)};
  return types::HashedBlock(std::move(made));
}

/// Epochs of ten heights, canisters 0 to 4.
class QueryStatsTest : public ::testing::Test {
 protected:
  QueryStatsTest() : state_(testing::state_with(5)) {
    state::NetworkTopology topology = state_.topology();
    topology.parameters.query_stats_epoch_heights = 10;
    state_.write_metadata().topology = Shared<state::NetworkTopology>(std::move(topology));
  }
  [[nodiscard]] std::string check(std::uint64_t height, const QueryStatsReport& made,
                                  const std::vector<types::HashedBlock>& past = {}) const {
    const auto checked = check_query_stats({state_, Height{height}, node(1), past}, made);
    return checked.ok() ? "" : checked.error().message;
  }
  [[nodiscard]] std::optional<QueryStatsReport> build(
      std::uint64_t height, const QueryStatsReport& counts,
      const std::vector<types::HashedBlock>& past = {}) const {
    return build_query_stats({state_, Height{height}, node(1), past}, counts);
  }
  void batch(std::uint64_t height, std::uint8_t maker = 0,
             std::optional<QueryStatsReport> stats = std::nullopt) {
    while (state_.height() < Height{height}) {
      types::Batch made;
      made.height = state_.height() + 1;
      made.time = Time::from_seconds(2000 + made.height.value);
      made.registry_version = types::RegistryVersion{1};
      made.block_maker = node(maker);
      if (made.height == Height{height}) made.query_stats = stats;
      registry::Snapshot registry;
      registry.version = types::RegistryVersion{1};
      static_cast<void>(process_batch(
          state_, made, registry,
          [](ReplicatedState&, const execution::RoundInput&) { return execution::RoundReport{}; }));
    }
  }
  [[nodiscard]] QueryStats stats_of(std::uint64_t index) const {
    return state_.find(canister(index))->query_stats;
  }

  ReplicatedState state_;
};

TEST_F(QueryStatsTest, are_of_the_epoch_before_the_blocks) {
  EXPECT_EQ(check(10, report(0, {0, 2})), "");
  EXPECT_EQ(check(19, report(0, {0, 2})), "");
  EXPECT_EQ(check(20, report(1, {0, 2})), "");
  constexpr std::string_view kOther = "query statistics of another epoch";
  EXPECT_EQ(check(9, report(0, {0})), kOther) << "the first epoch isn't over";
  EXPECT_EQ(check(10, report(1, {0})), kOther);
  EXPECT_EQ(check(20, report(0, {0})), kOther);
}

TEST_F(QueryStatsTest, are_of_canisters_that_exist_each_once_ascending) {
  EXPECT_EQ(check(10, report(0, {})), "query statistics of no canister");
  EXPECT_EQ(check(10, report(0, {1, 1})), "query statistics: canisters don't ascend");
  EXPECT_EQ(check(10, report(0, {2, 1})), "query statistics: canisters don't ascend");
  EXPECT_EQ(check(10, report(0, {1, 7})), "query statistics of a canister that isn't there");
}

TEST_F(QueryStatsTest, are_of_no_more_canisters_than_a_block_may_have) {
  std::vector<std::uint64_t> many;
  for (std::uint64_t i = 0; i <= types::limits::kBlockQueryStatsCountMax; ++i) {
    many.push_back(i);
    if (i >= 5) state_.put(state::testing::make_canister(i));
  }
  EXPECT_EQ(check(10, report(0, many)), "query statistics of more canisters than a block may have");
  const auto built = build(10, report(0, many));
  many.pop_back();
  EXPECT_EQ(check(10, report(0, many)), "");
  EXPECT_EQ(built, report(0, many)) << "the rest is for the next block";
}

TEST_F(QueryStatsTest, a_maker_reports_a_canister_once) {
  constexpr std::string_view kAgain = "query statistics that its maker reported before";
  EXPECT_EQ(check(12, report(0, {2, 3}), {block(1, report(0, {1, 3}))}), kAgain);
  EXPECT_EQ(check(12, report(0, {2, 3}), {block(2, report(0, {1, 3}))}), "") << "another's block";
  EXPECT_EQ(check(20, report(1, {2, 3}), {block(1, report(0, {1, 3}))}), "") << "another epoch";
  batch(11, 1, report(0, {3}));
  EXPECT_EQ(check(12, report(0, {2, 3})), kAgain);
  EXPECT_EQ(check(20, report(1, {2, 3})), "");
}

TEST_F(QueryStatsTest, a_maker_builds_what_everybody_takes) {
  const QueryStatsReport counts = report(0, {0, 1, 2, 3, 9});
  batch(11, 1, report(0, {0}));
  const std::vector<types::HashedBlock> past = {block(1, report(0, {2})), block(2, std::nullopt),
                                                block(2, report(0, {3}))};
  const auto built = build(14, counts, past);
  ASSERT_TRUE(built.has_value());
  EXPECT_EQ(*built, report(0, {1, 3}));
  EXPECT_EQ(check(14, *built, past), "");
  EXPECT_FALSE(build(20, counts).has_value()) << "too late for this epoch";
  EXPECT_FALSE(build(15, report(0, {0, 2}), past).has_value()) << "all is reported";
}

// ADR 0007: summed in the first batch of the following epoch, by state::credit().
TEST_F(QueryStatsTest, are_credited_when_the_next_epoch_begins) {
  batch(10, 1, report(0, {0, 1}, 5));
  batch(12, 2, report(0, {0}, 7));
  batch(15, 3, report(0, {0}, 900));
  batch(19);
  EXPECT_EQ(stats_of(0), QueryStats{});
  batch(20);
  EXPECT_EQ(stats_of(0), (QueryStats{5 + 7 + 7, 50 + 70 + 70, 0, 0}));
  EXPECT_EQ(stats_of(1), QueryStats{}) << "one node alone may have lied";
  EXPECT_TRUE(state_.metadata().query_reports.empty());
  batch(30);
  EXPECT_EQ(stats_of(0).calls, 19U) << "once";
}

TEST_F(QueryStatsTest, of_a_canister_that_is_gone_are_left_out) {
  batch(10, 1, report(0, {0, 4}));
  batch(11, 2, report(0, {0, 4}));
  state_.remove(canister(4));
  batch(20);
  EXPECT_EQ(stats_of(0).calls, 10U);
  EXPECT_FALSE(state_.contains(canister(4)));
}

// What a block was checked with may be older than the registry version that it is executed with.
TEST_F(QueryStatsTest, of_another_epoch_are_passed_over) {
  batch(10, 1, report(1, {0}));
  EXPECT_TRUE(state_.metadata().query_reports.empty());
}

TEST_F(QueryStatsTest, are_part_of_the_state) {
  ReplicatedState other = state_;
  batch(10, 1, report(0, {0}));
  std::swap(state_, other);
  batch(10, 1);
  EXPECT_NE(codec::to_record(state_.metadata()), codec::to_record(other.metadata()));
}

}  // namespace
}  // namespace icpd::message_routing
