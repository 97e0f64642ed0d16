#include "execution/query.hpp"

#include <gtest/gtest.h>

#include "execution/test_subnet.hpp"

namespace icpd::execution {
namespace {

using namespace testing;

TEST(Query, changes_nothing) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(with_imports(R"(
    (global $n (mut i32) (i32.const 48))
    (func (export "canister_query bump")
      (global.set $n (i32.add (global.get $n) (i32.const 1)))
      (i32.store8 (i32.const 200) (i32.add (i32.load8_u (i32.const 200)) (i32.const 1)))
      (call $reply_byte (i32.add (global.get $n) (i32.load8_u (i32.const 200))))))"));
  const std::uint64_t version = subnet.at(id).version;
  EXPECT_EQ(subnet.text(subnet.query(id, "bump")), "reply: 2");
  EXPECT_EQ(subnet.text(subnet.query(id, "bump")), "reply: 2");
  EXPECT_EQ(subnet.at(id).version, version);
}

TEST(Query, refuses_by_the_reason) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(kCounter);
  const CanisterId empty = subnet.create();
  const CanisterId nobody = types::canister_id_from_index(12345);
  EXPECT_EQ(subnet.text(subnet.query(nobody, "get")),
            "IC0301: Canister " + nobody.text() + " not found.");
  EXPECT_EQ(subnet.text(subnet.query(empty, "get")),
            "IC0537: Error from Canister " + empty.text() +
                ": Attempted to execute a message, but the canister contains no Wasm module.");
  EXPECT_EQ(subnet.text(subnet.query(id, "inc")),
            "IC0536: Error from Canister " + id.text() + ": Canister has no query method 'inc'.");
  subnet.manage(kAlice, "stop_canister", management::CanisterIdRecord{id});
  EXPECT_EQ(subnet.text(subnet.query(id, "get")), "IC0508: Canister " + id.text() + " is stopped");
}

TEST(Query, is_refused_by_a_frozen_canister) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(kCounter);
  management::UpdateSettingsArgs args;
  args.canister_id = id;
  args.settings.freezing_threshold = codec::Uint128{1} << 60;
  subnet.manage(kAlice, "update_settings", args);
  const std::string answer = subnet.text(subnet.query(id, "get"));
  EXPECT_TRUE(answer.starts_with("IC0207: Canister " + id.text() +
                                 " is unable to process query calls because it's frozen."))
      << answer;
}

// composite_query_helper: code, status and method are looked at before the balance.
TEST(Query, of_a_frozen_canister_is_refused_for_its_method_first) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(kCounter);
  management::UpdateSettingsArgs args;
  args.canister_id = id;
  args.settings.freezing_threshold = codec::Uint128{1} << 60;
  subnet.manage(kAlice, "update_settings", args);
  EXPECT_EQ(subnet.query(id, "no_such").result.error().error_code,
            ErrorCode::kCanisterMethodNotFound);
  const QueryReject frozen = subnet.query(id, "get").result.error();
  EXPECT_EQ(frozen.error_code, ErrorCode::kCanisterOutOfCycles);
  EXPECT_EQ(frozen.reject_code, types::RejectCode::kSysTransient);
}

