// The management canister's Candid interface, as far as users may call it (interface specification
// 0.66.0, "The IC management canister"): with it arguments of `icpd canister call aaaaa-aa` get
// their types, and answers their names. Canisters state theirs; this one has no module to state it.
#pragma once

#include <string_view>

namespace icpd::node {

[[nodiscard]] std::string_view management_interface();

}  // namespace icpd::node
