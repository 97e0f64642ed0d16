// Which canister a call is about (interface specification, "Effective canister id"): the called
// canister itself, or for calls of the management canister the one that the argument names. It pays
// for the message, and its URL the call is sent to.
#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "types/error_code.hpp"
#include "types/ids.hpp"

namespace icpd::state {

/// Nothing: any canister of the subnet will do (a canister is to be created). IC0408 if the
/// argument of a management method doesn't name its canister.
[[nodiscard]] Result<std::optional<types::CanisterId>, types::UserError> effective_canister(
    const types::CanisterId& callee, std::string_view method, ByteView arg);

}  // namespace icpd::state
