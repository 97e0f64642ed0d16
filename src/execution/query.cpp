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

std::size_t payload_size(const QueryResult& result) {
  return result.ok() ? result->size() : result.error().message.size();
}

QueryBasis::Balance balance_of(const FeeSchedule& fees, const CanisterState& canister) {
  return {canister.balance, liquid_balance(fees, canister)};
}

/// Why the canister can't be asked anything; nothing if it can, which cost and code decide then.
std::optional<UserError> not_running(const CanisterState& canister) {
  if (canister.is_stopping()) return canister_stopping(canister.id);
  if (canister.is_stopped()) return canister_stopped(canister.id);
  if (!canister.has_code()) return from_canister(canister.id, no_wasm_module());
  return std::nullopt;
}
bool is_frozen(const FeeSchedule& fees, const CanisterState& canister) {
  return missing(fees, canister, Cycles{0}) != Cycles{0};
}

wasm::Callback to_engine(const state::Closure& closure) {
  return {closure.function, closure.environment};
}

/// One query with all that it calls.
class Evaluation {
 public:
  Evaluation(const state::ReplicatedState& state, const CanisterId& root,
             DataCertificate certificate, Environment& environment, QueryOptions options)
      : state_(state),
        round_(round_context(state, environment)),
        root_(root),
        certificate_(std::move(certificate)),
        options_(std::move(options)),
        budget_(round_.limits.query) {
    basis_.topology = state.metadata().topology;
    basis_.time = state.time();
  }

  struct Call {
    CanisterId callee;
    types::Principal caller;
    std::optional<state::CallerInfo> caller_info;
    std::string method;
    Slice arg;
    std::size_t depth = 0;
    bool is_transform = false;
  };

  QueryResult evaluate(const Call& call) {
    auto checked = check(call);
    if (!checked.ok()) {
      has_basis_ = false;
      return Err(reject_of(checked.error()));
    }
    Frame frame = std::move(checked).value();
    note_canister(*frame.canister);
    QueryResult result = conduct(frame, call);
    held_ = held_.without(frame.held);
    evaluated_.push_back({call.callee,
                          {.calls = 1,
                           .instructions = frame.instructions,
                           .request_bytes = call.arg.size(),
                           .response_bytes = payload_size(result)}});
    return result;
  }

  QueryAnswer answer(QueryResult result) && {
    QueryAnswer answer{std::move(result), round_.limits.query - budget_, std::move(evaluated_), {}};
    const bool lasting = has_basis_ && !is_late_;
    if (lasting) answer.basis = std::move(basis_);
    return answer;
  }

 private:
  /// What frames hold while they wait: pages stored to, calls to be made.
  struct Held {
    std::uint64_t pages = 0;
    std::uint64_t calls = 0;
    std::uint64_t call_bytes = 0;

    [[nodiscard]] Held with(const Held& more) const {
      return {pages + more.pages, calls + more.calls, call_bytes + more.call_bytes};
    }
    [[nodiscard]] Held without(const Held& less) const {
      ensure(less.pages <= pages && less.calls <= calls && less.call_bytes <= call_bytes);
      return {pages - less.pages, calls - less.calls, call_bytes - less.call_bytes};
    }
  };

  /// A method between its callbacks.
  struct Frame {
    const CanisterState* canister = nullptr;
    wasm::Module module;
    wasm::MethodKind kind = wasm::MethodKind::kQuery;
    state::Memory heap;
    state::Memory stable;
    std::vector<state::Global> globals;
    std::uint64_t instructions = 0;
    std::deque<OutgoingCall> calls;
    Held held;

    [[nodiscard]] bool is_composite() const { return kind == wasm::MethodKind::kCompositeQuery; }
  };

  /// The order of refusals is the specification's.
  Result<Frame, UserError> check(const Call& call) const {
    const CanisterState* canister = state_.find(call.callee);
    if (canister == nullptr) return Err(canister_not_found(call.callee));
    if (auto why = not_running(*canister)) return Err(std::move(*why));
    const state::ExecutionState& execution = **canister->execution;
    wasm::Module module = round_.environment.module(execution.module->code);
    const auto kind = module.facts().method_kind(call.method);
    if (!kind || *kind == wasm::MethodKind::kUpdate)
      return Err(from_canister(call.callee, method_not_found("query", call.method)));
    if (call.is_transform && *kind == wasm::MethodKind::kCompositeQuery)
      return Err(composite_query_in_replicated_mode(call.method));
    if (is_frozen(round_.subnet.fees, *canister)) return Err(frozen_for_queries(call.callee));
    return Frame{.canister = canister,
                 .module = std::move(module),
                 .kind = *kind,
                 .heap = execution.heap,
                 .stable = execution.stable,
                 .globals = execution.globals,
                 .calls = {},
                 .held = {}};
  }

