#include "state/page_map.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <variant>
#include <vector>

#include "base/ensure.hpp"

namespace icpd::state {

namespace {

constexpr unsigned kFanOutBits = 6;
constexpr unsigned kLevels = 5;
static_assert(kPagesMax == std::uint64_t{1} << (kFanOutBits * kLevels));

using Page = std::array<std::uint8_t, kPageSize>;
using Digest = crypto::Digest;
using PageInMemory = std::shared_ptr<const Page>;
using Slot = std::variant<PageInMemory, PageLocation>;

bool in_memory(const Slot& slot) {
  return std::holds_alternative<PageInMemory>(slot);
}

void read_slot(const Slot& slot, MutableByteView out) {
  if (const auto* page = std::get_if<PageInMemory>(&slot)) {
    std::copy((*page)->begin(), (*page)->end(), out.begin());
    return;
  }
  const PageLocation& location = std::get<PageLocation>(slot);
  const auto size = location.file->file->read_at(location.index_in_file * kPageSize, out);
  ensure(size.ok() && *size == kPageSize, "a checkpoint's page can't be read");
}

bool is_zero(ByteView page) {
  return std::ranges::all_of(page, [](std::uint8_t byte) { return byte == 0; });
}

Digest digest_of(const Slot& slot) {
  Page buffer;
  ByteView content = buffer;
  if (const auto* page = std::get_if<PageInMemory>(&slot))
    content = **page;
  else
    read_slot(slot, buffer);
  return is_zero(content) ? Digest{} : crypto::Hasher("icpd-page").update(content).finish();
}

}  // namespace

namespace detail {

/// Digests of a node and, for the lowest level, of its pages. Made whole, then published.
struct NodeDigests {
  Digest node;
  std::vector<Digest> pages;  // by child number; empty above the lowest level
};

/// 64 children at most, stored densely in order of their numbers. Level 0 holds pages.
struct PageNode {
  std::uint64_t present = 0;
  std::uint64_t pages = 0;
  std::uint64_t delta = 0;
  std::vector<std::shared_ptr<PageNode>> nodes;
  std::vector<Slot> slots;
  /// Published by digest(), which may run beside readers and copiers of this node.
  mutable std::atomic<std::shared_ptr<const NodeDigests>> digests;
  /// What was known before the children in `stale` were written.
  std::shared_ptr<const NodeDigests> known;
  std::uint64_t stale = 0;

  PageNode() = default;
  PageNode(const PageNode& other)
      : present(other.present),
        pages(other.pages),
        delta(other.delta),
        nodes(other.nodes),
        slots(other.slots),
        known(other.known),
        stale(other.stale) {
    if (auto published = other.digests.load()) {
      known = std::move(published);
      stale = 0;
    }
  }

