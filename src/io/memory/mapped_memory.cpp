// Anonymous memory with private file mappings: untracked, and tracked by userfaultfd.
#include <cerrno>
#include <cstring>
#include <map>
#include <unistd.h>

#include "base/ensure.hpp"
#include "io/memory/memories.hpp"

namespace icpd::io::memory {
namespace {

constexpr std::uint64_t kReserveStep = std::uint64_t{64} * 1024 * 1024;
/// More runs than this are protected by one scan instead of one call each.
constexpr std::size_t kProtectCallsMax = 8;

class MappedMemory : public GuestMemory {
 public:
  MappedMemory(Budget& budget, std::uint64_t reserve, std::uint64_t guard)
      : budget_(budget), guard_(guard), space_(new Reservation(budget, reserve, guard)) {}

  std::uint8_t* base() const override { return space_->base(); }
  std::uint64_t size_bytes() const override { return size_; }
  std::uint64_t reserved_bytes() const override { return space_->reserved(); }

  void grow(std::uint64_t new_size) override {
    ensure(new_size >= size_ && new_size % kGuestPageSize == 0);
    if (new_size > space_->reserved()) relocate(new_size);
    space_->open(size_, new_size);
    size_ = new_size;
  }

  void load(PageIndex first, ByteView content) override {
    ensure(!armed_ && content.size() % kGuestPageSize == 0);
    std::memcpy(within(first, content.size()), content.data(), content.size());
    loaded();
  }

  void map_file(PageIndex first, std::uint64_t pages, int descriptor,
                std::uint64_t offset) override {
    ensure(!armed_);
    const std::uint64_t size = pages * kGuestPageSize;
    std::uint8_t* begin = within(first, size);
    if (size < kMappedRunBytesMin) {
      read_file(descriptor, offset, {begin, size});
      return loaded();
    }
    space_->map_file(first * kGuestPageSize, size, descriptor, offset);
    runs_[first * kGuestPageSize] = size;
    mapped(begin, size);
  }

  void arm() override {
    ensure(!armed_, "an execution is under way");
    armed_ = true;
  }

  std::vector<PageIndex> dirty_pages() override {
    ensure(false, "the host knows the pages of this memory");
    return {};
  }

  void commit(std::span<const PageIndex>) override {
    ensure(armed_);
    armed_ = false;
  }

  void rollback(std::span<const PageIndex> dirty, std::uint64_t size_at_arm,
                const PageSource& committed) override {
    ensure(armed_ && size_at_arm <= size_);
    armed_ = false;
    if (size_at_arm < size_) {
      space_->close(size_at_arm, size_);
      closed(size_at_arm, size_);
      size_ = size_at_arm;
    }
    for (const PageIndex page : dirty) {
      if (page >= size_at_arm / kGuestPageSize) break;
      committed.read_page(page, {within(page, kGuestPageSize), kGuestPageSize});
    }
  }

  void reset() override {
    ensure(!armed_);
    space_.reset();
    space_ = std::make_unique<Reservation>(budget_, kept_reserve_, guard_);
    runs_.clear();
    size_ = 0;
    closed(0, space_->reserved());
  }

 protected:
  virtual void loaded() {}
  /// A new kernel mapping has replaced a range.
  virtual void mapped(std::uint8_t*, std::uint64_t) {}
  void closed(std::uint64_t begin, std::uint64_t end) { mapped(base() + begin, end - begin); }

  [[nodiscard]] std::uint8_t* within(PageIndex first, std::uint64_t size) const {
    const std::uint64_t begin = first * kGuestPageSize;
    ensure(begin <= size_ && size <= size_ - begin, "outside of the memory");
    return base() + begin;
  }

  bool armed_ = false;

 private:
  void relocate(std::uint64_t new_size) {
    std::uint64_t reserve = std::max(2 * space_->reserved(), kReserveStep);
    while (reserve < new_size)
      reserve *= 2;
    auto bigger = std::make_unique<Reservation>(budget_, reserve, guard_);
    std::uint64_t at = 0;
    for (const auto& [begin, size] : runs_) {
      if (begin > at) space_->move_to(*bigger, at, begin - at);
      space_->move_to(*bigger, std::max(begin, at), begin + size - std::max(begin, at));
      at = std::max(at, begin + size);
    }
    if (size_ > at) space_->move_to(*bigger, at, size_ - at);
    space_ = std::move(bigger);
    kept_reserve_ = reserve;
  }

  Budget& budget_;
  std::uint64_t guard_;
  std::unique_ptr<Reservation> space_;
  std::uint64_t kept_reserve_ = space_->reserved();
  std::uint64_t size_ = 0;
  /// Mapped runs of files, by their beginning.
  std::map<std::uint64_t, std::uint64_t> runs_;
};

class UserfaultMemory final : public MappedMemory {
 public:
  UserfaultMemory(Budget& budget, std::uint64_t reserve, std::uint64_t guard,
                  const Userfault& userfault)
      : MappedMemory(budget, reserve, guard), userfault_(userfault) {
    userfault_.watch(base(), reserve);
  }

  void grow(std::uint64_t new_size) override {
    ensure(new_size <= reserved_bytes(), "a tracked memory doesn't move");
    MappedMemory::grow(new_size);
  }

  void arm() override {
    if (unprotected_) protect_copies(base(), size_bytes());
    unprotected_ = false;
    MappedMemory::arm();
  }

  std::vector<PageIndex> dirty_pages() override {
    return scan_pages(base(), size_bytes(), PageQuery::kUnprotectedCopies);
  }

  void commit(std::span<const PageIndex> dirty) override {
    MappedMemory::commit(dirty);
    protect(dirty);
  }

  void rollback(std::span<const PageIndex> dirty, std::uint64_t size_at_arm,
                const PageSource& committed) override {
    MappedMemory::rollback(dirty, size_at_arm, committed);
    unprotected_ = true;
  }

 protected:
  void loaded() override { unprotected_ = true; }
  void mapped(std::uint8_t* begin, std::uint64_t size) override { userfault_.watch(begin, size); }

 private:
  void protect(std::span<const PageIndex> dirty) {
    std::size_t runs = 0;
    for_each_run(dirty, [&](std::uint64_t, std::uint64_t) { ++runs; });
    if (runs > kProtectCallsMax) return protect_copies(base(), size_bytes());
    for_each_run(dirty, [&](std::uint64_t begin, std::uint64_t size) {
      userfault_.protect(base() + begin, size);
    });
  }

  const Userfault& userfault_;
  /// Some committed pages may lack protection; the next arm() finds them.
  bool unprotected_ = false;
};

}  // namespace

void read_file(int descriptor, std::uint64_t offset, MutableByteView out) {
  while (!out.empty()) {
    const auto got = ::pread(descriptor, out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    ensure(got > 0, "a state file is shorter than it was");
    out = out.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
}

std::unique_ptr<GuestMemory> make_untracked(Budget& budget, std::uint64_t reserve,
                                            std::uint64_t guard) {
  return std::make_unique<MappedMemory>(budget, reserve, guard);
}

std::unique_ptr<GuestMemory> make_userfault(Budget& budget, std::uint64_t reserve,
                                            std::uint64_t guard, const Userfault& userfault) {
  return std::make_unique<UserfaultMemory>(budget, reserve, guard, userfault);
}

}  // namespace icpd::io::memory
