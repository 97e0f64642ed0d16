#include "execution/wasm/module_facts.hpp"

#include <algorithm>

namespace icpd::execution::wasm {

std::string_view export_name(Hook hook) {
  constexpr std::array<std::string_view, kHookCount> kNames = {
      "canister_start",           "canister_init",
      "canister_pre_upgrade",     "canister_post_upgrade",
      "canister_inspect_message", "canister_heartbeat",
      "canister_global_timer",    "canister_on_low_wasm_memory",
  };
  return kNames[static_cast<std::size_t>(hook)];
}

std::string export_name(const Method& method) {
  switch (method.kind) {
    case MethodKind::kUpdate:
      return "canister_update " + method.name;
    case MethodKind::kQuery:
      return "canister_query " + method.name;
    case MethodKind::kCompositeQuery:
      return "canister_composite_query " + method.name;
  }
  unreachable_state("a method kind outside its enumeration");
}

std::optional<MethodKind> ModuleFacts::method_kind(std::string_view name) const {
  const auto found = std::ranges::lower_bound(methods, name, {}, &Method::name);
  if (found == methods.end() || found->name != name) return std::nullopt;
  return found->kind;
}

const MetadataSection* ModuleFacts::find_metadata(std::string_view name) const {
  const auto found = std::ranges::lower_bound(metadata, name, {}, &MetadataSection::name);
  if (found == metadata.end() || found->name != name) return nullptr;
  return &*found;
}

}  // namespace icpd::execution::wasm
