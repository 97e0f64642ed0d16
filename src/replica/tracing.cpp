// Notes where each call is on its way (replica/trace.hpp).
#include "replica/detail/core.hpp"

namespace icpd::replica::detail {

namespace {

/// The trace of a message that is here; null if it isn't followed.
RequestTrace* trace_of(Core& core, const IngressHash& hash) {
  const types::RequestId* id = nullptr;
  if (const PoolEntry* entry = core.pool.find(hash))
    id = &entry->message->id();
  else if (const Bodies::Body* body = core.bodies.find(hash))
    id = &body->message->id();
  if (id == nullptr) return nullptr;
  const auto found = core.traces.find(*id);
  return found == core.traces.end() ? nullptr : &found->second;
}

}  // namespace

void trace_received(Core& core, const PoolEntry& entry) {
  if (core.traces.size() >= kTracedMax) core.traces.erase(core.traces.begin());
  const types::CallContent& call = entry.message->call();
  core.traces.insert_or_assign(entry.message->id(),
                               RequestTrace{.request = entry.message->id(),
                                            .canister = call.canister_id,
                                            .method = call.method_name,
                                            .from_client = !entry.source.has_value(),
                                            .received = core.now.wall});
}

void trace_block(Core& core, const types::HashedBlock& block, BlockSeen::Stage stage) {
  const auto& hashes = named_by(*block);
  for (const IngressHash& hash : hashes) {
    RequestTrace* trace = trace_of(core, hash);
    if (trace == nullptr) continue;
    trace->height = block->height;
    trace->block = block.hash();
    trace->block_maker = block->maker;
    trace->block_rank = block->rank;
    trace->block_messages = hashes.size();
    (stage == BlockSeen::Stage::kNotarized ? trace->notarized : trace->finalized) = core.now.wall;
    if (stage != BlockSeen::Stage::kFinalized) continue;
    trace->members = core.registry.at(block->context.registry_version)
                         ->subnet(core.identity.consensus.subnet)
                         .members.size();
    trace->signers = registry::high_threshold(trace->members);
  }
}

void trace_delivered(Core& core, const types::Batch& batch) {
  for (const SharedIngress& message : batch.ingress) {
    const auto found = core.traces.find(message->id());
    if (found != core.traces.end()) found->second.delivered = core.now.wall;
  }
}

void trace_executed(Core& core, Height height, const message_routing::BatchOutcome& outcome) {
  for (const execution::MessageTrace& ran : outcome.execution.traces) {
    const auto found = core.traces.find(ran.request);
    if (found == core.traces.end()) continue;
    found->second.instructions += ran.instructions;
    found->second.pages += ran.dirty_pages;
  }
  for (const types::RequestId& id : outcome.finished) {
    const auto found = core.traces.find(id);
    if (found == core.traces.end()) continue;
    found->second.executed = core.now.wall;
    found->second.root = outcome.root;
    found->second.finished = height;
  }
}

void trace_certified(Core& core, Height height, const std::vector<types::RequestId>& finished) {
  Traced traced;
  for (const types::RequestId& id : finished) {
    auto trace = core.traces.extract(id);
    if (trace.empty()) continue;
    trace.mapped().certified_height = height;
    trace.mapped().certified = core.now.wall;
    traced.requests.push_back(std::move(trace.mapped()));
  }
  if (!traced.requests.empty()) core.out.push_back(std::move(traced));
}

}  // namespace icpd::replica::detail
