#include "state/queues.hpp"

#include <gtest/gtest.h>

#include "base/prng.hpp"
#include "state/testing.hpp"

namespace icpd::state {
namespace {

using testing::canister;
using testing::ingress;
using testing::make_reply;
using testing::make_request;
using types::CoarseTime;

constexpr std::uint64_t kSelf = 0;

SharedRequest in(std::uint64_t from, std::uint64_t callback = 1, std::uint64_t payment = 0,
                 std::uint32_t deadline = 0) {
  return SharedRequest(make_request(from, kSelf, callback, payment, deadline));
}
SharedRequest out(std::uint64_t to, std::uint64_t callback = 1, std::uint64_t payment = 0,
                  std::uint32_t deadline = 0) {
  return SharedRequest(make_request(kSelf, to, callback, payment, deadline));
}
SharedResponse reply_to(const SharedRequest& request, std::uint64_t refund = 0) {
  return SharedResponse(make_reply(*request, refund));
}

/// Callback of the next request, or "i<n>" for the n-th ingress, or "r<callback>" for a response.
std::string pop(CanisterQueues& queues) {
  const auto input = queues.pop_input();
  if (!input.has_value()) return "-";
  if (const auto* request = std::get_if<SharedRequest>(&*input))
    return std::to_string((*request)->callback.value);
  if (const auto* response = std::get_if<SharedResponse>(&*input))
    return "r" + std::to_string((*response)->callback.value);
  return "i";
}

TEST(Queues, inputs_take_turns_between_local_ingress_and_remote) {
  CanisterQueues queues;
  for (std::uint64_t n = 0; n < 2; ++n) {
    ASSERT_TRUE(queues.push_request_in(in(1, 10 + n), SenderIs::kLocal).ok());
    ASSERT_TRUE(queues.push_request_in(in(2, 20 + n), SenderIs::kRemote).ok());
    queues.push_ingress(ingress(n, kSelf));
  }
  std::string order;
  for (int i = 0; i < 7; ++i)
    order += pop(queues) + " ";
  EXPECT_EQ(order, "10 i 20 11 i 21 - ");
}

TEST(Queues, local_senders_take_turns_and_keep_their_own_order) {
  CanisterQueues queues;
  for (const std::uint64_t callback : {10U, 11U, 12U})
    ASSERT_TRUE(queues.push_request_in(in(1, callback), SenderIs::kLocal).ok());
  for (const std::uint64_t callback : {20U, 21U})
    ASSERT_TRUE(queues.push_request_in(in(2, callback), SenderIs::kLocal).ok());
  std::string order;
  for (int i = 0; i < 5; ++i)
    order += pop(queues) + " ";
  EXPECT_EQ(order, "10 20 11 21 12 ");
}

TEST(Queues, a_queue_takes_500_requests_and_not_one_more) {
  CanisterQueues queues;
  for (std::uint64_t n = 0; n < 500; ++n)
    ASSERT_TRUE(queues.push_request_in(in(1, n), SenderIs::kLocal).ok());
  const auto refused = queues.push_request_in(in(1, 500), SenderIs::kLocal);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error(), QueueError::kQueueFull);
  EXPECT_TRUE(queues.push_request_in(in(2, 500), SenderIs::kLocal).ok());
}

TEST(Queues, executing_a_request_makes_room_only_when_it_is_answered) {
  CanisterQueues queues;
  for (std::uint64_t n = 0; n < 500; ++n)
    ASSERT_TRUE(queues.push_request_in(in(1, n), SenderIs::kLocal).ok());
  EXPECT_EQ(pop(queues), "0");
  EXPECT_FALSE(queues.push_request_in(in(1, 501), SenderIs::kLocal).ok()) << "its response's slot";
  queues.push_response_out(reply_to(in(1, 0)));
  static_cast<void>(queues.pop_output(canister(1)));
  EXPECT_TRUE(queues.push_request_in(in(1, 501), SenderIs::kLocal).ok());
}

TEST(Queues, a_response_needs_a_request_that_was_sent) {
  CanisterQueues queues;
  const auto refused = queues.push_response_in(reply_to(out(1)), SenderIs::kLocal);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error(), QueueError::kNonMatchingResponse);
}