  [[nodiscard]] bool has(unsigned child) const { return ((present >> child) & 1U) != 0; }
  /// Where the child is, or would be, in the dense vector.
  [[nodiscard]] std::size_t place(unsigned child) const {
    return static_cast<std::size_t>(std::popcount(present & ((std::uint64_t{1} << child) - 1)));
  }
  void begin_write(unsigned child) {
    if (auto published = digests.exchange(nullptr)) {
      known = std::move(published);
      stale = 0;
    }
    stale |= std::uint64_t{1} << child;
  }
};

}  // namespace detail

namespace {

using detail::NodeDigests;
using detail::PageNode;
using NodePointer = std::shared_ptr<PageNode>;

unsigned child_at(PageIndex page, unsigned level) {
  return static_cast<unsigned>(page >> (kFanOutBits * level)) & 63U;
}

PageNode& writable(NodePointer& node) {
  // Taking a reference orders what other threads read before they gave theirs up.
  const NodePointer held = node;
  if (node.use_count() != 2) node = std::make_shared<PageNode>(*held);
  return *node;
}

/// Replaces a page; `keeps_content` leaves digests as they are.
void set_slot(NodePointer& pointer, unsigned level, PageIndex page, Slot slot, bool keeps_content) {
  PageNode& node = writable(pointer);
  const unsigned child = child_at(page, level);
  if (!keeps_content) node.begin_write(child);
  const std::size_t place = node.place(child);
  const bool is_new = !node.has(child);
  node.present |= std::uint64_t{1} << child;
  if (level == 0) {
    const bool delta = in_memory(slot);
    if (is_new) {
      node.slots.insert(node.slots.begin() + static_cast<std::ptrdiff_t>(place), std::move(slot));
    } else {
      node.delta -= in_memory(node.slots[place]) ? 1 : 0;
      node.slots[place] = std::move(slot);
    }
    node.pages += is_new ? 1 : 0;
    node.delta += delta ? 1 : 0;
    return;
  }
  if (is_new)
    node.nodes.insert(node.nodes.begin() + static_cast<std::ptrdiff_t>(place),
                      std::make_shared<PageNode>());
  NodePointer& below = node.nodes[place];
  node.pages -= below->pages;
  node.delta -= below->delta;
  set_slot(below, level - 1, page, std::move(slot), keeps_content);
  node.pages += below->pages;
  node.delta += below->delta;
}

const Slot* find_slot(const PageNode* node, PageIndex page) {
  for (unsigned level = kLevels; level-- > 0;) {
    const unsigned child = child_at(page, level);
    if (!node->has(child)) return nullptr;
    if (level == 0) return &node->slots[node->place(child)];
    node = node->nodes[node->place(child)].get();
  }
  return nullptr;
}

/// Visits the pages of all nodes for which `wanted` holds.
template <typename W, typename F>
void for_each_slot(const PageNode& node, unsigned level, PageIndex base, const W& wanted,
                   const F& visit) {
  if (!wanted(node)) return;
  std::size_t place = 0;
  for (std::uint64_t rest = node.present; rest != 0; rest &= rest - 1, ++place) {
    const auto child = static_cast<PageIndex>(std::countr_zero(rest));
    const PageIndex page = base + (child << (kFanOutBits * level));
    if (level == 0)
      visit(page, node.slots[place]);
    else
      for_each_slot(*node.nodes[place], level - 1, page, wanted, visit);
  }
}

bool same_slot(const Slot& a, const Slot& b) {
  if (in_memory(a) != in_memory(b)) return false;
  if (in_memory(a)) return std::get<PageInMemory>(a) == std::get<PageInMemory>(b);
  const PageLocation& x = std::get<PageLocation>(a);
  const PageLocation& y = std::get<PageLocation>(b);
  return x.file == y.file && x.index_in_file == y.index_in_file;
}

/// Visits the pages in which two nodes of one level differ; either may be absent.
void visit_differences(const PageNode* a, const PageNode* b, unsigned level, PageIndex base,
                       const std::function<void(PageIndex)>& visit) {
  if (a == b) return;
  const std::uint64_t any = (a == nullptr ? 0 : a->present) | (b == nullptr ? 0 : b->present);
  for (std::uint64_t rest = any; rest != 0; rest &= rest - 1) {
    const auto child = static_cast<unsigned>(std::countr_zero(rest));
    const PageIndex page = base + (PageIndex{child} << (kFanOutBits * level));
    const bool in_a = a != nullptr && a->has(child);
    const bool in_b = b != nullptr && b->has(child);
    if (level == 0) {
      const bool same =
          in_a && in_b && same_slot(a->slots[a->place(child)], b->slots[b->place(child)]);
      if (!same) visit(page);
      continue;
    }
    visit_differences(in_a ? a->nodes[a->place(child)].get() : nullptr,
                      in_b ? b->nodes[b->place(child)].get() : nullptr, level - 1, page, visit);
  }
}

Digest digest_node(const PageNode& node, unsigned level) {
  if (const auto published = node.digests.load()) return published->node;
  auto made = std::make_shared<NodeDigests>();
  if (level == 0) made->pages.resize(64);
  std::uint64_t bitmap = 0;
  Bytes children;
  std::size_t place = 0;
  for (std::uint64_t rest = node.present; rest != 0; rest &= rest - 1, ++place) {
    const auto child = static_cast<unsigned>(std::countr_zero(rest));
    Digest digest;
    if (level != 0) {
      digest = digest_node(*node.nodes[place], level - 1);
    } else {
      const bool reuse = node.known != nullptr && ((node.stale >> child) & 1U) == 0;
      digest = reuse ? node.known->pages[child] : digest_of(node.slots[place]);
      made->pages[child] = digest;
    }
    if (digest == Digest{}) continue;
    bitmap |= std::uint64_t{1} << child;
    append(children, digest.view());
  }
  if (bitmap != 0)
    made->node = crypto::Hasher("icpd-page-node").number(bitmap).update(children).finish();
  const Digest result = made->node;
  node.digests.store(std::move(made));
  return result;
}

constexpr auto kEveryNode = [](const PageNode&) { return true; };
constexpr auto kWithDelta = [](const PageNode& node) { return node.delta != 0; };
constexpr auto kWithStored = [](const PageNode& node) { return node.delta != node.pages; };

/// Loads runs of neighbouring pages at once.
class Loader {
 public:
  explicit Loader(io::GuestMemory& memory) : memory_(memory) {}
  ~Loader() { flush(); }

  void add(PageIndex page, const Slot& slot) {
    if (const auto* location = std::get_if<PageLocation>(&slot);
        location != nullptr && location->file->file->descriptor() >= 0)
      return add_mapped(page, *location);
    flush();
    Page buffer;
    read_slot(slot, buffer);
    memory_.load(page, buffer);
  }

 private:
  void add_mapped(PageIndex page, const PageLocation& location) {
    const bool follows = count_ != 0 && location.file == run_.file && page == first_ + count_ &&
                         location.index_in_file == run_.index_in_file + count_;
    if (!follows) {
      flush();
      first_ = page;
      run_ = location;
    }
    ++count_;
  }
  void flush() {
    if (count_ != 0)
      memory_.map_file(first_, count_, run_.file->file->descriptor(),
                       run_.index_in_file * kPageSize);
    count_ = 0;
  }

