#include "consensus/rules.hpp"

#include <algorithm>

namespace icpd::consensus {

namespace {

static_assert(kCertifiedLagFree < kCertifiedLagMax, "slowing comes before stopping");
static_assert(kBatchesMax < kCertifiedLagMax, "a full execution queue slows before it stops");

/// No wait is longer than a day, so that sums can't overflow.
constexpr Duration kDelayMax = Duration::minutes(24 * 60);

Duration backlog(const registry::Pacing& pacing, const Distances& distances) {
  if (distances.finalized_over_certified <= kCertifiedLagFree) return {};
  const std::uint64_t lag =
      std::min(distances.finalized_over_certified - kCertifiedLagFree, kCertifiedLagMax);
  return pacing.unit_delay * static_cast<std::int64_t>(lag);
}

}  // namespace

Duration maker_delay(const registry::Pacing& pacing, types::Rank rank, const Distances& distances) {
  ensure(rank.value < crypto::kCommitteeMax);
  const Duration pause =
      distances.notarized_over_certified > kUnderWayMax ? pacing.unit_delay / 4 : Duration{};
  return std::max(pause, pacing.unit_delay * static_cast<std::int64_t>(rank.value) +
                             backlog(pacing, distances));
}

Duration notary_delay(const registry::Pacing& pacing, types::Rank rank,
                      const Distances& distances) {
  ensure(rank.value < crypto::kCommitteeMax);
  Duration wait = pacing.unit_delay * static_cast<std::int64_t>(rank.value);
  const std::uint64_t exponent = std::min(distances.notarized_over_finalized, kDelayExponentMax);
  for (std::uint64_t i = 0; i < exponent && wait < kDelayMax; ++i)
    wait = wait * 3 / 2;
  return pacing.initial_notary_delay + std::min(wait, kDelayMax) + backlog(pacing, distances);
}

std::uint64_t next_interval_length(const registry::Pacing& pacing, std::uint64_t heights,
                                   Duration elapsed) {
  const std::uint64_t least = std::max<std::uint64_t>(pacing.dkg_interval_length, 1);
  if (heights == 0 || elapsed.ns <= 0) return std::min(least, kIntervalLengthMax);
  const auto wanted =
      static_cast<unsigned __int128>(std::max<std::int64_t>(pacing.interval_time_min.ns, 0)) *
      heights;
  const auto per = static_cast<unsigned __int128>(elapsed.ns);
  const unsigned __int128 length = (wanted + per - 1) / per;
  const unsigned __int128 bounded = std::min<unsigned __int128>(length, kIntervalLengthMax);
  return std::clamp(static_cast<std::uint64_t>(bounded), std::min(least, kIntervalLengthMax),
                    kIntervalLengthMax);
}

}  // namespace icpd::consensus
