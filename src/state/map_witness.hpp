// Witnesses of a certified map.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "certification/hash_tree.hpp"
#include "certification/witness.hpp"
#include "state/persistent_map.hpp"

namespace icpd::state {

/// `shown(key, value, paths)` gives the tree of one entry with what `paths` asks of it. The map
/// must be hashed. Labels that aren't in the map are proven absent by their neighbours.
template <typename Key, typename Value, typename Digester, typename F>
class MapWitness {
 public:
  using Map = PersistentMap<Key, Value, Digester>;
  using HashTree = certification::HashTree;
  using PathSet = certification::PathSet;

  MapWitness(const Map& map, const PathSet& paths, const F& shown) : shown_(shown) {
    if (map.empty()) return;
    if (paths.is_whole()) {
      for (const auto& [key, value] : map)
        wanted_.push_back({key.view(), &paths});
    } else {
      std::map<Bytes, const PathSet*> labels;
      for (const auto& [label, below] : paths.children())
        add(map, label, below, labels);
      for (auto& [label, below] : labels)
        wanted_.push_back({label, below});
      labels_ = std::move(labels);
    }
    tree_ = build(map.root(), wanted_);
  }

  [[nodiscard]] const HashTree& tree() const { return tree_; }

 private:
  struct Wanted {
    ByteView label;
    /// Null for a neighbour, whose content stays hidden.
    const PathSet* paths;
  };

  static void add(const Map& map, const Bytes& label, const PathSet& below,
                  std::map<Bytes, const PathSet*>& labels) {
    const auto after = map.lower_bound(label);
    const bool at_end = after == map.end();
    if (!at_end && equal((*after).first.view(), label)) {
      labels[label] = &below;
      return;
    }
    if (!at_end) labels.try_emplace(to_bytes((*after).first.view()), nullptr);
    if (const Key* before = map.last_before(label))
      labels.try_emplace(to_bytes(before->view()), nullptr);
  }

  HashTree build(const typename Map::Pointer& node, std::span<const Wanted> wanted) {
    if (wanted.empty()) return HashTree::pruned(node.digest());
    if (node.is_leaf()) {
      const Key& key = node.key();
      return HashTree::labeled(Slice::copy_of(key.view()),
                               wanted.front().paths == nullptr
                                   ? HashTree::pruned(Digester::digest(key, node.value()))
                                   : shown_(key, node.value(), *wanted.front().paths));
    }
    std::size_t left = 0;
    while (left < wanted.size() && detail::key_bit(wanted[left].label, node.bit()) == 0)
      ++left;
    return HashTree::fork(build(node.child(0), wanted.first(left)),
                          build(node.child(1), wanted.subspan(left)));
  }

  const F& shown_;
  std::map<Bytes, const PathSet*> labels_;
  std::vector<Wanted> wanted_;
  HashTree tree_;
};

template <typename Key, typename Value, typename Digester, typename F>
[[nodiscard]] certification::HashTree map_witness(const PersistentMap<Key, Value, Digester>& map,
                                                  const certification::PathSet& paths,
                                                  const F& shown) {
  return MapWitness<Key, Value, Digester, F>(map, paths, shown).tree();
}

}  // namespace icpd::state