TEST(Queues, a_callback_gets_one_response) {
  CanisterQueues queues;
  ASSERT_TRUE(queues.push_request_out(out(1, 7), Time{}).ok());
  ASSERT_TRUE(queues.push_request_out(out(1, 8), Time{}).ok());
  static_cast<void>(queues.pop_output(canister(1)));
  EXPECT_TRUE(queues.push_response_in(reply_to(out(1, 7)), SenderIs::kLocal).ok());
  EXPECT_FALSE(queues.push_response_in(reply_to(out(1, 7)), SenderIs::kLocal).ok());
}

TEST(Queues, a_guaranteed_request_waits_300_seconds_for_its_way_out) {
  CanisterQueues queues;
  ASSERT_TRUE(queues.push_request_out(out(1, 7, 50), Time::from_seconds(1000)).ok());
  EXPECT_EQ(queues.next_expiry(), CoarseTime{1300});
  EXPECT_TRUE(queues.time_out(CoarseTime{1300}).empty());
  EXPECT_TRUE(queues.has_output());
  EXPECT_TRUE(queues.time_out(CoarseTime{1301}).empty());
  EXPECT_FALSE(queues.has_output());
  const auto input = queues.pop_input();
  const auto& response = *std::get<SharedResponse>(*input);
  EXPECT_EQ(response.refund, types::Cycles{50});
  EXPECT_EQ(std::get<types::Reject>(response.payload),
            (types::Reject{types::RejectCode::kSysTransient, "Request timed out."}));
}

TEST(Queues, an_expired_best_effort_input_is_dropped_and_refunded) {
  CanisterQueues queues;
  ASSERT_TRUE(queues.push_request_in(in(1, 7, 50, 1000), SenderIs::kLocal).ok());
  EXPECT_EQ(queues.time_out(CoarseTime{1001}),
            (std::vector<Refund>{{canister(1), types::Cycles{50}}}));
  EXPECT_FALSE(queues.has_input());
  EXPECT_TRUE(queues.empty()) << "the slot of its response is free";
}

TEST(Queues, an_expired_best_effort_response_is_dropped_and_refunded) {
  CanisterQueues queues;
  ASSERT_TRUE(queues.push_request_in(in(1, 7, 50, 1000), SenderIs::kLocal).ok());
  EXPECT_EQ(pop(queues), "7");
  queues.push_response_out(reply_to(in(1, 7, 50, 1000), 50));
  EXPECT_EQ(queues.time_out(CoarseTime{1001}),
            (std::vector<Refund>{{canister(1), types::Cycles{50}}}));
  EXPECT_TRUE(queues.empty());
}

TEST(Queues, dropping_from_the_middle_keeps_the_order_of_the_rest) {
  CanisterQueues queues;
  ASSERT_TRUE(queues.push_request_in(in(1, 1), SenderIs::kLocal).ok());
  ASSERT_TRUE(queues.push_request_in(in(1, 2, 0, 1000), SenderIs::kLocal).ok());
  ASSERT_TRUE(queues.push_request_in(in(1, 3), SenderIs::kLocal).ok());
  static_cast<void>(queues.time_out(CoarseTime{2000}));
  std::string order;
  for (int i = 0; i < 3; ++i)
    order += pop(queues);
  EXPECT_EQ(order, "13-");
}

TEST(Queues, shedding_takes_the_largest_best_effort_message) {
  CanisterQueues queues;
  auto large = make_request(1, kSelf, 1, 5, 1000);
  large.arg = Slice(Bytes(1000));
  ASSERT_TRUE(queues.push_request_in(SharedRequest(large), SenderIs::kLocal).ok());
  ASSERT_TRUE(queues.push_request_in(in(2, 2, 0, 1000), SenderIs::kLocal).ok());
  ASSERT_TRUE(queues.push_request_in(in(3, 3), SenderIs::kLocal).ok());
  EXPECT_EQ(*queues.shed_largest(), (std::vector<Refund>{{canister(1), types::Cycles{5}}}));
  EXPECT_TRUE(queues.shed_largest().has_value());
  EXPECT_FALSE(queues.shed_largest().has_value()) << "guaranteed requests stay";
  EXPECT_EQ(queues.best_effort_memory_bytes(), 0U);
  EXPECT_EQ(pop(queues), "3");
}

