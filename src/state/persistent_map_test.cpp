#include "state/persistent_map.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>

#include "base/prng.hpp"
#include "certification/witness.hpp"
#include "codec/record.hpp"
#include "state/map_witness.hpp"

namespace icpd::state {
namespace {

struct Key {
  Bytes bytes;
  [[nodiscard]] ByteView view() const { return bytes; }
  bool operator==(const Key&) const = default;
};
struct ByValue {
  static crypto::Digest digest(const Key&, const int& value) {
    return certification::leaf_digest(Bytes{static_cast<std::uint8_t>(value)});
  }
};
using Map = PersistentMap<Key, int, ByValue>;
using Model = std::map<Bytes, int>;

/// Short keys over few letters, so that prefixes and neighbours are common.
Bytes random_key(Prng& prng) {
  Bytes key(prng.below(4));
  for (auto& byte : key)
    byte = static_cast<std::uint8_t>(prng.below(4) * 85);
  return key;
}

Model content(const Map& map) {
  Model result;
  Bytes last;
  bool first = true;
  for (const auto& [key, value] : map) {
    EXPECT_TRUE(first || compare(last, key.bytes) < 0) << "in order";
    first = false;
    last = key.bytes;
    result[key.bytes] = value;
  }
  return result;
}

TEST(PersistentMap, agrees_with_an_ordered_map_under_random_writes) {
  Prng prng(1);
  for (int round = 0; round < 20; ++round) {
    Map map;
    Model model;
    for (int i = 0; i < 300; ++i) {
      const Bytes key = random_key(prng);
      if (prng.chance(1, 3)) {
        EXPECT_EQ(map.erase({key}), model.erase(key) == 1);
      } else {
        const int value = static_cast<int>(prng.below(100));
        map.set({key}, value);
        model[key] = value;
      }
      ASSERT_EQ(map.size(), model.size());
    }
    EXPECT_EQ(content(map), model);
    for (int i = 0; i < 100; ++i) {
      const Bytes key = random_key(prng);
      const auto expected = model.find(key);
      const int* found = map.find({key});
      ASSERT_EQ(found != nullptr, expected != model.end());
      if (found != nullptr) {
        EXPECT_EQ(*found, expected->second);
      }
    }
  }
}

TEST(PersistentMap, finds_neighbours_as_an_ordered_map_does) {
  Prng prng(2);
  for (int round = 0; round < 50; ++round) {
    Map map;
    Model model;
    for (std::uint64_t i = prng.below(30); i > 0; --i) {
      const Bytes key = random_key(prng);
      map.set({key}, 0);
      model[key] = 0;
    }
    for (int i = 0; i < 50; ++i) {
      const Bytes key = random_key(prng);
      const auto next = model.lower_bound(key);
      const auto at = map.lower_bound(key);
      ASSERT_EQ(at == map.end(), next == model.end());
      if (next != model.end()) {
        EXPECT_EQ((*at).first.bytes, next->first);
      }
      const Key* before = map.last_before(key);
      ASSERT_EQ(before != nullptr, next != model.begin());
      if (before != nullptr) {
        EXPECT_EQ(before->bytes, std::prev(next)->first);
      }
    }
  }
}

TEST(PersistentMap, warming_changes_nothing_whatever_is_asked_for) {
  for (const int size : {0, 1, 100}) {
    Map map;
    std::vector<Key> keys;
    for (int i = 0; i < size + 50; ++i)
      keys.push_back({to_bytes(crypto::sha256(Bytes{static_cast<std::uint8_t>(i)}).view())});
    for (int i = 0; i < size; ++i)
      map.set(keys[static_cast<std::size_t>(i)], i);
    std::vector<const Key*> asked;
    for (const Key& key : keys)
      asked.push_back(&key);
    const Map before = map;
    map.warm(asked);
    EXPECT_TRUE(map.same(before));
    for (std::size_t i = 0; i < keys.size(); ++i)
      EXPECT_EQ(map.contains(keys[i]), i < static_cast<std::size_t>(size));
  }
}

TEST(PersistentMap, copies_are_not_changed_by_later_writes) {
  Prng prng(3);
  Map map;
  std::vector<std::pair<Map, Model>> snapshots;
  Model model;
  for (int i = 0; i < 200; ++i) {
    const Bytes key = random_key(prng);
    if (prng.chance(1, 4)) {
      map.erase({key});
      model.erase(key);
    } else if (int* value = map.write({key})) {
      *value = i;
      model[key] = i;
    } else {
      map.set({key}, i);
      model[key] = i;
    }
    if (i % 10 == 0) snapshots.emplace_back(map, model);
  }
  for (const auto& [copy, expected] : snapshots)
    EXPECT_EQ(content(copy), expected);
}

TEST(PersistentMap, has_a_digest_that_depends_on_its_content_only) {
  Prng prng(4);
  for (int round = 0; round < 20; ++round) {
    Map grown;
    Model model;
    for (int i = 0; i < 100; ++i) {
      const Bytes key = random_key(prng);
      if (prng.chance(1, 3)) {
        grown.erase({key});
        model.erase(key);
      } else {
        grown.set({key}, i);
        model[key] = i;
      }
      if (prng.chance(1, 10)) grown.hash();
    }
    Map rebuilt;
    for (auto it = model.rbegin(); it != model.rend(); ++it)
      rebuilt.set({it->first}, it->second);
    EXPECT_EQ(grown.hash(), rebuilt.hash());
  }
}

TEST(PersistentMap, empty_map_has_the_digest_of_the_empty_tree) {
  Map map;
  EXPECT_EQ(map.hash(), certification::empty_digest());
}

TEST(PersistentMap, diff_names_exactly_what_differs) {
  Prng prng(5);
  for (int round = 0; round < 30; ++round) {
    Map map;
    Model model;
    for (int i = 0; i < 40; ++i) {
      const Bytes key = random_key(prng);
      map.set({key}, i);
      model[key] = i;
    }
    const Map before = map;
    const Model model_before = model;
    for (int i = 0; i < 10; ++i) {
      const Bytes key = random_key(prng);
      if (prng.chance(1, 2)) {
        map.erase({key});
        model.erase(key);
      } else {
        map.set({key}, 1000 + i);
        model[key] = 1000 + i;
      }
    }
    Model patched = model_before;
    Map::diff(before, map, [&](const Key& key, const int* was, const int* is) {
      const auto at = model_before.find(key.bytes);
      EXPECT_EQ(was != nullptr, at != model_before.end());
      if (was != nullptr) {
        EXPECT_EQ(*was, at->second);
      }
      if (is != nullptr)
        patched[key.bytes] = *is;
      else
        patched.erase(key.bytes);
    });
    EXPECT_EQ(patched, model);
  }
}

TEST(PersistentMap, witness_shows_what_is_asked_and_proves_what_is_absent) {
  Prng prng(6);
  for (int round = 0; round < 50; ++round) {
    Map map;
    Model model;
    for (std::uint64_t i = prng.below(20); i > 0; --i) {
      const Bytes key = random_key(prng);
      map.set({key}, static_cast<int>(i));
      model[key] = static_cast<int>(i);
    }
    const crypto::Digest root = map.hash();
    certification::PathSet paths;
    std::vector<Bytes> asked;
    for (std::uint64_t i = 1 + prng.below(4); i > 0; --i) {
      asked.push_back(random_key(prng));
      const std::array<ByteView, 1> path{asked.back()};
      paths.add(path);
    }
    const auto tree =
        map_witness(map, paths, [](const Key&, int value, const certification::PathSet&) {
          return certification::HashTree::leaf(Slice(Bytes{static_cast<std::uint8_t>(value)}));
        });
    EXPECT_EQ(tree.digest(), root);
    EXPECT_TRUE(tree.is_well_formed());
    for (const Bytes& key : asked) {
      const auto found = tree.lookup({ByteView(key)});
      const auto expected = model.find(key);
      if (expected == model.end()) {
        EXPECT_EQ(found.kind, certification::Lookup::Kind::kAbsent);
      } else {
        ASSERT_TRUE(found.found());
        EXPECT_EQ(found.value.view()[0], expected->second);
      }
    }
  }
}

}  // namespace
}  // namespace icpd::state
