#include "execution/canister_run.hpp"

#include "execution/canister_cycles.hpp"
#include "execution/install_run.hpp"

namespace icpd::execution {
namespace {

using state::CanisterState;
using state::NextScheduledMethod;
using state::SystemTask;

NextScheduledMethod after(NextScheduledMethod method) {
  switch (method) {
    case NextScheduledMethod::kMessage:
      return NextScheduledMethod::kHeartbeat;
    case NextScheduledMethod::kHeartbeat:
      return NextScheduledMethod::kGlobalTimer;
    case NextScheduledMethod::kGlobalTimer:
      return NextScheduledMethod::kMessage;
  }
  unreachable_state("a scheduled method outside its enumeration");
}

bool is_install(const CanisterState& canister) {
  return std::holds_alternative<state::SubnetCallId>(canister.long_execution->input);
}

/// The next item, by its priority: hook, tasks of the round, messages.
std::optional<WorkDone> next_item(const RoundContext& round, CanisterState& canister,
                                  bool& hook_tried, SubnetRoom& room, RoundOutput& out) {
  if (canister.low_memory_hook == state::LowMemoryHook::kReady && !hook_tried &&
      canister.is_running()) {
    hook_tried = true;
    return start_task(round, canister, SystemTask::kOnLowWasmMemory, room, out);
  }
  if (!canister.round_tasks.empty()) {
    const SystemTask task = canister.round_tasks.front();
    canister.round_tasks.erase(canister.round_tasks.begin());
    return start_task(round, canister, task, room, out);
  }
  if (!canister.queues->has_input()) return std::nullopt;
  auto message = canister.queues.write().pop_input();
  if (!message) return std::nullopt;
  return start_message(round, canister, std::move(*message), room, out);
}

void count(Turn& turn, const WorkDone& work) {
  turn.instructions += work.instructions + kOverheadPerExecution;
  turn.heap_delta_bytes += work.heap_delta_bytes;
  ++turn.executions;
}

void finish_turn(const RoundContext& round, CanisterState& canister, const Turn& turn) {
  if (turn.heap_delta_bytes > 0 || canister.scheduler.heap_delta_debit > 0)
    add_debits(canister, round.round, {.heap_delta_bytes = turn.heap_delta_bytes});
  plan_next_charge(round.subnet.fees, canister);
}

}  // namespace

Turn run_canister(const RoundContext& round, CanisterState& canister, const TurnLimits& limits,
                  SubnetRoom& room, RoundOutput& out) {
  Turn turn;
  // Whoever can't pay is uninstalled at the end of the round.
  std::ignore = charge_resources(round.subnet.fees, canister, round.time);
  if (canister.long_execution) {
    ensure(!is_install(canister), "installs are advanced apart");
    const WorkDone work = continue_message(round, canister, room, out);
    count(turn, work);
    turn.full = true;
    ++canister.scheduler.executed_rounds;
    if (!work.paused) {
      canister.scheduler.executed_rounds = 0;
      canister.scheduler.long_execution_start_round.reset();
    }
    finish_turn(round, canister, turn);
    return turn;
  }
  bool hook_tried = false;
  while (turn.instructions < limits.instructions &&
         turn.heap_delta_bytes < limits.heap_delta_bytes) {
    const auto work = next_item(round, canister, hook_tried, room, out);
    if (!work) {
      turn.full = true;
      break;
    }
    count(turn, *work);
    if (work->paused) {
      canister.scheduler.executed_rounds = 1;
      turn.full = true;
      break;
    }
  }
  finish_turn(round, canister, turn);
  return turn;
}

void add_round_tasks(CanisterState& canister, Time now, bool heartbeat_due) {
  if (!canister.is_running() || !canister.has_code() || canister.long_execution) return;
  const state::Module& module = *(*canister.execution)->module;
  const bool heartbeat = heartbeat_due && module.has(state::SystemMethod::kHeartbeat);
  const bool timer = canister.global_timer && *canister.global_timer <= now &&
                     module.has(state::SystemMethod::kGlobalTimer);
  if (!heartbeat && !timer) return;
  const bool has_input = canister.queues->has_input();
  NextScheduledMethod turn = (*canister.execution)->next_scheduled_method;
  for (int i = 0; i < 3; ++i) {
    const NextScheduledMethod current = turn;
    turn = after(turn);
    if (current == NextScheduledMethod::kMessage && has_input) break;
    const bool heartbeat_first = current == NextScheduledMethod::kHeartbeat && heartbeat;
    const bool timer_first = current == NextScheduledMethod::kGlobalTimer && timer;
    if (!heartbeat_first && !timer_first) continue;
    if (heartbeat_first) canister.round_tasks.push_back(SystemTask::kHeartbeat);
    if (timer) canister.round_tasks.push_back(SystemTask::kGlobalTimer);
    if (timer_first && heartbeat) canister.round_tasks.push_back(SystemTask::kHeartbeat);
    break;
  }
  canister.execution->write().next_scheduled_method = turn;
}

std::uint64_t heap_delta_debit(const CanisterState& canister, types::Height round) {
  const state::SchedulerState& scheduler = canister.scheduler;
  const std::uint64_t rounds = round - std::min(round, scheduler.debit_round);
  const unsigned __int128 credit = static_cast<unsigned __int128>(rounds) * kHeapDeltaCredit;
  if (credit >= scheduler.heap_delta_debit) return 0;
  return scheduler.heap_delta_debit - static_cast<std::uint64_t>(credit);
}

void add_debits(CanisterState& canister, types::Height round, const NewDebits& more) {
  state::SchedulerState& scheduler = canister.scheduler;
  // Both first: they are as of the same round.
  const std::uint64_t install = install_debit(canister, round);
  const std::uint64_t heap_delta = heap_delta_debit(canister, round);
  scheduler.install_code_debit = install + more.install_instructions;
  scheduler.heap_delta_debit = heap_delta + more.heap_delta_bytes;
  scheduler.debit_round = round;
}

}  // namespace icpd::execution
