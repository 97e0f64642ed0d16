#include <algorithm>
#include <gtest/gtest.h>
#include <set>
#include <sys/mman.h>
#include <unistd.h>

#include "base/prng.hpp"
#include "io/memory/guest_memory_space.hpp"

namespace icpd::io::memory {
namespace {

constexpr std::uint64_t kPage = kGuestPageSize;
constexpr std::uint64_t kReserve = 512 * kPage;

/// A memory that knows its stores because all of them go through it: the definition of a dirty
/// page.
class NaiveMemory final : public PageSource {
 public:
  void grow(std::uint64_t size) { current_.resize(size); }
  void set_committed(PageIndex page, ByteView content) {
    std::ranges::copy(content, current_.begin() + static_cast<std::ptrdiff_t>(page * kPage));
  }
  void arm() {
    committed_ = current_;
    dirty_.clear();
  }
  void store(std::uint64_t address, std::uint8_t value) {
    current_[address] = value;
    dirty_.insert(address / kPage);
  }
  void rollback() { current_ = committed_; }
  void reset() { current_.clear(); }

  [[nodiscard]] const Bytes& content() const { return current_; }
  [[nodiscard]] std::uint64_t size_at_arm() const { return committed_.size(); }
  [[nodiscard]] std::vector<PageIndex> dirty() const { return {dirty_.begin(), dirty_.end()}; }

  void read_page(PageIndex page, MutableByteView out) const override {
    std::copy_n(committed_.begin() + static_cast<std::ptrdiff_t>(page * kPage), kPage, out.begin());
  }

 private:
  Bytes current_;
  Bytes committed_;
  std::set<PageIndex> dirty_;
};

/// A file of random pages.
class RandomFile {
 public:
  explicit RandomFile(Prng& random)
      : content_(random.bytes(64 * kPage)), descriptor_(::memfd_create("test", MFD_CLOEXEC)) {
    EXPECT_EQ(::pwrite(descriptor_, content_.data(), content_.size(), 0),
              static_cast<ssize_t>(content_.size()));
  }
  ~RandomFile() { ::close(descriptor_); }
  RandomFile(const RandomFile&) = delete;
  RandomFile& operator=(const RandomFile&) = delete;
  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] ByteView pages(std::uint64_t first, std::uint64_t n) const {
    return ByteView(content_).subspan(first * kPage, n * kPage);
  }

