// The state of one canister.
//
// A value: copies share everything that is large, and writing a part copies that part only. What
// changes with nearly every message stands in the struct itself.
//
// Cycles: `balance` pays for execution, `reserved_balance` for storage and compute. Both, the
// queues and the call contexts together hold all cycles of the canister: cycles().
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <variant>
#include <vector>

#include "base/shared.hpp"
#include "state/call_contexts.hpp"
#include "state/execution_state.hpp"
#include "state/history.hpp"
#include "state/queues.hpp"
#include "state/settings.hpp"
#include "state/snapshots.hpp"
#include "state/subnet_calls.hpp"
#include "types/query_stats.hpp"

namespace icpd::state {

struct Running {
  bool operator==(const Running&) const = default;
  static constexpr auto kFields = std::tuple();
};
struct Stopping {
  /// Calls to answer once the canister has stopped: StopCanisterCall in SubnetCalls, ascending.
  std::vector<SubnetCallId> stop_calls;
  bool operator==(const Stopping&) const = default;
  static constexpr auto kFields = std::tuple(&Stopping::stop_calls);
};
struct Stopped {
  bool operator==(const Stopped&) const = default;
  static constexpr auto kFields = std::tuple();
};
using CanisterStatus = std::variant<Running, Stopping, Stopped>;

enum class SystemTask : std::uint8_t { kHeartbeat, kGlobalTimer, kOnLowWasmMemory };
[[nodiscard]] constexpr bool is_valid(SystemTask task) {
  return task <= SystemTask::kOnLowWasmMemory;
}

/// What a long execution works on. A response comes with the callback, which was taken when the
/// execution began.
struct ResponseInput {
  SharedResponse response;
  types::CallbackId callback_id;
  Callback callback;
  static constexpr auto kFields =
      std::tuple(&ResponseInput::response, &ResponseInput::callback_id, &ResponseInput::callback);
};
/// An install is named by its InstallCodeCall.
using ExecutionInput =
    std::variant<Shared<Ingress>, SharedRequest, ResponseInput, SystemTask, SubnetCallId>;

/// An execution that didn't finish in one round. Everything else in the canister is as before the
/// execution began.
struct LongExecution {
  ExecutionInput input;
  /// Withdrawn for instructions when it began.
  types::Cycles prepaid{0};
  /// Slices go on where they stopped; otherwise it begins anew (after a checkpoint, or when too
  /// many executions are paused).
  bool is_paused = false;
  /// Cycles that other messages cost meanwhile; taken from the balance when it ends.
  types::Cycles debit{0};
  static constexpr auto kFields = std::tuple(&LongExecution::input, &LongExecution::prepaid,
                                             &LongExecution::is_paused, &LongExecution::debit);
};

/// Inputs of the round schedule (reference "Priority algorithm"). 1 % of a core = 1,000,000.
struct SchedulerState {
  std::int64_t accumulated_priority = 0;
  /// The round up to which accumulated_priority counts; later rounds add a closed form.
  types::Height priority_round;
  types::Height last_full_execution_round;
  std::uint64_t executed_rounds = 0;
  std::optional<types::Height> long_execution_start_round;
  /// Bytes and instructions above what a round allows, as of `debit_round`.
  std::uint64_t heap_delta_debit = 0;
  std::uint64_t install_code_debit = 0;
  types::Height debit_round;

  bool operator==(const SchedulerState&) const = default;
  static constexpr auto kFields =
      std::tuple(&SchedulerState::accumulated_priority, &SchedulerState::priority_round,
                 &SchedulerState::last_full_execution_round, &SchedulerState::executed_rounds,
                 &SchedulerState::long_execution_start_round, &SchedulerState::heap_delta_debit,
                 &SchedulerState::install_code_debit, &SchedulerState::debit_round);
};

/// What cycles were consumed for (ic.did, canister_metrics).
enum class CyclesUse : std::uint8_t {
  kMemory,
  kComputeAllocation,
  kIngressInduction,
  kInstructions,
  kRequestAndResponseTransmission,
  kUninstall,
  kCanisterCreation,
  kHttpOutcalls,
  kBurnedCycles,
};
[[nodiscard]] constexpr bool is_valid(CyclesUse use) {
  return use <= CyclesUse::kBurnedCycles;
}

using types::QueryStats;

struct CanisterState {
  types::CanisterId id;
  Cow<Settings> settings;
  CanisterStatus status;
  /// Absent: no code.
  std::optional<Cow<ExecutionState>> execution;

