// Writes one metered function body: charges built in, indexes shifted to the metered module's.
//
// Two styles give the same counts at every operator:
//
//   kGlobal    the count is a global that each point reads and writes. Simple, needs no locals and
//              changes no types, so it fits every valid module; about 2.8 times slower where calls
//              dominate (reference dependencies.md 2).
//   kThreaded  the count is a local, given to each function as its last parameter and given back
//              as its last result, so that it stays in a register. Charges are added up while
//              nothing can observe the count, and written through to the global only before
//              operators that can trap or call: after a trap of the guest the host finds the exact
//              count there. The global is never read by the guest.
//
//   kUncounted  the module as it is, in the same surroundings: what counting costs is measured
//              against it. Never run for a canister's messages.
//
// All import from module "__":
//   out_of_instructions   the count is below zero: pauses or ends the execution
//   grow_heap             memory.grow, decided by the host
//
// Both have a memory.copy of a range onto itself store to each page of it. The copying function of
// the C library leaves it out, or doesn't, as its version for this processor sees fit; but stored
// pages are charged.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "execution/wasm/charge_points.hpp"
#include "execution/wasm/module_facts.hpp"
#include "execution/wasm/sections.hpp"

namespace icpd::execution::wasm {

enum class Style : std::uint8_t { kGlobal, kThreaded, kUncounted };

/// Index spaces of the metered module.
struct Layout {
  Style style = Style::kThreaded;
  PlanContext plan;
  /// The user's imported functions keep their indexes; two more follow them.
  std::uint32_t imported_functions = 0;
  static constexpr std::uint32_t kAddedImports = 2;
  std::uint32_t local_functions = 0;
  /// The counter's global, behind the user's.
  std::uint32_t counter_global = 0;
  /// kThreaded: kSavedPerType globals of each value type behind the counter, if there are any.
  bool has_saved = false;
  /// kThreaded: the threaded form of type t is threaded_types + t.
  std::uint32_t threaded_types = 0;
  /// kThreaded: block types () -> results of types with two or more results, by type.
  std::vector<std::uint32_t> result_block_types;

  /// Where the hot path's values wait while the cold one calls: the compiler would otherwise keep
  /// them in memory on both.
  static constexpr std::uint32_t kSavedPerType = 8;
  [[nodiscard]] std::uint32_t saved_global(std::size_t type, std::uint32_t i) const {
    return counter_global + 1 + static_cast<std::uint32_t>(type) * kSavedPerType + i;
  }

  [[nodiscard]] std::uint32_t out_of_instructions() const { return imported_functions; }
  [[nodiscard]] std::uint32_t grow_heap() const { return imported_functions + 1; }
  /// kThreaded: a function behind the user's that calls out_of_instructions. Calling it needs no
  /// loads, which the compiler would hoist out of the cold path into registers of the hot one.
  [[nodiscard]] std::uint32_t end_of_slice() const {
    return imported_functions + kAddedImports + local_functions;
  }
  /// kGlobal: functions behind the user's that charge a length and give it back.
  [[nodiscard]] std::uint32_t charge_i32() const {
    return imported_functions + kAddedImports + local_functions;
  }
  [[nodiscard]] std::uint32_t charge_i64() const { return charge_i32() + 1; }
  /// Modules with a memory: the last function. Takes and gives back memory.copy's operands.
  [[nodiscard]] std::uint32_t store_in_place() const {
    return style == Style::kThreaded ? end_of_slice() + 1 : charge_i64() + 1;
  }
  [[nodiscard]] bool is_import(std::int64_t function) const {
    return function < std::int64_t{imported_functions};
  }
  [[nodiscard]] std::uint32_t function(std::int64_t user_index) const {
    const auto index = static_cast<std::uint32_t>(user_index);
    return is_import(user_index) ? index : index + kAddedImports;
  }
};

/// A body as the code section has it (without its size), and where in it the `if`s are that guard
/// out_of_instructions: they are hinted to be unlikely.
struct MeteredBody {
  Bytes bytes;
  std::vector<std::uint32_t> unlikely;
};

/// Bound of the engine's validator, for one function.
inline constexpr std::size_t kLocalsMax = 50'000;
/// Those that locals and globals of canisters have, besides references.
inline constexpr std::array<std::uint8_t, 5> kValueTypes = {
    value_type::kI32, value_type::kI64, value_type::kF32, value_type::kF64, value_type::kV128};

[[nodiscard]] MeteredBody write_global_body(const Body& body, const Layout& layout);
/// `type` is the function's own; needs type < types.size(). `types` are the user's.
[[nodiscard]] MeteredBody write_threaded_body(const Body& body, std::uint32_t type,
                                              std::span<const FunctionType> types,
                                              const Layout& layout);

/// Copies a constant expression, function indexes shifted. Without its `end`.
void write_constant_expression(ByteView expression, const Layout& layout, Bytes& out);

/// Whether the threaded form of a module stays within the engine's limits for parameters, results,
/// locals and types.
[[nodiscard]] bool fits_threaded(const Sections& sections);

/// What `i64` lengths above this are charged as: everything.
inline constexpr std::int64_t kLengthMax = std::int64_t{1} << 62;

}  // namespace icpd::execution::wasm