  io::GuestMemory& memory_;
  PageLocation run_;
  PageIndex first_ = 0;
  std::uint64_t count_ = 0;
};

}  // namespace

PageMap::PageMap() {
  static const NodePointer empty = std::make_shared<PageNode>();
  root_ = empty;
}

void PageMap::read_page(PageIndex page, MutableByteView out) const {
  ensure(page < kPagesMax && out.size() == kPageSize);
  if (const Slot* slot = find_slot(root_.get(), page))
    read_slot(*slot, out);
  else
    std::ranges::fill(out, std::uint8_t{0});
}

void PageMap::write_page(PageIndex page, ByteView content) {
  ensure(page < kPagesMax && content.size() == kPageSize);
  auto copy = std::make_shared<Page>();
  std::ranges::copy(content, copy->begin());
  set_slot(root_, kLevels - 1, page, Slot(PageInMemory(std::move(copy))), false);
}

void PageMap::read(std::uint64_t offset, MutableByteView out) const {
  Page buffer;
  while (!out.empty()) {
    const std::uint64_t within = offset % kPageSize;
    const std::size_t size = std::min<std::size_t>(out.size(), kPageSize - within);
    read_page(offset / kPageSize, buffer);
    std::copy_n(buffer.begin() + static_cast<std::ptrdiff_t>(within), size, out.begin());
    offset += size;
    out = out.subspan(size);
  }
}

void PageMap::write(std::uint64_t offset, ByteView bytes) {
  Page buffer;
  while (!bytes.empty()) {
    const std::uint64_t within = offset % kPageSize;
    const std::size_t size = std::min<std::size_t>(bytes.size(), kPageSize - within);
    if (size != kPageSize) read_page(offset / kPageSize, buffer);
    std::copy_n(bytes.begin(), size, buffer.begin() + static_cast<std::ptrdiff_t>(within));
    write_page(offset / kPageSize, buffer);
    offset += size;
    bytes = bytes.subspan(size);
  }
}

void PageMap::load_into(io::GuestMemory& memory) const {
  const PageIndex end = memory.size_bytes() / kPageSize;
  Loader loader(memory);
  for_each_slot(*root_, kLevels - 1, 0, kEveryNode, [&](PageIndex page, const Slot& slot) {
    if (page < end) loader.add(page, slot);
  });
}

void PageMap::take(const io::GuestMemory& memory, std::span<const PageIndex> dirty) {
  const PageIndex end = memory.size_bytes() / kPageSize;
  for (const PageIndex page : dirty) {
    ensure(page < end, "a dirty page lies within the memory");
    write_page(page, ByteView(memory.base() + page * kPageSize, kPageSize));
  }
}

std::uint64_t PageMap::page_count() const {
  return root_->pages;
}
std::uint64_t PageMap::delta_pages() const {
  return root_->delta;
}

Digest PageMap::digest() const {
  return expected_.has_value() ? *expected_ : digest_node(*root_, kLevels - 1);
}

void PageMap::for_each_delta(const std::function<void(PageIndex, ByteView)>& visit) const {
  for_each_slot(*root_, kLevels - 1, 0, kWithDelta, [&](PageIndex page, const Slot& slot) {
    if (const auto* content = std::get_if<PageInMemory>(&slot)) visit(page, **content);
  });
}

void PageMap::for_each_difference(const PageMap& other,
                                  const std::function<void(PageIndex)>& visit) const {
  visit_differences(root_.get(), other.root_.get(), kLevels - 1, 0, visit);
}

void PageMap::for_each_stored(
    const std::function<void(PageIndex, const PageLocation&)>& visit) const {
  for_each_slot(*root_, kLevels - 1, 0, kWithStored, [&](PageIndex page, const Slot& slot) {
    if (const auto* location = std::get_if<PageLocation>(&slot)) visit(page, *location);
  });
}

void PageMap::set_location(PageIndex page, PageLocation location) {
  ensure(page < kPagesMax && location.file != nullptr);
  const bool keeps_content = find_slot(root_.get(), page) != nullptr;
  set_slot(root_, kLevels - 1, page, Slot(std::move(location)), keeps_content);
}

void PageMap::adopt_location(PageIndex page, const PageMap& written, PageLocation location) {
  const Slot* mine = find_slot(root_.get(), page);
  const Slot* theirs = find_slot(written.root_.get(), page);
  if (mine == nullptr || theirs == nullptr) return;
  const auto* my_page = std::get_if<PageInMemory>(mine);
  const auto* their_page = std::get_if<PageInMemory>(theirs);
  if (my_page == nullptr || their_page == nullptr || *my_page != *their_page) return;
  set_slot(root_, kLevels - 1, page, Slot(std::move(location)), true);
}

void record_write(codec::RecordWriter& out, const PageMap& map) {
  codec::write_record(out, map.digest());
}

Status<> record_read(codec::RecordReader& in, PageMap& map) {
  map = PageMap();
  return codec::read_record(in, map.expected_.emplace());
}

}  // namespace icpd::state
