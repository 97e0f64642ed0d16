// Settings of a canister (interface specification, "canister_settings") and their defaults.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "codec/record.hpp"
#include "types/ids.hpp"
#include "types/limits.hpp"
#include "types/numbers.hpp"

namespace icpd::state {

enum class VisibilityKind : std::uint8_t { kControllers, kPublic, kAllowedViewers };
[[nodiscard]] constexpr bool is_valid(VisibilityKind kind) {
  return kind <= VisibilityKind::kAllowedViewers;
}

/// Who may read something besides the controllers.
struct Visibility {
  VisibilityKind kind = VisibilityKind::kControllers;
  /// At most 10, for kAllowedViewers only.
  std::set<types::Principal> viewers;

  bool operator==(const Visibility&) const = default;
  static constexpr auto kFields = std::tuple(&Visibility::kind, &Visibility::viewers);
};

struct Settings {
  /// At most types::limits::kControllersMax.
  std::set<types::Principal> controllers;
  /// Percent of one scheduler core, 0 to 100.
  std::uint64_t compute_allocation = 0;
  /// Bytes; 0 is best effort.
  std::uint64_t memory_allocation = 0;
  std::uint64_t freezing_threshold_seconds = 2'592'000;
  types::Cycles reserved_cycles_limit{5'000'000'000'000};
  /// A call of another canister with fewer cycles is rejected.
  types::Cycles minimum_incoming_call_cycles{0};
  /// Bytes of heap; 0 is no limit.
  std::uint64_t wasm_memory_limit = 0;
  std::uint64_t wasm_memory_threshold = 0;
  Visibility log_visibility;
  Visibility snapshot_visibility;
  Visibility status_visibility;
  /// At most 20; the order of names is the order of `ic0.env_var_*`.
  std::map<std::string, std::string> environment_variables;

  bool operator==(const Settings&) const = default;
  static constexpr auto kFields = std::tuple(
      &Settings::controllers, &Settings::compute_allocation, &Settings::memory_allocation,
      &Settings::freezing_threshold_seconds, &Settings::reserved_cycles_limit,
      &Settings::minimum_incoming_call_cycles, &Settings::wasm_memory_limit,
      &Settings::wasm_memory_threshold, &Settings::log_visibility, &Settings::snapshot_visibility,
      &Settings::status_visibility, &Settings::environment_variables);
};

}  // namespace icpd::state
