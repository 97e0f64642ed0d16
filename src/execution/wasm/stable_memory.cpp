#include "execution/wasm/stable_memory.hpp"

#include <algorithm>

#include "execution/wasm/heap.hpp"

namespace icpd::execution::wasm {

std::uint64_t StableMemory::pages() const {
  return memory_.size_bytes() / kWasmPageSize;
}

bool StableMemory::in_bounds(std::uint64_t offset, std::uint64_t size) const {
  const std::uint64_t end = memory_.size_bytes();
  return size <= end && offset <= end - size;
}

void StableMemory::grow(std::uint64_t delta_pages) {
  ensure(pages() + delta_pages <= kStablePagesMax);
  memory_.grow((pages() + delta_pages) * kWasmPageSize);
}

std::uint8_t& StableMemory::marks(io::PageIndex page) {
  const std::size_t block = page / kBlockPages;
  if (block >= blocks_.size()) blocks_.resize(block + 1);
  if (blocks_[block] == nullptr) blocks_[block] = std::make_unique<Block>();
  return (*blocks_[block])[page % kBlockPages];
}

HostResult<void> StableMemory::touch(std::uint64_t offset, std::uint64_t size, std::uint8_t mark) {
  if (size == 0) return {};
  const io::PageIndex last = (offset + size - 1) / io::kGuestPageSize;
  for (io::PageIndex page = offset / io::kGuestPageSize; page <= last; ++page) {
    std::uint8_t& marked = marks(page);
    const std::uint8_t added = mark & ~marked;
    if (added == 0) continue;
    marked |= mark;
    if ((added & kAccessed) != 0) ++accessed_;
    if ((added & kModified) != 0) modified_.push_back(page);
    if (accessed_ > limits_.accessed) {
      return Err(memory_access_limit(PageAccess::kAccessed, limits_.accessed * io::kGuestPageSize));
    }
    if (modified_.size() > limits_.modified) {
      return Err(memory_access_limit(PageAccess::kModified, limits_.modified * io::kGuestPageSize));
    }
  }
  return {};
}

HostResult<ByteView> StableMemory::read(std::uint64_t offset, std::uint64_t size) {
  if (!in_bounds(offset, size)) return Err(trapped(TrapCode::kStableMemoryOutOfBounds));
  TRY(touch(offset, size, kAccessed));
  return ByteView(memory_.base() + offset, size);
}

HostResult<StableMemory::Writable> StableMemory::write(std::uint64_t offset, std::uint64_t size) {
  if (!in_bounds(offset, size)) return Err(trapped(TrapCode::kStableMemoryOutOfBounds));
  const std::size_t before = modified_.size();
  TRY(touch(offset, size, kAccessed | kModified));
  return Writable{{memory_.base() + offset, size}, modified_.size() - before};
}

std::vector<io::PageIndex> StableMemory::modified_pages() const {
  std::vector<io::PageIndex> pages = modified_;
  std::ranges::sort(pages);
  return pages;
}

}  // namespace icpd::execution::wasm
