// Rebuilds the pools from the log after a restart, and tells peers what is in them.
//
// The log holds what was valid when it was written, so nothing is verified again. Proposals that it
// holds were valid blocks; own shares say what this node has signed.
#include <algorithm>

#include "consensus/detail/core.hpp"

namespace icpd::consensus::detail {

namespace {

struct Restorer {
  Core& core;
  const Encoded& encoded;

  [[nodiscard]] HeightPool& pool() const { return core.heights[encoded->id.height]; }

  void operator()(const types::BlockProposal& a) const {
    pool().candidates.emplace(a.block.hash(),
                              Candidate{.proposal = encoded, .signature_good = true});
    if (a.block->maker == core.identity.node) pool().proposed = true;
  }
  void operator()(const types::NotarizationShare& a) const {
    if (a.signer != core.identity.node) return;
    pool().own_notarization_shares.emplace(a.block, encoded);
    pool().notarization_shares[a.block].by_signer[a.signer] = a.signature;
  }
  void operator()(const types::FinalizationShare& a) const {
    if (a.signer != core.identity.node) return;
    pool().own_finalization_share = encoded;
    pool().finalization_shares[a.block].by_signer[a.signer] = a.signature;
  }
  void operator()(const types::Notarization& a) const {
    pool().notarizations.emplace(a.block, encoded);
  }
  void operator()(const types::Finalization&) const { pool().finalization = encoded; }
  void operator()(const types::Beacon&) const { pool().beacon = encoded; }
  void operator()(const types::Tape&) const { pool().tape = encoded; }
  void operator()(const types::Certification&) const { pool().certification = encoded; }
  void operator()(const types::CatchUpPackage&) const {
    if (encoded->id.height <= core.package_height) return;
    if (!core.package_ahead || core.package_ahead->id.height < encoded->id.height)
      core.package_ahead = encoded;
  }
  template <typename Other>
  void operator()(const Other&) const {}
};

Status<> restore_root(Core& core, const Recovered& recovered) {
  const types::CatchUpContent& content = *recovered.package.content;
  core.package = types::encode(recovered.package);
  const Height height = content.block->height;
  HeightPool& pool = core.heights[height];
  BlockNode node = TRY(make_node(core, content.block, nullptr));
  node.notarized = true;
  pool.final_block = content.block.hash();
  pool.blocks.emplace(content.block.hash(), std::move(node));
  pool.beacon = types::encode(content.beacon);
  pool.root = content.state_root;
  pool.state_hash = content.state_hash;
  core.package_height = core.previous_package_height = height;
  core.notarized = core.finalized = core.certified = core.cleaned = height;
  return {};
}

/// The chain up to the package, kept to help peers that are behind it; nothing else of its heights.
void restore_kept_chain(Core& core) {
  HeightPool& root = core.heights.at(core.package_height);
  BlockHash hash = *root.final_block;
  const Shared<Interval> interval = root.blocks.at(hash).above();
  core.lowest_kept = core.package_height + 1;
  for (Height h = core.package_height; h > Height{0}; h -= 1) {
    HeightPool* pool = pool_at(core, h);
    if (pool == nullptr) break;
    const auto found = pool->candidates.find(hash);
    if (found == pool->candidates.end()) break;
    const Encoded proposal = found->second.proposal;
    const types::HashedBlock block = found->second.content().block;
    BlockNode& node = pool->blocks[hash];
    if (h < core.package_height) node = {.block = block, .interval = interval, .notarized = true};
    node.proposal = proposal;
    pool->final_block = hash;
    core.lowest_kept = h;
    hash = block->parent;
  }
  core.heights.erase(core.heights.begin(),
                     core.heights.lower_bound(std::min(core.lowest_kept, core.package_height)));
  for (auto& [height, pool] : core.heights) {
    if (height > core.package_height) break;
    pool.candidates.clear();
    pool.notarization_shares.clear();
    pool.finalization_shares.clear();
    pool.own_notarization_shares.clear();
    pool.own_finalization_share = {};
  }
}

/// Valid blocks of a height, parents first, from the proposals in the log.
void restore_blocks(Core& core, Height height, HeightPool& pool) {
  const auto candidates = std::exchange(pool.candidates, {});
  for (const auto& [hash, candidate] : candidates) {
    const types::HashedBlock& block = candidate.content().block;
    const BlockNode* parent = block_at(core, height - 1, block->parent);
    if (parent == nullptr || !parent->notarized) continue;
    add_block(core, block, candidate.proposal);
  }
}

/// Blocks above a gap are of no use: without those between, a node would begin again from a state
/// that its subnet has long left, and be refused by its own watermark.
Status<> check_log_reaches_down(const Core& core, const Recovered& recovered) {
  std::optional<Height> lowest;
  for (const Encoded& artifact : recovered.artifacts) {
    if (artifact->id.kind != types::ArtifactKind::kBlockProposal) continue;
    lowest = std::min(lowest.value_or(artifact->id.height), artifact->id.height);
  }
  if (!lowest || *lowest <= core.package_height + 1) return {};
  return Err("the log begins at height " + to_string(*lowest) +
             ", the newest usable state is of height " + to_string(recovered.state_height) +
             ": what lies between is lost here, so this node needs state sync");
}

/// A range brought this height without a notarization: a descendant's finalization stands for it.
void mark_ancestors_of_finalizations(Core& core) {
  for (auto it = core.heights.rbegin(); it != core.heights.rend(); ++it) {
    const HeightPool& pool = it->second;
    if (it->first <= core.finalized || !pool.finalization) continue;
    BlockHash hash = std::get<types::Finalization>(pool.finalization->artifact).block;
    for (Height h = it->first; h > core.finalized; h -= 1) {
      HeightPool& at = core.heights[h];
      const auto proposal = at.candidates.find(hash);
      if (proposal == at.candidates.end() || at.final_block) break;
      at.final_block = hash;
      hash = proposal->second.content().block->parent;
    }
  }
}

}  // namespace

Status<> recover(Core& core, Recovered recovered) {
  if (!recovered.package.content->block->is_summary()) return Err("package without a summary");
  core.watermark = core.watermark_at_start = recovered.watermark;
  TRY(restore_root(core, recovered));
  if (recovered.state_height < core.package_height)
    return Err("the state is older than the catch-up package that goes with it");
  TRY(check_log_reaches_down(core, recovered));
  core.executed = recovered.state_height;
  core.next_batch = core.executed + 1;
  for (const Encoded& artifact : recovered.artifacts)
    std::visit(Restorer{core, artifact}, artifact->artifact);
  restore_kept_chain(core);
  mark_ancestors_of_finalizations(core);
  for (auto it = core.heights.upper_bound(core.finalized); it != core.heights.end(); ++it) {
    auto& [height, pool] = *it;
    restore_blocks(core, height, pool);
    if (core.stopped) return Err("the log contradicts the registry");
    for (auto& [hash, node] : pool.blocks) {
      const bool notarized = pool.notarizations.contains(hash) || pool.final_block == hash;
      if (notarized && height <= core.notarized + 1) mark_notarized(core, height, hash);
    }
  }
  for (auto& [height, pool] : core.heights) {
    if (height > core.finalized) pool.final_block.reset();
  }
  while (extend_final_chain(core)) {
  }
  if (core.finalized < core.executed) return Err("the log doesn't reach the state");
  if (recovered.state_height > core.package_height)
    core.heights.at(recovered.state_height).root = recovered.state_root;
  else if (core.heights.at(core.package_height).root != recovered.state_root)
    return Err("the state isn't the one of the catch-up package");
  // Nothing of this is news: it is in the log, and was acted on before the restart.
  core.out = {};
  return {};
}

void rebroadcast(Core& core) {
  const auto send = [&](const Encoded& artifact, bool urgent) {
    if (!artifact) return;
    core.active[artifact->id.height].push_back(artifact->id);
    core.out.free.push_back(Broadcast{artifact, urgent});
  };
  if (core.package_height > Height{0}) send(core.package, true);
  const Height from = core.finalized.minus_or_zero(kBroadcastDepth - 1);
  for (auto it = core.heights.lower_bound(from); it != core.heights.end(); ++it) {
    const HeightPool& pool = it->second;
    if (it->first == Height{0}) continue;
    for (const auto& [hash, node] : pool.blocks)
      send(node.proposal, false);
    for (const auto& [hash, notarization] : pool.notarizations)
      send(notarization, true);
    for (const auto& [hash, share] : pool.own_notarization_shares)
      send(share, true);
    for (const Encoded& artifact :
         {pool.own_finalization_share, pool.finalization, pool.beacon, pool.tape})
      send(artifact, true);
  }
}

}  // namespace icpd::consensus::detail
