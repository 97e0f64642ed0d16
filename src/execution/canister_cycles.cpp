#include "execution/canister_cycles.hpp"

#include "execution/limits.hpp"

namespace icpd::execution {

ResourceUse resource_use(const state::CanisterState& canister) {
  const state::Settings& settings = *canister.settings;
  return {
      .memory_usage = canister.memory_usage(),
      .message_memory = canister.message_memory(),
      .memory_allocation = settings.memory_allocation,
      .compute_allocation = settings.compute_allocation,
      .freezing_threshold_seconds = settings.freezing_threshold_seconds,
  };
}

ApiStatus api_status(const state::CanisterState& canister) {
  if (canister.is_running()) return ApiStatus::kRunning;
  return canister.is_stopping() ? ApiStatus::kStopping : ApiStatus::kStopped;
}

Cycles liquid_balance(const FeeSchedule& fees, const state::CanisterState& canister) {
  return liquid(canister.balance,
                frozen_part(fees, resource_use(canister), canister.reserved_balance));
}

Cycles missing(const FeeSchedule& fees, const state::CanisterState& canister, Cycles amount) {
  const Cycles frozen = frozen_part(fees, resource_use(canister), canister.reserved_balance);
  return (frozen + amount.value).minus_or_zero(canister.balance.value);
}

void book(state::CanisterState& canister, state::CyclesUse use, Cycles amount) {
  if (amount == Cycles{0}) return;
  canister.consumed.write()[use] += amount.value;
}

Cycles consume(state::CanisterState& canister, state::CyclesUse use, Cycles amount) {
  const Cycles taken = std::min(amount, canister.balance);
  canister.balance -= taken.value;
  book(canister, use, taken);
  return taken;
}

namespace {

/// From the reserved balance first. False if both together don't suffice; then all is taken.
bool pay_resource(state::CanisterState& canister, state::CyclesUse use, Cycles amount) {
  const Cycles reserved = std::min(amount, canister.reserved_balance);
  canister.reserved_balance -= reserved.value;
  book(canister, use, reserved);
  const Cycles rest{amount.value - reserved.value};
  return consume(canister, use, rest) == rest;
}

}  // namespace

bool charge_resources(const FeeSchedule& fees, state::CanisterState& canister, Time now) {
  if (canister.long_execution || now < canister.charged_until + kChargeInterval) return true;
  const Duration time = now - canister.charged_until;
  canister.charged_until = now;
  const ResourceUse use = resource_use(canister);
  const bool memory = pay_resource(canister, state::CyclesUse::kMemory,
                                   fees.storage_cost(use.charged_bytes(), time));
  const bool compute = pay_resource(canister, state::CyclesUse::kComputeAllocation,
                                    fees.compute_cost(use.compute_allocation, time));
  return memory && compute;
}

void plan_next_charge(const FeeSchedule& fees, state::CanisterState& canister) {
  const ResourceUse use = resource_use(canister);
  const Cycles per_day = idle_burn_per_day(fees, use);
  if (per_day == Cycles{0}) {
    canister.next_charge = Time::max();
    return;
  }
  constexpr unsigned __int128 kDayNs = 86'400ULL * 1'000'000'000ULL;
  constexpr unsigned __int128 kFar = INT64_MAX;
  const unsigned __int128 funds = canister.balance.value + canister.reserved_balance.value;
  // Two steps, so that a large balance can't overflow; being early by rounding only costs a visit.
  const unsigned __int128 days = funds / per_day.value;
  const unsigned __int128 rest = funds % per_day.value;
  const unsigned __int128 ns =
      days > kFar / kDayNs ? kFar : std::min(kFar, days * kDayNs + rest * kDayNs / per_day.value);
  const Time broke = canister.charged_until + Duration{static_cast<std::int64_t>(ns)};
  canister.next_charge = std::max(broke, canister.charged_until + kChargeInterval);
}

}  // namespace icpd::execution
