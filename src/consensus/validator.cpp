// Checks complete artifacts of peers: notarizations, finalizations, beacons, tapes, certifications,
// catch-up packages, equivocation proofs. Proposals are proposals.cpp.
#include "consensus/detail/core.hpp"

namespace icpd::consensus::detail {

namespace {

using types::ArtifactKind;

enum class Readiness : std::uint8_t { kReady, kWait, kObsolete };

/// What to check, and what to do when it is good.
struct Check {
  Readiness readiness = Readiness::kWait;
  CryptoJob job;
  std::function<void(Core&)> accept;
};
Check obsolete() {
  return {Readiness::kObsolete, {}, {}};
}
Check wait() {
  return {Readiness::kWait, {}, {}};
}

struct Checker {
  const Core& core;
  const Encoded& encoded;

  [[nodiscard]] Shared<Interval> interval() const { return interval_at(core, encoded->id.height); }

  Check operator()(const types::Notarization& a) const {
    if (a.height <= core.finalized) return obsolete();
    const HeightPool* pool = pool_at(core, a.height);
    if (pool != nullptr && pool->notarizations.contains(a.block)) return obsolete();
    const auto governs = interval();
    if (!governs) return wait();
    return {Readiness::kReady,
            VerifyQuorum{governs->committee->quorum(),
                         types::notarization_message(reference(core, a.height, a.block)),
                         a.certificate},
            [enc = encoded, height = a.height, block = a.block](Core& c) {
              if (height <= c.finalized) return;
              if (!c.heights[height].notarizations.emplace(block, enc).second) return;
              keep_and_relay(c, enc, true);
            }};
  }
  Check operator()(const types::Finalization& a) const {
    if (a.height <= core.finalized) return obsolete();
    const HeightPool* pool = pool_at(core, a.height);
    if (pool != nullptr && pool->finalization) return obsolete();
    const auto governs = interval();
    if (!governs) return wait();
    return {Readiness::kReady,
            VerifyQuorum{governs->committee->quorum(),
                         types::finalization_message(reference(core, a.height, a.block)),
                         a.certificate},
            [enc = encoded, height = a.height](Core& c) {
              HeightPool& p = c.heights[height];
              if (height <= c.finalized || p.finalization) return;
              p.finalization = enc;
              keep_and_relay(c, enc, true);
            }};
  }
  Check operator()(const types::Beacon& a) const {
    if (a.content.height < core.finalized) return obsolete();
    const HeightPool* pool = pool_at(core, a.content.height);
    if (pool != nullptr && pool->beacon) return obsolete();
    const auto governs = interval();
    if (!governs) return wait();
    return {Readiness::kReady, threshold(governs->committee->low(), a),
            [enc = encoded, height = a.content.height](Core& c) {
              HeightPool& p = c.heights[height];
              if (p.beacon) return;
              p.beacon = enc;
              keep_and_relay(c, enc, true);
            }};
  }
  Check operator()(const types::Tape& a) const {
    if (a.content.height < core.next_batch || a.content.subnet != core.identity.subnet)
      return obsolete();
    const HeightPool* pool = pool_at(core, a.content.height);
    if (pool != nullptr && pool->tape) return obsolete();
    const auto governs = interval();
    if (!governs) return wait();
    return {Readiness::kReady, threshold(governs->committee->low(), a),
            [enc = encoded, height = a.content.height](Core& c) {
              HeightPool& p = c.heights[height];
              if (p.tape) return;
              p.tape = enc;
              keep_and_relay(c, enc, true);
            }};
  }
  Check operator()(const types::Certification& a) const {
    if (a.content.height <= core.certified) return obsolete();
    const HeightPool* pool = pool_at(core, a.content.height);
    // The height isn't signed: only the root that this node computed tells what it is about.
    if (pool == nullptr || !pool->root) return wait();
    if (pool->certification || *pool->root != a.content.root) return obsolete();
    const auto governs = interval();
    if (!governs) return wait();
    return {Readiness::kReady, threshold(governs->committee->high(), a),
            [enc = encoded](Core& c) { adopt_certification(c, enc); }};
  }
  Check operator()(const types::CatchUpPackage& a) const {
    if (a.content->block->height <= core.package_height || !a.signature) return obsolete();
    const Bytes message = types::catch_up_message(types::catch_up_digest(*a.content));
    return {Readiness::kReady,
            VerifyThreshold{{{newest_interval(core)->committee->high(), message, *a.signature}}},
            [enc = encoded](Core& c) { adopt_package(c, enc); }};
  }
  Check operator()(const types::EquivocationProof& a) const {
    if (a.height <= core.finalized || a.first == a.second) return obsolete();
    const HeightPool* pool = pool_at(core, a.height);
    if (pool != nullptr && pool->equivocations.contains(a.signer)) return obsolete();
    const auto governs = interval();
    if (!governs) return wait();
    if (!governs->committee->contains(a.signer)) return obsolete();
    const auto& key = governs->committee->key_of(a.signer);
    VerifySignatures job;
    job.all.push_back(
        {key, types::proposal_message(reference(core, a.height, a.first)), a.first_signature});
    job.all.push_back(
        {key, types::proposal_message(reference(core, a.height, a.second)), a.second_signature});
    return {Readiness::kReady, std::move(job),
            [enc = encoded, height = a.height, signer = a.signer](Core& c) {
              if (height <= c.finalized) return;
              if (!c.heights[height].equivocations.emplace(signer, enc).second) return;
              c.active[enc->id.height].push_back(enc->id);
              c.out.free.push_back(Broadcast{enc, true});
            }};
  }
  template <typename Other>
  Check operator()(const Other&) const {
    unreachable_state("only complete artifacts wait for a check");
  }