  void note_canister(const CanisterState& canister) {
    const auto known = std::ranges::find(basis_.canisters, canister.id, &QueryBasis::Canister::id);
    if (known != basis_.canisters.end()) return;
    basis_.canisters.push_back({canister.id, canister.created, canister.version, std::nullopt});
  }

  void note(const CanisterState& canister, const Told& told) {
    basis_.time_was_read |= told.time;
    basis_.certificate_was_read |= told.certificate;
    if (!told.balance) return;
    const auto known = std::ranges::find(basis_.canisters, canister.id, &QueryBasis::Canister::id);
    ensure(known != basis_.canisters.end());
    known->balance = balance_of(round_.subnet.fees, canister);
  }

  [[nodiscard]] bool is_late() {
    if (!is_late_ && options_.time_is_up != nullptr) is_late_ = options_.time_is_up();
    return is_late_;
  }

  QueryResult conduct(Frame& frame, const Call& call) {
    std::optional<UserError> failed_callback;
    EntryOutcome outcome = run_method(frame, call);
    for (;;) {
      if (is_late_) return Err(reject_of(query_out_of_time()));
      if (outcome.failure) return Err(reject_of(from_canister(call.callee, *outcome.failure)));
      if (outcome.effects.response)
        return to_result(answer_of(std::move(*outcome.effects.response)));
      auto& calls = outcome.effects.calls;
      frame.calls.insert(frame.calls.begin(), std::make_move_iterator(calls.begin()),
                         std::make_move_iterator(calls.end()));
      if (held_.pages > options_.memory_max / io::kGuestPageSize)
        return Err(reject_of(query_over_memory(options_.memory_max)));
      if (frame.calls.empty())
        return Err(
            reject_of(from_canister(call.callee, failed_callback.value_or(did_not_reply()))));
      auto next = run_next_call(frame, call, failed_callback);
      if (!next.ok()) return Err(reject_of(next.error()));
      outcome = std::move(next).value();
    }
  }

  /// `kept_back` of the budget can't be used.
  EntryOutcome run(Frame& frame, wasm::Entry entry, MessageView message,
                   std::uint64_t kept_back = 0) {
    const std::uint64_t limit = std::max<std::uint64_t>(budget_ - kept_back, 1);
    message.time = round_.time;
    message.replicated = false;
    message.may_respond = true;
    message.reply_size_max = types::limits::kQueryReplySizeMax;
    message.instructions_before = frame.instructions;
    message.callback_instructions = round_.limits.update;
    EntryRun run(round_.environment, input_of(frame, std::move(entry), limit), round_.subnet,
                 view_of(*frame.canister, frame.module.facts().width), std::move(message),
                 SubnetRoom{.message_memory_bytes = kCompositeQueryCallBytesMax - held_.call_bytes,
                            .callbacks = kCompositeQueryCallsMax - held_.calls});
    const wasm::Progress progress = run.run();
    ensure(progress == wasm::Progress::kFinished, "queries run in one slice");
    EntryOutcome outcome = run.finish();
    budget_ -= std::min(budget_, outcome.instructions);
    frame.instructions += outcome.instructions;
    note(*frame.canister, outcome.told);
    if (!outcome.failure && frame.is_composite()) keep(frame, outcome);
    return outcome;
  }

  EntryInput input_of(const Frame& frame, wasm::Entry entry, std::uint64_t limit) {
    EntryInput input{
        .canister = frame.canister->id,
        .module = frame.module,
        .entry = std::move(entry),
        .instructions = {limit, limit},
        .stable_pages = kQueryStablePages,
        .charge_dirty_pages = wasm::ChargeDirtyPages(false),
        .watch = std::nullopt,
        .keeps_state = KeepsState(frame.is_composite()),
        .heap = frame.heap,
        .stable = frame.stable,
        .globals = frame.globals,
    };
    if (options_.time_is_up != nullptr)
      input.watch = wasm::Watch{
          kQueryWatchInstructions,
          [this] { return is_late() ? std::optional(query_out_of_time()) : std::nullopt; }};
    return input;
  }

