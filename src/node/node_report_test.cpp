// What a node says about itself: status.json, a trace, metrics.
#include "node/node_report.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "node/node_json.hpp"
#include "node/node_metrics.hpp"
#include "node/web_files.hpp"
#include "state/testing.hpp"

namespace icpd::node {
namespace {

using nlohmann::json;
using state::testing::canister;
using state::testing::request_id;
using types::Height;

constexpr Time at(std::uint64_t ms) {
  return Time{ms * 1'000'000};
}

/// The members of the subnet in order.
std::vector<types::NodeId> members() {
  std::vector<types::NodeId> nodes;
  for (std::uint8_t n = 0; n < 4; ++n)
    nodes.emplace_back(state::testing::user(n).principal);
  std::ranges::sort(nodes);
  return nodes;
}

replica::RequestTrace whole_trace() {
  replica::RequestTrace trace;
  trace.request = request_id(1);
  trace.canister = canister(0);
  trace.method = "increment";
  trace.from_client = true;
  trace.received = at(1'000);
  trace.height = Height{7};
  trace.block_maker = members()[1];
  trace.block_messages = 2;
  trace.proposed = at(1'002);
  trace.notarized = at(1'008);
  trace.finalized = at(1'010);
  trace.signers = 0b0111;
  trace.members = 4;
  trace.delivered = at(1'011);
  trace.executed = at(1'013);
  trace.instructions = 1234;
  trace.pages = 1;
  trace.finished = Height{7};
  trace.certified_height = Height{7};
  trace.certified = at(1'020);
  return trace;
}

/// Node 2 of four, node 3 out of reach, one block and one call.
NodeReport report() {
  const auto nodes = members();
  NodeReport r{.node = nodes[2],
               .subnet = state::testing::topology()->own_subnet,
               .version = "v1",
               .health = "healthy",
               .now = at(2'000),
               .started = at(500),
               .process = {Duration::milliseconds(1'500), 1 << 20, 17}};
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    r.members.push_back({nodes[i], "127.0.0.1:" + std::to_string(4'000 + i)});
    if (i != 2) r.records.links[nodes[i]] = {.up = i != 3, .since = at(600)};
  }
  r.records.links[nodes[0]].received = {10, 1'000};
  r.records.links[nodes[1]].received = {5, 500};
  r.records.links[nodes[3]].reason = "reset";
  r.records.figures.notarized = Height{8};
  r.records.figures.finalized = Height{7};
  r.records.figures.executed = Height{7};
  r.records.figures.certified = Height{6};
  r.records.figures.batches_waiting = 1;
  RoundRecord round{.height = Height{7}, .maker = nodes[1], .rank = types::Rank{1}, .messages = 2};
  round.finalized = at(1'010);
  round.signers = 0b0111;
  round.members = 4;
  round.executed = at(1'013);
  r.records.rounds.push_back(round);
  r.records.totals.ingress.inducted = 2;
  r.records.totals.blocks_by_maker[nodes[1]] = 6;
  r.records.calls.push_back(whole_trace());
  r.outcomes.push_back({"replied", ""});
  return r;
}

TEST(StatusJson, numbers_nodes_by_their_place_and_gives_each_peer_its_link) {
  const json status = json::parse(status_json(report()));
  EXPECT_EQ(status["node"]["number"], 2);
  EXPECT_EQ(status["node"]["reason"], nullptr);
  EXPECT_EQ(status["subnet"]["size"], 4);
  EXPECT_EQ(status["subnet"]["quorum"], 3);
  ASSERT_EQ(status["nodes"].size(), 4U);
  EXPECT_EQ(status["nodes"][2]["self"], true);
  EXPECT_EQ(status["nodes"][2]["link"], nullptr);
  EXPECT_EQ(status["nodes"][3]["link"]["up"], false);
  EXPECT_EQ(status["nodes"][3]["link"]["reason"], "reset");
  EXPECT_EQ(status["nodes"][1]["api_address"], "127.0.0.1:4001");
  EXPECT_EQ(status["peer_to_peer"]["links_up"], 2);
  EXPECT_EQ(status["peer_to_peer"]["received"]["frames"], 15);
  EXPECT_EQ(status["peer_to_peer"]["received"]["bytes"], 1'500);
}

TEST(StatusJson, shows_blocks_with_maker_rank_and_signers) {
  const json status = json::parse(status_json(report()));
  const json& block = status["consensus"]["blocks"].at(0);
  EXPECT_EQ(block["height"], 7);
  EXPECT_EQ(block["maker"], 1);
  EXPECT_EQ(block["rank"], 1);
  EXPECT_EQ(block["signed_by"], json({0, 1, 2}));
  EXPECT_EQ(block["finalized_ms"], 1'010.0);
  EXPECT_EQ(block["notarized_ms"], nullptr);
  EXPECT_EQ(status["consensus"]["notarized"], 8);
  EXPECT_EQ(status["message_routing"]["certified"], 6);
}

TEST(StatusJson, shows_calls_with_the_time_of_each_layer) {
  const json status = json::parse(status_json(report()));
  const json& call = status["calls"].at(0);
  EXPECT_EQ(call["request"], request_id(1).hex());
  EXPECT_EQ(call["status"], "replied");
  EXPECT_EQ(call["received_ms"], 1'000.0);
  EXPECT_EQ(call["proposed_after_ms"], 2.0);
  EXPECT_EQ(call["finalized_after_ms"], 10.0);
  EXPECT_EQ(call["executed_after_ms"], 13.0);
  EXPECT_EQ(call["certified_after_ms"], 20.0);
}

TEST(StatusJson, keeps_its_shape_without_a_certified_state) {
  NodeReport r = report();
  ASSERT_FALSE(r.state);
  const json status = json::parse(status_json(r));
  EXPECT_FALSE(status["message_routing"].contains("certified_time_ms"));
  EXPECT_FALSE(status["execution"].contains("canisters"));
  EXPECT_EQ(status["execution"]["executions"], 0);
}

TEST(StatusJson, stays_json_whatever_text_a_client_chose) {
  NodeReport r = report();
  r.records.calls[0].method = std::string("<script>\"\\\xff\x00", 13) + std::string(10'000, 'x');
  r.names[canister(0)] = "\xc3\x28";
  const json status = json::parse(status_json(r), nullptr, false);
  ASSERT_FALSE(status.is_discarded());
  const auto method = status["calls"].at(0)["method"].get<std::string>();
  EXPECT_TRUE(method.starts_with("<script>\"\\"));
  EXPECT_LT(method.size(), kTextMax + 20);
}

TEST(StatusJson, says_why_a_node_is_not_healthy) {
  NodeReport r = report();
  r.health = "waiting_for_certified_state";
  r.records.figures.executed = Height{5};
  EXPECT_EQ(
      explain_health(r),
      "3 of 4 nodes in reach, 3 needed to certify; final 7, executed 5, certified 6; catching "
      "up");
  EXPECT_EQ(json::parse(status_json(r))["node"]["reason"], explain_health(r));
}

state::ReplicatedState state_with(std::size_t canisters) {
  state::ReplicatedState state(state::testing::topology());
  for (std::size_t i = 0; i < canisters; ++i)
    state.put(state::testing::make_canister(i));
  return state;
}

TEST(StateReport, shows_canisters_with_name_state_and_work) {
  state::ReplicatedState state = state_with(3);
  state.update(canister(1), [](state::CanisterState& c) { c.status = state::Stopped{}; });
  const std::map<types::CanisterId, CanisterRecord> work = {
      {canister(2), {.executions = 4, .last_round = Height{9}}}};
  const StateReport report = report_state(state, work, {{canister(0), "ledger"}});
  EXPECT_EQ(report.canisters_total, 3U);
  ASSERT_EQ(report.canisters.size(), 3U);
  EXPECT_EQ(report.canisters[0].name, "ledger");
  EXPECT_EQ(report.canisters[0].status, "running");
  EXPECT_FALSE(report.canisters[0].has_code);
  EXPECT_EQ(report.canisters[1].status, "stopped");
  EXPECT_EQ(report.canisters[2].work.executions, 4U);
}

TEST(StateReport, shows_the_canisters_that_worked_last_and_then_the_first_ones) {
  const std::size_t count = kCanistersShownMax + 20;
  const state::ReplicatedState state = state_with(count);
  const std::map<types::CanisterId, CanisterRecord> work = {
      {canister(count - 1), {.last_round = Height{9}}},
      {canister(count - 2), {.last_round = Height{8}}},
      {canister(count + 5), {.last_round = Height{7}}}};  // deleted since
  const StateReport report = report_state(state, work, {});
  ASSERT_EQ(report.canisters.size(), kCanistersShownMax);
  EXPECT_EQ(report.canisters_total, count);
  EXPECT_EQ(report.canisters.front().id, canister(0));
  EXPECT_EQ(report.canisters.back().id, canister(count - 1));
  EXPECT_EQ(report.canisters[kCanistersShownMax - 2].id, canister(count - 2));
}

TEST(CallOutcome, is_what_the_certified_state_says) {
  state::ReplicatedState state = state_with(1);
  const auto set = [&](std::uint64_t n, state::IngressState what) {
    state.set_ingress(request_id(n), canister(0), state::testing::user(1), std::move(what));
  };
  set(1, state::IngressReplied{});
  set(2, state::IngressFailed{{types::ErrorCode::kCanisterTrapped, "trapped <b>"}});
  EXPECT_EQ(outcome_of(state, request_id(1)).status, "replied");
  const CallOutcome failed = outcome_of(state, request_id(2));
  EXPECT_EQ(failed.status, "rejected");
  EXPECT_EQ(failed.reject, "IC0502: trapped <b>");
  EXPECT_EQ(outcome_of(state, request_id(3)).status, "");
}

TEST(TraceJson, has_one_object_for_each_layer) {
  const json trace =
      json::parse(trace_json(whole_trace(), members()[2], members(), {{"replied", ""}, 2}));
  EXPECT_EQ(trace["node"], members()[2].text());
  EXPECT_EQ(trace["status"], "replied");
  EXPECT_EQ(trace["reject"], nullptr);
  EXPECT_EQ(trace["peer_to_peer"]["from_client"], true);
  EXPECT_EQ(trace["peer_to_peer"]["received_ns"], 1'000'000'000);
  EXPECT_EQ(trace["consensus"]["height"], 7);
  EXPECT_EQ(trace["consensus"]["signers"], 3);
  EXPECT_EQ(trace["consensus"]["signed_by"].size(), 3U);
  EXPECT_EQ(trace["consensus"]["signed_by"][0], members()[0].text());
  EXPECT_EQ(trace["message_routing"]["queued"], 2);
  EXPECT_EQ(trace["message_routing"]["delivered_after_ms"], 11.0);
  EXPECT_EQ(trace["execution"]["instructions"], 1234);
  EXPECT_EQ(trace["certificate"]["certified_after_ms"], 20.0);
}

TEST(TraceJson, says_that_a_call_expired) {
  replica::RequestTrace trace;
  trace.received = at(1'000);
  trace.expired = at(6'000);
  const json text = json::parse(trace_json(trace, members()[0], members(), {}));
  EXPECT_EQ(text["status"], "expired");
  EXPECT_EQ(text["peer_to_peer"]["expired_after_ms"], 5'000.0);
  EXPECT_EQ(text["consensus"]["finalized_after_ms"], nullptr);
}

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(Metrics, carry_the_names_that_operators_know) {
  NodeReport r = report();
  const state::ReplicatedState state = state_with(2);
  r.state = report_state(state, {}, {});
  r.queries = {5, 2, 900, {6, 70, 8, 9}};
  const std::string text = metrics_text(r, count_canisters(state));
  for (const char* line : {
           "artifact_pool_consensus_height_stat{pool_type=\"validated\",type=\"finalization\","
           "stat=\"max\"} 7",
           "state_manager_latest_certified_height 6",
           "consensus_batch_height 8",
           "replicated_state_registered_canisters{status=\"running\"} 2",
           "mr_inducted_ingress_message_count{status=\"success\"} 2",
           "process_cpu_seconds_total 1.5",
           "process_open_fds 17",
           "icpd_healthy 1",
           "icpd_queries_total 5",
           "icpd_queries_from_cache_total 2",
           "icpd_query_cache_bytes 900",
           "icpd_query_methods_total 6",
           "icpd_query_instructions_total 70",
       })
    EXPECT_TRUE(has_line(text, line)) << line << "\n" << text;
  EXPECT_TRUE(has_line(text, "icpd_final_blocks_total{maker=\"" + members()[1].text() + "\"} 6"));
  EXPECT_TRUE(has_line(text, "icpd_link_up{peer=\"" + members()[3].text() + "\"} 0"));
}

TEST(Metrics, histograms_are_cumulative) {
  NodeReport r = report();
  r.records.totals.batch_time.add(Duration::milliseconds(4));
  r.records.totals.batch_time.add(Duration::seconds(9));
  const std::string text = metrics_text(r, std::nullopt);
  const std::string name = "mr_process_batch_duration_seconds";
  EXPECT_TRUE(has_line(text, name + "_bucket{le=\"0.002\"} 0")) << text;
  EXPECT_TRUE(has_line(text, name + "_bucket{le=\"0.005\"} 1")) << text;
  EXPECT_TRUE(has_line(text, name + "_bucket{le=\"5\"} 1")) << text;
  EXPECT_TRUE(has_line(text, name + "_bucket{le=\"+Inf\"} 2")) << text;
  EXPECT_TRUE(has_line(text, name + "_sum 9.004")) << text;
  EXPECT_TRUE(has_line(text, name + "_count 2")) << text;
}

TEST(Metrics, every_sample_follows_its_type) {
  NodeReport r = report();
  std::istringstream lines(metrics_text(r, std::nullopt));
  std::string family;
  std::size_t samples = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# TYPE ")) family = line.substr(7, line.find(' ', 7) - 7);
    if (line.starts_with("#")) continue;
    ++samples;
    EXPECT_TRUE(line.starts_with(family)) << line;
    EXPECT_NE(line.find(' '), std::string::npos) << line;
  }
  EXPECT_GT(samples, 30U);
}

TEST(WebFiles, hold_the_dashboard_and_all_that_it_names) {
  std::string all;
  std::set<std::string_view> paths;
  for (const WebFile& file : web_files()) {
    all += file.content;
    paths.insert(file.path);
  }
  for (const char* path : {"/_/dashboard", "/_/dashboard.css", "/_/dashboard.js", "/_/icon.svg"})
    EXPECT_TRUE(paths.contains(path)) << path;
  for (std::size_t found = all.find("\"/_/"); found != std::string::npos;
       found = all.find("\"/_/", found + 1)) {
    const std::string name = all.substr(found + 1, all.find('"', found + 1) - found - 1);
    EXPECT_TRUE(paths.contains(name) || name == "/_/status.json") << name;
  }
}

TEST(WebFiles, make_no_markup_of_text_and_load_nothing_from_elsewhere) {
  for (const WebFile& file : web_files()) {
    for (const char* word : {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write",
                             "eval(", "https://", "@import", "url("})
      EXPECT_EQ(file.content.find(word), std::string_view::npos) << file.path << ": " << word;
  }
}

}  // namespace
}  // namespace icpd::node
