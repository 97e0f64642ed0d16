#include "execution/management_info.hpp"

#include "execution/canister_cycles.hpp"
#include "execution/canister_settings.hpp"
#include "execution/management_handlers.hpp"

namespace icpd::execution {
namespace {

using namespace management;

struct CyclesConsumed {
  Uint128 memory = 0;
  Uint128 compute_allocation = 0;
  Uint128 ingress_induction = 0;
  Uint128 instructions = 0;
  Uint128 request_and_response_transmission = 0;
  Uint128 uninstall = 0;
  Uint128 canister_creation = 0;
  Uint128 http_outcalls = 0;
  Uint128 burned_cycles = 0;
  static constexpr auto kCandid =
      record(field<"memory">(&CyclesConsumed::memory),
             field<"compute_allocation">(&CyclesConsumed::compute_allocation),
             field<"ingress_induction">(&CyclesConsumed::ingress_induction),
             field<"instructions">(&CyclesConsumed::instructions),
             field<"request_and_response_transmission">(
                 &CyclesConsumed::request_and_response_transmission),
             field<"uninstall">(&CyclesConsumed::uninstall),
             field<"canister_creation">(&CyclesConsumed::canister_creation),
             field<"http_outcalls">(&CyclesConsumed::http_outcalls),
             field<"burned_cycles">(&CyclesConsumed::burned_cycles));
};
struct MetricsResult {
  CyclesConsumed cycles_consumed;
  static constexpr auto kCandid = record(field<"cycles_consumed">(&MetricsResult::cycles_consumed));
};

struct UseRow {
  state::CyclesUse use;
  Uint128 CyclesConsumed::* field;
};
constexpr UseRow kUses[] = {
    {state::CyclesUse::kMemory, &CyclesConsumed::memory},
    {state::CyclesUse::kComputeAllocation, &CyclesConsumed::compute_allocation},
    {state::CyclesUse::kIngressInduction, &CyclesConsumed::ingress_induction},
    {state::CyclesUse::kInstructions, &CyclesConsumed::instructions},
    {state::CyclesUse::kRequestAndResponseTransmission,
     &CyclesConsumed::request_and_response_transmission},
    {state::CyclesUse::kUninstall, &CyclesConsumed::uninstall},
    {state::CyclesUse::kCanisterCreation, &CyclesConsumed::canister_creation},
    {state::CyclesUse::kHttpOutcalls, &CyclesConsumed::http_outcalls},
    {state::CyclesUse::kBurnedCycles, &CyclesConsumed::burned_cycles},
};

std::vector<Principal> list(const std::set<Principal>& principals) {
  return {principals.begin(), principals.end()};
}

std::optional<Bytes> module_hash(const state::CanisterState& canister) {
  if (!canister.has_code()) return std::nullopt;
  return to_bytes((*canister.execution)->module->hash().view());
}

StatusVariant status_of(const state::CanisterState& canister) {
  if (canister.is_running()) return StatusVariant(std::in_place_index<0>);
  if (canister.is_stopping()) return StatusVariant(std::in_place_index<1>);
  return StatusVariant(std::in_place_index<2>);
}

MemoryMetrics memory_metrics(const state::CanisterState& canister) {
  MemoryMetrics metrics;
  metrics.canister_history_size = canister.history->size_bytes();
  metrics.wasm_chunk_store_size = canister.chunk_store_bytes();
  metrics.snapshots_size = canister.snapshots->size_bytes();
  if (canister.has_code()) {
    const state::ExecutionState& execution = **canister.execution;
    metrics.wasm_memory_size = execution.heap.size_bytes;
    metrics.stable_memory_size = execution.stable.size_bytes;
    metrics.wasm_binary_size = execution.module->code.size;
    metrics.custom_sections_size = execution.module->metadata_size_bytes();
  }
  const Uint128 others = metrics.canister_history_size + metrics.wasm_chunk_store_size +
                         metrics.snapshots_size + metrics.wasm_memory_size +
                         metrics.stable_memory_size + metrics.wasm_binary_size +
                         metrics.custom_sections_size;
  metrics.global_memory_size = canister.memory_usage() - others;
  return metrics;
}

ChangeOrigin to_arg(const state::ChangeOrigin& origin) {
  if (const auto* user = std::get_if<state::ChangeFromUser>(&origin))
    return ChangeOrigin(std::in_place_index<0>,
                        Case<"from_user", FromUser>{{user->user.principal}});
  const auto& canister = std::get<state::ChangeFromCanister>(origin);
  return ChangeOrigin(std::in_place_index<1>, Case<"from_canister", FromCanister>{
                                                  {canister.canister, canister.canister_version}});
}

template <std::size_t I, typename Details>
ChangeDetails details(Details value) {
  return ChangeDetails(std::in_place_index<I>,
                       std::variant_alternative_t<I, ChangeDetails>{std::move(value)});
}

CodeDeploymentDetails::Mode to_arg(state::InstallMode mode) {
  using Mode = CodeDeploymentDetails::Mode;
  switch (mode) {
    case state::InstallMode::kInstall:
      return Mode(std::in_place_index<0>);
    case state::InstallMode::kReinstall:
      return Mode(std::in_place_index<1>);
    case state::InstallMode::kUpgrade:
      return Mode(std::in_place_index<2>);
  }
  unreachable_state("an install mode outside its enumeration");
}

struct ToDetails {
  /// Whose history it is.
  CanisterId canister;

