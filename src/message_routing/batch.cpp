#include "message_routing/batch.hpp"

#include "base/ensure.hpp"
#include "execution/canister_cycles.hpp"
#include "message_routing/ingress_rules.hpp"
#include "message_routing/query_stats.hpp"
#include "message_routing/topology.hpp"
#include "state/certified_tree.hpp"
#include "state/induction.hpp"
#include "types/effective_canister.hpp"
#include "types/limits.hpp"

namespace icpd::message_routing {

namespace {

using state::Ingress;
using state::ReplicatedState;
using types::ErrorCode;
using types::IngressMessage;
using types::UserError;

void begin_round(ReplicatedState& tip, const types::Batch& batch,
                 const registry::Snapshot& registry) {
  const types::StateRoot previous = state::hash_state(tip);
  state::SystemMetadata& metadata = tip.write_metadata();
  ensure(batch.height == metadata.height + 1, "batches come in order");
  metadata.previous_root = previous;
  metadata.height = batch.height;
  metadata.batch_time = std::max(metadata.batch_time, batch.time);
  metadata.next_checkpoint = batch.next_checkpoint;
  metadata.interval_length = batch.interval_length;
  ensure(registry.version == batch.registry_version);
  if (metadata.topology->version != registry.version) {
    metadata.topology = network_topology(registry, metadata.topology->own_subnet);
    metadata.allocation.ranges = metadata.topology->own().ranges;
  }
  metadata.node_metrics.observe(metadata.batch_time, batch.block_maker, batch.failed_makers);
}

Ingress to_ingress(const IngressMessage& message,
                   const std::optional<types::CanisterId>& effective) {
  const types::CallContent& call = message.call();
  Ingress ingress{.sender = types::UserId(call.sender),
                  .receiver = call.canister_id,
                  .effective_canister = effective,
                  .method_name = call.method_name,
                  .arg = call.arg,
                  .id = message.id(),
                  .expiry = call.ingress_expiry};
  if (call.sender_info.has_value()) {
    const auto signer = types::Principal::from_bytes(call.sender_info->signer);
    // A signer that is no principal was refused with the request's signature.
    if (signer.ok()) ingress.caller_info = {call.sender_info->info, *signer};
  }
  return ingress;
}

/// Inducts one message after another (valid-set rule).
class Inductor {
 public:
  Inductor(ReplicatedState& tip, std::size_t history_max) : tip_(tip), history_max_(history_max) {}

  void induct(const IngressMessage& message) {
    if (tip_.ingress().contains(message.id())) {
      ++counts_.duplicates;
      return;
    }
    const auto accepted = try_induct(message);
    if (accepted.ok()) {
      ++counts_.inducted;
      return;
    }
    ++counts_.refused;
    tip_.set_ingress(message.id(), message.call().canister_id, types::UserId(message.call().sender),
                     state::IngressFailed{accepted.error()});
  }
  [[nodiscard]] const InductionCounts& counts() const { return counts_; }

 private:
  Status<UserError> try_induct(const IngressMessage& message) {
    const bool bounded = tip_.topology().own().type != state::SubnetType::kSystem;
    if (bounded && tip_.ingress().size() >= history_max_)
      return Err(UserError{ErrorCode::kIngressHistoryFull, "Ingress history is full."});
    const IngressCharge charge = TRY(check_ingress(tip_, message.call()));
    TRY(check_payment(tip_, charge));
    Shared<Ingress> ingress(to_ingress(message, charge.payer));
    tip_.set_ingress(*ingress, state::IngressReceived{});
    if (ingress->receiver == types::management_canister()) {
      if (charge.payer.has_value())
        tip_.update(*charge.payer, [&](state::CanisterState& c) { pay(c, charge.cost); });
      tip_.write_subnet_queues().push_ingress(std::move(ingress));
      return {};
    }
    tip_.update(ingress->receiver, [&](state::CanisterState& c) {
      pay(c, charge.cost);
      c.queues.write().push_ingress(ingress);
    });
    return {};
  }

  static void pay(state::CanisterState& canister, types::Cycles cost) {
    if (canister.long_execution.has_value()) {
      canister.long_execution->debit += cost.value;
      return;
    }
    execution::consume(canister, state::CyclesUse::kIngressInduction, cost);
  }

  ReplicatedState& tip_;
  std::size_t history_max_;
  InductionCounts counts_;
};

execution::RoundInput round_input(ReplicatedState& tip, const types::Batch& batch) {
  execution::RoundInput input{.randomness = batch.randomness,
                              .is_checkpoint = batch.is_checkpoint,
                              .responses = &batch.responses};
  input.heartbeats_due = tip.time() >= tip.metadata().last_heartbeat + kHeartbeatInterval;
  if (input.heartbeats_due) tip.write_metadata().last_heartbeat = tip.time();
  return input;
}

void collect_garbage(ReplicatedState& tip) {
  std::vector<types::CanisterId> with_garbage;
  for (const auto& [id, canister] : tip.canisters())
    if (canister->queues->has_garbage()) with_garbage.push_back(id);
  for (const types::CanisterId& id : with_garbage)
    tip.update(id, [](state::CanisterState& c) { c.queues.write().collect_garbage(); });
  if (tip.subnet_queues().has_garbage()) tip.write_subnet_queues().collect_garbage();
}

/// Requests that got their final status between two states of the history.
std::vector<types::RequestId> finished_between(const state::IngressHistory& before,
                                               const state::IngressHistory& after) {
  std::vector<types::RequestId> finished;
  state::IngressHistory::Map::diff(before.map(), after.map(),
                                   [&](const types::RequestId& id, const state::IngressStatus* was,
                                       const state::IngressStatus* is) {
                                     const bool was_final =
                                         was != nullptr && state::is_final(was->state);
                                     if (is != nullptr && state::is_final(is->state) && !was_final)
                                       finished.push_back(id);
                                   });
  return finished;
}

}  // namespace

BatchOutcome process_batch(ReplicatedState& tip, const types::Batch& batch,
                           const registry::Snapshot& registry,
                           execution::Environment& environment) {
  return process_batch(tip, batch, registry,
                       [&](ReplicatedState& state, const execution::RoundInput& input) {
                         return execution::execute_round(state, input, environment);
                       });
}

BatchOutcome process_batch(ReplicatedState& tip, const types::Batch& batch,
                           const registry::Snapshot& registry, const RunRound& run_round,
                           std::size_t history_max) {
  begin_round(tip, batch, registry);
  const state::IngressHistory history_before = tip.ingress();
  BatchOutcome outcome;

  take_query_stats(tip, batch);
  state::time_out_messages(tip);
  tip.write_ingress().prune(tip.time());
  Inductor inductor(tip, history_max);
  for (std::size_t i = 0; i < batch.ingress.size(); ++i) {
    warm_history(tip.ingress(), batch.ingress, i);
    inductor.induct(*batch.ingress[i]);
  }
  outcome.ingress = inductor.counts();
  tip.write_metadata().metrics.update_transactions_total += outcome.ingress.inducted;

  outcome.execution = run_round(tip, round_input(tip, batch));

  state::induct_local_messages(tip);
  state::shed_best_effort_messages(tip);
  if (batch.is_checkpoint) collect_garbage(tip);

  outcome.finished = finished_between(history_before, tip.ingress());
  outcome.work = work_of(tip, AllHadTheirTurn(!outcome.execution.cut_short));
  outcome.root = state::hash_state(tip);
  return outcome;
}

}  // namespace icpd::message_routing
