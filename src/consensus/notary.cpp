// Signs notarization shares (reference B.6): for the best rank that is here, once its delay is
// over.
#include <algorithm>

#include "consensus/detail/core.hpp"

namespace icpd::consensus::detail {

namespace {

/// What n - f nodes must have done before more blocks make sense.
bool too_far_ahead(const Core& core) {
  if (core.notarized > core.certified && core.notarized - core.certified >= kCertifiedLagMax)
    return true;
  const auto& content = *std::get<types::CatchUpPackage>(core.package->artifact).content;
  const auto& summary = std::get<types::SummaryPayload>(content.block->payload);
  const Height next = core.package_height + summary.interval_length + 1;
  return core.notarized > next && core.notarized - next >= kCatchUpLagMax;
}

std::optional<types::Rank> best_rank(const HeightPool& pool) {
  std::optional<types::Rank> best;
  for (const auto& [hash, node] : pool.blocks) {
    if (pool.equivocations.contains(node.block->maker)) continue;
    if (!best || node.block->rank < *best) best = node.block->rank;
  }
  return best;
}

void sign(Core& core, HeightPool& pool, const BlockNode& node) {
  const Height height = node.block->height;
  const BlockHash& hash = node.block.hash();
  ensure(height == core.notarized + 1, "only the current round is notarized");
  ensure(!pool.own_finalization_share, "nothing is notarized after a finalization share");
  const Bytes message = types::notarization_message(reference(core, height, hash));
  core.watermark.notarization = std::max(core.watermark.notarization, height);
  types::NotarizationShare share{
      {height, hash, core.identity.node, core.identity.signer->sign(message)}};
  pool.notarization_shares[hash].by_signer[core.identity.node] = share.signature;
  pool.own_notarization_shares.emplace(hash, publish_guarded(core, share));
}

}  // namespace

bool notarize(Core& core) {
  if (!core.round_start) return false;
  HeightPool* pool = pool_at(core, core.round);
  if (pool == nullptr || pool->blocks.empty() || too_far_ahead(core)) return false;
  // Signed before a restart, and forgotten what; or a finalization share, which was the last word.
  if (core.round <= core.watermark_at_start.notarization && pool->own_notarization_shares.empty())
    return false;
  if (core.round <= core.watermark_at_start.finalization) return false;
  const auto rank = best_rank(*pool);
  if (!rank) return false;
  const auto interval = interval_at(core, core.round);
  if (!interval->committee->contains(core.identity.node)) return false;
  const Time due = *rank_clock(core) + notary_delay(interval->pacing, *rank, distances(core));
  bool changed = false;
  for (const auto& [hash, node] : pool->blocks) {
    if (node.block->rank != *rank || pool->own_notarization_shares.contains(hash)) continue;
    if (pool->equivocations.contains(node.block->maker)) continue;
    if (due > core.now.steady) {
      wake_at(core, due);
      return changed;
    }
    sign(core, *pool, node);
    changed = true;
  }
  return changed;
}

}  // namespace icpd::consensus::detail
