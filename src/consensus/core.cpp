#include "consensus/detail/core.hpp"

#include <algorithm>

namespace icpd::consensus::detail {

const HeightPool* pool_at(const Core& core, Height height) {
  const auto found = core.heights.find(height);
  return found == core.heights.end() ? nullptr : &found->second;
}

HeightPool* pool_at(Core& core, Height height) {
  const auto found = core.heights.find(height);
  return found == core.heights.end() ? nullptr : &found->second;
}

const BlockNode* block_at(const Core& core, Height height, const BlockHash& hash) {
  const HeightPool* pool = pool_at(core, height);
  if (pool == nullptr) return nullptr;
  const auto found = pool->blocks.find(hash);
  return found == pool->blocks.end() ? nullptr : &found->second;
}

const BlockNode* best_notarized(const Core& core, Height height) {
  const HeightPool* pool = pool_at(core, height);
  if (pool == nullptr) return nullptr;
  const BlockNode* best = nullptr;
  for (const auto& [hash, node] : pool->blocks) {
    if (node.notarized && (best == nullptr || node.block->rank < best->block->rank)) best = &node;
  }
  return best;
}

const Shared<Interval>& newest_interval(const Core& core) {
  const BlockNode* tip = best_notarized(core, core.notarized);
  ensure(tip != nullptr, "the notarized height has a notarized block");
  return tip->above();
}

Shared<Interval> interval_at(const Core& core, Height height) {
  if (const HeightPool* pool = pool_at(core, height); pool != nullptr && !pool->blocks.empty())
    return pool->blocks.begin()->second.interval;
  if (height > Height{0}) {
    if (const BlockNode* parent = best_notarized(core, height - 1)) return parent->above();
  }
  const Shared<Interval>& newest = newest_interval(core);
  if (height > newest->start && height <= newest->next_summary()) return newest;
  return {};
}

const types::Beacon* beacon_at(const Core& core, Height height) {
  const HeightPool* pool = pool_at(core, height);
  if (pool == nullptr || !pool->beacon) return nullptr;
  return &std::get<types::Beacon>(pool->beacon->artifact);
}

types::BlockReference reference(const Core& core, Height height, const BlockHash& hash) {
  return {height, hash, core.identity.subnet};
}

Distances distances(const Core& core) {
  ensure(core.notarized >= core.finalized);
  const auto above_certified = [&](Height height) {
    return height > core.certified ? height - core.certified : 0;
  };
  return {.notarized_over_finalized = core.notarized - core.finalized,
          .finalized_over_certified = above_certified(core.finalized),
          .notarized_over_certified = above_certified(core.notarized)};
}

Result<Shared<Interval>> begin_interval(const Core& core, const types::Block& summary) {
  ensure(summary.is_summary());
  const auto& payload = std::get<types::SummaryPayload>(summary.payload);
  if (!core.registry.knows(payload.registry_version))
    return Err("summary names a registry version that isn't known here");
  const registry::Snapshot& snapshot = *core.registry.at(payload.registry_version);
  if (!snapshot.subnets.contains(core.identity.subnet)) return Err("the subnet has no record");
  Interval interval{.start = summary.height,
                    .length = payload.interval_length,
                    .registry_version = payload.registry_version,
                    .next_registry_version = summary.context.registry_version,
                    .current = payload.current,
                    .next = payload.next};
  if (interval.length == 0 || interval.length > kIntervalLengthMax)
    return Err("summary with an interval length out of bounds");
  interval.pacing = snapshot.subnet(core.identity.subnet).pacing;
  interval.committee =
      TRY(Committee::make(*core.identity.crypto, snapshot, core.identity.subnet, payload.current));
  return Shared<Interval>(std::move(interval));
}

Result<BlockNode> make_node(const Core& core, const types::HashedBlock& block,
                            const BlockNode* parent) {
  BlockNode node;
  node.block = block;
  node.known_since = core.now.steady;
  if (parent != nullptr) {
    ensure(parent->block.hash() == block->parent && parent->block->height + 1 == block->height);
    node.interval = parent->above();
    node.interval_first_time = parent->begins ? block->context.time : parent->interval_first_time;
  }
  if (block->is_summary()) {
    node.begins = TRY(begin_interval(core, *block));
    if (parent == nullptr) node.interval = node.begins;
  } else if (parent == nullptr) {
    return Err("a chain begins with a summary");
  }
  return node;
}

std::vector<types::HashedBlock> chain_to(const Core& core, const BlockNode& top, Height above) {
  std::vector<types::HashedBlock> chain;
  const BlockNode* node = &top;
  while (node != nullptr && node->block->height > above) {
    chain.push_back(node->block);
    node = block_at(core, node->block->height - 1, node->block->parent);
  }
  std::reverse(chain.begin(), chain.end());
  return chain;
}

void save(Core& core, const Encoded& artifact) {
  core.out.unsaved.push_back(artifact);
}

Encoded publish_guarded(Core& core, types::Artifact artifact) {
  Encoded encoded = types::encode(std::move(artifact));
  save(core, encoded);
  core.active[encoded->id.height].push_back(encoded->id);
  core.out.guarded.push_back(Broadcast{encoded, true});
  return encoded;
}

Encoded publish(Core& core, types::Artifact artifact) {
  Encoded encoded = types::encode(std::move(artifact));
  core.active[encoded->id.height].push_back(encoded->id);
  core.out.free.push_back(Broadcast{encoded, true});
  return encoded;
}

void keep_and_relay(Core& core, const Encoded& artifact, bool urgent) {
  save(core, artifact);
  core.active[artifact->id.height].push_back(artifact->id);
  core.out.free.push_back(Broadcast{artifact, urgent});
}

void misbehaved(Core& core, const NodeId& peer, std::string reason) {
  core.out.free.push_back(PeerMisbehaved{peer, std::move(reason)});
}

void stop(Core& core, std::string reason) {
  if (core.stopped) return;
  core.stopped = true;
  core.out.free.push_back(Stop{std::move(reason)});
}

void wake_at(Core& core, Time steady) {
  if (!core.wake || steady < *core.wake) core.wake = steady;
}

void ask(Core& core, CryptoJob job, std::function<void(Core&, const CryptoVerdict&)> then) {
  const QuestionId id{++core.question};
  core.crypto_questions.emplace(id, std::move(then));
  core.out.free.push_back(RunCrypto{id, Shared<CryptoJob>(std::move(job))});
}

void mark_notarized(Core& core, Height height, const BlockHash& hash) {
  HeightPool& pool = core.heights.at(height);
  BlockNode& node = pool.blocks.at(hash);
  if (node.notarized) return;
  node.notarized = true;
  core.out.free.push_back(Notarized{node.block});
  if (height > core.notarized) {
    ensure(height == core.notarized + 1, "notarized heights grow one by one");
    core.notarized = height;
  }
}

void add_block(Core& core, const types::HashedBlock& block, const Encoded& proposal) {
  const BlockNode* parent = block_at(core, block->height - 1, block->parent);
  ensure(parent != nullptr && parent->notarized, "a block is added above its notarized parent");
  auto node = make_node(core, block, parent);
  if (!node.ok()) {
    stop(core, "block " + block.hash().hex() + ": " + node.error().message);
    return;
  }
  node->proposal = proposal;
  HeightPool& pool = core.heights[block->height];
  pool.blocks.emplace(block.hash(), std::move(*node));
  pool.candidates.erase(block.hash());
}

Actions take_actions(Core& core) {
  Outbox out = std::move(core.out);
  core.out = {};
  Actions actions = std::move(out.free);
  if (!out.guarded.empty() || out.unsaved.size() >= kUnsavedMax) {
    actions.push_back(Persist{std::move(out.unsaved), core.watermark});
    for (Action& action : out.guarded)
      actions.push_back(std::move(action));
  } else {
    core.out.unsaved = std::move(out.unsaved);
  }
  for (Action& action : out.last)
    actions.push_back(std::move(action));
  return actions;
}

void advance(Core& core) {
  using Part = bool (*)(Core&);
  // The finalizer comes before the next round begins: what it can't sign is a reason for a block.
  static constexpr Part kParts[] = {
      take_later, aggregate,          validate_pending, validate_proposals,
      finalize,   extend_final_chain, begin_round,      notarize,
      make_block, make_beacon_share,  make_tape_shares, deliver,
      certify,    make_package_share, catch_up,         purge,
  };
  constexpr int kPassesMax = 100'000;
  int passes = 0;
  for (bool changed = true; changed && !core.stopped;) {
    ensure(++passes < kPassesMax, "consensus comes to rest");
    changed = false;
    core.wake.reset();
    for (const Part part : kParts)
      changed = (!core.stopped && part(core)) || changed;
  }
  if (core.wake && core.wake != core.wake_announced && !core.stopped)
    core.out.free.push_back(SetTimer{*core.wake});
  core.wake_announced = core.wake;
}

}  // namespace icpd::consensus::detail
