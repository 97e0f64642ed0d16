#include "certification/witness.hpp"

#include <algorithm>

namespace icpd::certification {
namespace {

void collect_labels(const HashTree& tree, std::vector<Slice>& labels) {
  if (tree.kind() == HashTree::Kind::kFork) {
    collect_labels(tree.left(), labels);
    collect_labels(tree.right(), labels);
  } else if (tree.kind() == HashTree::Kind::kLabeled) {
    labels.push_back(tree.label());
  }
}

/// Prunes one level and what is below it.
class LevelPruner {
 public:
  LevelPruner(const HashTree& tree, const PathSet& paths) : paths_(paths) {
    collect_labels(tree, labels_);
    for (const auto& [label, below] : paths.children())
      add_neighbours(label);
    std::ranges::sort(neighbours_);
  }

  HashTree prune_node(const HashTree& node) {
    switch (node.kind()) {
      case HashTree::Kind::kEmpty:
      case HashTree::Kind::kPruned:
        return node;
      case HashTree::Kind::kLeaf:
        return HashTree::pruned(node.digest());
      case HashTree::Kind::kFork:
        return prune_fork(node);
      case HashTree::Kind::kLabeled:
        return prune_labeled(node);
    }
    unreachable_state("kinds are complete");
  }

 private:
  /// The labels between which an absent label belongs.
  void add_neighbours(const Bytes& label) {
    const auto after = std::ranges::lower_bound(
        labels_, ByteView(label), [](ByteView a, ByteView b) { return compare(a, b) < 0; },
        [](const Slice& slice) { return slice.view(); });
    if (after != labels_.end() && equal(*after, label)) return;
    if (after != labels_.end()) neighbours_.push_back(*after);
    if (after != labels_.begin()) neighbours_.push_back(*std::prev(after));
  }

  HashTree prune_fork(const HashTree& node) {
    HashTree left = prune_node(node.left());
    HashTree right = prune_node(node.right());
    // An empty side beside a pruned one proves nothing: the neighbours of a missing label are
    // shown.
    if ((is_pruned(left) && is_hidden(right)) || (is_hidden(left) && is_pruned(right)))
      return HashTree::pruned(fork_digest(left.digest(), right.digest()));
    return HashTree::fork(std::move(left), std::move(right));
  }

  static bool is_pruned(const HashTree& tree) { return tree.kind() == HashTree::Kind::kPruned; }
  static bool is_hidden(const HashTree& tree) {
    return is_pruned(tree) || tree.kind() == HashTree::Kind::kEmpty;
  }

  HashTree prune_labeled(const HashTree& node) {
    const auto wanted = paths_.children().find(to_bytes(node.label()));
    if (wanted != paths_.children().end())
      return HashTree::labeled(node.label(), prune(node.subtree(), wanted->second));
    HashTree below = HashTree::pruned(node.subtree().digest());
    if (std::ranges::binary_search(neighbours_, node.label()))
      return HashTree::labeled(node.label(), std::move(below));
    return HashTree::pruned(labeled_digest(node.label(), below.pruned_digest()));
  }

  const PathSet& paths_;
  std::vector<Slice> labels_;
  std::vector<Slice> neighbours_;
};

}  // namespace

void PathSet::add(Path path) {
  if (whole_) return;
  if (path.empty()) {
    whole_ = true;
    children_.clear();
    return;
  }
  children_[to_bytes(path.front())].add(path.subspan(1));
}

HashTree prune(const HashTree& tree, const PathSet& paths) {
  if (paths.is_whole()) return tree;
  if (paths.empty()) {
    return tree.kind() == HashTree::Kind::kPruned ? tree : HashTree::pruned(tree.digest());
  }
  return LevelPruner(tree, paths).prune_node(tree);
}

}  // namespace icpd::certification
