// An ordered map whose copies share storage, and that is its own hash tree.
//
// Copying copies a pointer; writing copies the path to what is written, and not even that where no
// copy shares it. With a digester it is a *certified map*: the tree of nodes is a hash tree of the
// interface specification, forks inside and labeled subtrees at the ends, and hash() brings its
// root digest up to date at the cost of what changed.
//
// Shape: a radix tree with one bit a fork (Patricia tree), so it depends on the keys alone: however
// a map came about, equal content has equal digests. A key's bits are, for each byte, a 1 and the
// byte's bits from the highest, then a 0: this order is the order of labels, by bytes and prefix
// first.
//
//   keys 61, 62, 7a:   fork at bit 4 ( fork at bit 7 ( 61, 62 ), 7a )
//
// Depth: at most the number of forks on a path, log2(n) for random keys. To make a path of depth d
// somebody has to find keys that agree with one another in d bits; keys are digests or bounded ids,
// so depth stays below 128 for 32-byte digests short of 2^64 work.
//
// Cost: find, set, erase O(depth); hash() two SHA-256 blocks for each changed fork.
// Not synchronised; copies may be used from different threads. hash() writes, so call it before
// copies are handed out.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/ensure.hpp"
#include "certification/hash_tree.hpp"
#include "crypto/hash.hpp"

namespace icpd::state {

/// A map without digests.
struct NoDigest {};

namespace detail {

/// Position of the first bit in which two keys differ; needs a != b.
[[nodiscard]] inline std::uint32_t first_difference(ByteView a, ByteView b) {
  const std::size_t common = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < common; ++i) {
    const auto differing = static_cast<std::uint8_t>(a[i] ^ b[i]);
    if (differing != 0)
      return static_cast<std::uint32_t>(9 * i + 1) +
             static_cast<std::uint32_t>(std::countl_zero(differing));
  }
  return static_cast<std::uint32_t>(9 * common);
}
/// 0 or 1.
[[nodiscard]] inline unsigned key_bit(ByteView key, std::uint32_t position) {
  const std::uint32_t byte = position / 9;
  if (byte >= key.size()) return 0;
  const std::uint32_t within = position % 9;
  return within == 0 ? 1U : (key[byte] >> (8 - within)) & 1U;
}

}  // namespace detail

template <typename Key, typename Value, typename Digester = NoDigest>
class PersistentMap {
  static constexpr bool kHashed = !std::is_same_v<Digester, NoDigest>;
  static constexpr std::size_t kCacheLine = 64;

  struct Inner;
  struct Leaf;
  struct Node {
    mutable std::atomic<std::uint32_t> references{1};
    bool is_leaf;
    bool hashed = false;
    explicit Node(bool leaf) : is_leaf(leaf) {}
  };

 public:
  /// A shared node. From outside only for walks along the shape, as witnesses need.
  class Pointer {
   public:
    Pointer() = default;
    explicit Pointer(Node* owned) : node_(owned) {}
    Pointer(const Pointer& other) : node_(other.node_) {
      if (node_ != nullptr) node_->references.fetch_add(1, std::memory_order_relaxed);
    }
    Pointer(Pointer&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
    Pointer& operator=(Pointer other) noexcept {
      std::swap(node_, other.node_);
      return *this;
    }
    ~Pointer() { release(); }

    explicit operator bool() const { return node_ != nullptr; }
    friend bool operator==(const Pointer& a, const Pointer& b) { return a.node_ == b.node_; }
    [[nodiscard]] bool is_leaf() const { return node_->is_leaf; }
    /// Each needs the kind that has it.
    [[nodiscard]] std::uint32_t bit() const { return inner().bit; }
    [[nodiscard]] const Pointer& child(unsigned side) const { return inner().child[side]; }
    [[nodiscard]] const Key& key() const { return leaf().key; }
    [[nodiscard]] const Value& value() const { return leaf().value; }
    /// Needs a map that is hashed.
    [[nodiscard]] const crypto::Digest& digest() const {
      ensure(node_->hashed, "the map was hashed after its last change");
      return is_leaf() ? leaf().digest : inner().digest;
    }

   private:
    friend class PersistentMap;
    [[nodiscard]] const Inner& inner() const { return *static_cast<const Inner*>(node_); }
    [[nodiscard]] const Leaf& leaf() const { return *static_cast<const Leaf*>(node_); }
    [[nodiscard]] bool unique() const {
      return node_->references.load(std::memory_order_acquire) == 1;
    }
    void release() {
      if (node_ == nullptr || node_->references.fetch_sub(1, std::memory_order_acq_rel) != 1)
        return;
      if (node_->is_leaf)
        delete static_cast<Leaf*>(node_);
      else
        delete static_cast<Inner*>(node_);
    }
    /// The node for writing: copied first if somebody else holds it.
    Inner& write_inner() {
      if (!unique()) *this = Pointer(new Inner(inner()));
      node_->hashed = false;
      return *static_cast<Inner*>(node_);
    }
    Leaf& write_leaf() {
      if (!unique()) *this = Pointer(new Leaf(leaf().key, leaf().value));
      node_->hashed = false;
      return *static_cast<Leaf*>(node_);
    }
    Node* node_ = nullptr;
  };

