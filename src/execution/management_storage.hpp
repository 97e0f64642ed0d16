// What a management call costs that makes a canister hold more: chunks and snapshots.
//
// The call pays for its instructions. Memory beyond what the canister uses or has allocated must be
// there in the subnet; for it cycles are set aside where the subnet is nearly full; and afterwards
// the canister must not be frozen (interface specification, "reserved_cycles_limit", "Take canister
// snapshot"; reference 5.4).
#pragma once

#include "execution/management.hpp"
#include "execution/resources.hpp"

namespace icpd::execution {

struct StorageBill {
  /// Of the instructions.
  Cycles price{0};
  /// To be set aside.
  Cycles reservation{0};
  /// Bytes beyond what the canister used or had allocated.
  std::uint64_t growth = 0;
  /// What the balance lacks to pay both and not be frozen; zero if nothing.
  Cycles lacking{0};
};

/// What it costs `canister` to use so many instructions and then hold what `after` says. Errors: no
/// memory left in the subnet (IC0101), or a reserved balance over its limit (IC0534).
[[nodiscard]] Result<StorageBill, UserError> bill_for(const ManagementScope& scope,
                                                      std::uint64_t instructions,
                                                      const ResourceUse& after,
                                                      const state::CanisterState& canister);
/// Needs a bill for which nothing is lacking.
void pay(const StorageBill& bill, state::CanisterState& canister);

/// Both in one. Too few cycles are IC0532, or IC0207 where nothing grows.
[[nodiscard]] Status<UserError> pay_for(const ManagementScope& scope, std::uint64_t instructions,
                                        const ResourceUse& after, state::CanisterState& canister);

}  // namespace icpd::execution
