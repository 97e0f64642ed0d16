#include "execution/execute_round.hpp"

#include <algorithm>
#include <functional>
#include <set>

#include "execution/canister_cycles.hpp"
#include "execution/canister_run.hpp"
#include "execution/errors.hpp"
#include "execution/http_outcalls.hpp"
#include "execution/install_run.hpp"
#include "execution/management.hpp"
#include "execution/schedule.hpp"
#include "state/induction.hpp"
#include "types/limits.hpp"

namespace icpd::execution {
namespace {

using state::CanisterState;

/// Charged for a management call beside what it does.
constexpr std::uint64_t kManagementCallOverhead = kOverheadPerExecution;

class Round {
 public:
  Round(state::ReplicatedState& state, const RoundInput& input, Environment& environment)
      : state_(state),
        input_(input),
        round_(round_context(state, environment)),
        budget_(budget_of(round_.parameters)) {
    round_.randomness = input.randomness;
  }

  RoundReport run() {
    expire_ingress();
    answer_outcalls();
    if (heap_delta_allows()) {
      ManagementScope scope = this->scope();
      answer_raw_rand(scope, input_.randomness.view());
      advance_waiting_installs(budget_);
      for (std::int64_t before = INT64_MAX; budget_ > 0 && budget_ < before;) {
        before = budget_;
        iterate();
        if (heap_delta_ >= round_.parameters.heap_delta_per_iteration) break;
      }
      report_.cut_short = budget_ <= 0 || heap_delta_ >= round_.parameters.heap_delta_per_iteration;
    }
    finish();
    return std::move(report_);
  }

 private:
  /// What may still begin, so that a last slice that begins stays within the round's limit.
  static std::int64_t budget_of(const state::SubnetParameters& p) {
    const std::uint64_t longest =
        std::max(p.instructions_per_slice, p.instructions_per_install_slice);
    const std::uint64_t budget =
        p.instructions_per_round > longest ? p.instructions_per_round - longest + 1 : 1;
    return static_cast<std::int64_t>(budget);
  }

  ManagementScope scope() { return {state_, round_, out_}; }

  void expire_ingress() {
    const auto fail = [&](const std::vector<Shared<state::Ingress>>& expired) {
      for (const Shared<state::Ingress>& message : expired)
        state_.set_ingress(*message, state::IngressFailed{ingress_expired(message->id)});
    };
    for (const CanisterId& id : due_at(state_.index().ingress_expiries(), round_.time))
      fail(state_.update(id, [&](CanisterState& canister) {
        return canister.queues.write().expire_ingress(round_.time);
      }));
    const auto first = state_.subnet_queues().first_ingress_expiry();
    if (first && *first < round_.time)
      fail(state_.write_subnet_queues().expire_ingress(round_.time));
  }

  void answer_outcalls() {
    ManagementScope scope = this->scope();
    end_overdue_outcalls(scope);
    if (input_.responses != nullptr) take_consensus_responses(scope, *input_.responses);
  }

  /// Room for written pages grows from a reserve to all of it as the next checkpoint comes nearer.
  bool heap_delta_allows() const {
    const state::SystemMetadata& metadata = state_.metadata();
    const std::uint64_t capacity = round_.parameters.heap_delta_max;
    const std::uint64_t reserve = std::min(kHeapDeltaReserve, capacity / 4);
    const std::uint64_t interval = std::max<std::uint64_t>(metadata.interval_length, 1);
    const std::uint64_t remaining = std::min(
        interval, metadata.next_checkpoint - std::min(metadata.next_checkpoint, round_.round));
    const auto held_back = static_cast<std::uint64_t>(
        static_cast<unsigned __int128>(capacity - reserve) * remaining / interval);
    return metadata.heap_delta_bytes < capacity - held_back;
  }

  // -- Management --

  void advance_waiting_installs(std::int64_t most) {
    if (most <= 0 || state_.metadata().calls.install_code.empty()) return;
    ManagementScope scope = this->scope();
    SubnetRoom room = subnet_room(state_);
    const WorkDone work = advance_installs(scope, static_cast<std::uint64_t>(most), room);
    take(work.instructions);
    heap_delta_ += work.heap_delta_bytes;
    apply_ingress();
  }

  void take(std::uint64_t instructions) {
    budget_ -= static_cast<std::int64_t>(std::min<std::uint64_t>(instructions, INT64_MAX / 2));
    report_.instructions += instructions;
  }

  void drain_management_calls() {
    const std::int64_t share =
        std::max<std::int64_t>(budget_of(round_.parameters) / kManagementShare, 1);
    const std::int64_t until = budget_ - share;
    while (budget_ > until && state_.subnet_queues().has_input()) {
      auto message = state_.write_subnet_queues().pop_input();
      if (!message) break;
      handle(std::move(*message));
    }
  }

