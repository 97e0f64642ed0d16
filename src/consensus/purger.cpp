// Forgets what is of no more use (reference B.13): shares and forks once a height is final,
// broadcasts once the network is past them, everything far behind the catch-up package.
#include <algorithm>

#include "consensus/detail/core.hpp"

namespace icpd::consensus::detail {

namespace {

using types::ArtifactId;
using types::ArtifactKind;

/// Whether peers may still need it from this node's broadcasts.
bool is_useful(const Core& core, const ArtifactId& id) {
  const bool near = id.height + kBroadcastDepth > core.finalized;
  const HeightPool* pool = pool_at(core, id.height);
  switch (id.kind) {
    case ArtifactKind::kNotarizationShare:
      return id.height > core.notarized;
    case ArtifactKind::kFinalizationShare:
    case ArtifactKind::kEquivocationProof:
      return id.height > core.finalized;
    case ArtifactKind::kBeaconShare:
      return near && (pool == nullptr || !pool->beacon);
    case ArtifactKind::kTapeShare:
      return near && (pool == nullptr || !pool->tape);
    case ArtifactKind::kCertificationShare:
      return id.height > core.certified;
    case ArtifactKind::kCertification:
      return id.height + 2 > core.certified;
    case ArtifactKind::kCatchUpPackageShare:
      return id.height > core.package_height;
    case ArtifactKind::kCatchUpPackage:
      return id.height == core.package_height;
    default:
      return near;
  }
}

void withdraw(Core& core) {
  for (auto it = core.active.begin(); it != core.active.end();) {
    auto& ids = it->second;
    std::erase_if(ids, [&](const ArtifactId& id) {
      if (is_useful(core, id)) return false;
      core.out.last.push_back(Withdraw{id});
      return true;
    });
    it = ids.empty() ? core.active.erase(it) : std::next(it);
  }
}

template <typename Map, typename Predicate>
void erase_where(Map& map, Predicate useless) {
  for (auto it = map.begin(); it != map.end();)
    it = useless(*it) ? map.erase(it) : std::next(it);
}

/// Heights that became final keep their final block only.
void clean_final_heights(Core& core) {
  for (Height h = core.cleaned + 1; h <= core.finalized; ++h) {
    HeightPool& pool = core.heights.at(h);
    const BlockHash final_block = *pool.final_block;
    const auto is_other = [&](const auto& entry) { return entry.first != final_block; };
    pool.candidates.clear();
    erase_where(pool.blocks, is_other);
    erase_where(pool.notarizations, is_other);
    pool.notarization_shares.clear();
    pool.finalization_shares.clear();
    pool.own_notarization_shares.clear();
    pool.own_finalization_share = {};
    pool.equivocations.clear();
    if (h < core.finalized) pool.beacon_shares = {};
  }
  core.cleaned = core.finalized;
}

void clean_certified_heights(Core& core, Height from) {
  for (Height h = from; h <= core.certified; ++h) {
    if (HeightPool* pool = pool_at(core, h)) pool->certification_shares = {};
  }
}

std::size_t served_size(const HeightPool& pool) {
  std::size_t size = 0;
  for (const auto& [hash, node] : pool.blocks)
    size += node.proposal ? node.proposal->bytes.size() : 0;
  for (const Encoded* artifact : {&pool.tape, &pool.finalization, &pool.beacon})
    size += *artifact ? (*artifact)->bytes.size() : 0;
  return size;
}

/// The lowest height that there is room to serve, at most `keep`.
Height lowest_served(const Core& core, Height keep) {
  std::size_t size = 0;
  auto at = core.heights.lower_bound(keep);
  for (std::uint64_t count = 0; at != core.heights.begin() && count < kServedHeightsMax; ++count) {
    size += served_size(std::prev(at)->second);
    if (size > kServedBytesMax) break;
    --at;
  }
  return at == core.heights.end() ? keep : std::min(at->first, keep);
}

void purge_behind_package(Core& core) {
  const Height keep = core.package_height.minus_or_zero(kChainKept);
  // Batches that execution hasn't seen are never forgotten.
  const Height low = std::min(lowest_served(core, keep), core.executed);
  core.heights.erase(core.heights.begin(), core.heights.lower_bound(low));
  core.lowest_kept = std::max(core.lowest_kept, low);
  for (auto it = core.heights.begin(); it != core.heights.lower_bound(keep); ++it) {
    it->second.notarizations.clear();
    it->second.certification = {};
  }
  const Height logged = core.previous_package_height.minus_or_zero(kChainKept);
  core.out.free.push_back(PurgeBelow{logged, std::min(logged, core.lowest_kept)});
}

}  // namespace

bool purge(Core& core) {
  const std::array<Height, 5> at = {core.notarized, core.finalized, core.certified,
                                    core.package_height, core.next_batch};
  if (at == core.purged_at) return false;
  const Height certified_before = core.purged_at[2];
  const Height package_before = core.purged_at[3];
  core.purged_at = at;
  clean_final_heights(core);
  clean_certified_heights(core, certified_before + 1);
  if (core.package_height > package_before) purge_behind_package(core);
  withdraw(core);
  return false;
}

}  // namespace icpd::consensus::detail
