#include "execution/module_to_install.hpp"

#include "execution/install_plan.hpp"

namespace icpd::execution {

std::optional<state::Blob> module_to_install(const state::ReplicatedState& state,
                                             const state::Ingress& call) {
  using namespace management;
  if (call.receiver != types::management_canister()) return std::nullopt;
  if (call.method_name == "install_code") {
    const auto args = codec::candid::decode_arg<InstallCodeArgs>(call.arg);
    if (!args.ok()) return std::nullopt;
    return state::Blob::of(call.arg.part(args->wasm_module));
  }
  if (call.method_name != "install_chunked_code") return std::nullopt;
  const auto args = codec::candid::decode_arg<InstallChunkedCodeArgs>(call.arg);
  if (!args.ok()) return std::nullopt;
  const state::CanisterState* store =
      state.find(args->store_canister.value_or(args->target_canister));
  if (store == nullptr) return std::nullopt;
  auto module = assemble_chunks(*store, *args);
  if (!module.ok()) return std::nullopt;
  return state::Blob::of(std::move(*module));
}

}  // namespace icpd::execution
