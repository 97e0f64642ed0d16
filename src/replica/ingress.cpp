// Users' calls: into the pool, verified, out again.
#include <algorithm>

#include "certification/envelope.hpp"
#include "certification/request_auth.hpp"
#include "replica/detail/core.hpp"

namespace icpd::replica::detail {

namespace {

types::ArtifactId ingress_id(const IngressHash& hash) {
  return {types::ArtifactKind::kIngress, Height{0}, *crypto::Digest::from(hash)};
}

bool is_here(const Core& core, const IngressHash& hash) {
  return core.pool.contains(hash) || core.bodies.find(hash) != nullptr;
}

/// In a block that is on its way to execution. A body alone doesn't say so: its block may have
/// lost, or be one that this node remembers from before a restart.
bool is_on_its_way(const Core& core, const IngressHash& hash) {
  if (core.bodies.find(hash) == nullptr) return false;
  if (core.in_chain.contains(hash)) return true;
  for (Height h = core.executed + 1; h <= core.consensus->finalized(); ++h) {
    const auto block = core.consensus->final_block(h);
    if (!block) continue;
    const auto& named = named_by(**block);
    if (std::find(named.begin(), named.end(), hash) != named.end()) return true;
  }
  return false;
}

/// Executed, or about to be: nothing is gained by another copy.
bool is_known(const Core& core, const types::IngressMessage& message) {
  if (core.pool.contains(message.hash) || is_on_its_way(core, message.hash)) return true;
  return core.snapshots.rbegin()->second->ingress().contains(message.id());
}

bool is_timely(const Core& core, const types::IngressMessage& message) {
  const Time expiry = message.call().ingress_expiry;
  return expiry >= core.now.wall && expiry <= certification::latest_expiry(core.now.wall);
}

Time first_delegation_end(const types::Envelope& envelope) {
  Time end = Time::max();
  for (const types::Delegation& delegation : envelope.delegations)
    end = std::min(end, delegation.expiration);
  return end;
}

/// A node publishes what it verified itself. Whoever was asked for a body vouches for nothing.
void blame_publisher(Core& core, const IngressHash& hash) {
  const PoolEntry* entry = core.pool.find(hash);
  if (entry == nullptr || entry->is_required || !entry->source) return;
  const NodeId publisher = *entry->source;
  misbehaved(core, publisher, "sent ingress that its sender didn't sign");
  // One bad message costs few checks, however many came with it.
  core.pool.remove_unverified(publisher);
}

void became_verified(Core& core, const IngressHash& hash, bool good) {
  // It may have left meanwhile, and its block be notarized.
  if (!core.pool.mark(hash, good ? Verification::kGood : Verification::kBad)) return;
  if (!good) return blame_publisher(core, hash);
  if (core.in_chain.contains(hash)) ++core.verified_in_chain;
  core.quiet_until.reset();
}

/// Apart from time: when delegations end is compared with the time of a block (good_until).
Result<certification::Authentication, certification::AuthError> authenticate(
    const Core& core, const types::IngressMessage& message) {
  return certification::authenticate(message.envelope, Time{}, core.identity.trust_root);
}

/// Of the messages that wait, those with signatures; the others are judged at once.
std::vector<IngressHash> take_for_verification(
    Core& core, std::vector<std::vector<certification::SignatureCheck>>& checks) {
  std::vector<IngressHash> taken;
  std::size_t signatures = 0;
  while (!core.to_verify.empty() && signatures < kVerifySignaturesMax) {
    const IngressHash hash = core.to_verify.front();
    core.to_verify.pop_front();
    const PoolEntry* entry = core.pool.find(hash);
    if (entry == nullptr || entry->verification != Verification::kUnknown) continue;
    auto known = authenticate(core, *entry->message);
    if (!known.ok() || known->checks.empty()) {
      became_verified(core, hash, known.ok());
      continue;
    }
    (void)core.pool.mark(hash, Verification::kAsked);
    signatures += known->checks.size();
    checks.push_back(std::move(known->checks));
    taken.push_back(hash);
  }
  return taken;
}

/// A body of a final block: right whatever it says, as honest nodes checked it.
void keep_final_body(Core& core, const Wanted& wanted, const Encoded& artifact) {
  const auto message = parse_ingress(artifact);
  if (!message.ok())
    return stop(core, "a final block names a message that doesn't decode: " +
                          message.error().message + "; more than f nodes are faulty");
  core.bodies.keep(wanted.height, *message, artifact);
  trace_received(core, **message, false);
}

void add_from_peer(Core& core, const NodeId& from, const Encoded& artifact, bool is_required) {
  auto message = parse_ingress(artifact);
  if (!message.ok()) return misbehaved(core, from, "sent ingress: " + message.error().message);
  if (is_required ? is_here(core, (*message)->hash)
                  : is_known(core, **message) || !is_timely(core, **message))
    return;
  PoolEntry entry{.message = *message,
                  .artifact = artifact,
                  .source = from,
                  .good_until = first_delegation_end((*message)->envelope),
                  .is_required = is_required,
                  .received = core.now.wall};
  const IngressHash hash = entry.message->hash;
  if (!core.pool.add(entry)) return;
  trace_received(core, *entry.message, false);
  if (is_required)
    core.to_verify.push_front(hash);
  else
    core.to_verify.push_back(hash);
}

void wanted_came(Core& core, const IngressHash& hash,
                 std::map<IngressHash, Wanted>::node_type wanted) {
  if (wanted.empty()) return;
  pin(core, wanted.mapped().height, hash);
  body_came(core, hash);
}

/// Bodies of proposals that lost are of no more use; those of the final block are right.
void settle_wants(Core& core, const types::HashedBlock& block) {
  for (const IngressHash& hash : named_by(*block)) {
    const auto wanted = core.wanted.find(hash);
    if (wanted != core.wanted.end()) wanted->second = {block->height, {block->maker}, true};
  }
  std::vector<IngressHash> lost;
  for (const auto& [hash, wanted] : core.wanted) {
    if (!wanted.is_final && wanted.height <= block->height) lost.push_back(hash);
  }
  for (const IngressHash& hash : lost)
    forget_want(core, hash);
}

void count_verified_in_chain(Core& core) {
  core.verified_in_chain = static_cast<std::size_t>(
      std::count_if(core.in_chain.begin(), core.in_chain.end(), [&](const IngressHash& hash) {
        const PoolEntry* entry = core.pool.find(hash);
        return entry != nullptr && entry->verification == Verification::kGood;
      }));
}

}  // namespace

Result<SharedIngress> parse_ingress(const Encoded& artifact) {
  const auto& ingress = std::get<types::IngressArtifact>(artifact->artifact);
  types::Envelope envelope = TRY(certification::parse_envelope(ingress.bytes));
  if (!std::holds_alternative<types::CallContent>(envelope.content))
    return Err("the message is no call");
  if (ingress.bytes.size() > types::limits::kIngressMessageSizeMax)
    return Err("the message is too large");
  types::IngressMessage message{std::move(envelope), *IngressHash::from(artifact->id.hash)};
  return SharedIngress(std::move(message));
}

const Encoded* body_artifact(const Core& core, const IngressHash& hash) {
  if (const Bodies::Body* body = core.bodies.find(hash)) return &body->artifact;
  if (const PoolEntry* entry = core.pool.find(hash)) return &entry->artifact;
  return nullptr;
}

void want_body(Core& core, const IngressHash& hash, Wanted wanted) {
  const auto [entry, fresh] = core.wanted.emplace(hash, wanted);
  if (!fresh) {
    entry->second.is_final = entry->second.is_final || wanted.is_final;
    entry->second.height = std::max(entry->second.height, wanted.height);
    return;
  }
  tell_peers(core, p2p::Fetch{ingress_id(hash), std::move(wanted.sources)});
}

void forget_want(Core& core, const IngressHash& hash) {
  if (core.wanted.erase(hash) != 0) tell_peers(core, p2p::CancelFetch{ingress_id(hash)});
}

void pin(Core& core, Height height, const IngressHash& hash) {
  if (core.pool.pin(hash)) core.pinned[height].push_back(hash);
}

void submitted(Core& core, const IngressSubmitted& input) {
  if (is_known(core, *input.message)) {
    core.out.push_back(AnswerSubmission{input.id, true});
    return;
  }
  const Encoded artifact = types::encode(types::IngressArtifact{input.message->envelope.bytes});
  PoolEntry entry{.message = input.message,
                  .artifact = artifact,
                  .verification = Verification::kGood,
                  .good_until = first_delegation_end(input.message->envelope),
                  .received = core.now.wall};
  const bool added = is_timely(core, *input.message) && core.pool.add(entry);
  core.out.push_back(AnswerSubmission{input.id, added});
  if (!added) return;
  trace_received(core, *input.message, true);
  if (core.in_chain.contains(input.message->hash)) ++core.verified_in_chain;
  core.quiet_until.reset();
  tell_peers(core, p2p::Publish{artifact->id, artifact->bytes, false});
  wanted_came(core, input.message->hash, core.wanted.extract(input.message->hash));
}

void ingress_arrived(Core& core, const NodeId& from, const Encoded& artifact) {
  const auto hash = *IngressHash::from(artifact->id.hash);
  auto wanted = core.wanted.extract(hash);
  if (!wanted.empty() && wanted.mapped().is_final)
    keep_final_body(core, wanted.mapped(), artifact);
  else
    add_from_peer(core, from, artifact, !wanted.empty());
  if (!core.stopped) wanted_came(core, hash, std::move(wanted));
}

void ask_for_verification(Core& core) {
  bool judged = false;
  while (!core.to_verify.empty() && core.verifying.size() < kVerifyListsMax) {
    std::vector<std::vector<certification::SignatureCheck>> checks;
    auto taken = take_for_verification(core, checks);
    judged = true;
    if (taken.empty()) continue;
    const QuestionId id{++core.questions};
    core.verifying.emplace(id, std::move(taken));
    core.out.push_back(VerifySignatures{id, std::move(checks)});
  }
  if (judged) try_checks(core);
}

void signatures_verified(Core& core, const SignaturesVerified& input) {
  const auto asked = core.verifying.extract(input.id);
  if (asked.empty()) return;
  const std::vector<IngressHash>& hashes = asked.mapped();
  ensure(input.good.size() == hashes.size(), "one answer for each message");
  for (std::size_t i = 0; i < hashes.size(); ++i)
    became_verified(core, hashes[i], input.good[i]);
  try_checks(core);
}

void chain_changed(Core& core) {
  core.in_chain.clear();
  for (const types::HashedBlock& block :
       core.consensus->notarized_chain(core.consensus->finalized())) {
    for (const IngressHash& hash : named_by(*block))
      core.in_chain.insert(hash);
  }
  count_verified_in_chain(core);
}

void block_final(Core& core, const types::HashedBlock& block) {
  for (const IngressHash& hash : named_by(*block)) {
    auto entry = core.pool.remove(hash);
    if (!entry) continue;
    core.bodies.keep(block->height, entry->message, entry->artifact);
    tell_peers(core, p2p::Withdraw{entry->artifact->id});
  }
  close_checks(core, block->height);
  settle_wants(core, block);
  chain_changed(core);
}

void forget_expired(Core& core) {
  const auto expired = core.pool.remove_expired(core.now.wall);
  if (expired.empty()) return;
  for (const PoolEntry& entry : expired) {
    // A block of an earlier time may still become final with it.
    if (core.in_chain.contains(entry.message->hash))
      core.bodies.keep(core.consensus->notarized(), entry.message, entry.artifact);
    else
      trace_expired(core, *entry.message);
    tell_peers(core, p2p::Withdraw{entry.artifact->id});
  }
  count_verified_in_chain(core);
}

void tell_whether_ingress_waits(Core& core) {
  ensure(core.verified_in_chain <= core.pool.verified_count());
  const bool waiting =
      core.pool.verified_count() > core.verified_in_chain && !core.quiet_until.has_value();
  if (waiting == core.told_waiting) return;
  core.told_waiting = waiting;
  feed(core, consensus::IngressWaiting{waiting});
}

}  // namespace icpd::replica::detail
