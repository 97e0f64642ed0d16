// The memories that executions need: how much address space, and what a fresh heap holds.
#pragma once

#include <memory>
#include <vector>

#include "base/units.hpp"
#include "execution/wasm/module_facts.hpp"
#include "io/guest_memory.hpp"

namespace icpd::execution::wasm {

inline constexpr std::uint64_t kWasmPageSize = 64 * kKiB;
static_assert(kWasmPageSize % io::kGuestPageSize == 0);

/// Behind the reservation, so that compiled code needs no check for small constant offsets.
inline constexpr std::uint64_t kHeapGuardBytes = 32 * kMiB;
/// A 32-bit heap's addresses all lie within it, so that compiled code needs no checks at all; a
/// 64-bit heap never moves.
[[nodiscard]] constexpr std::uint64_t heap_reserve(PointerWidth width) {
  return width == PointerWidth::k64 ? 6 * kGiB : 4 * kGiB;
}
inline constexpr std::uint64_t kStableReserveMin = 64 * kMiB;
inline constexpr std::uint64_t kStablePagesMax = 500 * kGiB / kWasmPageSize;

/// Empty; nothing if the space's budget is used up.
[[nodiscard]] std::unique_ptr<io::GuestMemory> try_create_heap(io::GuestMemorySpace& space,
                                                               PointerWidth width);
/// Empty, with room for `size_bytes` and some growth.
[[nodiscard]] std::unique_ptr<io::GuestMemory> try_create_stable(io::GuestMemorySpace& space,
                                                                 std::uint64_t size_bytes);

struct InitialPage {
  io::PageIndex page = 0;
  Bytes content;
};
/// What a fresh heap holds besides zeros: the module's active data segments, in module order, as
/// whole pages, ascending.
[[nodiscard]] std::vector<InitialPage> initial_heap(std::span<const DataSegment> data);

}  // namespace icpd::execution::wasm
