// Artifacts from peers: where they are put until a part of consensus can use them.
#include "consensus/detail/core.hpp"

namespace icpd::consensus::detail {

namespace {

using types::ArtifactKind;

/// Heights of a kind that are of use: below, it is obsolete; above, it waits.
struct Window {
  Height low;
  Height high;
};

Window window(const Core& core, ArtifactKind kind) {
  switch (kind) {
    case ArtifactKind::kBlockProposal:
    case ArtifactKind::kNotarizationShare:
    case ArtifactKind::kNotarization:
    case ArtifactKind::kFinalizationShare:
    case ArtifactKind::kFinalization:
    case ArtifactKind::kEquivocationProof:
      return {core.finalized + 1, core.notarized + kLookAhead};
    case ArtifactKind::kBeaconShare:
    case ArtifactKind::kBeacon:
      return {core.finalized, core.notarized + kLookAhead};
    case ArtifactKind::kTapeShare:
    case ArtifactKind::kTape:
      return {core.next_batch, core.finalized + kLookAhead};
    case ArtifactKind::kCertificationShare:
    case ArtifactKind::kCertification:
      return {core.certified + 1, core.executed + kLookAhead};
    case ArtifactKind::kCatchUpPackageShare:
      return {core.package_height + 1, core.finalized + kLookAhead};
    case ArtifactKind::kCatchUpPackage:
      return {core.package_height + 1, Height::max()};
    case ArtifactKind::kIngress:
      break;
  }
  // Ingress isn't consensus's: an empty window.
  return {Height::max(), Height{0}};
}

void drop(Core& core, const Encoded& artifact) {
  core.out.free.push_back(Dropped{artifact->id});
}

/// Shares come from their signer; nobody passes them on.
bool signed_by_sender(Core& core, const NodeId& from, const NodeId& signer) {
  if (from == signer) return true;
  misbehaved(core, from, "sent a share of another node");
  return false;
}

std::size_t shares_of(const std::map<BlockHash, QuorumShares>& all, const NodeId& signer) {
  std::size_t count = 0;
  for (const auto& [block, shares] : all)
    count += shares.by_signer.contains(signer) ? 1 : 0;
  return count;
}

/// An honest node signs at most two blocks for each rank: ranks fall, and two blocks of one maker
/// disqualify it.
std::size_t notarization_shares_max(const Core& core) {
  return 2 * (newest_interval(core)->committee->faults() + 1);
}

/// An honest node makes one proposal for a height, and passes on the valid ones that it saw: for
/// each rank at most two, because two of one maker disqualify it.
std::size_t proposals_per_sender_max(const Core& core) {
  return 2 * (newest_interval(core)->committee->faults() + 1) + 1;
}

struct Placer {
  Core& core;
  const NodeId& from;
  const Encoded& encoded;

  void quorum_share(std::map<BlockHash, QuorumShares>& all, const types::BlockShare& share,
                    std::size_t per_signer_max) const {
    if (!signed_by_sender(core, from, share.signer)) return;
    if (shares_of(all, share.signer) >= per_signer_max) return;
    all[share.block].by_signer.emplace(share.signer, share.signature);
  }
  template <typename Share>
  void threshold_share(ThresholdShares<Share>& all, const Share& share) const {
    if (!signed_by_sender(core, from, share.signer)) return;
    all.by_signer.emplace(share.signer, share);
  }
  void complete() const {
    Peer& peer = core.peers[from];
    if (peer.pending >= kPendingPerPeerMax) return drop(core, encoded);
    if (core.pending.emplace(encoded->id, Pending{from, encoded}).second) ++peer.pending;
  }

