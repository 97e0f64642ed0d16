#include "execution/wasm/slices.hpp"

#include <gtest/gtest.h>

namespace icpd::execution::wasm {
namespace {

using types::ErrorCode;

TEST(Slices, the_overshoot_of_a_slice_is_carried_into_the_next) {
  SliceBudget budget(10, 4);
  EXPECT_EQ(budget.first_count(), 4);
  EXPECT_EQ(budget.failure_at(-1), std::nullopt);
  EXPECT_EQ(budget.next_slice(-1), 3);
  EXPECT_EQ(budget.used(3), 5);
}

TEST(Slices, a_slice_that_would_begin_with_nothing_left_is_an_overrun) {
  const SliceBudget budget(20, 4);
  EXPECT_EQ(budget.failure_at(-3), std::nullopt);
  ASSERT_TRUE(budget.failure_at(-4));
  EXPECT_EQ(budget.failure_at(-4)->message,
            "Canister attempted to perform a large memory operation that used 8 instructions and "
            "exceeded the slice limit 4.");
}

TEST(Slices, the_last_slice_ends_at_the_total) {
  SliceBudget budget(10, 4);
  EXPECT_EQ(budget.next_slice(-1), 3);
  EXPECT_EQ(budget.next_slice(-1), 1) << "2 of the last slice, less the overshoot";
  EXPECT_EQ(budget.used(1), 9);
  EXPECT_EQ(budget.used(0), 10);
  ASSERT_TRUE(budget.failure_at(-1));
  EXPECT_EQ(budget.failure_at(-1)->message,
            "Canister exceeded the instruction limit for single message execution.");
  EXPECT_EQ(budget.used(-1), 10) << "never more than the total";
  EXPECT_TRUE(budget.over_total(-1));
  EXPECT_FALSE(budget.over_total(0));
}

TEST(Slices, a_message_of_one_slice_cannot_pause) {
  const SliceBudget budget(10, 10);
  EXPECT_FALSE(budget.may_pause());
  EXPECT_EQ(budget.failure_at(0), std::nullopt);
  EXPECT_EQ(budget.failure_at(-1)->code, ErrorCode::kCanisterInstructionLimitExceeded);
}

TEST(Slices, no_message_has_more_than_400) {
  SliceBudget budget(1'000'000, 1);
  std::int64_t count = budget.first_count();
  // Slices of one instruction can't carry an overshoot, so make the count grow in big steps.
  EXPECT_EQ(budget.failure_at(count - 2)->code, ErrorCode::kCanisterInstructionLimitExceeded);
  SliceBudget wide(1'000'000, 1000);
  std::uint64_t slices = 1;
  for (count = wide.first_count(); !wide.failure_at(-1); count = wide.next_slice(-1))
    ++slices;
  EXPECT_EQ(slices, kSlicesMax);
}

TEST(Slices, what_is_watched_never_pauses_and_no_operation_is_too_large) {
  SliceBudget budget = SliceBudget::watched(100, 4);
  EXPECT_FALSE(budget.may_pause());
  EXPECT_EQ(budget.first_count(), 4);
  EXPECT_EQ(budget.failure_at(-50), std::nullopt) << "a slice of 4 would be overrun";
  EXPECT_EQ(budget.next_slice(-50), 4);
  EXPECT_EQ(budget.used(4), 54);
  EXPECT_EQ(budget.failure_at(-42), std::nullopt) << "4 - 46: used to the last instruction";
  EXPECT_EQ(budget.failure_at(-43)->message,
            "Canister exceeded the instruction limit for single message execution.");
  EXPECT_EQ(budget.next_slice(-42), 0);
  EXPECT_EQ(budget.used(0), 100);
  EXPECT_TRUE(budget.over_total(-1));
  EXPECT_EQ(SliceBudget::watched(3, 4).first_count(), 3);
}

TEST(Slices, taking_more_than_there_can_be_saturates) {
  EXPECT_EQ(minus(5, 7), -2);
  EXPECT_EQ(minus(5, UINT64_MAX), INT64_MIN);
  EXPECT_EQ(minus(-5, UINT64_MAX), INT64_MIN);
  EXPECT_EQ(minus(INT64_MIN, 1), INT64_MIN);
  EXPECT_EQ(minus(INT64_MAX, std::uint64_t{1} << 63), -1);
  const SliceBudget budget(10, 4);
  EXPECT_EQ(budget.failure_at(INT64_MIN)->code, ErrorCode::kCanisterInstructionLimitExceeded);
  EXPECT_EQ(budget.used(INT64_MIN), 10);
}

}  // namespace
}  // namespace icpd::execution::wasm
