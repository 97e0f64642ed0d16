#include "io/memory/reservation.hpp"

#include <cstring>
#include <sys/mman.h>

#include "base/ensure.hpp"

namespace icpd::io::memory {

namespace {
constexpr int kUnmapped = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
}

Reservation::Reservation(Budget& budget, std::uint64_t reserve_bytes, std::uint64_t guard_bytes)
    : budget_(budget), reserved_(reserve_bytes), total_(reserve_bytes + guard_bytes) {
  ensure(reserve_bytes % kGuestPageSize == 0 && guard_bytes % kGuestPageSize == 0);
  ensure(total_ > 0);
  void* range = ::mmap(nullptr, total_, PROT_NONE, kUnmapped, -1, 0);
  ensure(range != MAP_FAILED, "no address space for a guest memory");
  base_ = static_cast<std::uint8_t*>(range);
  // With huge pages one store would dirty 512 pages.
  ::madvise(base_, total_, MADV_NOHUGEPAGE);
  budget_.reserved_bytes += total_;
  budget_.mappings += mappings_;
}

Reservation::~Reservation() {
  ensure(::munmap(base_, total_) == 0);
  budget_.reserved_bytes -= total_;
  budget_.mappings -= mappings_;
}

void Reservation::open(std::uint64_t begin, std::uint64_t end) const {
  ensure(begin <= end && end <= reserved_);
  if (begin == end) return;
  ensure(::mprotect(base_ + begin, end - begin, PROT_READ | PROT_WRITE) == 0,
         "no memory for a guest's growth");
}

void Reservation::close(std::uint64_t begin, std::uint64_t end) const {
  ensure(begin <= end && end <= reserved_);
  if (begin == end) return;
  void* range = ::mmap(base_ + begin, end - begin, PROT_NONE, kUnmapped | MAP_FIXED, -1, 0);
  ensure(range != MAP_FAILED);
  ::madvise(base_ + begin, end - begin, MADV_NOHUGEPAGE);
}

void Reservation::map_file(std::uint64_t begin, std::uint64_t size, int descriptor,
                           std::uint64_t offset) {
  ensure(begin <= reserved_ && size <= reserved_ - begin);
  void* range = ::mmap(base_ + begin, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED,
                       descriptor, static_cast<off_t>(offset));
  ensure(range != MAP_FAILED, "a state file can't be mapped");
  ::madvise(base_ + begin, size, MADV_NOHUGEPAGE);
  // One for the run and one for what it cuts off.
  mappings_ += 2;
  budget_.mappings += 2;
}

void Reservation::drop(std::uint64_t begin, std::uint64_t size) const {
  ensure(begin <= reserved_ && size <= reserved_ - begin);
  if (size != 0) ensure(::madvise(base_ + begin, size, MADV_DONTNEED) == 0);
}

void Reservation::move_to(Reservation& to, std::uint64_t begin, std::uint64_t size) const {
  ensure(begin <= reserved_ && size <= reserved_ - begin && begin + size <= to.reserved_);
  if (size == 0) return;
  void* moved =
      ::mremap(base_ + begin, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, to.base_ + begin);
  if (moved != MAP_FAILED) return;
  // The kernel moves one mapping at a time, and may have split this one.
  to.open(begin, begin + size);
  std::memcpy(to.base_ + begin, base_ + begin, size);
}

}  // namespace icpd::io::memory
