// For tests: a subnet of one process without consensus; calls are put where induction would put
// them, and rounds are run by hand.
#pragma once

#include <gtest/gtest.h>

#include "execution/execute_round.hpp"
#include "execution/ingress_filter.hpp"
#include "execution/management_types.hpp"
#include "execution/query.hpp"
#include "execution/wasm/test_guest.hpp"
#include "state/effective_canister.hpp"
#include "state/induction.hpp"

namespace icpd::execution::testing {

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

class TestSubnet {
 public:
  explicit TestSubnet(SubnetOptions options = {})
      : state(topology(options)), environment(memory_space(), workers_) {
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
    RoundReport report = execute_round(state, input, environment);
    for (const MessageTrace& trace : report.traces)
      traces.push_back(trace);
    return report;
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
    store_be<std::uint64_t>(MutableByteView(ingress.id.bytes), ++requests_);
    if (receiver == types::management_canister()) {
      const auto effective = state::effective_canister(receiver, ingress.method_name, ingress.arg);
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
    const auto answer = manage(kAlice, "provisional_create_canister_with_cycles", args);
    const auto* reply = std::get_if<state::IngressReplied>(&answer);
    EXPECT_NE(reply, nullptr) << text(answer);
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
  /// Creates a canister with this code.
  CanisterId deploy(std::string_view wat, Bytes arg = {}) {
    const CanisterId canister = create();
    const auto answer = install(canister, wasm::testing::wat(wat), std::move(arg));
    EXPECT_TRUE(std::holds_alternative<state::IngressReplied>(answer)) << text(answer);
    return canister;
  }

  QueryAnswer query(const CanisterId& canister, std::string method, Bytes arg = {},
                    std::optional<Slice> certificate = std::nullopt) {
    return execute_query(state,
                         {kAlice, std::nullopt, canister, std::move(method), Slice(std::move(arg))},
                         std::move(certificate), environment);
  }

  [[nodiscard]] const state::CanisterState& at(const CanisterId& id) const {
    return *state.find(id);
  }

  /// "reply: <bytes>", "IC0503: <text>", or the state's name.
  static std::string text(const state::IngressState& state) {
    if (const auto* reply = std::get_if<state::IngressReplied>(&state))
      return "reply: " + std::string(as_text(reply->reply));
    if (const auto* failed = std::get_if<state::IngressFailed>(&state))
      return types::text(failed->error.code) + ": " + failed->error.message;
    return state.index() == 0 ? "received" : state.index() == 1 ? "processing" : "done";
  }
  static std::string text(const QueryAnswer& answer) {
    if (answer.result.ok()) return "reply: " + std::string(as_text(*answer.result));
    const QueryReject& reject = answer.result.error();
    return types::text(reject.error_code) + ": " + reject.message;
  }

  Duration step = Duration::seconds(1);
  state::ReplicatedState state;
  std::vector<MessageTrace> traces;

 private:
  io::InlineWorkers workers_;
  std::uint64_t requests_ = 0;

 public:
  Environment environment;
};

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
