#include "node/published.hpp"

#include <gtest/gtest.h>

namespace icpd::node {
namespace {

types::RequestId request(std::uint8_t number) {
  return *types::RequestId::from(Bytes(32, number));
}
Time at(std::int64_t seconds) {
  return Time{} + Duration::seconds(seconds);
}

class PublishedTest : public ::testing::Test {
 protected:
  void wait(std::uint8_t number, std::int64_t deadline, std::string name) {
    published_.wait_for(request(number), at(deadline),
                        [this, name = std::move(name)](const SharedView&) { called_ += name; });
  }
  /// Who is called now.
  std::string call(std::vector<Published::Waiter> waiters) {
    called_.clear();
    for (Published::Waiter& waiter : waiters)
      waiter(nullptr);
    return called_;
  }
  Published published_;
  std::string called_;
};

TEST_F(PublishedTest, all_who_wait_for_a_call_hear_of_its_end) {
  wait(1, 10, "a");
  wait(2, 10, "b");
  wait(1, 12, "c");
  EXPECT_EQ(called_, "");
  EXPECT_EQ(call(published_.publish(nullptr, {request(1), request(3)})), "ac");
  EXPECT_EQ(published_.next_deadline(), at(10));
  EXPECT_EQ(call(published_.expire(at(100))), "b");
  EXPECT_EQ(published_.next_deadline(), std::nullopt);
}

TEST_F(PublishedTest, each_is_called_when_its_own_time_is_up) {
  wait(1, 12, "a");
  wait(1, 10, "b");
  wait(1, 10, "c");
  EXPECT_EQ(call(published_.expire(at(9))), "");
  EXPECT_EQ(call(published_.expire(at(10))), "bc");
  EXPECT_EQ(published_.next_deadline(), at(12));
  EXPECT_EQ(call(published_.publish(nullptr, {request(1)})), "a");
}

TEST_F(PublishedTest, nobody_waits_where_too_many_do) {
  for (std::size_t i = 0; i < Published::kWaitersMax; ++i)
    wait(1, 10, "x");
  wait(2, 10, "a");
  EXPECT_EQ(called_, "a");
}

}  // namespace
}  // namespace icpd::node
