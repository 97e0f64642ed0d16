// The content of one linear memory: 4 KiB pages by index, absent pages are zero.
//
// A value: copies share all pages, writing a page copies only the path to it (a radix tree with 64
// children a node). A page is either in memory (written since the last checkpoint) or in an
// immutable file of a checkpoint.
//
//   PageMap map;
//   map.load_into(guest);                     // before an execution: committed content
//   ... execute ...
//   map.take(guest, outcome.heap_dirty);      // after it: the pages it stored to
//
// Digest (docs/formats/state_hash.md): of a page, SHA-256 in domain "icpd-page" of its 4096 bytes,
// or 32 zero bytes for a page of zeros; of a node, SHA-256 in domain "icpd-page-node" of the 64-bit
// bitmap of its children that aren't zero (big-endian, bit i for child i) and their digests in
// order, or 32 zero bytes without such children. Five levels of nodes, 2^30 pages. So absent pages
// and pages of zeros are the same. Cost: what was written since the last digest() and the nodes
// above it.
//
// Not synchronised, except that digest() may run on one thread while others copy and read maps that
// share pages with this one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "base/bytes.hpp"
#include "codec/record.hpp"
#include "crypto/hash.hpp"
#include "io/disk.hpp"
#include "io/guest_memory.hpp"

namespace icpd::state {

using PageIndex = io::PageIndex;
inline constexpr std::uint64_t kPageSize = io::kGuestPageSize;
/// 4 TiB, more than any memory may have.
inline constexpr std::uint64_t kPagesMax = std::uint64_t{1} << 30;

/// A checkpoint's file of pages: page n is at offset n * 4096. Never changes.
struct PageFile {
  std::uint64_t number = 0;
  std::uint64_t pages = 0;
  std::unique_ptr<io::File> file;
};

/// Where a page of a checkpoint lies.
struct PageLocation {
  std::shared_ptr<PageFile> file;
  std::uint64_t index_in_file = 0;
};

namespace detail {
struct PageNode;
}

class PageMap final : public io::PageSource {
 public:
  PageMap();

  /// Zeros for a page that was never written. Needs page < kPagesMax. A failing disk ends the
  /// process: what a page holds can't depend on a node's luck.
  void read_page(PageIndex page, MutableByteView out) const override;
  /// `content` is one page. Needs page < kPagesMax.
  void write_page(PageIndex page, ByteView content);
  /// Bytes [offset, offset + size) of the memory.
  void read(std::uint64_t offset, MutableByteView out) const;
  void write(std::uint64_t offset, ByteView bytes);

  /// Loads every page below the memory's size. The memory must be zero there.
  void load_into(io::GuestMemory& memory) const;
  /// Takes the listed pages' content from the memory. Needs them to lie within its size.
  void take(const io::GuestMemory& memory, std::span<const PageIndex> dirty);

  /// Calls `visit(page)` for every page that this map and `other` don't store in common, ascending;
  /// their contents may be equal all the same. Cost: what isn't shared.
  void for_each_difference(const PageMap& other, const std::function<void(PageIndex)>& visit) const;

  /// Pages that hold something, zero pages that were written included.
  [[nodiscard]] std::uint64_t page_count() const;
  /// Pages in memory, not in a checkpoint's file: what the next checkpoint writes.
  [[nodiscard]] std::uint64_t delta_pages() const;

  [[nodiscard]] crypto::Digest digest() const;
  /// The same storage, so certainly the same content.
  [[nodiscard]] bool same(const PageMap& other) const { return root_ == other.root_; }

  // -- For checkpoints --
  /// Calls `visit(page, content)` for every page in memory, ascending.
  void for_each_delta(const std::function<void(PageIndex, ByteView)>& visit) const;
  /// Calls `visit(page, location)` for every page in a file, ascending.
  void for_each_stored(const std::function<void(PageIndex, const PageLocation&)>& visit) const;
  /// Says that the page's content is at `location`. What is known of digests stays.
  void set_location(PageIndex page, PageLocation location);
  /// As set_location(), if this map still holds the very page in memory that `written` holds.
  void adopt_location(PageIndex page, const PageMap& written, PageLocation location);
  /// The digest that a record named, for a map whose pages aren't filled in yet.
  [[nodiscard]] const std::optional<crypto::Digest>& expected_digest() const { return expected_; }
  void clear_expected_digest() { expected_.reset(); }

 private:
  friend Status<> record_read(codec::RecordReader& in, PageMap& map);

  std::shared_ptr<detail::PageNode> root_;
  /// What a record said, until the pages are filled in.
  std::optional<crypto::Digest> expected_;
};

/// A page map's record is its digest: the pages are stored and transferred beside the records.
/// Reading gives a map that only knows its digest; the checkpoint reader fills in the pages and
/// checks that they give it.
void record_write(codec::RecordWriter& out, const PageMap& map);
[[nodiscard]] Status<> record_read(codec::RecordReader& in, PageMap& map);

}  // namespace icpd::state
