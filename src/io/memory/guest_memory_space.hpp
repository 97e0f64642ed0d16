// Guest memories on Linux: how stores are found, and how much address space they may take.
//
// Backends (a page is dirty if it took a store since arm(); see io/guest_memory.hpp)
//
//   userfaultfd    anonymous memory and private file mappings; committed pages are
//                  write-protected, the kernel lifts the protection at a store by itself and
//                  PAGEMAP_SCAN lists the pages without it. Pages never stored to need no
//                  protection: they are file pages, the zero page, or not there. Linux 6.7.
//   pagemap-scan   a private mapping of a memory file: a stored page is a private copy, which
//                  PAGEMAP_SCAN tells apart; a commit moves the copies into the file. Linux 6.7.
//   pagemap        the same, read from /proc/self/pagemap. Any Linux.
//
// All three give the same pages for the same stores; make_guest_memory_space() tries a backend on
// a few pages before it is used, and a property test compares them with a program that counts.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "base/result.hpp"
#include "base/units.hpp"
#include "io/guest_memory.hpp"

namespace icpd::io::memory {

struct SpaceOptions {
  /// A backend's name, or empty: the first of backend_names() that works here.
  std::string_view backend;
  /// Address space for all memories, reserved or used. A process has 128 TiB on x86-64.
  std::uint64_t reserved_bytes_max = 32 * kTiB;
  /// Kernel mappings; Linux ends a process' at 65,530 (vm.max_map_count).
  std::uint64_t mappings_max = 40'000;
};

/// In order of preference.
[[nodiscard]] std::span<const std::string_view> backend_names();

/// An error if the named backend is unknown or doesn't work on this kernel, with the reason. The
/// space must outlive its memories. try_create() may be called from several threads.
[[nodiscard]] Result<std::unique_ptr<GuestMemorySpace>> make_guest_memory_space(
    const SpaceOptions& options = {});

/// What a space holds at the moment.
struct SpaceUsage {
  std::uint64_t reserved_bytes = 0;
  std::uint64_t mappings = 0;
};
[[nodiscard]] SpaceUsage usage(const GuestMemorySpace& space);

}  // namespace icpd::io::memory
