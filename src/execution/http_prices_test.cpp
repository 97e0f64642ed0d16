#include "execution/http_prices.hpp"

#include <gtest/gtest.h>

namespace icpd::execution {
namespace {

using state::HttpReplication;

const FeeSchedule kThirteen(13, ChargesCycles(true));
constexpr HttpShape kAll{HttpReplication::kAllNodes, 13, 1, 1};
constexpr HttpShape kOne{HttpReplication::kOneNode, 1, 1, 1};
constexpr HttpShape kSome{HttpReplication::kCommittee, 5, 3, 4};

// Reference 5.6, worked out by hand for 13 nodes.
TEST(HttpPrices, the_base_fee_grows_with_nodes_and_responses) {
  EXPECT_EQ(http_base_fee(kThirteen, kAll, 0), Cycles{13 * (1'000'000 + 1'820'000 + 135'200)});
  EXPECT_EQ(http_base_fee(kThirteen, kOne, 0),
            Cycles{13 * (1'000'000 + 1'170'000 + 26'000 + 100'000)});
  EXPECT_EQ(http_base_fee(kThirteen, kSome, 0),
            Cycles{13 * (1'000'000 + 1'170'000 + 78'000 + 300'000)});
  for (const HttpShape& shape : {kAll, kOne, kSome})
    EXPECT_EQ(http_base_fee(kThirteen, shape, 100) - http_base_fee(kThirteen, shape, 0),
              13U * 50 * 100);
}

TEST(HttpPrices, a_node_spends_by_bytes_time_and_instructions) {
  const HttpOutcallUse use{.request_bytes = 9,
                           .round_trip_ms = 100,
                           .response_bytes = 1000,
                           .transformed_bytes = 10,
                           .transform_instructions = 1300};
  EXPECT_EQ(http_node_fee(kThirteen, kAll, use), Cycles{50'000 + 30'000 + 100});
  // Others are told what one node got.
  EXPECT_EQ(http_node_fee(kThirteen, kOne, use), Cycles{50'000 + 30'000 + 100 + 50 * 10 * 13});
  EXPECT_EQ(http_node_fee(kThirteen, kSome, use), Cycles{50'000 + 30'000 + 100 + 50 * 10 * 13});
}

TEST(HttpPrices, a_response_in_a_block_is_paid_by_byte_and_those_beyond_what_is_needed_more) {
  constexpr std::uint64_t kByte = 13 * (10 * 13 + 600);
  EXPECT_EQ(http_block_fee(kThirteen, kAll, 1, 100), Cycles{100 * kByte});
  EXPECT_EQ(http_block_fee(kThirteen, kOne, 1, 100), Cycles{100 * kByte});
  EXPECT_EQ(http_block_fee(kThirteen, kSome, 3, 300), Cycles{(300 + 3 * 181) * kByte});
  EXPECT_EQ(http_block_fee(kThirteen, kSome, 4, 400),
            Cycles{(400 + 4 * 181) * kByte + 13 * (2'000 * 13 + 100'000)});
}

TEST(HttpPrices, allowances_together_cover_whatever_an_outcall_can_cost) {
  const HttpOutcallUse worst{.round_trip_ms = 60'000,
                             .response_bytes = 5'000,
                             .transformed_bytes = 2'000'000,
                             .transform_instructions = 5'000'000'000};
  for (const HttpShape& shape : {kAll, kOne, kSome}) {
    const Cycles node = http_node_fee(kThirteen, shape, worst);
    const Cycles block =
        http_block_fee(kThirteen, shape, shape.max_responses, shape.max_responses * 2'000'000);
    const Cycles held{http_allowance_max(kThirteen, shape, 5'000).value * shape.fetchers};
    const Cycles cost{node.value * shape.fetchers + block.value};
    EXPECT_GE(held, cost);
    EXPECT_LT(held - cost, shape.fetchers) << "no more than what rounding adds";
  }
}

// What a canister asks for with ic0.cost_http_request_v2 suffices: it counts 50 cycles more for
// each byte and node than the block costs, and else the same (reference 5.6).
TEST(HttpPrices, what_the_system_api_says_covers_what_is_charged) {
  const HttpOutcallUse use{.request_bytes = 77,
                           .round_trip_ms = 250,
                           .response_bytes = 3'000,
                           .transformed_bytes = 900,
                           .transform_instructions = 13'000};
  for (const std::uint64_t n : {1U, 4U, 13U, 34U}) {
    const FeeSchedule fees(n, ChargesCycles(true));
    const HttpShape shape{HttpReplication::kAllNodes, n, 1, 1};
    const Cycles charged = http_base_fee(fees, shape, use.request_bytes) +
                           n * http_node_fee(fees, shape, use).value +
                           http_block_fee(fees, shape, 1, use.transformed_bytes).value;
    EXPECT_EQ(fees.http_outcall_cost_v2(use) - charged, 50 * n * use.transformed_bytes) << n;
  }
}

TEST(HttpPrices, are_nothing_where_nothing_is_charged) {
  const FeeSchedule free(13, ChargesCycles(false));
  EXPECT_EQ(http_base_fee(free, kAll, 1000), Cycles{0});
  EXPECT_EQ(http_node_fee(free, kSome, {.response_bytes = 1000}), Cycles{0});
  EXPECT_EQ(http_block_fee(free, kSome, 4, 1000), Cycles{0});
  EXPECT_EQ(http_allowance_max(free, kAll, 1000), Cycles{0});
}

}  // namespace
}  // namespace icpd::execution
