#include "execution/canister_settings.hpp"

#include "execution/canister_cycles.hpp"

namespace icpd::execution {
namespace {

namespace limits = types::limits;
using management::VisibilityArg;

constexpr codec::Uint128 kWasmMemoryMax = codec::Uint128{1} << 48;

/// A number that a setting gives, checked against its range.
Result<std::uint64_t, UserError> number(const char* name, codec::Uint128 value,
                                        codec::Uint128 max) {
  if (value > max)
    return Err(invalid_settings("'" + std::string(name) + "' is " + codec::to_decimal(value) +
                                ", but can be at most " + codec::to_decimal(max) + "."));
  return static_cast<std::uint64_t>(value);
}

struct NumberRow {
  const char* name;
  std::optional<codec::Uint128> management::SettingsArg::* from;
  std::uint64_t state::Settings::* to;
  codec::Uint128 max;
};
constexpr NumberRow kNumbers[] = {
    {"compute_allocation", &management::SettingsArg::compute_allocation,
     &state::Settings::compute_allocation, 100},
    {"memory_allocation", &management::SettingsArg::memory_allocation,
     &state::Settings::memory_allocation, UINT64_MAX},
    {"freezing_threshold", &management::SettingsArg::freezing_threshold,
     &state::Settings::freezing_threshold_seconds, UINT64_MAX},
    {"wasm_memory_limit", &management::SettingsArg::wasm_memory_limit,
     &state::Settings::wasm_memory_limit, kWasmMemoryMax},
    {"wasm_memory_threshold", &management::SettingsArg::wasm_memory_threshold,
     &state::Settings::wasm_memory_threshold, kWasmMemoryMax},
};

std::string too_many(const char* name) {
  return "'" + std::string(name) + "' length exceeds maximum size allowed of " +
         std::to_string(limits::kControllersMax) + ".";
}

Result<state::Visibility, UserError> visibility(const char* name, const VisibilityArg& arg) {
  state::Visibility result;
  result.kind = static_cast<state::VisibilityKind>(arg.index());
  if (const auto* viewers = std::get_if<2>(&arg)) {
    if (viewers->value.size() > limits::kControllersMax)
      return Err(invalid_settings(too_many(name)));
    result.viewers = {viewers->value.begin(), viewers->value.end()};
  }
  return result;
}

using Variables = std::map<std::string, std::string>;
Result<Variables, UserError> variables(
    const std::vector<management::EnvironmentVariableArg>& list) {
  if (list.size() > limits::kEnvironmentVariablesMax)
    return Err(invalid_settings("Too many environment variables: " + std::to_string(list.size()) +
                                " (max: " + std::to_string(limits::kEnvironmentVariablesMax) +
                                ")."));
  Variables result;
  for (const auto& [name, value] : list) {
    if (std::max(name.size(), value.size()) > limits::kEnvironmentVariableSizeMax)
      return Err(invalid_settings("Environment variable name or value exceeds " +
                                  std::to_string(limits::kEnvironmentVariableSizeMax) + " bytes."));
    if (!result.try_emplace(name, value).second)
      return Err(invalid_settings("Duplicate environment variable '" + name + "'."));
  }
  return result;
}

VisibilityArg to_arg(const state::Visibility& visibility) {
  switch (visibility.kind) {
    case state::VisibilityKind::kControllers:
      return VisibilityArg(std::in_place_index<0>);
    case state::VisibilityKind::kPublic:
      return VisibilityArg(std::in_place_index<1>);
    case state::VisibilityKind::kAllowedViewers:
      break;
  }
  VisibilityArg result(std::in_place_index<2>);
  std::get<2>(result).value = {visibility.viewers.begin(), visibility.viewers.end()};
  return result;
}

std::uint64_t charged(const state::CanisterState& canister, std::uint64_t allocation) {
  return std::max(allocation, canister.memory_usage());
}

/// Compute and memory that the subnet has left for this canister.
Status<UserError> check_capacity(const ClaimLimits& limits, const state::CanisterState& canister,
                                 const state::Settings& to, bool is_new) {
  const state::Settings& from = *canister.settings;
  const std::uint64_t own_compute = is_new ? 0 : from.compute_allocation;
  const std::uint64_t others = limits.totals.compute_allocation - own_compute;
  const std::uint64_t left = others < kComputeCapacity ? kComputeCapacity - others : 0;
  if (to.compute_allocation > own_compute && to.compute_allocation > left)
    return Err(compute_oversubscribed(to.compute_allocation, left));

  const std::uint64_t before = is_new ? 0 : charged(canister, from.memory_allocation);
  const std::uint64_t after = charged(canister, to.memory_allocation);
  const std::uint64_t in_use = limits.totals.memory_bytes;
  const std::uint64_t capacity = limits.parameters.subnet_memory_max;
  const std::uint64_t free = in_use < capacity ? capacity - in_use : 0;
  if (after > before && after - before > free)
    return Err(memory_oversubscribed(to.memory_allocation, free));
  return {};
}

/// Cycles for allocations that grow: set aside, and the freezing limit that they raise.
Status<UserError> pay_for_growth(const ClaimLimits& limits, state::CanisterState& canister,
                                 const state::Settings& to) {
  const state::Settings& from = *canister.settings;
  const std::uint64_t before = charged(canister, from.memory_allocation);
  const std::uint64_t after = charged(canister, to.memory_allocation);
  const bool more_memory = after > before;
  const bool more_compute = to.compute_allocation > from.compute_allocation;
  if (!more_memory && !more_compute) return {};

  ResourceUse use = resource_use(canister);
  use.memory_allocation = to.memory_allocation;
  use.compute_allocation = to.compute_allocation;
  use.freezing_threshold_seconds = to.freezing_threshold_seconds;
  const Cycles reservation =
      more_memory ? reservation_for_growth(limits.fees, limits.totals.memory_bytes,
                                           limits.parameters.subnet_memory_max, after - before)
                  : Cycles{0};
  const Cycles reserved = canister.reserved_balance + reservation.value;
  if (reserved > to.reserved_cycles_limit)
    return Err(
        allocation_over_reserved_limit(to.memory_allocation, to.reserved_cycles_limit,
                                       reserved.minus_or_zero(to.reserved_cycles_limit.value)));
  const Cycles needed = frozen_part(limits.fees, use, reserved) + reservation.value;
  if (const Cycles lacking = needed.minus_or_zero(canister.balance.value); lacking != Cycles{0})
    return Err(more_compute ? compute_allocation_out_of_cycles(to.compute_allocation, lacking)
                            : memory_allocation_out_of_cycles(to.memory_allocation, lacking));
  canister.balance -= reservation.value;
  canister.reserved_balance = reserved;
  return {};
}

}  // namespace

Result<state::Settings, UserError> with_changes(const state::Settings& base,
                                                const management::SettingsArg& arg) {
  state::Settings settings = base;
  for (const NumberRow& row : kNumbers) {
    if (const auto& given = arg.*row.from)
      settings.*row.to = TRY(number(row.name, *given, row.max));
  }
  if (arg.controllers) {
    if (arg.controllers->size() > limits::kControllersMax)
      return Err(invalid_settings(too_many("controllers")));
    settings.controllers = {arg.controllers->begin(), arg.controllers->end()};
  }
  if (arg.reserved_cycles_limit)
    settings.reserved_cycles_limit = Cycles{*arg.reserved_cycles_limit};
  if (arg.minimum_incoming_canister_call_cycles)
    settings.minimum_incoming_call_cycles = Cycles{*arg.minimum_incoming_canister_call_cycles};
  if (arg.log_visibility)
    settings.log_visibility = TRY(visibility("allowed_viewers", *arg.log_visibility));
  if (arg.snapshot_visibility)
    settings.snapshot_visibility = TRY(visibility("allowed_viewers", *arg.snapshot_visibility));
  if (arg.status_visibility)
    settings.status_visibility = TRY(visibility("allowed_viewers", *arg.status_visibility));
  if (arg.environment_variables)
    settings.environment_variables = TRY(variables(*arg.environment_variables));
  return settings;
}

Status<UserError> apply_settings(const ClaimLimits& limits, state::CanisterState& canister,
                                 state::Settings settings) {
  const bool is_new = canister.version == 0 && canister.history->total_changes() == 0;
  TRY(check_capacity(limits, canister, settings, is_new));
  TRY(pay_for_growth(limits, canister, settings));
  if (settings.reserved_cycles_limit < canister.reserved_balance)
    return Err(reserved_limit_too_low(settings.reserved_cycles_limit, canister.reserved_balance));
  canister.settings = Cow<state::Settings>(std::move(settings));
  return {};
}

management::DefiniteSettings definite(const state::Settings& settings) {
  management::DefiniteSettings result;
  result.controllers = {settings.controllers.begin(), settings.controllers.end()};
  result.compute_allocation = settings.compute_allocation;
  result.memory_allocation = settings.memory_allocation;
  result.freezing_threshold = settings.freezing_threshold_seconds;
  result.reserved_cycles_limit = settings.reserved_cycles_limit.value;
  result.minimum_incoming_canister_call_cycles = settings.minimum_incoming_call_cycles.value;
  result.log_visibility = to_arg(settings.log_visibility);
  result.snapshot_visibility = to_arg(settings.snapshot_visibility);
  result.status_visibility = to_arg(settings.status_visibility);
  result.wasm_memory_limit = settings.wasm_memory_limit;
  result.wasm_memory_threshold = settings.wasm_memory_threshold;
  for (const auto& [name, value] : settings.environment_variables)
    result.environment_variables.push_back({name, value});
  return result;
}

}  // namespace icpd::execution
