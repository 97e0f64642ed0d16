// Changing a canister's settings: validation, what it costs, what it claims of the subnet.
//
// Order of checks (reference 6.2): ranges, compute allocation, memory allocation, cycles for
// either, reserved cycles limit. All or nothing.
#pragma once

#include "execution/errors.hpp"
#include "execution/fees.hpp"
#include "execution/management_types.hpp"
#include "state/canister_index.hpp"
#include "state/canister_state.hpp"
#include "state/topology.hpp"

namespace icpd::execution {

/// Percent of all scheduler cores that canisters can reserve; one percent always stays free.
inline constexpr std::uint64_t kComputeCapacity = 299;

/// Settings with everything that the argument gives in range; what it doesn't give is as in `base`.
[[nodiscard]] Result<state::Settings, UserError> with_changes(const state::Settings& base,
                                                              const management::SettingsArg& arg);

struct ClaimLimits {
  const FeeSchedule& fees;
  const state::SubnetParameters& parameters;
  const state::Totals& totals;
};

/// Gives `canister` the settings, and moves cycles to its reserved balance where its allocation
/// grows. The totals must not yet count a canister that is being created.
[[nodiscard]] Status<UserError> apply_settings(const ClaimLimits& limits,
                                               state::CanisterState& canister,
                                               state::Settings settings);

[[nodiscard]] management::DefiniteSettings definite(const state::Settings& settings);

}  // namespace icpd::execution