TEST(Query, cannot_make_calls_or_set_timers) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(with_imports(R"(
    (func (export "canister_query call")
      (call $call_new (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
        (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
    (func (export "canister_query timer") (drop (call $timer (i64.const 1)))))"));
  const std::string from =
      "IC0504: Error from Canister " + id.text() + ": Canister violated contract: ";
  EXPECT_EQ(subnet.text(subnet.query(id, "call")),
            from + "\"ic0.call_new\" cannot be executed in non-replicated query mode");
  EXPECT_EQ(subnet.text(subnet.query(id, "timer")),
            from + "\"ic0.global_timer_set\" cannot be executed in non-replicated query mode");
}

// Interface specification, "Certified data".
TEST(Query, sees_the_certificate_of_its_state) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(with_imports(R"(
    (func (export "canister_query certificate")
      (if (call $has_certificate) (then
        (call $certificate_copy (i32.const 0) (i32.const 0) (call $certificate_size))
        (call $append (i32.const 0) (call $certificate_size))))
      (call $reply)))"));
  EXPECT_EQ(subnet.text(subnet.query(id, "certificate")), "reply: ");
  EXPECT_EQ(subnet.text(subnet.query(id, "certificate", {}, Slice::copy_of(as_bytes("cert")))),
            "reply: cert");
  EXPECT_EQ(subnet.text(subnet.call(kAlice, id, "certificate")), "reply: ");
}

// Interface specification, "cost_call": what a call costs doesn't depend on who asks.
TEST(Query, is_told_what_a_call_would_cost_an_update) {
  TestSubnet subnet;
  const std::string cost = R"(
      (call $cost (i64.const 3) (i64.const 100) (i32.const 0))
      (call $append (i32.const 0) (i32.const 16))
      (call $reply))";
  const CanisterId id = subnet.deploy(R"((module
    (import "ic0" "cost_call" (func $cost (param i64 i64 i32)))
    (import "ic0" "msg_reply" (func $reply))
    (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
    (memory 1)
    (func (export "canister_update in_update"))" +
                                      cost + R"()
    (func (export "canister_query in_query"))" +
                                      cost + "))");
  EXPECT_EQ(subnet.text(subnet.query(id, "in_query")),
            subnet.text(subnet.call(kAlice, id, "in_update")));
}

TEST(Query, answers_of_the_management_canister_need_rights) {
  TestSubnet subnet;
  const CanisterId id = subnet.create();
  const Bytes arg = codec::candid::encode_args(management::CanisterIdRecord{id});
  const auto ask = [&](const types::UserId& who, std::string method) {
    return execute_query(
        subnet.state,
        {who, std::nullopt, types::management_canister(), std::move(method), Slice(Bytes(arg))},
        std::nullopt, subnet.environment);
  };
  const QueryAnswer answer = ask(kAlice, "canister_status");
  ASSERT_TRUE(answer.result.ok());
  const auto status = codec::candid::decode_arg<management::CanisterStatusResult>(*answer.result);
  ASSERT_TRUE(status.ok());
  EXPECT_TRUE(status->cycles == 100'000'000'000'000U);
  EXPECT_EQ(ask(kBob, "canister_status").result.error().error_code,
            ErrorCode::kCanisterInvalidController);
  EXPECT_TRUE(ask(kAlice, "fetch_canister_logs").result.ok());
  const QueryAnswer logs = ask(kBob, "fetch_canister_logs");
  ASSERT_FALSE(logs.result.ok());
  EXPECT_EQ(logs.result.error().error_code, ErrorCode::kCanisterRejectedMessage);
  EXPECT_EQ(logs.result.error().message,
            "Caller " + kBob.principal.text() + " is not allowed to access canister logs");
  EXPECT_EQ(ask(kAlice, "list_canisters").result.error().error_code,
            ErrorCode::kCanisterRejectedMessage);
  EXPECT_EQ(ask(kAlice, "stop_canister").result.error().message,
            "stop_canister API cannot be called in non-replicated mode");
}

// -------------------------------------------------------------------------------------- composite

/// `ask` calls the canister in the argument: `method`, and answers what it answers.
std::string composite(std::string_view method, std::string_view more = "") {
  return with_imports(R"(
    (table 2 funcref)
    (elem (i32.const 0) $on_reply $on_reject)
    (data (i32.const 32) ")" +
                      std::string(method) + R"(")
    (global $asked (mut i32) (i32.const 0))
    (func (export "canister_composite_query ask")
      (global.set $asked (i32.add (global.get $asked) (i32.const 1)))
      (call $arg_copy (i32.const 64) (i32.const 0) (call $arg_size))
      (call $call_new (i32.const 64) (call $arg_size) (i32.const 32) (i32.const )" +
                      std::to_string(method.size()) + R"()
        (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0))
      (call $call_data (i32.const 64) (call $arg_size))
      (drop (call $perform)))
    (func $on_reply (param i32)
      (call $arg_copy (i32.const 4096) (i32.const 0) (call $arg_size))
      (i32.store8 (i32.add (i32.const 4096) (call $arg_size))
        (i32.add (i32.const 96) (global.get $asked)))
      (call $append (i32.const 4096) (i32.add (call $arg_size) (i32.const 1)))
      (call $reply))
    (func $on_reject (param i32)
      (call $reject_msg_copy (i32.const 4096) (i32.const 0) (call $reject_msg_size))
      (call $reject (i32.const 4096) (call $reject_msg_size))))" +
                      std::string(more));
}

// What a composite query changed before its call is there in the callback.
TEST(CompositeQuery, asks_another_canister_and_keeps_its_own_changes_meanwhile) {
  TestSubnet subnet;
  const CanisterId counter = subnet.deploy(kCounter);
  const CanisterId asker = subnet.deploy(composite("get"));
  subnet.call(kAlice, counter, "inc");
  EXPECT_EQ(subnet.text(subnet.query(asker, "ask", to_bytes(counter.view()))), "reply: 1a");
  EXPECT_EQ(subnet.text(subnet.query(asker, "ask", to_bytes(counter.view()))), "reply: 1a");
}

TEST(CompositeQuery, an_update_method_cannot_be_called) {
  TestSubnet subnet;
  const CanisterId counter = subnet.deploy(kCounter);
  const CanisterId asker = subnet.deploy(composite("inc"));
  EXPECT_EQ(
      subnet.text(subnet.query(asker, "ask", to_bytes(counter.view()))),
      "IC0406: Error from Canister " + counter.text() + ": Canister has no query method 'inc'.");
}

TEST(CompositeQuery, a_graph_that_is_too_deep_is_refused) {
  TestSubnet subnet;
  const CanisterId asker = subnet.deploy(composite("ask"));
  const QueryAnswer answer = subnet.query(asker, "ask", to_bytes(asker.view()));
  EXPECT_NE(subnet.text(answer).find("nested more than 6 deep"), std::string::npos)
      << subnet.text(answer);
  EXPECT_GE(answer.instructions, 6 * kNestedQueryInstructions);
}

TEST(CompositeQuery, can_ask_the_management_canister_about_itself) {
  TestSubnet subnet;
  const CanisterId asker = subnet.deploy(with_imports(R"(
    (table 2 funcref)
    (elem (i32.const 0) $on_reply $on_reject)
    (data (i32.const 32) "canister_status")
    (func (export "canister_composite_query ask")
      (call $arg_copy (i32.const 64) (i32.const 0) (call $arg_size))
      (call $call_new (i32.const 64) (i32.const 0) (i32.const 32) (i32.const 15)
        (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0))
      (call $call_data (i32.const 64) (call $arg_size))
      (drop (call $perform)))
    (func $on_reply (param i32)
      (call $arg_copy (i32.const 4096) (i32.const 0) (call $arg_size))
      (call $append (i32.const 4096) (call $arg_size))
      (call $reply))
    (func $on_reject (param i32) unreachable))"));
  const QueryAnswer answer =
      subnet.query(asker, "ask", codec::candid::encode_args(management::CanisterIdRecord{asker}));
  ASSERT_TRUE(answer.result.ok()) << subnet.text(answer);
  EXPECT_TRUE(codec::candid::decode_arg<management::CanisterStatusResult>(*answer.result).ok());
}

// ---------------------------------------------------------------------------- inspect_message

state::Ingress ingress(const CanisterId& id, std::string method, Bytes arg = {}) {
  state::Ingress message;
  message.sender = kAlice;
  message.receiver = id;
  message.method_name = std::move(method);
  message.arg = Slice(std::move(arg));
  if (id == types::management_canister())
    message.effective_canister =
        types::effective_canister_id(id, message.method_name, message.arg).value();
  return message;
}

TEST(IngressFilter, asks_the_canister) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(with_imports(R"(
    (func (export "canister_inspect_message")
      (if (i32.eq (call $method_size) (i32.const 2)) (then (call $accept_message)))
      (if (i32.eq (call $method_size) (i32.const 3)) (then unreachable)))
    (func (export "canister_update ok")))"));
  const auto filter = [&](std::string method) {
    return filter_ingress(subnet.state, ingress(id, std::move(method)), subnet.environment);
  };
  EXPECT_TRUE(filter("ok").ok());
  EXPECT_EQ(filter("nope").error().code, ErrorCode::kCanisterRejectedMessage);
  EXPECT_EQ(filter("bad").error().code, ErrorCode::kCanisterTrapped);
}

TEST(IngressFilter, lets_in_what_a_canister_does_not_inspect) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(kCounter);
  EXPECT_TRUE(filter_ingress(subnet.state, ingress(id, "inc"), subnet.environment).ok());
}

// Interface specification, "Effective canister id": what names no canister is rejected, methods
// that users can't call and unknown ones by their names.
TEST(IngressFilter, refuses_management_calls_that_name_no_canister) {
  TestSubnet subnet;
  const auto refused = [&](std::string method, const Bytes& arg) {
    state::Ingress message;
    message.sender = kAlice;
    message.receiver = types::management_canister();
    message.method_name = std::move(method);
    message.arg = Slice(Bytes(arg));
    return filter_ingress(subnet.state, message, subnet.environment).error().message;
  };
  const Bytes nothing = codec::candid::encode_args();
  EXPECT_EQ(refused("raw_rand", nothing), "Only canisters can call ic00 method raw_rand");
  EXPECT_EQ(refused("list_canisters", nothing),
            "list_canisters API cannot be called in replicated mode");
  EXPECT_EQ(refused("no_such", nothing), "Management canister has no method 'no_such'");
  EXPECT_TRUE(refused("start_canister", nothing).starts_with("Error decoding candid: "));
  EXPECT_TRUE(refused("install_code", to_bytes("junk")).starts_with("Error decoding candid: "));
}

TEST(IngressFilter, refuses_what_could_not_be_executed) {
  TestSubnet subnet;
  const CanisterId empty = subnet.create();
  const CanisterId poor = subnet.create(1000);
  const auto code = [&](const state::Ingress& message) {
    return filter_ingress(subnet.state, message, subnet.environment).error().code;
  };
  EXPECT_EQ(code(ingress(types::canister_id_from_index(999), "x")), ErrorCode::kCanisterNotFound);
  EXPECT_EQ(code(ingress(empty, "x")), ErrorCode::kCanisterWasmModuleNotFound);
  EXPECT_EQ(code(ingress(poor, "x")), ErrorCode::kCanisterOutOfCycles);
}

TEST(IngressFilter, lets_in_management_calls_of_controllers) {
  TestSubnet subnet;
  const CanisterId id = subnet.create();
  const Bytes arg = codec::candid::encode_args(management::CanisterIdRecord{id});
  const auto filter = [&](const types::UserId& who, std::string method) {
    state::Ingress message = ingress(types::management_canister(), std::move(method), arg);
    message.sender = who;
    return filter_ingress(subnet.state, message, subnet.environment);
  };
  EXPECT_TRUE(filter(kAlice, "start_canister").ok());
  EXPECT_EQ(filter(kBob, "start_canister").error().code, ErrorCode::kCanisterInvalidController);
  EXPECT_EQ(filter(kAlice, "deposit_cycles").error().code, ErrorCode::kCanisterRejectedMessage);
  EXPECT_EQ(filter(kAlice, "no_such_method").error().code, ErrorCode::kCanisterMethodNotFound);
}

}  // namespace
}  // namespace icpd::execution