  void handle(state::InputMessage message) {
    ManagementScope scope = this->scope();
    std::uint64_t instructions = kManagementCallOverhead;
    if (auto* ingress = std::get_if<Shared<state::Ingress>>(&message))
      instructions += handle_management_call(scope, std::move(*ingress));
    else if (auto* request = std::get_if<state::SharedRequest>(&message))
      instructions += handle_management_call(scope, std::move(*request));
    else
      unreachable_state("the management canister makes no calls");
    take(instructions);
    apply_ingress();
    ++report_.executions;
    advance_waiting_installs(budget_);
  }

  // -- Canisters --

  struct CoreResult {
    std::vector<Cow<CanisterState>> canisters;
    RoundOutput out;
    std::uint64_t instructions = 0;
    std::uint64_t heap_delta_bytes = 0;
    std::uint64_t executions = 0;
    std::vector<CanisterWork> work;
  };

  bool may_run(const CanisterState& canister) const {
    if (canister.long_execution)
      return !std::holds_alternative<state::SubnetCallId>(canister.long_execution->input) &&
             !advanced_.contains(canister.id);
    if (finished_long_.contains(canister.id)) return false;
    return !round_.subnet.fees.charges() ||
           heap_delta_debit(canister, round_.round) < kHeapDeltaCredit;
  }

  std::vector<CanisterId> with_something_to_do() {
    std::set<CanisterId> ids;
    for (const auto& [id, nothing] : state_.index().with_work())
      ids.insert(id);
    for (const auto& [id, nothing] : state_.index().low_memory())
      ids.insert(id);
    ids.insert(with_tasks_.begin(), with_tasks_.end());
    return {ids.begin(), ids.end()};
  }

  void add_tasks() {
    std::set<CanisterId> due;
    for (const CanisterId& id : due_at(state_.index().timers(), round_.time))
      due.insert(id);
    if (input_.heartbeats_due) {
      for (const auto& [id, nothing] : state_.index().heartbeats())
        due.insert(id);
    }
    for (const CanisterId& id : due) {
      state_.update(id, [&](CanisterState& canister) {
        add_round_tasks(canister, round_.time, input_.heartbeats_due);
        if (!canister.round_tasks.empty()) with_tasks_.insert(id);
      });
    }
  }

  Schedule schedule() {
    std::vector<Candidate> candidates;
    for (const CanisterId& id : with_something_to_do()) {
      const CanisterState* canister = state_.find(id);
      if (canister != nullptr && may_run(*canister))
        candidates.push_back(candidate(*canister, round_.round));
    }
    return make_schedule(std::move(candidates), kSchedulerCores);
  }

  /// Runs on any thread: touches only its own result.
  CoreResult run_core(const std::vector<CanisterId>& ids, SubnetRoom room) const {
    CoreResult result;
    const auto budget = static_cast<std::uint64_t>(budget_);
    for (const CanisterId& id : ids) {
      if (result.instructions >= budget) break;
      Cow<CanisterState> canister = state_.share(id);
      const bool was_long = canister->long_execution.has_value();
      const TurnLimits limits{budget - result.instructions,
                              round_.parameters.heap_delta_per_iteration};
      const Turn turn = run_canister(round_, canister.write(), limits, room, result.out);
      const bool first = result.canisters.empty() && is_first_iteration();
      if (turn.full || first || was_long) charge_full_execution(canister.write(), round_.round);
      result.instructions += turn.instructions + kOverheadPerCanister;
      result.heap_delta_bytes += turn.heap_delta_bytes;
      result.executions += turn.executions;
      if (turn.executions > 0)
        result.work.push_back({id, turn.executions, turn.instructions,
                               turn.heap_delta_bytes / types::limits::kPageSize});
      result.canisters.push_back(std::move(canister));
    }
    return result;
  }

  bool is_first_iteration() const { return report_.iterations == 1; }

  /// Cores touch canisters of their own; what they share is the environment, which has locks and
  /// changes no result.
  void run_cores(const Schedule& schedule, std::vector<CoreResult>& results) {
    const SubnetRoom room = subnet_room(state_).share_of(kSchedulerCores);
    std::vector<std::function<void()>> jobs;
    for (std::size_t core = 0; core < schedule.cores.size(); ++core) {
      if (schedule.cores[core].empty()) continue;
      jobs.push_back([&, core] { results[core] = run_core(schedule.cores[core], room); });
    }
    round_.environment.workers().run_all(jobs);
  }

  void merge(CoreResult& result) {
    for (Cow<CanisterState>& canister : result.canisters) {
      const CanisterId id = canister->id;
      const bool was_long = state_.find(id)->long_execution.has_value();
      if (canister->long_execution) advanced_.insert(id);
      if (was_long && !canister->long_execution) finished_long_.insert(id);
      if (canister->round_tasks.empty()) with_tasks_.erase(id);
      state_.put(std::move(canister));
    }
    std::ranges::move(result.out.ingress, std::back_inserter(out_.ingress));
    std::ranges::move(result.out.traces, std::back_inserter(out_.traces));
    std::ranges::move(result.out.log, std::back_inserter(out_.log));
    std::ranges::move(result.work, std::back_inserter(report_.work));
    heap_delta_ += result.heap_delta_bytes;
    report_.executions += result.executions;
    report_.instructions += result.instructions;
  }