  PersistentMap() = default;

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  /// The very same storage, so certainly the same content.
  [[nodiscard]] bool same(const PersistentMap& other) const { return root_ == other.root_; }

  /// Valid until the map is written or gone.
  [[nodiscard]] const Value* find(const Key& key) const {
    const Node* node = closest(key.view());
    if (node == nullptr) return nullptr;
    const Leaf& leaf = static_cast<const Leaf&>(*node);
    return leaf.key == key ? &leaf.value : nullptr;
  }
  [[nodiscard]] bool contains(const Key& key) const { return find(key) != nullptr; }

  /// Brings what find() of each of these keys will read near the processor, and does nothing else:
  /// in a large map each step of a search waits for memory, so many searches wait at once.
  void warm(std::span<const Key* const> keys) const {
    constexpr std::size_t kAtOnce = 16;
    while (!keys.empty()) {
      const auto some = keys.first(std::min(keys.size(), kAtOnce));
      std::array<const Node*, kAtOnce> at{};
      std::fill_n(at.begin(), some.size(), root_.node_);
      for (bool deeper = true; deeper;) {
        deeper = false;
        for (std::size_t i = 0; i < some.size(); ++i) {
          if (at[i] == nullptr || at[i]->is_leaf) continue;
          const Inner& inner = static_cast<const Inner&>(*at[i]);
          at[i] = inner.child[detail::key_bit(some[i]->view(), inner.bit)].node_;
          __builtin_prefetch(at[i]);
          __builtin_prefetch(reinterpret_cast<const char*>(at[i]) + kCacheLine);
          deeper = true;
        }
      }
      keys = keys.subspan(some.size());
    }
  }

  /// Inserts or replaces.
  void set(const Key& key, Value value) {
    if (Value* found = write(key)) {
      *found = std::move(value);
      return;
    }
    insert(key, std::move(value));
  }
  /// Needs !contains(key).
  void insert(const Key& key, Value value) {
    ++size_;
    Pointer leaf(new Leaf(key, std::move(value)));
    if (!root_) {
      root_ = std::move(leaf);
      return;
    }
    const Leaf& near = static_cast<const Leaf&>(*closest(key.view()));
    ensure(!(near.key == key), "a key is inserted once");
    const std::uint32_t split = detail::first_difference(near.key.view(), key.view());
    Pointer* at = &root_;
    while (!at->is_leaf() && at->inner().bit < split) {
      Inner& inner = at->write_inner();
      at = &inner.child[detail::key_bit(key.view(), inner.bit)];
    }
    Pointer below = std::move(*at);
    if (detail::key_bit(key.view(), split) == 0)
      *at = Pointer(new Inner(split, std::move(leaf), std::move(below)));
    else
      *at = Pointer(new Inner(split, std::move(below), std::move(leaf)));
  }

  /// The value for writing, or nothing if there is none. Valid until the map is used again.
  [[nodiscard]] Value* write(const Key& key) {
    if (!contains(key)) return nullptr;
    Pointer* at = &root_;
    while (!at->is_leaf()) {
      Inner& inner = at->write_inner();
      at = &inner.child[detail::key_bit(key.view(), inner.bit)];
    }
    return &at->write_leaf().value;
  }
  /// False if there was none.
  bool erase(const Key& key) {
    if (!contains(key)) return false;
    --size_;
    if (root_.is_leaf()) {
      root_ = Pointer();
      return true;
    }
    Pointer* at = &root_;
    for (;;) {
      Inner& inner = at->write_inner();
      const unsigned side = detail::key_bit(key.view(), inner.bit);
      if (inner.child[side].is_leaf()) {
        Pointer sibling = inner.child[1 - side];
        *at = std::move(sibling);
        return true;
      }
      at = &inner.child[side];
    }
  }

