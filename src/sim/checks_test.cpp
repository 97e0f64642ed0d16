// Each check speaks up when what it watches over doesn't hold.
#include "sim/checks.hpp"

#include <gtest/gtest.h>

#include "consensus/fast_crypto.hpp"
#include "sim/network.hpp"
#include "state/certified_tree.hpp"
#include "state/testing.hpp"

namespace icpd::sim {
namespace {

using state::testing::request_id;
using types::Height;

const types::CanisterId kCounter = counter_canister();

class ChecksTest : public testing::Test {
 protected:
  ChecksTest() : checks_(subnet_) {}

  [[nodiscard]] Shared<consensus::ThresholdKey> key() const {
    const auto& transcripts = subnet_.registry->subnet(subnet_.id).initial_transcripts;
    return crypto_->load(transcripts.high).value();
  }
  [[nodiscard]] static message_routing::BatchOutcome outcome(
      std::uint8_t root, const std::vector<std::uint64_t>& requests = {}) {
    message_routing::BatchOutcome made;
    made.root.bytes[0] = root;
    for (const std::uint64_t request : requests)
      made.execution.traces.push_back(
          {.request = request_id(request), .canister = kCounter, .method = "increment"});
    return made;
  }
  [[nodiscard]] crypto::BlsSignature signature_of(const types::CertificationContent& content) {
    consensus::CombineThreshold job{key(), types::signed_message(content), {}};
    for (std::uint32_t i = 0; i < 3; ++i) {
      const crypto::MemberIndex index{i};
      const auto signer = consensus::make_fast_signer(subnet_.keys[i], index);
      job.shares.push_back({index, *signer->sign_share(*job.key->transcript, job.message)});
    }
    return crypto_->combine(job).signature.value();
  }
  /// A certified state of this height whose counter shows `value` increments and `notes` notes.
  [[nodiscard]] replica::PublishCertified certified(Height height, std::uint8_t root,
                                                    std::uint64_t value, std::uint64_t notes = 0) {
    replica::PublishCertified published;
    published.certification.content.height = height;
    published.certification.content.root.bytes[0] = root;
    published.certification.signature = signature_of(published.certification.content);
    state::ReplicatedState state(*subnet_.genesis_state);
    state.write_metadata().height = height;
    auto canister = state::testing::make_canister(0);
    Bytes data;
    append_le(data, value);
    append_le(data, notes);
    append_le(data, std::uint64_t{0});
    canister.write().certified_data = Slice(std::move(data));
    state.put(std::move(canister));
    published.state = replica::Snapshot(std::move(state));
    return published;
  }
  /// A state with its root, in which the counter was credited with so many queries.
  [[nodiscard]] replica::PublishCertified shown(Height height, std::uint64_t calls) const {
    replica::PublishCertified published;
    state::ReplicatedState state(*subnet_.genesis_state);
    state.write_metadata().height = height;
    auto canister = state::testing::make_canister(0);
    canister.write().query_stats.calls = calls;
    state.put(std::move(canister));
    published.certification.content = {height, state::hash_state(state)};
    published.state = replica::Snapshot(std::move(state));
    return published;
  }
  void expect_failure(std::string_view part) const {
    ASSERT_EQ(checks_.failures().size(), 1u);
    EXPECT_NE(checks_.failures()[0].find(part), std::string::npos) << checks_.failures()[0];
  }