  void keep(Frame& frame, EntryOutcome& outcome) {
    frame.heap = outcome.heap;
    frame.stable = outcome.stable;
    frame.globals = outcome.globals;
    const Held more{.pages = outcome.dirty_pages,
                    .calls = outcome.drawn.callbacks,
                    .call_bytes = outcome.drawn.message_memory_bytes};
    frame.held = frame.held.with(more);
    held_ = held_.with(more);
  }

  void let_go(Frame& frame, std::uint64_t call_bytes) {
    const Held less{.pages = 0, .calls = 1, .call_bytes = call_bytes};
    frame.held = frame.held.without(less);
    held_ = held_.without(less);
  }

  EntryOutcome run_method(Frame& frame, const Call& call) {
    MessageView message;
    message.context = call.is_transform      ? Context::kTransform
                      : frame.is_composite() ? Context::kCompositeQuery
                                             : Context::kNonReplicatedQuery;
    message.caller = call.caller;
    message.caller_info = call.caller_info;
    message.arg = call.arg;
    // Also where the receiver of the query is called again, but in no callback.
    if (call.callee == root_ && certificate_) message.certificate = *certificate_;
    return run(frame, wasm::Method{frame.kind, call.method}, std::move(message));
  }

  /// A failure of the callback whose cleanup succeeded is put into `failed_callback`.
  Result<EntryOutcome, UserError> run_next_call(Frame& frame, const Call& call,
                                                std::optional<UserError>& failed_callback) {
    if (call.depth >= kCompositeQueryDepthMax) return Err(query_too_deep(kCompositeQueryDepthMax));
    OutgoingCall next = std::move(frame.calls.front());
    frame.calls.pop_front();
    const std::uint64_t call_bytes = next.method_name.size() + next.arg.size();
    if (budget_ <= kNestedQueryInstructions) return Err(query_over_total_instructions());
    budget_ -= kNestedQueryInstructions;
    const auto subnet = state_.topology().route(next.callee);
    if (subnet && *subnet != state_.topology().own_subnet && !state_.contains(next.callee) &&
        next.callee != types::management_canister())
      return Err(query_of_other_subnet(call.callee, next.callee));
    QueryResult response = ask(frame, next, call.depth + 1);
    let_go(frame, call_bytes);
    if (is_late()) return Err(query_out_of_time());
    if (budget_ == 0) return Err(query_over_total_instructions());
    return run_callback(frame, call, next, std::move(response), failed_callback);
  }

  QueryResult ask(const Frame& frame, OutgoingCall& call, std::size_t depth);

  EntryOutcome run_callback(Frame& frame, const Call& call, const OutgoingCall& made,
                            QueryResult response, std::optional<UserError>& failed_callback) {
    MessageView message;
    message.caller = call.caller;
    message.caller_info = call.caller_info;
    state::Closure closure = made.on_reply;
    message.context = Context::kCompositeReplyCallback;
    if (response.ok()) {
      message.arg = std::move(response).value();
    } else {
      closure = made.on_reject;
      message.context = Context::kCompositeRejectCallback;
      message.reject = types::Reject{response.error().reject_code, response.error().message};
    }
    const std::uint64_t kept_back = made.on_cleanup ? reserved_for_cleanup(budget_) : 0;
    EntryOutcome outcome = run(frame, to_engine(closure), message, kept_back);
    if (!outcome.failure || !made.on_cleanup || is_late_) return outcome;
    message.context = Context::kCompositeCleanup;
    EntryOutcome cleaned = run(frame, to_engine(*made.on_cleanup), std::move(message));
    if (cleaned.failure)
      cleaned.failure->message = outcome.failure->message + "\n\ncall_on_cleanup also failed:\n\n" +
                                 cleaned.failure->message;
    else
      failed_callback = std::move(outcome.failure);
    return cleaned;
  }