  /// Entries in key order, as pairs of references.
  class Iterator {
   public:
    using value_type = std::pair<const Key&, const Value&>;
    value_type operator*() const {
      const Leaf& leaf = static_cast<const Leaf&>(*path_.back());
      return {leaf.key, leaf.value};
    }
    Iterator& operator++() {
      path_.pop_back();
      descend();
      return *this;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) {
      return a.path_.size() == b.path_.size() &&
             (a.path_.empty() || a.path_.back() == b.path_.back());
    }

   private:
    friend class PersistentMap;
    // A stack of subtrees to visit, the next on top; a leaf is on top whenever it isn't empty.
    void descend() {
      while (!path_.empty() && !path_.back()->is_leaf) {
        const Inner& inner = static_cast<const Inner&>(*path_.back());
        path_.back() = inner.child[1].node_;
        path_.push_back(inner.child[0].node_);
      }
    }
    std::vector<const Node*> path_;
  };
  [[nodiscard]] Iterator begin() const {
    Iterator it;
    if (root_) it.path_.push_back(root_.node_);
    it.descend();
    return it;
  }
  [[nodiscard]] Iterator end() const { return {}; }
  /// The first entry whose key isn't less than `key` (or isn't in that order before it).
  [[nodiscard]] Iterator lower_bound(ByteView key) const {
    Iterator it;
    if (!root_) return it;
    const Leaf& near = static_cast<const Leaf&>(*closest(key));
    const bool found = equal(near.key.view(), key);
    const std::uint32_t split = found ? UINT32_MAX : detail::first_difference(near.key.view(), key);
    const Node* node = root_.node_;
    while (!node->is_leaf && static_cast<const Inner*>(node)->bit < split) {
      const Inner& inner = static_cast<const Inner&>(*node);
      const unsigned side = detail::key_bit(key, inner.bit);
      if (side == 0) it.path_.push_back(inner.child[1].node_);
      node = inner.child[side].node_;
    }
    // All of this subtree is on one side of the key.
    if (found || detail::key_bit(key, split) == 0) it.path_.push_back(node);
    it.descend();
    return it;
  }
  /// The entry with the greatest key below `key`: its key, or nothing.
  [[nodiscard]] const Key* last_before(ByteView key) const {
    if (!root_) return nullptr;
    const Leaf& near = static_cast<const Leaf&>(*closest(key));
    const bool found = equal(near.key.view(), key);
    const std::uint32_t split = found ? UINT32_MAX : detail::first_difference(near.key.view(), key);
    const Node* below = nullptr;  // the nearest subtree whose keys are all less
    const Node* node = root_.node_;
    while (!node->is_leaf && static_cast<const Inner*>(node)->bit < split) {
      const Inner& inner = static_cast<const Inner&>(*node);
      const unsigned side = detail::key_bit(key, inner.bit);
      if (side == 1) below = inner.child[0].node_;
      node = inner.child[side].node_;
    }
    if (!found && detail::key_bit(key, split) == 1) below = node;
    while (below != nullptr && !below->is_leaf)
      below = static_cast<const Inner*>(below)->child[1].node_;
    return below == nullptr ? nullptr : &static_cast<const Leaf*>(below)->key;
  }
  /// Needs !empty().
  [[nodiscard]] typename Iterator::value_type front() const {
    ensure(!empty());
    return *begin();
  }

  /// Brings all digests up to date and gives the root's.
  crypto::Digest hash()
    requires kHashed
  {
    if (!root_) return certification::empty_digest();
    rehash(*root_.node_);
    return root_.digest();
  }
  /// Needs hash() after the last change.
  [[nodiscard]] crypto::Digest digest() const
    requires kHashed
  {
    return root_ ? root_.digest() : certification::empty_digest();
  }
  /// For witnesses; null when empty.
  [[nodiscard]] const Pointer& root() const { return root_; }

  /// Calls `changed(key, before, after)` for every key whose entry isn't stored in common; either
  /// pointer is null where there is no entry. In key order. Cost: what isn't shared.
  template <typename F>
  static void diff(const PersistentMap& before, const PersistentMap& after, F&& changed) {
    diff_nodes(before.root_.node_, after.root_.node_, changed);
  }

 private:
  struct DigestHolder {
    crypto::Digest digest;
  };
  struct NoDigestHolder {
    static constexpr crypto::Digest digest{};
  };
  using Holder = std::conditional_t<kHashed, DigestHolder, NoDigestHolder>;