  ChangeDetails operator()(const state::CreationChange& c) const {
    CreationDetails creation{list(c.controllers), std::nullopt};
    if (c.environment_variables_hash)
      creation.environment_variables_hash = to_bytes(c.environment_variables_hash->view());
    return details<0>(std::move(creation));
  }
  ChangeDetails operator()(const state::CodeUninstallChange&) const {
    return ChangeDetails(std::in_place_index<1>);
  }
  ChangeDetails operator()(const state::CodeDeploymentChange& c) const {
    return details<2>(CodeDeploymentDetails{to_arg(c.mode), to_bytes(c.module_hash.view())});
  }
  ChangeDetails operator()(const state::ControllersChange& c) const {
    return details<3>(ControllersChangeDetails{list(c.controllers)});
  }
  ChangeDetails operator()(const state::LoadSnapshotChange& c) const {
    LoadSnapshotDetails load;
    if (c.snapshot.canister != canister) load.from_canister_id = c.snapshot.canister.principal;
    load.snapshot_id = c.snapshot.bytes();
    load.canister_version = c.canister_version;
    load.taken_at_timestamp = c.taken_at.ns;
    if (c.source == state::SnapshotSource::kMetadataUpload)
      load.source = LoadSnapshotDetails::Source(std::in_place_index<1>);
    return details<4>(std::move(load));
  }
};

Change to_arg(const CanisterId& canister, const state::Change& change) {
  Change result;
  result.timestamp_nanos = change.time.ns;
  result.canister_version = change.canister_version;
  result.origin = to_arg(change.origin);
  result.details = std::visit(ToDetails{canister}, change.details);
  return result;
}

}  // namespace

Bytes status_reply(const FeeSchedule& fees, const state::CanisterState& canister) {
  CanisterStatusResult result;
  result.status = status_of(canister);
  result.ready_for_migration = canister.is_stopped() && canister.queues->empty();
  result.version = canister.version;
  result.settings = definite(*canister.settings);
  result.module_hash = module_hash(canister);
  result.memory_size = canister.memory_usage();
  result.memory_metrics = memory_metrics(canister);
  result.cycles = canister.balance.value;
  result.reserved_cycles = canister.reserved_balance.value;
  result.idle_cycles_burned_per_day = idle_burn_per_day(fees, resource_use(canister)).value;
  result.query_stats = {canister.query_stats.calls, canister.query_stats.instructions,
                        canister.query_stats.request_bytes, canister.query_stats.response_bytes};
  return candid::encode_args(result);
}

Bytes metrics_reply(const state::CanisterState& canister) {
  MetricsResult result;
  for (const UseRow& row : kUses) {
    const auto found = canister.consumed->find(row.use);
    if (found != canister.consumed->end()) result.cycles_consumed.*row.field = found->second.value;
  }
  return candid::encode_args(result);
}

Bytes logs_reply(const state::CanisterState& canister) {
  FetchLogsResult result;
  for (const state::LogRecord& record : canister.log->records())
    result.canister_log_records.push_back(
        {record.index, record.time.ns, to_bytes(record.content.view())});
  return candid::encode_args(result);
}

Bytes canister_ranges_reply(const state::ReplicatedState& state) {
  std::vector<state::IndexRange> ranges;
  for (const auto& [id, canister] : state.canisters()) {
    const auto index = types::canister_index(id);
    ensure(index.ok(), "ids of this subnet have an index");
    if (!ranges.empty() && ranges.back().last + 1 == *index)
      ranges.back().last = *index;
    else
      ranges.push_back({*index, *index});
  }
  ListCanistersResult result;
  for (const state::IndexRange& range : ranges)
    result.canisters.push_back(
        {types::canister_id_from_index(range.first), types::canister_id_from_index(range.last)});
  return candid::encode_args(result);
}

ManagementResult canister_status(ManagementScope& scope, ManagementCall& call) {
  const auto args = TRY(decode_argument<CanisterIdRecord>(call));
  const auto canister = TRY(target_of(scope, call, args.canister_id));
  return status_reply(scope.round.subnet.fees, *canister);
}

ManagementResult canister_metrics(ManagementScope& scope, ManagementCall& call) {
  const auto args = TRY(decode_argument<CanisterIdRecord>(call));
  return metrics_reply(*TRY(target_of(scope, call, args.canister_id)));
}

ManagementResult canister_info(ManagementScope& scope, ManagementCall& call) {
  const auto args = TRY(decode_argument<CanisterInfoArgs>(call));
  const auto canister = TRY(target_of(scope, call, args.canister_id));
  CanisterInfoResult result;
  result.total_num_changes = canister->history->total_changes();
  result.module_hash = module_hash(*canister);
  result.controllers = list(canister->settings->controllers);
  const auto& changes = canister->history->changes();
  const std::uint64_t wanted =
      std::min<std::uint64_t>(args.num_requested_changes.value_or(0), changes.size());
  for (std::size_t i = changes.size() - wanted; i < changes.size(); ++i)
    result.recent_changes.push_back(to_arg(args.canister_id, changes[i]));
  return candid::encode_args(result);
}

ManagementResult canister_metadata(ManagementScope& scope, ManagementCall& call) {
  const auto args = TRY(decode_argument<CanisterMetadataArgs>(call));
  const auto canister = TRY(target_of(scope, call, args.canister_id));
  if (!canister->has_code()) return Err(no_module_for_metadata(args.canister_id));
  const auto& sections = (*canister->execution)->module->metadata;
  const auto found = sections.find(args.name);
  const bool readable =
      found != sections.end() && (found->second.visibility == state::MetadataVisibility::kPublic ||
                                  canister->is_controller(call.caller));
  if (!readable) return Err(no_metadata_section(args.canister_id, args.name));
  return candid::encode_args(CanisterMetadataResult{found->second.content.view()});
}

}  // namespace icpd::execution
