// The rules that a canister's module must keep beyond being valid Wasm (interface specification,
// "WebAssembly module requirements"; reference execution.md 1), each with its own text.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "base/units.hpp"
#include "execution/wasm/failure.hpp"
#include "execution/wasm/module_facts.hpp"
#include "execution/wasm/sections.hpp"

namespace icpd::execution::wasm {

namespace module_limits {
inline constexpr std::size_t kModuleSizeMax = 100 * kMiB;
/// The public documentation says 10 MiB; running networks accept 12 MiB since 2026.
inline constexpr std::size_t kCodeSectionSizeMax = 12 * kMiB;
inline constexpr std::size_t kMethodsMax = 1000;
inline constexpr std::size_t kMethodNamesSizeMax = 20'000;
inline constexpr std::size_t kGlobalsMax = 1000;
inline constexpr std::size_t kFunctionsMax = 50'000;
inline constexpr std::size_t kFunctionNameSizeMax = 1 * kMiB;
inline constexpr std::uint64_t kFunctionOperatorsMax = 1'000'000;
inline constexpr std::uint64_t kFunctionComplexityMax = 1'000'000;
inline constexpr std::size_t kMetadataSectionsMax = 16;
inline constexpr std::size_t kMetadataSizeMax = 1 * kMiB;
inline constexpr std::uint64_t kTableElementsMax = 1'000'000;
inline constexpr std::uint64_t kHeapPagesMax32 = 4 * kGiB / (64 * kKiB);
inline constexpr std::uint64_t kHeapPagesMax64 = 6 * kGiB / (64 * kKiB);
inline constexpr std::uint32_t kPagesReservedByOldMotoko = 16;
static_assert(kCodeSectionSizeMax < kModuleSizeMax);
}  // namespace module_limits

struct AcceptedModule {
  ModuleFacts facts;
  /// In module order; parts of the module's bytes.
  std::vector<DataSegment> data;
};

/// The facts of a module that keeps all rules, or IC0505 with the first rule broken. Needs
/// `sections` to come from `module`, and the engine to have found the module valid.
[[nodiscard]] HostResult<AcceptedModule> accept_module(const Slice& module,
                                                       const Sections& sections);

}  // namespace icpd::execution::wasm
