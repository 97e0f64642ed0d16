#include "crypto/secret.hpp"

#include <gtest/gtest.h>

#include "crypto/random.hpp"

namespace icpd::crypto {
namespace {

TEST(Secret, compares_by_content_and_size) {
  EXPECT_TRUE(constant_time_equal(as_bytes("abc"), as_bytes("abc")));
  EXPECT_FALSE(constant_time_equal(as_bytes("abc"), as_bytes("abd")));
  EXPECT_FALSE(constant_time_equal(as_bytes("abc"), as_bytes("ab")));
  EXPECT_TRUE(constant_time_equal({}, {}));
}

TEST(Secret, leaves_zeros_behind_when_moved) {
  SecretBytes<4> source(Bytes{1, 2, 3, 4});
  const SecretBytes<4> kept = source.clone();
  const SecretBytes<4> target = std::move(source);
  EXPECT_EQ(to_hex(target.view()), "01020304");
  EXPECT_EQ(to_hex(kept.view()), "01020304");
  EXPECT_EQ(to_hex(source.view()), "00000000");  // NOLINT: what a move leaves is the point
}

}  // namespace
}  // namespace icpd::crypto
