// One level of a hash tree by digests alone: what certification::HashTree::level() of the same
// subtrees would have as its digest, without making the tree.
#pragma once

#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "certification/hash_tree.hpp"

namespace icpd::state {

class TreeHasher {
 public:
  /// Needs labels in strictly growing order.
  void add(ByteView label, const crypto::Digest& subtree) {
    children_.push_back(certification::labeled_digest(label, subtree));
  }
  void add(std::string_view label, const crypto::Digest& subtree) { add(as_bytes(label), subtree); }
  void add_leaf(std::string_view label, ByteView value) {
    add(label, certification::leaf_digest(value));
  }
  /// The level's digest; that of the empty tree without children. Uses the hasher up.
  [[nodiscard]] crypto::Digest finish();

 private:
  std::vector<crypto::Digest> children_;
};

}  // namespace icpd::state
