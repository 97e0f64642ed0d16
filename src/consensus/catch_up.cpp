// Catch-up packages: n - f signatures over a summary block, its beacon and its state (reference
// B.9).
#include "consensus/detail/core.hpp"

namespace icpd::consensus::detail {

namespace {

const types::CatchUpContent& content_of(const Encoded& package) {
  return *std::get<types::CatchUpPackage>(package->artifact).content;
}

/// All that a package vouches for is here and safe to rely on.
bool is_complete(const Core& core, Height height, const HeightPool& pool) {
  if (!pool.state_hash || !pool.root || !pool.final_block || !pool.beacon) return false;
  return height > core.package_height && height <= core.certified;
}

/// States up to here are certified on n - f nodes, so that execution can be picked up from them.
bool is_certified_on_chain(const Core& core, Height height) {
  const HeightPool& tip = core.heights.at(core.finalized);
  const BlockNode* node = block_at(core, core.finalized, *tip.final_block);
  ensure(node != nullptr);
  return node->block->context.certified_height >= height;
}

void make_content(Core& core, Height height, HeightPool& pool) {
  const BlockNode* node = block_at(core, height, *pool.final_block);
  ensure(node != nullptr && node->block->is_summary(), "only summaries are checkpointed");
  pool.package_content = Shared<types::CatchUpContent>(types::CatchUpContent{
      node->block, std::get<types::Beacon>(pool.beacon->artifact), *pool.state_hash, *pool.root});
}

void share(Core& core, Height height, HeightPool& pool) {
  pool.package_share_made = true;
  const BlockNode* node = block_at(core, height, *pool.final_block);
  const crypto::Digest digest = types::catch_up_digest(*pool.package_content);
  const auto signature = core.identity.signer->sign_share(
      *node->interval->committee->high()->transcript, types::catch_up_message(digest));
  if (!signature) return;
  types::CatchUpPackageShare made{height, digest, core.identity.node, *signature};
  pool.package_shares.by_signer[core.identity.node] = made;
  publish(core, std::move(made));
}

}  // namespace

void checkpoint_hashed(Core& core, const CheckpointHashed& input) {
  ensure(input.height <= core.executed, "a checkpoint is of an executed height");
  HeightPool* pool = pool_at(core, input.height);
  if (pool == nullptr || input.height <= core.package_height) return;
  pool->state_hash = input.hash;
  core.hashed.insert(input.height);
}

void adopt_package(Core& core, const Encoded& package) {
  const Height height = package->id.height;
  if (height <= core.package_height) return;
  const HeightPool* pool = pool_at(core, height);
  if (pool == nullptr || !pool->package_content) {
    if (!core.package_ahead || core.package_ahead->id.height < height) core.package_ahead = package;
    return;
  }
  if (types::catch_up_digest(*pool->package_content) != types::catch_up_digest(content_of(package)))
    return stop(core, "state or chain of height " + to_string(height) +
                          " differs from what n - f nodes signed");
  core.previous_package_height = core.package_height;
  core.package = package;
  core.package_height = height;
  core.hashed.erase(core.hashed.begin(), core.hashed.upper_bound(height));
  keep_and_relay(core, package, true);
  core.out.free.push_back(CatchUpMade{package});
}

bool make_package_share(Core& core) {
  bool changed = false;
  for (const Height height : core.hashed) {
    HeightPool& pool = core.heights.at(height);
    if (!is_complete(core, height, pool)) continue;
    if (!pool.package_content) {
      make_content(core, height, pool);
      changed = true;
    }
    if (!pool.package_share_made && is_certified_on_chain(core, height)) {
      share(core, height, pool);
      changed = true;
    }
  }
  if (!core.package_ahead) return changed;
  const HeightPool* pool = pool_at(core, core.package_ahead->id.height);
  if (pool == nullptr || !pool->package_content) return changed;
  adopt_package(core, std::exchange(core.package_ahead, {}));
  return true;
}

}  // namespace icpd::consensus::detail
