#include "state/ingress_history.hpp"

#include <gtest/gtest.h>

#include "state/testing.hpp"

namespace icpd::state {
namespace {

using testing::canister;
using testing::request_id;
using testing::user;

IngressStatus at(std::uint64_t seconds, IngressState state) {
  return {canister(1), user(1), Time::from_seconds(seconds), std::move(state)};
}
IngressReplied reply(std::size_t size) {
  return {Slice(Bytes(size))};
}

TEST(IngressHistory, forgets_a_final_entry_five_minutes_after_it_became_final) {
  IngressHistory history;
  history.set(request_id(1), at(100, IngressReceived{}));
  history.set(request_id(1), at(110, reply(5)));
  EXPECT_EQ(history.next_prune(), Time::from_seconds(410));
  history.prune(Time::from_seconds(410));
  EXPECT_TRUE(history.contains(request_id(1)));
  history.prune(Time::from_seconds(410) + Duration::nanoseconds(1));
  EXPECT_FALSE(history.contains(request_id(1)));
  EXPECT_EQ(history.memory_bytes(), 0U);
  EXPECT_FALSE(history.next_prune().has_value());
}

TEST(IngressHistory, keeps_what_is_not_final) {
  IngressHistory history;
  history.set(request_id(1), at(100, IngressReceived{}));
  history.set(request_id(2), at(100, IngressReceived{}));
  history.set(request_id(2), at(100, IngressProcessing{}));
  history.prune(Time::max());
  EXPECT_EQ(history.size(), 2U);
}

TEST(IngressHistory, reduces_the_oldest_answers_when_memory_runs_out) {
  IngressHistory history;
  for (std::uint64_t n = 0; n < 10; ++n)
    history.set(request_id(n), at(100 + n, reply(1000)));
  const std::uint64_t full = history.memory_bytes();
  history.prune(Time::from_seconds(120), full - 1500);
  for (std::uint64_t n = 0; n < 10; ++n)
    EXPECT_EQ(std::holds_alternative<IngressDone>(history.find(request_id(n))->state), n < 2) << n;
  EXPECT_EQ(history.memory_bytes(), full - 2000);
}

TEST(IngressHistory, reduces_all_of_one_time_together) {
  IngressHistory history;
  for (std::uint64_t n = 0; n < 4; ++n)
    history.set(request_id(n), at(100 + n / 2, reply(1000)));
  history.prune(Time::from_seconds(120), history.memory_bytes() - 1);
  for (std::uint64_t n = 0; n < 4; ++n)
    EXPECT_EQ(std::holds_alternative<IngressDone>(history.find(request_id(n))->state), n < 2) << n;
}

TEST(IngressHistory, goes_on_reducing_where_it_stopped) {
  IngressHistory history;
  for (std::uint64_t n = 0; n < 4; ++n)
    history.set(request_id(n), at(100 + n, reply(1000)));
  for (std::uint64_t done = 1; done <= 4; ++done) {
    history.prune(Time::from_seconds(120), history.memory_bytes() - 1);
    for (std::uint64_t n = 0; n < 4; ++n)
      EXPECT_EQ(std::holds_alternative<IngressDone>(history.find(request_id(n))->state), n < done);
  }
}

TEST(IngressHistory, digest_covers_status_and_answer) {
  const auto digest = [](IngressState state) {
    return IngressStatusDigest::digest(request_id(1), at(1, std::move(state)));
  };
  EXPECT_NE(digest(IngressReceived{}), digest(IngressProcessing{}));
  EXPECT_NE(digest(reply(1)), digest(reply(2)));
}

TEST(IngressHistoryDeathTest, a_final_status_stays) {
  IngressHistory history;
  history.set(request_id(1), at(1, reply(1)));
  EXPECT_DEATH(history.set(request_id(1), at(2, IngressProcessing{})), "only goes forward");
}

}  // namespace
}  // namespace icpd::state
