#include "execution/apply_effects.hpp"

#include "execution/canister_cycles.hpp"

namespace icpd::execution {
namespace {

void send_call(state::CanisterState& canister, types::CallContextId context_id, OutgoingCall& call,
               Time now) {
  state::CallContexts& calls = canister.calls.write();
  const state::CallContext& context = calls.at(context_id);
  types::Request request;
  request.receiver = call.callee;
  request.sender = canister.id;
  request.payment = call.cycles;
  request.method_name = std::move(call.method_name);
  request.arg = Slice(std::move(call.arg));
  request.deadline = call.deadline;
  request.call_tree_depth = context.call_tree_depth + 1;
  request.call_tree_start = context.call_tree_start;
  request.callback = calls.add_callback(state::Callback{
      .context = context_id,
      .respondent = call.callee,
      .cycles_sent = call.cycles,
      .prepaid_execution = call.prepaid_execution,
      .prepaid_transmission = call.prepaid_transmission,
      .on_reply = call.on_reply,
      .on_reject = call.on_reject,
      .on_cleanup = call.on_cleanup,
      .deadline = call.deadline,
  });
  canister.balance -=
      call.cycles.value + call.prepaid_execution.value + call.prepaid_transmission.value;
  const auto queued = canister.queues.write().push_request_out(
      make_shared_const<types::Request>(std::move(request)), now);
  ensure(queued.ok(), "ic0.call_perform looked for room first");
}

void take_state(state::CanisterState& canister, EntryOutcome& outcome) {
  state::ExecutionState& execution = canister.execution->write();
  execution.heap = std::move(outcome.heap);
  execution.stable = std::move(outcome.stable);
  execution.globals = std::move(outcome.globals);
}

void spend(state::CanisterState& canister, state::CyclesUse use, Cycles amount) {
  const Cycles spent = consume(canister, use, amount);
  ensure(spent == amount, "the System API spends what the canister has");
}

}  // namespace

void write_log(state::CanisterState& canister, const std::deque<Bytes>& lines, Time now) {
  for (const Bytes& line : lines)
    canister.log.write().add(now, line);
}

void apply_settings_effects(state::CanisterState& canister, MessageEffects& effects) {
  spend(canister, state::CyclesUse::kBurnedCycles, effects.burned);
  spend(canister, state::CyclesUse::kRequestAndResponseTransmission, effects.transmission_paid);
  canister.balance -= effects.reserved.value;
  canister.reserved_balance += effects.reserved.value;
  if (effects.certified_data) canister.certified_data = Slice(std::move(*effects.certified_data));
  if (effects.global_timer) {
    const Time timer = *effects.global_timer;
    canister.global_timer = timer == Time{} ? std::nullopt : std::optional(timer);
  }
}

void apply_effects(state::CanisterState& canister, types::CallContextId context_id,
                   EntryOutcome& outcome, KeepsState keeps_state, Time now) {
  ensure(!outcome.failure, "a failed execution has no effects");
  if (keeps_state) take_state(canister, outcome);
  ++canister.version;
  MessageEffects& effects = outcome.effects;
  canister.balance += effects.minted.value;
  if (effects.accepted != Cycles{0}) {
    canister.calls.write().at(context_id).available_cycles -= effects.accepted.value;
    canister.balance += effects.accepted.value;
  }
  apply_settings_effects(canister, effects);
  for (OutgoingCall& call : effects.calls)
    send_call(canister, context_id, call, now);
}

}  // namespace icpd::execution
