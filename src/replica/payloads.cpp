// Answers consensus's questions about payloads, on the snapshot that they speak of.
#include <algorithm>

#include "message_routing/payload.hpp"
#include "message_routing/query_stats.hpp"
#include "message_routing/response_rules.hpp"
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
        want_body(core, hash,
                  {block->height, {block->maker}, block->height <= core.consensus->finalized()});
      }
    }
  }
  if (!complete) return std::nullopt;
  return messages;
}

message_routing::ResponseBase response_base(const Core& core,
                                            const state::ReplicatedState& certified,
                                            const consensus::PayloadQuestion& question) {
  return {certified, question.context, question.past, core.identity.responses};
}

message_routing::QueryStatsBase query_stats_base(const state::ReplicatedState& certified,
                                                 const consensus::PayloadQuestion& question,
                                                 const NodeId& maker) {
  return {certified, question.height, maker, question.past};
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

/// Nothing while it can't be said.
std::optional<consensus::PayloadVerdict> judge(Core& core, OpenCheck& open) {
  using consensus::PayloadVerdict;
  const consensus::PayloadQuestion& question = open.ask.question;
  const auto& payload = std::get<types::DataPayload>(open.ask.block->payload);
  // Before all of it is here, so that a block can't make this node fetch more than a block may
  // have.
  if (open.is_impossible || open.bytes > types::limits::kBlockIngressSizeMax)
    return PayloadVerdict::kInvalid;
  if (!open.missing.empty()) return std::nullopt;
  SharedIngress body;
  for (; open.good < payload.ingress.size(); ++open.good) {
    const BodyState found =
        verified_body(core, payload.ingress[open.good], question.context.time, body);
    if (found == BodyState::kBad) return PayloadVerdict::kInvalid;
    if (found == BodyState::kMissing) return std::nullopt;
  }
  const auto past = past_messages(core, question.past);
  if (!past) return std::nullopt;
  const auto snapshot = core.snapshots.find(question.context.certified_height);
  if (snapshot == core.snapshots.end()) return PayloadVerdict::kNotYet;
  std::vector<SharedIngress> bodies(payload.ingress.size());
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    if (verified_body(core, payload.ingress[i], question.context.time, bodies[i]) !=
        BodyState::kGood)
      return PayloadVerdict::kNotYet;
  }
  const message_routing::PayloadBase base{*snapshot->second, question.context, *past};
  if (!message_routing::check_payload(base, payload, bodies).ok()) return PayloadVerdict::kInvalid;
  const auto responses = response_base(core, *snapshot->second, question);
  if (!message_routing::check_responses(responses, payload.responses).ok())
    return PayloadVerdict::kInvalid;
  const auto stats_base = query_stats_base(*snapshot->second, question, open.ask.block->maker);
  if (payload.query_stats &&
      !message_routing::check_query_stats(stats_base, *payload.query_stats).ok())
    return PayloadVerdict::kInvalid;
  return PayloadVerdict::kValid;
}

/// A judged payload needs its missing bodies no more.
void forget_unless_missed_by_others(Core& core, const consensus::PayloadQuestion& question,
                                    const IngressHash& hash) {
  const auto wanted = core.wanted.find(hash);
  if (wanted == core.wanted.end() || wanted->second.is_final) return;
  // The chain needs it.
  if (wanted->second.height != question.height) return;
  const bool is_missed = std::any_of(core.checks.begin(), core.checks.end(), [&](const auto& one) {
    return one.first != question.id && one.second.missing.contains(hash);
  });
  if (!is_missed) forget_want(core, hash);
}

/// False while the question stays open.
bool try_check(Core& core, OpenCheck& open) {
  const auto verdict = judge(core, open);
  if (!verdict) return false;
  for (const IngressHash& hash : open.missing)
    forget_unless_missed_by_others(core, open.ask.question, hash);
  feed(core, consensus::PayloadChecked{open.ask.question.id, *verdict});
  return true;
}

void account_for(Core& core, OpenCheck& open, const IngressHash& hash) {
  const Encoded* body = body_artifact(core, hash);
  if (body == nullptr) {
    open.missing.insert(hash);
    return;
  }
  open.bytes += std::get<types::IngressArtifact>((*body)->artifact).bytes.size();
  pin(core, open.ask.question.height, hash);
}

/// Messages that a block of this height has, as far as they are in the pool, stay.
void pin_all(Core& core, Height height, const types::DataPayload& payload) {
  for (const IngressHash& hash : payload.ingress)
    pin(core, height, hash);
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
    payload.responses =
        message_routing::build_responses(response_base(core, *snapshot->second, question));
    if (core.query_counts)
      payload.query_stats = message_routing::build_query_stats(
          query_stats_base(*snapshot->second, question, core.identity.consensus.node),
          *core.query_counts);
  }
  trace_proposed(core, payload.ingress);
  if (payload.empty() && core.told_waiting) core.quiet_until = core.now.steady + kQuiet;
  pin_all(core, question.height, payload);
  feed(core, consensus::PayloadBuilt{question.id, std::move(payload)});
}

void check_payload(Core& core, const consensus::CheckPayload& ask) {
  const auto& payload = std::get<types::DataPayload>(ask.block->payload);
  if (payload.ingress.size() > types::limits::kBlockIngressCountMax)
    return feed(core,
                consensus::PayloadChecked{ask.question.id, consensus::PayloadVerdict::kInvalid});
  trace_proposed(core, payload.ingress);
  OpenCheck open{.ask = ask};
  for (const IngressHash& hash : payload.ingress)
    account_for(core, open, hash);
  if (try_check(core, open)) return;
  for (const IngressHash& hash : open.missing)
    want_body(core, hash, {ask.question.height, {ask.from, ask.block->maker}, false});
  core.checks.emplace(ask.question.id, std::move(open));
}

void try_checks(Core& core) {
  for (auto check = core.checks.begin(); check != core.checks.end();)
    check = try_check(core, check->second) ? core.checks.erase(check) : std::next(check);
}

void body_came(Core& core, const IngressHash& hash) {
  for (auto& [id, open] : core.checks) {
    if (open.missing.erase(hash) == 0) continue;
    account_for(core, open, hash);
    open.is_impossible = open.is_impossible || open.missing.contains(hash);
  }
  try_batches(core);
  try_checks(core);
}

void close_checks(Core& core, Height final_height) {
  std::erase_if(core.checks, [&](const auto& entry) {
    if (entry.second.ask.question.height > final_height) return false;
    feed(core, consensus::PayloadChecked{entry.first, consensus::PayloadVerdict::kNotYet});
    return true;
  });
  while (!core.pinned.empty() && core.pinned.begin()->first <= final_height) {
    for (const IngressHash& hash : core.pinned.begin()->second)
      core.pool.unpin(hash);
    core.pinned.erase(core.pinned.begin());
  }
}

}  // namespace icpd::replica::detail
