#include "execution/message_run.hpp"

#include "execution/answers.hpp"
#include "execution/apply_effects.hpp"
#include "execution/canister_cycles.hpp"
#include "execution/entry_run.hpp"
#include "execution/paused_execution.hpp"

namespace icpd::execution {
namespace {

template <typename... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};

using state::CanisterState;
using state::ExecutionInput;
using wasm::Context;

constexpr std::array<std::pair<state::SystemTask, wasm::Hook>, 3> kTaskHooks = {{
    {state::SystemTask::kHeartbeat, wasm::Hook::kHeartbeat},
    {state::SystemTask::kGlobalTimer, wasm::Hook::kGlobalTimer},
    {state::SystemTask::kOnLowWasmMemory, wasm::Hook::kOnLowWasmMemory},
}};
wasm::Hook hook_of(state::SystemTask task) {
  return kTaskHooks[static_cast<std::size_t>(task)].second;
}

/// A message as the executions of the canister need it, whatever its kind.
struct Task {
  wasm::Entry entry;
  Context context = Context::kUpdate;
  std::uint64_t limit = 0;
  KeepsState keeps_state{true};
  wasm::StablePageLimits stable_pages = kMessageStablePages;
  MessageView message;
  /// Of callbacks: the context they belong to.
  std::optional<types::CallContextId> context_id;
  /// Of others: whom to answer.
  state::CallOrigin origin = state::SystemTaskOrigin{};
};

class MessageRun final : public PausedExecution {
 public:
  MessageRun(ExecutionInput i, Cycles p, Task t, PointerWidth w)
      : input(std::move(i)), prepaid(p), task(std::move(t)), width(w) {}

