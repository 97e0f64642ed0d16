// The effective canister id of a call (interface specification, "Effective canister id"): the
// canister that a request is really about, which the URL must name, which pays for it, and whose
// subnet must execute it.
//
//   an ordinary call                                  the canister called
//   create_canister, provisional_create_canister_...  any
//   list_canisters                                    any
//   install_chunked_code                              the argument's field target_canister
//   another method of the management canister         the argument's field canister_id
#pragma once

#include <optional>
#include <string_view>

#include "base/result.hpp"
#include "types/error_code.hpp"
#include "types/ids.hpp"

namespace icpd::types {

/// Nothing: any id will do, and the call is about no canister yet. Errors: IC0408 if the argument
/// has no such field.
[[nodiscard]] Result<std::optional<CanisterId>, UserError> effective_canister_id(
    const CanisterId& receiver, std::string_view method, ByteView arg);

}  // namespace icpd::types