  void another_copy(Candidate& candidate) const {
    if (candidate.signature_good || candidate.proposal->id == encoded->id) return;
    for (const auto& [sender, copy] : candidate.copies) {
      if (sender == from) return;
    }
    candidate.copies.emplace_back(from, encoded);
  }
  void operator()(const types::BlockProposal& proposal) const {
    HeightPool& pool = core.heights[proposal.block->height];
    const BlockHash& hash = proposal.block.hash();
    if (pool.blocks.contains(hash)) return;
    if (const auto same = pool.candidates.find(hash); same != pool.candidates.end())
      return another_copy(same->second);
    if (!newest_interval(core)->committee->contains(proposal.block->maker)) return;
    // Counted against the sender, not against the maker that it claims: else anybody could fill the
    // place of an honest maker's block.
    std::size_t same_sender = 0;
    for (const auto& [other, candidate] : pool.candidates)
      same_sender += candidate.from == from ? 1 : 0;
    if (same_sender >= proposals_per_sender_max(core)) return drop(core, encoded);
    pool.candidates.emplace(hash,
                            Candidate{.proposal = encoded, .from = from, .since = core.now.steady});
  }
  void operator()(const types::NotarizationShare& share) const {
    quorum_share(core.heights[share.height].notarization_shares, share,
                 notarization_shares_max(core));
  }
  void operator()(const types::FinalizationShare& share) const {
    quorum_share(core.heights[share.height].finalization_shares, share, 1);
  }
  void operator()(const types::BeaconShare& share) const {
    threshold_share(core.heights[share.content.height].beacon_shares, share);
  }
  void operator()(const types::TapeShare& share) const {
    threshold_share(core.heights[share.content.height].tape_shares, share);
  }
  void operator()(const types::CertificationShare& share) const {
    threshold_share(core.heights[share.content.height].certification_shares, share);
  }
  void operator()(const types::CatchUpPackageShare& share) const {
    threshold_share(core.heights[share.height].package_shares, share);
  }
  void operator()(const types::IngressArtifact&) const {}
  template <typename Complete>
  void operator()(const Complete&) const {
    complete();
  }
};

void place(Core& core, const NodeId& from, const Encoded& artifact) {
  std::visit(Placer{core, from, artifact}, artifact->artifact);
}

/// A finalized height that the artifact speaks of, whether true or not.
Height claimed_height(const EncodedArtifact& artifact) {
  switch (artifact.id.kind) {
    case ArtifactKind::kFinalization:
    case ArtifactKind::kCertification:
    case ArtifactKind::kCatchUpPackage:
      return artifact.id.height;
    default:
      return Height{0};
  }
}

void put_off(Core& core, const NodeId& from, const Encoded& artifact) {
  Peer& peer = core.peers[from];
  if (peer.later >= kLaterPerPeerMax) {
    // The lowest goes: ranges bring what is low, only the peer can bring what is high.
    for (auto it = core.later.begin(); it != core.later.end(); ++it) {
      if (it->second.from != from) continue;
      if (it->first >= artifact->id.height) return drop(core, artifact);
      drop(core, it->second.artifact);
      core.later.erase(it);
      --peer.later;
      break;
    }
  }
  core.later.emplace(artifact->id.height, Later{from, artifact});
  ++peer.later;
}

}  // namespace

Height useful_from(const Core& core) {
  Height lowest = Height::max();
  for (std::size_t kind = 0; kind < types::kArtifactKinds; ++kind) {
    const auto one = static_cast<ArtifactKind>(kind);
    if (one == ArtifactKind::kCatchUpPackageShare || one == ArtifactKind::kCatchUpPackage) continue;
    lowest = std::min(lowest, window(core, one).low);
  }
  return lowest;
}

void receive(Core& core, const NodeId& from, const Encoded& artifact) {
  if (from == core.identity.node || !newest_interval(core)->committee->contains(from)) return;
  Peer& peer = core.peers[from];
  peer.claim = std::max(peer.claim, claimed_height(*artifact));
  const Window useful = window(core, artifact->id.kind);
  if (artifact->id.height < useful.low) return;
  if (artifact->id.height > useful.high) return put_off(core, from, artifact);
  place(core, from, artifact);
}

bool take_later(Core& core) {
  bool changed = false;
  const Height limit = core.notarized + kLookAhead;
  for (auto it = core.later.begin(); it != core.later.end() && it->first <= limit;) {
    const Window useful = window(core, it->second.artifact->id.kind);
    if (it->first > useful.high) {
      ++it;
      continue;
    }
    const Later taken = it->second;
    it = core.later.erase(it);
    --core.peers[taken.from].later;
    if (taken.artifact->id.height < useful.low) continue;
    place(core, taken.from, taken.artifact);
    changed = true;
  }
  return changed;
}

}  // namespace icpd::consensus::detail
