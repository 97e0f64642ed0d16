#include "sim/internet.hpp"

#include <algorithm>
#include <functional>

#include "base/prng.hpp"
#include "execution/http_outcall_types.hpp"

namespace icpd::sim {

namespace {

using types::ConsensusResponse;
using types::NodeSpending;
using types::SubnetCallId;

constexpr std::uint64_t kBodySizeMax = 400;

types::Cycles spent_by(SubnetCallId call, const types::NodeId& node, types::Cycles allowance) {
  const crypto::Digest luck =
      crypto::Hasher("simulated spending").number(call.value).sized(node.view()).finish();
  return types::Cycles{load_be<std::uint64_t>(luck.view()) %
                       static_cast<std::uint64_t>(allowance.value + 1)};
}

types::ResponsePayload fetched(Prng& luck) {
  const Bytes body = luck.bytes(luck.below(kBodySizeMax));
  execution::management::HttpRequestResult result;
  result.status = 200;
  result.body = body;
  return types::Reply{Slice(codec::candid::encode_args(result))};
}

types::ConsensusAnswer diverged(Prng& luck, std::size_t nodes) {
  types::DivergedAnswer answer;
  for (std::size_t i = 0; i < nodes; ++i)
    answer.contents.push_back({*crypto::Digest::from(luck.bytes(crypto::Digest::kSize)), 1});
  std::ranges::sort(answer.contents, std::greater<>(), &types::ContentCount::content);
  return answer;
}

std::optional<types::ConsensusAnswer> answer_to(SubnetCallId call, std::size_t nodes) {
  Prng luck(call.value);
  const std::uint64_t fate = luck.below(9);
  if (fate == 0) return std::nullopt;
  if (fate == 1)
    return types::AgreedAnswer{
        types::Reject{types::RejectCode::kSysTransient, "Connection refused"}};
  // One node always agrees with itself.
  if (fate == 2 && nodes > 1) return diverged(luck, nodes);
  return types::AgreedAnswer{fetched(luck)};
}

class Internet final : public message_routing::ResponseSource {
 public:
  std::optional<ConsensusResponse> response(SubnetCallId call,
                                            const state::HttpOutcall& outcall) const override {
    auto answer = answer_to(call, outcall.nodes.size());
    if (!answer) return std::nullopt;
    ConsensusResponse response{.call = call, .answer = std::move(*answer), .spending = {}};
    if (!outcall.allowance) return response;
    for (std::size_t i = 0; i < outcall.nodes.size(); i += 2) {
      const types::NodeId& node = outcall.nodes[i];
      response.spending.push_back({node, spent_by(call, node, *outcall.allowance)});
    }
    return response;
  }
  std::vector<NodeSpending> late_spending(SubnetCallId call,
                                          const state::HttpSettlement& settlement) const override {
    std::vector<NodeSpending> spending;
    for (const types::NodeId& node : settlement.nodes)
      spending.push_back({node, spent_by(call, node, settlement.allowance)});
    return spending;
  }
  bool vouches(const state::HttpOutcall& outcall,
               const ConsensusResponse& response) const override {
    return this->response(response.call, outcall) == response;
  }
  bool vouches(const state::HttpSettlement& settlement,
               const types::LateSpending& late) const override {
    const types::NodeId& node = late.spending.node;
    return late.spending.spent == spent_by(late.call, node, settlement.allowance);
  }
};

}  // namespace

bool is_true(const ConsensusResponse& response, std::size_t nodes) {
  return answer_to(response.call, nodes) == response.answer;
}

const message_routing::ResponseSource& internet() {
  static const Internet internet;
  return internet;
}

}  // namespace icpd::sim
