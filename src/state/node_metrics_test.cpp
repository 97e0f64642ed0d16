// Interface specification, "IC method node_metrics_history".
#include "state/node_metrics.hpp"

#include <gtest/gtest.h>

#include "codec/record.hpp"
#include "state/testing.hpp"

namespace icpd::state {
namespace {

using Nodes = std::map<types::NodeId, MakerCounts>;

constexpr Duration kDay = Duration::minutes(24 * 60);
/// Midnight of 1 January 2026, UTC.
constexpr Time kMidnight = Time::from_seconds(1'767'225'600);

const types::NodeId kA(testing::user(1).principal);
const types::NodeId kB(testing::user(2).principal);

void block(NodeMetrics& metrics, Time time, const types::NodeId& maker,
           std::vector<types::NodeId> failed = {}) {
  metrics.observe(time, maker, failed);
}

TEST(NodeMetrics, count_blocks_and_failures) {
  NodeMetrics metrics;
  EXPECT_TRUE(metrics.since(Time{}).empty());
  block(metrics, kMidnight, kA);
  block(metrics, kMidnight + Duration::seconds(1), kB, {kA});
  block(metrics, kMidnight + Duration::seconds(2), kA);
  const auto samples = metrics.since(Time{});
  ASSERT_EQ(samples.size(), 1U);
  EXPECT_EQ(samples[0].time, kMidnight + Duration::seconds(2));
  EXPECT_EQ(samples[0].nodes, (Nodes{{kA, {2, 1}}, {kB, {1, 0}}}));
}

// "no two returned timestamps belong to the same UTC day"; "a sample will only include metrics for
// nodes whose metrics changed compared to the previous sample".
TEST(NodeMetrics, have_one_sample_a_day_with_the_nodes_that_changed) {
  NodeMetrics metrics;
  block(metrics, kMidnight - Duration::seconds(1), kA);
  block(metrics, kMidnight - Duration::seconds(1), kB);
  block(metrics, kMidnight, kA);
  const auto samples = metrics.since(Time{});
  ASSERT_EQ(samples.size(), 2U);
  EXPECT_EQ(samples[0].nodes, (Nodes{{kA, {1, 0}}, {kB, {1, 0}}}));
  EXPECT_EQ(samples[1].nodes, (Nodes{{kA, {2, 0}}}));
  block(metrics, kMidnight + Duration::seconds(5), kB);
  EXPECT_EQ(metrics.since(Time{})[1].nodes, (Nodes{{kA, {2, 0}}, {kB, {2, 0}}}));
}

// "if a node disappears in one sample and later reappears its metrics will restart from 0"
TEST(NodeMetrics, of_a_node_that_was_away_for_a_day_restart) {
  NodeMetrics metrics;
  block(metrics, kMidnight, kA);
  block(metrics, kMidnight, kB);
  block(metrics, kMidnight + kDay, kA);
  block(metrics, kMidnight + kDay * 2, kB);
  const auto samples = metrics.since(Time{});
  ASSERT_EQ(samples.size(), 3U);
  EXPECT_EQ(samples[1].nodes, (Nodes{{kA, {2, 0}}}));
  EXPECT_EQ(samples[2].nodes, (Nodes{{kB, {1, 0}}}));
}

// "all timestamps after (and including) the provided timestamp"
TEST(NodeMetrics, are_told_from_a_time_on) {
  NodeMetrics metrics;
  block(metrics, kMidnight, kA);
  block(metrics, kMidnight + kDay, kA);
  EXPECT_EQ(metrics.since(kMidnight).size(), 2U);
  EXPECT_EQ(metrics.since(kMidnight + Duration::nanoseconds(1)).size(), 1U);
  EXPECT_EQ(metrics.since(kMidnight + kDay).size(), 1U);
  EXPECT_TRUE(metrics.since(kMidnight + kDay + Duration::nanoseconds(1)).empty());
}

// "The maximum number of returned timestamps is 60"
TEST(NodeMetrics, are_kept_for_sixty_days) {
  NodeMetrics metrics;
  for (std::int64_t day = 0; day < 100; ++day)
    block(metrics, kMidnight + kDay * day, kA);
  const auto samples = metrics.since(Time{});
  ASSERT_EQ(samples.size(), 60U);
  EXPECT_EQ(samples.front().time, kMidnight + kDay * 40);
  EXPECT_EQ(samples.back().nodes, (Nodes{{kA, {100, 0}}}));
}

TEST(NodeMetrics, survive_their_record) {
  NodeMetrics metrics;
  block(metrics, kMidnight, kA, {kB});
  block(metrics, kMidnight + kDay, kB);
  const Bytes record = codec::to_record(metrics);
  const auto read = codec::from_record<NodeMetrics>(Slice::copy_of(record));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->since(Time{}), metrics.since(Time{}));
}

}  // namespace
}  // namespace icpd::state
