#include "message_routing/response_rules.hpp"

#include <set>

#include "codec/record.hpp"
#include "execution/http_outcalls.hpp"

namespace icpd::message_routing {
namespace {

namespace limits = types::limits;
using types::ConsensusResponse;
using types::LateSpending;
using types::SubnetCallId;

using Report = std::pair<SubnetCallId, types::NodeId>;

Report report_of(const LateSpending& late) {
  return {late.call, late.spending.node};
}

/// A block's answers while they grow.
class Composer {
 public:
  explicit Composer(const ResponseBase& base)
      : base_(base), all_(*base.certified.metadata().calls.http_outcalls) {
    for (const types::HashedBlock& block : base.past) {
      const auto* data = std::get_if<types::DataPayload>(&block->payload);
      if (data == nullptr) continue;
      for (const ConsensusResponse& response : data->responses.responses)
        answered_.insert(response.call);
      for (const LateSpending& late : data->responses.late)
        reported_.insert(report_of(late));
    }
  }

  /// Adds it, or says which rule it breaks.
  Status<> add(const ConsensusResponse& response) {
    if (count_ >= limits::kBlockResponsesCountMax) return Err("more answers than a block may have");
    if (last_call_ && response.call <= *last_call_) return Err("calls don't ascend");
    const auto found = all_.waiting.find(response.call);
    if (found == all_.waiting.end()) return Err("no such call waits");
    if (answered_.contains(response.call)) return Err("the call's answer is in a block already");
    const state::HttpOutcall& outcall = *found->second;
    if (base_.context.time >= outcall.deadline()) return Err("the call's time is over");
    const std::size_t size = codec::to_record(response).size();
    if (bytes_ + size > limits::kBlockResponsesSizeMax)
      return Err("more bytes of answers than a block may have");
    TRY(execution::check_http_response(outcall, response));
    if (base_.source == nullptr || !base_.source->vouches(outcall, response))
      return Err("nobody vouches for the answer");
    last_call_ = response.call;
    ++count_;
    bytes_ += size;
    return {};
  }

  Status<> add(const LateSpending& late) {
    if (reports_ >= limits::kBlockLateSpendingCountMax)
      return Err("more late reports than a block may have");
    if (last_report_ && report_of(late) <= *last_report_) return Err("late reports don't ascend");
    const auto found = all_.unsettled.find(late.call);
    if (found == all_.unsettled.end()) return Err("no such outcall is unsettled");
    if (reported_.contains(report_of(late))) return Err("the report is in a block already");
    const state::HttpSettlement& settlement = found->second;
    if (base_.context.time >= settlement.deadline()) return Err("the time for reports is over");
    TRY(execution::check_late_spending(settlement, late.spending));
    if (base_.source == nullptr || !base_.source->vouches(settlement, late))
      return Err("nobody vouches for the report");
    last_report_ = report_of(late);
    ++reports_;
    return {};
  }

 private:
  const ResponseBase& base_;
  const state::HttpOutcalls& all_;
  std::set<SubnetCallId> answered_;
  std::set<Report> reported_;
  std::optional<SubnetCallId> last_call_;
  std::optional<Report> last_report_;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
  std::size_t reports_ = 0;
};

}  // namespace

types::ConsensusResponses build_responses(const ResponseBase& base) {
  types::ConsensusResponses built;
  if (base.source == nullptr) return built;
  const state::HttpOutcalls& all = *base.certified.metadata().calls.http_outcalls;
  Composer composer(base);
  for (const auto& [call, outcall] : all.waiting) {
    auto response = base.source->response(call, *outcall);
    if (response && composer.add(*response).ok()) built.responses.push_back(std::move(*response));
  }
  for (const auto& [call, settlement] : all.unsettled) {
    for (types::NodeSpending& spending : base.source->late_spending(call, settlement)) {
      LateSpending late{call, std::move(spending)};
      if (composer.add(late).ok()) built.late.push_back(std::move(late));
    }
  }
  return built;
}

Status<> check_responses(const ResponseBase& base, const types::ConsensusResponses& responses) {
  Composer composer(base);
  for (std::size_t i = 0; i < responses.responses.size(); ++i) {
    const auto added = composer.add(responses.responses[i]);
    if (!added.ok()) return Err(added.error().within("answer " + std::to_string(i)));
  }
  for (std::size_t i = 0; i < responses.late.size(); ++i) {
    const auto added = composer.add(responses.late[i]);
    if (!added.ok()) return Err(added.error().within("late report " + std::to_string(i)));
  }
  return {};
}

}  // namespace icpd::message_routing
