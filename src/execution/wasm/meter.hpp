// The metered module: a canister's module with instruction counting built in.
//
// What changes
//   types      kThreaded: each type again with the count as last parameter and last result
//   imports    the functions of "ic0" keep their places, two of module "__" follow; an imported
//              memory or table becomes a declared one
//   functions  bodies as body_writer.hpp says; indexes behind the imports move up by two; some
//              functions of the metering's own behind the user's
//   memory     the maximum is at most the platform's
//   globals    one more: the instruction counter
//   exports    entry points under their own names (the start function as "canister_start"),
//   "table",
//              "memory", "counter", and every mutable global, as "g<index>"; all others are gone
//   start      none: the host runs it
//   data       active segments are empty passive ones: the host writes them once, at install
//   custom     names of functions, and hints that running out of instructions is unlikely
#pragma once

#include <string>

#include "base/bytes.hpp"
#include "execution/wasm/body_writer.hpp"
#include "execution/wasm/module_facts.hpp"
#include "execution/wasm/sections.hpp"

namespace icpd::execution::wasm {

inline constexpr std::string_view kCounterExport = "counter";
inline constexpr std::string_view kTableExport = "table";
inline constexpr std::string_view kMemoryExport = "memory";
inline constexpr std::string_view kRuntimeModule = "__";
inline constexpr std::string_view kOutOfInstructions = "out_of_instructions";
inline constexpr std::string_view kGrowHeap = "grow_heap";

/// Changes whenever the same module gives other bytes; part of the key of a code cache.
inline constexpr std::uint32_t kMeteringVersion = 2;

/// "g3".
[[nodiscard]] std::string global_export_name(std::uint32_t global);

/// Needs a module that accept_module() accepted. kThreaded falls back to kGlobal if the module
/// doesn't fit it.
[[nodiscard]] Bytes meter_module(const Sections& sections, const ModuleFacts& facts,
                                 Style preferred = Style::kThreaded);

/// The style of a metered module, told by the type of its first runtime import.
[[nodiscard]] Style style_of(const Sections& metered);

}  // namespace icpd::execution::wasm
