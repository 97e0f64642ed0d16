// Hash trees: how parts of the state are shown so that one signature proves them.
//
// A tree of labels and values is hashed bottom up (interface specification, "Certificate"). Any
// subtree can be replaced by its digest (pruned) without changing the digest of the whole; so a
// tree can show few values, and a signature over the root digest still holds.
//
//   ─┬─ "a" ─┬─ "x" ─ "hello"          digest(leaf v)       = H(13 "ic-hashtree-leaf" v)
//    │       └─ "y" ─ "world"          digest(labeled l t)  = H(19 "ic-hashtree-labeled" l t)
//    └─ "b" ─── "good"                 digest(fork t u)     = H(16 "ic-hashtree-fork" t u)
//                                      digest(empty)        = H(17 "ic-hashtree-empty")
//
// A tree is well-formed if the labels of one level strictly increase and no value stands beside
// labels. Absence of a label follows from its two neighbours. Trees that we make are well-formed,
// and decode() refuses others.
//
// Values are immutable and share their parts: copying a tree copies a pointer, and values are views
// into the bytes they came in.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "codec/cbor.hpp"
#include "crypto/hash.hpp"

namespace icpd::certification {

using crypto::Digest;

/// Nodes inside each other, root to leaf, that decode() accepts and builders may make.
inline constexpr std::size_t kTreeDepthMax = 128;

/// Labels from the root; a borrowed list of borrowed labels.
using Path = std::span<const ByteView>;

[[nodiscard]] const Digest& empty_digest();
[[nodiscard]] Digest leaf_digest(ByteView value);
[[nodiscard]] Digest labeled_digest(ByteView label, const Digest& subtree);
[[nodiscard]] Digest fork_digest(const Digest& left, const Digest& right);

struct Lookup;

class HashTree {
 public:
  enum class Kind : std::uint8_t { kEmpty, kFork, kLabeled, kLeaf, kPruned };

  /// The empty tree.
  HashTree();
  [[nodiscard]] static HashTree fork(HashTree left, HashTree right);
  [[nodiscard]] static HashTree labeled(Slice label, HashTree subtree);
  [[nodiscard]] static HashTree leaf(Slice value);
  [[nodiscard]] static HashTree pruned(const Digest& digest);
  /// One level of the certified state: neighbours are paired from left to right, an odd last one is
  /// carried up, until one tree is left (reference: left subtree = largest power of two below n).
  /// Needs trees that are labeled, with strictly increasing labels. None gives the empty tree.
  [[nodiscard]] static HashTree level(std::vector<HashTree> labeled);

  [[nodiscard]] Kind kind() const;
  /// Each needs the kind that has it.
  [[nodiscard]] const HashTree& left() const;
  [[nodiscard]] const HashTree& right() const;
  [[nodiscard]] const Slice& label() const;
  [[nodiscard]] const HashTree& subtree() const;
  [[nodiscard]] const Slice& value() const;
  [[nodiscard]] const Digest& pruned_digest() const;

  /// `reconstruct` of the specification. Hashes the whole tree each time.
  [[nodiscard]] Digest digest() const;
  [[nodiscard]] bool is_well_formed() const;

  /// `lookup_path` of the specification. Needs a well-formed tree. Cost: linear in the nodes of the
  /// levels on the way.
  [[nodiscard]] Lookup lookup(Path path) const;
  [[nodiscard]] Lookup lookup(std::initializer_list<ByteView> path) const;
  /// The subtree at a path whatever it is, if it is in the tree and not pruned away.
  [[nodiscard]] std::optional<HashTree> find(std::initializer_list<ByteView> path) const;
  /// `lookup*`: every value below this tree that is shown, in order of its path.
  [[nodiscard]] std::vector<Slice> all_values() const;

  /// The arrays of the specification's CDDL: [0], [1, l, r], [2, label, t], [3, value], [4,
  /// digest].
  void encode(codec::cbor::Writer& out) const;
  [[nodiscard]] Bytes encode() const;
  /// Errors: not of this form, deeper than kTreeDepthMax, not well-formed. `source` is what the
  /// item's document was parsed from; values of the tree share it.
  [[nodiscard]] static codec::Decoded<HashTree> decode(const codec::cbor::Item& item,
                                                       const Slice& source);
  /// A whole input, with or without the self-describing tag.
  [[nodiscard]] static codec::Decoded<HashTree> decode(const Slice& source);

  friend bool operator==(const HashTree& a, const HashTree& b);

 private:
  struct Node;
  explicit HashTree(std::shared_ptr<const Node> node) : node_(std::move(node)) {}

  std::shared_ptr<const Node> node_;
};

/// The answer to a lookup.
struct Lookup {
  enum class Kind : std::uint8_t {
    kFound,    // there is a value
    kAbsent,   // the tree proves that there is nothing
    kUnknown,  // what is there was pruned
    kError,    // there are labels, not a value
  };
  Kind kind = Kind::kUnknown;
  /// kFound: the value.
  Slice value;

  [[nodiscard]] bool found() const { return kind == Kind::kFound; }
};

/// The bounds that decoding a tree or a certificate needs.
inline constexpr codec::cbor::Limits kTreeCborLimits{.depth_max = kTreeDepthMax + 8,
                                                     .items_max = 1 << 20};

/// The part of `source` that `view` is, or a copy if it lies elsewhere (a CBOR string that came in
/// pieces).
[[nodiscard]] Slice share(const Slice& source, ByteView view);

}  // namespace icpd::certification