  ExecutionInput input;
  Cycles prepaid;
  Task task;
  PointerWidth width;
  std::unique_ptr<EntryRun> entry;
  /// Set while the cleanup of a callback that failed runs.
  std::optional<EntryOutcome> failed_callback;
};

wasm::Callback to_engine(const state::Closure& closure) {
  return {closure.function, closure.environment};
}

bool is_call(const ExecutionInput& input) {
  return std::holds_alternative<Shared<state::Ingress>>(input) ||
         std::holds_alternative<state::SharedRequest>(input);
}

// ---------------------------------------------------------------------------- what is to be run

/// Needs a canister with code.
wasm::Module module_of(const RoundContext& round, const CanisterState& canister) {
  return round.environment.module((*canister.execution)->module->code);
}

void set_common(const RoundContext& round, Task& task) {
  task.message.context = task.context;
  task.message.time = round.time;
  task.message.callback_instructions = round.limits.update;
}

/// The method that a call names.
Result<Task, types::UserError> method_task(const RoundContext& round,
                                           const wasm::ModuleFacts& facts,
                                           const std::string& name) {
  const auto kind = facts.method_kind(name);
  if (!kind) return Err(method_not_found("update", name));
  if (*kind == wasm::MethodKind::kCompositeQuery)
    return Err(composite_query_in_replicated_mode(name));
  Task task;
  task.entry = wasm::Method{*kind, name};
  if (*kind == wasm::MethodKind::kUpdate) {
    task.limit = round.limits.update;
  } else {
    task.context = Context::kReplicatedQuery;
    task.limit = round.limits.query;
    task.keeps_state = KeepsState(false);
    task.stable_pages = kQueryStablePages;
  }
  task.message.may_respond = true;
  return task;
}

Result<Task, types::UserError> ingress_task(const RoundContext& round,
                                            const wasm::ModuleFacts& facts,
                                            const state::Ingress& ingress) {
  Task task = TRY(method_task(round, facts, ingress.method_name));
  task.message.caller = ingress.sender.principal;
  task.message.caller_info = ingress.caller_info;
  task.message.arg = ingress.arg;
  task.origin = origin_of(ingress);
  return task;
}

Result<Task, types::UserError> request_task(const RoundContext& round,
                                            const wasm::ModuleFacts& facts,
                                            const types::Request& request) {
  Task task = TRY(method_task(round, facts, request.method_name));
  task.message.caller = request.sender.principal;
  task.message.arg = request.arg;
  task.message.available = request.payment;
  task.message.deadline = task.context == Context::kUpdate ? request.deadline : types::kNoDeadline;
  task.origin = origin_of(request);
  return task;
}

Task system_task(const RoundContext& round, state::SystemTask kind) {
  Task task;
  task.entry = hook_of(kind);
  task.context = Context::kSystemTask;
  task.limit = round.limits.update;
  return task;
}

Task callback_task(const RoundContext& round, const CanisterState& canister,
                   const state::ResponseInput& input) {
  const state::Callback& callback = input.callback;
  const state::CallContext* context = canister.calls->find(callback.context);
  ensure(context != nullptr, "a callback's context is open");
  Task task;
  const types::Response& response = *input.response;
  if (const auto* reply = std::get_if<types::Reply>(&response.payload)) {
    task.entry = to_engine(callback.on_reply);
    task.context = Context::kReplyCallback;
    task.message.arg = reply->data;
  } else {
    task.entry = to_engine(callback.on_reject);
    task.context = Context::kRejectCallback;
    task.message.reject = std::get<types::Reject>(response.payload);
  }
  task.limit = round.limits.update - reserved_for_cleanup(round.limits.update);
  task.context_id = callback.context;
  task.message.caller = caller_of(context->origin);
  task.message.caller_info = context->caller_info;
  task.message.deadline = deadline_of(context->origin);
  task.message.available = context->available_cycles;
  task.message.refunded = std::min(response.refund, callback.cycles_sent);
  task.message.instructions_before = context->instructions;
  task.message.may_respond =
      !context->responded && !std::holds_alternative<state::SystemTaskOrigin>(context->origin);
  return task;
}

Result<Task, types::UserError> task_of(const RoundContext& round, const CanisterState& canister,
                                       const wasm::ModuleFacts& facts,
                                       const ExecutionInput& input) {
  Task task = TRY(std::visit(
      Overloaded{[&](const Shared<state::Ingress>& m) { return ingress_task(round, facts, *m); },
                 [&](const state::SharedRequest& m) { return request_task(round, facts, *m); },
                 [&](const state::ResponseInput& r) -> Result<Task, types::UserError> {
                   return callback_task(round, canister, r);
                 },
                 [&](state::SystemTask t) -> Result<Task, types::UserError> {
                   return system_task(round, t);
                 },
                 [&](state::SubnetCallId) -> Result<Task, types::UserError> {
                   unreachable_state("installs are run by install_run");
                 }},
      input));
  set_common(round, task);
  return task;
}

// ------------------------------------------------------------------------------------ admission

types::UserError prefixed(const CanisterState& canister, const types::UserError& error) {
  return from_canister(canister.id, error);
}

Status<types::UserError> check_running(const CanisterState& canister) {
  if (canister.is_stopping()) return Err(canister_stopping(canister.id));
  if (canister.is_stopped()) return Err(canister_stopped(canister.id));
  return {};
}

Status<types::UserError> check_attached_cycles(const CanisterState& canister,
                                               const ExecutionInput& input) {
  const auto* request = std::get_if<state::SharedRequest>(&input);
  if (request == nullptr || (*request)->sender == canister.id) return {};
  const Cycles minimum = canister.settings->minimum_incoming_call_cycles;
  if ((*request)->payment >= minimum) return {};
  return Err(too_few_cycles_for_call(canister.id, (*request)->payment, minimum));
}

Status<types::UserError> check_heap_limit(const CanisterState& canister, const Task& task) {
  const std::uint64_t limit = canister.settings->wasm_memory_limit;
  const std::uint64_t heap = (*canister.execution)->heap.size_bytes;
  if (limit == 0 || heap <= limit || task.context != Context::kUpdate) return {};
  return Err(prefixed(canister, wasm_memory_limit_exceeded(heap, limit)));
}

struct Admitted {
  Task task;
  wasm::Module module;
};

/// Instructions to be paid for in advance; for a method that isn't there, an update's. While the
/// low memory hook waits for cycles nothing cheaper overtakes it (interface specification, "Message
/// execution": the hook isn't ready, or it is a response that is executed).
std::uint64_t limit_to_pay(const RoundContext& round, const CanisterState& canister,
                           const Result<Task, types::UserError>& task) {
  const bool hook_waits = canister.low_memory_hook == state::LowMemoryHook::kReady;
  return task.ok() && !hook_waits ? task->limit : round.limits.update;
}

/// Checks a call or task and takes the payment for its largest execution. The order of refusals:
/// status, cycles, module, method, attached cycles, heap limit.
Result<Admitted, types::UserError> admit(const RoundContext& round, CanisterState& canister,
                                         const ExecutionInput& input, Cycles& prepaid) {
  TRY(check_running(canister));
  std::optional<wasm::Module> module;
  Result<Task, types::UserError> task = Err(no_wasm_module());
  PointerWidth width = PointerWidth::k32;
  if (canister.has_code()) {
    module = module_of(round, canister);
    width = module->facts().width;
    task = task_of(round, canister, module->facts(), input);
  }
  const FeeSchedule& fees = round.subnet.fees;
  const Cycles price = fees.execution_cost(limit_to_pay(round, canister, task), width);
  if (const Cycles lacking = missing(fees, canister, price); lacking != Cycles{0})
    return Err(out_of_cycles(canister.id, lacking));
  if (!task.ok()) return Err(prefixed(canister, task.error()));
  TRY(check_attached_cycles(canister, input));
  TRY(check_heap_limit(canister, *task));
  canister.balance -= price.value;
  prepaid = price;
  return Admitted{std::move(task).value(), std::move(*module)};
}

// ---------------------------------------------------------------------------- what responses bring

std::size_t payload_size(const types::Response& response) {
  if (const auto* reply = std::get_if<types::Reply>(&response.payload)) return reply->data.size();
  return std::get<types::Reject>(response.payload).message.size();
}

/// Cycles that come back with a response, besides those for executing its callback.
struct Credit {
  Cycles refund{0};
  /// Set aside for transmitting the largest response.
  Cycles transmission_unused{0};
  Cycles transmission_used{0};
};

Credit credit_of(const RoundContext& round, const types::Response& response,
                 const state::Callback& callback) {
  Credit credit;
  credit.refund = std::min(response.refund, callback.cycles_sent);
  credit.transmission_used = std::min(callback.prepaid_transmission,
                                      round.subnet.fees.response_cost(payload_size(response)));
  credit.transmission_unused = Cycles{callback.prepaid_transmission - credit.transmission_used};
  return credit;
}
Cycles credited(const RoundContext& round, const ExecutionInput& input) {
  const auto* response = std::get_if<state::ResponseInput>(&input);
  if (response == nullptr) return Cycles{0};
  const Credit credit = credit_of(round, *response->response, response->callback);
  return credit.refund + credit.transmission_unused.value;
}
void take_credit(const RoundContext& round, CanisterState& canister,
                 const types::Response& response, const state::Callback& callback) {
  const Credit credit = credit_of(round, response, callback);
  canister.balance += credit.refund.value + credit.transmission_unused.value;
  book(canister, state::CyclesUse::kRequestAndResponseTransmission, credit.transmission_used);
}

// ------------------------------------------------------------------------------------ execution

/// `credited` is what the canister owns already though it isn't in its balance yet.
std::unique_ptr<EntryRun> make_entry(const RoundContext& round, const CanisterState& canister,
                                     const Task& task, Cycles credited, const wasm::Module& module,
                                     const SubnetRoom& room) {
  const state::ExecutionState& execution = **canister.execution;
  EntryInput input{
      .canister = canister.id,
      .module = module,
      .entry = task.entry,
      .instructions = {task.limit, std::min(task.limit, round.parameters.instructions_per_slice)},
      .stable_pages = task.stable_pages,
      .charge_dirty_pages = wasm::ChargeDirtyPages(true),
      .keeps_state = task.keeps_state,
      .heap = execution.heap,
      .stable = execution.stable,
      .globals = execution.globals,
  };
  CanisterView view = view_of(canister, module.facts().width);
  view.balance += credited.value;
  return std::make_unique<EntryRun>(round.environment, std::move(input), round.subnet,
                                    std::move(view), task.message, room);
}

std::unique_ptr<EntryRun> make_cleanup(const RoundContext& round, const CanisterState& canister,
                                       const MessageRun& run, const SubnetRoom& room) {
  const auto& response = std::get<state::ResponseInput>(run.input);
  Task task = run.task;
  task.entry = to_engine(*response.callback.on_cleanup);
  task.context = Context::kCleanup;
  task.limit = round.limits.update - run.failed_callback->instructions;
  task.message.context = Context::kCleanup;
  task.message.instructions_before += run.failed_callback->instructions;
  return make_entry(round, canister, task, credited(round, run.input), module_of(round, canister),
                    room);
}

/// Gives back what the execution didn't use of its payment.
void settle(const RoundContext& round, CanisterState& canister, Cycles prepaid,
            std::uint64_t instructions, PointerWidth width) {
  const Cycles cost = std::min(prepaid, round.subnet.fees.execution_cost(instructions, width));
  canister.balance += prepaid.value - cost.value;
  book(canister, state::CyclesUse::kInstructions, cost);
}

types::CallContextId open_context(const RoundContext& round, CanisterState& canister,
                                  const MessageRun& run) {
  state::CallContext context;
  context.origin = run.task.origin;
  context.responded = std::holds_alternative<state::SystemTaskOrigin>(run.task.origin);
  context.available_cycles = run.task.message.available;
  context.started = round.time;
  context.call_tree_start = round.time;
  context.caller_info = run.task.message.caller_info;
  if (const auto* request = std::get_if<state::SharedRequest>(&run.input)) {
    context.call_tree_depth = (*request)->call_tree_depth;
    context.call_tree_start = (*request)->call_tree_start;
  }
  return canister.calls.write().open(std::move(context));
}

void trace(const CanisterState& canister, const state::CallOrigin& origin,
           const EntryOutcome& outcome, RoundOutput& out) {
  const auto* user = std::get_if<state::IngressOrigin>(&origin);
  if (user == nullptr) return;
  out.traces.push_back(
      {user->message, canister.id, user->method_name, outcome.instructions, outcome.dirty_pages});
}

/// The method that opened a call context; heartbeats and timers have none.
const std::string* method_of(const state::CallOrigin& origin) {
  if (const auto* user = std::get_if<state::IngressOrigin>(&origin)) return &user->method_name;
  const auto* canister = std::get_if<state::CanisterOrigin>(&origin);
  return canister == nullptr ? nullptr : &canister->method_name;
}

/// What runs, for people.
std::string function_name(const Task& task, const state::CallOrigin& origin) {
  if (const auto* method = std::get_if<wasm::Method>(&task.entry)) return method->name;
  if (const auto* hook = std::get_if<wasm::Hook>(&task.entry))
    return std::string(wasm::export_name(*hook));
  const std::string* method = method_of(origin);
  return method == nullptr ? "callback" : "callback of " + *method;
}

/// Into the canister's log, and to whoever watches.
void keep_log(const RoundContext& round, CanisterState& canister, const Task& task,
              types::CallContextId context, std::deque<Bytes> lines, RoundOutput& out) {
  if (lines.empty()) return;
  write_log(canister, lines, round.time);
  const state::CallOrigin& origin = canister.calls->find(context)->origin;
  out.log.push_back({canister.id, function_name(task, origin), std::move(lines)});
}

std::optional<Answer> result_of(const CanisterState& canister, EntryOutcome& outcome) {
  if (outcome.failure) return prefixed(canister, *outcome.failure);
  if (!outcome.effects.response) return std::nullopt;
  return answer_of(std::move(*outcome.effects.response));
}

/// A user's call that is still open is being processed.
void note_processing(const CanisterState& canister, const MessageRun& run, types::CallContextId id,
                     RoundOutput& out) {
  const auto* ingress = std::get_if<Shared<state::Ingress>>(&run.input);
  if (ingress == nullptr) return;
  const state::CallContext* context = canister.calls->find(id);
  if (context == nullptr || context->responded) return;
  out.ingress.push_back(
      {(*ingress)->id, canister.id, (*ingress)->sender, state::IngressProcessing{}});
}

/// Callback and cleanup both failed, or only the callback: what the caller is told.
void merge_cleanup(MessageRun& run, EntryOutcome& outcome) {
  EntryOutcome& callback = *run.failed_callback;
  types::UserError error = *callback.failure;
  if (outcome.failure)
    error.message += "\n\ncall_on_cleanup also failed:\n\n" + outcome.failure->message;
  outcome.instructions += callback.instructions;
  outcome.dirty_pages += callback.dirty_pages;
  outcome.effects.log.insert(outcome.effects.log.begin(), callback.effects.log.begin(),
                             callback.effects.log.end());
  callback.failure = std::move(error);
}

void finish(const RoundContext& round, CanisterState& canister, MessageRun& run,
            EntryOutcome outcome, SubnetRoom& room, RoundOutput& out) {
  const Cycles debit = canister.long_execution ? canister.long_execution->debit : Cycles{0};
  canister.long_execution.reset();
  if (const auto* response = std::get_if<state::ResponseInput>(&run.input))
    take_credit(round, canister, *response->response, response->callback);
  if (run.failed_callback) merge_cleanup(run, outcome);
  const types::CallContextId id =
      run.task.context_id ? *run.task.context_id : open_context(round, canister, run);
  keep_log(round, canister, run.task, id, std::move(outcome.effects.log), out);
  std::optional<Answer> result = result_of(canister, outcome);
  if (!outcome.failure) {
    room = room.after(outcome.drawn);
    apply_effects(canister, id, outcome, run.task.keeps_state, round.time);
  }
  if (run.failed_callback) result = prefixed(canister, *run.failed_callback->failure);
  settle(round, canister, run.prepaid, outcome.instructions, run.width);
  consume(canister, state::CyclesUse::kIngressInduction, debit);

  state::CallContext& context = canister.calls.write().at(id);
  context.instructions += outcome.instructions;
  trace(canister, context.origin, outcome, out);
  conclude(canister, id, std::move(result), out);
  note_processing(canister, run, id, out);
  update_low_memory_hook(canister, run.width);
}

/// What a long execution spends was there when it began. If the canister had to pay for something
/// else meanwhile, it has failed (interface specification, "Message execution": sending out more
/// cycles than available appears as a trap).
void check_affordable(const RoundContext& round, const CanisterState& canister,
                      const MessageRun& run, EntryOutcome& outcome) {
  if (outcome.failure) return;
  const Cycles balance = canister.balance + credited(round, run.input).value;
  const Cycles lacking = outcome.effects.spent().minus_or_zero(balance.value);
  if (lacking == Cycles{0}) return;
  outcome.failure = balance_fell(lacking);
  outcome.effects = std::move(outcome.effects).after_failure();
}

bool wants_cleanup(const MessageRun& run, const EntryOutcome& outcome) {
  const auto* response = std::get_if<state::ResponseInput>(&run.input);
  return response != nullptr && outcome.failure && !run.failed_callback &&
         response->callback.on_cleanup.has_value();
}

void become_long(const RoundContext& round, CanisterState& canister,
                 std::unique_ptr<MessageRun> run, RoundOutput& out) {
  const bool fresh = !canister.long_execution;
  if (fresh) {
    // A callback's payment stays in the callback.
    const bool is_response = std::holds_alternative<state::ResponseInput>(run->input);
    canister.long_execution = state::LongExecution{
        .input = run->input, .prepaid = is_response ? Cycles{0} : run->prepaid};
    canister.scheduler.long_execution_start_round = round.round;
    if (const auto* ingress = std::get_if<Shared<state::Ingress>>(&run->input))
      out.ingress.push_back(
          {(*ingress)->id, canister.id, (*ingress)->sender, state::IngressProcessing{}});
  }
  canister.long_execution->is_paused = true;
  round.environment.pause(canister.id, std::move(run));
}

/// Runs a slice, and what follows if it was the last.
WorkDone advance(const RoundContext& round, CanisterState& canister,
                 std::unique_ptr<MessageRun> run, SubnetRoom& room, RoundOutput& out) {
  WorkDone work;
  for (;;) {
    const wasm::Progress progress = run->entry->run();
    work.instructions += run->entry->slice_instructions();
    if (progress == wasm::Progress::kPaused) {
      work.paused = true;
      become_long(round, canister, std::move(run), out);
      return work;
    }
    EntryOutcome outcome = run->entry->finish();
    run->entry.reset();
    check_affordable(round, canister, *run, outcome);
    if (wants_cleanup(*run, outcome)) {
      run->failed_callback = std::move(outcome);
      run->entry = make_cleanup(round, canister, *run, room);
      continue;
    }
    if (!outcome.failure && run->task.keeps_state)
      work.heap_delta_bytes = outcome.dirty_pages * io::kGuestPageSize;
    finish(round, canister, *run, std::move(outcome), room, out);
    return work;
  }
}

// -------------------------------------------------------------------------------------- refusal

void refuse(CanisterState& canister, const ExecutionInput& input, const types::UserError& error,
            RoundOutput& out) {
  if (const auto* ingress = std::get_if<Shared<state::Ingress>>(&input))
    answer(canister, origin_of(**ingress), error, Cycles{0}, out);
  else if (const auto* request = std::get_if<state::SharedRequest>(&input))
    answer(canister, origin_of(**request), error, (*request)->payment, out);
}

/// A frozen canister's timer stays set, and its hook ready, until they can be paid for (interface
/// specification, "Call context creation").
void note_started(CanisterState& canister, const ExecutionInput& input) {
  const auto* task = std::get_if<state::SystemTask>(&input);
  if (task == nullptr) return;
  if (*task == state::SystemTask::kGlobalTimer) canister.global_timer.reset();
  if (*task == state::SystemTask::kOnLowWasmMemory)
    canister.low_memory_hook = state::LowMemoryHook::kExecuted;
}

WorkDone start(const RoundContext& round, CanisterState& canister, ExecutionInput input,
               SubnetRoom& room, RoundOutput& out) {
  Cycles prepaid{0};
  auto admitted = admit(round, canister, input, prepaid);
  if (!admitted.ok()) {
    refuse(canister, input, admitted.error(), out);
    return {};
  }
  note_started(canister, input);
  const PointerWidth width = admitted->module.facts().width;
  if (is_call(input)) ensure(admitted->task.message.may_respond);
  auto run =
      std::make_unique<MessageRun>(std::move(input), prepaid, std::move(admitted->task), width);
  run->entry = make_entry(round, canister, run->task, Cycles{0}, admitted->module, room);
  return advance(round, canister, std::move(run), room, out);
}

// ------------------------------------------------------------------------------------ responses

/// The context was deleted with the canister's code: cycles come back, nothing runs.
void drop_callback(CanisterState& canister, const state::Callback& callback) {
  canister.balance += callback.prepaid_execution.value;
  const state::CallContext* context = canister.calls->find(callback.context);
  if (context != nullptr && context->outstanding_calls == 0)
    canister.calls.write().close(callback.context);
}

/// A callback was paid for when its call was made. If the module has become a 64-bit one meanwhile,
/// what is missing is taken from the balance, the freezing threshold notwithstanding. False if the
/// canister doesn't have it.
bool top_up(const RoundContext& round, CanisterState& canister, state::Callback& callback,
            PointerWidth width) {
  const Cycles price = round.subnet.fees.execution_cost(round.limits.update, width);
  const Cycles lacking = price.minus_or_zero(callback.prepaid_execution.value);
  if (lacking > canister.balance) return false;
  canister.balance -= lacking.value;
  callback.prepaid_execution += lacking.value;
  return true;
}

WorkDone start_response(const RoundContext& round, CanisterState& canister,
                        state::SharedResponse response, SubnetRoom& room, RoundOutput& out) {
  const types::CallbackId id = response->callback;
  auto callback = canister.calls.write().take_callback(id);
  if (!callback) {
    canister.balance += response->refund.value;
    return {};
  }
  const state::CallContext* context = canister.calls->find(callback->context);
  if (context == nullptr || context->deleted || !canister.has_code()) {
    take_credit(round, canister, *response, *callback);
    drop_callback(canister, *callback);
    return {};
  }
  const wasm::Module module = module_of(round, canister);
  const PointerWidth width = module.facts().width;
  const bool paid = top_up(round, canister, *callback, width);
  ExecutionInput input = state::ResponseInput{std::move(response), id, *callback};
  auto task = task_of(round, canister, module.facts(), input);
  ensure(task.ok());
  auto run = std::make_unique<MessageRun>(std::move(input), callback->prepaid_execution,
                                          std::move(task).value(), width);
  if (!paid) {
    EntryOutcome outcome;
    outcome.failure = callback_out_of_cycles(canister.id);
    finish(round, canister, *run, std::move(outcome), room, out);
    return {};
  }
  run->entry = make_entry(round, canister, run->task, credited(round, run->input), module, room);
  return advance(round, canister, std::move(run), room, out);
}

/// Withdrawn for the execution when it began; for callbacks, when their call was made.
Cycles prepaid_for(const state::LongExecution& execution) {
  const auto* response = std::get_if<state::ResponseInput>(&execution.input);
  return response != nullptr ? response->callback.prepaid_execution : execution.prepaid;
}

}  // namespace

