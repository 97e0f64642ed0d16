// A private mapping of a memory file: what the guest stored to are private copies of its pages.
#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/ensure.hpp"
#include "io/memory/memories.hpp"

namespace icpd::io::memory {
namespace {

class MemoryFile {
 public:
  MemoryFile() : descriptor_(::memfd_create("icpd-guest", MFD_CLOEXEC)) {
    ensure(descriptor_ >= 0, "no memory file for a guest memory");
  }
  ~MemoryFile() { ::close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  [[nodiscard]] int descriptor() const { return descriptor_; }
  void resize(std::uint64_t size) const {
    ensure(::ftruncate(descriptor_, static_cast<off_t>(size)) == 0);
  }
  void write(std::uint64_t offset, ByteView bytes) const {
    while (!bytes.empty()) {
      const auto put =
          ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (put < 0 && errno == EINTR) continue;
      ensure(put > 0, "no memory for a guest's pages");
      bytes = bytes.subspan(static_cast<std::size_t>(put));
      offset += static_cast<std::uint64_t>(put);
    }
  }

 private:
  int descriptor_;
};

class FileCopyMemory final : public GuestMemory {
 public:
  FileCopyMemory(Budget& budget, std::uint64_t reserve, std::uint64_t guard, PageQuery query)
      : space_(budget, reserve, guard), query_(query) {}

  std::uint8_t* base() const override { return space_.base(); }
  std::uint64_t size_bytes() const override { return size_; }
  std::uint64_t reserved_bytes() const override { return space_.reserved(); }

  void grow(std::uint64_t new_size) override {
    ensure(new_size >= size_ && new_size <= reserved_bytes(), "a tracked memory doesn't move");
    ensure(new_size % kGuestPageSize == 0);
    if (new_size == size_) return;
    file_.resize(new_size);
    space_.map_file(size_, new_size - size_, file_.descriptor(), size_);
    size_ = new_size;
  }

  void load(PageIndex first, ByteView content) override {
    ensure(!armed_ && content.size() % kGuestPageSize == 0);
    const std::uint64_t begin = first * kGuestPageSize;
    ensure(begin <= size_ && content.size() <= size_ - begin, "outside of the memory");
    file_.write(begin, content);
  }

  void map_file(PageIndex first, std::uint64_t pages, int descriptor,
                std::uint64_t offset) override {
    Bytes run;
    for (std::uint64_t done = 0; done < pages;) {
      const std::uint64_t n = std::min(pages - done, kCopiedPagesAtOnce);
      run.resize(n * kGuestPageSize);
      read_file(descriptor, offset + done * kGuestPageSize, run);
      load(first + done, run);
      done += n;
    }
  }

  void arm() override {
    ensure(!armed_, "an execution is under way");
    armed_ = true;
  }

  std::vector<PageIndex> dirty_pages() override { return scan_pages(base(), size_, query_); }

  void commit(std::span<const PageIndex> dirty) override {
    ensure(armed_);
    armed_ = false;
    for_each_run(dirty, [&](std::uint64_t begin, std::uint64_t size) {
      file_.write(begin, {base() + begin, size});
      space_.drop(begin, size);
    });
  }

  void rollback(std::span<const PageIndex> dirty, std::uint64_t size_at_arm,
                const PageSource&) override {
    ensure(armed_ && size_at_arm <= size_);
    armed_ = false;
    if (size_at_arm < size_) {
      space_.close(size_at_arm, size_);
      file_.resize(size_at_arm);
      size_ = size_at_arm;
    }
    for_each_run(dirty, [&](std::uint64_t begin, std::uint64_t size) {
      if (begin < size_) space_.drop(begin, std::min(size, size_ - begin));
    });
  }

  void reset() override {
    ensure(!armed_);
    space_.close(0, size_);
    file_.resize(0);
    size_ = 0;
  }

 private:
  static constexpr std::uint64_t kCopiedPagesAtOnce = 256;

  Reservation space_;
  MemoryFile file_;
  PageQuery query_;
  std::uint64_t size_ = 0;
  bool armed_ = false;
};

}  // namespace

std::unique_ptr<GuestMemory> make_file_copy(Budget& budget, std::uint64_t reserve,
                                            std::uint64_t guard, PageQuery query) {
  return std::make_unique<FileCopyMemory>(budget, reserve, guard, query);
}

}  // namespace icpd::io::memory
