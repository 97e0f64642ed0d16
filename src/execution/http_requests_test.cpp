// What http_request and flexible_http_request take, refuse and charge. Interface specification, "IC
// method http_request"; reference 5.6, 6.1, 7.7.
#include <set>

#include "execution/test_outcalls.hpp"

namespace icpd::execution {
namespace {

using namespace testing;
using management::FlexibleHttpRequestArgs;
using management::HttpRequestArgs;
using management::HttpTransformArg;
using management::ReplicationCounts;
namespace limits = types::limits;
using state::HttpReplication;

/// More than anything here costs.
constexpr std::uint64_t kPlenty = 1'000'000'000'000;

HttpTransformArg transform_of(const CanisterId& canister, std::string method = "t") {
  return {{*codec::candid::PrincipalBytes::from(canister.view()), std::move(method)}, {}};
}
HttpRequestArgs with_headers(std::vector<management::HttpHeaderArg> headers, ByteView body = {}) {
  HttpRequestArgs args = small_request();
  args.headers = std::move(headers);
  args.body = body;
  return args;
}
FlexibleHttpRequestArgs flexible(std::optional<ReplicationCounts> counts = std::nullopt) {
  FlexibleHttpRequestArgs args;
  args.url = "https://example.com/";
  args.replication = counts;
  return args;
}

TEST(HttpRequests, are_refused_where_the_subnet_does_not_allow_them) {
  TestSubnet subnet;
  const CanisterId proxy = subnet.deploy(kProxy);
  const auto ask = [&](std::string_view method, ByteView arg) {
    return subnet.text(subnet.call(kAlice, proxy, "proxy",
                                   proxy_arg(types::management_canister(), method, arg, kPlenty)));
  };
  const std::string refusal = "reply: rejected 5: This API is not enabled on this subnet";
  EXPECT_EQ(ask("http_request", codec::candid::encode_args(small_request())), refusal);
  EXPECT_EQ(ask("flexible_http_request", codec::candid::encode_args(flexible())), refusal);
  // By its name, before the argument is read.
  EXPECT_EQ(ask("http_request", {}), refusal);
}

TEST(HttpRequests, keep_their_limits) {
  OutcallSubnet subnet;
  const std::string longest(8192, 'u');
  HttpRequestArgs url = small_request();
  url.url = longest;
  EXPECT_EQ(subnet.refusal("http_request", url, kPlenty), "waits");
  url.url += 'u';
  EXPECT_EQ(subnet.refusal("http_request", url), "rejected 4: url size 8193 exceeds 8192");

  HttpRequestArgs response = small_request();
  response.max_response_bytes = 2'000'000;
  EXPECT_EQ(subnet.refusal("http_request", response, kPlenty), "waits");
  response.max_response_bytes = 2'000'001;
  EXPECT_EQ(subnet.refusal("http_request", response),
            "rejected 4: max_response_bytes expected to be in the range [0..2000000], got 2000001");

  EXPECT_EQ(subnet.refusal("http_request", with_headers({64, {"n", "v"}}), kPlenty), "waits");
  EXPECT_EQ(subnet.refusal("http_request", with_headers({65, {"n", "v"}})),
            "rejected 4: number of all http headers 65 exceeds 64");
  EXPECT_EQ(subnet.refusal("http_request", with_headers({{longest, longest}}), kPlenty), "waits");
  EXPECT_EQ(subnet.refusal("http_request", with_headers({{longest + "n", ""}})),
            "rejected 4: number of bytes to represent some http header name 8193 exceeds 8192");
  EXPECT_EQ(subnet.refusal("http_request", with_headers({{"", longest + "v"}})),
            "rejected 4: number of bytes to represent some http header value 8193 exceeds 8192");
  // Six of 8 KiB are 48 KiB.
  EXPECT_EQ(subnet.refusal("http_request", with_headers({6, {longest, ""}}), kPlenty), "waits");
  EXPECT_EQ(
      subnet.refusal(
          "http_request",
          with_headers({{longest, longest}, {longest, longest}, {longest, longest}, {"n", ""}})),
      "rejected 4: total number of bytes to represent all http header names and values 49153 "
      "exceeds 49152");

  const Bytes body(1'999'990);
  EXPECT_EQ(subnet.refusal("http_request", with_headers({{"name", "valueX"}}, body), kPlenty),
            "waits");
  EXPECT_EQ(subnet.refusal("http_request", with_headers({{"name", "valueXX"}}, body)),
            "rejected 4: total number of bytes to represent all http header names and values and "
            "http body 2000001 exceeds 2000000");
}

TEST(HttpRequests, a_transform_belongs_to_the_caller) {
  OutcallSubnet subnet;
  HttpRequestArgs args = small_request();
  args.transform = transform_of(types::canister_id_from_index(77));
  EXPECT_EQ(subnet.refusal("http_request", args),
            "rejected 4: transform principal id expected to be " + subnet.caller.text() + ", got " +
                types::canister_id_from_index(77).text());
  args.transform = transform_of(subnet.caller);
  EXPECT_EQ(subnet.refusal("http_request", args, kPlenty), "waits");
  EXPECT_EQ(subnet.outcall().request.transform->method_name, "t");
}

TEST(HttpRequests, methods_that_must_not_be_repeated_are_for_one_node) {
  OutcallSubnet subnet;
  const std::string refusal =
      "rejected 4: The requested HTTP method is only allowed for non-replicated requests.";
  const auto with_method = [](auto args, auto place) {
    args.method.template emplace<place.value>();
    return args;
  };
  const auto check = [&](auto place, std::string_view name, bool for_all) {
    HttpRequestArgs args = with_method(small_request(), place);
    EXPECT_EQ(subnet.refusal("http_request", args, kPlenty), for_all ? "waits" : refusal) << name;
    args.is_replicated = true;
    EXPECT_EQ(subnet.refusal("http_request", args, kPlenty), for_all ? "waits" : refusal) << name;
    args.is_replicated = false;
    EXPECT_EQ(subnet.refusal("http_request", args, kPlenty), "waits") << name;
    EXPECT_EQ(state::name(subnet.outcall().request.method), name);
    // A committee is waited for, or not.
    EXPECT_EQ(subnet.refusal("flexible_http_request",
                             with_method(flexible(ReplicationCounts{3, 3, 3}), place), kPlenty),
              "waits");
    EXPECT_EQ(subnet.refusal("flexible_http_request",
                             with_method(flexible(ReplicationCounts{3, 2, 3}), place), kPlenty),
              for_all ? "waits" : refusal);
  };
  check(std::integral_constant<std::size_t, 0>(), "GET", true);
  check(std::integral_constant<std::size_t, 1>(), "HEAD", true);
  check(std::integral_constant<std::size_t, 2>(), "POST", true);
  check(std::integral_constant<std::size_t, 3>(), "PUT", false);
  check(std::integral_constant<std::size_t, 4>(), "DELETE", false);
  check(std::integral_constant<std::size_t, 5>(), "PATCH", false);
}

// One mistake after the other is taken away.
TEST(HttpRequests, are_looked_at_in_a_fixed_order) {
  OutcallSubnet subnet;
  HttpRequestArgs args = with_headers({65, {std::string(8193, 'n'), std::string(8193, 'v')}});
  args.transform = transform_of(types::canister_id_from_index(77));
  args.max_response_bytes = 2'000'001;
  args.url = std::string(8193, 'u');
  args.method.emplace<3>();
  const auto begins = [&](std::string_view with) {
    const std::string answer = subnet.refusal("http_request", args, 0);
    EXPECT_TRUE(answer.starts_with("rejected 4: " + std::string(with))) << answer;
  };
  begins("transform principal id");
  args.transform.reset();
  begins("max_response_bytes");
  args.max_response_bytes.reset();
  begins("url size");
  args.url = "https://example.com";
  begins("number of all http headers");
  args.headers.resize(64);
  begins("number of bytes to represent some http header name");
  args.headers.assign(64, {"", std::string(8193, 'v')});
  begins("number of bytes to represent some http header value");
  args.headers.assign(64, {"", std::string(8192, 'v')});
  begins("total number of bytes to represent all http header names and values 524288 exceeds");
  args.headers.clear();
  begins("The requested HTTP method");
  args.method.emplace<0>();
  begins("http_request request sent with 0 cycles");
}

TEST(HttpRequests, at_most_3000_wait_on_a_subnet) {
  OutcallSubnet subnet;
  for (std::uint64_t i = 0; i < 3000; ++i) {
    // A queue holds 500.
    if (i % 500 == 0) subnet.caller = types::canister_id_from_index(1000 + i);
    ASSERT_EQ(subnet.refusal("http_request", small_request(), 25'000'000'000), "waits");
  }
  subnet.caller = types::canister_id_from_index(9000);
  EXPECT_EQ(subnet.refusal("http_request", small_request(), 25'000'000'000),
            "rejected 4: max number (3000) of http requests in-flight reached.");
  // Even before cycles are looked at.
  EXPECT_EQ(subnet.refusal("flexible_http_request", flexible(), 0),
            "rejected 4: max number (3000) of http requests in-flight reached.");
  subnet.let_time_pass(limits::kHttpOutcallTimeout);
  EXPECT_TRUE(subnet.outcalls().waiting.empty());
  EXPECT_EQ(subnet.outcalls().bytes, 0U);
}

TEST(HttpRequests, those_that_wait_have_a_bound_of_bytes) {
  OutcallSubnet subnet;
  const std::uint64_t size = small_request().url.size();
  auto& bytes = subnet->state.write_metadata().calls.http_outcalls.write().bytes;
  bytes = limits::kHttpOutcallBytesMax - size + 1;
  EXPECT_EQ(subnet.refusal("http_request", small_request(), kPlenty),
            "rejected 4: max size (536870912 bytes) of http requests in-flight reached.");
  subnet->state.write_metadata().calls.http_outcalls.write().bytes =
      limits::kHttpOutcallBytesMax - size;
  EXPECT_EQ(subnet.refusal("http_request", small_request(), kPlenty), "waits");
}

// Spec cycle-costs, "HTTPS outcalls": 13 nodes.
TEST(HttpRequests, cost_by_their_bytes_and_those_of_the_largest_response) {
  OutcallSubnet subnet;
  HttpRequestArgs args = with_headers({{"name", "value"}}, as_bytes("body"));
  args.transform = transform_of(subnet.caller, "clean");
  args.transform->context = as_bytes("context");
  args.max_response_bytes = 1000;
  // URL 20, header 9, body 4, transform 5 + 7.
  const std::uint64_t fee = 49'140'000 + 5'200 * 45 + 10'400 * 1000;
  EXPECT_EQ(subnet->state.topology().subnet_size(), 13U);
  EXPECT_EQ(subnet.refusal("http_request", args, fee - 1),
            "rejected 4: http_request request sent with 59_773_999 cycles, but 59_774_000 cycles "
            "are required.");
  EXPECT_EQ(subnet.consumed(), Cycles{0});
  EXPECT_EQ(subnet.refusal("http_request", args, fee), "waits");
  EXPECT_EQ(subnet.consumed(), Cycles{fee});
  EXPECT_EQ(subnet.outcall().call->payment, Cycles{0});
  // What ic0.cost_http_request says.
  EXPECT_EQ(subnet_view(subnet->state.topology()).fees.http_outcall_cost(45, 1000), Cycles{fee});

  args.max_response_bytes.reset();
  const std::uint64_t full = 49'140'000 + 5'200 * 45 + 10'400ULL * 2'000'000;
  EXPECT_EQ(subnet.refusal("http_request", args, full + 5), "waits");
  EXPECT_EQ(subnet.consumed(), Cycles{fee + full});
  EXPECT_EQ(subnet.outcall().call->payment, Cycles{5}) << "the rest goes back with the answer";
  EXPECT_FALSE(subnet.outcall().allowance.has_value());
  EXPECT_TRUE(subnet.outcall().call->arg.empty()) << "what was read isn't kept twice";
}

TEST(HttpRequests, of_a_pricing_version_that_is_not_known_are_of_the_first) {
  OutcallSubnet subnet;
  HttpRequestArgs args = small_request();
  args.max_response_bytes = 0;
  const std::uint64_t fee = 49'140'000 + 5'200 * 20;
  for (const std::uint32_t version : {0U, 1U, 3U}) {
    args.pricing_version = version;
    EXPECT_EQ(subnet.refusal("http_request", args, fee), "waits");
    EXPECT_FALSE(subnet.outcall().allowance.has_value());
  }
}

TEST(HttpRequests, priced_by_use_leave_an_allowance_with_each_node) {
  OutcallSubnet subnet;
  HttpRequestArgs args = small_request();
  args.pricing_version = 2;
  const std::uint64_t fee = 13 * (1'000'000 + 50 * 20 + 1'820'000 + 135'200);
  EXPECT_EQ(subnet.refusal("http_request", args, fee - 1),
            "rejected 4: http_request request sent with 38_430_599 cycles, but 38_430_600 cycles "
            "are required.");
  EXPECT_EQ(subnet.refusal("http_request", args, fee + 13 * 1000 + 12), "waits");
  EXPECT_EQ(subnet.consumed(), Cycles{fee});
  EXPECT_EQ(subnet.outcall().allowance, Cycles{1000});
  EXPECT_EQ(subnet.outcall().nodes.size(), 13U);
  EXPECT_EQ(subnet.outcall().call->payment, Cycles{12});
  // More than can be spent isn't held.
  EXPECT_EQ(subnet.refusal("http_request", args, 1'000'000'000'000), "waits");
  const Cycles left{1'000'000'000'000 - fee};
  EXPECT_LT(subnet.outcall().held(), left);
  EXPECT_EQ(subnet.outcall().held() + subnet.outcall().call->payment.value, left);
}

TEST(HttpRequests, cost_nothing_on_a_system_subnet) {
  OutcallSubnet subnet({.type = state::SubnetType::kSystem});
  EXPECT_EQ(subnet.refusal("http_request", small_request(), 7), "waits");
  EXPECT_EQ(subnet.outcall().call->payment, Cycles{7});
  EXPECT_EQ(subnet.refusal("flexible_http_request", flexible(), 7), "waits");
  EXPECT_EQ(subnet.outcall().call->payment, Cycles{7});
  EXPECT_FALSE(subnet.outcall().allowance.has_value());
}

TEST(HttpRequests, are_fetched_by_all_nodes_or_by_one_that_nobody_chose) {
  OutcallSubnet subnet;
  HttpRequestArgs args = small_request();
  EXPECT_EQ(subnet.refusal("http_request", args, kPlenty), "waits");
  EXPECT_EQ(subnet.outcall().replication, HttpReplication::kAllNodes);
  EXPECT_EQ(subnet.outcall().nodes.size(), 13U);
  args.is_replicated = false;
  std::set<types::NodeId> drawn;
  for (std::uint8_t luck = 0; luck < 40; ++luck) {
    subnet.randomness = luck;
    EXPECT_EQ(subnet.refusal("http_request", args, kPlenty), "waits");
    EXPECT_EQ(subnet.outcall().replication, HttpReplication::kOneNode);
    ASSERT_EQ(subnet.outcall().nodes.size(), 1U);
    EXPECT_TRUE(subnet->state.topology().own().nodes.contains(subnet.outcall().nodes.front()));
    drawn.insert(subnet.outcall().nodes.front());
  }
  EXPECT_GT(drawn.size(), 6U) << "of 13 nodes, 40 times";
}

TEST(FlexibleHttpRequests, by_default_ask_all_nodes_and_need_more_than_two_thirds) {
  OutcallSubnet subnet;
  EXPECT_EQ(subnet.refusal("flexible_http_request", flexible(), kPlenty), "waits");
  EXPECT_EQ(subnet.outcall().replication, HttpReplication::kCommittee);
  EXPECT_EQ(subnet.outcall().nodes.size(), 13U);
  EXPECT_EQ(subnet.outcall().min_responses, 9U);
  EXPECT_EQ(subnet.outcall().max_responses, 13U);
  EXPECT_TRUE(subnet.outcall().allowance.has_value());
}

TEST(FlexibleHttpRequests, ask_as_many_nodes_as_there_are) {
  OutcallSubnet subnet;
  const auto ask = [&](std::uint32_t total, std::uint32_t min, std::uint32_t max) {
    return subnet.refusal("flexible_http_request", flexible(ReplicationCounts{total, min, max}),
                          kPlenty);
  };
  EXPECT_EQ(ask(0, 0, 0), "rejected 4: total_requests (0) must be at least 1");
  EXPECT_EQ(ask(14, 1, 1),
            "rejected 4: total_requests (14) must not exceed the number of available nodes (13)");
  EXPECT_EQ(ask(13, 5, 4), "rejected 4: min_responses (5) must not exceed max_responses (4)");
  EXPECT_EQ(ask(3, 1, 4), "rejected 4: max_responses (4) must not exceed total_requests (3)");
  EXPECT_EQ(ask(13, 13, 13), "waits");
  EXPECT_EQ(ask(1, 0, 0), "waits");
  EXPECT_EQ(ask(5, 2, 4), "waits");
  EXPECT_EQ(subnet.outcall().nodes.size(), 5U);
  EXPECT_TRUE(std::ranges::is_sorted(subnet.outcall().nodes));
}

TEST(FlexibleHttpRequests, are_priced_by_use) {
  OutcallSubnet subnet;
  const std::uint64_t fee = 13 * (1'000'000 + 50 * 20 + 1'170'000 + 2 * 26'000 + 2 * 100'000);
  const auto args = flexible(ReplicationCounts{5, 2, 4});
  EXPECT_EQ(subnet.refusal("flexible_http_request", args, fee - 1),
            "rejected 4: flexible_http_request request sent with 31_498_999 cycles, but 31_499_000 "
            "cycles are required.");
  EXPECT_EQ(subnet.refusal("flexible_http_request", args, fee + 50), "waits");
  EXPECT_EQ(subnet.outcall().allowance, Cycles{10});
}

}  // namespace
}  // namespace icpd::execution
