// When a round begins and when its rank clock does (DESIGN §6, "Pacing").
#include "consensus/detail/core.hpp"

namespace icpd::consensus::detail {

namespace {

/// Only another block can make the newest notarized block final, or this node waited long enough
/// for its finalization.
bool finalization_needs_a_block(Core& core) {
  if (core.notarized == core.finalized) return false;
  const HeightPool& pool = core.heights.at(core.notarized);
  if (!pool.own_finalization_share) return true;
  const Time patience = *core.round_start + newest_interval(core)->pacing.unit_delay;
  if (patience <= core.now.steady) return true;
  wake_at(core, patience);
  return false;
}

/// A catch-up package whose state is certified waits until a final block says so.
bool package_needs_a_block(const Core& core) {
  const BlockNode* tip = best_notarized(core, core.notarized);
  const Interval& newest = *tip->above();
  if (newest.start <= core.package_height || newest.start > core.certified) return false;
  return tip->block->context.certified_height < newest.start;
}

/// What execution reported counts until a block carries it out.
bool execution_needs_a_block(Core& core) {
  if (core.execution_has_work && core.notarized <= core.executed) return true;
  if (!core.execution_due) return false;
  const BlockNode* tip = best_notarized(core, core.notarized);
  if (tip->block->context.time >= *core.execution_due) return false;
  if (*core.execution_due <= core.now.wall) return true;
  wake_at(core, core.now.steady + (*core.execution_due - core.now.wall));
  return false;
}

/// Until a first state is certified nobody can be served.
bool nothing_is_certified(const Core& core) {
  return core.certified == Height{0};
}

bool has_work(Core& core) {
  return nothing_is_certified(core) || core.ingress_waiting || execution_needs_a_block(core) ||
         finalization_needs_a_block(core) || package_needs_a_block(core);
}

}  // namespace

std::optional<Time> rank_clock(const Core& core) {
  if (!core.round_start) return std::nullopt;
  if (core.work_since) return std::max(*core.round_start, *core.work_since);
  return *core.round_start + newest_interval(core)->pacing.idle_block_interval;
}

bool begin_round(Core& core) {
  bool changed = false;
  const Height round = core.notarized + 1;
  ensure(core.round <= round, "rounds follow the notarized height");
  if (core.round != round) {
    core.round = round;
    core.round_start.reset();
    core.work_since.reset();
    core.building = false;
    changed = true;
  }
  if (!core.round_start && beacon_at(core, core.notarized) != nullptr) {
    core.round_start = core.now.steady;
    changed = true;
    const HeightPool* pool = pool_at(core, round);
    if (pool != nullptr && !pool->blocks.empty()) note_proposal(core);
  }
  if (core.round_start && !core.work_since && has_work(core)) {
    core.work_since = core.now.steady;
    changed = true;
  }
  return changed;
}

void note_proposal(Core& core) {
  if (!core.work_since && core.round_start) core.work_since = core.now.steady;
}

}  // namespace icpd::consensus::detail
