#include "execution/install_run.hpp"

#include <algorithm>

#include "execution/apply_effects.hpp"
#include "execution/canister_cycles.hpp"
#include "execution/canister_run.hpp"
#include "execution/entry_run.hpp"
#include "execution/install_plan.hpp"
#include "execution/paused_execution.hpp"

namespace icpd::execution {
namespace {

namespace limits = types::limits;
using state::CanisterState;
using wasm::Context;
using wasm::Hook;

enum class CodeOf : bool { kOld, kNew };
struct Step {
  Hook hook;
  Context context;
  CodeOf code;
};
constexpr Step kInstallSteps[] = {
    {Hook::kStart, Context::kStart, CodeOf::kNew},
    {Hook::kInit, Context::kInit, CodeOf::kNew},
};
constexpr Step kUpgradeSteps[] = {
    {Hook::kPreUpgrade, Context::kPreUpgrade, CodeOf::kOld},
    {Hook::kStart, Context::kStart, CodeOf::kNew},
    {Hook::kPostUpgrade, Context::kInit, CodeOf::kNew},
};

class InstallRun final : public PausedExecution {
 public:
  InstallRun(InstallPlan p, Cycles cycles, NewModule m)
      : plan(std::move(p)),
        prepaid(cycles),
        module(std::move(m.module)),
        initial_heap(std::move(m.initial_heap)) {}

  InstallPlan plan;
  Cycles prepaid;
  wasm::Module module;
  std::vector<wasm::InitialPage> initial_heap;
  /// What the canister will be. Before the new code is in place: its old code's state.
  state::ExecutionState next;
  bool new_code_in_place = false;
  std::size_t step = 0;
  std::unique_ptr<EntryRun> entry;
  std::uint64_t instructions = 0;
  std::uint64_t dirty_pages = 0;
  MessageEffects effects;
  /// What each step wrote into the log.
  std::vector<LogLines> log;