 private:
  Bytes content_;
  int descriptor_;
};

/// Every backend that works on this kernel; `pagemap` works on all.
std::vector<std::string> working_backends() {
  std::vector<std::string> names;
  for (const std::string_view name : backend_names()) {
    SpaceOptions options;
    options.backend = name;
    if (make_guest_memory_space(options).ok()) names.emplace_back(name);
  }
  return names;
}

std::unique_ptr<GuestMemorySpace> space_of(const std::string& backend) {
  SpaceOptions options;
  options.backend = backend;
  auto space = make_guest_memory_space(options);
  EXPECT_TRUE(space.ok());
  return std::move(space).value();
}

class Backends : public testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<GuestMemorySpace> space_ = space_of(GetParam());
  std::unique_ptr<GuestMemory> create(std::uint64_t size) {
    auto memory = space_->try_create(kReserve, 16 * kPage, StoreTracking::kGuestStores);
    EXPECT_NE(memory, nullptr);
    memory->grow(size);
    return memory;
  }
};
INSTANTIATE_TEST_SUITE_P(GuestMemory, Backends, testing::ValuesIn(working_backends()),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

using Pages = std::vector<PageIndex>;

std::uint8_t read(const GuestMemory& memory, PageIndex page) {
  return *static_cast<volatile std::uint8_t*>(memory.base() + page * kPage);
}
void store(const GuestMemory& memory, PageIndex page, std::uint8_t value) {
  *static_cast<volatile std::uint8_t*>(memory.base() + page * kPage) = value;
}

TEST_P(Backends, a_page_that_was_only_read_is_not_dirty) {
  const auto memory = create(16 * kPage);
  memory->load(1, Bytes(kPage, 5));
  memory->arm();
  EXPECT_EQ(read(*memory, 0), 0);
  EXPECT_EQ(read(*memory, 1), 5);
  EXPECT_EQ(memory->dirty_pages(), Pages{});
}

TEST_P(Backends, storing_the_value_that_is_there_makes_a_page_dirty) {
  const auto memory = create(16 * kPage);
  memory->load(1, Bytes(kPage, 5));
  memory->arm();
  store(*memory, 1, 5);
  store(*memory, 2, 0);
  EXPECT_EQ(memory->dirty_pages(), (Pages{1, 2}));
}

TEST_P(Backends, pages_of_earlier_executions_do_not_count_again) {
  const auto memory = create(16 * kPage);
  memory->arm();
  for (PageIndex page = 0; page < 16; ++page)
    store(*memory, page, 1);
  memory->commit(memory->dirty_pages());
  memory->arm();
  for (PageIndex page = 0; page < 16; ++page)
    EXPECT_EQ(read(*memory, page), 1);
  store(*memory, 9, 2);
  EXPECT_EQ(memory->dirty_pages(), Pages{9});
}

TEST_P(Backends, grown_pages_count_only_when_stored_to) {
  const auto memory = create(4 * kPage);
  memory->arm();
  memory->grow(32 * kPage);
  EXPECT_EQ(read(*memory, 20), 0);
  store(*memory, 21, 1);
  EXPECT_EQ(memory->dirty_pages(), Pages{21});
}

TEST_P(Backends, rollback_restores_content_and_size) {
  NaiveMemory committed;
  committed.grow(4 * kPage);
  committed.set_committed(2, Bytes(kPage, 9));
  committed.arm();
  const auto memory = create(4 * kPage);
  memory->load(2, Bytes(kPage, 9));
  memory->arm();
  store(*memory, 0, 1);
  store(*memory, 2, 1);
  memory->grow(8 * kPage);
  store(*memory, 7, 1);
  memory->rollback(memory->dirty_pages(), 4 * kPage, committed);
  EXPECT_EQ(memory->size_bytes(), 4 * kPage);
  EXPECT_EQ(read(*memory, 0), 0);
  EXPECT_EQ(read(*memory, 2), 9);
  memory->arm();
  memory->grow(8 * kPage);
  EXPECT_EQ(read(*memory, 7), 0);
  EXPECT_EQ(memory->dirty_pages(), Pages{});
}

TEST_P(Backends, mapped_files_are_not_dirty_until_stored_to) {
  Prng random(1);
  const RandomFile file(random);
  const auto memory = create(128 * kPage);
  memory->map_file(3, 40, file.descriptor(), 8 * kPage);  // long: mapped
  memory->map_file(60, 2, file.descriptor(), 0);          // short: copied
  memory->arm();
  EXPECT_TRUE(equal({memory->base() + 3 * kPage, 40 * kPage}, file.pages(8, 40)));
  EXPECT_TRUE(equal({memory->base() + 60 * kPage, 2 * kPage}, file.pages(0, 2)));
  EXPECT_EQ(memory->dirty_pages(), Pages{});
  store(*memory, 4, 1);
  store(*memory, 61, 1);
  EXPECT_EQ(memory->dirty_pages(), (Pages{4, 61}));
}

/// One random life of a memory, in step with the naive one.
class Lockstep {
 public:
  Lockstep(GuestMemorySpace& space, std::uint64_t seed)
      : random_(seed),
        file_(random_),
        memory_(space.try_create(kReserve, 16 * kPage, StoreTracking::kGuestStores)) {}

  void run(int executions) {
    for (int i = 0; i < executions; ++i) {
      if (random_.chance(1, 20)) reset();
      if (random_.chance(1, 3)) fill();
      execute();
      ASSERT_TRUE(equal(naive_.content(), {memory_->base(), memory_->size_bytes()}));
    }
  }

 private:
  void grow() {
    const std::uint64_t pages = naive_.content().size() / kPage;
    const std::uint64_t more = random_.below(std::min<std::uint64_t>(24, 513 - pages));
    memory_->grow((pages + more) * kPage);
    naive_.grow((pages + more) * kPage);
  }
  void reset() {
    memory_->reset();
    naive_.reset();
  }
  void fill() {
    grow();
    const std::uint64_t pages = naive_.content().size() / kPage;
    if (pages == 0) return;
    const PageIndex first = random_.below(pages);
    const std::uint64_t n = 1 + random_.below(std::min<std::uint64_t>(pages - first, 40));
    if (random_.chance(1, 2)) {
      const Bytes content = random_.bytes(n * kPage);
      memory_->load(first, content);
      naive_.set_committed(first, content);
    } else {
      const std::uint64_t from = random_.below(64 - n + 1);
      memory_->map_file(first, n, file_.descriptor(), from * kPage);
      naive_.set_committed(first, file_.pages(from, n));
    }
  }
  void touch() {
    const std::uint64_t size = naive_.content().size();
    if (size == 0) return;
    const std::uint64_t address = random_.below(size);
    volatile std::uint8_t& byte = memory_->base()[address];
    if (random_.chance(1, 2)) {
      ASSERT_EQ(byte, naive_.content()[address]);
      return;
    }
    const auto value = static_cast<std::uint8_t>(random_.chance(1, 3) ? 0 : random_.next());
    byte = value;
    naive_.store(address, value);
  }
  void execute() {
    memory_->arm();
    naive_.arm();
    const std::uint64_t steps = random_.below(200);
    for (std::uint64_t i = 0; i < steps; ++i) {
      if (random_.chance(1, 50)) grow();
      touch();
    }
    const std::vector<PageIndex> dirty = memory_->dirty_pages();
    ASSERT_EQ(dirty, naive_.dirty());
    if (random_.chance(1, 3)) {
      memory_->rollback(dirty, naive_.size_at_arm(), naive_);
      naive_.rollback();
    } else {
      memory_->commit(dirty);
    }
    ASSERT_EQ(memory_->size_bytes(), naive_.content().size());
  }

  Prng random_;
  RandomFile file_;
  std::unique_ptr<GuestMemory> memory_;
  NaiveMemory naive_;
};

TEST_P(Backends, agree_with_a_memory_that_counts_its_stores) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Lockstep(*space_, seed).run(40);
    if (HasFatalFailure()) return;
  }
}

