#include "execution/canister_cycles.hpp"
#include "execution/install_plan.hpp"
#include "execution/management_handlers.hpp"
#include "execution/management_snapshot_types.hpp"
#include "execution/management_storage.hpp"
#include "execution/message_run.hpp"
#include "execution/snapshot_rules.hpp"

namespace icpd::execution {
namespace {

using namespace management;
using state::CanisterState;
using state::Snapshot;
using state::SnapshotId;

SnapshotResult result_of(const SnapshotId& id, const Snapshot& snapshot) {
  return {id.bytes(), snapshot.taken_at.ns, snapshot.size_bytes()};
}

// --------------------------------------------------------------------------------------- taking

/// Mutable globals with their values now, exported constants with theirs.
std::vector<state::Global> listed_globals(const wasm::ModuleFacts& facts,
                                          const std::vector<state::Global>& mutable_now) {
  std::vector<state::Global> listed;
  std::size_t next = 0;
  for (const wasm::ListedGlobal& global : facts.listed_globals) {
    // Before anything of the module ran, the state has no values yet.
    if (global.is_mutable && !mutable_now.empty())
      listed.push_back(mutable_now.at(next++));
    else
      listed.push_back({static_cast<state::GlobalType>(global.initial.type), global.initial.low,
                        global.initial.high});
  }
  return listed;
}

Result<Snapshot, UserError> snapshot_of(const RoundContext& round, const CanisterState& canister) {
  if (!canister.has_code()) return Err(nothing_to_snapshot(canister.id));
  const state::ExecutionState& execution = **canister.execution;
  const state::Blob& code = execution.module->code;
  Snapshot snapshot;
  snapshot.source = state::SnapshotSource::kTakenFromCanister;
  snapshot.taken_at = round.time;
  snapshot.canister_version = canister.version;
  snapshot.module = code;
  snapshot.heap = execution.heap;
  snapshot.stable = execution.stable;
  snapshot.globals = listed_globals(round.environment.module(code).facts(), execution.globals);
  snapshot.chunks = canister.chunks;
  snapshot.certified_data = canister.certified_data;
  snapshot.global_timer.emplace(canister.global_timer);
  snapshot.low_memory_hook = canister.low_memory_hook;
  return snapshot;
}

// -------------------------------------------------------------------------------------- loading

/// The snapshot, if the caller controls the canister that it belongs to.
Result<Snapshot, UserError> snapshot_to_load(const ManagementScope& scope,
                                             const ManagementCall& call, const SnapshotId& id) {
  const CanisterState* owner = scope.state.find(id.canister);
  if (owner == nullptr) return Err(snapshot_not_found(id, id.canister));
  if (!owner->is_controller(call.caller)) return Err(snapshot_not_controller());
  const Snapshot* snapshot = owner->snapshots->find(id.number);
  if (snapshot == nullptr) return Err(snapshot_not_found(id, id.canister));
  return *snapshot;
}

struct LoadedModule {
  state::Blob code;
  wasm::Module module;
};
/// The code to run. An uploaded module is validated here, when it is whole.
Result<LoadedModule, UserError> load_module(const RoundContext& round, const CanisterId& canister,
                                            const Snapshot& snapshot) {
  if (const auto* code = std::get_if<state::Blob>(&snapshot.module))
    return LoadedModule{*code, round.environment.module(*code)};
  const auto code = state::Blob::of(Slice(snapshot.module_part(0, snapshot.module_size_bytes())));
  auto made = round.environment.new_module(code);
  if (!made.ok()) return Err(from_canister(canister, made.error()));
  return LoadedModule{code, std::move(made->module)};
}

/// Values of the mutable globals. Number and types must be the module's.
Result<std::vector<state::Global>, UserError> mutable_globals(const SnapshotId& id,
                                                              const Snapshot& snapshot,
                                                              const wasm::ModuleFacts& facts) {
  const auto& listed = facts.listed_globals;
  if (snapshot.globals.size() != listed.size())
    return Err(snapshot_not_loadable(id, "it has " + std::to_string(snapshot.globals.size()) +
                                             " globals, but its module has " +
                                             std::to_string(listed.size()) + "."));
  std::vector<state::Global> values;
  for (std::size_t i = 0; i < listed.size(); ++i) {
    if (snapshot.globals[i].type != static_cast<state::GlobalType>(listed[i].initial.type))
      return Err(snapshot_not_loadable(
          id, "its global " + std::to_string(i) + " has another type than its module's."));
    if (listed[i].is_mutable) values.push_back(snapshot.globals[i]);
  }
  return values;
}

Status<UserError> check_heap(const SnapshotId& id, const Snapshot& snapshot,
                             const wasm::ModuleFacts& facts) {
  const std::uint64_t pages = snapshot.heap.size_bytes / types::limits::kWasmPageSize;
  if (pages >= facts.heap_pages_initial && pages <= facts.heap_pages_max) return {};
  return Err(snapshot_not_loadable(id, "its Wasm memory has " + std::to_string(pages) +
                                           " pages, but that of its module has " +
                                           std::to_string(facts.heap_pages_initial) + " to " +
                                           std::to_string(facts.heap_pages_max) + "."));
}

/// Sets the hook. What an upload says about it must agree with the memory and settings (interface
/// specification, "Load canister snapshot").
Status<UserError> set_hook(const SnapshotId& id, const Snapshot& snapshot, PointerWidth width,
                           CanisterState& canister) {
  using enum state::LowMemoryHook;
  const bool is_upload = snapshot.source == state::SnapshotSource::kMetadataUpload;
  if (!is_upload || !snapshot.low_memory_hook) {
    update_low_memory_hook(canister, width);
    return {};
  }
  canister.low_memory_hook = kConditionNotSatisfied;
  update_low_memory_hook(canister, width);
  const bool satisfied = canister.low_memory_hook != kConditionNotSatisfied;
  if ((*snapshot.low_memory_hook != kConditionNotSatisfied) != satisfied)
    return Err(snapshot_not_loadable(
        id, std::string("the status of its low memory hook says that the condition is ") +
                (satisfied ? "not " : "") + "satisfied, which is not so."));
  canister.low_memory_hook = *snapshot.low_memory_hook;
  return {};
}

/// Gives the canister what the snapshot holds.
Status<UserError> take_over(const RoundContext& round, const SnapshotId& id,
                            const Snapshot& snapshot, LoadedModule loaded,
                            CanisterState& canister) {
  const wasm::ModuleFacts& facts = loaded.module.facts();
  TRY(check_heap(id, snapshot, facts));
  state::ExecutionState next;
  next.globals = TRY(mutable_globals(id, snapshot, facts));
  next.module = module_record(std::move(loaded.code), facts);
  next.heap = snapshot.heap;
  next.stable = snapshot.stable;
  next.last_install = round.time;
  canister.execution = Cow<state::ExecutionState>(std::move(next));
  canister.chunks = snapshot.chunks;
  canister.certified_data = snapshot.certified_data;
  const bool is_upload = snapshot.source == state::SnapshotSource::kMetadataUpload;
  if (is_upload && snapshot.global_timer) canister.global_timer = *snapshot.global_timer;
  return set_hook(id, snapshot, facts.width, canister);
}

}  // namespace

ManagementResult take_canister_snapshot(ManagementScope& scope, ManagementCall& call) {
  const auto args = TRY(decode_argument<TakeSnapshotArgs>(call));
  auto canister = TRY(target_of(scope, call, args.canister_id));
  TRY(check_heap_delta_rate(scope.round, *canister));
  const bool uninstalls = args.uninstall_code.value_or(false);
  if (uninstalls) TRY(check_can_uninstall(*canister));
  Snapshot snapshot = TRY(snapshot_of(scope.round, *canister));
  const std::uint64_t instructions = kSnapshotInstructions + snapshot.size_bytes();

  CanisterState after = *canister;
  const SnapshotId id = TRY(add_snapshot(after, std::move(snapshot), args.replace_snapshot));
  if (uninstalls) {
    after.execution.reset();
    after.chunks = Cow<state::ChunkStore>();
  }
  CanisterState& changed = canister.write();
  TRY(pay_for(scope, instructions, resource_use(after), changed));
  call.instructions = instructions;
  changed.snapshots = after.snapshots;
  const Bytes reply = candid::encode_args(result_of(id, *changed.snapshots->find(id.number)));
  if (uninstalls) {
    uninstall_at_request(scope, call, changed, args.sender_canister_version);
    commit(scope, std::move(canister));
  } else {
    put_back(scope, std::move(canister));
  }
  return reply;
}

ManagementResult load_canister_snapshot(ManagementScope& scope, ManagementCall& call) {
  const auto args = TRY(decode_argument<LoadSnapshotArgs>(call));
  auto canister = TRY(target_of(scope, call, args.canister_id));
  const SnapshotId id = TRY(read_snapshot_id(args.snapshot_id));
  const Snapshot snapshot = TRY(snapshot_to_load(scope, call, id));
  if (canister->long_execution) return Err(long_execution_in_progress(args.canister_id));
  TRY(check_heap_delta_rate(scope.round, *canister));

  // Whether the snapshot fits is found only by work that has to be paid whatever comes of it.
  const auto pay_at_once = [&](std::uint64_t instructions) -> Status<UserError> {
    TRY(pay_for(scope, instructions, resource_use(*canister), canister.write()));
    call.instructions += instructions;
    put_back(scope, canister);
    return {};
  };
  TRY(pay_at_once(kSnapshotInstructions + snapshot.size_bytes()));
  LoadedModule loaded = TRY(load_module(scope.round, args.canister_id, snapshot));
  TRY(pay_at_once(kCompileInstructionsPerUnit * loaded.module.facts().compilation_units));

  CanisterState after = *canister;
  TRY(take_over(scope.round, id, snapshot, std::move(loaded), after));
  TRY(check_custom_sections(scope.state, *canister, *(*after.execution)->module));
  CanisterState& changed = canister.write();
  TRY(pay_for(scope, 0, resource_use(after), changed));
  after.balance = changed.balance;
  after.reserved_balance = changed.reserved_balance;
  after.history.write().add({scope.round.time, after.version + 1,
                             change_origin(call, args.sender_canister_version),
                             state::LoadSnapshotChange{id, snapshot.canister_version,
                                                       snapshot.taken_at, snapshot.source}});
  commit(scope, Cow<CanisterState>(std::move(after)));
  return no_values();
}

ManagementResult list_canister_snapshots(ManagementScope& scope, ManagementCall& call) {
  const auto args = TRY(decode_argument<CanisterIdRecord>(call));
  const auto canister = TRY(target_of(scope, call, args.canister_id));
  std::vector<SnapshotResult> list;
  for (const auto& [number, snapshot] : canister->snapshots->all())
    list.push_back(result_of({args.canister_id, number}, *snapshot));
  return candid::encode_args(list);
}

ManagementResult delete_canister_snapshot(ManagementScope& scope, ManagementCall& call) {
  const auto args = TRY(decode_argument<SnapshotArgs>(call));
  auto canister = TRY(target_of(scope, call, args.canister_id));
  const std::uint64_t number = TRY(find_snapshot(*canister, args.snapshot_id));
  canister.write().snapshots.write().remove(number);
  put_back(scope, std::move(canister));
  return no_values();
}

}  // namespace icpd::execution
