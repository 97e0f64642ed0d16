// Proposes a block when it is this node's turn (reference B.5).
#include <algorithm>

#include "consensus/detail/core.hpp"

namespace icpd::consensus::detail {

namespace {

/// The makers of the round up to this node, if it is one of them: its rank is their number but one.
std::vector<types::NodeId> makers_up_to_self(const Core& core) {
  const auto interval = interval_at(core, core.round);
  const types::Beacon* beacon = beacon_at(core, core.notarized);
  ensure(interval && beacon != nullptr, "a round that began has keys and a beacon");
  auto makers = interval->committee->makers(*beacon);
  const auto found = std::find(makers.begin(), makers.end(), core.identity.node);
  if (found == makers.end()) return {};
  makers.erase(std::next(found), makers.end());
  return makers;
}

bool better_block_is_here(const Core& core, types::Rank rank) {
  const HeightPool* pool = pool_at(core, core.round);
  if (pool == nullptr) return false;
  return std::any_of(pool->blocks.begin(), pool->blocks.end(), [&](const auto& entry) {
    const types::Block& block = *entry.second.block;
    return block.rank < rank && !pool->equivocations.contains(block.maker);
  });
}

void propose(Core& core, types::Block block) {
  ensure(block.height == core.notarized + 1 && block.height > core.watermark.block);
  const types::HashedBlock hashed(std::move(block));
  const Bytes message = types::proposal_message(reference(core, hashed->height, hashed.hash()));
  core.watermark.block = hashed->height;
  const Encoded proposal =
      publish_guarded(core, types::BlockProposal{hashed, core.identity.signer->sign(message)});
  core.heights[hashed->height].proposed = true;
  add_block(core, hashed, proposal);
  note_proposal(core);
}

types::Block block_above(const Core& core, const BlockNode& parent,
                         std::vector<types::NodeId> better) {
  types::Block block;
  block.parent = parent.block.hash();
  block.height = parent.block->height + 1;
  block.rank = types::Rank{better.size()};
  block.maker = core.identity.node;
  block.failed_makers = std::move(better);
  block.context = {
      .registry_version = stable_version(core, parent),
      .certified_height = core.certified,
      .time = std::max(core.now.wall, parent.block->context.time + Duration::nanoseconds(1))};
  return block;
}

void payload_built(Core& core, types::Block block, types::DataPayload payload) {
  if (core.round != block.height || !core.building) return;
  core.building = false;
  if (core.heights[block.height].proposed || better_block_is_here(core, block.rank)) return;
  block.payload = std::move(payload);
  propose(core, std::move(block));
}

void ask_payload(Core& core, const BlockNode& parent, types::Block block) {
  core.building = true;
  const QuestionId id{++core.question};
  auto past = chain_to(core, parent, block.context.certified_height);
  ensure(past.size() == parent.block->height - block.context.certified_height,
         "the chain above the certified height is kept");
  PayloadQuestion question{id, block.height, block.parent, block.context, std::move(past)};
  core.build_questions.emplace(id, [block = std::move(block)](Core& c, types::DataPayload payload) {
    payload_built(c, block, std::move(payload));
  });
  core.out.free.push_back(BuildPayload{std::move(question)});
}

}  // namespace

bool make_block(Core& core) {
  if (!core.round_start || core.building) return false;
  const HeightPool* pool = pool_at(core, core.round);
  if (pool != nullptr && pool->proposed) return false;
  if (core.round <= core.watermark_at_start.block) return false;
  if (core.notarized > core.certified && core.notarized - core.certified >= kCertifiedLagMax)
    return false;
  std::vector<types::NodeId> makers = makers_up_to_self(core);
  if (makers.empty()) return false;
  makers.pop_back();
  const types::Rank rank{makers.size()};
  if (better_block_is_here(core, rank)) return false;
  const BlockNode* parent = best_notarized(core, core.notarized);
  ensure(parent != nullptr);
  if (core.certified < parent->block->context.certified_height) return false;
  const Time due = *rank_clock(core) + maker_delay(parent->above()->pacing, rank, distances(core));
  if (due > core.now.steady) {
    wake_at(core, due);
    return false;
  }
  types::Block block = block_above(core, *parent, std::move(makers));
  if (block.height == parent->above()->next_summary()) {
    block.payload = summary_after(core, *parent);
    propose(core, std::move(block));
  } else {
    ask_payload(core, *parent, std::move(block));
  }
  return true;
}

}  // namespace icpd::consensus::detail
