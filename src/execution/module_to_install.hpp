// Which module an install call brings, before it is executed: so that compiling can begin while the
// subnet still agrees on the call.
#pragma once

#include <optional>

#include "state/ingress.hpp"
#include "state/replicated_state.hpp"

namespace icpd::execution {

/// Nothing if the call installs no module, or names chunks that `state` doesn't have. A guess: what
/// the install will find is decided when it runs.
[[nodiscard]] std::optional<state::Blob> module_to_install(const state::ReplicatedState& state,
                                                           const state::Ingress& call);

}  // namespace icpd::execution
