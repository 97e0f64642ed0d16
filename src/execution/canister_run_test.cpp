#include "execution/canister_run.hpp"

#include <gtest/gtest.h>

#include "execution/install_run.hpp"

namespace icpd::execution {
namespace {

using types::Height;

// Both are as of one round: adding to one must not forget what was worked off the other.
TEST(Debits, are_worked_off_each_round) {
  state::CanisterState canister;
  add_debits(canister, Height{10}, {.heap_delta_bytes = 300 * kMiB});
  add_debits(canister, Height{12}, {.install_instructions = 5'000'000'000});
  EXPECT_EQ(heap_delta_debit(canister, Height{12}), 150 * kMiB);
  EXPECT_EQ(install_debit(canister, Height{12}), 5'000'000'000U);
  add_debits(canister, Height{13}, {.heap_delta_bytes = 1});
  EXPECT_EQ(heap_delta_debit(canister, Height{13}), 75 * kMiB + 1);
  EXPECT_EQ(install_debit(canister, Height{13}), 3'000'000'000U);
  EXPECT_EQ(heap_delta_debit(canister, Height{15}), 0U);
  EXPECT_EQ(install_debit(canister, Height{15}), 0U);
}

}  // namespace
}  // namespace icpd::execution
