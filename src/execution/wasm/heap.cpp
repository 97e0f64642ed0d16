#include "execution/wasm/heap.hpp"

#include <algorithm>
#include <bit>
#include <map>

namespace icpd::execution::wasm {

std::unique_ptr<io::GuestMemory> try_create_heap(io::GuestMemorySpace& space, PointerWidth width) {
  return space.try_create(heap_reserve(width), kHeapGuardBytes, io::StoreTracking::kGuestStores);
}

std::unique_ptr<io::GuestMemory> try_create_stable(io::GuestMemorySpace& space,
                                                   std::uint64_t size_bytes) {
  const std::uint64_t reserve = std::bit_ceil(std::max(size_bytes, kStableReserveMin));
  return space.try_create(reserve, 0, io::StoreTracking::kHostKnows);
}

std::vector<InitialPage> initial_heap(std::span<const DataSegment> data) {
  std::map<io::PageIndex, Bytes> pages;
  for (const DataSegment& segment : data) {
    ByteView rest = segment.bytes;
    for (std::uint64_t address = segment.address; !rest.empty();) {
      Bytes& page = pages[address / io::kGuestPageSize];
      page.resize(io::kGuestPageSize);
      const std::uint64_t offset = address % io::kGuestPageSize;
      const std::size_t n = std::min<std::size_t>(io::kGuestPageSize - offset, rest.size());
      std::ranges::copy(rest.first(n), page.begin() + static_cast<std::ptrdiff_t>(offset));
      rest = rest.subspan(n);
      address += n;
    }
  }
  std::vector<InitialPage> result;
  result.reserve(pages.size());
  for (auto& [page, content] : pages)
    result.push_back({page, std::move(content)});
  return result;
}

}  // namespace icpd::execution::wasm
