// HTTPS outcalls in the state machine: from the call to its answer. The network is elsewhere: nodes
// find what to fetch in the state (state/http_outcalls.hpp), fetch and transform it
// (http_response.hpp), agree, and hand the answer in with a block.
//
//   http_request, flexible_http_request (management_handlers.hpp)
//        └─> checked, paid ─> waits ──────────────────────────────┬─> answered, rest goes back
//                                      batch.responses ───────────┤
//                                      60 s of block time ────────┘
//
// | replication | answer of consensus | the caller gets |
// | --- | --- | --- |
// | all nodes | agreed | the reply or reject |
// | all nodes | diverged: n - f can't agree any more | SYS_TRANSIENT with the hashes |
// | one node | agreed | its reply or reject |
// | committee | replies of min..max nodes | ok: the responses, by node |
// | committee | more rejects than total - min | err: too_many_rejects, by node |
// | committee | replies that don't fit into a block | err: responses_too_large |
// | any | none in time | SYS_TRANSIENT; of a committee err: timeout |
//
// Cycles. First pricing version: all is paid with the call, by the largest response, whatever comes
// of it. Second version (and every committee): the base fee is paid with the call, each node that
// fetches has an allowance, and what it didn't spend goes to the caller's balance when it has
// reported or can't any more (http_prices.hpp). What was attached beyond that goes back with the
// answer, and if the call is refused everything does.
#pragma once

#include "execution/management.hpp"
#include "state/http_outcalls.hpp"

namespace icpd::execution {

/// Whether this is an answer to the outcall in the form of the table above, with the reports that
/// it must have. Not whether it is true: that is for those who fetched.
[[nodiscard]] Status<> check_http_response(const state::HttpOutcall& outcall,
                                           const types::ConsensusResponse& response);
/// Whether the node may report this.
[[nodiscard]] Status<> check_late_spending(const state::HttpSettlement& settlement,
                                           const types::NodeSpending& spending);

/// Outcalls whose time is over get their reject, settlements whose time is over give back what
/// nodes haven't claimed. Cost: O(log of those that wait) and what ends.
void end_overdue_outcalls(ManagementScope& scope);

/// Answers the calls. What isn't waited for, or doesn't fit, is passed over: a block can't have it
/// (message_routing/response_rules.hpp), and if it does, the call still ends in time.
void take_consensus_responses(ManagementScope& scope, const types::ConsensusResponses& responses);

}  // namespace icpd::execution