  types::Cycles balance{0};
  types::Cycles reserved_balance{0};
  Cow<std::map<CyclesUse, types::Cycles>> consumed;
  /// Up to when memory and compute are paid.
  Time charged_until;
  /// When the next charge may matter (the balance runs out, or gets below the freezing threshold);
  /// set by execution, found through ReplicatedState::charges_due().
  Time next_charge = Time::max();

  Slice certified_data;
  std::uint64_t version = 0;
  /// When the timer is to fire; absent: inactive.
  std::optional<Time> global_timer;
  LowMemoryHook low_memory_hook = LowMemoryHook::kConditionNotSatisfied;
  std::optional<LongExecution> long_execution;
  /// Heartbeat and timer of this round; empty between rounds.
  std::vector<SystemTask> round_tasks;

  Cow<CanisterQueues> queues;
  Cow<CallContexts> calls;
  Cow<CanisterHistory> history;
  Cow<CanisterLog> log;
  Cow<ChunkStore> chunks;
  SchedulerState scheduler;
  QueryStats query_stats;
  Cow<Snapshots> snapshots;
  Time created;

  [[nodiscard]] bool is_running() const { return std::holds_alternative<Running>(status); }
  [[nodiscard]] bool is_stopping() const { return std::holds_alternative<Stopping>(status); }
  [[nodiscard]] bool is_stopped() const { return std::holds_alternative<Stopped>(status); }
  [[nodiscard]] bool has_code() const { return execution.has_value(); }
  [[nodiscard]] bool is_controller(const types::Principal& p) const {
    return settings->controllers.contains(p);
  }
  /// An input message or a long execution waits.
  [[nodiscard]] bool has_work() const { return queues->has_input() || long_execution.has_value(); }

  /// Bytes of heap, stable memory, globals, module, metadata, history, chunks and snapshots
  /// (interface specification, "memory_metrics").
  [[nodiscard]] std::uint64_t memory_usage() const;
  [[nodiscard]] std::uint64_t chunk_store_bytes() const { return size_bytes(*chunks); }
  /// Reserved and queued guaranteed responses.
  [[nodiscard]] std::uint64_t message_memory() const { return queues->guaranteed_memory_bytes(); }
  /// Everything the canister holds, messages and prepayments included.
  [[nodiscard]] types::Cycles cycles() const;

  static constexpr auto kFields = std::tuple(
      &CanisterState::id, &CanisterState::settings, &CanisterState::status,
      &CanisterState::execution, &CanisterState::balance, &CanisterState::reserved_balance,
      &CanisterState::consumed, &CanisterState::charged_until, &CanisterState::next_charge,
      &CanisterState::certified_data, &CanisterState::version, &CanisterState::global_timer,
      &CanisterState::low_memory_hook, &CanisterState::long_execution, &CanisterState::round_tasks,
      &CanisterState::queues, &CanisterState::calls, &CanisterState::history, &CanisterState::log,
      &CanisterState::chunks, &CanisterState::scheduler, &CanisterState::query_stats,
      &CanisterState::snapshots, &CanisterState::created);
};

/// Puts a message from a canister into the input of `canister` (reference 2.5).
///
/// | status | request | response |
/// | --- | --- | --- |
/// | running | needs a slot for the response | accepted |
/// | stopping | kCanisterStopping | accepted |
/// | stopped | kCanisterStopped | best-effort: dropped, cycles refunded; else kCanisterStopped |
///
/// A response needs a callback that waits for it, from this respondent and with this deadline, and
/// no other response for it in the queue. If not: best-effort dropped, its refund credited to the
/// balance; guaranteed kNonMatchingResponse.
[[nodiscard]] Result<void, QueueError> push_input(CanisterState& canister, CanisterMessage message,
                                                  SenderIs sender);

/// Best-effort callbacks whose deadline has passed become rejects SYS_UNKNOWN in the input queue
/// ("Call deadline has expired.").
void expire_callbacks(CanisterState& canister, types::CoarseTime now);

}  // namespace icpd::state
