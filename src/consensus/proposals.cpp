// Turns proposals into valid blocks (reference B.8, "Block validation summary").
//
// A notarized proposal with a notarized parent is valid once its signature is: n - f notaries
// include honest ones that checked the rest. Any other proposal is checked in this order: round,
// parent, rank, signature, context, payload. What may still become right waits; what can't is
// thrown away, and its sender named where only a faulty node could have passed it on.
#include <algorithm>

#include "consensus/detail/core.hpp"

namespace icpd::consensus::detail {

namespace {

enum class Outcome : std::uint8_t { kWait, kProgress, kReject, kAccept };

/// How long until the payload of a proposal that couldn't be judged is looked at again.
constexpr Duration kPayloadRetry = Duration::milliseconds(20);

struct Proposal {
  Height height;
  BlockHash hash;
};

Candidate* find(Core& core, const Proposal& proposal) {
  HeightPool* pool = pool_at(core, proposal.height);
  if (pool == nullptr) return nullptr;
  const auto found = pool->candidates.find(proposal.hash);
  return found == pool->candidates.end() ? nullptr : &found->second;
}

bool known_notarized(const HeightPool& pool, const BlockHash& hash) {
  if (pool.notarizations.contains(hash)) return true;
  return pool.finalization &&
         std::get<types::Finalization>(pool.finalization->artifact).block == hash;
}

/// Two proposals of one maker for one height, both with good signatures, are a proof.
void look_for_equivocation(Core& core, const types::BlockProposal& proposal) {
  const types::Block& block = *proposal.block;
  HeightPool& pool = core.heights[block.height];
  if (pool.equivocations.contains(block.maker)) return;
  const auto prove = [&](const types::BlockProposal& other) {
    if (other.block->maker != block.maker || other.block.hash() == proposal.block.hash()) return;
    if (pool.equivocations.contains(block.maker)) return;
    types::EquivocationProof proof{.signer = block.maker,
                                   .height = block.height,
                                   .first = other.block.hash(),
                                   .first_signature = other.signature,
                                   .second = proposal.block.hash(),
                                   .second_signature = proposal.signature};
    pool.equivocations.emplace(block.maker, publish(core, std::move(proof)));
  };
  for (const auto& [hash, candidate] : pool.candidates) {
    if (candidate.signature_good) prove(candidate.content());
  }
  for (const auto& [hash, node] : pool.blocks) {
    if (node.proposal) prove(std::get<types::BlockProposal>(node.proposal->artifact));
  }
}

/// The block may be good although this copy's signature isn't: goes on to another sender's copy.
void next_copy(Core& core, const Proposal& which, Candidate& candidate) {
  if (candidate.copies.empty()) {
    core.heights[which.height].candidates.erase(which.hash);
    return;
  }
  auto copies = std::move(candidate.copies);
  auto [from, proposal] = copies.back();
  copies.pop_back();
  candidate = Candidate{
      .proposal = proposal, .from = from, .copies = std::move(copies), .since = candidate.since};
}

void signature_checked(Core& core, const Proposal& which, bool good) {
  Candidate* candidate = find(core, which);
  if (candidate == nullptr) return;
  if (!good) {
    misbehaved(core, candidate->from, "sent a proposal with an invalid signature");
    next_copy(core, which, *candidate);
    return;
  }
  const types::Block& block = *candidate->content().block;
  // Own blocks are in the tree from the start. One of before a restart may have been forgotten.
  if (block.maker == core.identity.node && block.height > core.watermark_at_start.block)
    return stop(core, "block " + which.hash.hex() + " of height " + to_string(which.height) +
                          " carries this node's signature and was not made here: its key is in use "
                          "elsewhere. Stop the other one, or give this node new keys");
  candidate->signature_good = true;
  look_for_equivocation(core, candidate->content());
}

void ask_signature(Core& core, Candidate& candidate, const Interval& interval) {
  const types::BlockProposal& proposal = candidate.content();
  const Proposal which{proposal.block->height, proposal.block.hash()};
  candidate.signature_asked = true;
  VerifySignatures job;
  job.all.push_back({interval.committee->key_of(proposal.block->maker),
                     types::proposal_message(reference(core, which.height, which.hash)),
                     proposal.signature});
  ask(core, std::move(job), [which](Core& c, const CryptoVerdict& verdict) {
    signature_checked(c, which, verdict.valid);
  });
}

void payload_checked(Core& core, const Proposal& which, PayloadVerdict verdict) {
  Candidate* candidate = find(core, which);
  if (candidate == nullptr) return;
  candidate->payload_asked = false;
  switch (verdict) {
    case PayloadVerdict::kValid:
      candidate->payload_good = true;
      return;
    case PayloadVerdict::kNotYet:
      candidate->payload_retry = core.now.steady + kPayloadRetry;
      return;
    case PayloadVerdict::kInvalid:
      core.heights[which.height].candidates.erase(which.hash);
      return;
  }
}

/// False if blocks that the question is about are forgotten here: then others judge.
bool ask_payload(Core& core, Candidate& candidate, const BlockNode& parent) {
  const types::HashedBlock& block = candidate.content().block;
  auto past = chain_to(core, parent, block->context.certified_height);
  if (past.size() != parent.block->height - block->context.certified_height) return false;
  candidate.payload_asked = true;
  const QuestionId id{++core.question};
  core.check_questions.emplace(
      id, [which = Proposal{block->height, block.hash()}](Core& c, PayloadVerdict verdict) {
        payload_checked(c, which, verdict);
      });
  PayloadQuestion question{id, block->height, block->parent, block->context, std::move(past)};
  core.out.free.push_back(CheckPayload{std::move(question), block, candidate.from});
  return true;
}

/// The block's context against its parent's and against what this node has (reference B.8).
Outcome check_context(Core& core, const Candidate& candidate, const BlockNode& parent) {
  const types::Block& block = *candidate.content().block;
  const types::ValidationContext& context = block.context;
  const types::ValidationContext& before = parent.block->context;
  if (context.time <= before.time || context.registry_version < before.registry_version ||
      context.certified_height < before.certified_height ||
      context.certified_height >= block.height)
    return Outcome::kReject;
  if (!core.registry.knows(context.registry_version)) return Outcome::kWait;
  if (context.certified_height > core.certified) return Outcome::kWait;
  // A node whose clock is slow still follows: the parent's time plus what passed since it came.
  const Time by_parent = before.time + (core.now.steady - parent.known_since);
  const Time allowed = std::max(core.now.wall, by_parent);
  if (context.time > allowed) {
    wake_at(core, core.now.steady + (context.time - allowed));
    return Outcome::kWait;
  }
  return Outcome::kAccept;
}

Outcome check_payload(Core& core, Candidate& candidate, const BlockNode& parent) {
  const types::Block& block = *candidate.content().block;
  const bool summary_due = block.height == parent.above()->next_summary();
  if (block.is_summary() != summary_due) return Outcome::kReject;
  if (summary_due) {
    const auto expected = codec::to_record(summary_after(core, parent));
    const auto given = codec::to_record(std::get<types::SummaryPayload>(block.payload));
    return expected == given ? Outcome::kAccept : Outcome::kReject;
  }
  if (candidate.payload_good) return Outcome::kAccept;
  if (candidate.payload_asked) return Outcome::kWait;
  if (candidate.payload_retry > core.now.steady) {
    wake_at(core, candidate.payload_retry);
    return Outcome::kWait;
  }
  return ask_payload(core, candidate, parent) ? Outcome::kProgress : Outcome::kWait;
}

/// True if a valid block of a better rank is there, or the maker proved itself faulty.
bool is_pointless(const HeightPool& pool, const types::Block& block) {
  if (pool.equivocations.contains(block.maker)) return true;
  for (const auto& [hash, node] : pool.blocks) {
    if (node.block->rank < block.rank && !pool.equivocations.contains(node.block->maker))
      return true;
  }
  return false;
}

/// The maker, its rank and those who failed before it, against the beacon of the height before.
bool rank_is_right(const Core& core, const types::Block& block, const Interval& interval) {
  const types::Beacon* beacon = beacon_at(core, block.height - 1);
  ensure(beacon != nullptr, "ranks are checked once the beacon is here");
  const auto makers = interval.committee->makers(*beacon);
  const std::uint64_t rank = block.rank.value;
  return rank < makers.size() && makers[rank] == block.maker &&
         std::equal(block.failed_makers.begin(), block.failed_makers.end(), makers.begin(),
                    makers.begin() + static_cast<std::ptrdiff_t>(rank));
}

/// Round, maker and rank of a proposal that isn't known to be notarized.
Outcome check_round(Core& core, const Candidate& candidate, const Interval& interval) {
  const types::Block& block = *candidate.content().block;
  if (block.height != core.notarized + 1 || beacon_at(core, core.notarized) == nullptr)
    return Outcome::kWait;
  if (rank_is_right(core, block, interval)) return Outcome::kAccept;
  misbehaved(core, candidate.from,
             "sent a proposal of a wrong maker, rank or list of those before");
  return Outcome::kReject;
}

Outcome look_at(Core& core, HeightPool& pool, Candidate& candidate) {
  const types::HashedBlock& block = candidate.content().block;
  const bool notarized = known_notarized(pool, block.hash());
  const auto interval = interval_at(core, block->height);
  if (!interval) return Outcome::kWait;
  if (!interval->committee->contains(block->maker)) return Outcome::kReject;
  if (!notarized) {
    const Outcome round = check_round(core, candidate, *interval);
    if (round != Outcome::kAccept) return round;
  }
  if (!candidate.signature_asked) {
    ask_signature(core, candidate, *interval);
    return Outcome::kProgress;
  }
  const BlockNode* parent = block_at(core, block->height - 1, block->parent);
  if (!candidate.signature_good || parent == nullptr || !parent->notarized) return Outcome::kWait;
  if (notarized) return Outcome::kAccept;
  if (is_pointless(pool, *block)) return Outcome::kWait;
  if (core.round_start && block->rank > types::Rank{0}) {
    const Time due = *core.round_start + notary_delay(interval->pacing, block->rank, {});
    if (due > core.now.steady) {
      wake_at(core, due);
      return Outcome::kWait;
    }
  }
  const Outcome context = check_context(core, candidate, *parent);
  if (context != Outcome::kAccept) return context;
  return check_payload(core, candidate, *parent);
}

void accept(Core& core, HeightPool& pool, const BlockHash& hash) {
  const Candidate candidate = pool.candidates.at(hash);
  const bool notarized = known_notarized(pool, hash);
  const types::HashedBlock block = candidate.content().block;
  add_block(core, block, candidate.proposal);
  if (core.stopped) return;
  keep_and_relay(core, candidate.proposal, false);
  if (notarized)
    mark_notarized(core, block->height, hash);
  else
    note_proposal(core);
}

bool look_at_all(Core& core, HeightPool& pool) {
  bool changed = false;
  std::vector<BlockHash> hashes;
  for (const auto& [hash, candidate] : pool.candidates)
    hashes.push_back(hash);
  for (const BlockHash& hash : hashes) {
    if (core.stopped) return true;
    switch (look_at(core, pool, pool.candidates.at(hash))) {
      case Outcome::kWait:
        break;
      case Outcome::kProgress:
        changed = true;
        break;
      case Outcome::kReject:
        pool.candidates.erase(hash);
        changed = true;
        break;
      case Outcome::kAccept:
        accept(core, pool, hash);
        changed = true;
        break;
    }
  }
  return changed;
}

/// A block that was valid before its notarization came.
bool mark_valid_blocks(Core& core, Height height, HeightPool& pool) {
  bool changed = false;
  for (auto& [hash, node] : pool.blocks) {
    if (node.notarized || !known_notarized(pool, hash)) continue;
    mark_notarized(core, height, hash);
    changed = true;
  }
  return changed;
}

}  // namespace

types::RegistryVersion stable_version(const Core& core, const BlockNode& parent) {
  return std::max(core.registry.latest(), parent.block->context.registry_version);
}

types::SummaryPayload summary_after(const Core& core, const BlockNode& parent) {
  (void)core;
  const Interval& ending = *parent.above();
  ensure(parent.block->height + 1 == ending.next_summary());
  // The first block of the interval has no predecessor in it, so it isn't counted.
  const std::uint64_t heights =
      parent.block->height > ending.start + 1 ? parent.block->height - (ending.start + 1) : 0;
  const Duration elapsed =
      heights == 0 ? Duration{} : parent.block->context.time - parent.interval_first_time;
  return {.registry_version = ending.next_registry_version,
          .interval_length = next_interval_length(ending.pacing, heights, elapsed),
          .current = ending.next,
          .next = ending.next};
}

bool validate_proposals(Core& core) {
  bool changed = false;
  const Height limit = core.notarized + kLookAhead;
  for (auto it = core.heights.upper_bound(core.finalized); it != core.heights.end(); ++it) {
    if (it->first > limit || core.stopped) break;
    changed = mark_valid_blocks(core, it->first, it->second) || changed;
    if (!it->second.candidates.empty()) changed = look_at_all(core, it->second) || changed;
  }
  return changed;
}

}  // namespace icpd::consensus::detail
