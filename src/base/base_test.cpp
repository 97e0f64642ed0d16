#include <gtest/gtest.h>
#include <memory>
#include <set>

#include "base/bounded.hpp"
#include "base/bytes.hpp"
#include "base/prng.hpp"
#include "base/result.hpp"
#include "base/shared.hpp"
#include "base/strong.hpp"
#include "base/units.hpp"

namespace icpd {
namespace {

using Count = Strong<struct CountTag, std::uint64_t>;

Result<int> positive(int x) {
  if (x <= 0) return Err("not positive");
  return x;
}

Result<std::string> doubled_text(int x) {
  const int value = TRY(positive(x));
  return std::to_string(2 * value);
}

TEST(Result, try_returns_the_error_to_the_caller) {
  EXPECT_EQ(doubled_text(4).value(), "8");
  EXPECT_EQ(doubled_text(0).error().message, "not positive");
}

TEST(Result, combinators_pass_the_error_through) {
  EXPECT_EQ(*positive(3).map([](int x) { return x + 1; }), 4);
  EXPECT_FALSE(positive(-1).map([](int x) { return x + 1; }).ok());
  EXPECT_EQ(positive(5).and_then(doubled_text).value(), "10");
  EXPECT_EQ(positive(-1).map_error([](const Error& e) { return e.message.size(); }).error(), 12u);
}

TEST(Result, holds_values_that_can_only_be_moved) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
  const std::unique_ptr<int> owned = std::move(result).value();
  EXPECT_EQ(*owned, 7);
}

TEST(ResultDeathTest, reading_the_value_of_a_failure_ends_the_process) {
  EXPECT_DEATH((void)positive(-1).value(), "invariant broken");
}

TEST(Bytes, hex_round_trips_and_rejects_what_is_not_hex) {
  EXPECT_EQ(to_hex(*from_hex("00ffA5")), "00ffa5");
  EXPECT_FALSE(from_hex("0"));
  EXPECT_FALSE(from_hex("0g"));
}

TEST(Bytes, compare_orders_by_unsigned_bytes_with_a_prefix_first) {
  EXPECT_TRUE(compare(as_bytes("a"), as_bytes("ab")) < 0);
  EXPECT_TRUE(compare(Bytes{0x80}, Bytes{0x7F, 0xFF}) > 0);
  EXPECT_TRUE(compare({}, {}) == 0);
}

TEST(Bytes, big_endian_round_trips) {
  Bytes out;
  append_be<std::uint32_t>(out, 0x01020304);
  EXPECT_EQ(to_hex(out), "01020304");
  EXPECT_EQ(load_be<std::uint32_t>(out), 0x01020304u);
}

TEST(Bytes, utf8_follows_the_unicode_table_of_well_formed_sequences) {
  EXPECT_TRUE(is_utf8(as_bytes("grüße, 世界, 🌍")));
  EXPECT_FALSE(is_utf8(Bytes{0xC0, 0x80}));              // overlong
  EXPECT_FALSE(is_utf8(Bytes{0xED, 0xA0, 0x80}));        // surrogate
  EXPECT_FALSE(is_utf8(Bytes{0xF4, 0x90, 0x80, 0x80}));  // above U+10FFFF
  EXPECT_FALSE(is_utf8(Bytes{0xE2, 0x82}));              // cut off
}

TEST(Slice, parts_share_the_owner_and_outlive_it) {
  Slice part;
  const std::uint8_t* where = nullptr;
  {
    const Slice whole(to_bytes("hello world"));
    part = whole.part(6, 5);
    where = whole.data() + 6;
  }
  EXPECT_EQ(part.data(), where);
  EXPECT_EQ(as_text(part), "world");
}

TEST(SliceDeathTest, a_part_outside_ends_the_process) {
  const Slice whole(to_bytes("abc"));
  EXPECT_DEATH((void)whole.part(2, 2), "invariant broken");
}

TEST(StrongDeathTest, arithmetic_is_checked_at_both_ends) {
  EXPECT_EQ((Count{5} - Count{3}), 2u);
  EXPECT_EQ(Count{3}.minus_or_zero(5), Count{0});
  EXPECT_DEATH((void)(Count{1} - 2), "below zero");
  EXPECT_DEATH((void)(Count::max() + 1), "overflow");
}

TEST(Time, arithmetic_saturates) {
  EXPECT_EQ(Time::max() + Duration::seconds(1), Time::max());
  EXPECT_EQ(Time{5} - Duration::seconds(1), Time{0});
  EXPECT_EQ(Time{0} + Duration{INT64_MIN}, Time{0});
  EXPECT_EQ((Time{0} - Time::max()).ns, -INT64_MAX);
  EXPECT_EQ(Time::from_seconds(3) - Time::from_seconds(1), Duration::seconds(2));
}

TEST(Cow, a_copy_is_shared_until_it_is_written) {
  Cow<std::string> first(std::string("a"));
  Cow<std::string> second = first;
  EXPECT_TRUE(first.same(second));
  second.write() += "b";
  EXPECT_EQ(*first, "a");
  EXPECT_EQ(*second, "ab");
  const std::string* storage = &*second;
  second.write() += "c";
  EXPECT_EQ(&*second, storage) << "an only holder writes in place";
}

TEST(BoundedQueue, refuses_what_exceeds_its_capacity) {
  BoundedQueue<int> queue(2);
  EXPECT_TRUE(queue.try_push(1));
  EXPECT_TRUE(queue.try_push(2));
  EXPECT_FALSE(queue.try_push(3));
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_TRUE(queue.try_push(3));
}

// First outputs of xoshiro256** from the state that SplitMix64 makes of seed 42, computed with an
// independent implementation of the published algorithms.
TEST(Prng, gives_the_published_sequence) {
  Prng prng(42);
  EXPECT_EQ(prng.next(), 1546998764402558742u);
  EXPECT_EQ(prng.next(), 6990951692964543102u);
  EXPECT_EQ(prng.next(), 12544586762248559009u);
}

TEST(Prng, below_stays_below_and_reaches_every_value) {
  Prng prng(1);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t draw = prng.below(7);
    ASSERT_LT(draw, 7u);
    seen.insert(draw);
  }
  EXPECT_EQ(seen.size(), 7u);
}

}  // namespace
}  // namespace icpd
