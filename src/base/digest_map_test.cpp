#include "base/digest_map.hpp"

#include <gtest/gtest.h>

#include "base/prng.hpp"

namespace icpd {
namespace {

using Key = FixedBytes<struct KeyTag, 32>;

Key key_of(std::uint64_t number) {
  Key key;
  store_be(MutableByteView(key.bytes), number * 0x9e3779b97f4a7c15);
  return key;
}

TEST(DigestMap, finds_what_was_put_in_and_nothing_else) {
  DigestMap<Key, int> map;
  EXPECT_TRUE(map.empty());
  EXPECT_TRUE(map.try_emplace(key_of(1), 10).second);
  EXPECT_FALSE(map.try_emplace(key_of(1), 11).second);
  EXPECT_EQ(*map.find(key_of(1)), 10);
  EXPECT_EQ(map.find(key_of(2)), nullptr);
  EXPECT_EQ(map.size(), 1U);
}

TEST(DigestMap, takes_out_once) {
  DigestMap<Key, int> map;
  map.try_emplace(key_of(1), 10);
  map.try_emplace(key_of(2), 20);
  EXPECT_EQ(map.extract(key_of(1)), 10);
  EXPECT_FALSE(map.extract(key_of(1)).has_value());
  EXPECT_TRUE(map.erase(key_of(2)));
  EXPECT_FALSE(map.erase(key_of(2)));
  EXPECT_TRUE(map.empty());
}

TEST(DigestMap, keys_that_agree_in_their_first_word_are_told_apart) {
  DigestMap<Key, int> map;
  for (std::uint8_t i = 0; i < 100; ++i) {
    Key key;
    key.bytes[31] = i;
    map.try_emplace(key, i);
  }
  Key key;
  key.bytes[31] = 77;
  EXPECT_EQ(map.size(), 100U);
  EXPECT_EQ(*map.find(key), 77);
}

TEST(DigestMap, does_as_one_ordered_map_does) {
  Prng random(1);
  DigestMap<Key, std::uint64_t> map;
  std::map<Key, std::uint64_t> model;
  for (int i = 0; i < 20'000; ++i) {
    const Key key = key_of(random.next() % 3000);
    if (random.next() % 3 == 0) {
      EXPECT_EQ(map.erase(key), model.erase(key) == 1);
    } else {
      EXPECT_EQ(map.try_emplace(key, i).second, model.try_emplace(key, i).second);
    }
    const auto found = model.find(key_of(random.next() % 3000));
    if (found != model.end()) {
      EXPECT_EQ(*map.find(found->first), found->second);
    }
    ASSERT_EQ(map.size(), model.size());
  }
}

TEST(DigestMap, values_stay_where_they_are) {
  DigestMap<Key, int> map;
  const int* first = &map.try_emplace(key_of(0), 0).first;
  for (std::uint64_t i = 1; i < 10'000; ++i)
    map.try_emplace(key_of(i), 1);
  EXPECT_EQ(map.find(key_of(0)), first);
}

}  // namespace
}  // namespace icpd
