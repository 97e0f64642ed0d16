// Installing code, in slices over as many rounds as it takes.
//
//   install, reinstall   (start), canister_init          on fresh memories
//   upgrade              canister_pre_upgrade (old code), (start), canister_post_upgrade
//
// Atomic: until the last step has succeeded and memory and cycles suffice, the canister is what it
// was. A failure costs the instructions used and leaves log lines, nothing else. Calls wait in
// state::SubnetCalls::install_code; one is worked on at a time, in order of arrival, but a canister
// that is executing a long message keeps its own installs waiting.
//
// Sources: interface specification, "Code installation", "Code upgrade"; reference 4.11.
#pragma once

#include "execution/management.hpp"
#include "execution/message_run.hpp"

namespace icpd::execution {

/// Instructions by which the installs of a canister are above what rounds have worked off.
[[nodiscard]] std::uint64_t install_debit(const state::CanisterState& canister,
                                          types::Height round);

/// Works on waiting installs, a slice at a time, until none can go on or `instructions_max` is
/// used.
WorkDone advance_installs(ManagementScope& scope, std::uint64_t instructions_max, SubnetRoom& room);

}  // namespace icpd::execution
