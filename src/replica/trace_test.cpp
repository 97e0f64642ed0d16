#include "replica/trace.hpp"

#include <gtest/gtest.h>

#include "state/testing.hpp"

namespace icpd::replica {
namespace {

using state::testing::request_id;

RequestTrace trace(std::uint64_t n, std::string method = "go") {
  return {.request = request_id(n), .method = std::move(method)};
}

TEST(OpenTraces, keep_what_they_follow_until_it_is_taken) {
  OpenTraces open;
  EXPECT_FALSE(open.follow(trace(1)));
  ASSERT_NE(open.find(request_id(1)), nullptr);
  open.find(request_id(1))->instructions = 7;
  const auto taken = open.take(request_id(1));
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->instructions, 7U);
  EXPECT_EQ(open.find(request_id(1)), nullptr);
  EXPECT_FALSE(open.take(request_id(1)));
}

TEST(OpenTraces, follow_a_call_from_when_it_was_first_seen) {
  OpenTraces open;
  EXPECT_FALSE(open.follow(trace(1, "first")));
  EXPECT_FALSE(open.follow(trace(1, "again")));
  EXPECT_EQ(open.find(request_id(1))->method, "first");
  EXPECT_EQ(open.size(), 1U);
}

TEST(OpenTraces, give_up_the_oldest_when_there_are_too_many) {
  OpenTraces open;
  for (std::uint64_t n = 0; n < OpenTraces::kSizeMax; ++n)
    ASSERT_FALSE(open.follow(trace(n)));
  const auto given_up = open.follow(trace(OpenTraces::kSizeMax));
  ASSERT_TRUE(given_up);
  EXPECT_EQ(given_up->request, request_id(0));
  EXPECT_EQ(open.size(), OpenTraces::kSizeMax);
}

TEST(TraceStore, keeps_the_last_ten_thousand) {
  TraceStore store;
  for (std::uint64_t n = 0; n <= TraceStore::kSizeMax; ++n)
    store.add(trace(n));
  EXPECT_EQ(store.size(), 10'000U);
  EXPECT_EQ(store.find(request_id(0)), nullptr);
  EXPECT_NE(store.find(request_id(1)), nullptr);
}

TEST(TraceStore, replaces_a_trace_that_comes_again) {
  TraceStore store;
  store.add(trace(1, "given up"));
  store.add(trace(1, "ended"));
  EXPECT_EQ(store.size(), 1U);
  EXPECT_EQ(store.find(request_id(1))->method, "ended");
}

}  // namespace
}  // namespace icpd::replica
