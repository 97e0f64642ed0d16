#include "execution/ingress_filter.hpp"

#include "execution/canister_cycles.hpp"
#include "execution/entry_run.hpp"
#include "execution/execute_round.hpp"
#include "execution/management_methods.hpp"
#include "execution/message_run.hpp"
#include "types/effective_canister.hpp"

namespace icpd::execution {
namespace {

using state::CanisterState;

/// IC0207 unless the canister can pay for receiving the call and not be frozen.
Status<UserError> check_can_pay(const FeeSchedule& fees, const CanisterState& payer,
                                const state::Ingress& ingress) {
  const Cycles owed = payer.long_execution ? payer.long_execution->debit : Cycles{0};
  const Cycles cost = fees.ingress_cost(ingress.method_name.size() + ingress.arg.size());
  const Cycles lacking = missing(fees, payer, owed + cost.value);
  if (lacking == Cycles{0}) return {};
  return Err(out_of_cycles(payer.id, lacking));
}

/// Only a call that is about no canister yet may name none (interface specification, "Effective
/// canister id").
Status<UserError> check_names_none(const state::Ingress& ingress) {
  const auto named =
      types::effective_canister_id(ingress.receiver, ingress.method_name, ingress.arg);
  if (!named.ok()) return Err(named.error());
  return {};
}

Status<UserError> filter_management_call(const state::ReplicatedState& state,
                                         const FeeSchedule& fees, const state::Ingress& ingress) {
  const state::SubnetParameters& subnet = state.topology().parameters;
  const ManagementMethod* method =
      TRY(find_management_method(ingress.method_name, {ingress.sender.principal, kByUser, subnet}));
  if (!ingress.effective_canister) return check_names_none(ingress);
  const CanisterState* target = state.find(*ingress.effective_canister);
  if (target == nullptr) return Err(canister_not_found(*ingress.effective_canister));
  TRY(check_access(*method, *target, ingress.sender.principal, subnet));
  // Settings are what mends a canister that is out of cycles.
  if (ingress.method_name == "update_settings") return {};
  return check_can_pay(fees, *target, ingress);
}

Status<UserError> inspect(const RoundContext& round, const CanisterState& canister,
                          const wasm::Module& module, const state::Ingress& ingress) {
  const state::ExecutionState& execution = **canister.execution;
  EntryInput input{
      .canister = canister.id,
      .module = module,
      .entry = wasm::Hook::kInspectMessage,
      .instructions = {round.limits.inspect, round.limits.inspect},
      .stable_pages = kQueryStablePages,
      .charge_dirty_pages = wasm::ChargeDirtyPages(false),
      .keeps_state = KeepsState(false),
      .heap = execution.heap,
      .stable = execution.stable,
      .globals = execution.globals,
  };
  MessageView message;
  message.context = wasm::Context::kInspectMessage;
  message.time = round.time;
  message.caller = ingress.sender.principal;
  message.caller_info = ingress.caller_info;
  message.arg = ingress.arg;
  message.method_name = ingress.method_name;
  message.replicated = false;
  message.callback_instructions = round.limits.update;
  EntryRun run(round.environment, std::move(input), round.subnet,
               view_of(canister, module.facts().width), std::move(message), SubnetRoom{});
  const wasm::Progress progress = run.run();
  ensure(progress == wasm::Progress::kFinished, "inspection runs in one slice");
  const EntryOutcome outcome = run.finish();
  if (outcome.failure) return Err(from_canister(canister.id, *outcome.failure));
  if (!outcome.effects.ingress_accepted) return Err(refused_by_inspection(canister.id));
  return {};
}

}  // namespace

Status<UserError> filter_ingress(const state::ReplicatedState& state, const state::Ingress& ingress,
                                 Environment& environment) {
  const RoundContext round = round_context(state, environment);
  if (ingress.receiver == types::management_canister())
    return filter_management_call(state, round.subnet.fees, ingress);
  const CanisterState* canister = state.find(ingress.receiver);
  if (canister == nullptr) return Err(canister_not_found(ingress.receiver));
  if (canister->is_stopping()) return Err(canister_stopping(canister->id));
  if (canister->is_stopped()) return Err(canister_stopped(canister->id));
  TRY(check_can_pay(round.subnet.fees, *canister, ingress));
  if (!canister->has_code()) return Err(from_canister(canister->id, no_wasm_module()));
  const state::Module& record = *(*canister->execution)->module;
  if (!record.has(state::SystemMethod::kInspectMessage)) return {};
  return inspect(round, *canister, environment.module(record.code), ingress);
}

}  // namespace icpd::execution
