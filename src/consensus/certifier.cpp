// Certifies the state after each batch: signs the own root, and believes only certifications of it.
//
// What is signed is the bare root, because that is what clients verify; the height is not part of
// it. So a certification counts only when its root is the one that this node computed at that
// height (reference C.5).
#include "consensus/detail/core.hpp"

namespace icpd::consensus::detail {

void adopt_certification(Core& core, const Encoded& encoded) {
  const auto& certification = std::get<types::Certification>(encoded->artifact);
  const Height height = certification.content.height;
  HeightPool* pool = pool_at(core, height);
  if (pool == nullptr || pool->certification || height <= core.certified) return;
  ensure(pool->root && *pool->root == certification.content.root);
  pool->certification = encoded;
  core.certified = height;
  keep_and_relay(core, encoded, true);
  core.out.free.push_back(Certified{certification});
}

void adopt_known_certification(Core& core, Height height) {
  const HeightPool* pool = pool_at(core, height);
  if (pool == nullptr || !pool->certification || !pool->root) return;
  const auto& certification = std::get<types::Certification>(pool->certification->artifact);
  if (certification.content.root != *pool->root)
    return stop(core, "replay of height " + to_string(height) +
                          " gave another state than the certified one");
  if (height <= core.certified) return;
  core.certified = height;
  core.active[height].push_back(pool->certification->id);
  core.out.free.push_back(Broadcast{pool->certification, true});
  core.out.free.push_back(Certified{certification});
}

void state_committed(Core& core, const StateCommitted& input) {
  ensure(input.height == core.executed + 1 && input.height < core.next_batch,
         "states are committed in the order of their batches");
  core.executed = input.height;
  core.execution_has_work = input.has_work;
  core.execution_due = input.work_due;
  core.heights[input.height].root = input.root;
  adopt_known_certification(core, input.height);
}

bool certify(Core& core) {
  bool changed = false;
  for (Height h = core.certified + 1; h <= core.executed; ++h) {
    HeightPool& pool = core.heights.at(h);
    if (!pool.root || pool.certification || pool.certification_share_made) continue;
    pool.certification_share_made = true;
    changed = true;
    const BlockNode* node = block_at(core, h, *pool.final_block);
    ensure(node != nullptr, "what was executed is in the chain");
    const types::CertificationContent content{h, *pool.root};
    const auto signature = core.identity.signer->sign_share(
        *node->interval->committee->high()->transcript, types::signed_message(content));
    if (!signature) continue;
    types::CertificationShare share{content, core.identity.node, *signature};
    pool.certification_shares.by_signer[core.identity.node] = share;
    // Block, notarization, finalization and tape of the height are among what is saved first.
    const Encoded encoded = types::encode(std::move(share));
    core.active[h].push_back(encoded->id);
    core.out.guarded.push_back(Broadcast{encoded, true});
  }
  return changed;
}

}  // namespace icpd::consensus::detail