CanisterView view_of(const CanisterState& canister, PointerWidth width) {
  CanisterView view;
  view.id = canister.id;
  view.settings = &*canister.settings;
  view.queues = &*canister.queues;
  view.status = api_status(canister);
  view.version = canister.version;
  view.balance = canister.balance;
  view.reserved_balance = canister.reserved_balance;
  view.global_timer = canister.global_timer.value_or(Time{});
  view.use = resource_use(canister);
  view.callbacks = canister.calls->callbacks().size();
  view.width = width;
  return view;
}

void update_low_memory_hook(CanisterState& canister, PointerWidth width) {
  using enum state::LowMemoryHook;
  const std::uint64_t threshold = canister.settings->wasm_memory_threshold;
  if (!canister.has_code() || threshold == 0) {
    canister.low_memory_hook = kConditionNotSatisfied;
    return;
  }
  const state::Settings& settings = *canister.settings;
  const std::uint64_t heap = (*canister.execution)->heap.size_bytes;
  std::uint64_t ceiling =
      width == PointerWidth::k64 ? types::limits::kHeapSizeMax64 : types::limits::kHeapSizeMax32;
  if (settings.wasm_memory_limit != 0) ceiling = std::min(ceiling, settings.wasm_memory_limit);
  const std::uint64_t remaining = ceiling > heap ? ceiling - heap : 0;
  if (remaining >= threshold)
    canister.low_memory_hook = kConditionNotSatisfied;
  else if (canister.low_memory_hook == kConditionNotSatisfied)
    canister.low_memory_hook = kReady;
}

