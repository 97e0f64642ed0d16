// Signs finalization shares, and follows finalizations down to the final chain (reference B.7).
//
// A node signs for h when it knows exactly one notarized block there and has signed a notarization
// share for no other block of h. Because rounds end with a notarization and nothing older is
// notarized afterwards, it never will.
#include <algorithm>

#include "consensus/detail/core.hpp"

namespace icpd::consensus::detail {

namespace {

/// The one block of the height that may get this node's finalization share.
const BlockNode* finalizable(const Core& core, Height height, const HeightPool& pool) {
  if (pool.own_finalization_share || height <= core.watermark_at_start.finalization) return nullptr;
  if (height <= core.watermark_at_start.notarization && pool.own_notarization_shares.empty())
    return nullptr;
  const BlockNode* only = nullptr;
  for (const auto& [hash, node] : pool.blocks) {
    if (!node.notarized) continue;
    if (only != nullptr) return nullptr;
    only = &node;
  }
  if (only == nullptr) return nullptr;
  const BlockHash& block = only->block.hash();
  for (const auto& [hash, notarization] : pool.notarizations) {
    if (hash != block) return nullptr;
  }
  for (const auto& [hash, share] : pool.own_notarization_shares) {
    if (hash != block) return nullptr;
  }
  return only->interval->committee->contains(core.identity.node) ? only : nullptr;
}

void sign(Core& core, HeightPool& pool, const BlockNode& node) {
  const Height height = node.block->height;
  const BlockHash& hash = node.block.hash();
  ensure(height > core.finalized && height <= core.notarized);
  ensure(!pool.own_finalization_share, "one finalization share for each height");
  const Bytes message = types::finalization_message(reference(core, height, hash));
  core.watermark.finalization = std::max(core.watermark.finalization, height);
  types::FinalizationShare share{
      {height, hash, core.identity.node, core.identity.signer->sign(message)}};
  pool.finalization_shares[hash].by_signer[core.identity.node] = share.signature;
  pool.own_finalization_share = publish_guarded(core, share);
}

/// Makes the block and its ancestors final. False while ancestors are missing here.
bool finalize_chain(Core& core, const BlockNode& top, crypto::MemberSet signers) {
  const auto chain = chain_to(core, top, core.finalized);
  if (chain.size() != top.block->height - core.finalized) return false;
  if (chain.front()->parent != *core.heights.at(core.finalized).final_block) {
    stop(core, "two final chains at height " + to_string(core.finalized) +
                   ": more than f nodes are faulty");
    return false;
  }
  for (const types::HashedBlock& block : chain) {
    core.heights.at(block->height).final_block = block.hash();
    core.out.free.push_back(Finalized{block, signers, top.interval->committee->size()});
  }
  core.finalized = top.block->height;
  ensure(core.finalized <= core.notarized, "a final block is notarized");
  return true;
}

}  // namespace

bool finalize(Core& core) {
  bool changed = false;
  for (Height h = core.finalized + 1; h <= core.notarized; ++h) {
    HeightPool& pool = core.heights.at(h);
    if (const BlockNode* node = finalizable(core, h, pool)) {
      sign(core, pool, *node);
      changed = true;
    }
  }
  return changed;
}

bool extend_final_chain(Core& core) {
  for (Height h = core.notarized; h > core.finalized; h -= 1) {
    const HeightPool& pool = core.heights.at(h);
    if (!pool.finalization) continue;
    const auto& finalization = std::get<types::Finalization>(pool.finalization->artifact);
    const BlockNode* node = block_at(core, h, finalization.block);
    if (node != nullptr && node->notarized &&
        finalize_chain(core, *node, finalization.certificate.signers))
      return true;
  }
  return false;
}

}  // namespace icpd::consensus::detail
