// The management canister, as commands use it.
#pragma once

#include "execution/management_types.hpp"
#include "node/cli_target.hpp"

namespace icpd::node {

namespace management = execution::management;

/// Calls a method of the management canister that is about `effective`.
[[nodiscard]] AgentResult<Slice> call_management(Agent& agent, const std::string& method, Bytes arg,
                                                 const types::CanisterId& effective);

/// The hash of the installed module, certified; nothing if the canister is empty.
[[nodiscard]] AgentResult<std::optional<Slice>> module_hash(Agent& agent,
                                                            const types::CanisterId& canister);

/// The interface that the installed module states, certified; empty if it states none that we may
/// see.
[[nodiscard]] std::string canister_interface(Agent& agent, const types::CanisterId& canister);

enum class InstallModeChoice : std::uint8_t { kInstall, kReinstall, kUpgrade };

/// Installs a module, in chunks if it is too long for one call.
[[nodiscard]] Status<AgentError> install_module(Agent& agent, const types::CanisterId& canister,
                                                InstallModeChoice mode, ByteView module,
                                                ByteView arg);

/// A canister with `cycles`, or the network's default. Exists on local networks only.
[[nodiscard]] AgentResult<types::CanisterId> create_provisional(
    Session& session, std::optional<codec::Uint128> cycles);

}  // namespace icpd::node
