#include "certification/hash_tree.hpp"

#include <functional>

namespace icpd::certification {

struct HashTree::Node {
  Kind kind = Kind::kEmpty;
  /// Label or value.
  Slice bytes;
  Digest digest;
  /// Left side of a fork or subtree of a label; right side of a fork.
  HashTree first;
  HashTree second;

  explicit Node(Kind k) : kind(k), first(nullptr), second(nullptr) {}
};

namespace {

/// What a level holds, forks resolved, in order. `visit` returns false to stop.
template <typename Visit>
bool walk_level(const HashTree& tree, Visit&& visit) {
  switch (tree.kind()) {
    case HashTree::Kind::kEmpty:
      return true;
    case HashTree::Kind::kFork:
      return walk_level(tree.left(), visit) && walk_level(tree.right(), visit);
    default:
      return visit(tree);
  }
}

struct Step {
  Lookup::Kind kind;
  const HashTree* subtree = nullptr;
};

/// `find_label` of the specification. What stands before and after the place where the label
/// belongs decides: a label on each side that there is a side proves absence.
Step find_label(ByteView label, const HashTree& tree) {
  const HashTree* found = nullptr;
  bool gap_is_closed = true;  // what was seen last proves that nothing lies before what comes next
  bool absent = false;
  bool decided = false;
  bool single_leaf = false;
  walk_level(tree, [&](const HashTree& node) {
    if (node.kind() != HashTree::Kind::kLabeled) {
      single_leaf = node.kind() == HashTree::Kind::kLeaf;
      gap_is_closed = false;
      return true;
    }
    const auto order = compare(node.label(), label);
    if (order < 0) {
      gap_is_closed = true;
      return true;
    }
    decided = true;
    if (order == 0) {
      found = &node.subtree();
    } else {
      absent = gap_is_closed;
    }
    return false;
  });
  if (found != nullptr) return {Lookup::Kind::kFound, found};
  if (!decided) absent = gap_is_closed || single_leaf;
  return {absent ? Lookup::Kind::kAbsent : Lookup::Kind::kUnknown};
}

bool is_well_formed_level(const HashTree& tree) {
  const Slice* previous = nullptr;
  return walk_level(tree, [&](const HashTree& node) {
    if (node.kind() == HashTree::Kind::kPruned) return true;
    if (node.kind() != HashTree::Kind::kLabeled) return false;
    if (previous != nullptr && !(*previous < node.label())) return false;
    previous = &node.label();
    return node.subtree().is_well_formed();
  });
}

void collect_values(const HashTree& tree, std::vector<Slice>& values) {
  walk_level(tree, [&](const HashTree& node) {
    if (node.kind() == HashTree::Kind::kLeaf) values.push_back(node.value());
    if (node.kind() == HashTree::Kind::kLabeled) collect_values(node.subtree(), values);
    return true;
  });
}

}  // namespace

const Digest& empty_digest() {
  static const Digest kDigest = crypto::hash_in_domain("ic-hashtree-empty", {});
  return kDigest;
}
Digest leaf_digest(ByteView value) {
  return crypto::hash_in_domain("ic-hashtree-leaf", {value});
}
Digest labeled_digest(ByteView label, const Digest& subtree) {
  return crypto::hash_in_domain("ic-hashtree-labeled", {label, subtree});
}
Digest fork_digest(const Digest& left, const Digest& right) {
  return crypto::hash_in_domain("ic-hashtree-fork", {left, right});
}

HashTree::HashTree() {
  static const auto kEmpty = std::make_shared<const Node>(Kind::kEmpty);
  node_ = kEmpty;
}

HashTree HashTree::fork(HashTree left, HashTree right) {
  auto node = std::make_shared<Node>(Kind::kFork);
  node->first = std::move(left);
  node->second = std::move(right);
  return HashTree(std::move(node));
}

HashTree HashTree::labeled(Slice label, HashTree subtree) {
  auto node = std::make_shared<Node>(Kind::kLabeled);
  node->bytes = std::move(label);
  node->first = std::move(subtree);
  return HashTree(std::move(node));
}

HashTree HashTree::leaf(Slice value) {
  auto node = std::make_shared<Node>(Kind::kLeaf);
  node->bytes = std::move(value);
  return HashTree(std::move(node));
}

HashTree HashTree::pruned(const Digest& digest) {
  auto node = std::make_shared<Node>(Kind::kPruned);
  node->digest = digest;
  return HashTree(std::move(node));
}

HashTree HashTree::level(std::vector<HashTree> trees) {
  if (trees.empty()) return {};
  for (std::size_t i = 0; i < trees.size(); ++i) {
    ensure(trees[i].kind() == Kind::kLabeled);
    ensure(i == 0 || trees[i - 1].label() < trees[i].label(), "labels of a level must increase");
  }
  while (trees.size() > 1) {
    std::size_t out = 0;
    for (std::size_t i = 0; i < trees.size(); i += 2)
      trees[out++] = i + 1 < trees.size() ? fork(std::move(trees[i]), std::move(trees[i + 1]))
                                          : HashTree(trees[i]);
    trees.resize(out);
  }
  return std::move(trees.front());
}

HashTree::Kind HashTree::kind() const {
  return node_->kind;
}

const HashTree& HashTree::left() const {
  ensure(kind() == Kind::kFork);
  return node_->first;
}
const HashTree& HashTree::right() const {
  ensure(kind() == Kind::kFork);
  return node_->second;
}
const Slice& HashTree::label() const {
  ensure(kind() == Kind::kLabeled);
  return node_->bytes;
}
const HashTree& HashTree::subtree() const {
  ensure(kind() == Kind::kLabeled);
  return node_->first;
}
const Slice& HashTree::value() const {
  ensure(kind() == Kind::kLeaf);
  return node_->bytes;
}
const Digest& HashTree::pruned_digest() const {
  ensure(kind() == Kind::kPruned);
  return node_->digest;
}

Digest HashTree::digest() const {
  switch (kind()) {
    case Kind::kEmpty:
      return empty_digest();
    case Kind::kFork:
      return fork_digest(left().digest(), right().digest());
    case Kind::kLabeled:
      return labeled_digest(label(), subtree().digest());
    case Kind::kLeaf:
      return leaf_digest(value());
    case Kind::kPruned:
      return pruned_digest();
  }
  unreachable_state("kinds are complete");
}

bool HashTree::is_well_formed() const {
  return kind() == Kind::kLeaf || is_well_formed_level(*this);
}

Lookup HashTree::lookup(Path path) const {
  const HashTree* at = this;
  for (const ByteView label : path) {
    const Step step = find_label(label, *at);
    if (step.kind != Lookup::Kind::kFound) return {step.kind, {}};
    at = step.subtree;
  }
  switch (at->kind()) {
    case Kind::kEmpty:
      return {Lookup::Kind::kAbsent, {}};
    case Kind::kLeaf:
      return {Lookup::Kind::kFound, at->value()};
    case Kind::kPruned:
      return {Lookup::Kind::kUnknown, {}};
    default:
      return {Lookup::Kind::kError, {}};
  }
}

Lookup HashTree::lookup(std::initializer_list<ByteView> path) const {
  return lookup(Path(path.begin(), path.size()));
}

std::optional<HashTree> HashTree::find(std::initializer_list<ByteView> path) const {
  const HashTree* at = this;
  for (const ByteView label : path) {
    at = find_label(label, *at).subtree;
    if (at == nullptr) return std::nullopt;
  }
  if (at->kind() == Kind::kPruned) return std::nullopt;
  return *at;
}

std::vector<Slice> HashTree::all_values() const {
  std::vector<Slice> values;
  collect_values(*this, values);
  return values;
}

bool operator==(const HashTree& a, const HashTree& b) {
  if (a.node_ == b.node_) return true;
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case HashTree::Kind::kEmpty:
      return true;
    case HashTree::Kind::kFork:
      return a.left() == b.left() && a.right() == b.right();
    case HashTree::Kind::kLabeled:
      return a.label() == b.label() && a.subtree() == b.subtree();
    case HashTree::Kind::kLeaf:
      return a.value() == b.value();
    case HashTree::Kind::kPruned:
      return a.pruned_digest() == b.pruned_digest();
  }
  unreachable_state("kinds are complete");
}

Slice share(const Slice& source, ByteView view) {
  if (view.empty()) return {};
  const std::less_equal<> in_order;
  const bool inside = in_order(source.data(), view.data()) &&
                      in_order(view.data() + view.size(), source.data() + source.size());
  return inside ? source.part(view) : Slice::copy_of(view);
}

}  // namespace icpd::certification
