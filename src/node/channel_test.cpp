#include "node/channel.hpp"

#include <gtest/gtest.h>
#include <thread>

namespace icpd::node {
namespace {

TEST(Channel, gives_values_in_their_order_up_to_its_capacity) {
  Channel<int> channel(2);
  EXPECT_TRUE(channel.try_push(1));
  EXPECT_TRUE(channel.try_push(2));
  EXPECT_FALSE(channel.try_push(3));
  EXPECT_EQ(channel.pop_all(std::nullopt), (std::deque<int>{1, 2}));
  EXPECT_TRUE(channel.pop_all(Duration{}).empty());
}

TEST(Channel, takes_nothing_once_it_is_closed) {
  Channel<int> channel(2);
  EXPECT_TRUE(channel.push(1));
  channel.close();
  EXPECT_FALSE(channel.push(2));
  int value = 0;
  EXPECT_TRUE(channel.pop(value));
  EXPECT_EQ(value, 1);
  EXPECT_FALSE(channel.pop(value));
}

TEST(Channel, waits_for_a_value_however_long_the_wait_may_be) {
  Channel<int> channel(1);
  std::thread other([&] { channel.push(7); });
  EXPECT_EQ(channel.pop_all(Duration::max()), std::deque<int>{7});
  other.join();
}

}  // namespace
}  // namespace icpd::node
