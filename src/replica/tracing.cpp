// Notes where each call is on its way (replica/trace.hpp).
#include "replica/detail/core.hpp"

namespace icpd::replica::detail {

namespace {

/// The trace of a message that is here; null if it isn't followed.
RequestTrace* trace_of(Core& core, const IngressHash& hash) {
  if (const PoolEntry* entry = core.pool.find(hash)) return core.traces.find(entry->message->id());
  if (const Bodies::Body* body = core.bodies.find(hash))
    return core.traces.find(body->message->id());
  return nullptr;
}

void set_block(RequestTrace& trace, const types::HashedBlock& block) {
  trace.height = block->height;
  trace.block = block.hash();
  trace.block_maker = block->maker;
  trace.block_rank = block->rank;
  trace.block_messages = named_by(*block).size();
}

}  // namespace

void trace_received(Core& core, const types::IngressMessage& message, bool from_client) {
  const types::CallContent& call = message.call();
  auto given_up = core.traces.follow(RequestTrace{.request = message.id(),
                                                  .canister = call.canister_id,
                                                  .method = call.method_name,
                                                  .from_client = from_client,
                                                  .received = core.now.wall});
  if (given_up) core.out.push_back(Traced{{std::move(*given_up)}});
}

void trace_expired(Core& core, const types::IngressMessage& message) {
  auto trace = core.traces.take(message.id());
  if (!trace) return;
  trace->expired = core.now.wall;
  core.out.push_back(Traced{{std::move(*trace)}});
}

void trace_proposed(Core& core, const std::vector<IngressHash>& messages) {
  for (const IngressHash& hash : messages) {
    RequestTrace* trace = trace_of(core, hash);
    if (trace != nullptr && trace->proposed == Time{}) trace->proposed = core.now.wall;
  }
}

void trace_block(Core& core, const BlockSeen& seen) {
  for (const IngressHash& hash : named_by(*seen.block)) {
    RequestTrace* trace = trace_of(core, hash);
    if (trace == nullptr) continue;
    set_block(*trace, seen.block);
    const bool is_final = seen.stage == BlockSeen::Stage::kFinalized;
    (is_final ? trace->finalized : trace->notarized) = core.now.wall;
    if (!is_final) continue;
    trace->signers = seen.signers;
    trace->members = seen.members;
  }
}

void trace_delivered(Core& core, const consensus::DeliverBatch& delivered) {
  for (const SharedIngress& message : delivered.batch.ingress) {
    RequestTrace* trace = core.traces.find(message->id());
    if (trace == nullptr) continue;
    // The block may have become final before its body came.
    set_block(*trace, delivered.block);
    trace->delivered = core.now.wall;
  }
}

void trace_executed(Core& core, Height height, const message_routing::BatchOutcome& outcome) {
  for (const execution::MessageTrace& ran : outcome.execution.traces) {
    RequestTrace* trace = core.traces.find(ran.request);
    if (trace == nullptr) continue;
    trace->instructions += ran.instructions;
    trace->pages += ran.dirty_pages;
  }
  for (const types::RequestId& id : outcome.finished) {
    RequestTrace* trace = core.traces.find(id);
    if (trace == nullptr) continue;
    trace->executed = core.now.wall;
    trace->root = outcome.root;
    trace->finished = height;
  }
}

void trace_certified(Core& core, Height height, const std::vector<types::RequestId>& finished) {
  Traced traced;
  for (const types::RequestId& id : finished) {
    auto trace = core.traces.take(id);
    if (!trace) continue;
    trace->certified_height = height;
    trace->certified = core.now.wall;
    traced.requests.push_back(std::move(*trace));
  }
  if (!traced.requests.empty()) core.out.push_back(std::move(traced));
}

}  // namespace icpd::replica::detail
