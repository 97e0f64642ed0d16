#include "execution/resources.hpp"

#include <gtest/gtest.h>

#include "base/prng.hpp"
#include "execution/canister_cycles.hpp"

namespace icpd::execution {
namespace {

const FeeSchedule kFeesOf13(13, ChargesCycles(true));
constexpr std::uint64_t kCapacity = 2 * kTiB;

// Interface specification, "Cycle bookkeeping and resource consumption".
TEST(Resources, the_freezing_limit_is_the_idle_burn_for_the_threshold) {
  const ResourceUse use{
      .memory_usage = kGiB, .compute_allocation = 1, .freezing_threshold_seconds = 2'592'000};
  // 127,000 cycles for a GiB and 10,000,000 for a percent, each second.
  EXPECT_EQ(idle_burn_per_day(kFeesOf13, use), Cycles{10'127'000ULL * 86'400});
  EXPECT_EQ(freezing_limit(kFeesOf13, use), Cycles{10'127'000ULL * 2'592'000});
  EXPECT_EQ(frozen_part(kFeesOf13, use, Cycles{10'127'000ULL * 2'000'000}),
            Cycles{10'127'000ULL * 592'000});
  EXPECT_EQ(frozen_part(kFeesOf13, use, Cycles{10'127'000ULL * 3'000'000}), Cycles{0});
}

TEST(Resources, an_allocation_is_paid_even_if_it_is_not_used) {
  const ResourceUse use{.memory_usage = 5, .message_memory = 7, .memory_allocation = 100};
  EXPECT_EQ(use.charged_bytes(), 107U);
}

// Public cycle-costs page, "Storage reservation".
TEST(Resources, growth_reserves_nothing_below_the_threshold) {
  EXPECT_EQ(reservation_for_growth(kFeesOf13, 0, kCapacity, 750 * kGiB), Cycles{0});
  EXPECT_GT(reservation_for_growth(kFeesOf13, 750 * kGiB, kCapacity, kGiB), Cycles{0});
}

TEST(Resources, the_last_byte_reserves_the_longest_time) {
  const Cycles last = reservation_for_growth(kFeesOf13, kCapacity - kGiB, kCapacity, kGiB);
  const Cycles full = kFeesOf13.storage_cost(kGiB, Duration::seconds(kReservationSecondsMax));
  EXPECT_LT(last, full);
  EXPECT_GT(last.value * 1000, full.value * 999);
}

TEST(Resources, growing_in_steps_reserves_as_much_as_growing_at_once) {
  Prng prng(11);
  for (int i = 0; i < 200; ++i) {
    const std::uint64_t used = prng.below(kCapacity);
    const std::uint64_t a = prng.below(100 * kGiB);
    const std::uint64_t b = prng.below(100 * kGiB);
    EXPECT_EQ(reservation_for_growth(kFeesOf13, used, kCapacity, a) +
                  reservation_for_growth(kFeesOf13, used + a, kCapacity, b).value,
              reservation_for_growth(kFeesOf13, used, kCapacity, a + b));
  }
}

// ---------------------------------------------------------------------------------- charging

state::CanisterState canister_with(std::uint64_t chunks, Cycles balance) {
  state::CanisterState canister;
  for (std::uint8_t i = 0; i < chunks; ++i)
    canister.chunks.write().emplace(crypto::sha256(ByteView(&i, 1)), state::Blob{});
  canister.balance = balance;
  canister.charged_until = Time::from_seconds(1000);
  return canister;
}

// A canister is charged when it is visited; how often that is must not matter, but for rounding.
TEST(Charging, costs_the_same_however_often_a_canister_is_visited) {
  Prng prng(3);
  for (int i = 0; i < 50; ++i) {
    state::CanisterState once = canister_with(50, Cycles{1'000'000'000'000});
    state::CanisterState often = once;
    Time now = once.charged_until;
    std::uint64_t visits = 0;
    for (; visits < 100; ++visits) {
      now = now + Duration::milliseconds(static_cast<std::int64_t>(prng.between(10'000, 99'999)));
      EXPECT_TRUE(charge_resources(kFeesOf13, often, now));
    }
    EXPECT_TRUE(charge_resources(kFeesOf13, once, now));
    EXPECT_LE(once.balance, often.balance);
    EXPECT_LE(often.balance - once.balance, visits);
  }
}

TEST(Charging, takes_from_the_reserved_balance_first) {
  state::CanisterState canister = canister_with(100, Cycles{1'000'000});
  canister.reserved_balance = Cycles{100'000};
  EXPECT_TRUE(charge_resources(kFeesOf13, canister, Time::from_seconds(1010)));
  // 100 MiB for ten seconds: 124,023 cycles.
  EXPECT_EQ(canister.reserved_balance, Cycles{0});
  EXPECT_EQ(canister.balance, Cycles{1'000'000 - 24'023});
  EXPECT_EQ(canister.consumed->at(state::CyclesUse::kMemory), Cycles{124'023});
}

TEST(Charging, the_planned_moment_is_when_the_canister_is_broke) {
  Prng prng(5);
  for (int i = 0; i < 100; ++i) {
    state::CanisterState canister =
        canister_with(prng.between(1, 100), Cycles{prng.between(1'000'000, 1'000'000'000'000)});
    plan_next_charge(kFeesOf13, canister);
    state::CanisterState before = canister;
    EXPECT_TRUE(charge_resources(kFeesOf13, before, canister.next_charge - Duration::seconds(1)));
    EXPECT_FALSE(
        charge_resources(kFeesOf13, canister, canister.next_charge + Duration::seconds(20)));
    EXPECT_EQ(canister.balance, Cycles{0});
  }
}

TEST(Charging, a_canister_that_costs_nothing_is_never_due) {
  state::CanisterState canister = canister_with(0, Cycles{0});
  plan_next_charge(kFeesOf13, canister);
  EXPECT_EQ(canister.next_charge, Time::max());
}

}  // namespace
}  // namespace icpd::execution
