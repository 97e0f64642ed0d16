#include "node/node_json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace icpd::node {

namespace {

using nlohmann::ordered_json;
using replica::RequestTrace;

std::string dump(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string cut(const std::string& text) {
  return text.size() <= kTextMax ? text : text.substr(0, kTextMax) + "...";
}

/// Milliseconds since 1970; null where a moment wasn't seen.
ordered_json moment(Time time) {
  if (time == Time{}) return nullptr;
  return static_cast<double>(time.ns / 1'000) / 1e3;
}

/// Milliseconds between two moments of a trace; null where one of them wasn't seen.
ordered_json milliseconds(Time from, Time to) {
  if (from == Time{} || to == Time{}) return nullptr;
  return (to - from).to_ms();
}

ordered_json text_or_null(std::string_view text) {
  if (text.empty()) return nullptr;
  return text;
}

ordered_json traffic(const Traffic& traffic) {
  return {{"frames", traffic.frames}, {"bytes", traffic.bytes}};
}

/// Members by their place in the report.
class Numbers {
 public:
  explicit Numbers(const std::vector<MemberReport>& members) {
    for (std::size_t i = 0; i < members.size(); ++i)
      numbers_.emplace(members[i].id, i);
  }
  /// Null for a node that is no member.
  [[nodiscard]] ordered_json of(const types::NodeId& node) const {
    const auto found = numbers_.find(node);
    if (found == numbers_.end()) return nullptr;
    return found->second;
  }

 private:
  std::map<types::NodeId, std::size_t> numbers_;
};

ordered_json indices(crypto::MemberSet set) {
  ordered_json out = ordered_json::array();
  for (const crypto::MemberIndex index : crypto::members_of(set))
    out.push_back(index.value);
  return out;
}

ordered_json self(const NodeReport& report, const Numbers& numbers) {
  return {{"id", report.node.text()},
          {"number", numbers.of(report.node)},
          {"version", report.version},
          {"health", report.health},
          {"reason", text_or_null(explain_health(report))},
          {"started_ms", moment(report.started)},
          {"cpu_seconds", report.process.cpu.to_ms() / 1e3},
          {"resident_bytes", report.process.resident_bytes}};
}

ordered_json members(const NodeReport& report) {
  ordered_json out = ordered_json::array();
  for (const MemberReport& member : report.members) {
    ordered_json link;  // null for this node itself
    if (const auto found = report.records.links.find(member.id);
        found != report.records.links.end()) {
      const LinkRecord& record = found->second;
      link = {{"up", record.up},
              {"since_ms", moment(record.since)},
              {"reason", text_or_null(cut(record.reason))},
              {"sessions", record.sessions},
              {"received", traffic(record.received)},
              {"sent", traffic(record.sent)}};
    }
    out.push_back({{"id", member.id.text()},
                   {"api_address", text_or_null(member.api_address)},
                   {"self", member.id == report.node},
                   {"link", std::move(link)}});
  }
  return out;
}

ordered_json peer_to_peer(const NodeReport& report) {
  Traffic received;
  Traffic sent;
  std::size_t up = 0;
  for (const auto& [peer, link] : report.records.links) {
    up += link.up ? 1 : 0;
    received.frames += link.received.frames;
    received.bytes += link.received.bytes;
    sent.frames += link.sent.frames;
    sent.bytes += link.sent.bytes;
  }
  return {{"links", report.records.links.size()},
          {"links_up", up},
          {"received", traffic(received)},
          {"sent", traffic(sent)}};
}

ordered_json block(const RoundRecord& round, const Numbers& numbers) {
  return {{"height", round.height.value},
          {"block", round.block.hex()},
          {"maker", numbers.of(round.maker)},
          {"rank", round.rank.value},
          {"summary", round.is_summary},
          {"messages", round.messages},
          {"block_time_ms", moment(round.block_time)},
          {"notarized_ms", moment(round.notarized)},
          {"finalized_ms", moment(round.finalized)},
          {"signed_by", indices(round.signers)},
          {"members", round.members},
          {"delivered_ms", moment(round.delivered)},
          {"executed_ms", moment(round.executed)},
          {"executions", round.executions},
          {"instructions", round.instructions},
          {"pages", round.pages},
          {"certified_ms", moment(round.certified)}};
}

ordered_json consensus(const NodeReport& report, const Numbers& numbers) {
  const replica::Replica::Figures& f = report.records.figures;
  ordered_json blocks = ordered_json::array();
  for (auto round = report.records.rounds.rbegin(); round != report.records.rounds.rend(); ++round)
    blocks.push_back(block(*round, numbers));
  return {{"notarized", f.notarized.value},
          {"finalized", f.finalized.value},
          {"catch_up_package", f.package.value},
          {"final_blocks", report.records.totals.final_blocks},
          {"artifacts", f.artifacts},
          {"blocks", std::move(blocks)}};
}

ordered_json newest_root(const std::vector<RoundRecord>& rounds) {
  for (auto round = rounds.rbegin(); round != rounds.rend(); ++round) {
    if (round->executed != Time{})
      return {{"height", round->height.value}, {"hash", round->root.hex()}};
  }
  return nullptr;
}

ordered_json message_routing(const NodeReport& report) {
  const replica::Replica::Figures& f = report.records.figures;
  const RecordTotals& totals = report.records.totals;
  ordered_json out = {{"executed", f.executed.value},
                      {"certified", f.certified.value},
                      {"batches_waiting", f.batches_waiting},
                      {"batches", totals.batches},
                      {"ingress_pool", {{"messages", f.pool_messages}, {"bytes", f.pool_bytes}}},
                      {"inducted", totals.ingress.inducted},
                      {"duplicates", totals.ingress.duplicates},
                      {"refused", totals.ingress.refused},
                      {"finished", totals.finished_calls},
                      {"state_root", newest_root(report.records.rounds)}};
  if (!report.state) return out;
  out["certified_time_ms"] = moment(report.state->time);
  out["ingress_history"] = report.state->ingress_history;
  out["canisters_with_input"] = report.state->canisters_with_work;
  out["next_checkpoint"] = report.state->next_checkpoint.value;
  out["checkpoint_interval"] = report.state->checkpoint_interval;
  return out;
}

ordered_json canister(const CanisterReport& c) {
  return {{"id", c.id.text()},
          {"name", text_or_null(cut(c.name))},
          {"status", c.status},
          {"has_code", c.has_code},
          {"long_execution", c.has_long_execution},
          {"waiting", c.waiting_messages},
          {"heap_bytes", c.heap_bytes},
          {"stable_bytes", c.stable_bytes},
          {"memory_bytes", c.memory_bytes},
          {"cycles", types::to_text(c.cycles)},
          {"executions", c.work.executions},
          {"instructions", c.work.instructions},
          {"pages", c.work.pages},
          {"last_round", c.work.last_round.value},
          {"last_instructions", c.work.last_instructions}};
}

ordered_json execution(const NodeReport& report) {
  const RecordTotals& totals = report.records.totals;
  ordered_json out = {{"executions", totals.executions},
                      {"instructions", totals.instructions},
                      {"pages", totals.pages}};
  if (!report.state) return out;
  out["canisters_total"] = report.state->canisters_total;
  out["memory_bytes"] = report.state->memory_bytes;
  out["heap_delta_bytes"] = report.state->heap_delta_bytes;
  ordered_json canisters = ordered_json::array();
  for (const CanisterReport& one : report.state->canisters)
    canisters.push_back(canister(one));
  out["canisters"] = std::move(canisters);
  return out;
}

ordered_json call(const RequestTrace& t, const CallOutcome& outcome, const CanisterNameMap& names) {
  const auto name = names.find(t.canister);
  return {{"request", t.request.hex()},
          {"canister", t.canister.text()},
          {"name", name == names.end() ? ordered_json() : text_or_null(cut(name->second))},
          {"method", cut(t.method)},
          {"from_client", t.from_client},
          {"status", text_or_null(t.expired != Time{} ? "expired" : outcome.status)},
          {"height", t.height.value},
          {"instructions", t.instructions},
          {"received_ms", moment(t.received)},
          {"proposed_after_ms", milliseconds(t.received, t.proposed)},
          {"finalized_after_ms", milliseconds(t.received, t.finalized)},
          {"delivered_after_ms", milliseconds(t.received, t.delivered)},
          {"executed_after_ms", milliseconds(t.received, t.executed)},
          {"certified_after_ms", milliseconds(t.received, t.certified)}};
}

ordered_json calls(const NodeReport& report) {
  ensure(report.outcomes.size() == report.records.calls.size(), "each call has its outcome");
  ordered_json out = ordered_json::array();
  for (std::size_t i = 0; i < report.outcomes.size(); ++i)
    out.push_back(call(report.records.calls[i], report.outcomes[i], report.names));
  return out;
}

ordered_json signed_by(crypto::MemberSet signers, const std::vector<types::NodeId>& members) {
  ordered_json out = ordered_json::array();
  for (const crypto::MemberIndex index : crypto::members_of(signers)) {
    if (index.value < members.size()) out.push_back(members[index.value].text());
  }
  return out;
}

}  // namespace

std::string status_json(const NodeReport& report) {
  const Numbers numbers(report.members);
  const std::size_t size = report.members.size();
  return dump({{"now_ms", moment(report.now)},
               {"node", self(report, numbers)},
               {"subnet",
                {{"id", report.subnet.text()},
                 {"size", size},
                 {"faults_tolerated", registry::faults_tolerated(size)},
                 {"quorum", registry::high_threshold(size)}}},
               {"nodes", members(report)},
               {"peer_to_peer", peer_to_peer(report)},
               {"consensus", consensus(report, numbers)},
               {"message_routing", message_routing(report)},
               {"execution", execution(report)},
               {"calls", calls(report)}});
}

std::string trace_json(const RequestTrace& t, const types::NodeId& node,
                       const std::vector<types::NodeId>& members, const CallContext& context) {
  const CallOutcome& outcome = context.outcome;
  ordered_json out;
  out["request"] = t.request.hex();
  out["node"] = node.text();
  out["canister"] = t.canister.text();
  out["method"] = cut(t.method);
  out["status"] = text_or_null(t.expired != Time{} ? "expired" : outcome.status);
  out["reject"] = text_or_null(cut(outcome.reject));
  out["peer_to_peer"] = {{"from_client", t.from_client},
                         {"received_ns", t.received.ns},
                         {"expired_after_ms", milliseconds(t.received, t.expired)}};
  out["consensus"] = {{"height", t.height.value},
                      {"block", t.block.hex()},
                      {"block_maker", t.block_maker.text()},
                      {"rank", t.block_rank.value},
                      {"messages_in_block", t.block_messages},
                      {"signers", crypto::members_of(t.signers).size()},
                      {"signed_by", signed_by(t.signers, members)},
                      {"members", t.members},
                      {"proposed_after_ms", milliseconds(t.received, t.proposed)},
                      {"notarized_after_ms", milliseconds(t.received, t.notarized)},
                      {"finalized_after_ms", milliseconds(t.received, t.finalized)}};
  out["message_routing"] = {
      {"batch", t.height.value},
      {"queued", context.queued ? ordered_json(*context.queued) : ordered_json()},
      {"delivered_after_ms", milliseconds(t.received, t.delivered)},
      {"state_root", t.root.hex()}};
  out["execution"] = {{"instructions", t.instructions},
                      {"dirty_pages", t.pages},
                      {"executed_after_ms", milliseconds(t.received, t.executed)},
                      {"finished_at_height", t.finished.value}};
  out["certificate"] = {{"height", t.certified_height.value},
                        {"certified_after_ms", milliseconds(t.received, t.certified)}};
  return dump(out);
}

}  // namespace icpd::node
