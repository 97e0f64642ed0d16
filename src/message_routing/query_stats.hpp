// Statistics of queries: what a maker reports in its block, what everybody else checks, and what
// becomes of it in the state (docs/adr/0007-query-statistics.md).
//
//   heights        0 .. 599 | 600 .. 1199            | 1200 ...
//   queries of     epoch 0  | epoch 1                | epoch 2
//   blocks report           | epoch 0, by its makers | epoch 1
//   at height 1200                                     epoch 0 is credited, the reports are dropped
//
// Rules of a report, against the certified state and the payloads of the blocks after it
//  1. Its epoch is the one before the epoch of the block's height. There is none in epoch 0.
//  2. It has at least one canister and at most types::limits::kBlockQueryStatsCountMax, ascending,
//     and each of them exists.
//  3. This maker has reported none of them for this epoch, neither in that state nor in those
//     blocks.
// What the numbers are, only the maker knows: whoever lies is bounded by state::credit().
#pragma once

#include <optional>
#include <span>

#include "state/replicated_state.hpp"
#include "types/batch.hpp"
#include "types/block.hpp"

namespace icpd::message_routing {

struct QueryStatsBase {
  /// Certified at the block's certified_height.
  const state::ReplicatedState& certified;
  types::Height height;
  types::NodeId maker;
  /// The blocks above the certified height up to the parent.
  std::span<const types::HashedBlock> past;
};

/// What this maker's block reports of its own counts: the first canisters that no block has yet.
/// Nothing if the counts are of another epoch, or all reported. `counts` ascend by canister.
[[nodiscard]] std::optional<types::QueryStatsReport> build_query_stats(
    const QueryStatsBase& base, const types::QueryStatsReport& counts);

/// The error says which rule is broken.
[[nodiscard]] Status<> check_query_stats(const QueryStatsBase& base,
                                         const types::QueryStatsReport& report);

/// A round's step: credits the reports of an epoch that is over and drops them, then takes in the
/// batch's own. Of a report only what breaks no rule at this height counts. Cost: what the batch
/// reports; once an epoch, all canisters that were reported. Needs the tip's height and topology to
/// be the batch's.
void take_query_stats(state::ReplicatedState& tip, const types::Batch& batch);

}  // namespace icpd::message_routing
