// From consensus's answer to the caller. Reference 7.7, 5.6; interface specification, "IC method
// http_request".
#include "codec/record.hpp"
#include "execution/test_outcalls.hpp"
#include "state/state_hash.hpp"

namespace icpd::execution {
namespace {

using namespace testing;
using management::FlexibleHttpRequestArgs;
using management::FlexibleHttpResult;
using management::HttpRequestArgs;
using management::ReplicationCounts;
using types::CommitteeAnswer;
using types::ConsensusResponse;
using types::DivergedAnswer;
using types::NodeAnswer;
using types::OversizedAnswer;

constexpr std::uint64_t kPlenty = 1'000'000'000'000;
/// 13 nodes, 20 bytes of URL, and the largest response.
constexpr std::uint64_t kFee = 49'140'000 + 5'200 * 20 + 10'400ULL * 2'000'000;

// ------------------------------------------------------------------------ through whole rounds

/// Alice has the proxy call; the call's outcall waits after a round.
types::RequestId ask(OutcallSubnet& subnet, std::uint64_t cycles = kFee) {
  const auto id = subnet->submit(kAlice, subnet.caller, "proxy",
                                 proxy_arg(types::management_canister(), "http_request",
                                           codec::candid::encode_args(small_request()), cycles));
  subnet->round();
  EXPECT_EQ(subnet.outcalls().waiting.size(), 1U);
  return id;
}

TEST(HttpOutcalls, an_answer_reaches_the_caller_in_its_round) {
  OutcallSubnet subnet;
  const auto id = ask(subnet);
  subnet->round();
  EXPECT_EQ(subnet.outcalls().waiting.size(), 1U) << "it waits for consensus";
  subnet->responses.responses = {agreed(subnet.id(), reply(to_bytes("hello")))};
  subnet->round();
  EXPECT_EQ(subnet->text(subnet->status(id)), "reply: ok:hello");
  EXPECT_TRUE(subnet.outcalls().waiting.empty());
  EXPECT_EQ(subnet.outcalls().bytes, 0U);
}

TEST(HttpOutcalls, a_reject_reaches_the_caller_with_its_code) {
  OutcallSubnet subnet;
  const auto id = ask(subnet);
  subnet->responses.responses = {agreed(subnet.id(), reject("Connection refused"))};
  subnet->round();
  EXPECT_EQ(subnet->text(subnet->status(id)), "reply: rejected 2: Connection refused");
}

TEST(HttpOutcalls, what_was_attached_beyond_the_price_comes_back) {
  OutcallSubnet subnet;
  const auto answer = [&](std::uint64_t cycles) {
    const Cycles before = subnet.balance();
    static_cast<void>(ask(subnet, cycles));
    subnet->responses.responses = {agreed(subnet.id(), reply(to_bytes("hello")))};
    subnet->round();
    return before - subnet.balance();
  };
  const auto more = static_cast<std::int64_t>(answer(kFee + 1'000'000'000));
  const auto just = static_cast<std::int64_t>(answer(kFee));
  EXPECT_LT(std::abs(more - just), 1'000'000) << "storage is paid now and then";
  EXPECT_EQ(subnet.consumed(), Cycles{2 * kFee});
}

TEST(HttpOutcalls, end_after_60_seconds) {
  OutcallSubnet subnet;
  const auto id = ask(subnet);
  const Time asked = subnet->state.time();
  while (subnet->state.time() < asked + Duration::seconds(59))
    subnet->round();
  EXPECT_EQ(subnet.outcalls().waiting.size(), 1U);
  subnet->round();
  EXPECT_EQ(subnet->text(subnet->status(id)), "reply: rejected 2: Canister http request timed out");
}

TEST(HttpOutcalls, a_stopping_canister_waits_for_them) {
  OutcallSubnet subnet;
  const auto id = ask(subnet);
  const auto stop =
      subnet->submit(kAlice, types::management_canister(), "stop_canister",
                     codec::candid::encode_args(management::CanisterIdRecord{subnet.caller}));
  subnet->round();
  subnet->round();
  EXPECT_FALSE(state::is_final(subnet->status(stop)));
  subnet->responses.responses = {agreed(subnet.id(), reply(to_bytes("hello")))};
  subnet->round();
  EXPECT_EQ(subnet->text(subnet->status(id)), "reply: ok:hello");
  subnet->round();
  EXPECT_TRUE(state::is_final(subnet->status(stop)));
}

TEST(HttpOutcalls, go_on_when_the_caller_is_uninstalled_and_give_back_its_cycles) {
  OutcallSubnet subnet;
  const auto id = ask(subnet, kFee + 5'000);
  const auto uninstalled =
      subnet->manage(kAlice, "uninstall_code", management::CanisterIdRecord{subnet.caller});
  EXPECT_TRUE(std::holds_alternative<state::IngressReplied>(uninstalled));
  EXPECT_EQ(subnet->text(subnet->status(id)), "IC0406: Canister has been uninstalled.");
  EXPECT_EQ(subnet.outcalls().waiting.size(), 1U);
  const Cycles before = subnet.balance();
  subnet->responses.responses = {agreed(subnet.id(), reply(to_bytes("hello")))};
  subnet->round();
  EXPECT_GE(subnet.balance() - before, 5'000U);
  EXPECT_TRUE(subnet.outcalls().waiting.empty());
}

TEST(HttpOutcalls, are_part_of_the_state) {
  OutcallSubnet subnet;
  subnet.call("flexible_http_request", FlexibleHttpRequestArgs{}, kPlenty);
  const auto before = state::state_hash(subnet->state);
  const Bytes record = codec::to_record(subnet->state.metadata());
  const auto read = codec::from_record<state::SystemMetadata>(Slice(Bytes(record)));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(codec::to_record(*read), record);
  EXPECT_EQ(read->calls.http_outcalls->waiting.size(), 1U);
  subnet.let_time_pass(Duration{});
  EXPECT_EQ(state::state_hash(subnet->state), before);
  static_cast<void>(subnet->state.write_metadata().calls.http_outcalls.write().take(subnet.id()));
  EXPECT_NE(state::state_hash(subnet->state), before);
}

// ------------------------------------------------------------------------------- what fits

struct Asked {
  explicit Asked(std::optional<ReplicationCounts> counts = std::nullopt, bool is_replicated = true,
                 SubnetOptions options = {})
      : subnet(options) {
    if (counts) {
      FlexibleHttpRequestArgs args;
      args.url = "https://example.com/";
      args.replication = counts;
      subnet.call("flexible_http_request", args, kPlenty);
    } else {
      HttpRequestArgs args = small_request();
      args.is_replicated = is_replicated;
      subnet.call("http_request", args, kPlenty);
    }
    EXPECT_EQ(subnet.answer(), std::nullopt);
  }

  [[nodiscard]] const types::NodeId& node(std::size_t i) const { return subnet.outcall().nodes[i]; }
  [[nodiscard]] ConsensusResponse response(types::ConsensusAnswer answer) const {
    ConsensusResponse made{.call = subnet.id(), .answer = std::move(answer), .spending = {}};
    if (!subnet.outcall().allowance) return made;
    if (const auto* committee = std::get_if<CommitteeAnswer>(&made.answer)) {
      for (const NodeAnswer& one : committee->answers)
        made.spending.push_back({one.node, Cycles{0}});
    } else {
      made.spending.push_back({node(0), Cycles{0}});
    }
    return made;
  }
  /// Why it isn't taken, or the text of what the caller gets.
  std::string said(const ConsensusResponse& response) {
    const auto checked = check_http_response(subnet.outcall(), response);
    subnet.take(response);
    const auto answer = subnet.answer();
    EXPECT_EQ(checked.ok(), answer.has_value());
    return answer ? text(answer->payload) : checked.error().message;
  }
  std::string said(types::ConsensusAnswer answer) { return said(response(std::move(answer))); }

  OutcallSubnet subnet;
};

types::ContentCount content(std::uint8_t first, std::uint32_t nodes) {
  types::ContentCount count;
  count.content.bytes.fill(first);
  count.nodes = nodes;
  return count;
}
std::string hash(std::string_view byte) {
  std::string text;
  for (int i = 0; i < 32; ++i)
    text += byte;
  return text;
}

// Nine of thirteen have to agree; once five or more say something else they can't.
TEST(HttpOutcalls, nodes_have_diverged_when_no_nine_of_thirteen_can_agree) {
  Asked asked;
  EXPECT_EQ(asked.said(DivergedAnswer{}), "the nodes may still agree");
  EXPECT_EQ(asked.said(DivergedAnswer{{content(2, 4), content(1, 4)}}),
            "the nodes may still agree");
  EXPECT_EQ(asked.said(DivergedAnswer{{content(1, 8), content(2, 4)}}),
            "the nodes may still agree");
  EXPECT_EQ(asked.said(DivergedAnswer{{content(1, 8), content(2, 6)}}),
            "contents of more nodes than fetch");
  EXPECT_EQ(asked.said(DivergedAnswer{{content(1, 4), content(2, 5)}}),
            "contents don't fall by count");
  EXPECT_EQ(asked.said(DivergedAnswer{{content(1, 5), content(2, 5)}}),
            "contents don't fall by count");
  EXPECT_EQ(asked.said(DivergedAnswer{{content(1, 5), content(1, 5)}}),
            "contents don't fall by count");
  EXPECT_EQ(asked.said(DivergedAnswer{{content(1, 8), content(2, 0)}}),
            "contents of more nodes than fetch");
  const std::string id = to_string(asked.subnet.id());
  const std::string deadline = std::to_string(asked.subnet.outcall().deadline().ns);
  EXPECT_EQ(asked.said(DivergedAnswer{{content(2, 8), content(1, 5)}}),
            "rejected 2: No consensus could be reached. Replicas had different responses. Details: "
            "request_id: " +
                id + ", timeout: " + deadline + ", hashes: [" + hash("02") + ": 8], [" +
                hash("01") + ": 5]");
}

TEST(HttpOutcalls, one_node_can_only_agree_with_itself) {
  Asked asked(std::nullopt, false);
  EXPECT_EQ(asked.said(DivergedAnswer{{content(1, 1)}}), "one node can't diverge");
  EXPECT_EQ(asked.said(CommitteeAnswer{}), "there is no committee");
  EXPECT_EQ(asked.said(OversizedAnswer{}), "there is no committee");
  EXPECT_EQ(asked.said(types::AgreedAnswer{reply(to_bytes("hello"))}), "reply hello");
}

TEST(HttpOutcalls, a_reject_is_at_most_8_kib_long) {
  Asked asked;
  EXPECT_EQ(asked.said(types::AgreedAnswer{reject(std::string(8193, 'r'))}),
            "a reject is too long");
  EXPECT_EQ(asked.said(types::AgreedAnswer{reject(std::string(8192, 'r'))}),
            "rejected 2: " + std::string(8192, 'r'));
}

TEST(HttpOutcalls, what_nobody_waits_for_is_passed_over) {
  Asked asked;
  const ConsensusResponse response = asked.response(types::AgreedAnswer{reply(to_bytes("one"))});
  asked.subnet.take(agreed(asked.subnet.id() + 1, reply({})));
  EXPECT_EQ(asked.subnet.answer(), std::nullopt);
  EXPECT_EQ(asked.said(response), "reply one");
  asked.subnet.take(response);
  EXPECT_EQ(asked.subnet.answer(), std::nullopt) << "answered once";
}

// ------------------------------------------------------------------------------ committees

FlexibleHttpResult result_of(const types::Response& response) {
  const auto& data = std::get<types::Reply>(response.payload).data;
  // Views into it: it is kept.
  static std::vector<Slice> kept;
  kept.push_back(data);
  auto decoded = codec::candid::decode_arg<FlexibleHttpResult>(kept.back());
  EXPECT_TRUE(decoded.ok());
  return std::move(decoded).value();
}

TEST(FlexibleOutcalls, give_as_many_responses_as_were_asked_for_by_node) {
  Asked asked(ReplicationCounts{5, 2, 3});
  const auto responses = [&](std::vector<std::size_t> nodes) {
    CommitteeAnswer answer;
    for (const std::size_t i : nodes)
      answer.answers.push_back({asked.node(i), reply(candid_response(200 + i))});
    return answer;
  };
  EXPECT_EQ(asked.said(responses({1})), "not as many replies as the caller asked for");
  EXPECT_EQ(asked.said(responses({0, 1, 2, 3})), "not as many replies as the caller asked for");
  EXPECT_EQ(asked.said(responses({1, 0})), "nodes don't ascend");
  EXPECT_EQ(asked.said(responses({1, 1})), "nodes don't ascend");
  CommitteeAnswer foreign = responses({0, 1});
  foreign.answers[0].node = types::NodeId(kBob.principal);
  EXPECT_EQ(asked.said(foreign), "a node that doesn't fetch");
  CommitteeAnswer garbage = responses({0, 1});
  garbage.answers[1].payload = reply(to_bytes("no candid"));
  EXPECT_EQ(asked.said(garbage), "a reply is no response");
  CommitteeAnswer mixed = responses({0, 1});
  mixed.answers[1].payload = reject("no");
  EXPECT_EQ(asked.said(mixed), "replies and rejects");
  EXPECT_EQ(asked.said(types::AgreedAnswer{reply({})}),
            "a committee's nodes answer each for itself");

  asked.subnet.take(asked.response(responses({1, 4})));
  const auto answer = asked.subnet.answer();
  ASSERT_TRUE(answer.has_value());
  const auto result = result_of(*answer);
  const auto& ok = std::get<0>(result).value;
  ASSERT_EQ(ok.size(), 2U);
  EXPECT_EQ(ok[0].status, 201U);
  EXPECT_EQ(ok[1].status, 204U);
}

TEST(FlexibleOutcalls, a_caller_who_needs_no_response_may_get_none) {
  Asked asked(ReplicationCounts{3, 0, 3});
  asked.subnet.take(asked.response(CommitteeAnswer{}));
  const auto answer = asked.subnet.answer();
  ASSERT_TRUE(answer.has_value());
  EXPECT_TRUE(std::get<0>(result_of(*answer)).value.empty());
}

TEST(FlexibleOutcalls, fail_when_so_many_nodes_reject_that_too_few_are_left) {
  Asked asked(ReplicationCounts{5, 3, 5});
  const auto rejects = [&](std::size_t count) {
    CommitteeAnswer answer;
    for (std::size_t i = 0; i < count; ++i)
      answer.answers.push_back({asked.node(i), reject("no " + std::to_string(i))});
    return answer;
  };
  EXPECT_EQ(asked.said(rejects(2)), "there may still be enough replies");
  const types::NodeId first = asked.node(0);
  asked.subnet.take(asked.response(rejects(3)));
  const auto answer = asked.subnet.answer();
  ASSERT_TRUE(answer.has_value());
  const auto result = result_of(*answer);
  const auto& error = std::get<1>(result).value;
  EXPECT_EQ(error.message, "Too many rejects: 3 responses are rejects");
  EXPECT_EQ(error.global_error->index(), 4U);
  ASSERT_EQ(error.node_details.size(), 3U);
  EXPECT_EQ(error.node_details[0].node_id, first.principal);
  EXPECT_EQ(error.node_details[0].error->code, "SysTransient");
  EXPECT_EQ(error.node_details[2].error->message, "no 2");
}

TEST(FlexibleOutcalls, fail_when_the_smallest_responses_needed_do_not_fit) {
  Asked asked(ReplicationCounts{4, 3, 4});
  const std::uint64_t half = types::limits::kBlockResponsesSizeMax / 2;
  const auto sizes = [&](std::vector<std::uint64_t> known) {
    OversizedAnswer answer;
    for (std::size_t i = 0; i < known.size(); ++i)
      answer.contents.push_back({asked.node(i), false, known[i]});
    return answer;
  };
  EXPECT_EQ(asked.said(sizes({half, half})), "the replies may fit into a block");
  // One node isn't seen: two of the three known are needed.
  EXPECT_EQ(asked.said(sizes({half, half, 9 * half})), "the replies may fit into a block");
  OversizedAnswer one_reply = sizes({9 * half, 9 * half, 9 * half});
  one_reply.contents[0].is_reject = one_reply.contents[1].is_reject = true;
  EXPECT_EQ(asked.said(one_reply), "too few replies are known");
  asked.subnet.take(asked.response(sizes({half, half + 1, 9 * half})));
  const auto answer = asked.subnet.answer();
  ASSERT_TRUE(answer.has_value());
  const auto result = result_of(*answer);
  const auto& error = std::get<1>(result).value;
  EXPECT_EQ(error.global_error->index(), 3U);
  EXPECT_EQ(error.message, "Responses too large: 3 responses don't fit into 2097152 bytes");
  EXPECT_EQ(error.node_details[1].error->message, std::to_string(half + 1) + " bytes");
}

TEST(FlexibleOutcalls, that_nobody_answers_say_so) {
  Asked asked(ReplicationCounts{4, 3, 4});
  asked.subnet.let_time_pass(Duration::seconds(60) - Duration::nanoseconds(1));
  EXPECT_EQ(asked.subnet.answer(), std::nullopt);
  asked.subnet.let_time_pass(Duration::nanoseconds(1));
  const auto answer = asked.subnet.answer();
  ASSERT_TRUE(answer.has_value());
  const auto result = result_of(*answer);
  EXPECT_EQ(std::get<1>(result).value.message, "Flexible HTTP request timed out");
  EXPECT_EQ(std::get<1>(result).value.global_error->index(), 1U);
}

// ---------------------------------------------------------------------------------- cycles

/// Four nodes, each with an allowance of a million.
struct Priced : Asked {
  Priced() : Asked(std::nullopt, true, {.nodes = 4}) {
    HttpRequestArgs args = small_request();
    args.pricing_version = 2;
    const std::uint64_t fee = 4 * (1'000'000 + 50 * 20 + 140'000 * 4 + 800 * 16);
    subnet.call("http_request", args, fee + 4'000'000);
    EXPECT_EQ(subnet.outcall().allowance, Cycles{1'000'000});
  }
  [[nodiscard]] ConsensusResponse spent(std::vector<std::uint64_t> by_node,
                                        std::string_view content) const {
    ConsensusResponse response = agreed(subnet.id(), reply(to_bytes(content)));
    for (std::size_t i = 0; i < by_node.size(); ++i)
      response.spending.push_back({node(i), Cycles{by_node[i]}});
    return response;
  }
  [[nodiscard]] types::ConsensusResponses late(types::SubnetCallId id, const types::NodeId& who,
                                               std::uint64_t amount) const {
    return {.responses = {}, .late = {{id, {who, Cycles{amount}}}}};
  }
};

TEST(OutcallCycles, nodes_say_what_they_spent_within_their_allowance) {
  Priced priced;
  EXPECT_EQ(priced.said(priced.spent({}, "x")), "nobody says what was spent");
  EXPECT_EQ(priced.said(priced.spent({1, 1'000'001}, "x")), "a node spent more than it had");
  ConsensusResponse twice = priced.spent({1, 1}, "x");
  twice.spending[1].node = twice.spending[0].node;
  EXPECT_EQ(priced.said(twice), "nodes don't ascend");
  EXPECT_EQ(priced.said(priced.spent({0, 1'000'000}, "x")), "reply x");
}

TEST(OutcallCycles, of_the_first_version_there_is_nothing_to_spend) {
  Asked asked;
  ConsensusResponse response = agreed(asked.subnet.id(), reply({}));
  response.spending = {{asked.node(0), Cycles{0}}};
  EXPECT_EQ(asked.said(response), "nodes have nothing to spend");
}

TEST(OutcallCycles, what_nodes_did_not_spend_goes_back_when_they_report) {
  Priced priced;
  OutcallSubnet& subnet = priced.subnet;
  const types::SubnetCallId id = subnet.id();
  const types::NodeId third = priced.node(2);
  const types::NodeId fourth = priced.node(3);
  const Cycles balance = subnet.balance();
  const Cycles consumed = subnet.consumed();
  // Ten bytes in a block of four nodes: 4 * (10 * 4 + 600) * 10.
  constexpr std::uint64_t kBlock = 25'600;
  EXPECT_EQ(priced.said(priced.spent({100'000, 200'000}, "ten bytes!")), "reply ten bytes!");
  EXPECT_EQ(subnet.balance() - balance, 2'000'000 - 300'000 - kBlock);
  EXPECT_EQ(subnet.consumed() - consumed, 300'000 + kBlock);
  ASSERT_EQ(subnet.outcalls().unsettled.size(), 1U);

  subnet.take(priced.late(id, third, 1'000'001));
  subnet.take(priced.late(id + 1, third, 1));
  EXPECT_EQ(subnet.balance() - balance, 2'000'000 - 300'000 - kBlock) << "neither may be";
  subnet.take(priced.late(id, third, 400'000));
  EXPECT_EQ(subnet.balance() - balance, 3'000'000 - 700'000 - kBlock);
  subnet.take(priced.late(id, third, 0));
  EXPECT_EQ(subnet.balance() - balance, 3'000'000 - 700'000 - kBlock) << "reported already";
  subnet.take(priced.late(id, fourth, 0));
  EXPECT_EQ(subnet.balance() - balance, 4'000'000 - 700'000 - kBlock);
  EXPECT_EQ(subnet.consumed() - consumed, 700'000 + kBlock);
  EXPECT_TRUE(subnet.outcalls().unsettled.empty());
}

TEST(OutcallCycles, nodes_that_never_report_spent_nothing) {
  Priced priced;
  OutcallSubnet& subnet = priced.subnet;
  const Cycles balance = subnet.balance();
  subnet.let_time_pass(Duration::seconds(60));
  EXPECT_EQ(subnet.outcalls().unsettled.size(), 1U);
  EXPECT_EQ(subnet.balance(), balance);
  subnet.let_time_pass(Duration::seconds(60) - Duration::nanoseconds(1));
  EXPECT_EQ(subnet.balance(), balance);
  subnet.let_time_pass(Duration::nanoseconds(1));
  EXPECT_EQ(subnet.balance() - balance, 4'000'000U);
  EXPECT_TRUE(subnet.outcalls().unsettled.empty());
}

TEST(OutcallCycles, a_large_answer_costs_no_more_than_its_nodes_had) {
  Priced priced;
  const Cycles balance = priced.subnet.balance();
  EXPECT_EQ(priced.said(priced.spent({900'000}, std::string(1000, 'x'))),
            "reply " + std::string(1000, 'x'));
  EXPECT_EQ(priced.subnet.balance(), balance);
}

TEST(OutcallCycles, of_a_caller_that_is_gone_are_gone) {
  Priced priced;
  OutcallSubnet& subnet = priced.subnet;
  const Cycles before = subnet->state.metadata().metrics.consumed_by_deleted;
  subnet->state.update(subnet.caller, [](state::CanisterState& canister) {
    canister.balance = Cycles{0};
    canister.consumed.write().clear();
  });
  static_cast<void>(subnet->state.remove(subnet.caller));
  subnet->minted = subnet->cycles_accounted_for();
  subnet.let_time_pass(Duration::seconds(120));
  EXPECT_EQ(subnet->state.metadata().metrics.consumed_by_deleted - before, 4'000'000U);
}

}  // namespace
}  // namespace icpd::execution
