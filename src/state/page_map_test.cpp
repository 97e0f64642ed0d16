#include "state/page_map.hpp"

#include <gtest/gtest.h>
#include <map>
#include <set>

#include "base/prng.hpp"

namespace icpd::state {
namespace {

Bytes page_of(std::uint8_t fill) {
  return Bytes(kPageSize, fill);
}

TEST(PageMap, absent_pages_are_zero) {
  Bytes out = page_of(7);
  PageMap().read_page(kPagesMax - 1, out);
  EXPECT_EQ(out, page_of(0));
}

TEST(PageMap, agrees_with_a_flat_array_under_random_writes_and_copies) {
  Prng prng(1);
  PageMap map;
  std::map<PageIndex, std::uint8_t> model;
  std::vector<std::pair<PageMap, std::map<PageIndex, std::uint8_t>>> copies;
  for (int i = 0; i < 500; ++i) {
    const PageIndex page = prng.chance(1, 2) ? prng.below(200) : prng.below(kPagesMax);
    const auto fill = static_cast<std::uint8_t>(prng.below(4));
    map.write_page(page, page_of(fill));
    model[page] = fill;
    if (i % 50 == 0) {
      static_cast<void>(map.digest());
      copies.emplace_back(map, model);
    }
  }
  copies.emplace_back(map, model);
  for (const auto& [copy, expected] : copies) {
    EXPECT_EQ(copy.page_count(), expected.size());
    PageMap rebuilt;
    Bytes out(kPageSize);
    for (auto it = expected.rbegin(); it != expected.rend(); ++it) {
      copy.read_page(it->first, out);
      EXPECT_EQ(out, page_of(it->second));
      if (it->second != 0) rebuilt.write_page(it->first, page_of(it->second));
    }
    EXPECT_EQ(copy.digest(), rebuilt.digest()) << "zero pages are as if absent";
  }
}

TEST(PageMap, differences_are_the_pages_written_in_either_of_two_copies) {
  Prng prng(2);
  PageMap common;
  for (int i = 0; i < 300; ++i)
    common.write_page(prng.below(5000), page_of(1));
  PageMap a = common;
  PageMap b = common;
  std::set<PageIndex> expected;
  for (int i = 0; i < 40; ++i) {
    const PageIndex page = prng.chance(1, 2) ? prng.below(5000) : prng.below(kPagesMax);
    (prng.chance(1, 2) ? a : b).write_page(page, page_of(2));
    expected.insert(page);
  }
  std::vector<PageIndex> seen;
  a.for_each_difference(b, [&](PageIndex page) { seen.push_back(page); });
  EXPECT_EQ(seen, std::vector<PageIndex>(expected.begin(), expected.end()));
  seen.clear();
  a.for_each_difference(a, [&](PageIndex page) { seen.push_back(page); });
  EXPECT_TRUE(seen.empty());
}

TEST(PageMap, digest_depends_on_where_a_page_is) {
  PageMap a;
  PageMap b;
  a.write_page(1, page_of(1));
  b.write_page(2, page_of(1));
  EXPECT_NE(a.digest(), b.digest());
}

// tests/vectors/state/page_map.txt says how these were computed.
TEST(PageMap, digest_of_nothing_is_zero) {
  EXPECT_EQ(PageMap().digest(), crypto::Digest{});
}

TEST(PageMap, reads_and_writes_bytes_across_pages) {
  PageMap map;
  const Bytes text = to_bytes("over the edge");
  map.write(kPageSize - 4, text);
  Bytes out(text.size());
  map.read(kPageSize - 4, out);
  EXPECT_EQ(out, text);
  EXPECT_EQ(map.page_count(), 2U);
}

TEST(PageMap, counts_pages_that_the_next_checkpoint_writes) {
  PageMap map;
  map.write_page(5, page_of(1));
  map.write_page(70'000, page_of(0));
  map.write_page(5, page_of(2));
  EXPECT_EQ(map.delta_pages(), 2U);
  std::vector<PageIndex> visited;
  map.for_each_delta([&](PageIndex page, ByteView) { visited.push_back(page); });
  EXPECT_EQ(visited, (std::vector<PageIndex>{5, 70'000}));
}

}  // namespace
}  // namespace icpd::state