  struct Inner : Node, Holder {
    std::uint32_t bit;
    Pointer child[2];
    Inner(std::uint32_t b, Pointer left, Pointer right)
        : Node(false), bit(b), child{std::move(left), std::move(right)} {}
    Inner(const Inner& other)
        : Node(false), bit(other.bit), child{other.child[0], other.child[1]} {}
  };
  struct Leaf : Node, Holder {
    Key key;
    Value value;
    Leaf(const Key& k, Value v) : Node(true), key(k), value(std::move(v)) {}
  };

  /// The leaf that a search for the key ends at.
  [[nodiscard]] const Node* closest(ByteView key) const {
    const Node* node = root_.node_;
    while (node != nullptr && !node->is_leaf) {
      const Inner& inner = static_cast<const Inner&>(*node);
      node = inner.child[detail::key_bit(key, inner.bit)].node_;
    }
    return node;
  }

  static const crypto::Digest& rehash(Node& node) {
    if (node.is_leaf) {
      Leaf& leaf = static_cast<Leaf&>(node);
      if (!node.hashed)
        leaf.digest =
            certification::labeled_digest(leaf.key.view(), Digester::digest(leaf.key, leaf.value));
      node.hashed = true;
      return leaf.digest;
    }
    Inner& inner = static_cast<Inner&>(node);
    if (!node.hashed)
      inner.digest =
          certification::fork_digest(rehash(*inner.child[0].node_), rehash(*inner.child[1].node_));
    node.hashed = true;
    return inner.digest;
  }

  /// The least key of a subtree.
  static const Key& first_key(const Node* node) {
    while (!node->is_leaf)
      node = static_cast<const Inner*>(node)->child[0].node_;
    return static_cast<const Leaf*>(node)->key;
  }
  template <typename F>
  static void each(const Node* node, F&& visit) {
    if (node == nullptr) return;
    if (node->is_leaf) {
      const Leaf& leaf = static_cast<const Leaf&>(*node);
      visit(leaf.key, &leaf.value);
      return;
    }
    each(static_cast<const Inner*>(node)->child[0].node_, visit);
    each(static_cast<const Inner*>(node)->child[1].node_, visit);
  }
  template <typename F>
  static void diff_nodes(const Node* a, const Node* b, F& changed);

  Pointer root_;
  std::size_t size_ = 0;
};

template <typename Key, typename Value, typename Digester>
template <typename F>
void PersistentMap<Key, Value, Digester>::diff_nodes(const Node* a, const Node* b, F& changed) {
  if (a == b) return;
  const auto removed = [&](const Key& key, const Value* value) {
    changed(key, value, static_cast<const Value*>(nullptr));
  };
  const auto added = [&](const Key& key, const Value* value) {
    changed(key, static_cast<const Value*>(nullptr), value);
  };
  if (a == nullptr) return each(b, added);
  if (b == nullptr) return each(a, removed);
  const Key& key_a = first_key(a);
  const Key& key_b = first_key(b);
  const std::uint32_t apart =
      key_a == key_b ? UINT32_MAX : detail::first_difference(key_a.view(), key_b.view());
  const std::uint32_t bit_a = a->is_leaf ? UINT32_MAX : static_cast<const Inner*>(a)->bit;
  const std::uint32_t bit_b = b->is_leaf ? UINT32_MAX : static_cast<const Inner*>(b)->bit;
  if (apart < std::min(bit_a, bit_b)) {  // disjoint subtrees
    if (detail::key_bit(key_a.view(), apart) == 0) {
      each(a, removed);
      each(b, added);
    } else {
      each(b, added);
      each(a, removed);
    }
    return;
  }
  if (a->is_leaf && b->is_leaf) {
    changed(key_a, &static_cast<const Leaf*>(a)->value, &static_cast<const Leaf*>(b)->value);
    return;
  }
  // The tree that forks first is split; the other belongs to one of its sides.
  if (bit_a == bit_b) {
    for (const unsigned side : {0U, 1U})
      diff_nodes(static_cast<const Inner*>(a)->child[side].node_,
                 static_cast<const Inner*>(b)->child[side].node_, changed);
  } else if (bit_a < bit_b) {
    const unsigned side = detail::key_bit(key_b.view(), bit_a);
    for (const unsigned s : {0U, 1U})
      diff_nodes(static_cast<const Inner*>(a)->child[s].node_, s == side ? b : nullptr, changed);
  } else {
    const unsigned side = detail::key_bit(key_a.view(), bit_b);
    for (const unsigned s : {0U, 1U})
      diff_nodes(s == side ? a : nullptr, static_cast<const Inner*>(b)->child[s].node_, changed);
  }
}

}  // namespace icpd::state
