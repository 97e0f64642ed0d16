#include "io/memory/guest_memory_space.hpp"

#include <array>
#include <string>
#include <unistd.h>

#include "base/ensure.hpp"
#include "io/memory/memories.hpp"

namespace icpd::io::memory {
namespace {

enum class Backend : std::uint8_t { kUserfaultfd, kPagemapScan, kPagemap };
constexpr std::array<std::string_view, 3> kNames = {"userfaultfd", "pagemap-scan", "pagemap"};

class Space final : public GuestMemorySpace {
 public:
  Space(const SpaceOptions& options, Backend backend, std::unique_ptr<Userfault> userfault)
      : backend_(backend), userfault_(std::move(userfault)) {
    budget_.reserved_bytes_max = options.reserved_bytes_max;
    budget_.mappings_max = options.mappings_max;
  }

  std::unique_ptr<GuestMemory> try_create(std::uint64_t reserve_bytes, std::uint64_t guard_bytes,
                                          StoreTracking tracking) override {
    const std::uint64_t wanted = reserve_bytes + guard_bytes;
    if (budget_.reserved_bytes + wanted > budget_.reserved_bytes_max) return nullptr;
    if (budget_.mappings + 2 > budget_.mappings_max) return nullptr;
    if (tracking == StoreTracking::kHostKnows) {
      return make_untracked(budget_, reserve_bytes, guard_bytes);
    }
    switch (backend_) {
      case Backend::kUserfaultfd:
        return make_userfault(budget_, reserve_bytes, guard_bytes, *userfault_);
      case Backend::kPagemapScan:
        return make_file_copy(budget_, reserve_bytes, guard_bytes, PageQuery::kCopies);
      case Backend::kPagemap:
        return make_file_copy(budget_, reserve_bytes, guard_bytes, PageQuery::kCopiesByPagemap);
    }
    unreachable_state("a backend outside its enumeration");
  }

  const char* backend_name() const override {
    return kNames[static_cast<std::size_t>(backend_)].data();
  }
  [[nodiscard]] SpaceUsage usage() const { return {budget_.reserved_bytes, budget_.mappings}; }

 private:
  Backend backend_;
  std::unique_ptr<Userfault> userfault_;
  Budget budget_;
};

class Zeros final : public PageSource {
 public:
  void read_page(PageIndex, MutableByteView out) const override {
    std::fill(out.begin(), out.end(), std::uint8_t{0});
  }
};

/// Two executions over a loaded, a read, a stored and an untouched page.
bool finds_stores(GuestMemorySpace& space) {
  constexpr std::uint64_t kPages = 16;
  const auto memory =
      space.try_create(kPages * kGuestPageSize, kGuestPageSize, StoreTracking::kGuestStores);
  if (memory == nullptr) return false;
  memory->grow(kPages * kGuestPageSize);
  const Bytes content(kGuestPageSize, 7);
  memory->load(1, content);
  const auto at = [&](PageIndex page) -> volatile std::uint8_t& {
    return memory->base()[page * kGuestPageSize];
  };
  memory->arm();
  if (at(1) != 7 || at(2) != 0) return false;
  at(3) = 1;
  std::vector<PageIndex> dirty = memory->dirty_pages();
  if (dirty != std::vector<PageIndex>{3}) return false;
  memory->commit(dirty);
  memory->arm();
  at(1) = at(3);
  at(2) = 0;
  dirty = memory->dirty_pages();
  const bool exact = dirty == std::vector<PageIndex>{1, 2};
  memory->rollback(dirty, kPages * kGuestPageSize, Zeros{});
  return exact;
}

Result<std::unique_ptr<GuestMemorySpace>> try_backend(const SpaceOptions& options,
                                                      Backend backend) {
  const std::string name(kNames[static_cast<std::size_t>(backend)]);
  std::unique_ptr<Userfault> userfault;
  if (backend != Backend::kPagemap && !has_pagemap_scan()) {
    return Err("dirty pages by " + name + ": this kernel has no PAGEMAP_SCAN");
  }
  if (backend == Backend::kUserfaultfd) {
    auto opened = Userfault::open();
    if (!opened.ok()) return Err(opened.error().within("dirty pages by " + name));
    userfault = std::move(opened).value();
  }
  auto space = std::make_unique<Space>(options, backend, std::move(userfault));
  if (!finds_stores(*space)) return Err("dirty pages by " + name + ": the probe counted wrong");
  return std::unique_ptr<GuestMemorySpace>(std::move(space));
}

}  // namespace

std::span<const std::string_view> backend_names() {
  return kNames;
}

Result<std::unique_ptr<GuestMemorySpace>> make_guest_memory_space(const SpaceOptions& options) {
  ensure(::sysconf(_SC_PAGESIZE) == static_cast<long>(kGuestPageSize));
  std::string reasons;
  bool known = options.backend.empty();
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (!options.backend.empty() && options.backend != kNames[i]) continue;
    known = true;
    auto space = try_backend(options, static_cast<Backend>(i));
    if (space.ok()) return space;
    reasons += (reasons.empty() ? "" : "; ") + space.error().message;
  }
  if (!known) return Err("unknown dirty-page backend: " + std::string(options.backend));
  return Err(reasons);
}

SpaceUsage usage(const GuestMemorySpace& space) {
  return static_cast<const Space&>(space).usage();
}

}  // namespace icpd::io::memory
