#include "execution/http_outcalls.hpp"

#include <algorithm>
#include <array>

#include "execution/canister_cycles.hpp"
#include "execution/http_errors.hpp"
#include "execution/http_outcall_types.hpp"
#include "execution/http_prices.hpp"

namespace icpd::execution {
namespace {

using namespace management;
namespace limits = types::limits;
using state::HttpOutcall;
using state::HttpReplication;
using types::AgreedAnswer;
using types::CommitteeAnswer;
using types::ConsensusResponse;
using types::DivergedAnswer;
using types::NodeAnswer;
using types::NodeContent;
using types::NodeSpending;
using types::OversizedAnswer;
using types::Reject;
using types::Reply;
using types::ResponsePayload;
using types::SubnetCallId;

std::uint64_t size_of(const ResponsePayload& payload) {
  if (const auto* reply = std::get_if<Reply>(&payload)) return reply->data.size();
  return std::get<Reject>(payload).message.size();
}
bool is_reply(const NodeAnswer& answer) {
  return std::holds_alternative<Reply>(answer.payload);
}

// ---------------------------------------------------------------------------- does the answer fit

Status<> check_payload(const ResponsePayload& payload) {
  const auto* reject = std::get_if<Reject>(&payload);
  if (reject != nullptr && reject->message.size() > limits::kRejectMessageSizeMax)
    return Err("a reject is too long");
  return {};
}

/// Of the outcall, each at most once, ascending.
template <typename T>
Status<> check_nodes(const HttpOutcall& outcall, const std::vector<T>& entries) {
  const types::NodeId* last = nullptr;
  for (const T& entry : entries) {
    if (last != nullptr && entry.node <= *last) return Err("nodes don't ascend");
    if (!outcall.has_node(entry.node)) return Err("a node that doesn't fetch");
    last = &entry.node;
  }
  return {};
}

Status<> check(const HttpOutcall& outcall, const AgreedAnswer& answer) {
  if (outcall.replication == HttpReplication::kCommittee)
    return Err("a committee's nodes answer each for itself");
  return check_payload(answer.payload);
}

/// Nodes that haven't answered can't make any of the contents win.
Status<> check(const HttpOutcall& outcall, const DivergedAnswer& answer) {
  if (outcall.replication != HttpReplication::kAllNodes) return Err("one node can't diverge");
  const std::size_t n = outcall.nodes.size();
  const std::size_t needed = n - (n - 1) / 3;
  std::size_t counted = 0;
  for (std::size_t i = 0; i < answer.contents.size(); ++i) {
    const types::ContentCount& content = answer.contents[i];
    counted += content.nodes;
    if (content.nodes == 0 || counted > n) return Err("contents of more nodes than fetch");
    if (i == 0) continue;
    const types::ContentCount& before = answer.contents[i - 1];
    if (std::pair(content.nodes, content.content) >= std::pair(before.nodes, before.content))
      return Err("contents don't fall by count");
  }
  if (answer.contents.empty() || answer.contents.front().nodes + (n - counted) >= needed)
    return Err("the nodes may still agree");
  return {};
}

Status<> check(const HttpOutcall& outcall, const CommitteeAnswer& answer) {
  if (outcall.replication != HttpReplication::kCommittee) return Err("there is no committee");
  TRY(check_nodes(outcall, answer.answers));
  std::size_t replies = 0;
  for (const NodeAnswer& one : answer.answers) {
    TRY(check_payload(one.payload));
    if (!is_reply(one)) continue;
    ++replies;
    const auto decoded = candid::decode_arg<HttpRequestResult>(std::get<Reply>(one.payload).data);
    if (!decoded.ok()) return Err("a reply is no response");
  }
  const std::size_t rejects = answer.answers.size() - replies;
  if (rejects == 0)
    return replies >= outcall.min_responses && replies <= outcall.max_responses
               ? Status<>{}
               : Err("not as many replies as the caller asked for");
  if (replies != 0) return Err("replies and rejects");
  if (rejects <= outcall.nodes.size() - outcall.min_responses)
    return Err("there may still be enough replies");
  return {};
}

/// Whatever the nodes that aren't there say, replies of the others have to be among those needed,
/// and the smallest of them don't fit.
Status<> check(const HttpOutcall& outcall, const OversizedAnswer& answer) {
  if (outcall.replication != HttpReplication::kCommittee) return Err("there is no committee");
  TRY(check_nodes(outcall, answer.contents));
  std::vector<std::uint64_t> sizes;
  for (const NodeContent& content : answer.contents)
    if (!content.is_reject) sizes.push_back(content.size_bytes);
  std::ranges::sort(sizes);
  const std::size_t unseen = outcall.nodes.size() - answer.contents.size();
  const std::size_t needed = outcall.min_responses > unseen ? outcall.min_responses - unseen : 0;
  if (sizes.size() < needed) return Err("too few replies are known");
  unsigned __int128 sum = 0;
  for (std::size_t i = 0; i < needed; ++i)
    sum += sizes[i];
  if (sum <= limits::kBlockResponsesSizeMax) return Err("the replies may fit into a block");
  return {};
}

Status<> check_spending(const HttpOutcall& outcall, const ConsensusResponse& response) {
  if (!outcall.allowance)
    return response.spending.empty() ? Status<>{} : Err("nodes have nothing to spend");
  TRY(check_nodes(outcall, response.spending));
  for (const NodeSpending& one : response.spending)
    if (one.spent > *outcall.allowance) return Err("a node spent more than it had");
  const auto* committee = std::get_if<CommitteeAnswer>(&response.answer);
  if (committee == nullptr)
    return response.spending.empty() ? Status<>(Err("nobody says what was spent")) : Status<>{};
  const bool same = std::ranges::equal(committee->answers, response.spending, {}, &NodeAnswer::node,
                                       &NodeSpending::node);
  return same ? Status<>{} : Err("not those who answer say what they spent");
}

// ------------------------------------------------------------------------- what the caller is told

Reply candid_reply(const FlexibleHttpResult& result) {
  return {Slice(candid::encode_args(result))};
}

template <std::size_t kError>
Reply failed(std::string message, std::vector<FlexibleNodeDetail> details = {}) {
  FlexibleHttpError error;
  error.global_error.emplace().emplace<kError>();
  error.node_details = std::move(details);
  error.message = std::move(message);
  return candid_reply(
      FlexibleHttpResult(std::in_place_index<1>, Case<"err", FlexibleHttpError>{std::move(error)}));
}
// Places in FlexibleGlobalError.
constexpr std::size_t kTimeout = 1;
constexpr std::size_t kTooLarge = 3;
constexpr std::size_t kTooManyRejects = 4;

std::string code_name(types::RejectCode code) {
  static constexpr auto kNames =
      std::to_array<std::string_view>({"SysFatal", "SysTransient", "DestinationInvalid",
                                       "CanisterReject", "CanisterError", "SysUnknown"});
  return std::string(kNames.at(static_cast<std::size_t>(code) - 1));
}

FlexibleNodeDetail detail(const types::NodeId& node, std::string code, std::string message) {
  FlexibleNodeDetail detail;
  detail.node_id = node.principal;
  detail.error = {std::move(code), std::move(message)};
  return detail;
}

ResponsePayload answer_of_all(const CommitteeAnswer& answer) {
  std::vector<HttpRequestResult> responses;
  std::vector<FlexibleNodeDetail> details;
  for (const NodeAnswer& one : answer.answers) {
    if (const auto* reject = std::get_if<Reject>(&one.payload))
      details.push_back(detail(one.node, code_name(reject->code), reject->message));
    else
      responses.push_back(
          candid::decode_arg<HttpRequestResult>(std::get<Reply>(one.payload).data).value());
  }
  if (!details.empty()) {
    const std::size_t rejects = details.size();
    return failed<kTooManyRejects>(
        "Too many rejects: " + std::to_string(rejects) + " responses are rejects",
        std::move(details));
  }
  return candid_reply(FlexibleHttpResult(
      std::in_place_index<0>, Case<"ok", std::vector<HttpRequestResult>>{std::move(responses)}));
}

ResponsePayload answer_of_sizes(const HttpOutcall& outcall, const OversizedAnswer& answer) {
  std::vector<FlexibleNodeDetail> details;
  for (const NodeContent& one : answer.contents)
    details.push_back(detail(one.node, one.is_reject ? "reject" : "ok",
                             std::to_string(one.size_bytes) + " bytes"));
  return failed<kTooLarge>("Responses too large: " + std::to_string(outcall.min_responses) +
                               " responses don't fit into " +
                               std::to_string(limits::kBlockResponsesSizeMax) + " bytes",
                           std::move(details));
}

ResponsePayload payload_of(SubnetCallId id, const HttpOutcall& outcall,
                           const types::ConsensusAnswer& answer) {
  if (const auto* agreed = std::get_if<AgreedAnswer>(&answer)) return agreed->payload;
  if (const auto* diverged = std::get_if<DivergedAnswer>(&answer))
    return nodes_diverged(id, outcall.deadline(), *diverged);
  if (const auto* committee = std::get_if<CommitteeAnswer>(&answer))
    return answer_of_all(*committee);
  return answer_of_sizes(outcall, std::get<OversizedAnswer>(answer));
}

ResponsePayload payload_of_nobody(const HttpOutcall& outcall) {
  if (outcall.replication == HttpReplication::kCommittee)
    return failed<kTimeout>("Flexible HTTP request timed out");
  return outcall_timed_out();
}

// ------------------------------------------------------------------------------------------ cycles

/// Gives back and books what was held for nodes. What belongs to a canister that is gone is gone.
void settle_with(ManagementScope& scope, const CanisterId& sender, Cycles refund, Cycles consumed) {
  if (!scope.state.contains(sender)) {
    scope.state.write_metadata().metrics.consumed_by_deleted += refund.value + consumed.value;
    return;
  }
  scope.state.update(sender, [&](state::CanisterState& canister) {
    canister.balance += refund.value;
    book(canister, state::CyclesUse::kHttpOutcalls, consumed);
    plan_next_charge(scope.round.subnet.fees, canister);
  });
}

/// What the answer costs in a block.
Cycles block_fee(const ManagementScope& scope, const HttpOutcall& outcall,
                 const types::ConsensusAnswer& answer) {
  std::uint64_t responses = 0;
  std::uint64_t bytes = 0;
  if (const auto* agreed = std::get_if<AgreedAnswer>(&answer)) {
    responses = 1;
    bytes = size_of(agreed->payload);
  } else if (const auto* committee = std::get_if<CommitteeAnswer>(&answer)) {
    for (const NodeAnswer& one : committee->answers)
      bytes += size_of(one.payload);
    responses = committee->answers.size();
  }
  return http_block_fee(scope.round.subnet.fees, shape_of(outcall, outcall.nodes.size()), responses,
                        bytes);
}

/// Those who reported pay for the block too, as far as their allowances go; the others may report
/// later.
void settle(ManagementScope& scope, SubnetCallId id, const HttpOutcall& outcall,
            const std::vector<NodeSpending>& spending, Cycles block) {
  if (!outcall.allowance) return;
  const CanisterId& sender = outcall.call->sender;
  Cycles spent = block;
  for (const NodeSpending& one : spending)
    spent += one.spent.value;
  const Cycles held{outcall.allowance->value * spending.size()};
  const Cycles refund = held.minus_or_zero(spent.value);
  settle_with(scope, sender, refund, Cycles{held - refund});
  std::vector<types::NodeId> rest;
  for (const types::NodeId& node : outcall.nodes)
    if (!std::ranges::binary_search(spending, node, {}, &NodeSpending::node)) rest.push_back(node);
  if (rest.empty()) return;
  state::HttpSettlement settlement{sender, outcall.time, *outcall.allowance, std::move(rest)};
  auto& unsettled = scope.state.write_metadata().calls.http_outcalls.write().unsettled;
  if (unsettled.size() >= state::kHttpUnsettledMax)
    settle_with(scope, sender, settlement.held(), Cycles{0});
  else
    unsettled.emplace(id, std::move(settlement));
}

void end(ManagementScope& scope, const HttpOutcall& outcall, ResponsePayload payload) {
  answer_call(scope, *outcall.call, outcall.call->payment, std::move(payload));
}

Shared<HttpOutcall> taken(ManagementScope& scope, SubnetCallId id) {
  auto outcall = scope.state.write_metadata().calls.http_outcalls.write().take(id);
  ensure(outcall.has_value(), "it waited");
  return std::move(*outcall);
}

void take(ManagementScope& scope, const ConsensusResponse& response) {
  const auto& waiting = scope.state.metadata().calls.http_outcalls->waiting;
  const auto found = waiting.find(response.call);
  if (found == waiting.end() || !check_http_response(*found->second, response).ok()) return;
  const Shared<HttpOutcall> outcall = taken(scope, response.call);
  settle(scope, response.call, *outcall, response.spending,
         block_fee(scope, *outcall, response.answer));
  end(scope, *outcall, payload_of(response.call, *outcall, response.answer));
}

void take(ManagementScope& scope, const types::LateSpending& late) {
  const auto& unsettled = scope.state.metadata().calls.http_outcalls->unsettled;
  const auto found = unsettled.find(late.call);
  if (found == unsettled.end() || !check_late_spending(found->second, late.spending).ok()) return;
  auto& all = scope.state.write_metadata().calls.http_outcalls.write().unsettled;
  const auto own = all.find(late.call);
  const CanisterId sender = own->second.sender;
  const Cycles rest{own->second.allowance - late.spending.spent};
  std::erase(own->second.nodes, late.spending.node);
  if (own->second.nodes.empty()) all.erase(own);
  settle_with(scope, sender, rest, late.spending.spent);
}

}  // namespace

Status<> check_http_response(const HttpOutcall& outcall, const ConsensusResponse& response) {
  TRY(std::visit([&](const auto& answer) { return check(outcall, answer); }, response.answer));
  return check_spending(outcall, response);
}

Status<> check_late_spending(const state::HttpSettlement& settlement,
                             const NodeSpending& spending) {
  if (!std::ranges::binary_search(settlement.nodes, spending.node))
    return Err("a node that doesn't fetch or has reported");
  if (spending.spent > settlement.allowance) return Err("a node spent more than it had");
  return {};
}

void end_overdue_outcalls(ManagementScope& scope) {
  const Time now = scope.round.time;
  for (;;) {
    const state::HttpOutcalls& all = *scope.state.metadata().calls.http_outcalls;
    if (all.waiting.empty() || all.waiting.begin()->second->deadline() > now) break;
    const SubnetCallId id = all.waiting.begin()->first;
    const Shared<HttpOutcall> outcall = taken(scope, id);
    settle(scope, id, *outcall, {}, Cycles{0});
    end(scope, *outcall, payload_of_nobody(*outcall));
  }
  for (;;) {
    const state::HttpOutcalls& all = *scope.state.metadata().calls.http_outcalls;
    if (all.unsettled.empty() || all.unsettled.begin()->second.deadline() > now) break;
    auto& unsettled = scope.state.write_metadata().calls.http_outcalls.write().unsettled;
    const state::HttpSettlement settlement = unsettled.extract(unsettled.begin()).mapped();
    settle_with(scope, settlement.sender, settlement.held(), Cycles{0});
  }
}

void take_consensus_responses(ManagementScope& scope, const types::ConsensusResponses& responses) {
  for (const ConsensusResponse& response : responses.responses)
    take(scope, response);
  for (const types::LateSpending& late : responses.late)
    take(scope, late);
}

}  // namespace icpd::execution
