#include "sim/statements.hpp"

#include <gtest/gtest.h>

namespace icpd::sim {
namespace {

using types::Height;

/// Node 0 is honest, node 1 is faulty.
class StatementsOf : public testing::Test {
 protected:
  static types::NodeId node(std::uint8_t number) {
    return types::NodeId(types::Principal::self_authenticating(Bytes(32, number)));
  }
  static types::BlockHash hash(std::uint8_t number) {
    return *types::BlockHash::from(Bytes(types::BlockHash::kSize, number));
  }
  static types::BlockProposal proposal(std::uint8_t maker, std::int64_t time) {
    types::Block block;
    block.height = Height{5};
    block.maker = node(maker);
    block.context.time = Time::from_seconds(time);
    return {types::HashedBlock(std::move(block)), {}};
  }
  template <typename Share>
  static Share share(std::uint8_t block) {
    return {{Height{5}, hash(block), node(0), {}}};
  }

  void say(types::Artifact artifact, bool is_stored = true) {
    const auto encoded = types::encode(std::move(artifact));
    if (is_stored) statements_.stored(0, encoded->id);
    const p2p::Update update{p2p::CommitNumber{++commits_}, p2p::SlotNumber{0}, encoded->id,
                             encoded->bytes};
    const p2p::Send send{node(1), {}, p2p::Channel::kUrgent, p2p::encode(update)};
    statements_.sent(0, send);
    // To the next peer.
    statements_.sent(0, send);
  }

  std::vector<std::string> failures_;
  Statements statements_{{node(0), node(1)},
                         [this](std::string what) { failures_.push_back(std::move(what)); }};
  std::uint64_t commits_ = 0;
};

TEST_F(StatementsOf, honest_nodes_are_consistent) {
  say(proposal(0, 1));
  say(proposal(1, 1));
  say(proposal(1, 2));
  say(share<types::NotarizationShare>(1));
  say(share<types::NotarizationShare>(1));
  say(share<types::FinalizationShare>(1));
  say(types::Beacon{{Height{5}, {}}, {}});
  EXPECT_TRUE(failures_.empty()) << failures_.front();
  ASSERT_NE(statements_.beacon(Height{5}), nullptr);
  EXPECT_EQ(statements_.beacon(Height{4}), nullptr);
}

TEST_F(StatementsOf, a_maker_sends_one_block_for_each_height) {
  say(proposal(0, 1));
  say(proposal(0, 2));
  EXPECT_EQ(failures_,
            std::vector<std::string>{"contradiction: node 0 made two blocks of height 5"});
}

TEST_F(StatementsOf, a_node_finalizes_one_block_of_a_height) {
  say(share<types::FinalizationShare>(1));
  say(share<types::FinalizationShare>(2));
  EXPECT_EQ(failures_,
            std::vector<std::string>{"contradiction: node 0 finalized two blocks of height 5"});
}

TEST_F(StatementsOf, a_node_that_notarized_another_block_finalizes_none) {
  say(share<types::NotarizationShare>(1));
  say(share<types::NotarizationShare>(2));
  EXPECT_TRUE(failures_.empty());
  say(share<types::FinalizationShare>(2));
  EXPECT_EQ(failures_.size(), 1u);
}

TEST_F(StatementsOf, nobody_is_accused_who_is_honest) {
  statements_.is_faulty(1);
  say(types::EquivocationProof{.signer = node(1), .height = Height{5}});
  EXPECT_TRUE(failures_.empty());
  say(types::EquivocationProof{.signer = node(0), .height = Height{5}});
  EXPECT_EQ(failures_.size(), 1u);
}

TEST_F(StatementsOf, there_is_one_beacon_for_each_height) {
  say(types::Beacon{{Height{5}, {}}, {}});
  types::Beacon other{{Height{5}, {}}, {}};
  other.signature.bytes[0] = 1;
  say(other);
  EXPECT_EQ(failures_, std::vector<std::string>{"beacon: two of height 5"});
}

TEST_F(StatementsOf, own_shares_are_durable_when_they_leave) {
  say(share<types::NotarizationShare>(1), false);
  EXPECT_EQ(failures_.size(), 1u);
}

TEST_F(StatementsOf, blocks_of_others_need_not_be_durable) {
  say(proposal(1, 1), false);
  EXPECT_TRUE(failures_.empty());
}

}  // namespace
}  // namespace icpd::sim
