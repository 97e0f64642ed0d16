#include "node/records.hpp"

#include <gtest/gtest.h>

#include "state/testing.hpp"

namespace icpd::node {
namespace {

using state::testing::canister;
using state::testing::request_id;
using types::Height;

types::NodeId node(std::uint8_t n) {
  return types::NodeId(state::testing::user(n).principal);
}

constexpr Time at(std::uint64_t ms) {
  return Time{ms * 1'000'000};
}

replica::BlockSeen seen(replica::BlockSeen::Stage stage, std::uint64_t height, std::uint8_t maker) {
  types::Block block;
  block.height = Height{height};
  block.maker = node(maker);
  block.payload = types::DataPayload{
      .ingress = {types::IngressHash{}, types::IngressHash{}}, .responses = {}, .query_stats = {}};
  return {stage, types::HashedBlock(block), 0b1011, 4};
}

replica::BatchExecuted executed(std::uint64_t height,
                                std::vector<execution::CanisterWork> work = {}) {
  message_routing::BatchOutcome outcome;
  outcome.ingress = {.inducted = 2, .duplicates = 1, .refused = 3};
  for (const auto& turn : work) {
    outcome.execution.executions += turn.executions;
    outcome.execution.instructions += turn.instructions;
  }
  outcome.execution.work = std::move(work);
  outcome.finished = {request_id(height)};
  return {Height{height}, replica::Snapshot(state::ReplicatedState(state::testing::topology())),
          Shared(std::move(outcome))};
}

using Stage = replica::BlockSeen::Stage;

TEST(Records, count_what_goes_over_each_link) {
  Records records({node(1), node(2)});
  records.link_up(node(1), at(10));
  records.received(node(1), 100);
  records.received(node(1), 50);
  records.sent(node(1), 7);
  const auto links = records.report().links;
  ASSERT_EQ(links.size(), 2U);
  const LinkRecord& link = links.at(node(1));
  EXPECT_TRUE(link.up);
  EXPECT_EQ(link.since, at(10));
  EXPECT_EQ(link.received.frames, 2U);
  EXPECT_EQ(link.received.bytes, 150U);
  EXPECT_EQ(link.sent.frames, 1U);
  EXPECT_EQ(link.sent.bytes, 7U);
  EXPECT_FALSE(links.at(node(2)).up);
}

TEST(Records, say_when_and_why_a_link_was_lost) {
  Records records({node(1)});
  records.link_up(node(1), at(10));
  records.link_down(node(1), at(30), "silent");
  LinkRecord link = records.report().links.at(node(1));
  EXPECT_FALSE(link.up);
  EXPECT_EQ(link.since, at(30));
  EXPECT_EQ(link.reason, "silent");
  records.link_up(node(1), at(40));
  link = records.report().links.at(node(1));
  EXPECT_TRUE(link.reason.empty());
  EXPECT_EQ(link.sessions, 2U);
}

TEST(Records, leave_out_links_of_nodes_that_are_no_peers) {
  Records records({node(1)});
  records.link_up(node(9), at(1));
  records.received(node(9), 5);
  records.sent(node(9), 5);
  records.link_down(node(9), at(2), "gone");
  EXPECT_EQ(records.report().links.size(), 1U);
}

TEST(Records, follow_a_height_through_the_layers) {
  Records records({});
  records.block(seen(Stage::kNotarized, 5, 1), at(10));
  records.block(seen(Stage::kFinalized, 5, 1), at(12));
  records.delivered(Height{5}, at(13));
  records.executed(executed(5, {{canister(0), 3, 900, 4}}), at(20));
  records.certified(Height{5}, at(26));
  const Records::Report report = records.report();
  ASSERT_EQ(report.rounds.size(), 1U);
  const RoundRecord& round = report.rounds[0];
  EXPECT_EQ(round.height, Height{5});
  EXPECT_EQ(round.maker, node(1));
  EXPECT_EQ(round.messages, 2U);
  EXPECT_EQ(round.signers, 0b1011U);
  EXPECT_EQ(round.members, 4U);
  EXPECT_EQ(round.notarized, at(10));
  EXPECT_EQ(round.finalized, at(12));
  EXPECT_EQ(round.delivered, at(13));
  EXPECT_EQ(round.executed, at(20));
  EXPECT_EQ(round.instructions, 900U);
  EXPECT_EQ(round.pages, 4U);
  EXPECT_EQ(round.certified, at(26));
  EXPECT_EQ(report.totals.final_blocks, 1U);
  EXPECT_EQ(report.totals.blocks_by_maker.at(node(1)), 1U);
  EXPECT_EQ(report.totals.ingress.refused, 3U);
  EXPECT_EQ(report.totals.finished_calls, 1U);
  EXPECT_EQ(report.totals.batch_time.count(), 1U);
  EXPECT_DOUBLE_EQ(report.totals.batch_time.sum_seconds, 0.007);
  EXPECT_DOUBLE_EQ(report.totals.certification_time.sum_seconds, 0.006);
}

TEST(Records, keep_the_final_block_where_a_height_has_two_notarized_ones) {
  Records records({});
  records.block(seen(Stage::kNotarized, 5, 1), at(10));
  records.block(seen(Stage::kFinalized, 5, 2), at(12));
  records.block(seen(Stage::kNotarized, 5, 3), at(13));
  const Records::Report report = records.report();
  EXPECT_EQ(report.rounds.at(0).maker, node(2));
  EXPECT_EQ(report.rounds.at(0).finalized, at(12));
}

TEST(Records, forget_the_oldest_rounds) {
  Records records({});
  for (std::uint64_t h = 1; h <= Records::kRoundsMax + 3; ++h)
    records.block(seen(Stage::kFinalized, h, 1), at(h));
  records.certified(Height{1}, at(999));
  const Records::Report report = records.report();
  ASSERT_EQ(report.rounds.size(), Records::kRoundsMax);
  EXPECT_EQ(report.rounds.front().height, Height{4});
  EXPECT_EQ(report.rounds.back().height, Height{Records::kRoundsMax + 3});
  EXPECT_EQ(report.totals.final_blocks, Records::kRoundsMax + 3);
}

TEST(Records, sum_up_what_canisters_did_in_their_last_round_and_in_all) {
  Records records({});
  records.executed(executed(1, {{canister(0), 1, 100, 1}, {canister(0), 1, 50, 0}}), at(1));
  records.executed(executed(2, {{canister(1), 1, 10, 0}}), at(2));
  records.executed(executed(3, {{canister(0), 2, 30, 2}}), at(3));
  const auto canisters = records.report().canisters;
  ASSERT_EQ(canisters.size(), 2U);
  const CanisterRecord& first = canisters.at(canister(0));
  EXPECT_EQ(first.executions, 4U);
  EXPECT_EQ(first.instructions, 180U);
  EXPECT_EQ(first.pages, 3U);
  EXPECT_EQ(first.last_round, Height{3});
  EXPECT_EQ(first.last_instructions, 30U);
}

TEST(Records, forget_the_canister_that_was_idle_longest) {
  Records records({});
  for (std::uint64_t i = 0; i <= Records::kActiveCanistersMax; ++i)
    records.executed(executed(i + 1, {{canister(i), 1, 1, 0}}), at(i));
  const auto canisters = records.report().canisters;
  EXPECT_EQ(canisters.size(), Records::kActiveCanistersMax);
  EXPECT_FALSE(canisters.contains(canister(0)));
  EXPECT_TRUE(canisters.contains(canister(1)));
}

TEST(Records, give_the_newest_calls_first_and_each_of_the_others_by_its_id) {
  Records records({});
  for (std::uint64_t i = 0; i < Records::kNewestCallsMax + 5; ++i)
    records.traced(
        {{.request = request_id(i), .from_client = true, .received = at(1), .certified = at(4)}});
  const Records::Report report = records.report();
  ASSERT_EQ(report.calls.size(), Records::kNewestCallsMax);
  EXPECT_EQ(report.calls[0].request, request_id(Records::kNewestCallsMax + 4));
  EXPECT_TRUE(records.trace(request_id(0)).has_value());
  EXPECT_FALSE(records.trace(request_id(1'000)).has_value());
  EXPECT_EQ(report.totals.call_time.count(), Records::kNewestCallsMax + 5);
}

TEST(DurationHistogram, puts_a_duration_into_the_bucket_that_ends_at_or_above_it) {
  DurationHistogram histogram;
  histogram.add(Duration::milliseconds(1));
  histogram.add(Duration::milliseconds(3));
  histogram.add(Duration::seconds(60));
  histogram.add(Duration::milliseconds(-5));
  EXPECT_EQ(histogram.counts[0], 2U);
  EXPECT_EQ(histogram.counts[2], 1U);
  EXPECT_EQ(histogram.counts.back(), 1U);
  EXPECT_EQ(histogram.count(), 4U);
  EXPECT_DOUBLE_EQ(histogram.sum_seconds, 60.004);
}

TEST(Records, remember_how_many_calls_a_batch_put_into_queues) {
  Records records({});
  records.executed(executed(7), at(1));
  EXPECT_EQ(records.queued(Height{7}), 2U);
  EXPECT_EQ(records.queued(Height{8}), std::nullopt);
}

}  // namespace
}  // namespace icpd::node