TEST(Queues, a_shed_response_becomes_an_unknown_outcome) {
  CanisterQueues queues;
  ASSERT_TRUE(queues.push_request_out(out(1, 7, 50, 1000), Time{}).ok());
  static_cast<void>(queues.pop_output(canister(1)));
  ASSERT_TRUE(queues.push_response_in(reply_to(out(1, 7, 50, 1000), 50), SenderIs::kLocal).ok());
  EXPECT_EQ(*queues.shed_largest(), (std::vector<Refund>{{canister(kSelf), types::Cycles{50}}}));
  EXPECT_FALSE(queues.shed_largest().has_value());
  const auto input = queues.pop_input();
  EXPECT_EQ(std::get<types::Reject>(std::get<SharedResponse>(*input)->payload),
            (types::Reject{types::RejectCode::kSysUnknown, "Response was dropped."}));
}

TEST(Queues, expired_ingress_is_given_back) {
  CanisterQueues queues;
  queues.push_ingress(ingress(1, kSelf, Time::from_seconds(10)));
  queues.push_ingress(ingress(2, kSelf, Time::from_seconds(20)));
  EXPECT_EQ(queues.first_ingress_expiry(), Time::from_seconds(10));
  EXPECT_TRUE(queues.expire_ingress(Time::from_seconds(10)).empty());
  const auto expired = queues.expire_ingress(Time::from_seconds(15));
  ASSERT_EQ(expired.size(), 1U);
  EXPECT_EQ(expired[0]->id, testing::request_id(1));
  EXPECT_EQ(queues.ingress_count(), 1U);
}

TEST(Queues, memory_of_guaranteed_responses_is_held_until_they_are_executed) {
  CanisterQueues queues;
  ASSERT_TRUE(queues.push_request_out(out(1, 7), Time{}).ok());
  EXPECT_GE(queues.guaranteed_memory_bytes(), types::limits::kReplySizeMax);
  static_cast<void>(queues.pop_output(canister(1)));
  EXPECT_GE(queues.guaranteed_memory_bytes(), types::limits::kReplySizeMax);
  ASSERT_TRUE(queues.push_response_in(reply_to(out(1, 7)), SenderIs::kLocal).ok());
  EXPECT_LT(queues.guaranteed_memory_bytes(), types::limits::kReplySizeMax);
  EXPECT_EQ(pop(queues), "r7");
  EXPECT_EQ(queues.guaranteed_memory_bytes(), 0U);
}

TEST(Queues, record_restores_everything) {
  Prng prng(3);
  for (int round = 0; round < 20; ++round) {
    CanisterQueues queues;
    for (std::uint64_t n = 0; n < 30; ++n) {
      const std::uint32_t deadline = prng.chance(1, 2) ? 0 : 1000 + prng.below(5);
      switch (prng.below(5)) {
        case 0:
          queues.push_ingress(ingress(n, prng.below(3), Time::from_seconds(prng.below(9))));
          break;
        case 1:
          static_cast<void>(queues.push_request_out(out(prng.below(3), n, n, deadline), Time{}));
          break;
        case 2:
          static_cast<void>(queues.time_out(CoarseTime{1002}));
          break;
        case 3:
          static_cast<void>(queues.pop_input());
          break;
        default:
          static_cast<void>(
              queues.push_request_in(in(prng.below(3), n, n, deadline), SenderIs::kLocal));
      }
    }
    const Bytes record = codec::to_record(queues);
    auto read = codec::from_record<CanisterQueues>(Slice(record));
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(codec::to_record(*read), record);
    EXPECT_EQ(read->cycles(), queues.cycles());
    EXPECT_EQ(read->next_expiry(), queues.next_expiry());
    EXPECT_EQ(read->guaranteed_memory_bytes(), queues.guaranteed_memory_bytes());
    EXPECT_EQ(read->best_effort_memory_bytes(), queues.best_effort_memory_bytes());
    while (queues.has_input() || read->has_input())
      ASSERT_EQ(pop(*read), pop(queues));
  }
}

}  // namespace
}  // namespace icpd::state
