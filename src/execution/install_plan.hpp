// What an install call asks for, read from its argument and checked against the canister.
#pragma once

#include "execution/management.hpp"

namespace icpd::execution {

struct InstallPlan {
  state::InstallMode mode = state::InstallMode::kInstall;
  /// As uploaded.
  Slice module;
  Slice arg;
  types::Principal caller;
  bool skip_pre_upgrade = false;
  /// wasm_memory_persistence: absent is nothing.
  std::optional<bool> keep_heap;
  std::optional<std::uint64_t> sender_version;
  /// For putting the module together from chunks.
  std::uint64_t assembly_instructions = 0;
};

/// What the state keeps of a module: `uploaded` as it came, `facts` read from it.
[[nodiscard]] Shared<state::Module> module_record(state::Blob uploaded,
                                                  const wasm::ModuleFacts& facts);

/// The canister that an install call is about.
[[nodiscard]] Result<CanisterId, UserError> install_target(const ManagementCall& call);

/// The chunks of an install, joined; an error if one isn't there or the whole has another hash.
[[nodiscard]] Result<Slice, UserError> assemble_chunks(
    const state::CanisterState& store, const management::InstallChunkedCodeArgs& args);

/// Rights, existence, chunks, mode, rate limit; in this order.
[[nodiscard]] Result<InstallPlan, UserError> plan_install(const ManagementScope& scope,
                                                          const ManagementCall& call,
                                                          const state::CanisterState& canister);

/// The subnet has room for the custom sections of `next` in place of those that the canister has;
/// else IC0101 (kSubnetCustomSectionsMax).
[[nodiscard]] Status<UserError> check_custom_sections(const state::ReplicatedState& state,
                                                      const state::CanisterState& canister,
                                                      const state::Module& next);

/// Rules about the heap of Motoko's enhanced orthogonal persistence (spec, "Code upgrade").
[[nodiscard]] Status<UserError> check_persistence(const InstallPlan& plan,
                                                  const state::CanisterState& canister,
                                                  const wasm::ModuleFacts& module);

}  // namespace icpd::execution
