#include "replica/bodies.hpp"

#include <gtest/gtest.h>

namespace icpd::replica {
namespace {

using types::Height;

SharedIngress message(std::uint8_t number, std::size_t size = 100) {
  types::IngressMessage made;
  made.envelope.content = types::CallContent{};
  made.envelope.bytes = Slice(Bytes(size, number));
  made.hash.bytes[0] = number;
  return SharedIngress(std::move(made));
}

void keep(Bodies& bodies, std::uint64_t height, const SharedIngress& one) {
  bodies.keep(Height{height}, one,
              types::encode(types::IngressArtifact{one->envelope.bytes.part(0, 1)}));
}

TEST(Bodies, forgets_what_is_below_a_height) {
  Bodies bodies;
  const auto low = message(1);
  const auto high = message(2);
  keep(bodies, 5, low);
  keep(bodies, 6, high);
  bodies.purge_below(Height{6});
  EXPECT_EQ(bodies.find(low->hash), nullptr);
  EXPECT_NE(bodies.find(high->hash), nullptr);
  EXPECT_EQ(bodies.bytes(), high->size());
  EXPECT_EQ(bodies.complete_from(), Height{6});
}

TEST(Bodies, a_message_of_two_blocks_is_kept_for_the_higher) {
  Bodies bodies;
  const auto one = message(1);
  keep(bodies, 5, one);
  keep(bodies, 8, one);
  keep(bodies, 6, one);
  EXPECT_EQ(bodies.bytes(), one->size());
  bodies.purge_below(Height{8});
  ASSERT_NE(bodies.find(one->hash), nullptr);
  EXPECT_EQ(bodies.find(one->hash)->height, Height{8});
  bodies.purge_below(Height{9});
  EXPECT_EQ(bodies.find(one->hash), nullptr);
  EXPECT_EQ(bodies.bytes(), 0U);
}

TEST(Bodies, the_lowest_heights_go_when_there_is_no_room) {
  Bodies bodies;
  bodies.executed(Height{5});
  for (std::uint8_t i = 1; i <= 5; ++i)
    keep(bodies, i, message(i, 64 * kMiB));
  EXPECT_LE(bodies.bytes(), kBodiesBytesMax);
  EXPECT_EQ(bodies.complete_from(), Height{2});
  EXPECT_EQ(bodies.find(message(1)->hash), nullptr);
  EXPECT_NE(bodies.find(message(5)->hash), nullptr);
}

// Whoever forgets what it still has to execute stands still for good: its peers forget it too.
TEST(Bodies, what_is_not_executed_stays_though_there_is_no_room) {
  Bodies bodies;
  for (std::uint8_t i = 1; i <= 6; ++i)
    keep(bodies, i, message(i, 64 * kMiB));
  for (std::uint8_t i = 1; i <= 6; ++i)
    EXPECT_NE(bodies.find(message(i)->hash), nullptr);
  bodies.executed(Height{1});
  EXPECT_EQ(bodies.find(message(1)->hash), nullptr);
  EXPECT_NE(bodies.find(message(2)->hash), nullptr);
  bodies.executed(Height{6});
  EXPECT_LE(bodies.bytes(), kBodiesBytesMax);
}

}  // namespace
}  // namespace icpd::replica
