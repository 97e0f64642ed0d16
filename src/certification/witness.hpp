// Witnesses: what is left of a tree when only some paths are to be shown.
//
// Rules (interface specification, "Certification"; they hold for read_state and certified data):
//   - a requested value or subtree is shown whole, with the labels on its way;
//   - for a label that isn't there, its neighbours are shown without their content: both in
//     between, one at either end, none in an empty level;
//   - a path that goes on below a value shows only that its labels end there: the value is pruned;
//   - all else is replaced by digests, as high up as possible.
//
// The digest stays the same, and each requested path can be looked up: found or absent.
#pragma once

#include <map>
#include <vector>

#include "certification/hash_tree.hpp"

namespace icpd::certification {

/// A set of paths, as a tree of labels. Sorted, so that it can be walked together with a sorted
/// state.
class PathSet {
 public:
  /// Labels are copied. Paths below one that is already there change nothing.
  void add(Path path);
  void add(std::initializer_list<ByteView> path) { add(Path(path.begin(), path.size())); }

  /// True if everything from here on is requested.
  [[nodiscard]] bool is_whole() const { return whole_; }
  [[nodiscard]] bool empty() const { return !whole_ && children_.empty(); }
  /// What is requested below each label; empty if is_whole().
  [[nodiscard]] const std::map<Bytes, PathSet>& children() const { return children_; }

 private:
  bool whole_ = false;
  std::map<Bytes, PathSet> children_;
};

/// The witness of `paths` in `tree`, which must be well-formed. Nodes that were pruned stay so.
/// Cost: hashes what isn't shown, once.
[[nodiscard]] HashTree prune(const HashTree& tree, const PathSet& paths);

}  // namespace icpd::certification
