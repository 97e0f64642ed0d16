#include "message_routing/ingress_rules.hpp"

#include <algorithm>

#include "base/ensure.hpp"
#include "execution/canister_cycles.hpp"
#include "execution/errors.hpp"
#include "execution/management_methods.hpp"
#include "types/effective_canister.hpp"

namespace icpd::message_routing {

namespace {

/// An update_settings up to this size is let in even if its canister can't pay for it.
constexpr std::size_t kSmallSettingsArg = 366;

Status<types::UserError> check_method(const state::ReplicatedState& state,
                                      const types::CallContent& call) {
  if (call.canister_id != types::management_canister()) return {};
  TRY(execution::find_management_method(
      call.method_name, {call.sender, execution::kByUser, state.topology().parameters}));
  return {};
}

Status<types::UserError> check_target(const state::CanisterState& canister,
                                      const types::CallContent& call) {
  // Management calls are about a canister, whatever its status.
  if (call.canister_id == types::management_canister()) return {};
  if (canister.is_stopped()) return Err(execution::canister_stopped(canister.id));
  if (canister.is_stopping()) return Err(execution::canister_stopping(canister.id));
  return {};
}

std::size_t payload_size(const types::CallContent& call) {
  const std::size_t nonce = call.nonce.has_value() ? call.nonce->size() : 0;
  return call.arg.size() + call.method_name.size() + nonce;
}

}  // namespace

execution::FeeSchedule fees_of(const state::ReplicatedState& state) {
  const state::NetworkTopology& topology = state.topology();
  const bool charges = topology.own().type != state::SubnetType::kSystem;
  return execution::FeeSchedule(topology.subnet_size(), execution::ChargesCycles(charges));
}

Result<IngressCharge, types::UserError> check_ingress(const state::ReplicatedState& state,
                                                      const types::CallContent& call) {
  TRY(check_method(state, call));
  IngressCharge charge;
  charge.payer = TRY(types::effective_canister_id(call.canister_id, call.method_name, call.arg));
  if (!charge.payer.has_value()) return charge;
  const state::CanisterState* canister = state.find(*charge.payer);
  if (canister == nullptr) return Err(execution::canister_not_found(*charge.payer));
  TRY(check_target(*canister, call));
  charge.cost = fees_of(state).ingress_cost(payload_size(call));
  charge.may_be_short = call.canister_id == types::management_canister() &&
                        call.method_name == "update_settings" &&
                        call.arg.size() <= kSmallSettingsArg;
  return charge;
}

types::Cycles payable(const state::ReplicatedState& state, const types::CanisterId& payer) {
  const state::CanisterState* canister = state.find(payer);
  ensure(canister != nullptr);
  const types::Cycles liquid = execution::liquid_balance(fees_of(state), *canister);
  // Taken from the balance when the long execution ends.
  const types::Cycles debit =
      canister->long_execution.has_value() ? canister->long_execution->debit : types::Cycles{0};
  return liquid.minus_or_zero(debit.value);
}

Status<types::UserError> check_payment(const state::ReplicatedState& state,
                                       const IngressCharge& charge) {
  if (!charge.payer.has_value() || charge.may_be_short) return {};
  const types::Cycles available = payable(state, *charge.payer);
  if (charge.cost <= available) return {};
  return Err(execution::out_of_cycles(*charge.payer, types::Cycles{charge.cost - available}));
}

void warm_history(const state::IngressHistory& history,
                  std::span<const Shared<types::IngressMessage>> messages, std::size_t next) {
  // What is read of so many fits into a core's own cache.
  constexpr std::size_t kAtOnce = 64;
  if (next % kAtOnce != 0) return;
  std::vector<const types::RequestId*> ids;
  ids.reserve(kAtOnce);
  for (const auto& message : messages.subspan(next, std::min(kAtOnce, messages.size() - next)))
    ids.push_back(&message->id());
  history.warm(ids);
}

}  // namespace icpd::message_routing
