// Fetches the finalized chain from a peer when this node is behind, and serves it to others.
#include <algorithm>

#include "consensus/detail/core.hpp"

namespace icpd::consensus::detail {

namespace {

/// The first height that can't be delivered because its final block or its tape isn't here.
Height first_missing(const Core& core) {
  Height height = std::max(core.missing, core.next_batch);
  while (height <= core.finalized && core.heights.at(height).tape)
    ++height;
  return height;
}

/// Whom to ask: of the peers that claim and may keep the height, the one that failed least, then
/// the one that claims most. Claims are believed of nobody: a faulty peer that claims the sky and
/// says nothing is asked last from then on.
const NodeId* whom_to_ask(Core& core, Height missing) {
  const NodeId* best = nullptr;
  const auto is_better = [](const Peer& a, const Peer& b) {
    return a.failures != b.failures ? a.failures < b.failures : a.claim > b.claim;
  };
  for (const auto& [node, peer] : core.peers) {
    if (peer.claim < missing || peer.lowest > missing) continue;
    if (peer.ask_after > core.now.steady) {
      wake_at(core, peer.ask_after);
      continue;
    }
    if (best == nullptr || is_better(peer, core.peers.at(*best))) best = &node;
  }
  return best;
}

/// How long something may be missing before a range is asked for. A little behind is normal: the
/// broadcasts of peers bring what is missing, unless they withdrew it.
Duration patience_with(const Core& core, const Peer& peer, Height missing) {
  const Duration unit = newest_interval(core)->pacing.unit_delay;
  return peer.claim >= missing + kBehind ? unit / 4 : unit * 2;
}

/// All peers but f keep nothing as old as what is missing here, and at least one of those who say
/// so is honest.
bool peers_are_too_far(const Core& core, Height missing) {
  std::size_t count = 0;
  for (const auto& [node, peer] : core.peers)
    count += peer.lowest > missing ? 1 : 0;
  const Committee& committee = *newest_interval(core)->committee;
  return count + 1 >= committee.size() - committee.faults() && count > committee.faults();
}

Status<> check_shape(const Core& core, const ChainRange& range) {
  const auto& blocks = range.blocks;
  if (blocks.size() > kRangeHeightsMax + kCertifiedLagMax) return Err("too many blocks");
  if (range.tapes.size() != blocks.size() || range.beacons.size() > blocks.size())
    return Err("not one tape for each block");
  const Height first = blocks.front().block->height;
  if (first == Height{0} || first > core.finalized + 1) return Err("doesn't continue this chain");
  const HeightPool* before = pool_at(core, first - 1);
  if (before == nullptr || !before->final_block) return Err("begins below this chain");
  BlockHash parent = *before->final_block;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const types::Block& block = *blocks[i].block;
    if (block.parent != parent || block.height != first + i) return Err("not a chain");
    const types::TapeContent expected{block.height, core.identity.subnet};
    if (range.tapes[i].content != expected) return Err("a tape of another height");
    if (!newest_interval(core)->committee->contains(block.maker))
      return Err("a block of a stranger");
    parent = blocks[i].block.hash();
  }
  const Height top = blocks.back().block->height;
  for (const types::Beacon& beacon : range.beacons) {
    if (beacon.content.height < first || beacon.content.height > top)
      return Err("a beacon of another height");
  }
  if (!range.finalization || range.finalization->height != top ||
      range.finalization->block != parent)
    return Err("no finalization of its top");
  return {};
}

VerifyRange range_job(const Core& core, const ChainRange& range) {
  const Committee& committee = *newest_interval(core)->committee;
  const types::Finalization& finalization = *range.finalization;
  VerifyRange job;
  job.finalization = {
      committee.quorum(),
      types::finalization_message(reference(core, finalization.height, finalization.block)),
      finalization.certificate};
  for (const types::BlockProposal& proposal : range.blocks) {
    job.makers.all.push_back(
        {committee.key_of(proposal.block->maker),
         types::proposal_message(reference(core, proposal.block->height, proposal.block.hash())),
         proposal.signature});
  }
  for (const types::Tape& tape : range.tapes)
    job.randomness.all.push_back(
        {committee.low(), types::signed_message(tape.content), tape.signature});
  for (const types::Beacon& beacon : range.beacons)
    job.randomness.all.push_back(
        {committee.low(), types::signed_message(beacon.content), beacon.signature});
  return job;
}

void add_final_block(Core& core, const types::BlockProposal& proposal) {
  const types::HashedBlock& block = proposal.block;
  if (block_at(core, block->height, block.hash()) == nullptr) {
    const Encoded encoded = types::encode(proposal);
    add_block(core, block, encoded);
    if (core.stopped) return;
    save(core, encoded);
  }
  mark_notarized(core, block->height, block.hash());
}

void keep_randomness(Core& core, const ChainRange& range) {
  for (const types::Tape& tape : range.tapes) {
    HeightPool& pool = core.heights[tape.content.height];
    if (pool.tape || tape.content.height < core.next_batch) continue;
    pool.tape = types::encode(tape);
    save(core, pool.tape);
  }
  for (const types::Beacon& beacon : range.beacons) {
    HeightPool& pool = core.heights[beacon.content.height];
    if (pool.beacon) continue;
    pool.beacon = types::encode(beacon);
    save(core, pool.beacon);
  }
}

void take_range(Core& core, const ChainRange& range) {
  for (const types::BlockProposal& proposal : range.blocks) {
    if (core.stopped) return;
    const Height height = proposal.block->height;
    if (height > core.finalized) {
      add_final_block(core, proposal);
    } else if (core.heights.at(height).final_block != proposal.block.hash()) {
      return stop(core, "a peer has another final block of height " + to_string(height) +
                            ": more than f nodes are faulty");
    }
  }
  keep_randomness(core, range);
  HeightPool& top = core.heights.at(range.finalization->height);
  if (!top.finalization) {
    top.finalization = types::encode(*range.finalization);
    save(core, top.finalization);
  }
  // A node that is catching up doesn't wait before it asks for more.
  core.missing_since = {};
}

}  // namespace

