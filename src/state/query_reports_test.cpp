#include "state/query_reports.hpp"

#include <algorithm>
#include <gtest/gtest.h>

#include "base/prng.hpp"
#include "state/testing.hpp"

namespace icpd::state {
namespace {

using testing::canister;
using types::QueryStats;

types::NodeId node(std::uint8_t n) {
  return types::NodeId(testing::user(n).principal);
}
QueryStats calls(std::uint64_t n) {
  return {.calls = n};
}
std::uint64_t credited(const std::vector<std::uint64_t>& values, std::size_t faulty) {
  std::vector<QueryReports::OfMaker> reports;
  for (const std::uint64_t value : values)
    reports.push_back({static_cast<std::uint32_t>(reports.size()), calls(value)});
  return credit(reports, faulty).calls;
}

TEST(QueryReports, of_one_epoch_are_kept_by_canister_and_maker) {
  QueryReports reports;
  EXPECT_TRUE(reports.empty());
  reports.add(3, node(1), canister(7), calls(5));
  reports.add(3, node(2), canister(7), calls(6));
  reports.add(3, node(1), canister(8), calls(7));
  EXPECT_EQ(reports.epoch(), 3U);
  EXPECT_TRUE(reports.has(node(1), canister(7)));
  EXPECT_TRUE(reports.has(node(1), canister(8)));
  EXPECT_FALSE(reports.has(node(2), canister(8)));
  EXPECT_FALSE(reports.has(node(3), canister(7)));
  ASSERT_EQ(reports.reports().find(canister(7))->size(), 2U);
  EXPECT_EQ(reports.reports().find(canister(7))->at(1).stats, calls(6));
}

TEST(QueryReports, survive_their_record) {
  QueryReports reports;
  reports.add(3, node(1), canister(7), calls(5));
  reports.add(3, node(2), canister(7), {1, 2, 3, 4});
  const Bytes record = codec::to_record(reports);
  const auto read = codec::from_record<QueryReports>(Slice::copy_of(record));
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(read->has(node(2), canister(7)));
  EXPECT_EQ(codec::to_record(*read), record);
}

TEST(QueryReports, a_record_that_names_an_unknown_maker_is_refused) {
  QueryReports reports;
  reports.add(3, node(1), canister(7), calls(5));
  Bytes record = codec::to_record(reports);
  // The maker's place is in the byte before the four numbers, which take one byte each.
  ASSERT_EQ(record.at(record.size() - 5), 0);
  record[record.size() - 5] = 1;
  EXPECT_FALSE(codec::from_record<QueryReports>(Slice::copy_of(record)).ok());
}

TEST(QueryReports, a_record_whose_canisters_do_not_ascend_is_refused) {
  QueryReports reports;
  reports.add(3, node(1), canister(7), calls(5));
  reports.add(3, node(1), canister(8), calls(5));
  Bytes record = codec::to_record(reports);
  const Bytes first = to_bytes(canister(7).view());
  const auto at = std::ranges::search(record, first);
  ASSERT_FALSE(at.empty());
  std::ranges::copy(canister(9).view(), at.begin());
  EXPECT_FALSE(codec::from_record<QueryReports>(Slice::copy_of(record)).ok());
  std::ranges::copy(canister(6).view(), at.begin());
  EXPECT_TRUE(codec::from_record<QueryReports>(Slice::copy_of(record)).ok());
}

TEST(QueryCredit, is_the_sum_with_each_value_cut_to_what_f_others_reach) {
  EXPECT_EQ(credited({5, 7, 900}, 1), 19U);
  EXPECT_EQ(credited({10, 10, 10, 10}, 1), 40U) << "evenly spread: exact";
  EXPECT_EQ(credited({4, 5, 6, 7}, 1), 4U + 5 + 6 + 6);
  EXPECT_EQ(credited({900}, 1), 0U) << "what only f nodes say is worth nothing";
  EXPECT_EQ(credited({900, 900, 1, 1, 1}, 2), 5U);
  EXPECT_EQ(credited({17}, 0), 17U) << "a node alone is believed";
  EXPECT_EQ(credited({}, 1), 0U);
}

TEST(QueryCredit, cuts_each_number_by_itself) {
  const std::vector<QueryReports::OfMaker> reports = {{0, {1, 900, 3, 4}}, {1, {900, 2, 3, 4}}};
  EXPECT_EQ(credit(reports, 1), (QueryStats{2, 4, 6, 8}));
}

// ADR 0007: liars together add at most f times what some honest node counted.
TEST(QueryCredit, bounds_what_f_liars_add) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Prng random(seed);
    const std::size_t f = random.below(5);
    const std::size_t honest = 2 * f + 1 + random.below(3);
    std::uint64_t sum = 0;
    std::uint64_t most = 0;
    std::vector<std::uint64_t> values;
    for (std::size_t i = 0; i < honest; ++i) {
      // Some honest nodes have nothing to report.
      if (random.chance(1, 4)) continue;
      values.push_back(random.below(100));
      sum += values.back();
      most = std::max(most, values.back());
    }
    for (std::size_t i = 0; i < f; ++i)
      values.push_back(random.chance(1, 2) ? UINT64_MAX : random.below(200));
    EXPECT_LE(credited(values, f), sum + f * most) << "seed " << seed;
  }
}

TEST(QueryCredit, sums_stop_at_their_largest_value) {
  EXPECT_EQ(credited({UINT64_MAX, UINT64_MAX, 1}, 1), UINT64_MAX);
}

}  // namespace
}  // namespace icpd::state
