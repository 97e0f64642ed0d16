// Names of a checkpoint's files, and what of a canister lies in them: memories and blobs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "state/canister_state.hpp"
#include "state/checkpoint.hpp"

namespace icpd::state::detail {

inline constexpr std::string_view kStateSuffix = ".state";
inline constexpr std::string_view kPagesSuffix = ".pages";
inline constexpr std::string_view kBlobsSuffix = ".blobs";

/// Sixteen hexadecimal digits.
[[nodiscard]] std::string hex16(std::uint64_t number);
/// The number of a name hex16(n) · suffix; nothing for any other name.
[[nodiscard]] std::optional<std::uint64_t> number_of(std::string_view name,
                                                     std::string_view suffix);

[[nodiscard]] inline std::string state_path(std::uint64_t height) {
  return "checkpoints/" + hex16(height) + std::string(kStateSuffix);
}
[[nodiscard]] inline std::string pages_path(std::uint64_t number) {
  return "files/" + hex16(number) + std::string(kPagesSuffix);
}
[[nodiscard]] inline std::string blobs_path(std::uint64_t number) {
  return "files/" + hex16(number) + std::string(kBlobsSuffix);
}

/// Calls `visit(name, map)` for each memory of the canister, in the order in which checkpoints list
/// them: its own, then those of each snapshot.
template <typename F>
void for_each_map(const CanisterState& canister, F&& visit) {
  if (canister.execution.has_value()) {
    visit(MapName{std::nullopt, MapKind::kHeap}, (*canister.execution)->heap.pages);
    visit(MapName{std::nullopt, MapKind::kStable}, (*canister.execution)->stable.pages);
  }
  for (const auto& [number, snapshot] : canister.snapshots->all()) {
    visit(MapName{number, MapKind::kHeap}, snapshot->heap.pages);
    visit(MapName{number, MapKind::kStable}, snapshot->stable.pages);
    if (const auto* draft = std::get_if<ModuleDraft>(&snapshot->module))
      visit(MapName{number, MapKind::kModule}, draft->pages);
  }
}

/// The memory for writing; null if the canister has none of this name.
[[nodiscard]] PageMap* find_map(CanisterState& canister, const MapName& name);

/// The modules and chunks of the canister and of its snapshots.
template <typename F>
void for_each_blob(const CanisterState& canister, F&& visit) {
  if (canister.execution.has_value()) visit((*canister.execution)->module->code);
  for (const auto& [hash, chunk] : *canister.chunks)
    visit(chunk);
  for (const auto& [number, snapshot] : canister.snapshots->all()) {
    if (const auto* module = std::get_if<Blob>(&snapshot->module)) visit(*module);
    for (const auto& [hash, chunk] : *snapshot->chunks)
      visit(chunk);
  }
}

}  // namespace icpd::state::detail
