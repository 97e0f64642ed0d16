#include "execution/message_run.hpp"

#include <gtest/gtest.h>

#include "execution/test_subnet.hpp"

namespace icpd::execution {
namespace {

using namespace testing;

std::string ask(TestSubnet& subnet, const CanisterId& proxy, Bytes arg) {
  return subnet.text(subnet.call(kAlice, proxy, "proxy", std::move(arg)));
}

// Interface specification, "Message execution": a trap discards what the message did.
TEST(Messages, a_trap_discards_memory_globals_reply_and_version) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(with_imports(R"(
    (global $count (mut i32) (i32.const 48))
    (func (export "canister_update fail")
      (global.set $count (i32.const 57))
      (i32.store8 (i32.const 9) (i32.const 57))
      (call $reply_byte (i32.const 33))
      unreachable)
    (func (export "canister_update get")
      (call $reply_byte (i32.add (global.get $count) (i32.load8_u (i32.const 9))))))"));
  const std::uint64_t version = subnet.at(id).version;
  EXPECT_EQ(subnet.text(subnet.call(kAlice, id, "fail")),
            "IC0502: Error from Canister " + id.text() + ": Canister trapped: unreachable");
  EXPECT_EQ(subnet.at(id).version, version);
  EXPECT_EQ(subnet.text(subnet.call(kAlice, id, "get")), "reply: 0");
  EXPECT_EQ(subnet.at(id).version, version + 1);
}

TEST(Messages, a_trap_shows_the_canisters_words_and_logs_them) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(with_imports(R"(
    (data (i32.const 16) "oh no")
    (func (export "canister_update fail")
      (call $print (i32.const 16) (i32.const 2))
      (call $trap (i32.const 16) (i32.const 5))))"));
  EXPECT_EQ(subnet.text(subnet.call(kAlice, id, "fail")),
            "IC0503: Error from Canister " + id.text() +
                ": Canister called `ic0.trap` with message: oh no");
  const auto& records = subnet.at(id).log->records();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(as_text(records[0].content), "oh");
  EXPECT_EQ(as_text(records[1].content), "[TRAP]: oh no");
}

TEST(Messages, a_trap_shows_where_it_happened) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(with_imports(R"(
    (func $inner unreachable)
    (func $outer (export "canister_update fail") (call $inner)))"));
  const auto answer = subnet.call(kAlice, id, "fail");
  const auto* failed = std::get_if<state::IngressFailed>(&answer);
  ASSERT_NE(failed, nullptr);
  EXPECT_TRUE(failed->error.message.ends_with("\nCanister Backtrace:\ninner\nouter\n"))
      << failed->error.message;
}

TEST(Messages, a_canister_that_does_not_answer_is_answered_for) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(with_imports(R"((func (export "canister_update silent")))"));
  EXPECT_EQ(subnet.text(subnet.call(kAlice, id, "silent")),
            "IC0506: Error from Canister " + id.text() + ": Canister did not reply to the call");
}

TEST(Messages, a_reject_carries_the_canisters_text) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(with_imports(R"(
    (data (i32.const 16) "not today")
    (func (export "canister_update no") (call $reject (i32.const 16) (i32.const 9))))"));
  EXPECT_EQ(subnet.text(subnet.call(kAlice, id, "no")), "IC0406: not today");
  const CanisterId proxy = subnet.deploy(kProxy);
  EXPECT_EQ(ask(subnet, proxy, proxy_arg(id, "no")), "reply: rejected 4: not today");
}

struct RefusalRow {
  std::string name;
  std::string method;
  std::string expected;
};

// Public execution-errors page, "Method not found", "Wasm module not found".
TEST(Messages, what_cannot_run_is_refused_by_its_reason) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(with_imports(R"(
    (func (export "canister_composite_query c") (call $reply)))"));
  const CanisterId empty = subnet.create();
  const std::string from = "Error from Canister " + id.text() + ": ";
  EXPECT_EQ(subnet.text(subnet.call(kAlice, id, "x")),
            "IC0536: " + from + "Canister has no update method 'x'.");
  EXPECT_EQ(subnet.text(subnet.call(kAlice, id, "c")),
            "IC0527: " + from + "Composite query cannot be called in replicated mode: 'c'");
  EXPECT_EQ(subnet.text(subnet.call(kAlice, empty, "x")),
            "IC0537: Error from Canister " + empty.text() +
                ": Attempted to execute a message, but the canister contains no Wasm module.");
}

TEST(Messages, a_replicated_query_keeps_nothing_but_answers) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(with_imports(R"(
    (global $count (mut i32) (i32.const 48))
    (func (export "canister_query bump")
      (global.set $count (i32.add (global.get $count) (i32.const 1)))
      (call $reply_byte (global.get $count))))"));
  EXPECT_EQ(subnet.text(subnet.call(kAlice, id, "bump")), "reply: 1");
  EXPECT_EQ(subnet.text(subnet.call(kAlice, id, "bump")), "reply: 1");
}

// ---------------------------------------------------------------------------------------- calls

TEST(Calls, a_call_returns_the_callees_reply_to_its_caller) {
  TestSubnet subnet;
  const CanisterId counter = subnet.deploy(kCounter);
  const CanisterId proxy = subnet.deploy(kProxy);
  EXPECT_EQ(ask(subnet, proxy, proxy_arg(counter, "inc")), "reply: ok:1");
  EXPECT_EQ(ask(subnet, proxy, proxy_arg(counter, "inc")), "reply: ok:2");
  EXPECT_TRUE(subnet.at(proxy).calls->idle());
  EXPECT_TRUE(subnet.at(counter).calls->idle());
}

TEST(Calls, a_callee_that_does_not_exist_rejects_with_destination_invalid) {
  TestSubnet subnet;
  const CanisterId proxy = subnet.deploy(kProxy);
  const std::string answer =
      ask(subnet, proxy, proxy_arg(types::canister_id_from_index(77), "inc"));
  EXPECT_EQ(answer, "reply: rejected 3: Canister " + types::canister_id_from_index(77).text() +
                        " not found.");
  const CanisterId elsewhere = types::canister_id_from_index(types::limits::kCanisterIdsPerSubnet);
  EXPECT_EQ(ask(subnet, proxy, proxy_arg(elsewhere, "inc")),
            "reply: rejected 3: No route to canister " + elsewhere.text());
}

TEST(Calls, a_callees_trap_is_the_callers_reject_5) {
  TestSubnet subnet;
  const CanisterId proxy = subnet.deploy(kProxy);
  const CanisterId bad = subnet.deploy(with_imports(R"(
    (func (export "canister_update x") unreachable))"));
  EXPECT_EQ(
      ask(subnet, proxy, proxy_arg(bad, "x")),
      "reply: rejected 5: Error from Canister " + bad.text() + ": Canister trapped: unreachable");
}

// Interface specification, "Cycles": what isn't accepted comes back.
TEST(Calls, cycles_that_the_callee_does_not_accept_come_back) {
  TestSubnet subnet;
  const CanisterId proxy = subnet.deploy(kProxy);
  const CanisterId taker = subnet.deploy(with_imports(R"(
    (func (export "canister_update take")
      (call $accept (i64.const 0) (i64.const 3000000000) (i32.const 0))
      (call $append (i32.const 0) (i32.const 4))
      (call $reply)))"));
  const Cycles before = subnet.at(taker).balance;
  const Cycles callers = subnet.at(proxy).balance;
  const std::string answer = ask(subnet, proxy, proxy_arg(taker, "take", {}, 10'000'000'000));
  EXPECT_TRUE(answer.starts_with("reply: ok:")) << answer;
  // Its own work costs the callee less than a tenth of what it took.
  const Cycles gained{subnet.at(taker).balance - before};
  EXPECT_LT(gained, Cycles{3'000'000'000});
  EXPECT_GT(gained, Cycles{2'900'000'000});
  EXPECT_LT(callers - subnet.at(proxy).balance, Cycles{3'100'000'000}.value);
}

// Interface specification, "ic0.call_cycles_add": more than is liquid traps.
TEST(Calls, more_cycles_than_the_canister_has_trap) {
  TestSubnet subnet;
  const CanisterId counter = subnet.deploy(kCounter);
  const CanisterId proxy = subnet.deploy(kProxy);
  const std::string answer = ask(subnet, proxy, proxy_arg(counter, "inc", {}, 200'000'000'000'000));
  EXPECT_EQ(answer, "IC0504: Error from Canister " + proxy.text() + ": Canister " + proxy.text() +
                        " is out of cycles");
}

TEST(Calls, a_canister_can_ask_for_a_minimum_of_cycles) {
  TestSubnet subnet;
  const CanisterId counter = subnet.deploy(kCounter);
  const CanisterId proxy = subnet.deploy(kProxy);
  management::UpdateSettingsArgs args;
  args.canister_id = counter;
  args.settings.minimum_incoming_canister_call_cycles = 1000;
  subnet.manage(kAlice, "update_settings", args);
  const std::string answer = ask(subnet, proxy, proxy_arg(counter, "inc", {}, 999));
  EXPECT_TRUE(answer.starts_with("reply: rejected 5: ")) << answer;
  EXPECT_EQ(ask(subnet, proxy, proxy_arg(counter, "inc", {}, 1000)), "reply: ok:1");
  EXPECT_EQ(subnet.text(subnet.call(kAlice, counter, "inc")), "reply: 2");
}

// Reference 4.9: the callback's error is reported, the cleanup's effects stay.
TEST(Calls, cleanup_runs_when_a_callback_traps) {
  TestSubnet subnet;
  const CanisterId counter = subnet.deploy(kCounter);
  const CanisterId id = subnet.deploy(with_imports(R"(
    (table 2 funcref)
    (elem (i32.const 0) $callback $cleanup)
    (data (i32.const 32) "inc")
    (global $cleaned (mut i32) (i32.const 48))
    (global $tried (mut i32) (i32.const 48))
    (func (export "canister_update go")
      (call $arg_copy (i32.const 64) (i32.const 0) (call $arg_size))
      (call $call_new (i32.const 64) (call $arg_size) (i32.const 32) (i32.const 3)
        (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
      (call $on_cleanup (i32.const 1) (i32.const 5))
      (drop (call $perform)))
    (func $callback (param i32) (global.set $tried (i32.const 57)) unreachable)
    (func $cleanup (param i32)
      (global.set $cleaned (i32.add (i32.const 48) (local.get 0))))
    (func (export "canister_query cleaned") (call $reply_byte (global.get $cleaned)))
    (func (export "canister_query tried") (call $reply_byte (global.get $tried))))"));
  EXPECT_EQ(subnet.text(subnet.call(kAlice, id, "go", to_bytes(counter.view()))),
            "IC0502: Error from Canister " + id.text() + ": Canister trapped: unreachable");
  EXPECT_EQ(subnet.text(subnet.query(id, "cleaned")), "reply: 5");
  EXPECT_EQ(subnet.text(subnet.query(id, "tried")), "reply: 0");
  EXPECT_TRUE(subnet.at(id).calls->idle());
}

TEST(Calls, a_best_effort_call_past_its_deadline_is_rejected_with_unknown) {
  TestSubnet subnet({.parameters = {.instructions_per_round = 3'000'000,
                                    .instructions_per_slice = 2'000'000,
                                    .instructions_per_install_slice = 2'000'000,
                                    .provisional_methods = true}});
  // The callee never answers: it waits for itself.
  const std::string_view waits = R"(
    (table 1 funcref)
    (elem (i32.const 0) $callback)
    (data (i32.const 32) "wait")
    (func $callback (param i32) (call $reply_byte (i32.add (i32.const 48) (call $reject_code))))
    (func (export "canister_update wait")
      (call $arg_copy (i32.const 64) (i32.const 0) (call $arg_size))
      (if (call $arg_size) (then
        (call $call_new (i32.const 64) (call $arg_size) (i32.const 32) (i32.const 4)
          (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
        (call $call_data (i32.const 64) (call $arg_size))
        (drop (call $perform)))))
    (func (export "canister_update go")
      (call $arg_copy (i32.const 64) (i32.const 0) (call $arg_size))
      (call $call_new (i32.const 64) (call $arg_size) (i32.const 32) (i32.const 4)
        (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
      (call $call_data (i32.const 64) (call $arg_size))
      (call $best_effort (i32.const 3))
      (drop (call $perform))))";
  const CanisterId caller = subnet.deploy(with_imports(waits));
  const CanisterId callee = subnet.deploy(with_imports(waits));
  const auto id = subnet.submit(kAlice, caller, "go", to_bytes(callee.view()));
  // The callee calls itself for ever.
  EXPECT_EQ(subnet.text(subnet.finish(id, 8)), "reply: 6");
}

TEST(Calls, a_canister_can_call_itself) {
  TestSubnet subnet;
  const CanisterId proxy = subnet.deploy(kProxy);
  EXPECT_EQ(ask(subnet, proxy, proxy_arg(proxy, "nothing")), "reply: ok:");
}

TEST(Calls, a_hundred_calls_keep_their_order) {
  TestSubnet subnet;
  const CanisterId list = subnet.deploy(with_imports(R"(
    (global $n (mut i32) (i32.const 0))
    (func (export "canister_update add")
      (call $arg_copy (i32.add (i32.const 4096) (global.get $n)) (i32.const 0) (i32.const 1))
      (global.set $n (i32.add (global.get $n) (i32.const 1)))
      (call $reply))
    (func (export "canister_query list")
      (call $append (i32.const 4096) (global.get $n)) (call $reply)))"));
  const CanisterId caller = subnet.deploy(with_imports(R"(
    (table 1 funcref)
    (elem (i32.const 0) $callback)
    (data (i32.const 32) "add")
    (func $callback (param i32))
    (func (export "canister_update go") (local $i i32)
      (call $arg_copy (i32.const 64) (i32.const 0) (call $arg_size))
      (loop $again
        (i32.store8 (i32.const 60) (local.get $i))
        (call $call_new (i32.const 64) (call $arg_size) (i32.const 32) (i32.const 3)
          (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
        (call $call_data (i32.const 60) (i32.const 1))
        (drop (call $perform))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $i) (i32.const 100))))
      (call $reply)))"));
  EXPECT_EQ(subnet.text(subnet.call(kAlice, caller, "go", to_bytes(list.view()))), "reply: ");
  for (int i = 0; i < 5; ++i)
    subnet.round();
  Bytes expected;
  for (std::uint8_t i = 0; i < 100; ++i)
    expected.push_back(i);
  EXPECT_EQ(to_hex(*subnet.query(list, "list").result), to_hex(expected));
  EXPECT_TRUE(subnet.at(caller).calls->idle());
}

// Interface specification, ic0.call_perform: 2 if the canister would be frozen.
TEST(Calls, a_canister_that_cannot_pay_for_a_call_is_told_so) {
  TestSubnet subnet;
  const CanisterId counter = subnet.deploy(kCounter);
  const CanisterId proxy = subnet.deploy(kProxy);
  // Enough for the message, not for another callback.
  subnet.state.update(proxy, [&](state::CanisterState& canister) {
    subnet.minted -= (canister.balance - Cycles{50'000'000'000});
    canister.balance = Cycles{50'000'000'000};
  });
  const std::string answer = ask(subnet, proxy, proxy_arg(counter, "inc"));
  EXPECT_TRUE(answer.starts_with("IC0503: ")) << answer;
}

// ------------------------------------------------------------------------------------------- logs

/// `print` logs its argument, as an update, a query, or while it is installed.
std::string printer() {
  return with_imports(R"(
    (func $print_arg
      (call $arg_copy (i32.const 1024) (i32.const 0) (call $arg_size))
      (call $print (i32.const 1024) (call $arg_size)))
    (func (export "canister_init") (call $print_arg))
    (func (export "canister_post_upgrade") (call $print_arg))
    (func (export "canister_update print") (call $print_arg) (call $reply))
    (func (export "canister_query print_query") (call $print_arg) (call $reply)))");
}
std::string texts_of_log(const TestSubnet& subnet, const CanisterId& id) {
  std::string texts;
  for (const state::LogRecord& record : subnet.at(id).log->records())
    texts += std::string(as_text(record.content)) + " ";
  return texts;
}

// Interface specification, "fetch_canister_logs": 4 KiB, the oldest go first, indexes are unique.
TEST(Logs, keep_the_latest_4_kib) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(printer(), to_bytes("first"));
  for (int i = 0; i < 6; ++i)
    subnet.call(kAlice, id, "print", Bytes(1000, static_cast<std::uint8_t>('a' + i)));
  const state::CanisterLog& log = *subnet.at(id).log;
  ASSERT_EQ(log.records().size(), 4U);
  EXPECT_LE(log.size_bytes(), 4096U);
  EXPECT_EQ(log.records().front().index, 3U);
  EXPECT_EQ(log.records().back().index, 6U);
  EXPECT_EQ(log.records().back().content.view()[0], 'f');
}

// Of what one message logs as well, the oldest lines go first: how it ended is what one looks for.
TEST(Logs, keep_the_latest_lines_of_one_message) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(with_imports(R"(
    (data (i32.const 16) "the end")
    (func (export "canister_update fail") (local $i i32)
      (loop $again
        (call $print (i32.const 1024) (i32.const 500))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $i) (i32.const 20))))
      (call $trap (i32.const 16) (i32.const 7))))"));
  subnet.call(kAlice, id, "fail");
  const auto& records = subnet.at(id).log->records();
  ASSERT_EQ(records.size(), 8U);
  EXPECT_EQ(as_text(records.back().content), "[TRAP]: the end");
}

// Lines without content are lines.
TEST(Logs, bound_the_number_of_empty_lines) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(with_imports(R"(
    (func (export "canister_update print") (local $i i32)
      (loop $again
        (call $print (i32.const 0) (i32.const 0))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $i) (i32.const 10000))))
      (call $reply)))"));
  EXPECT_EQ(subnet.text(subnet.call(kAlice, id, "print")), "reply: ");
  EXPECT_EQ(subnet.at(id).log->records().size(), 256U);
}

// "not collected in canister methods running in non-replicated mode"
TEST(Logs, of_queries_are_not_collected) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(printer(), to_bytes("first"));
  subnet.query(id, "print_query", to_bytes("query"));
  EXPECT_EQ(texts_of_log(subnet, id), "first ");
  subnet.call(kAlice, id, "print_query", to_bytes("replicated"));
  EXPECT_EQ(texts_of_log(subnet, id), "first replicated ");
}

// "Logs persist across canister upgrades and they are deleted if the canister is reinstalled or
// uninstalled."
TEST(Logs, live_as_long_as_the_code_is_only_upgraded) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(printer(), to_bytes("first"));
  const Bytes module = wat(printer());
  using Mode = management::InstallMode;
  subnet.install(id, module, to_bytes("upgraded"), Mode(std::in_place_index<2>));
  EXPECT_EQ(texts_of_log(subnet, id), "first upgraded ");
  subnet.install(id, module, to_bytes("again"), Mode(std::in_place_index<1>));
  EXPECT_EQ(texts_of_log(subnet, id), "again ");
  subnet.manage(kAlice, "uninstall_code", management::UninstallCodeArgs{id, std::nullopt});
  EXPECT_EQ(texts_of_log(subnet, id), "");
}

}  // namespace
}  // namespace icpd::execution
