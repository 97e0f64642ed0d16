#include "execution/query.hpp"

#include <algorithm>

#include "execution/answers.hpp"
#include "execution/canister_cycles.hpp"
#include "execution/entry_run.hpp"
#include "execution/execute_round.hpp"
#include "execution/management_info.hpp"
#include "execution/management_methods.hpp"
#include "execution/management_types.hpp"
#include "execution/message_run.hpp"

namespace icpd::execution {
namespace {

using state::CanisterState;
using wasm::Context;
using QueryResult = Result<Slice, QueryReject>;

QueryReject reject_of(const UserError& error) {
  return {types::reject_code(error.code), shortened(error.message), error.code};
}
QueryResult to_result(Answer answer) {
  if (auto* reply = std::get_if<types::Reply>(&answer)) return std::move(reply->data);
  if (const auto* error = std::get_if<UserError>(&answer)) return Err(reject_of(*error));
  auto& reject = std::get<types::Reject>(answer);
  return Err(
      QueryReject{reject.code, std::move(reject.message), ErrorCode::kCanisterRejectedMessage});
}
Answer to_answer(const QueryResult& result) {
  if (result.ok()) return types::Reply{*result};
  return types::Reject{result.error().reject_code, result.error().message};
}

UserError too_deep() {
  return {ErrorCode::kQueryCallGraphTooDeep, "Composite query calls are nested more than " +
                                                 std::to_string(kCompositeQueryDepthMax) +
                                                 " deep."};
}
UserError over_total_limit() {
  return {ErrorCode::kQueryCallGraphTotalInstructionLimitExceeded,
          "Composite query and the calls it makes exceeded their total instruction limit."};
}
UserError other_subnet(const CanisterId& canister) {
  return {ErrorCode::kCanisterNotHostedBySubnet, "Composite query cannot call canister " +
                                                     canister.text() +
                                                     ", which is not on the same subnet."};
}

/// One query with all that it calls.
class Evaluation {
 public:
  Evaluation(const state::ReplicatedState& state, std::optional<Slice> certificate,
             Environment& environment)
      : state_(state),
        round_(round_context(state, environment)),
        certificate_(std::move(certificate)),
        budget_(round_.limits.query) {}

  struct Call {
    CanisterId callee;
    types::Principal caller;
    std::optional<state::CallerInfo> caller_info;
    std::string method;
    Slice arg;
    std::size_t depth = 0;
  };

  QueryResult evaluate(const Call& call) {
    auto checked = check(call);
    if (!checked.ok()) return Err(reject_of(checked.error()));
    Frame frame = std::move(checked).value();
    EntryOutcome outcome = run_method(frame, call);
    for (;;) {
      if (outcome.failure) return Err(reject_of(from_canister(call.callee, *outcome.failure)));
      if (outcome.effects.response)
        return to_result(answer_of(std::move(*outcome.effects.response)));
      auto& calls = outcome.effects.calls;
      frame.calls.insert(frame.calls.begin(), std::make_move_iterator(calls.begin()),
                         std::make_move_iterator(calls.end()));
      if (frame.calls.empty()) return Err(reject_of(from_canister(call.callee, did_not_reply())));
      auto next = run_next_call(frame, call);
      if (!next.ok()) return Err(reject_of(next.error()));
      outcome = std::move(next).value();
    }
  }

  [[nodiscard]] std::uint64_t instructions() const { return round_.limits.query - budget_; }

 private:
  /// A method between its callbacks.
  struct Frame {
    const CanisterState* canister = nullptr;
    wasm::Module module;
    wasm::MethodKind kind = wasm::MethodKind::kQuery;
    state::Memory heap;
    state::Memory stable;
    std::vector<state::Global> globals;
    std::uint64_t instructions = 0;
    std::vector<OutgoingCall> calls;
  };

  Result<Frame, UserError> check(const Call& call) const {
    const CanisterState* canister = state_.find(call.callee);
    if (canister == nullptr) return Err(canister_not_found(call.callee));
    if (canister->is_stopping()) return Err(canister_stopping(call.callee));
    if (canister->is_stopped()) return Err(canister_stopped(call.callee));
    if (!canister->has_code()) return Err(from_canister(call.callee, no_wasm_module()));
    if (missing(round_.subnet.fees, *canister, Cycles{0}) != Cycles{0})
      return Err(frozen_for_queries(call.callee));
    const state::ExecutionState& execution = **canister->execution;
    wasm::Module module = round_.environment.module(execution.module->code);
    const auto kind = module.facts().method_kind(call.method);
    if (!kind || *kind == wasm::MethodKind::kUpdate)
      return Err(from_canister(call.callee, method_not_found("query", call.method)));
    return Frame{canister,       std::move(module), *kind,
                 execution.heap, execution.stable,  execution.globals};
  }

  EntryOutcome run(Frame& frame, wasm::Entry entry, MessageView message) {
    const std::uint64_t limit = std::max<std::uint64_t>(budget_, 1);
    const bool composite = frame.kind == wasm::MethodKind::kCompositeQuery;
    EntryInput input{
        .canister = frame.canister->id,
        .module = frame.module,
        .entry = std::move(entry),
        .instructions = {limit, limit},
        .stable_pages = kQueryStablePages,
        .charge_dirty_pages = wasm::ChargeDirtyPages(false),
        .keeps_state = KeepsState(composite),
        .heap = frame.heap,
        .stable = frame.stable,
        .globals = frame.globals,
    };
    message.time = round_.time;
    message.replicated = false;
    message.may_respond = true;
    message.reply_size_max = types::limits::kQueryReplySizeMax;
    message.instructions_before = frame.instructions;
    message.callback_instructions = round_.limits.update;
    EntryRun run(round_.environment, std::move(input), round_.subnet,
                 view_of(*frame.canister, frame.module.facts().width), std::move(message),
                 SubnetRoom{});
    const wasm::Progress progress = run.run();
    ensure(progress == wasm::Progress::kFinished, "queries run in one slice");
    EntryOutcome outcome = run.finish();
    budget_ -= std::min(budget_, outcome.instructions);
    frame.instructions += outcome.instructions;
    if (!outcome.failure && composite) {
      frame.heap = outcome.heap;
      frame.stable = outcome.stable;
      frame.globals = outcome.globals;
    }
    return outcome;
  }

