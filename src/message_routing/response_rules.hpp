// Answers of consensus in blocks: which a maker may put in, and everybody else checks.
//
// Judged against fixed things only, as messages are (payload.hpp). Rules
//  1. At most 500 answers, encoded at most 2 MiB together; at most 1,000 late reports.
//  2. Answers ascend by call, reports by call and node.
//  3. The call waits in the certified state, and none of the blocks since has its answer.
//  4. The block's time is before the call's deadline, at which the call ends by itself: an answer
//     in a block always finds its call.
//  5. The answer has the form that the call asks for (execution/http_outcalls.hpp).
//  6. A late report is of an outcall that is unsettled in the certified state, of a node whose
//     report is neither there nor in the blocks since, and comes before the end of its time.
//  7. A source vouches for it: those who fetched and signed, whoever they are. Without a source
//     there are no answers in blocks.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "state/replicated_state.hpp"
#include "types/block.hpp"

namespace icpd::message_routing {

/// Where answers come from and who says whether they are true. Every method is asked on certified
/// states only, by the thread that builds and checks payloads.
class ResponseSource {
 public:
  virtual ~ResponseSource() = default;
  /// What a block may have for this outcall, if there is something yet.
  [[nodiscard]] virtual std::optional<types::ConsensusResponse> response(
      types::SubnetCallId call, const state::HttpOutcall& outcall) const = 0;
  [[nodiscard]] virtual std::vector<types::NodeSpending> late_spending(
      types::SubnetCallId call, const state::HttpSettlement& settlement) const = 0;
  /// Whether they are what the nodes said. Needs the form to be right.
  [[nodiscard]] virtual bool vouches(const state::HttpOutcall& outcall,
                                     const types::ConsensusResponse& response) const = 0;
  [[nodiscard]] virtual bool vouches(const state::HttpSettlement& settlement,
                                     const types::LateSpending& late) const = 0;
};

/// What a block's answers are judged against.
struct ResponseBase {
  /// Certified at context.certified_height.
  const state::ReplicatedState& certified;
  types::ValidationContext context;
  /// Those above context.certified_height up to the parent.
  std::span<const types::HashedBlock> past;
  /// Null: nobody vouches for anything.
  const ResponseSource* source = nullptr;
};

/// Oldest calls first, as many as fit. Cost: O(outcalls that wait or are unsettled).
[[nodiscard]] types::ConsensusResponses build_responses(const ResponseBase& base);
/// The error says which rule is broken.
[[nodiscard]] Status<> check_responses(const ResponseBase& base,
                                       const types::ConsensusResponses& responses);

}  // namespace icpd::message_routing
