// Hands final blocks to execution, in order, once their tape is here (reference B.12).
//
// A checkpoint height is executed only when all that leads to it is durable: the log always reaches
// the newest checkpoint, so a node can go on from it.
#include "consensus/detail/core.hpp"

namespace icpd::consensus::detail {

namespace {

types::Batch batch_of(const BlockNode& node, const types::Tape& tape) {
  const types::Block& block = *node.block;
  const Interval& interval = *node.above();
  types::Batch batch;
  batch.height = block.height;
  batch.is_checkpoint = block.is_summary();
  batch.next_checkpoint = interval.next_summary();
  batch.interval_length = interval.length;
  batch.time = block.context.time;
  batch.registry_version = block.context.registry_version;
  batch.randomness = randomness_of(tape);
  batch.block_maker = block.maker;
  batch.block_rank = block.rank;
  batch.failed_makers = block.failed_makers;
  if (const auto* payload = std::get_if<types::DataPayload>(&block.payload)) {
    batch.responses = payload->responses;
    batch.query_stats = payload->query_stats;
  }
  return batch;
}

}  // namespace

bool deliver(Core& core) {
  bool changed = false;
  while (core.next_batch <= core.finalized && core.next_batch - core.executed <= kBatchesMax) {
    const HeightPool& pool = core.heights.at(core.next_batch);
    ensure(pool.final_block.has_value(), "every height up to the finalized one has a final block");
    if (!pool.tape) break;
    const BlockNode* node = block_at(core, core.next_batch, *pool.final_block);
    ensure(node != nullptr && node->block->height == core.next_batch);
    Actions& out = node->block->is_summary() ? core.out.guarded : core.out.free;
    out.push_back(
        DeliverBatch{node->block, batch_of(*node, std::get<types::Tape>(pool.tape->artifact))});
    ++core.next_batch;
    changed = true;
  }
  return changed;
}

}  // namespace icpd::consensus::detail
