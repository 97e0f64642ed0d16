// Answers consensus's questions about payloads, on the snapshot that they speak of.
#include <algorithm>

#include "message_routing/payload.hpp"
#include "replica/detail/core.hpp"

namespace icpd::replica::detail {

namespace {

/// A maker that found nothing to include doesn't count its pool as work for this long.
constexpr Duration kQuiet = Duration::seconds(1);

/// The messages of past blocks, in their order; nothing, and bodies asked for, if some are missing.
std::optional<std::vector<SharedIngress>> past_messages(
    Core& core, const std::vector<types::HashedBlock>& past) {
  std::vector<SharedIngress> messages;
  bool complete = true;
  for (const types::HashedBlock& block : past) {
    for (const IngressHash& hash : named_by(*block)) {
      if (const Bodies::Body* body = core.bodies.find(hash)) {
        messages.push_back(body->message);
      } else if (const PoolEntry* entry = core.pool.find(hash)) {
        messages.push_back(entry->message);
      } else {
        complete = false;
        want_body(core, hash, {block->height, {block->maker}, false});
      }
    }
  }
  if (!complete) return std::nullopt;
  return messages;
}

enum class BodyState : std::uint8_t { kGood, kMissing, kBad };

/// The message if it is here and verified.
BodyState verified_body(Core& core, const IngressHash& hash, Time block_time,
                        SharedIngress& message) {
  if (const PoolEntry* entry = core.pool.find(hash)) {
    if (entry->verification == Verification::kBad) return BodyState::kBad;
    if (entry->verification != Verification::kGood) return BodyState::kMissing;
    message = entry->message;
    return entry->good_until >= block_time ? BodyState::kGood : BodyState::kBad;
  }
  // Named by a block before, and so verified by n - f nodes or by this one.
  if (const Bodies::Body* body = core.bodies.find(hash)) {
    message = body->message;
    return BodyState::kGood;
  }
  return BodyState::kMissing;
}

/// The bodies that a valid block names stay, also when they expire, until the height is decided:
/// other nodes need them to see that it is valid.
void keep_bodies(Core& core, Height height, const types::DataPayload& payload) {
  for (const IngressHash& hash : payload.ingress) {
    if (const PoolEntry* entry = core.pool.find(hash)) {
      core.bodies.keep(height, entry->message, entry->artifact);
    } else if (const Bodies::Body* found = core.bodies.find(hash)) {
      const Bodies::Body body = *found;
      core.bodies.keep(height, body.message, body.artifact);
    }
  }
}

/// Nothing while it can't be said.
std::optional<consensus::PayloadVerdict> judge(Core& core, const consensus::CheckPayload& check) {
  using consensus::PayloadVerdict;
  const consensus::PayloadQuestion& question = check.question;
  const auto& payload = std::get<types::DataPayload>(check.block->payload);
  if (payload.ingress.size() > types::limits::kBlockIngressCountMax)
    return PayloadVerdict::kInvalid;
  std::vector<SharedIngress> bodies(payload.ingress.size());
  bool complete = true;
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    const IngressHash& hash = payload.ingress[i];
    const BodyState found = verified_body(core, hash, question.context.time, bodies[i]);
    if (found == BodyState::kBad) return PayloadVerdict::kInvalid;
    if (found == BodyState::kGood) continue;
    complete = false;
    if (body_artifact(core, hash) == nullptr)
      want_body(core, hash, {question.height, {check.from, check.block->maker}, false});
  }
  const auto past = past_messages(core, question.past);
  if (!complete || !past) return std::nullopt;
  const auto snapshot = core.snapshots.find(question.context.certified_height);
  if (snapshot == core.snapshots.end()) return PayloadVerdict::kNotYet;
  const message_routing::PayloadBase base{*snapshot->second, question.context, *past};
  if (!message_routing::check_payload(base, payload, bodies).ok()) return PayloadVerdict::kInvalid;
  keep_bodies(core, question.height, payload);
  return PayloadVerdict::kValid;
}

/// False while the question stays open.
bool try_check(Core& core, const consensus::CheckPayload& check) {
  const auto verdict = judge(core, check);
  if (!verdict) return false;
  feed(core, consensus::PayloadChecked{check.question.id, *verdict});
  return true;
}

}  // namespace

const std::vector<IngressHash>& named_by(const types::Block& block) {
  static const std::vector<IngressHash> kNone;
  const auto* payload = std::get_if<types::DataPayload>(&block.payload);
  return payload == nullptr ? kNone : payload->ingress;
}

void build_payload(Core& core, const consensus::BuildPayload& ask) {
  const consensus::PayloadQuestion& question = ask.question;
  types::DataPayload payload;
  const auto snapshot = core.snapshots.find(question.context.certified_height);
  const auto past = past_messages(core, question.past);
  // Without the state or a body there is still a valid payload: an empty one.
  if (snapshot != core.snapshots.end() && past) {
    std::vector<SharedIngress> candidates;
    for (const PoolEntry* entry : core.pool.verified()) {
      if (entry->good_until >= question.context.time) candidates.push_back(entry->message);
    }
    const message_routing::PayloadBase base{*snapshot->second, question.context, *past};
    payload = message_routing::build_payload(base, candidates);
  }
  keep_bodies(core, question.height, payload);
  if (payload.empty() && core.told_waiting) core.quiet_until = core.now.steady + kQuiet;
  feed(core, consensus::PayloadBuilt{question.id, std::move(payload)});
}

void check_payload(Core& core, const consensus::CheckPayload& ask) {
  if (!try_check(core, ask)) core.checks.emplace(ask.question.id, ask);
}

void try_checks(Core& core) {
  std::erase_if(core.checks, [&](const auto& entry) { return try_check(core, entry.second); });
}

}  // namespace icpd::replica::detail
