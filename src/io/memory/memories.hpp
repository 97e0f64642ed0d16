// The guest memories behind the interface, one class for each way of finding stores.
#pragma once

#include <memory>

#include "io/guest_memory.hpp"
#include "io/memory/page_scan.hpp"
#include "io/memory/reservation.hpp"
#include "io/memory/userfault.hpp"

namespace icpd::io::memory {

/// Runs of a file shorter than this are copied instead of mapped.
inline constexpr std::uint64_t kMappedRunBytesMin = 64 * 1024;

/// Stable memory: no tracking; moves when it outgrows its reservation.
[[nodiscard]] std::unique_ptr<GuestMemory> make_untracked(Budget& budget, std::uint64_t reserve,
                                                          std::uint64_t guard);
/// Backend userfaultfd.
[[nodiscard]] std::unique_ptr<GuestMemory> make_userfault(Budget& budget, std::uint64_t reserve,
                                                          std::uint64_t guard,
                                                          const Userfault& userfault);
/// Backends pagemap-scan and pagemap.
[[nodiscard]] std::unique_ptr<GuestMemory> make_file_copy(Budget& budget, std::uint64_t reserve,
                                                          std::uint64_t guard, PageQuery query);

/// Reads `size` bytes of a file at `offset`; the file must have them.
void read_file(int descriptor, std::uint64_t offset, MutableByteView out);

/// Calls f(begin_bytes, size_bytes) for each run of consecutive pages. `pages` is ascending.
template <typename F>
void for_each_run(std::span<const PageIndex> pages, F&& f) {
  for (std::size_t i = 0; i < pages.size();) {
    std::size_t end = i + 1;
    while (end < pages.size() && pages[end] == pages[end - 1] + 1)
      ++end;
    f(pages[i] * kGuestPageSize, (end - i) * kGuestPageSize);
    i = end;
  }
}

}  // namespace icpd::io::memory
