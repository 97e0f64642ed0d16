// Makes the staged effects of a successful execution part of the canister.
#pragma once

#include "execution/entry_run.hpp"
#include "state/canister_state.hpp"

namespace icpd::execution {

/// Memories and globals, version, cycles, certified data, timer, and the calls, which belong to
/// `context`. Needs a successful outcome that started from this canister.
void apply_effects(state::CanisterState& canister, types::CallContextId context,
                   EntryOutcome& outcome, KeepsState keeps_state, Time now);

/// The part that installing code has too: cycles burned and reserved, certified data, timer.
void apply_settings_effects(state::CanisterState& canister, MessageEffects& effects);

/// Kept whether or not an execution succeeded.
void write_log(state::CanisterState& canister, const std::deque<Bytes>& lines, Time now);

}  // namespace icpd::execution
