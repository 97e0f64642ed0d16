// Asking the kernel which pages of a mapping are private copies or unprotected.
#pragma once

#include <cstdint>
#include <vector>

#include "io/guest_memory.hpp"

namespace icpd::io::memory {

/// How the pages of [base, base + size) are asked for.
enum class PageQuery : std::uint8_t {
  kUnprotectedCopies,  // anonymous pages without userfaultfd write protection (PAGEMAP_SCAN)
  kCopies,             // anonymous pages (PAGEMAP_SCAN)
  kCopiesByPagemap,    // anonymous pages (/proc/self/pagemap)
};

/// Indexes relative to `base`, ascending. Zero pages that were only read don't count; pages in swap
/// do. Ends the process if the kernel refuses: a count that can't be had must not be guessed.
[[nodiscard]] std::vector<PageIndex> scan_pages(const std::uint8_t* base, std::uint64_t size,
                                                PageQuery query);

/// Write-protects every page that kUnprotectedCopies finds.
void protect_copies(const std::uint8_t* base, std::uint64_t size);

/// Whether the kernel has PAGEMAP_SCAN.
[[nodiscard]] bool has_pagemap_scan();

}  // namespace icpd::io::memory
