// Whether a user's call may enter the subnet: what it costs, who pays, and what the canister says.
//
//   filter_ingress      at one node's door, on its latest state: everything, inspect_message
//   included ingress_charge      what is paid when the call is inducted, by whom (also checked in
//   blocks)
//
// Sources: interface specification, "API request submission", "canister_inspect_message"; reference
// 7.6 and "Formulas".
#pragma once

#include "execution/environment.hpp"
#include "execution/errors.hpp"
#include "state/ingress.hpp"
#include "state/replicated_state.hpp"

namespace icpd::execution {

/// Whether a node accepts this call, on the state it has. May run on several threads.
[[nodiscard]] Status<UserError> filter_ingress(const state::ReplicatedState& state,
                                               const state::Ingress& ingress,
                                               Environment& environment);

}  // namespace icpd::execution
