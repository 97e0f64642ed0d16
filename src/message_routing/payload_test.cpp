#include "message_routing/payload.hpp"

#include <gtest/gtest.h>

#include "base/prng.hpp"
#include "message_routing/testing.hpp"
#include "types/limits.hpp"

namespace icpd::message_routing {
namespace {

using testing::call;
using testing::CallOptions;
using testing::state_with;
namespace limits = types::limits;

const Time kNow = Time::from_seconds(1000);

types::DataPayload payload_of(std::span<const SharedIngress> bodies) {
  types::DataPayload payload;
  for (const auto& body : bodies)
    payload.ingress.push_back(body->hash);
  return payload;
}

/// What the checker says about these messages; "" if it takes them.
std::string verdict(const state::ReplicatedState& state, std::vector<SharedIngress> bodies,
                    std::vector<SharedIngress> past = {}) {
  const PayloadBase base{state, {.time = kNow}, past};
  const auto checked = check_payload(base, payload_of(bodies), bodies);
  return checked.ok() ? "" : checked.error().message;
}

TEST(Payload, a_new_message_to_a_running_canister_is_valid) {
  EXPECT_EQ(verdict(state_with(1), {call(1)}), "");
}

TEST(Payload, refuses_an_expired_message) {
  EXPECT_EQ(verdict(state_with(1), {call(1, {.expiry = kNow})}), "");
  EXPECT_EQ(verdict(state_with(1), {call(1, {.expiry = kNow - Duration::nanoseconds(1)})}),
            "message 0: message has expired");
}

TEST(Payload, refuses_a_message_that_expires_too_late) {
  const Time latest = kNow + limits::kIngressTtlMax;
  EXPECT_EQ(verdict(state_with(1), {call(1, {.expiry = latest})}), "");
  EXPECT_EQ(verdict(state_with(1), {call(1, {.expiry = latest + Duration::nanoseconds(1)})}),
            "message 0: message expires too far in the future");
}

TEST(Payload, refuses_a_request_twice_in_one_block_even_in_another_envelope) {
  EXPECT_EQ(verdict(state_with(1), {call(1), call(1, {.envelope = 1})}),
            "message 1: message is in a block already");
}

TEST(Payload, refuses_a_request_of_a_block_since_the_certified_state) {
  EXPECT_EQ(verdict(state_with(1), {call(1)}, {call(1, {.envelope = 1})}),
            "message 0: message is in a block already");
}

TEST(Payload, refuses_a_request_that_the_history_knows) {
  auto state = state_with(1);
  state.set_ingress(testing::request_id(1), testing::canister(0), testing::user(1),
                    state::IngressReceived{});
  EXPECT_EQ(verdict(state, {call(1)}), "message 0: message was executed already");
}

TEST(Payload, refuses_a_canister_that_is_not_there) {
  EXPECT_NE(verdict(state_with(1), {call(1, {.target = 5})}), "");
}

TEST(Payload, refuses_a_canister_that_is_stopped) {
  auto state = state_with(1);
  state.update(testing::canister(0), [](state::CanisterState& c) { c.status = state::Stopped{}; });
  EXPECT_NE(verdict(state, {call(1)}), "");
}

TEST(Payload, a_canister_pays_for_all_its_messages_together) {
  auto state = state_with(1);
  // Four nodes: (1.2 M + 2,000 * 2 bytes of method) * 4 / 13.
  const std::uint64_t one = 1'204'000ULL * 4 / 13;
  state.update(testing::canister(0),
               [&](state::CanisterState& c) { c.balance = types::Cycles{3 * one}; });
  EXPECT_EQ(verdict(state, {call(1), call(2), call(3)}), "");
  EXPECT_NE(verdict(state, {call(1), call(2), call(3), call(4)}), "");
  EXPECT_NE(verdict(state, {call(1), call(2)}, {call(3), call(4)}), "");
}

TEST(Payload, refuses_more_messages_than_a_block_may_have) {
  const auto state = state_with(1);
  std::vector<SharedIngress> bodies;
  for (std::uint64_t n = 0; n <= limits::kBlockIngressCountMax; ++n)
    bodies.push_back(call(n));
  EXPECT_EQ(verdict(state, bodies), "message 1000: more messages than a block may have");
  bodies.pop_back();
  EXPECT_EQ(verdict(state, bodies), "");
}

TEST(Payload, refuses_more_bytes_than_a_block_may_have) {
  // An envelope of `call` has so much beside its argument.
  const std::size_t beside = call(1)->envelope.bytes.size();
  const CallOptions large{.arg_size = limits::kIngressMessageSizeMax - beside};
  const CallOptions larger{.arg_size = limits::kIngressMessageSizeMax - beside - 1};
  static_assert(limits::kBlockIngressSizeMax == 2 * limits::kIngressMessageSizeMax);
  EXPECT_EQ(verdict(state_with(1), {call(1, large), call(2, large)}), "");
  EXPECT_EQ(verdict(state_with(1), {call(1, larger), call(2, large), call(3)}),
            "message 2: more bytes of messages than a block may have");
}

TEST(Payload, refuses_a_message_that_is_too_large) {
  const std::size_t most = 2 * kMiB - call(1)->envelope.bytes.size();
  EXPECT_EQ(verdict(state_with(1), {call(1, {.arg_size = most})}), "");
  EXPECT_EQ(verdict(state_with(1), {call(1, {.arg_size = most + 1})}),
            "message 0: message is too large");
}

TEST(Payload, canisters_take_turns_in_a_block) {
  const auto state = state_with(3);
  const std::vector<SharedIngress> pool{call(1, {.target = 0}), call(2, {.target = 0}),
                                        call(3, {.target = 0}), call(4, {.target = 1}),
                                        call(5, {.target = 2}), call(6, {.target = 1})};
  const PayloadBase base{state, {.time = kNow}, {}};
  std::vector<types::IngressHash> expected;
  for (const std::size_t i : {0U, 3U, 4U, 1U, 5U, 2U})
    expected.push_back(pool[i]->hash);
  EXPECT_EQ(build_payload(base, pool).ingress, expected);
}

TEST(Payload, what_is_built_is_valid) {
  Prng prng(7);
  for (int round = 0; round < 20; ++round) {
    auto state = state_with(4);
    state.update(testing::canister(1),
                 [](state::CanisterState& c) { c.balance = types::Cycles{1'000'000}; });
    state.update(testing::canister(2),
                 [](state::CanisterState& c) { c.status = state::Stopped{}; });
    std::vector<SharedIngress> past;
    for (std::uint64_t n = 0; n < 5; ++n)
      past.push_back(call(n, {.target = prng.below(2)}));
    std::vector<SharedIngress> pool;
    for (int i = 0; i < 60; ++i)
      pool.push_back(call(prng.below(40), {.target = prng.below(6),
                                           .expiry = Time::from_seconds(990 + prng.below(400)),
                                           .arg_size = prng.below(300'000),
                                           .envelope = static_cast<std::uint8_t>(i)}));
    const PayloadBase base{state, {.time = kNow}, past};
    const types::DataPayload payload = build_payload(base, pool);
    EXPECT_FALSE(payload.empty());
    std::vector<SharedIngress> bodies;
    for (const auto& hash : payload.ingress)
      bodies.push_back(*std::ranges::find_if(pool, [&](const auto& m) { return m->hash == hash; }));
    EXPECT_EQ(verdict(state, bodies, past), "");
  }
}

}  // namespace
}  // namespace icpd::message_routing
