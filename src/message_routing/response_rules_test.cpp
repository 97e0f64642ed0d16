#include "message_routing/response_rules.hpp"

#include <gtest/gtest.h>

#include "message_routing/batch.hpp"
#include "message_routing/testing.hpp"
#include "message_routing/work_report.hpp"

namespace icpd::message_routing {
namespace {

using testing::canister;
using types::ConsensusResponse;
using types::ConsensusResponses;
using types::LateSpending;
using types::SubnetCallId;
namespace limits = types::limits;

const Time kAsked = Time::from_seconds(1000);

std::vector<types::NodeId> nodes_of(const state::ReplicatedState& state) {
  std::vector<types::NodeId> nodes;
  for (const auto& [node, key] : state.topology().own().nodes)
    nodes.push_back(node);
  return nodes;
}

/// Outcalls 1 to `count` wait; 101 is over, and two of its nodes may report.
state::ReplicatedState state_with_outcalls(std::uint64_t count) {
  auto state = testing::state_with(1);
  auto& outcalls = state.write_metadata().calls.http_outcalls.write();
  for (std::uint64_t id = 1; id <= count; ++id) {
    state::HttpOutcall outcall;
    outcall.call = Shared<types::Request>(testing::make_request(0, 0, id));
    outcall.time = kAsked;
    outcall.nodes = nodes_of(state);
    outcalls.add(SubnetCallId{id}, std::move(outcall));
  }
  auto nodes = nodes_of(state);
  nodes.resize(2);
  outcalls.unsettled.emplace(
      SubnetCallId{101},
      state::HttpSettlement{canister(0), kAsked, types::Cycles{1000}, std::move(nodes)});
  return state;
}

ConsensusResponse response(std::uint64_t id, std::size_t size = 1) {
  return {.call = SubnetCallId{id},
          .answer = types::AgreedAnswer{types::Reply{Slice(Bytes(size))}},
          .spending = {}};
}
LateSpending late(const state::ReplicatedState& state, std::size_t node, std::uint64_t spent = 10,
                  std::uint64_t id = 101) {
  return {SubnetCallId{id}, {nodes_of(state)[node], types::Cycles{spent}}};
}

/// Has one byte for each call, and ten cycles for each node; vouches for that.
class Source final : public ResponseSource {
 public:
  std::optional<ConsensusResponse> response(SubnetCallId call,
                                            const state::HttpOutcall&) const override {
    if (call == not_yet) return std::nullopt;
    return message_routing::response(call.value, size);
  }
  std::vector<types::NodeSpending> late_spending(
      SubnetCallId, const state::HttpSettlement& settlement) const override {
    std::vector<types::NodeSpending> spending;
    for (const types::NodeId& node : settlement.nodes)
      spending.push_back({node, types::Cycles{10}});
    return spending;
  }
  bool vouches(const state::HttpOutcall&, const ConsensusResponse& response) const override {
    return response.answer == message_routing::response(1, size).answer;
  }
  bool vouches(const state::HttpSettlement&, const LateSpending& late) const override {
    return late.spending.spent == types::Cycles{10};
  }

  std::size_t size = 1;
  SubnetCallId not_yet{0};
};

types::HashedBlock block_with(ConsensusResponses responses) {
  types::Block block;
  block.payload = types::DataPayload{.ingress = {}, .responses = std::move(responses)};
  return types::HashedBlock(std::move(block));
}

class ResponseRules : public ::testing::Test {
 protected:
  ResponseBase base(std::span<const types::HashedBlock> past = {}) {
    return {state_, {.time = time_}, past, has_source_ ? &source_ : nullptr};
  }
  /// Why these can't be in a block; "" if they can.
  std::string verdict(std::vector<ConsensusResponse> responses, std::vector<LateSpending> late = {},
                      std::vector<types::HashedBlock> past = {}) {
    const auto checked = check_responses(base(past), {std::move(responses), std::move(late)});
    return checked.ok() ? "" : checked.error().message;
  }

