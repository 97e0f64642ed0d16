// Combines shares into complete artifacts (reference B.7): combine first, verify once, and look at
// single shares only when that fails. Who sent a bad share is named.
#include <algorithm>

#include "consensus/detail/core.hpp"

namespace icpd::consensus::detail {

namespace {

void name_liars(Core& core, const Committee& committee,
                const std::vector<crypto::MemberIndex>& liars, std::string_view what) {
  for (const crypto::MemberIndex liar : liars)
    misbehaved(core, committee.at(liar), "sent an invalid " + std::string(what));
}

// ---- quorum certificates on blocks ----

struct QuorumKind {
  std::map<BlockHash, QuorumShares> HeightPool::* shares;
  Bytes (*message)(const types::BlockReference&);
  std::string_view name;
  /// Whether the height has, or can no more use, a certificate on this block.
  bool (*done)(const Core&, Height, const HeightPool&, const BlockHash&);
  void (*adopt)(Core&, types::BlockQuorum);
};

void adopt_notarization(Core& core, types::BlockQuorum quorum) {
  const auto height = quorum.height;
  const auto block = quorum.block;
  const Encoded encoded = types::encode(types::Notarization{std::move(quorum)});
  core.heights[height].notarizations.emplace(block, encoded);
  keep_and_relay(core, encoded, true);
}

void adopt_finalization(Core& core, types::BlockQuorum quorum) {
  const auto height = quorum.height;
  const Encoded encoded = types::encode(types::Finalization{std::move(quorum)});
  core.heights[height].finalization = encoded;
  keep_and_relay(core, encoded, true);
}

constexpr QuorumKind kNotarizations{
    &HeightPool::notarization_shares, types::notarization_message, "notarization share",
    [](const Core& core, Height height, const HeightPool& pool, const BlockHash& block) {
      return height <= core.finalized || pool.notarizations.contains(block);
    },
    adopt_notarization};
constexpr QuorumKind kFinalizations{
    &HeightPool::finalization_shares, types::finalization_message, "finalization share",
    [](const Core& core, Height height, const HeightPool& pool, const BlockHash&) {
      return height <= core.finalized || static_cast<bool>(pool.finalization);
    },
    adopt_finalization};

void quorum_combined(Core& core, const QuorumKind& kind, const types::BlockQuorum& about,
                     const Shared<Committee>& committee, std::size_t tried,
                     const CryptoVerdict& verdict) {
  HeightPool* pool = pool_at(core, about.height);
  if (pool == nullptr) return;
  auto& all = pool->*kind.shares;
  const auto found = all.find(about.block);
  if (found == all.end()) return;
  QuorumShares& shares = found->second;
  shares.combining = false;
  for (const crypto::MemberIndex liar : verdict.liars)
    shares.by_signer.erase(committee->at(liar));
  // Shares that came meanwhile count as new.
  shares.failed_at = tried - std::min(tried, verdict.liars.size());
  name_liars(core, *committee, verdict.liars, kind.name);
  if (!verdict.quorum || kind.done(core, about.height, *pool, about.block)) return;
  kind.adopt(core, {about.height, about.block, *verdict.quorum});
}

bool combine_quorums(Core& core, const QuorumKind& kind, Height height) {
  HeightPool* pool = pool_at(core, height);
  if (pool == nullptr || (pool->*kind.shares).empty()) return false;
  const auto interval = interval_at(core, height);
  if (!interval) return false;
  const Shared<Committee>& committee = interval->committee;
  bool changed = false;
  for (auto& [block, shares] : pool->*kind.shares) {
    if (shares.combining || shares.by_signer.size() < committee->quorum()->threshold) continue;
    if (shares.by_signer.size() <= shares.failed_at) continue;
    if (kind.done(core, height, *pool, block)) continue;
    CombineQuorum job{committee->quorum(), kind.message(reference(core, height, block)), {}};
    for (const auto& [signer, signature] : shares.by_signer) {
      if (const auto index = committee->index_of(signer)) job.shares.push_back({*index, signature});
    }
    shares.combining = true;
    changed = true;
    const std::size_t tried = job.shares.size();
    ask(core, std::move(job),
        [&kind, about = types::BlockQuorum{height, block, {}}, committee, tried](
            Core& c, const CryptoVerdict& verdict) {
          quorum_combined(c, kind, about, committee, tried, verdict);
        });
  }
  return changed;
}

// ---- threshold signatures ----

/// The shares of one height on one content, if there are enough to try.
template <typename Share, typename Matches>
std::vector<crypto::SignatureShare> enough_shares(const ThresholdShares<Share>& all,
                                                  const Committee& committee,
                                                  std::uint32_t threshold, Matches matches) {
  std::vector<crypto::SignatureShare> shares;
  if (all.combining || all.by_signer.size() < threshold) return shares;
  for (const auto& [signer, share] : all.by_signer) {
    const auto index = committee.index_of(signer);
    if (index && matches(share)) shares.push_back({*index, share.signature});
  }
  if (shares.size() < threshold || shares.size() <= all.failed_at) shares.clear();
  return shares;
}

/// Combines; `adopt(core, pool, signature)` gets the result if the height is still kept.
template <typename Share, typename Matches, typename Adopt>
bool combine_threshold(Core& core, Height height, ThresholdShares<Share> HeightPool::* member,
                       const Shared<Committee>& committee, const Shared<ThresholdKey>& key,
                       Bytes message, std::string_view name, Matches matches, Adopt adopt) {
  HeightPool& pool = core.heights.at(height);
  auto shares = enough_shares(pool.*member, *committee, key->transcript->threshold, matches);
  if (shares.empty()) return false;
  (pool.*member).combining = true;
  const std::size_t tried = shares.size();
  ask(core, CombineThreshold{key, std::move(message), std::move(shares)},
      [=](Core& c, const CryptoVerdict& verdict) {
        HeightPool* later = pool_at(c, height);
        if (later == nullptr) return;
        auto& all = later->*member;
        all.combining = false;
        for (const crypto::MemberIndex liar : verdict.liars)
          all.by_signer.erase(committee->at(liar));
        all.failed_at = tried - std::min(tried, verdict.liars.size());
        name_liars(c, *committee, verdict.liars, name);
        if (verdict.threshold) adopt(c, *later, *verdict.threshold);
      });
  return true;
}

bool combine_beacon(Core& core, Height height) {
  HeightPool* pool = pool_at(core, height);
  if (pool == nullptr || pool->beacon || height == Height{0}) return false;
  const types::Beacon* previous = beacon_at(core, height - 1);
  const auto interval = interval_at(core, height);
  if (previous == nullptr || !interval) return false;
  const types::BeaconContent content{height, types::beacon_hash(*previous)};
  return combine_threshold(
      core, height, &HeightPool::beacon_shares, interval->committee, interval->committee->low(),
      types::signed_message(content), "random beacon share",
      [&](const types::BeaconShare& share) { return share.content == content; },
      [content](Core& c, HeightPool& p, const crypto::BlsSignature& signature) {
        if (p.beacon) return;
        p.beacon = types::encode(types::Beacon{content, signature});
        keep_and_relay(c, p.beacon, true);
      });
}

bool combine_tape(Core& core, Height height) {
  HeightPool* pool = pool_at(core, height);
  const auto interval = interval_at(core, height);
  if (pool == nullptr || pool->tape || !interval) return false;
  const types::TapeContent content{height, core.identity.subnet};
  return combine_threshold(
      core, height, &HeightPool::tape_shares, interval->committee, interval->committee->low(),
      types::signed_message(content), "random tape share",
      [&](const types::TapeShare& share) { return share.content == content; },
      [content](Core& c, HeightPool& p, const crypto::BlsSignature& signature) {
        if (p.tape) return;
        p.tape = types::encode(types::Tape{content, signature});
        keep_and_relay(c, p.tape, true);
      });
}

bool combine_certification(Core& core, Height height) {
  HeightPool* pool = pool_at(core, height);
  const auto interval = interval_at(core, height);
  if (pool == nullptr || !pool->root || pool->certification || !interval) return false;
  const types::CertificationContent content{height, *pool->root};
  return combine_threshold(
      core, height, &HeightPool::certification_shares, interval->committee,
      interval->committee->high(), types::signed_message(content), "certification share",
      [&](const types::CertificationShare& share) { return share.content == content; },
      [content](Core& c, HeightPool&, const crypto::BlsSignature& signature) {
        if (content.height <= c.certified) return;
        adopt_certification(c, types::encode(types::Certification{content, signature}));
      });
}

bool combine_package(Core& core, Height height) {
  HeightPool* pool = pool_at(core, height);
  const auto interval = interval_at(core, height);
  if (pool == nullptr || !pool->package_content || !interval) return false;
  const crypto::Digest digest = types::catch_up_digest(*pool->package_content);
  return combine_threshold(
      core, height, &HeightPool::package_shares, interval->committee, interval->committee->high(),
      types::catch_up_message(digest), "catch-up package share",
      [&](const types::CatchUpPackageShare& share) { return share.content == digest; },
      [](Core& c, HeightPool& p, const crypto::BlsSignature& signature) {
        const Shared<types::CatchUpContent> content = p.package_content;
        adopt_package(c, types::encode(types::CatchUpPackage{content, signature}));
      });
}

}  // namespace

bool aggregate(Core& core) {
  bool changed = false;
  for (Height h = core.finalized + 1; h <= core.notarized + 1; ++h) {
    changed = combine_quorums(core, kNotarizations, h) || changed;
    changed = combine_quorums(core, kFinalizations, h) || changed;
  }
  for (Height h = core.finalized; h <= core.notarized + 1; ++h)
    changed = combine_beacon(core, h) || changed;
  for (Height h = core.next_batch; h <= std::min(core.next_batch + kBatchesMax, core.finalized + 1);
       ++h)
    changed = combine_tape(core, h) || changed;
  for (Height h = core.certified + 1; h <= core.executed; ++h)
    changed = combine_certification(core, h) || changed;
  for (const Height h : core.hashed) {
    if (h > core.package_height) changed = combine_package(core, h) || changed;
  }
  return changed;
}

}  // namespace icpd::consensus::detail
