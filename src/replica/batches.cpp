// Batches to execution, states back, certified states to clients.
#include "replica/detail/core.hpp"

namespace icpd::replica::detail {

namespace {

/// The bodies of a final block, in its order; false, and those missing asked for, if some are.
bool attach_bodies(Core& core, consensus::DeliverBatch& delivered) {
  const types::Block& block = *delivered.block;
  std::vector<SharedIngress> messages;
  bool complete = true;
  for (const IngressHash& hash : named_by(block)) {
    if (const Bodies::Body* body = core.bodies.find(hash)) {
      messages.push_back(body->message);
      continue;
    }
    if (const PoolEntry* entry = core.pool.find(hash)) {
      messages.push_back(entry->message);
      core.bodies.keep(block.height, entry->message, entry->artifact);
      continue;
    }
    complete = false;
    want_body(core, hash, {block.height, {block.maker}, true});
  }
  if (complete) delivered.batch.ingress = std::move(messages);
  return complete;
}

}  // namespace

void deliver(Core& core, const consensus::DeliverBatch& delivered) {
  ensure(delivered.batch.height >= core.next_batch, "each height is delivered once");
  core.batches.emplace(delivered.batch.height, delivered);
  try_batches(core);
}

void try_batches(Core& core) {
  while (!core.batches.empty() && core.batches.begin()->first == core.next_batch) {
    consensus::DeliverBatch& delivered = core.batches.begin()->second;
    if (!attach_bodies(core, delivered)) return;
    trace_delivered(core, delivered);
    const auto& registry = core.registry.at(delivered.batch.registry_version);
    core.out.push_back(ExecuteBatch{std::move(delivered.batch), registry});
    core.batches.erase(core.batches.begin());
    ++core.next_batch;
  }
}

void executed(Core& core, const BatchExecuted& input) {
  ensure(input.height == core.executed + 1 && input.height < core.next_batch,
         "batches are executed in their order");
  core.executed = input.height;
  core.bodies.executed(input.height);
  core.snapshots.emplace(input.height, input.state);
  const message_routing::BatchOutcome& outcome = *input.outcome;
  if (!outcome.finished.empty()) core.finished.emplace(input.height, outcome.finished);
  trace_executed(core, input.height, outcome);
  feed(core,
       consensus::StateCommitted{input.height, outcome.root, outcome.work.now, outcome.work.due});
}

void certified(Core& core, const types::Certification& certification) {
  const Height height = certification.content.height;
  const auto snapshot = core.snapshots.find(height);
  ensure(snapshot != core.snapshots.end(), "what is certified was executed here");
  ensure(height > core.published, "certified heights grow");
  PublishCertified publish{certification, snapshot->second, {}};
  while (!core.finished.empty() && core.finished.begin()->first <= height) {
    const auto& ended = core.finished.begin()->second;
    publish.finished.insert(publish.finished.end(), ended.begin(), ended.end());
    core.finished.erase(core.finished.begin());
  }
  core.published = height;
  trace_certified(core, height, publish.finished);
  core.out.push_back(std::move(publish));
  forget_snapshots(core);
  // Questions about this height's state may have waited for it.
  try_checks(core);
}

void show_certified(Core& core, PersistNumber durable) {
  std::optional<types::Certification> newest;
  while (!core.unshown.empty() && core.unshown.front().number <= durable) {
    newest = std::move(core.unshown.front().certification);
    core.unshown.pop_front();
  }
  if (newest) certified(core, *newest);
}

void forget_snapshots(Core& core) {
  const auto tip = core.consensus->final_block(core.consensus->finalized());
  ensure(tip.has_value());
  const Height needed = std::min((*tip)->context.certified_height, core.consensus->certified());
  // The newest executed one always stays, and what is still to be shown.
  Height low = std::min(needed, core.executed);
  if (!core.unshown.empty()) low = std::min(low, core.unshown.front().certification.content.height);
  core.snapshots.erase(core.snapshots.begin(), core.snapshots.lower_bound(low));
  ensure(!core.snapshots.empty());
}

}  // namespace icpd::replica::detail
