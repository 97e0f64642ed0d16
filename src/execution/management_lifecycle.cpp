#include "crypto/representation_hash.hpp"
#include "execution/canister_cycles.hpp"
#include "execution/canister_settings.hpp"
#include "execution/management_handlers.hpp"
#include "execution/message_run.hpp"

namespace icpd::execution {
namespace {

using namespace management;

constexpr Cycles kProvisionalAmount{100'000'000'000'000};
/// Made at once out of nothing. Sums of cycles have 128 bits: it would take 2^32 such calls for one
/// to overflow.
constexpr Cycles kProvisionalAmountMax{codec::Uint128{1} << 96};

ClaimLimits limits_of(const ManagementScope& scope) {
  return {scope.round.subnet.fees, scope.round.parameters, scope.state.index().totals()};
}

/// The hash of a map from names to values, for the history.
crypto::Digest hash_of(const std::map<std::string, std::string>& variables) {
  crypto::MapHash hash;
  for (const auto& [name, value] : variables)
    hash.text(name, value);
  return hash.finish();
}

struct NewCanister {
  std::optional<SettingsArg> settings;
  std::optional<std::uint64_t> sender_version;
  std::optional<CanisterId> id;
  Cycles balance{0};
};

Result<CanisterId, UserError> choose_id(ManagementScope& scope,
                                        const std::optional<CanisterId>& wanted) {
  const std::uint64_t limit = scope.round.parameters.canisters_max;
  if (scope.state.canisters().size() >= limit)
    return Err(canister_count_limit(scope.round.subnet.id, limit));
  if (!wanted) {
    const auto next = scope.state.next_canister_id();
    if (!next) return Err(no_canister_ids_left());
    return *next;
  }
  if (!scope.state.topology().hosts(*wanted))
    return Err(UserError{ErrorCode::kCanisterNotHostedBySubnet,
                         "The `specified_id` " + wanted->text() +
                             " is invalid because it is not hosted by the subnet " +
                             scope.round.subnet.id.text() + "."});
  if (scope.state.contains(*wanted)) return Err(canister_id_taken(*wanted));
  const auto index = types::canister_index(*wanted);
  ensure(index.ok(), "a hosted id has an index");
  if (scope.state.metadata().allocation.was_given(*index)) return Err(canister_id_used(*wanted));
  return *wanted;
}

Result<CanisterId, UserError> make_canister(ManagementScope& scope, const ManagementCall& call,
                                            const NewCanister& wish) {
  state::CanisterState canister;
  canister.balance = wish.balance;
  canister.created = scope.round.time;
  canister.charged_until = scope.round.time;
  state::Settings defaults;
  defaults.controllers = {call.caller};
  const SettingsArg arg = wish.settings.value_or(SettingsArg{});
  state::Settings settings = TRY(with_changes(defaults, arg));
  canister.settings = Cow<state::Settings>(defaults);
  TRY(apply_settings(limits_of(scope), canister, std::move(settings)));
  canister.id = TRY(choose_id(scope, wish.id));

  state::CreationChange details;
  details.controllers = canister.settings->controllers;
  if (arg.environment_variables)
    details.environment_variables_hash = hash_of(canister.settings->environment_variables);
  canister.history.write().add(
      {scope.round.time, 0, change_origin(call, wish.sender_version), std::move(details)});
  const CanisterId id = canister.id;
  put_back(scope, Cow<state::CanisterState>(std::move(canister)));
  return id;
}

/// A limit below what the heap has is refused (interface specification, "Changing settings").
Status<UserError> check_heap_within(const state::Settings& settings,
                                    const state::CanisterState& canister) {
  const std::uint64_t heap = canister.has_code() ? (*canister.execution)->heap.size_bytes : 0;
  if (settings.wasm_memory_limit == 0 || heap <= settings.wasm_memory_limit) return {};
  return Err(
      invalid_settings("'wasm_memory_limit' is " + std::to_string(settings.wasm_memory_limit) +
                       ", but the canister's Wasm memory has " + std::to_string(heap) + " bytes."));
}

/// Limit and threshold decide when the low memory hook is due.
void note_memory_settings(const RoundContext& round, state::CanisterState& canister) {
  PointerWidth width = PointerWidth::k32;
  if (canister.has_code() && canister.settings->wasm_memory_threshold != 0)
    width = round.environment.module((*canister.execution)->module->code).facts().width;
  update_low_memory_hook(canister, width);
}

Bytes id_reply(const CanisterId& id) {
  return codec::candid::encode_args(CanisterIdRecord{id});
}

}  // namespace

ManagementResult create_canister(ManagementScope& scope, ManagementCall& call) {
  const auto args = TRY(decode_argument<CreateCanisterArgs>(call));
  // Where there are admins, canisters cost no cycles to create.
  const bool is_free = !scope.round.parameters.admins.empty();
  const Cycles fee = is_free ? Cycles{0} : scope.round.subnet.fees.fee(Fee::kCanisterCreation);
  if (call.cycles < fee) return Err(too_few_cycles_to_create(fee, call.cycles));
  const CanisterId id = TRY(make_canister(
      scope, call,
      {args.settings, args.sender_canister_version, std::nullopt, Cycles{call.cycles - fee}}));
  call.cycles = Cycles{0};
  scope.state.update(id, [&](state::CanisterState& canister) {
    book(canister, state::CyclesUse::kCanisterCreation, fee);
  });
  return id_reply(id);
}

ManagementResult provisional_create_canister(ManagementScope& scope, ManagementCall& call) {
  const auto args = TRY(decode_argument<ProvisionalCreateArgs>(call));
  NewCanister wish{args.settings, args.sender_canister_version, std::nullopt, kProvisionalAmount};
  if (args.specified_id) wish.id = CanisterId(*args.specified_id);
  if (args.amount) wish.balance = Cycles{*args.amount};
  if (wish.balance > kProvisionalAmountMax)
    return Err(too_many_provisional_cycles(kProvisionalAmountMax));
  return id_reply(TRY(make_canister(scope, call, wish)));
}

ManagementResult provisional_top_up_canister(ManagementScope& scope, ManagementCall& call) {
  const auto args = TRY(decode_argument<ProvisionalTopUpArgs>(call));
  auto canister = TRY(target_of(scope, call, args.canister_id));
  if (args.amount > kProvisionalAmountMax.value)
    return Err(too_many_provisional_cycles(kProvisionalAmountMax));
  canister.write().balance += args.amount;
  put_back(scope, std::move(canister));
  return no_values();
}

ManagementResult update_settings(ManagementScope& scope, ManagementCall& call) {
  const auto args = TRY(decode_argument<UpdateSettingsArgs>(call));
  auto canister = TRY(target_of(scope, call, args.canister_id));
  state::CanisterState& changed = canister.write();
  state::Settings settings = TRY(with_changes(*changed.settings, args.settings));
  TRY(check_heap_within(settings, changed));
  TRY(apply_settings(limits_of(scope), changed, std::move(settings)));
  note_memory_settings(scope.round, changed);
  if (args.settings.controllers)
    changed.history.write().add({scope.round.time, changed.version + 1,
                                 change_origin(call, args.sender_canister_version),
                                 state::ControllersChange{changed.settings->controllers}});
  commit(scope, std::move(canister));
  return no_values();
}

ManagementResult deposit_cycles(ManagementScope& scope, ManagementCall& call) {
  const auto args = TRY(decode_argument<CanisterIdRecord>(call));
  auto canister = TRY(target_of(scope, call, args.canister_id));
  canister.write().balance += std::exchange(call.cycles, Cycles{0}).value;
  put_back(scope, std::move(canister));
  return no_values();
}

ManagementResult start_canister(ManagementScope& scope, ManagementCall& call) {
  const auto args = TRY(decode_argument<CanisterIdRecord>(call));
  auto canister = TRY(target_of(scope, call, args.canister_id));
  std::vector<state::SubnetCallId> cancelled;
  if (auto* stopping = std::get_if<state::Stopping>(&canister.write().status))
    cancelled = std::move(stopping->stop_calls);
  canister.write().status = state::Running{};
  commit(scope, std::move(canister));
  for (const state::SubnetCallId id : cancelled) {
    auto& calls = scope.state.write_metadata().calls.stop_canister;
    const auto found = calls.find(id);
    ensure(found != calls.end(), "a stopping canister's stop calls are recorded");
    const ManagementCall stop = management_call(std::move(found->second.message));
    calls.erase(found);
    answer_management_call(scope, stop, Err(start_cancelled_stop(args.canister_id)));
  }
  return no_values();
}

ManagementResult stop_canister(ManagementScope& scope, ManagementCall& call) {
  const auto args = TRY(decode_argument<CanisterIdRecord>(call));
  auto canister = TRY(target_of(scope, call, args.canister_id));
  if (canister->is_stopped()) {
    commit(scope, std::move(canister));
    return no_values();
  }
  state::SubnetCalls& calls = scope.state.write_metadata().calls;
  const state::SubnetCallId id = calls.new_id();
  calls.stop_canister.emplace(
      id, state::StopCanisterCall{call.message, args.canister_id, scope.round.time});
  state::CanisterState& changed = canister.write();
  if (changed.is_running()) changed.status = state::Stopping{};
  std::get<state::Stopping>(changed.status).stop_calls.push_back(id);
  commit(scope, std::move(canister));
  if (call.from_user())
    scope.state.set_ingress(*std::get<Shared<state::Ingress>>(call.message),
                            state::IngressProcessing{});
  return Later{};
}

ManagementResult delete_canister(ManagementScope& scope, ManagementCall& call) {
  const auto args = TRY(decode_argument<CanisterIdRecord>(call));
  const auto canister = TRY(target_of(scope, call, args.canister_id));
  if (call.caller == args.canister_id.principal) return Err(cannot_delete_itself(args.canister_id));
  if (!canister->is_stopped()) return Err(must_be_stopped(args.canister_id));
  if (canister->long_execution) return Err(long_execution_in_progress(args.canister_id));
  if (!canister->queues->empty()) return Err(queues_not_empty(args.canister_id));
  state::SubnetMetrics& metrics = scope.state.write_metadata().metrics;
  for (const auto& [use, amount] : *canister->consumed)
    metrics.consumed_by_deleted += amount.value;
  metrics.consumed_by_deleted += canister->cycles().value;
  scope.state.remove(args.canister_id);
  return no_values();
}

ManagementResult uninstall_code(ManagementScope& scope, ManagementCall& call) {
  const auto args = TRY(decode_argument<UninstallCodeArgs>(call));
  auto canister = TRY(target_of(scope, call, args.canister_id));
  TRY(check_can_uninstall(*canister));
  uninstall_at_request(scope, call, canister.write(), args.sender_canister_version);
  commit(scope, std::move(canister));
  return no_values();
}

ManagementResult raw_rand(ManagementScope& scope, ManagementCall& call) {
  if (!codec::candid::decode_args<>(call.arg).ok())
    return Err(invalid_argument("raw_rand takes no argument"));
  scope.state.write_metadata().calls.raw_rand.push_back(
      {std::get<Shared<types::Request>>(call.message), scope.round.round});
  return Later{};
}

}  // namespace icpd::execution
