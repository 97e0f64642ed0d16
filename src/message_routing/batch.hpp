// One round: a batch of agreed messages turns the state of one height into that of the next.
//
//   process_batch(tip at height h - 1, batch h)  ->  tip at height h, its root, what it did
//
// Steps, in this order (reference 1.3, 1.4; what belongs to traffic between subnets isn't there)
//  1. Height, time (never backwards), where the next checkpoint is; the network's topology if the
//     registry version is new. Who made the block and who failed to counts in the node metrics;
//     reports of query statistics are taken in (query_stats.hpp).
//  2. Messages and calls whose deadline has passed get their answers.
//  3. Old answers leave the ingress history; the batch's messages are inducted (table below).
//  4. Answers of consensus are sent, and canisters run.
//  5. Messages between canisters that are still in output queues are delivered; best-effort
//  messages
//     above their bound of memory are dropped.
//  6. At a checkpoint, empty queues are forgotten.
//  7. The certified tree is hashed.
//
// Induction of one message (valid-set rule)
//
// | the message | becomes |
// | --- | --- |
// | has an id that is in the history | skipped: it is executed at most once |
// | comes while the history is full | failed, IC0204 |
// | breaks a rule of ingress_rules.hpp, or can't be paid for | failed with that rule's code |
// | is fine | received; in the queue of its canister or of the subnet |
//
// Pure: the same state, batch, registry and execution results give the same state on every node.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "execution/execute_round.hpp"
#include "message_routing/work_report.hpp"
#include "registry/records.hpp"
#include "state/replicated_state.hpp"
#include "types/batch.hpp"
#include "types/limits.hpp"

namespace icpd::message_routing {

/// Runs canisters: the part of a round that isn't routing. Production gives
/// execution::execute_round with its environment.
using RunRound = std::function<execution::RoundReport(state::ReplicatedState& state,
                                                      const execution::RoundInput& input)>;

struct InductionCounts {
  std::uint64_t inducted = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t refused = 0;
  bool operator==(const InductionCounts&) const = default;
};

struct BatchOutcome {
  types::StateRoot root;
  WorkReport work;
  InductionCounts ingress;
  /// What users' calls did in this round, and how much that was in all.
  execution::RoundReport execution;
  /// Calls whose final status was set in this round, ascending.
  std::vector<types::RequestId> finished;
};

/// Needs batch.height to be the one after the tip's, and a registry snapshot of the batch's version
/// that knows the tip's subnet.
[[nodiscard]] BatchOutcome process_batch(state::ReplicatedState& tip, const types::Batch& batch,
                                         const registry::Snapshot& registry,
                                         execution::Environment& environment);
/// With a smaller bound of the ingress history, for tests.
[[nodiscard]] BatchOutcome process_batch(
    state::ReplicatedState& tip, const types::Batch& batch, const registry::Snapshot& registry,
    const RunRound& run_round, std::size_t history_max = types::limits::kIngressHistoryCountMax);

}  // namespace icpd::message_routing