  EntryOutcome run_method(Frame& frame, const Call& call) {
    MessageView message;
    const bool composite = frame.kind == wasm::MethodKind::kCompositeQuery;
    message.context = composite ? Context::kCompositeQuery : Context::kNonReplicatedQuery;
    message.caller = call.caller;
    message.caller_info = call.caller_info;
    message.arg = call.arg;
    if (call.depth == 0) message.certificate = certificate_;
    return run(frame, wasm::Method{frame.kind, call.method}, std::move(message));
  }

  Result<EntryOutcome, UserError> run_next_call(Frame& frame, const Call& call) {
    if (call.depth >= kCompositeQueryDepthMax) return Err(too_deep());
    OutgoingCall next = std::move(frame.calls.front());
    frame.calls.erase(frame.calls.begin());
    if (budget_ <= kNestedQueryInstructions) return Err(over_total_limit());
    budget_ -= kNestedQueryInstructions;
    const QueryResult response = ask(frame, next, call.depth + 1);
    if (budget_ == 0) return Err(over_total_limit());
    return run_callback(frame, call, next, to_answer(response));
  }

  QueryResult ask(const Frame& frame, OutgoingCall& call, std::size_t depth);

  EntryOutcome run_callback(Frame& frame, const Call& call, const OutgoingCall& made,
                            Answer response) {
    MessageView message;
    message.caller = call.caller;
    message.caller_info = call.caller_info;
    state::Closure closure = made.on_reply;
    message.context = Context::kCompositeReplyCallback;
    if (auto* reply = std::get_if<types::Reply>(&response)) {
      message.arg = reply->data;
    } else {
      closure = made.on_reject;
      message.context = Context::kCompositeRejectCallback;
      message.reject = std::get<types::Reject>(std::move(response));
    }
    return run(frame, wasm::Callback{closure.function, closure.environment}, std::move(message));
  }

  const state::ReplicatedState& state_;
  RoundContext round_;
  std::optional<Slice> certificate_;
  std::uint64_t budget_;
};

// ----------------------------------------------------------------------------------- management

using Reader = Bytes (*)(const FeeSchedule&, const CanisterState&);
struct ReaderRow {
  std::string_view method;
  Reader read;
};
constexpr auto kReaders = std::to_array<ReaderRow>({
    {"canister_status", status_reply},
    {"canister_metrics",
     [](const FeeSchedule&, const CanisterState& canister) { return metrics_reply(canister); }},
    {"fetch_canister_logs",
     [](const FeeSchedule&, const CanisterState& canister) { return logs_reply(canister); }},
});

Result<Slice, UserError> query_management(const state::ReplicatedState& state,
                                          const FeeSchedule& fees, const types::Principal& caller,
                                          const std::string& method, ByteView arg) {
  const ManagementMethod* row = TRY(
      find_management_method(method, kByQuery, state.topology().parameters.provisional_methods));
  const auto args = codec::candid::decode_arg<management::CanisterIdRecord>(arg);
  if (!args.ok()) return Err(invalid_argument(Error(args.error()).message));
  if (!state.contains(args->canister_id)) return Err(canister_not_found(args->canister_id));
  Cow<CanisterState> canister = state.share(args->canister_id);
  TRY(check_access(*row, *canister, caller));
  // An idle canister pays for its storage only now and then; what it has is without what it owes.
  std::ignore = charge_resources(fees, canister.write(), state.time());
  const auto* reader = std::ranges::find(kReaders, row->name, &ReaderRow::method);
  ensure(reader != kReaders.end(), "every method by query that is offered can be read");
  return Slice(reader->read(fees, *canister));
}

QueryResult Evaluation::ask(const Frame& frame, OutgoingCall& call, std::size_t depth) {
  const types::Principal& caller = frame.canister->id.principal;
  if (call.callee == types::management_canister()) {
    auto result = query_management(state_, round_.subnet.fees, caller, call.method_name, call.arg);
    if (!result.ok()) return Err(reject_of(result.error()));
    return std::move(result).value();
  }
  if (!state_.contains(call.callee) && !state_.topology().hosts(call.callee))
    return Err(reject_of(other_subnet(call.callee)));
  return evaluate(
      {call.callee, caller, std::nullopt, call.method_name, Slice(std::move(call.arg)), depth});
}

}  // namespace

QueryAnswer execute_query(const state::ReplicatedState& state, const QueryRequest& request,
                          std::optional<Slice> certificate, Environment& environment) {
  if (request.receiver == types::management_canister()) {
    const SubnetView subnet = subnet_view(state.topology());
    auto result = query_management(state, subnet.fees, request.sender.principal,
                                   request.method_name, request.arg);
    if (!result.ok()) return {Err(reject_of(result.error())), 0};
    return {std::move(result).value(), 0};
  }
  Evaluation evaluation(state, std::move(certificate), environment);
  QueryResult result =
      evaluation.evaluate({request.receiver, request.sender.principal, request.caller_info,
                           request.method_name, request.arg, 0});
  return {std::move(result), evaluation.instructions()};
}

}  // namespace icpd::execution
