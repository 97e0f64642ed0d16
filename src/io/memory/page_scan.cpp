#include "io/memory/page_scan.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/ensure.hpp"

namespace icpd::io::memory {
namespace {

// Kernel interface of Linux 6.7 (Documentation/admin-guide/mm/pagemap.rst); older headers lack it.
struct PageRegion {
  std::uint64_t start, end, categories;
};
struct ScanArguments {
  std::uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages, category_inverted,
      category_mask, category_anyof_mask, return_mask;
};
constexpr unsigned long kPagemapScan = _IOWR('f', 16, ScanArguments);
constexpr std::uint64_t kWritten = 1 << 1;
constexpr std::uint64_t kFile = 1 << 2;
constexpr std::uint64_t kPresent = 1 << 3;
constexpr std::uint64_t kSwapped = 1 << 4;
constexpr std::uint64_t kZeroPage = 1 << 5;
constexpr std::uint64_t kProtectMatching = 1 << 0;

// Bits of an entry of /proc/self/pagemap.
constexpr std::uint64_t kEntryPresent = std::uint64_t{1} << 63;
constexpr std::uint64_t kEntrySwapped = std::uint64_t{1} << 62;
constexpr std::uint64_t kEntryFile = std::uint64_t{1} << 61;

int pagemap() {
  static const int descriptor = ::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  return descriptor;
}

ScanArguments arguments(const std::uint8_t* base, std::uint64_t size, PageQuery query) {
  ScanArguments scan{};
  scan.size = sizeof scan;
  scan.start = reinterpret_cast<std::uint64_t>(base);
  scan.end = scan.start + size;
  scan.category_inverted = kFile | kZeroPage;
  scan.category_mask = kFile | kZeroPage;
  // Pages that aren't there count as written where write protection is in use.
  scan.category_anyof_mask = kPresent | kSwapped;
  if (query == PageQuery::kUnprotectedCopies) scan.category_mask |= kWritten;
  scan.return_mask = kPresent;
  return scan;
}

void append_region(const PageRegion& region, std::uint64_t base, std::vector<PageIndex>& out) {
  for (std::uint64_t at = region.start; at < region.end; at += kGuestPageSize) {
    out.push_back((at - base) / kGuestPageSize);
  }
}

std::vector<PageIndex> scan_by_ioctl(const std::uint8_t* base, std::uint64_t size,
                                     PageQuery query) {
  std::vector<PageIndex> pages;
  std::array<PageRegion, 256> regions;
  ScanArguments scan = arguments(base, size, query);
  scan.vec = reinterpret_cast<std::uint64_t>(regions.data());
  scan.vec_len = regions.size();
  while (scan.start < scan.end) {
    const int found = ::ioctl(pagemap(), kPagemapScan, &scan);
    if (found < 0 && errno == EINTR) continue;
    ensure(found >= 0, "PAGEMAP_SCAN was refused");
    for (int i = 0; i < found; ++i) {
      append_region(regions[static_cast<std::size_t>(i)], reinterpret_cast<std::uint64_t>(base),
                    pages);
    }
    scan.start = scan.walk_end;
  }
  return pages;
}

std::vector<PageIndex> scan_by_pagemap(const std::uint8_t* base, std::uint64_t size) {
  std::vector<PageIndex> pages;
  std::array<std::uint64_t, 512> entries;
  const std::uint64_t first = reinterpret_cast<std::uint64_t>(base) / kGuestPageSize;
  const std::uint64_t count = size / kGuestPageSize;
  for (std::uint64_t at = 0; at < count;) {
    const std::uint64_t n = std::min<std::uint64_t>(entries.size(), count - at);
    const auto got =
        ::pread(pagemap(), entries.data(), n * 8, static_cast<off_t>((first + at) * 8));
    if (got < 0 && errno == EINTR) continue;
    ensure(got > 0, "/proc/self/pagemap can't be read");
    for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(got) / 8; ++i) {
      const std::uint64_t entry = entries[i];
      const bool copy = (entry & kEntryPresent) != 0 && (entry & kEntryFile) == 0;
      if (copy || (entry & kEntrySwapped) != 0) pages.push_back(at + i);
    }
    at += static_cast<std::uint64_t>(got) / 8;
  }
  return pages;
}

}  // namespace

std::vector<PageIndex> scan_pages(const std::uint8_t* base, std::uint64_t size, PageQuery query) {
  if (size == 0) return {};
  if (query == PageQuery::kCopiesByPagemap) return scan_by_pagemap(base, size);
  return scan_by_ioctl(base, size, query);
}

void protect_copies(const std::uint8_t* base, std::uint64_t size) {
  ScanArguments scan = arguments(base, size, PageQuery::kUnprotectedCopies);
  scan.flags = kProtectMatching;
  scan.return_mask = 0;
  while (scan.start < scan.end) {
    const int result = ::ioctl(pagemap(), kPagemapScan, &scan);
    if (result < 0 && errno == EINTR) continue;
    ensure(result >= 0, "PAGEMAP_SCAN refused to protect");
    scan.start = scan.walk_end;
  }
}

bool has_pagemap_scan() {
  if (pagemap() < 0) return false;
  ScanArguments scan{};
  scan.size = sizeof scan;
  return ::ioctl(pagemap(), kPagemapScan, &scan) == 0;
}

}  // namespace icpd::io::memory
