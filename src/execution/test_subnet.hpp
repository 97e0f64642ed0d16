// For tests: a subnet of one process without consensus; calls are put where induction would put
// them, and rounds are run by hand.
#pragma once

#include <iostream>

#include "execution/execute_round.hpp"
#include "execution/ingress_filter.hpp"
#include "execution/management_types.hpp"
#include "execution/query.hpp"
#include "execution/wasm/assemble.hpp"
#include "io/memory/guest_memory_space.hpp"
#include "state/induction.hpp"
#include "types/effective_canister.hpp"

namespace icpd::execution::testing {

/// The module of a WebAssembly text.
inline Bytes wat(std::string_view text) {
  auto module = wasm::assemble(text);
  if (!module.ok()) std::cerr << module.error().message << '\n';
  return std::move(module).value();
}

inline types::UserId user(std::uint8_t number) {
  const std::array<std::uint8_t, 2> bytes = {number, 0x02};
  return types::UserId(*types::Principal::from_bytes(bytes));
}
inline const types::UserId kAlice = user(1);
inline const types::UserId kBob = user(2);

struct SubnetOptions {
  std::size_t nodes = 13;
  state::SubnetType type = state::SubnetType::kApplication;
  state::SubnetParameters parameters{.provisional_methods = true};
};

inline Shared<state::NetworkTopology> topology(const SubnetOptions& options) {
  state::NetworkTopology topology;
  topology.own_subnet = types::SubnetId(user(99).principal);
  topology.root_subnet = topology.own_subnet;
  state::SubnetTopology own;
  own.type = options.type;
  own.public_key = Slice::copy_of(as_bytes("root key"));
  for (std::size_t i = 0; i < options.nodes; ++i)
    own.nodes.emplace(types::NodeId(user(static_cast<std::uint8_t>(100 + i)).principal), Slice());
  own.ranges = {{0, types::limits::kCanisterIdsPerSubnet - 1}};
  topology.subnets.emplace(topology.own_subnet, std::move(own));
  topology.parameters = options.parameters;
  return Shared<state::NetworkTopology>(std::move(topology));
}

inline io::GuestMemorySpace& memory_space() {
  static const auto space = std::move(io::memory::make_guest_memory_space()).value();
  return *space;
}

/// One for each way of finding stored pages that this kernel has.
inline const std::vector<std::unique_ptr<io::GuestMemorySpace>>& memory_spaces() {
  static const auto spaces = [] {
    std::vector<std::unique_ptr<io::GuestMemorySpace>> working;
    for (const std::string_view name : io::memory::backend_names()) {
      auto space = io::memory::make_guest_memory_space({.backend = name});
      if (space.ok()) working.push_back(std::move(*space));
    }
    return working;
  }();
  return spaces;
}

class TestSubnet {
 public:
  explicit TestSubnet(SubnetOptions options = {}, ModuleCompiler* compiler = nullptr)
      : state(topology(options)), environment(memory_space(), workers_, compiler) {
    state::SystemMetadata& metadata = state.write_metadata();
    metadata.batch_time = Time::from_seconds(1'700'000'000);
    metadata.interval_length = 499;
    metadata.next_checkpoint = types::Height(1'000'000'000);
  }

  /// One round, a second after the last. Checks that cycles neither appear nor vanish.
  RoundReport round(bool checkpoint = false) {
    state::SystemMetadata& metadata = state.write_metadata();
    ++metadata.height;
    metadata.batch_time = metadata.batch_time + step;
    state::time_out_messages(state);
    RoundInput input;
    input.randomness.bytes.fill(static_cast<std::uint8_t>(metadata.height.value));
    input.is_checkpoint = checkpoint;
    input.heartbeats_due = true;
    const types::ConsensusResponses answers = std::exchange(responses, {});
    input.responses = &answers;
    RoundReport report = execute_round(state, input, environment);
    ensure(cycles_accounted_for() == minted, "cycles neither appear nor vanish");
    for (const MessageTrace& trace : report.traces)
      traces.push_back(trace);
    for (const LogLines& lines : report.log)
      log.push_back(lines);
    return report;
  }

  /// Cycles that are somewhere and cycles that were consumed.
  [[nodiscard]] Cycles cycles_accounted_for() const {
    return state.total_cycles() + state.index().totals().consumed.value +
           state.metadata().metrics.consumed_by_deleted.value;
  }

  /// Submits a call as induction would, without its fee.
  types::RequestId submit(const types::UserId& sender, const CanisterId& receiver,
                          std::string method, Bytes arg) {
    state::Ingress ingress;
    ingress.sender = sender;
    ingress.receiver = receiver;
    ingress.method_name = std::move(method);
    ingress.arg = Slice(std::move(arg));
    ingress.expiry = state.time() + Duration::minutes(5);
    // The height too: a test may go on from another one's state.
    const MutableByteView id_bytes(ingress.id.bytes);
    store_be<std::uint64_t>(id_bytes, ++requests_);
    store_be<std::uint64_t>(id_bytes.subspan(8), state.metadata().height.value);
    if (receiver == types::management_canister()) {
      const auto effective =
          types::effective_canister_id(receiver, ingress.method_name, ingress.arg);
      if (effective.ok()) ingress.effective_canister = *effective;
    }
    const types::RequestId id = ingress.id;
    Shared<state::Ingress> message(std::move(ingress));
    state.set_ingress(*message, state::IngressReceived{});
    if (receiver == types::management_canister())
      state.write_subnet_queues().push_ingress(message);
    else
      state.update(receiver, [&](state::CanisterState& canister) {
        canister.queues.write().push_ingress(message);
      });
    return id;
  }

  [[nodiscard]] const state::IngressState& status(const types::RequestId& id) const {
    return state.ingress().find(id)->state;
  }
  /// Runs rounds until the call is answered, at most `rounds`.
  state::IngressState finish(const types::RequestId& id, int rounds = 20) {
    for (int i = 0; i < rounds && !state::is_final(status(id)); ++i)
      round();
    return status(id);
  }
  state::IngressState call(const types::UserId& sender, const CanisterId& receiver,
                           std::string method, Bytes arg = {}) {
    return finish(submit(sender, receiver, std::move(method), std::move(arg)));
  }

  template <typename... Args>
  state::IngressState manage(const types::UserId& sender, std::string method, const Args&... args) {
    return call(sender, types::management_canister(), std::move(method),
                codec::candid::encode_args(args...));
  }

  /// A canister of Alice's.
  CanisterId create(std::optional<codec::Uint128> cycles = std::nullopt) {
    management::ProvisionalCreateArgs args;
    args.amount = cycles;
    minted += cycles.value_or(100'000'000'000'000);
    const auto answer = manage(kAlice, "provisional_create_canister_with_cycles", args);
    const auto* reply = std::get_if<state::IngressReplied>(&answer);
    ensure(reply != nullptr, "a canister is created");
    return codec::candid::decode_arg<management::CanisterIdRecord>(reply->reply)->canister_id;
  }
  state::IngressState install(const CanisterId& canister, ByteView module, Bytes arg = {},
                              management::InstallMode mode = {}) {
    management::InstallCodeArgs args;
    args.mode = std::move(mode);
    args.canister_id = canister;
    args.wasm_module = module;
    args.arg = arg;
    return manage(kAlice, "install_code", args);
  }
  void set_freezing_threshold(const CanisterId& canister, std::uint64_t seconds) {
    management::UpdateSettingsArgs args;
    args.canister_id = canister;
    args.settings.freezing_threshold = seconds;
    ensure(std::holds_alternative<state::IngressReplied>(manage(kAlice, "update_settings", args)),
           "the settings are taken");
  }

  /// Creates a canister with this code.
  CanisterId deploy(std::string_view module, Bytes arg = {}) {
    const CanisterId canister = create();
    const auto answer = install(canister, wat(module), std::move(arg));
    if (!std::holds_alternative<state::IngressReplied>(answer)) std::cerr << text(answer) << '\n';
    ensure(std::holds_alternative<state::IngressReplied>(answer), "the module installs");
    return canister;
  }

  QueryAnswer query(const CanisterId& canister, std::string method, Bytes arg = {},
                    const std::optional<Slice>& certificate = std::nullopt) {
    DataCertificate made;
    if (certificate) made = [certificate] { return *certificate; };
    return execute_query(state,
                         {kAlice, std::nullopt, canister, std::move(method), Slice(std::move(arg))},
                         std::move(made), environment, query_options);
  }

  [[nodiscard]] const state::CanisterState& at(const CanisterId& id) const {
    return *state.find(id);
  }

  /// Backtraces depend on how a test's module is written.
  static std::string without_backtrace(const std::string& message) {
    return message.substr(0, message.find("\nCanister Backtrace:"));
  }
  /// "reply: <bytes>", "IC0503: <text>", or the state's name.
  static std::string text(const state::IngressState& state) {
    if (const auto* reply = std::get_if<state::IngressReplied>(&state))
      return without_backtrace("reply: " + std::string(as_text(reply->reply)));
    if (const auto* failed = std::get_if<state::IngressFailed>(&state))
      return types::text(failed->error.code) + ": " + without_backtrace(failed->error.message);
    return state.index() == 0 ? "received" : state.index() == 1 ? "processing" : "done";
  }
  static std::string text(const QueryAnswer& answer) {
    if (answer.result.ok()) return "reply: " + std::string(as_text(*answer.result));
    const QueryReject& reject = answer.result.error();
    return types::text(reject.error_code) + ": " + without_backtrace(reject.message);
  }

  Duration step = Duration::seconds(1);
  QueryOptions query_options;
  /// Of the next round.
  types::ConsensusResponses responses;
  state::ReplicatedState state;
  std::vector<MessageTrace> traces;
  std::vector<LogLines> log;
  /// What provisional methods made out of nothing.
  Cycles minted{0};

 private:
  io::InlineWorkers workers_;
  std::uint64_t requests_ = 0;

 public:
  Environment environment;
};

/// Imports of the modules below, and what they share: `$say` appends a text to the reply buffer.
inline std::string with_imports(std::string_view body) {
  return R"((module
  (import "ic0" "msg_arg_data_size" (func $arg_size (result i32)))
  (import "ic0" "msg_arg_data_copy" (func $arg_copy (param i32 i32 i32)))
  (import "ic0" "msg_caller_size" (func $caller_size (result i32)))
  (import "ic0" "msg_caller_copy" (func $caller_copy (param i32 i32 i32)))
  (import "ic0" "msg_reject_code" (func $reject_code (result i32)))
  (import "ic0" "msg_reject_msg_size" (func $reject_msg_size (result i32)))
  (import "ic0" "msg_reject_msg_copy" (func $reject_msg_copy (param i32 i32 i32)))
  (import "ic0" "msg_deadline" (func $deadline (result i64)))
  (import "ic0" "msg_reply" (func $reply))
  (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
  (import "ic0" "msg_reject" (func $reject (param i32 i32)))
  (import "ic0" "msg_cycles_available128" (func $available (param i32)))
  (import "ic0" "msg_cycles_refunded128" (func $refunded (param i32)))
  (import "ic0" "msg_cycles_accept128" (func $accept (param i64 i64 i32)))
  (import "ic0" "cycles_burn128" (func $burn (param i64 i64 i32)))
  (import "ic0" "canister_cycle_balance128" (func $balance (param i32)))
  (import "ic0" "canister_version" (func $version (result i64)))
  (import "ic0" "canister_status" (func $status (result i32)))
  (import "ic0" "call_new" (func $call_new (param i32 i32 i32 i32 i32 i32 i32 i32)))
  (import "ic0" "call_on_cleanup" (func $on_cleanup (param i32 i32)))
  (import "ic0" "call_data_append" (func $call_data (param i32 i32)))
  (import "ic0" "call_cycles_add128" (func $call_cycles (param i64 i64)))
  (import "ic0" "call_with_best_effort_response" (func $best_effort (param i32)))
  (import "ic0" "call_perform" (func $perform (result i32)))
  (import "ic0" "certified_data_set" (func $certify (param i32 i32)))
  (import "ic0" "data_certificate_present" (func $has_certificate (result i32)))
  (import "ic0" "data_certificate_size" (func $certificate_size (result i32)))
  (import "ic0" "data_certificate_copy" (func $certificate_copy (param i32 i32 i32)))
  (import "ic0" "time" (func $time (result i64)))
  (import "ic0" "global_timer_set" (func $timer (param i64) (result i64)))
  (import "ic0" "performance_counter" (func $counter (param i32) (result i64)))
  (import "ic0" "in_replicated_execution" (func $replicated (result i32)))
  (import "ic0" "accept_message" (func $accept_message))
  (import "ic0" "msg_method_name_size" (func $method_size (result i32)))
  (import "ic0" "stable64_size" (func $stable_size (result i64)))
  (import "ic0" "stable64_grow" (func $stable_grow (param i64) (result i64)))
  (import "ic0" "stable64_write" (func $stable_write (param i64 i64 i64)))
  (import "ic0" "stable64_read" (func $stable_read (param i64 i64 i64)))
  (import "ic0" "debug_print" (func $print (param i32 i32)))
  (import "ic0" "trap" (func $trap (param i32 i32)))
  (memory 1)
  ;; Replies one byte.
  (func $reply_byte (param $b i32)
    (i32.store8 (i32.const 0) (local.get $b))
    (call $append (i32.const 0) (i32.const 1))
    (call $reply))
  ;; Replies a 64-bit number, little-endian.
  (func $reply_number (param $n i64)
    (i64.store (i32.const 0) (local.get $n))
    (call $append (i32.const 0) (i32.const 8))
    (call $reply))
)" + std::string(body) +
         ")";
}

/// With imports beside those.
inline std::string with_more_imports(std::string_view imports, std::string_view body) {
  std::string text = with_imports(body);
  return text.insert(std::string_view("(module").size(), imports);
}

/// Calls others for its caller. Method `proxy`; the argument is
///   cycles (8 bytes LE) · len · callee · len · method · payload
/// It replies "ok:" · reply, or "rejected " · code · ": " · text.
inline const std::string kProxy = with_imports(R"(
  (table 2 funcref)
  (elem (i32.const 0) $on_reply $on_reject)
  (data (i32.const 256) "ok:rejected : ")
  (func (export "canister_update proxy")
    (local $size i32) (local $name i32) (local $payload i32)
    (local.set $size (call $arg_size))
    (call $arg_copy (i32.const 4096) (i32.const 0) (local.get $size))
    (local.set $name (i32.add (i32.const 4105) (i32.load8_u (i32.const 4104))))
    (local.set $payload (i32.add (i32.add (local.get $name) (i32.const 1))
                                 (i32.load8_u (local.get $name))))
    (call $call_new
      (i32.const 4105) (i32.load8_u (i32.const 4104))
      (i32.add (local.get $name) (i32.const 1)) (i32.load8_u (local.get $name))
      (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0))
    (call $call_data (local.get $payload)
      (i32.sub (i32.add (i32.const 4096) (local.get $size)) (local.get $payload)))
    (call $call_cycles (i64.const 0) (i64.load (i32.const 4096)))
    (if (call $perform) (then (call $trap (i32.const 0) (i32.const 0)))))
  (func $on_reply (param i32)
    (call $append (i32.const 256) (i32.const 3))
    (call $arg_copy (i32.const 4096) (i32.const 0) (call $arg_size))
    (call $append (i32.const 4096) (call $arg_size))
    (call $reply))
  (func $on_reject (param i32)
    (i32.store8 (i32.const 0) (i32.add (call $reject_code) (i32.const 48)))
    (call $append (i32.const 259) (i32.const 9))
    (call $append (i32.const 0) (i32.const 1))
    (call $append (i32.const 268) (i32.const 2))
    (call $reject_msg_copy (i32.const 4096) (i32.const 0) (call $reject_msg_size))
    (call $append (i32.const 4096) (call $reject_msg_size))
    (call $reply))
  (func (export "canister_query nothing") (call $reply)))");

inline Bytes proxy_arg(const CanisterId& callee, std::string_view method, ByteView payload = {},
                       std::uint64_t cycles = 0) {
  Bytes arg(sizeof cycles);
  for (std::size_t i = 0; i < sizeof cycles; ++i)
    arg[i] = static_cast<std::uint8_t>(cycles >> (8 * i));
  arg.push_back(static_cast<std::uint8_t>(callee.view().size()));
  append(arg, callee.view());
  arg.push_back(static_cast<std::uint8_t>(method.size()));
  append(arg, method);
  append(arg, payload);
  return arg;
}

/// A counter in a global: `inc` adds one and replies the value, `get` reads it.
inline constexpr std::string_view kCounter = R"((module
  (import "ic0" "msg_reply" (func $reply))
  (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
  (global $count (mut i32) (i32.const 0))
  (memory 1)
  (func $answer
    (i32.store (i32.const 0) (i32.add (global.get $count) (i32.const 48)))
    (call $append (i32.const 0) (i32.const 1))
    (call $reply))
  (func (export "canister_update inc")
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (call $answer))
  (func (export "canister_query get") (call $answer))))";

}  // namespace icpd::execution::testing
