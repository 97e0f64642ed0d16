// Shares of the random beacon and the random tape (reference B.7). Both are unique signatures: who
// signs twice signs the same, so they need no store and no watermark.
//
// A beacon share for h + 1 is released when h is notarized. A tape share for h is released when h
// is next to be final, so that no block maker knows the randomness its block will be executed with.
#include <algorithm>

#include "consensus/detail/core.hpp"

namespace icpd::consensus::detail {

types::Randomness randomness_of(const types::Tape& tape) {
  return *types::Randomness::from(
      crypto::hash_in_domain("random_tape_domain", {ByteView(codec::to_record(tape))}));
}

namespace {

/// True if something changed.
bool share_beacon(Core& core, Height height) {
  const types::Beacon* previous = beacon_at(core, height - 1);
  if (previous == nullptr) return false;
  HeightPool& pool = core.heights[height];
  if (pool.beacon || pool.beacon_share_made) return false;
  const auto interval = interval_at(core, height);
  ensure(interval, "the height after a notarized one is governed by it");
  pool.beacon_share_made = true;
  const types::BeaconContent content{height, types::beacon_hash(*previous)};
  const auto signature = core.identity.signer->sign_share(*interval->committee->low()->transcript,
                                                          types::signed_message(content));
  if (!signature) return true;
  types::BeaconShare share{content, core.identity.node, *signature};
  pool.beacon_shares.by_signer[core.identity.node] = share;
  publish(core, std::move(share));
  return true;
}

}  // namespace

bool make_beacon_share(Core& core) {
  bool changed = false;
  // Below the newest: beacons that every node lost in a restart are made again.
  const Height first = std::max(core.finalized, Height{1});
  for (Height h = first; h <= core.notarized + 1; ++h)
    changed = share_beacon(core, h) || changed;
  return changed;
}

bool make_tape_shares(Core& core) {
  bool changed = false;
  const Height last = std::min(core.next_batch + kBatchesMax, core.finalized + 1);
  for (Height h = core.next_batch; h <= last; ++h) {
    HeightPool& pool = core.heights[h];
    if (pool.tape || pool.tape_share_made) continue;
    const auto interval = interval_at(core, h);
    if (!interval) break;
    pool.tape_share_made = true;
    changed = true;
    const types::TapeContent content{h, core.identity.subnet};
    const auto signature = core.identity.signer->sign_share(*interval->committee->low()->transcript,
                                                            types::signed_message(content));
    if (!signature) continue;
    types::TapeShare share{content, core.identity.node, *signature};
    pool.tape_shares.by_signer[core.identity.node] = share;
    publish(core, std::move(share));
  }
  return changed;
}

}  // namespace icpd::consensus::detail