WorkDone start_message(const RoundContext& round, CanisterState& canister,
                       state::InputMessage message, SubnetRoom& room, RoundOutput& out) {
  ensure(!canister.long_execution, "one message at a time");
  return std::visit(
      Overloaded{[&](state::SharedResponse& response) {
                   return start_response(round, canister, std::move(response), room, out);
                 },
                 [&](auto& call) {
                   return start(round, canister, ExecutionInput(std::move(call)), room, out);
                 }},
      message);
}

WorkDone start_task(const RoundContext& round, CanisterState& canister, state::SystemTask task,
                    SubnetRoom& room, RoundOutput& out) {
  ensure(!canister.long_execution, "one message at a time");
  if (!canister.has_code() ||
      !(*canister.execution)->module->has(static_cast<state::SystemMethod>(hook_of(task)))) {
    note_started(canister, task);
    return {};
  }
  return start(round, canister, task, room, out);
}

WorkDone continue_message(const RoundContext& round, CanisterState& canister, SubnetRoom& room,
                          RoundOutput& out) {
  ensure(canister.long_execution.has_value());
  const state::LongExecution& long_execution = *canister.long_execution;
  std::unique_ptr<PausedExecution> paused = round.environment.resume(canister.id);
  if (paused != nullptr) {
    auto* known = dynamic_cast<MessageRun*>(paused.get());
    ensure(known != nullptr && long_execution.is_paused);
    std::ignore = paused.release();
    std::unique_ptr<MessageRun> run(known);
    run->entry->rebind(*canister.settings, *canister.queues, room);
    return advance(round, canister, std::move(run), room, out);
  }
  const wasm::Module module = module_of(round, canister);
  auto task = task_of(round, canister, module.facts(), long_execution.input);
  ensure(task.ok(), "the message was admitted to this module");
  auto run = std::make_unique<MessageRun>(long_execution.input, prepaid_for(long_execution),
                                          std::move(task).value(), module.facts().width);
  run->entry = make_entry(round, canister, run->task, credited(round, run->input), module, room);
  return advance(round, canister, std::move(run), room, out);
}

void cancel_message(const RoundContext& round, CanisterState& canister,
                    const types::UserError& error, RoundOutput& out) {
  ensure(canister.long_execution.has_value());
  round.environment.abort(canister.id);
  const state::LongExecution long_execution = std::move(*canister.long_execution);
  canister.long_execution.reset();
  canister.balance += prepaid_for(long_execution).value;
  if (const auto* response = std::get_if<state::ResponseInput>(&long_execution.input))
    take_credit(round, canister, *response->response, response->callback);
  consume(canister, state::CyclesUse::kIngressInduction, long_execution.debit);
  // A callback's context is answered and closed with the canister's other contexts.
  refuse(canister, long_execution.input, error, out);
}

}  // namespace icpd::execution
