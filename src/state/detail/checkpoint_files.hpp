// Names of a checkpoint's files, and what of a canister lies in them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "state/canister_state.hpp"

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

/// The canister's module and chunks.
template <typename F>
void for_each_blob(const CanisterState& canister, F&& visit) {
  if (canister.execution.has_value()) visit((*canister.execution)->module->code);
  for (const auto& [hash, chunk] : *canister.chunks)
    visit(chunk);
}

}  // namespace icpd::state::detail