  template <typename Content>
  [[nodiscard]] static VerifyThreshold threshold(const Shared<ThresholdKey>& key,
                                                 const types::ThresholdSigned<Content>& a) {
    return {{{key, types::signed_message(a.content), a.signature}}};
  }
};

/// Correct nodes pass on only what they checked, so the rest of a liar's isn't worth a check: one
/// bad artifact costs this node one check. What is right comes from others, or again.
void drop_pending_of(Core& core, const NodeId& liar) {
  for (auto it = core.pending.begin(); it != core.pending.end();) {
    if (it->second.from != liar || it->second.checking) {
      ++it;
      continue;
    }
    core.out.free.push_back(Dropped{it->first});
    --core.peers[liar].pending;
    it = core.pending.erase(it);
  }
}

void checked(Core& core, const types::ArtifactId& id, bool valid,
             const std::function<void(Core&)>& accept) {
  const auto found = core.pending.find(id);
  if (found == core.pending.end()) return;
  const Pending entry = found->second;
  core.pending.erase(found);
  --core.peers[entry.from].pending;
  if (valid) return accept(core);
  misbehaved(core, entry.from, "sent an invalid " + std::string(types::name(id.kind)));
  drop_pending_of(core, entry.from);
}

}  // namespace

bool validate_pending(Core& core) {
  bool changed = false;
  // Of several artifacts that say the same one is checked at a time.
  std::set<std::pair<ArtifactKind, Height>> busy;
  for (const auto& [id, entry] : core.pending) {
    if (entry.checking) busy.emplace(id.kind, id.height);
  }
  for (auto it = core.pending.begin(); it != core.pending.end();) {
    auto& [id, entry] = *it;
    if (entry.checking) {
      ++it;
      continue;
    }
    Check check = std::visit(Checker{core, entry.artifact}, entry.artifact->artifact);
    if (check.readiness == Readiness::kObsolete) {
      --core.peers[entry.from].pending;
      it = core.pending.erase(it);
      changed = true;
      continue;
    }
    if (check.readiness == Readiness::kReady && busy.emplace(id.kind, id.height).second) {
      entry.checking = true;
      ask(core, std::move(check.job),
          [id = id, accept = std::move(check.accept)](Core& c, const CryptoVerdict& verdict) {
            checked(c, id, verdict.valid, accept);
          });
      changed = true;
    }
    ++it;
  }
  return changed;
}

}  // namespace icpd::consensus::detail
