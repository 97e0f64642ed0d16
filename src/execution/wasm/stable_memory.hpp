// Stable memory during one execution: bounds, page accounting and charges of the stable_* functions
// (reference execution.md 2.4). The bytes are in a GuestMemory whose stores all come through here,
// so its pages are known without help of the kernel.
//
// A page (4 KiB) is accessed when an execution first reads or writes it, and modified when it first
// writes it. Each modified page is charged kDirtyPageCharge on top of the charge for bytes; both
// numbers have a limit for each execution.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "execution/wasm/engine.hpp"
#include "execution/wasm/failure.hpp"
#include "io/guest_memory.hpp"

namespace icpd::execution::wasm {

/// Instructions for each page that an execution modified, in the heap as in stable memory.
inline constexpr std::uint64_t kDirtyPageCharge = 1000;

class StableMemory {
 public:
  StableMemory(io::GuestMemory& memory, StablePageLimits limits)
      : memory_(memory), limits_(limits) {}

  [[nodiscard]] std::uint64_t pages() const;
  [[nodiscard]] bool in_bounds(std::uint64_t offset, std::uint64_t size) const;
  /// Adds 64 KiB pages. Needs the host to have agreed.
  void grow(std::uint64_t delta_pages);

  /// The bytes at [offset, offset + size) for reading. Errors: out of bounds, the limit of
  /// accessed pages. The view is valid until the next call.
  [[nodiscard]] HostResult<ByteView> read(std::uint64_t offset, std::uint64_t size);

  struct Writable {
    MutableByteView bytes;
    std::uint64_t newly_modified_pages = 0;
  };
  /// The bytes for writing, and how many pages this makes modified. Errors: out of bounds, the
  /// limits of accessed and of modified pages.
  [[nodiscard]] HostResult<Writable> write(std::uint64_t offset, std::uint64_t size);

  [[nodiscard]] std::uint64_t accessed_pages() const { return accessed_; }
  /// Ascending.
  [[nodiscard]] std::vector<io::PageIndex> modified_pages() const;

 private:
  enum Mark : std::uint8_t { kAccessed = 1, kModified = 2 };
  static constexpr std::size_t kBlockPages = 4096;
  using Block = std::array<std::uint8_t, kBlockPages>;

  [[nodiscard]] std::uint8_t& marks(io::PageIndex page);
  [[nodiscard]] HostResult<void> touch(std::uint64_t offset, std::uint64_t size, std::uint8_t mark);

  io::GuestMemory& memory_;
  StablePageLimits limits_;
  /// Marks of pages, allocated where pages are touched.
  std::vector<std::unique_ptr<Block>> blocks_;
  std::uint64_t accessed_ = 0;
  std::vector<io::PageIndex> modified_;
};

}  // namespace icpd::execution::wasm