  void run_canisters() {
    const Schedule schedule = this->schedule();
    std::vector<CoreResult> results(schedule.cores.size());
    run_cores(schedule, results);
    std::uint64_t longest = 0;
    for (CoreResult& result : results) {
      longest = std::max(longest, result.instructions);
      merge(result);
    }
    budget_ -= static_cast<std::int64_t>(longest);
    apply_ingress();
  }

  void iterate() {
    ++report_.iterations;
    drain_management_calls();
    if (is_first_iteration()) add_tasks();
    if (budget_ > 0) run_canisters();
    const state::InductionReport moved = state::induct_local_messages(state_);
    // Messages that moved are work for another iteration, even if nothing was executed.
    if (moved.delivered + moved.rejected > 0) budget_ -= 1;
  }

  void apply_ingress() {
    for (IngressUpdate& update : out_.ingress)
      state_.set_ingress(update.id, update.receiver, update.user, std::move(update.state));
    out_.ingress.clear();
    std::ranges::move(out_.traces, std::back_inserter(report_.traces));
    out_.traces.clear();
    std::ranges::move(out_.log, std::back_inserter(report_.log));
    out_.log.clear();
  }

  // -- End of the round --

  void finish() {
    for (const CanisterId& id : with_tasks_)
      state_.update(id, [](CanisterState& canister) { canister.round_tasks.clear(); });
    ManagementScope scope = this->scope();
    finish_stops(scope);
    charge();
    state::induct_local_messages(state_);
    apply_ingress();
    state::SystemMetadata& metadata = state_.write_metadata();
    metadata.heap_delta_bytes += heap_delta_;
    if (input_.is_checkpoint) {
      metadata.heap_delta_bytes = 0;
      abort_paused(0);
    } else {
      abort_paused(kPausedExecutionsMax);
    }
  }

  void charge() {
    for (const CanisterId& id : due_at(state_.index().charges(), round_.time)) {
      const bool paid = state_.update(id, [&](CanisterState& canister) {
        const bool could = charge_resources(round_.subnet.fees, canister, round_.time);
        plan_next_charge(round_.subnet.fees, canister);
        return could;
      });
      ManagementScope scope = this->scope();
      if (!paid) uninstall_out_of_cycles(scope, id);
    }
  }

  /// Paused executions beyond the most important `keep` begin anew later.
  void abort_paused(std::size_t keep) {
    std::vector<Candidate> longs;
    for (const auto& [id, nothing] : state_.index().long_executions())
      longs.push_back(candidate(*state_.find(id), round_.round));
    const Schedule order = make_schedule(std::move(longs), kSchedulerCores);
    for (std::size_t i = keep; i < order.long_executions.size(); ++i) {
      const CanisterId& id = order.long_executions[i];
      round_.environment.abort(id);
      state_.update(id, [](CanisterState& canister) {
        canister.long_execution->is_paused = false;
        canister.scheduler.executed_rounds = 0;
      });
    }
  }

  state::ReplicatedState& state_;
  const RoundInput& input_;
  RoundContext round_;
  std::int64_t budget_;
  std::uint64_t heap_delta_ = 0;
  RoundOutput out_;
  RoundReport report_;
  /// Canisters with heartbeat or timer of this round still to run.
  std::set<CanisterId> with_tasks_;
  /// Long executions that had their slice.
  std::set<CanisterId> advanced_;
  std::set<CanisterId> finished_long_;
};

}  // namespace

SubnetView subnet_view(const state::NetworkTopology& topology) {
  const bool is_system = topology.own().type == state::SubnetType::kSystem;
  return {
      .id = topology.own_subnet,
      .fees = FeeSchedule(topology.subnet_size(), ChargesCycles(!is_system)),
      .root_key = topology.root_key(),
      .may_mint = is_system && topology.own_subnet == topology.root_subnet,
  };
}

RoundContext round_context(const state::ReplicatedState& state, Environment& environment) {
  const state::NetworkTopology& topology = state.topology();
  return {
      .environment = environment,
      .subnet = subnet_view(topology),
      .limits = message_limits(topology.own().type),
      .parameters = topology.parameters,
      .time = state.time(),
      .round = state.height(),
  };
}

SubnetRoom subnet_room(const state::ReplicatedState& state) {
  const auto left = [](std::uint64_t most, std::uint64_t used) {
    return most > used ? most - used : 0;
  };
  const state::Totals& totals = state.index().totals();
  const std::uint64_t capacity = state.topology().parameters.subnet_memory_max;
  return {
      .memory_bytes = left(capacity, totals.memory_bytes),
      .message_memory_bytes = left(kGuaranteedMessageMemoryMax, totals.guaranteed_message_bytes),
      .callbacks = left(types::limits::kCallbacksPerSubnetMax, totals.callbacks),
      .memory_in_use = totals.memory_bytes,
      .memory_capacity = capacity,
  };
}

RoundReport execute_round(state::ReplicatedState& state, const RoundInput& input,
                          Environment& environment) {
  return Round(state, input, environment).run();
}

}  // namespace icpd::execution