TEST(GuestMemory, memory_whose_stores_the_host_knows_moves_when_it_outgrows_its_reservation) {
  Prng random(3);
  const RandomFile file(random);
  const auto space = space_of("pagemap");
  const auto memory = space->try_create(64 * kPage, 0, StoreTracking::kHostKnows);
  memory->grow(64 * kPage);
  memory->load(1, Bytes(kPage, 5));
  memory->map_file(10, 32, file.descriptor(), 0);
  memory->arm();
  store(*memory, 12, 77);
  memory->grow(20'000 * kPage);
  EXPECT_GE(memory->reserved_bytes(), 20'000 * kPage);
  EXPECT_EQ(read(*memory, 1), 5);
  EXPECT_EQ(read(*memory, 12), 77);
  EXPECT_TRUE(equal({memory->base() + 13 * kPage, 29 * kPage}, file.pages(3, 29)));
  EXPECT_EQ(read(*memory, 19'999), 0);
  memory->commit(Pages{12});
}

TEST(GuestMemory, refuses_memories_beyond_the_address_space_budget) {
  SpaceOptions options;
  options.backend = "pagemap";
  options.reserved_bytes_max = 100 * kPage;
  const auto space = std::move(make_guest_memory_space(options)).value();
  auto first = space->try_create(60 * kPage, 0, StoreTracking::kGuestStores);
  EXPECT_NE(first, nullptr);
  EXPECT_EQ(space->try_create(60 * kPage, 0, StoreTracking::kGuestStores), nullptr);
  first.reset();
  EXPECT_NE(space->try_create(60 * kPage, 0, StoreTracking::kGuestStores), nullptr);
  EXPECT_EQ(usage(*space).reserved_bytes, 0);
}

TEST(GuestMemory, names_an_unknown_backend) {
  SpaceOptions options;
  options.backend = "guess";
  const auto space = make_guest_memory_space(options);
  ASSERT_FALSE(space.ok());
  EXPECT_EQ(space.error().message, "unknown dirty-page backend: guess");
}

TEST(GuestMemory, the_classic_pagemap_works_on_every_kernel) {
  const std::vector<std::string> names = working_backends();
  EXPECT_NE(std::ranges::find(names, "pagemap"), names.end());
}

}  // namespace
}  // namespace icpd::io::memory
