// Guest memory: the bytes a canister sees as one linear memory, and which of its pages were stored
// to. Interface only; io/memory has the backends for Linux.
//
// Content is in two parts. *Committed* is what the state holds; it is filled in by the host with
// load() and map_file(). *Dirty* is what one execution stored on top. An execution is
//
//   arm()                                   from here on stores are tracked
//   ... guest and host store through base() ...
//   pages = dirty_pages()
//   commit(pages)   or   rollback(pages, old_size, source)
//
// Invariants
//  1. Dirty page = a 4 KiB page that took at least one store since arm(), whatever the stored
//     value. Pages only read, loaded or mapped are not dirty. The number of dirty pages is charged
//     to the canister, so it is replicated state: a fresh, a reused and a restored memory report
//     the same set for the same stores.
//  2. Bytes that nobody stored or loaded read as zero, also after shrinking and growing again.
//  3. After rollback() content and size are those of arm().
//  4. base() changes only in grow() and reset().
//
// Not thread-safe; may move between threads. Nothing here fails because of what a guest does: a
// mapping that the machine can't give ends the process, because the result of an execution must
// not depend on how much memory a node has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace icpd::io {

/// The unit of tracking, of the page map and of the charge for dirty pages.
inline constexpr std::uint64_t kGuestPageSize = 4096;

/// Index of a 4 KiB page of one memory.
using PageIndex = std::uint64_t;

/// Whether stores of the guest's machine code must be found (the heap), or every store goes
/// through the host, which knows its pages (stable memory).
enum class StoreTracking : std::uint8_t { kGuestStores, kHostKnows };

/// Where rollback() gets committed content from.
class PageSource {
 public:
  virtual ~PageSource() = default;
  /// Fills `out` (one page) with the committed content of `page`; zeros if it has none.
  virtual void read_page(PageIndex page, MutableByteView out) const = 0;
};

class GuestMemory {
 public:
  virtual ~GuestMemory() = default;

  /// Bytes [0, size_bytes()) may be loaded and stored; what follows up to at least
  /// size + guard faults.
  [[nodiscard]] virtual std::uint8_t* base() const = 0;
  /// A multiple of 4 KiB (of 64 KiB where a guest grows it).
  [[nodiscard]] virtual std::uint64_t size_bytes() const = 0;
  /// Growing up to here leaves base() where it is.
  [[nodiscard]] virtual std::uint64_t reserved_bytes() const = 0;

  /// Appends zeros. Needs new_size >= size_bytes().
  virtual void grow(std::uint64_t new_size) = 0;

  /// Sets committed content: not dirty, not between arm() and commit(). Needs the pages to lie
  /// within size_bytes(). `content` is one or more whole pages.
  virtual void load(PageIndex first, ByteView content) = 0;
  /// As load(), from the open file `descriptor` at `offset` (a multiple of 4 KiB). The file must
  /// not change while it is mapped. Short runs are copied, long ones mapped.
  virtual void map_file(PageIndex first, std::uint64_t pages, int descriptor,
                        std::uint64_t offset) = 0;

  /// Begins an execution.
  virtual void arm() = 0;
  /// Ascending, each once. Needs kGuestStores. Cost: one walk over the resident pages.
  [[nodiscard]] virtual std::vector<PageIndex> dirty_pages() = 0;
  /// What was stored since arm() is committed. `dirty` must hold at least the dirty pages.
  virtual void commit(std::span<const PageIndex> dirty) = 0;
  /// Back to arm(): size and content. `dirty` must hold at least the dirty pages.
  virtual void rollback(std::span<const PageIndex> dirty, std::uint64_t size_at_arm,
                        const PageSource& committed) = 0;
  /// Empty again (size 0), ready for other content.
  virtual void reset() = 0;
};

/// Makes guest memories within this machine's address-space budget.
class GuestMemorySpace {
 public:
  virtual ~GuestMemorySpace() = default;

  /// Size 0. `reserve_bytes` is how far it can grow without moving; `guard_bytes` behind the
  /// reservation always fault. Nothing if the budget is used up: the caller then drops a memory
  /// that nobody runs and asks again.
  [[nodiscard]] virtual std::unique_ptr<GuestMemory> try_create(std::uint64_t reserve_bytes,
                                                                std::uint64_t guard_bytes,
                                                                StoreTracking tracking) = 0;
  /// Name of the backend that tracks stores, as ICPD_DIRTY_PAGES takes it.
  [[nodiscard]] virtual const char* backend_name() const = 0;
};

}  // namespace icpd::io