  state::ReplicatedState state_ = state_with_outcalls(3);
  Time time_ = kAsked + Duration::seconds(1);
  Source source_;
  bool has_source_ = true;
};

TEST_F(ResponseRules, an_answer_is_to_a_call_that_waits) {
  EXPECT_EQ(verdict({response(1), response(3)}), "");
  EXPECT_EQ(verdict({response(4)}), "answer 0: no such call waits");
  EXPECT_EQ(verdict({response(101)}), "answer 0: no such call waits");
}

TEST_F(ResponseRules, answers_ascend_so_that_none_is_there_twice) {
  EXPECT_EQ(verdict({response(2), response(1)}), "answer 1: calls don't ascend");
  EXPECT_EQ(verdict({response(2), response(2)}), "answer 1: calls don't ascend");
}

TEST_F(ResponseRules, a_call_is_answered_once_in_the_chain) {
  const auto past = block_with({.responses = {response(2)}, .late = {late(state_, 1)}});
  EXPECT_EQ(verdict({response(1)}, {late(state_, 0)}, {past}), "");
  EXPECT_EQ(verdict({response(1), response(2)}, {}, {past}),
            "answer 1: the call's answer is in a block already");
  EXPECT_EQ(verdict({}, {late(state_, 1)}, {past}),
            "late report 0: the report is in a block already");
}

TEST_F(ResponseRules, an_answer_comes_before_the_calls_deadline) {
  time_ = kAsked + Duration::seconds(60) - Duration::nanoseconds(1);
  EXPECT_EQ(verdict({response(1)}), "");
  time_ = kAsked + Duration::seconds(60);
  EXPECT_EQ(verdict({response(1)}), "answer 0: the call's time is over");
}

TEST_F(ResponseRules, a_block_has_at_most_500_answers) {
  state_ = state_with_outcalls(501);
  std::vector<ConsensusResponse> responses;
  for (std::uint64_t id = 1; id <= 501; ++id)
    responses.push_back(response(id));
  EXPECT_EQ(verdict(responses), "answer 500: more answers than a block may have");
  responses.pop_back();
  EXPECT_EQ(verdict(responses), "");
}

TEST_F(ResponseRules, a_block_has_at_most_2_mib_of_answers) {
  // A byte each for call, kind of answer, kind of payload and spending, three for the size.
  source_.size = limits::kBlockResponsesSizeMax / 2 - 7;
  EXPECT_EQ(verdict({response(1, source_.size), response(2, source_.size)}), "");
  source_.size += 1;
  EXPECT_EQ(verdict({response(1, source_.size), response(2, source_.size)}),
            "answer 1: more bytes of answers than a block may have");
}

TEST_F(ResponseRules, an_answer_has_the_form_that_the_call_asks_for) {
  ConsensusResponse wrong = response(1);
  wrong.answer = types::CommitteeAnswer{};
  EXPECT_EQ(verdict({wrong}), "answer 0: there is no committee");
}

TEST_F(ResponseRules, somebody_vouches_for_it) {
  EXPECT_EQ(verdict({response(1, 2)}), "answer 0: nobody vouches for the answer");
  EXPECT_EQ(verdict({}, {late(state_, 0, 11)}), "late report 0: nobody vouches for the report");
  has_source_ = false;
  EXPECT_EQ(verdict({response(1)}), "answer 0: nobody vouches for the answer");
  EXPECT_EQ(verdict({}, {late(state_, 0)}), "late report 0: nobody vouches for the report");
  EXPECT_EQ(verdict({}), "");
}

TEST_F(ResponseRules, late_reports_are_of_nodes_that_have_not_reported) {
  EXPECT_EQ(verdict({}, {late(state_, 0), late(state_, 1)}), "");
  EXPECT_EQ(verdict({}, {late(state_, 1), late(state_, 0)}),
            "late report 1: late reports don't ascend");
  EXPECT_EQ(verdict({}, {late(state_, 0), late(state_, 0)}),
            "late report 1: late reports don't ascend");
  EXPECT_EQ(verdict({}, {late(state_, 2)}),
            "late report 0: a node that doesn't fetch or has reported");
  EXPECT_EQ(verdict({}, {late(state_, 0, 1001)}), "late report 0: a node spent more than it had");
  EXPECT_EQ(verdict({}, {late(state_, 0, 10, 1)}), "late report 0: no such outcall is unsettled");
}

TEST_F(ResponseRules, late_reports_come_within_120_seconds_of_the_call) {
  time_ = kAsked + Duration::seconds(120) - Duration::nanoseconds(1);
  EXPECT_EQ(verdict({}, {late(state_, 0)}), "");
  time_ = kAsked + Duration::seconds(120);
  EXPECT_EQ(verdict({}, {late(state_, 0)}), "late report 0: the time for reports is over");
}

TEST_F(ResponseRules, what_is_built_is_valid_and_has_all_that_is_ready) {
  source_.not_yet = SubnetCallId{2};
  const std::vector<types::HashedBlock> past = {
      block_with({.responses = {}, .late = {late(state_, 0)}})};
  const ConsensusResponses built = build_responses(base(past));
  EXPECT_EQ(built, (ConsensusResponses{{response(1), response(3)}, {late(state_, 1)}}));
  EXPECT_TRUE(check_responses(base(past), built).ok());
  has_source_ = false;
  EXPECT_TRUE(build_responses(base()).empty());
}

TEST_F(ResponseRules, what_does_not_fit_waits_for_the_next_block) {
  source_.size = limits::kBlockResponsesSizeMax - 100;
  const ConsensusResponses built = build_responses(base());
  ASSERT_EQ(built.responses.size(), 1U);
  EXPECT_EQ(built.responses[0].call, SubnetCallId{1});
}

TEST_F(ResponseRules, batches_bring_them_to_the_round) {
  const ConsensusResponses built = build_responses(base());
  types::Batch batch;
  batch.height = types::Height{1};
  batch.time = time_;
  batch.registry_version = types::RegistryVersion{1};
  batch.responses = built;
  registry::Snapshot registry;
  registry.version = types::RegistryVersion{1};
  ConsensusResponses seen;
  static_cast<void>(process_batch(state_, batch, registry,
                                  [&](state::ReplicatedState&, const execution::RoundInput& input) {
                                    seen = *input.responses;
                                    return execution::RoundReport{};
                                  }));
  EXPECT_EQ(seen, built);
}

TEST_F(ResponseRules, the_subnet_wakes_up_when_a_call_ends) {
  EXPECT_EQ(work_of(state_, AllHadTheirTurn(true)).due, kAsked + Duration::seconds(60));
  state_.write_metadata().calls.http_outcalls.write().waiting.clear();
  EXPECT_EQ(work_of(state_, AllHadTheirTurn(true)).due, kAsked + Duration::seconds(120));
}

}  // namespace
}  // namespace icpd::message_routing