bool catch_up(Core& core) {
  const Height missing = first_missing(core);
  if (missing != core.missing) {
    core.missing = missing;
    if (core.missing_since != Time{}) core.missing_since = core.now.steady;
  }
  if (core.range_asked) return false;
  if (peers_are_too_far(core, missing)) {
    stop(core, "too far behind: block " + to_string(missing) +
                   " is missing here and peers keep none that old. The subnet goes on without this "
                   "node, which can come back only with state sync");
    return true;
  }
  const NodeId* peer = whom_to_ask(core, missing);
  if (peer == nullptr) {
    core.missing_since = core.now.steady;
    return false;
  }
  const Duration patience = patience_with(core, core.peers.at(*peer), missing);
  if (core.missing_since + patience > core.now.steady) {
    wake_at(core, core.missing_since + patience);
    return false;
  }
  core.range_asked = true;
  core.peers[*peer].ask_after = core.now.steady + newest_interval(core)->pacing.unit_delay;
  core.out.free.push_back(WantRange{*peer, missing});
  return true;
}

void range_received(Core& core, const RangeReceived& input) {
  if (!core.range_asked) return;
  core.range_asked = false;
  Peer& peer = core.peers[input.from];
  peer.lowest = input.range->lowest;
  // Until it is known to be good.
  ++peer.failures;
  if (input.range->blocks.empty()) return;
  if (const auto shape = check_shape(core, *input.range); !shape.ok())
    return misbehaved(core, input.from, "sent a bad range: " + shape.error().message);
  core.range_asked = true;
  ask(core, range_job(core, *input.range),
      [range = input.range, from = input.from](Core& c, const CryptoVerdict& verdict) {
        c.range_asked = false;
        if (!verdict.valid) return misbehaved(c, from, "sent a range with invalid signatures");
        // The chain may have grown meanwhile, so that the shape is looked at again.
        if (!check_shape(c, *range).ok()) return;
        c.peers[from].ask_after = {};
        c.peers[from].failures = 0;
        take_range(c, *range);
      });
}

void range_failed(Core& core, const RangeFailed& input) {
  core.range_asked = false;
  ++core.peers[input.from].failures;
}

ChainRange range_from(const Core& core, Height from, Height lowest) {
  ChainRange range;
  range.lowest = std::max(core.lowest_kept, lowest);
  if (from < range.lowest || from > core.finalized) return range;
  std::size_t bytes = 0;
  std::size_t kept = 0;
  for (Height h = from; h <= core.finalized; ++h) {
    const HeightPool* pool = pool_at(core, h);
    if (pool == nullptr || !pool->final_block || !pool->tape) break;
    const BlockNode* node = block_at(core, h, *pool->final_block);
    if (node == nullptr || !node->proposal) break;
    if (kept != 0 && (range.blocks.size() >= kRangeHeightsMax || bytes >= kRangeBytesMax)) break;
    if (range.blocks.size() >= kRangeHeightsMax + kCertifiedLagMax) break;
    range.blocks.push_back(std::get<types::BlockProposal>(node->proposal->artifact));
    range.tapes.push_back(std::get<types::Tape>(pool->tape->artifact));
    bytes += node->proposal->bytes.size() + pool->tape->bytes.size();
    if (!pool->finalization) continue;
    range.finalization = std::get<types::Finalization>(pool->finalization->artifact);
    kept = range.blocks.size();
  }
  range.blocks.resize(kept);
  range.tapes.resize(kept);
  for (std::size_t i = 0; i < kept; ++i) {
    const types::Block& block = *range.blocks[i].block;
    if (!block.is_summary() && i + 1 != kept) continue;
    if (const types::Beacon* beacon = beacon_at(core, block.height))
      range.beacons.push_back(*beacon);
  }
  return range;
}

}  // namespace icpd::consensus::detail