  std::unique_ptr<consensus::Crypto> crypto_ = consensus::make_fast_crypto();
  Subnet subnet_ = make_subnet({.nodes = 4});
  Checks checks_;
};

TEST_F(ChecksTest, accepts_what_is_right) {
  checks_.submitted(request_id(1));
  checks_.submitted(request_id(2));
  checks_.executed(0, Height{1}, outcome(1, {1}));
  checks_.executed(1, Height{1}, outcome(1, {1}));
  checks_.executed(0, Height{2}, outcome(2, {2}));
  checks_.executed(0, Height{2}, outcome(2, {2}));
  checks_.certified(1, certified(Height{1}, 1, 1));
  checks_.certified(0, certified(Height{2}, 2, 2));
  checks_.checkpointed(0, Height{1}, {});
  checks_.checkpointed(1, Height{1}, {});
  EXPECT_TRUE(checks_.ok()) << checks_.failures()[0];
  EXPECT_EQ(checks_.executions(), 2u);
}

TEST_F(ChecksTest, sees_two_final_blocks_of_one_height) {
  types::Block block = *subnet_.genesis.content->block;
  checks_.finalized(0, types::HashedBlock(types::Block(block)));
  checks_.finalized(1, types::HashedBlock(types::Block(block)));
  EXPECT_TRUE(checks_.ok());
  block.context.time = block.context.time + Duration::nanoseconds(1);
  checks_.finalized(2, types::HashedBlock(std::move(block)));
  expect_failure("agreement: node 2");
}

TEST_F(ChecksTest, sees_another_root) {
  checks_.executed(0, Height{1}, outcome(1));
  checks_.executed(1, Height{1}, outcome(2));
  expect_failure("node 1 has another root at height 1");
}

TEST_F(ChecksTest, sees_another_checkpoint) {
  checks_.checkpointed(0, Height{1}, {});
  types::StateHash other;
  other.bytes[0] = 1;
  checks_.checkpointed(1, Height{1}, other);
  expect_failure("another state hash");
}

TEST_F(ChecksTest, sees_a_request_executed_twice) {
  checks_.submitted(request_id(1));
  checks_.executed(0, Height{1}, outcome(1, {1}));
  checks_.executed(0, Height{2}, outcome(2, {1}));
  expect_failure("at most once");
}

TEST_F(ChecksTest, sees_a_request_that_nobody_sent) {
  checks_.executed(0, Height{1}, outcome(1, {1}));
  expect_failure("no user sent");
}

TEST_F(ChecksTest, sees_a_counter_that_is_too_high_or_too_low) {
  checks_.submitted(request_id(1));
  checks_.executed(0, Height{1}, outcome(1, {1}));
  checks_.certified(3, certified(Height{1}, 1, 2));
  expect_failure("node 3 shows 2, executed were 1");
  Checks others(subnet_);
  others.submitted(request_id(1));
  others.executed(0, Height{1}, outcome(1, {1}));
  others.certified(0, certified(Height{1}, 1, 0));
  EXPECT_FALSE(others.ok());
}

TEST_F(ChecksTest, sees_calls_between_canisters_that_arrived_twice_or_never) {
  auto began = outcome(1);
  began.execution.traces.push_back(
      {.request = request_id(1), .canister = kCounter, .method = "relay"});
  checks_.executed(0, Height{1}, began);
  auto ended = outcome(2);
  ended.finished = {request_id(1)};
  checks_.executed(0, Height{2}, ended);
  checks_.certified(0, certified(Height{1}, 1, 0, 0));
  checks_.certified(0, certified(Height{1}, 1, 0, 1));
  checks_.certified(0, certified(Height{2}, 2, 0, 1));
  EXPECT_TRUE(checks_.ok());
  checks_.certified(0, certified(Height{1}, 1, 0, 2));
  expect_failure("2 notes, but 1 relays");
  checks_.certified(0, certified(Height{2}, 2, 0, 0));
  EXPECT_EQ(checks_.failures().size(), 2u);
}

TEST_F(ChecksTest, sees_more_queries_than_the_rule_of_aggregation_allows) {
  const std::uint64_t length = SubnetPlan{}.query_stats_epoch_heights;
  std::uint64_t most = 0;
  std::uint64_t busiest = 0;
  for (std::size_t node = 0; node < 3; ++node) {
    const std::uint64_t calls = queries_counted(node, 0).calls;
    most += calls;
    busiest = std::max(busiest, calls);
  }
  most += busiest;
  checks_.is_faulty(3);
  checks_.shows(0, shown(Height{2 * length - 1}, 0));
  checks_.shows(0, shown(Height{2 * length}, most));
  EXPECT_TRUE(checks_.ok());
  EXPECT_EQ(checks_.queries_credited(), most);
  checks_.shows(0, shown(Height{2 * length + 1}, most + 1));
  expect_failure("query statistics: the counter is credited with " + std::to_string(most + 1));
}

TEST_F(ChecksTest, sees_nodes_that_differ_in_query_statistics) {
  const Height height{2 * SubnetPlan{}.query_stats_epoch_heights};
  checks_.shows(0, shown(height, 2));
  checks_.shows(1, shown(height, 2));
  EXPECT_TRUE(checks_.ok());
  checks_.shows(2, shown(height, 1));
  expect_failure("query statistics: node 2 has others");
}

TEST_F(ChecksTest, sees_certificates_of_other_states_and_bad_signatures) {
  checks_.executed(0, Height{1}, outcome(1));
  checks_.certified(0, certified(Height{1}, 7, 0));
  expect_failure("one of another state");
  Checks others(subnet_);
  others.executed(0, Height{1}, outcome(1));
  auto spoilt = certified(Height{1}, 1, 0);
  spoilt.certification.signature.bytes[0] ^= 1;
  others.certified(0, spoilt);
  EXPECT_FALSE(others.ok());
}

}  // namespace
}  // namespace icpd::sim