  const state::ReplicatedState& state_;
  RoundContext round_;
  CanisterId root_;
  DataCertificate certificate_;
  QueryOptions options_;
  bool is_late_ = false;
  std::uint64_t budget_;
  Held held_;
  std::vector<EvaluatedMethod> evaluated_;
  bool has_basis_ = true;
  QueryBasis basis_;
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
  const state::SubnetParameters& subnet = state.topology().parameters;
  const ManagementMethod* row = TRY(find_management_method(method, {caller, kByQuery, subnet}));
  if (row->access == Access::kAdmins) {
    if (!codec::candid::decode_args<>(arg).ok())
      return Err(invalid_argument(method + " takes no argument"));
    return Slice(canister_ranges_reply(state));
  }
  const auto args = codec::candid::decode_arg<management::CanisterIdRecord>(arg);
  if (!args.ok()) return Err(invalid_argument(Error(args.error()).message));
  if (!state.contains(args->canister_id)) return Err(canister_not_found(args->canister_id));
  Cow<CanisterState> canister = state.share(args->canister_id);
  TRY(check_access(*row, *canister, caller, subnet));
  // An idle canister pays for its storage only now and then; what it has is without what it owes.
  std::ignore = charge_resources(fees, canister.write(), state.time());
  const auto* reader = std::ranges::find(kReaders, row->name, &ReaderRow::method);
  ensure(reader != kReaders.end(), "every method by query that is offered can be read");
  return Slice(reader->read(fees, *canister));
}

QueryResult Evaluation::ask(const Frame& frame, OutgoingCall& call, std::size_t depth) {
  const types::Principal& caller = frame.canister->id.principal;
  if (call.callee == types::management_canister()) {
    has_basis_ = false;
    auto result = query_management(state_, round_.subnet.fees, caller, call.method_name, call.arg);
    if (!result.ok()) return Err(reject_of(result.error()));
    return std::move(result).value();
  }
  return evaluate(
      {call.callee, caller, std::nullopt, call.method_name, Slice(std::move(call.arg)), depth});
}

}  // namespace

QueryAnswer execute_query(const state::ReplicatedState& state, const QueryRequest& request,
                          DataCertificate certificate, Environment& environment,
                          QueryOptions options) {
  if (request.receiver == types::management_canister()) {
    const SubnetView subnet = subnet_view(state.topology());
    auto result = query_management(state, subnet.fees, request.sender.principal,
                                   request.method_name, request.arg);
    if (!result.ok()) return {Err(reject_of(result.error())), 0, {}, {}};
    return {std::move(result).value(), 0, {}, {}};
  }
  Evaluation evaluation(state, request.receiver, std::move(certificate), environment,
                        std::move(options));
  QueryResult result =
      evaluation.evaluate({request.receiver, request.sender.principal, request.caller_info,
                           request.method_name, request.arg, 0});
  return std::move(evaluation).answer(std::move(result));
}

QueryAnswer execute_transform(const state::ReplicatedState& state, const TransformRequest& request,
                              Environment& environment, QueryOptions options) {
  Evaluation evaluation(state, request.canister, std::nullopt, environment, std::move(options));
  QueryResult result = evaluation.evaluate({.callee = request.canister,
                                            .caller = types::management_canister().principal,
                                            .caller_info = std::nullopt,
                                            .method = request.method_name,
                                            .arg = request.arg,
                                            .is_transform = true});
  QueryAnswer answer = std::move(evaluation).answer(std::move(result));
  answer.basis.reset();
  return answer;
}

bool holds(const QueryBasis& basis, const state::ReplicatedState& state) {
  if (!basis.topology.same(state.metadata().topology)) return false;
  if (state.time() < basis.time) return false;
  if (basis.time_was_read && basis.time != state.time()) return false;
  if (basis.certificate_was_read && state.time() - basis.time > kCertificateReuseMax) return false;
  const FeeSchedule fees = subnet_view(state.topology()).fees;
  return std::ranges::all_of(basis.canisters, [&](const QueryBasis::Canister& known) {
    const CanisterState* canister = state.find(known.id);
    if (canister == nullptr || canister->created != known.created ||
        canister->version != known.version)
      return false;
    if (not_running(*canister) || is_frozen(fees, *canister)) return false;
    return !known.balance || *known.balance == balance_of(fees, *canister);
  });
}

}  // namespace icpd::execution