  [[nodiscard]] std::span<const Step> steps() const {
    if (plan.mode == state::InstallMode::kUpgrade) return kUpgradeSteps;
    return kInstallSteps;
  }
  [[nodiscard]] PointerWidth width() const { return module.facts().width; }
};

// ---------------------------------------------------------------------------------- preparation

/// A heap as the module's active data segments say.
Result<state::Memory, UserError> fresh_heap(const InstallRun& run) {
  state::Memory heap;
  heap.size_bytes = run.module.facts().heap_pages_initial * limits::kWasmPageSize;
  for (const wasm::InitialPage& page : run.initial_heap) {
    if (page.page >= heap.size_bytes / io::kGuestPageSize)
      return Err(wasm::trapped(wasm::TrapCode::kHeapOutOfBounds));
    heap.pages.write_page(page.page, page.content);
  }
  return heap;
}

/// Replaces the old code by the new, keeping what the mode keeps.
Status<UserError> put_new_code_in_place(InstallRun& run, Time now) {
  const wasm::ModuleFacts& facts = run.module.facts();
  state::ExecutionState next;
  if (run.plan.mode == state::InstallMode::kUpgrade) next.stable = run.next.stable;
  if (run.plan.keep_heap.value_or(false)) {
    const std::uint64_t max = facts.heap_pages_max * limits::kWasmPageSize;
    if (run.next.heap.size_bytes > max)
      return Err(kept_heap_too_large(run.next.heap.size_bytes, max));
    next.heap = run.next.heap;
    next.heap.size_bytes =
        std::max(next.heap.size_bytes, facts.heap_pages_initial * limits::kWasmPageSize);
  } else {
    next.heap = TRY(fresh_heap(run));
  }
  next.module = module_record(state::Blob::of(run.plan.module), facts);
  next.last_install = now;
  run.next = std::move(next);
  run.new_code_in_place = true;
  return {};
}

Result<std::unique_ptr<InstallRun>, UserError> begin(ManagementScope& scope,
                                                     const ManagementCall& call,
                                                     CanisterState& canister) {
  const RoundContext& round = scope.round;
  pay_until_now(round, canister);
  InstallPlan plan = TRY(plan_install(scope, call, canister));
  auto made = round.environment.new_module(state::Blob::of(plan.module));
  if (!made.ok()) return Err(from_canister(canister.id, made.error()));
  const wasm::ModuleFacts& facts = made->module.facts();
  TRY(check_persistence(plan, canister, facts));

  Cycles prepaid{0};
  if (canister.long_execution) {
    prepaid = canister.long_execution->prepaid;
  } else {
    const FeeSchedule& fees = round.subnet.fees;
    prepaid = fees.execution_cost(round.limits.install, facts.width);
    if (const Cycles lacking = missing(fees, canister, prepaid); lacking != Cycles{0})
      return Err(install_out_of_cycles(canister.id, lacking));
    canister.balance -= prepaid.value;
  }
  auto run = std::make_unique<InstallRun>(std::move(plan), prepaid, std::move(made).value());
  run->instructions = std::min(round.limits.install, run->plan.assembly_instructions +
                                                         kCompileInstructionsPerUnit *
                                                             run->module.facts().compilation_units);
  if (canister.has_code()) run->next = **canister.execution;
  return run;
}

// ------------------------------------------------------------------------------------ execution

MessageView message_of(const RoundContext& round, const InstallRun& run, Context context) {
  MessageView message;
  message.context = context;
  message.time = round.time;
  message.caller = run.plan.caller;
  if (context != Context::kPreUpgrade) message.arg = run.plan.arg;
  message.callback_instructions = round.limits.update;
  return message;
}

std::unique_ptr<EntryRun> make_entry(const RoundContext& round, const CanisterState& canister,
                                     const InstallRun& run, const Step& step,
                                     const wasm::Module& module, const SubnetRoom& room) {
  const std::uint64_t left = round.limits.install - run.instructions;
  EntryInput input{
      .canister = canister.id,
      .module = module,
      .entry = step.hook,
      .instructions = {left, std::min(left, round.parameters.instructions_per_install_slice)},
      .stable_pages = kInstallStablePages,
      .charge_dirty_pages = wasm::ChargeDirtyPages(true),
      .keeps_state = KeepsState(true),
      .heap = run.next.heap,
      .stable = run.next.stable,
      .globals = run.next.globals,
  };
  CanisterView view = view_of(canister, module.facts().width);
  view.balance -= run.effects.burned.value;
  if (step.code == CodeOf::kNew) {
    ++view.version;
    view.global_timer = run.effects.global_timer.value_or(Time{});
  }
  return std::make_unique<EntryRun>(round.environment, std::move(input), round.subnet,
                                    std::move(view), message_of(round, run, step.context), room);
}

void collect(InstallRun& run, const CanisterState& canister, const Step& step,
             EntryOutcome& outcome) {
  run.instructions += outcome.instructions;
  run.dirty_pages += outcome.dirty_pages;
  MessageEffects& all = run.effects;
  if (!outcome.effects.log.empty())
    run.log.push_back(
        {canister.id, std::string(wasm::export_name(step.hook)), std::move(outcome.effects.log)});
  if (outcome.failure) return;
  run.next.heap = std::move(outcome.heap);
  run.next.stable = std::move(outcome.stable);
  run.next.globals = std::move(outcome.globals);
  all.burned += outcome.effects.burned.value;
  if (outcome.effects.certified_data) all.certified_data = outcome.effects.certified_data;
  // A timer that the old code sets in its last step goes with the old code.
  if (step.code == CodeOf::kNew && outcome.effects.global_timer)
    all.global_timer = outcome.effects.global_timer;
}

/// The next step that the code has, or nothing. Puts the new code in place when its turn comes.
Result<const Step*, UserError> next_step(const RoundContext& round, const CanisterState& canister,
                                         InstallRun& run) {
  for (; run.step < run.steps().size(); ++run.step) {
    const Step& step = run.steps()[run.step];
    if (step.code == CodeOf::kOld) {
      const auto hook = static_cast<state::SystemMethod>(step.hook);
      if (!run.plan.skip_pre_upgrade && run.next.module->has(hook)) return &step;
      continue;
    }
    if (!run.new_code_in_place) {
      if (auto placed = put_new_code_in_place(run, round.time); !placed.ok())
        return Err(from_canister(canister.id, placed.error()));
    }
    if (run.module.facts().has(step.hook)) return &step;
  }
  return nullptr;
}

enum class StepsEnd : std::uint8_t { kPaused, kDone };

/// Runs steps until a slice is used up or all are done.
Result<StepsEnd, UserError> run_steps(const RoundContext& round, const CanisterState& canister,
                                      InstallRun& run, const SubnetRoom& room, WorkDone& work) {
  for (;;) {
    if (run.entry == nullptr) {
      const Step* step = TRY(next_step(round, canister, run));
      if (step == nullptr) return StepsEnd::kDone;
      if (run.instructions >= round.limits.install)
        return Err(from_canister(canister.id, wasm::instruction_limit_exceeded()));
      if (step->code == CodeOf::kNew) {
        run.entry = make_entry(round, canister, run, *step, run.module, room);
      } else {
        const wasm::Module old = round.environment.module(run.next.module->code);
        run.entry = make_entry(round, canister, run, *step, old, room);
      }
    }
    const wasm::Progress progress = run.entry->run();
    work.instructions += run.entry->slice_instructions();
    if (progress == wasm::Progress::kPaused) return StepsEnd::kPaused;
    EntryOutcome outcome = run.entry->finish();
    run.entry.reset();
    collect(run, canister, run.steps()[run.step], outcome);
    ++run.step;
    if (outcome.failure) return Err(from_canister(canister.id, *outcome.failure));
  }
}

// ------------------------------------------------------------------------------------------ end

void settle(const RoundContext& round, CanisterState& canister, const InstallRun& run) {
  const Cycles cost =
      std::min(run.prepaid, round.subnet.fees.execution_cost(run.instructions, run.width()));
  canister.balance += run.prepaid.value - cost.value;
  book(canister, state::CyclesUse::kInstructions, cost);
  add_debits(canister, round.round, {.install_instructions = run.instructions});
  for (const LogLines& step : run.log)
    write_log(canister, step.lines, round.time);
}

/// Memory limit, subnet memory, reservation, freezing limit: with the new state in `canister`.
Status<UserError> check_end(const RoundContext& round, CanisterState& canister,
                            const ResourceUse& before, SubnetRoom& room) {
  const state::Settings& settings = *canister.settings;
  const std::uint64_t heap = (*canister.execution)->heap.size_bytes;
  if (settings.wasm_memory_limit != 0 && heap > settings.wasm_memory_limit)
    return Err(
        from_canister(canister.id, wasm_memory_limit_exceeded(heap, settings.wasm_memory_limit)));
  const ResourceUse after = resource_use(canister);
  const std::uint64_t charged_before = std::max(before.memory_allocation, before.memory_usage);
  const std::uint64_t charged_after = std::max(after.memory_allocation, after.memory_usage);
  const std::uint64_t growth = charged_after > charged_before ? charged_after - charged_before : 0;
  if (growth > room.memory_bytes) return Err(memory_oversubscribed(growth, room.memory_bytes));
  const FeeSchedule& fees = round.subnet.fees;
  const Cycles reservation =
      reservation_for_growth(fees, room.memory_in_use, room.memory_capacity, growth);
  const Cycles reserved = canister.reserved_balance + reservation.value;
  if (reservation != Cycles{0} && reserved > settings.reserved_cycles_limit)
    return Err(from_canister(
        canister.id,
        grow_over_reserved_limit(growth, settings.reserved_cycles_limit,
                                 reserved.minus_or_zero(settings.reserved_cycles_limit.value))));
  if (canister.balance < frozen_part(fees, after, reserved) + reservation.value)
    return Err(from_canister(canister.id, grow_out_of_cycles(growth)));
  canister.balance -= reservation.value;
  canister.reserved_balance = reserved;
  room = room.after(Drawn{.memory_bytes = growth});
  return {};
}

void take_new_code(const RoundContext& round, const ManagementCall& call, CanisterState& canister,
                   InstallRun& run) {
  const bool fresh = run.plan.mode != state::InstallMode::kUpgrade;
  if (fresh) {
    canister.certified_data = Slice();
    canister.log.write().clear();
  }
  canister.global_timer.reset();
  const crypto::Digest hash = run.next.module->hash();
  canister.execution = Cow<state::ExecutionState>(std::move(run.next));
  apply_settings_effects(canister, run.effects);
  ++canister.version;
  canister.history.write().add({round.time, canister.version,
                                change_origin(call, run.plan.sender_version),
                                state::CodeDeploymentChange{run.plan.mode, hash}});
  update_low_memory_hook(canister, run.width());
}

/// The install's last act, on a copy that only counts if it succeeds.
Status<UserError> complete(const ManagementScope& scope, const ManagementCall& call,
                           Cow<CanisterState>& canister, InstallRun& run, SubnetRoom& room) {
  const RoundContext& round = scope.round;
  const Cycles burned = run.effects.burned;
  // Others may have been paid for while this took several rounds.
  if (const Cycles lacking = burned.minus_or_zero(canister->balance.value); lacking != Cycles{0})
    return Err(from_canister(canister->id, balance_fell(lacking)));
  TRY(check_custom_sections(scope.state, *canister, *run.next.module));
  Cow<CanisterState> changed = canister;
  const ResourceUse before = resource_use(*canister);
  take_new_code(round, call, changed.write(), run);
  settle(round, changed.write(), run);
  TRY(check_end(round, changed.write(), before, room));
  canister = std::move(changed);
  return {};
}

/// One slice of one install. Answers the call if it is done.
WorkDone advance(ManagementScope& scope, state::SubnetCallId id, SubnetRoom& room) {
  const RoundContext& round = scope.round;
  const state::InstallCodeCall waiting = scope.state.metadata().calls.install_code.at(id);
  const ManagementCall call = management_call(waiting.message);
  WorkDone work;
  const auto done = [&](const Result<Bytes, UserError>& result) {
    scope.state.write_metadata().calls.install_code.erase(id);
    answer_management_call(scope, call, result);
    return work;
  };
  if (!scope.state.contains(waiting.target)) return done(Err(canister_not_found(waiting.target)));

  Cow<CanisterState> canister = scope.state.share(waiting.target);
  std::unique_ptr<InstallRun> run;
  if (auto paused = round.environment.resume(waiting.target)) {
    run.reset(dynamic_cast<InstallRun*>(paused.release()));
    ensure(run != nullptr, "an install was paused here");
    run->entry->rebind(*canister->settings, *canister->queues, room);
  } else {
    auto begun = begin(scope, call, canister.write());
    if (!begun.ok()) {
      if (canister->long_execution) {
        const state::LongExecution was = *canister->long_execution;
        canister.write().balance += was.prepaid.value;
        canister.write().long_execution.reset();
        consume(canister.write(), state::CyclesUse::kIngressInduction, was.debit);
        scope.state.put(std::move(canister));
      }
      return done(Err(begun.error()));
    }
    run = std::move(begun).value();
    work.instructions += run->instructions;
  }

  Result<StepsEnd, UserError> progress = run_steps(round, *canister, *run, room, work);
  const Cycles debit = canister->long_execution ? canister->long_execution->debit : Cycles{0};
  if (progress.ok() && *progress == StepsEnd::kPaused) {
    canister.write().long_execution = state::LongExecution{
        .input = id, .prepaid = run->prepaid, .is_paused = true, .debit = debit};
    scope.state.put(std::move(canister));
    round.environment.pause(waiting.target, std::move(run));
    work.paused = true;
    return work;
  }
  canister.write().long_execution.reset();
  Status<UserError> ended;
  if (!progress.ok()) ended = Err(progress.error());
  if (ended.ok()) ended = complete(scope, call, canister, *run, room);
  if (!ended.ok()) settle(round, canister.write(), *run);
  std::ranges::move(run->log, std::back_inserter(scope.out.log));
  consume(canister.write(), state::CyclesUse::kIngressInduction, debit);
  if (ended.ok()) work.heap_delta_bytes = run->dirty_pages * io::kGuestPageSize;
  put_back(scope, std::move(canister));
  return ended.ok() ? done(no_values()) : done(Err(ended.error()));
}

/// The first install that can go on now.
std::optional<state::SubnetCallId> next_install(const state::ReplicatedState& state) {
  for (const auto& [id, call] : state.metadata().calls.install_code) {
    const CanisterState* target = state.find(call.target);
    if (target == nullptr || !target->long_execution) return id;
    const auto* own = std::get_if<state::SubnetCallId>(&target->long_execution->input);
    if (own != nullptr && *own == id) return id;
  }
  return std::nullopt;
}

}  // namespace

std::uint64_t install_debit(const CanisterState& canister, types::Height round) {
  const state::SchedulerState& scheduler = canister.scheduler;
  const std::uint64_t rounds = round - std::min(round, scheduler.debit_round);
  const unsigned __int128 credit = static_cast<unsigned __int128>(rounds) * kInstallCodeCredit;
  if (credit >= scheduler.install_code_debit) return 0;
  return scheduler.install_code_debit - static_cast<std::uint64_t>(credit);
}

WorkDone advance_installs(ManagementScope& scope, std::uint64_t instructions_max,
                          SubnetRoom& room) {
  WorkDone all;
  while (all.instructions < instructions_max || all.instructions == 0) {
    const auto id = next_install(scope.state);
    if (!id) break;
    const WorkDone work = advance(scope, *id, room);
    all.instructions += std::max<std::uint64_t>(work.instructions, 1);
    all.heap_delta_bytes += work.heap_delta_bytes;
    all.paused = work.paused;
    if (work.paused) break;
  }
  return all;
}

}  // namespace icpd::execution
