#include "execution/fees.hpp"

#include <gtest/gtest.h>

namespace icpd::execution {
namespace {

const FeeSchedule kThirteen(13, ChargesCycles(true));
const FeeSchedule kThirtyFour(34, ChargesCycles(true));
const FeeSchedule kFree(13, ChargesCycles(false));

struct PriceRow {
  Fee fee;
  std::uint64_t at_13;
  std::uint64_t at_34;
};

// Public cycle-costs page, "Cost table". Its 34-node column rounds some rows; those that it gives
// exactly are here.
TEST(Fees, are_those_of_the_public_table) {
  const PriceRow rows[] = {
      {Fee::kCanisterCreation, 500'000'000'000, 1'307'692'307'692},
      {Fee::kComputePercentSecond, 10'000'000, 26'153'846},
      {Fee::kUpdateMessage, 5'000'000, 13'076'923},
      {Fee::kCallByte, 1'000, 2'615},
      {Fee::kIngressMessage, 1'200'000, 3'138'461},
      {Fee::kIngressByte, 2'000, 5'230},
      {Fee::kGibSecond, 127'000, 332'153},
      {Fee::kThresholdSignature, 10'000'000'000, 26'153'846'153},
  };
  for (const PriceRow& row : rows) {
    EXPECT_EQ(kThirteen.fee(row.fee), Cycles{row.at_13}) << static_cast<int>(row.fee);
    EXPECT_EQ(kThirtyFour.fee(row.fee), Cycles{row.at_34}) << static_cast<int>(row.fee);
    EXPECT_EQ(kFree.fee(row.fee), Cycles{0});
  }
}

// "base_fee = 5_000_000 cycles, per_instruction_fee = 1 cycle".
TEST(Fees, an_execution_costs_its_base_and_its_instructions) {
  EXPECT_EQ(kThirteen.execution_cost(1'000'000'000, PointerWidth::k32), Cycles{1'005'000'000});
  EXPECT_EQ(kThirteen.execution_cost(1'000'000'000, PointerWidth::k64), Cycles{2'005'000'000});
}

// "about 329 billion cycles for a GiB and 30 days".
TEST(Fees, storage_is_paid_by_bytes_and_time) {
  EXPECT_EQ(kThirteen.storage_cost(kGiB, Duration::seconds(86'400 * 30)), Cycles{329'184'000'000});
  EXPECT_EQ(kThirteen.storage_cost(kGiB, Duration::milliseconds(1500)), Cycles{190'500});
  EXPECT_EQ(kThirteen.storage_cost(0, Duration::seconds(100)), Cycles{0});
}

// "Per call (base) 49_140_000; per request byte 5_200; per reserved response byte 10_400".
TEST(Fees, an_https_outcall_costs_what_the_page_says) {
  EXPECT_EQ(kThirteen.http_outcall_cost(0, 0), Cycles{49'140'000});
  EXPECT_EQ(kThirteen.http_outcall_cost(1, 0), Cycles{49'145'200});
  EXPECT_EQ(kThirteen.http_outcall_cost(0, 1), Cycles{49'150'400});
  EXPECT_EQ(kThirtyFour.http_outcall_cost(0, 0), Cycles{171'360'000});
}

// Reference 5.6, "cost_http_request_v2", worked out by hand for 13 nodes.
TEST(Fees, an_https_outcall_by_use_costs_what_the_reference_says) {
  EXPECT_EQ(kThirteen.http_outcall_cost_v2({}), Cycles{13 * (1'000'000 + 1'820'000 + 135'200)});
  const Cycles base = kThirteen.http_outcall_cost_v2({});
  const auto more = [&](const HttpOutcallUse& use) {
    return Cycles{kThirteen.http_outcall_cost_v2(use) - base};
  };
  EXPECT_EQ(more({.request_bytes = 1}), Cycles{13 * 50});
  EXPECT_EQ(more({.round_trip_ms = 1}), Cycles{13 * 300});
  EXPECT_EQ(more({.response_bytes = 1}), Cycles{13 * 50});
  EXPECT_EQ(more({.transformed_bytes = 1}), Cycles{13 * 780});
  EXPECT_EQ(more({.transform_instructions = 26}), Cycles{13 * 2});
}

TEST(Fees, the_largest_arguments_do_not_overflow) {
  const FeeSchedule large(1000, ChargesCycles(true));
  EXPECT_GT(large.request_cost(UINT64_MAX), Cycles{0});
  EXPECT_GT(large.http_outcall_cost(UINT64_MAX, UINT64_MAX), Cycles{0});
  EXPECT_GT(large.http_outcall_cost_v2({UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}),
            large.http_outcall_cost_v2({UINT64_MAX, UINT64_MAX, UINT64_MAX}));
  EXPECT_GT(large.storage_cost(UINT64_MAX, Duration::max()), Cycles{0});
}

}  // namespace
}  // namespace icpd::execution
