#include "io/linux/detail/rate_limit.hpp"

#include <gtest/gtest.h>

namespace icpd::io::linux::detail {
namespace {

TEST(RateLimit, allows_a_burst_and_then_the_rate) {
  RateLimit limit(10, 3);
  const Duration start = Duration::seconds(5);
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(limit.allow("a", start));
  EXPECT_FALSE(limit.allow("a", start));
  EXPECT_TRUE(limit.allow("b", start)) << "each address has its own";
  EXPECT_FALSE(limit.allow("a", start + Duration::milliseconds(99)));
  EXPECT_TRUE(limit.allow("a", start + Duration::milliseconds(101)));
  EXPECT_FALSE(limit.allow("a", start + Duration::milliseconds(102)));
}

TEST(RateLimit, of_zero_is_none) {
  RateLimit limit(0, 0);
  for (int i = 0; i < 1000; ++i)
    EXPECT_TRUE(limit.allow("a", Duration{}));
}

TEST(RateLimit, remembers_a_bounded_number_of_addresses) {
  RateLimit limit(1, 1);
  EXPECT_TRUE(limit.allow("first", Duration{}));
  EXPECT_FALSE(limit.allow("first", Duration{}));
  for (std::size_t i = 0; i < RateLimit::kAddressesMax; ++i)
    EXPECT_TRUE(limit.allow(std::to_string(i), Duration{}));
  EXPECT_TRUE(limit.allow("first", Duration{})) << "forgotten";
}

}  // namespace
}  // namespace icpd::io::linux::detail
