#include "consensus/rules.hpp"

#include <gtest/gtest.h>

namespace icpd::consensus {
namespace {

using types::Rank;

registry::Pacing pacing() {
  registry::Pacing pacing;
  pacing.unit_delay = Duration::seconds(1);
  pacing.dkg_interval_length = 499;
  pacing.interval_time_min = Duration::seconds(60);
  return pacing;
}

// Reference B.5, B.6.
TEST(RankDelay, the_leader_never_waits) {
  EXPECT_EQ(maker_delay(pacing(), Rank{0}, {}), Duration{});
  EXPECT_EQ(notary_delay(pacing(), Rank{0}, {.notarized_over_finalized = 20}), Duration{});
}
TEST(RankDelay, makers_wait_a_unit_for_each_rank) {
  EXPECT_EQ(maker_delay(pacing(), Rank{3}, {}), Duration::seconds(3));
}
TEST(RankDelay, notaries_wait_longer_the_further_finalization_is_behind) {
  EXPECT_EQ(notary_delay(pacing(), Rank{1}, {}), Duration::seconds(1));
  EXPECT_EQ(notary_delay(pacing(), Rank{1}, {.notarized_over_finalized = 1}),
            Duration::milliseconds(1500));
  EXPECT_EQ(notary_delay(pacing(), Rank{2}, {.notarized_over_finalized = 2}),
            Duration::milliseconds(4500));
}
TEST(RankDelay, never_overflows) {
  for (std::uint64_t gap = 0; gap < 1000; gap += 7) {
    const Duration delay = notary_delay(pacing(), Rank{127}, {.notarized_over_finalized = gap});
    EXPECT_GE(delay, Duration::seconds(127));
    EXPECT_LE(delay, Duration::minutes(24 * 60));
  }
}
TEST(RankDelay, execution_that_lags_slows_blocks_down) {
  const Distances free{.finalized_over_certified = kCertifiedLagFree};
  const Distances behind{.finalized_over_certified = kCertifiedLagFree + 3};
  EXPECT_EQ(maker_delay(pacing(), Rank{0}, free), Duration{});
  EXPECT_EQ(maker_delay(pacing(), Rank{0}, behind), Duration::seconds(3));
  EXPECT_EQ(notary_delay(pacing(), Rank{0}, behind), Duration::seconds(3));
}
TEST(RankDelay, a_maker_waits_a_little_for_certificates_of_what_is_under_way) {
  const Distances free{.notarized_over_certified = kUnderWayMax};
  const Distances busy{.notarized_over_certified = kUnderWayMax + 1};
  EXPECT_EQ(maker_delay(pacing(), Rank{0}, free), Duration{});
  EXPECT_EQ(maker_delay(pacing(), Rank{0}, busy), Duration::milliseconds(250));
  // Shorter than the delay of the next rank, and no addition to it.
  EXPECT_EQ(maker_delay(pacing(), Rank{1}, busy), Duration::seconds(1));
  EXPECT_EQ(notary_delay(pacing(), Rank{0}, busy), Duration{});
}

// DESIGN §6: an interval lasts at least interval_time_min.
TEST(IntervalLength, is_the_records_where_blocks_are_slow) {
  EXPECT_EQ(next_interval_length(pacing(), 0, {}), 499u);
  EXPECT_EQ(next_interval_length(pacing(), 499, Duration::seconds(499)), 499u);
}
TEST(IntervalLength, grows_with_the_rate_of_blocks) {
  // 100 blocks a second: 60 s are 6,000 blocks.
  EXPECT_EQ(next_interval_length(pacing(), 500, Duration::seconds(5)), 6000u);
  EXPECT_EQ(next_interval_length(pacing(), 500, Duration::milliseconds(5001)), 5999u);
}
TEST(IntervalLength, is_bounded_whatever_block_times_say) {
  EXPECT_EQ(next_interval_length(pacing(), 10, Duration::nanoseconds(1)), kIntervalLengthMax);
  EXPECT_EQ(next_interval_length(pacing(), 10, Duration::max()), 499u);
  EXPECT_EQ(next_interval_length(pacing(), 10, Duration::nanoseconds(-5)), 499u);
  registry::Pacing none = pacing();
  none.dkg_interval_length = 0;
  EXPECT_EQ(next_interval_length(none, 0, {}), 1u);
}

}  // namespace
}  // namespace icpd::consensus
