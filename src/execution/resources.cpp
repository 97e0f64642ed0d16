#include "execution/resources.hpp"

namespace icpd::execution {
namespace {

using Wide = unsigned __int128;
constexpr std::uint64_t kSecondsPerDay = 86'400;

Cycles reserved_in_all(const FeeSchedule& fees, std::uint64_t used, std::uint64_t capacity) {
  if (used <= kReservationThreshold || capacity <= kReservationThreshold) return Cycles{0};
  const Wide above = used - kReservationThreshold;
  // bytes * (share of the full duration) / 2, before the price, so that everything fits.
  const Wide weighted = above * above / (2 * Wide{capacity - kReservationThreshold});
  return Cycles{weighted * fees.fee(Fee::kGibSecond).value * kReservationSecondsMax / kGiB};
}

}  // namespace

Cycles idle_burn_per_day(const FeeSchedule& fees, const ResourceUse& use) {
  constexpr Duration kDay = Duration::seconds(kSecondsPerDay);
  return fees.storage_cost(use.charged_bytes(), kDay) +
         fees.compute_cost(use.compute_allocation, kDay).value;
}

Cycles freezing_limit(const FeeSchedule& fees, const ResourceUse& use) {
  return Cycles{idle_burn_per_day(fees, use).value * use.freezing_threshold_seconds /
                kSecondsPerDay};
}

Cycles frozen_part(const FeeSchedule& fees, const ResourceUse& use, Cycles reserved) {
  return freezing_limit(fees, use).minus_or_zero(reserved.value);
}

Cycles liquid(Cycles balance, Cycles frozen_part) {
  return balance.minus_or_zero(frozen_part.value);
}

SubnetRoom SubnetRoom::after(const Drawn& drawn) const {
  const auto less = [](std::uint64_t a, std::uint64_t b) { return a > b ? a - b : 0; };
  SubnetRoom left = *this;
  left.memory_bytes = less(memory_bytes, drawn.memory_bytes);
  left.message_memory_bytes = less(message_memory_bytes, drawn.message_memory_bytes);
  left.callbacks = less(callbacks, drawn.callbacks);
  left.memory_in_use += drawn.memory_bytes;
  return left;
}

SubnetRoom SubnetRoom::share_of(std::uint64_t parts) const {
  ensure(parts > 0);
  SubnetRoom share = *this;
  share.memory_bytes /= parts;
  share.message_memory_bytes /= parts;
  share.callbacks /= parts;
  return share;
}

Cycles reservation_for_growth(const FeeSchedule& fees, std::uint64_t in_use, std::uint64_t capacity,
                              std::uint64_t bytes) {
  const Cycles before = reserved_in_all(fees, in_use, capacity);
  const Cycles after = reserved_in_all(fees, in_use + bytes, capacity);
  return after.minus_or_zero(before.value);
}

}  // namespace icpd::execution
