#include "sim/order_checks.hpp"

#include <gtest/gtest.h>

#include "certification/envelope.hpp"
#include "consensus/fast_crypto.hpp"
#include "sim/network.hpp"

namespace icpd::sim {
namespace {

using types::Height;

constexpr Time kNow = Time::from_seconds(1'700'000'000);

class OrderChecksTest : public testing::Test {
 protected:
  [[nodiscard]] static Shared<types::IngressMessage> message(std::uint8_t nonce,
                                                             Duration lifetime) {
    types::CallContent call;
    call.sender = types::Principal::anonymous();
    call.canister_id = types::canister_id_from_index(0);
    call.method_name = "increment";
    call.nonce = Slice(Bytes(8, nonce));
    call.ingress_expiry = kNow + lifetime;
    const Slice bytes(certification::encode_envelope(call, std::nullopt));
    return Shared<types::IngressMessage>(
        types::IngressMessage{certification::parse_envelope(bytes).value(),
                              *types::IngressHash::from(crypto::sha256(bytes))});
  }
  [[nodiscard]] static types::Batch batch(std::uint64_t height) {
    types::Batch made;
    made.height = Height{height};
    made.time = kNow + Duration::nanoseconds(static_cast<std::int64_t>(height));
    return made;
  }
  [[nodiscard]] Shared<consensus::Committee> committee() const {
    const auto crypto = consensus::make_fast_crypto();
    return consensus::Committee::make(*crypto, *subnet_.registry, subnet_.id,
                                      subnet_.registry->subnet(subnet_.id).initial_transcripts)
        .value();
  }
  void execute(const types::Batch& batch) { checks_.executes(batch, kNow, statements_); }
  void fails(const std::string& what) {
    ASSERT_EQ(failures_.size(), 1u);
    EXPECT_EQ(failures_.front().substr(0, what.size()), what);
  }

  Subnet subnet_ = make_subnet({.nodes = 4});
  std::vector<std::string> failures_;
  Statements statements_{subnet_.nodes, [](const std::string&) {}};
  OrderChecks checks_{committee(),
                      [this](std::string what) { failures_.push_back(std::move(what)); }};
};

TEST_F(OrderChecksTest, every_node_executes_the_same) {
  types::Batch first = batch(1);
  first.ingress = {message(1, Duration::seconds(60))};
  execute(first);
  execute(batch(2));
  execute(first);
  EXPECT_TRUE(failures_.empty()) << failures_.front();
}

TEST_F(OrderChecksTest, randomness_of_a_height_is_one) {
  types::Batch other = batch(1);
  other.randomness.bytes[0] = 1;
  execute(batch(1));
  execute(other);
  fails("order: two batches of height 1");
}

TEST_F(OrderChecksTest, the_order_of_messages_is_one) {
  types::Batch first = batch(1);
  first.ingress = {message(1, Duration::seconds(60)), message(2, Duration::seconds(60))};
  types::Batch other = batch(1);
  other.ingress = {first.ingress[1], first.ingress[0]};
  execute(first);
  execute(other);
  fails("order: two batches of height 1");
}

TEST_F(OrderChecksTest, time_grows) {
  types::Batch second = batch(2);
  second.time = batch(1).time;
  execute(batch(1));
  execute(second);
  fails("time: it doesn't grow at height 2");
}

TEST_F(OrderChecksTest, no_block_is_of_the_future) {
  types::Batch first = batch(1);
  first.time = kNow + kSkewMax + Duration::nanoseconds(1);
  execute(first);
  fails("time: height 1 is ahead");
}

TEST_F(OrderChecksTest, a_request_is_in_one_batch) {
  types::Batch first = batch(1);
  first.ingress = {message(1, Duration::seconds(60))};
  types::Batch second = batch(2);
  second.ingress = first.ingress;
  execute(first);
  execute(second);
  fails("at most once");
}

TEST_F(OrderChecksTest, a_request_that_has_expired_is_in_none) {
  types::Batch first = batch(1);
  first.ingress = {message(1, Duration{})};
  execute(first);
  fails("expiry");
}

TEST_F(OrderChecksTest, a_request_that_expires_too_late_is_in_none) {
  types::Batch first = batch(1);
  first.ingress = {message(1, Duration::minutes(6))};
  execute(first);
  fails("expiry");
}

TEST_F(OrderChecksTest, makers_take_the_turns_that_the_beacon_says) {
  const types::Beacon beacon{{Height{1}, {}}, {}};
  const auto encoded = types::encode(types::Artifact(beacon));
  statements_.sent(0, {subnet_.nodes[1],
                       {},
                       p2p::Channel::kUrgent,
                       p2p::encode(p2p::Update{p2p::CommitNumber{1}, p2p::SlotNumber{0},
                                               encoded->id, encoded->bytes})});
  const auto makers = committee()->makers(beacon);
  types::Batch second = batch(2);
  second.block_maker = makers[1];
  second.block_rank = types::Rank{1};
  second.failed_makers = {makers[0]};
  execute(second);
  EXPECT_TRUE(failures_.empty());
  OrderChecks others(committee(),
                     [this](std::string what) { failures_.push_back(std::move(what)); });
  second.block_rank = types::Rank{0};
  others.executes(second, kNow, statements_);
  fails("turn");

  failures_.clear();
  OrderChecks blamed(committee(),
                     [this](std::string what) { failures_.push_back(std::move(what)); });
  second.block_rank = types::Rank{1};
  second.failed_makers = {makers[1]};
  blamed.executes(second, kNow, statements_);
  fails("blame");
}

TEST_F(OrderChecksTest, what_a_lone_node_lost_may_come_again_and_differ) {
  types::Batch lost = batch(2);
  lost.ingress.push_back(message(1, Duration::minutes(1)));
  execute(batch(1));
  execute(lost);
  checks_.forget_from(Height{2});
  execute(batch(2));
  types::Batch later = batch(3);
  later.ingress = lost.ingress;
  execute(later);
  EXPECT_TRUE(failures_.empty());
  types::Batch other = batch(1);
  other.time = kNow;
  execute(other);
  fails("order: two batches of height 1");
}

}  // namespace
}  // namespace icpd::sim
