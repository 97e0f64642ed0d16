#include "execution/execute_round.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <thread>

#include "execution/test_subnet.hpp"
#include "state/certified_tree.hpp"

namespace icpd::execution {
namespace {

using namespace testing;

TEST(ExecuteRound, counts_in_a_canister_that_a_user_created_and_installed) {
  TestSubnet subnet;
  const CanisterId counter = subnet.deploy(kCounter);
  EXPECT_EQ(subnet.text(subnet.call(kBob, counter, "inc")), "reply: 1");
  EXPECT_EQ(subnet.text(subnet.call(kBob, counter, "inc")), "reply: 2");
  EXPECT_EQ(subnet.text(subnet.query(counter, "get")), "reply: 2");
  EXPECT_EQ(subnet.text(subnet.call(kBob, counter, "get")), "reply: 2");
}

TEST(ExecuteRound, traces_what_each_users_call_did) {
  TestSubnet subnet;
  const CanisterId counter = subnet.deploy(kCounter);
  const CanisterId proxy = subnet.deploy(kProxy);
  subnet.traces.clear();
  const auto direct = subnet.submit(kBob, counter, "inc", {});
  subnet.finish(direct);
  ASSERT_EQ(subnet.traces.size(), 1U);
  EXPECT_EQ(subnet.traces[0].request, direct);
  EXPECT_EQ(subnet.traces[0].canister, counter);
  EXPECT_EQ(subnet.traces[0].method, "inc");
  EXPECT_GT(subnet.traces[0].instructions, 1'000U);
  EXPECT_EQ(subnet.traces[0].dirty_pages, 1U);
  subnet.traces.clear();
  subnet.finish(subnet.submit(kBob, proxy, "proxy", proxy_arg(counter, "inc")));
  // The call and its callback; what the callee did belongs to the callee's caller.
  EXPECT_EQ(subnet.traces.size(), 2U);
}

/// "function: line" for each line of the rounds so far.
std::vector<std::string> said(const TestSubnet& subnet) {
  std::vector<std::string> texts;
  for (const LogLines& lines : subnet.log) {
    for (const Bytes& line : lines.lines)
      texts.push_back(lines.function + ": " + std::string(as_text(line)));
  }
  return texts;
}

TEST(ExecuteRound, reports_what_canisters_print_with_the_function_that_ran) {
  TestSubnet subnet;
  const CanisterId talker = subnet.deploy(with_imports(R"(
    (data (i32.const 0) "onetwo")
    (func $say (call $print (i32.const 0) (i32.const 3)) (call $print (i32.const 3) (i32.const 3)))
    (func (export "canister_init") (call $say))
    (func (export "canister_heartbeat") (call $print (i32.const 0) (i32.const 1)))
    (func (export "canister_update say") (call $say) (call $reply))
    (func (export "canister_update fail") (call $say) unreachable)
    (func (export "canister_update quiet") (call $reply)))"));
  EXPECT_EQ(said(subnet)[0], "canister_init: one");
  EXPECT_EQ(said(subnet)[1], "canister_init: two");
  EXPECT_EQ(subnet.log[0].canister, talker);
  subnet.log.clear();
  subnet.call(kBob, talker, "say");
  subnet.call(kBob, talker, "quiet");
  subnet.call(kBob, talker, "fail");
  std::vector<std::string> texts = said(subnet);
  EXPECT_GT(std::erase(texts, "canister_heartbeat: o"), 0u);
  EXPECT_EQ(texts, (std::vector<std::string>{"say: one", "say: two", "fail: one", "fail: two",
                                             "fail: [TRAP]: Canister trapped: unreachable"}));
  EXPECT_TRUE(std::ranges::none_of(subnet.log, [](const LogLines& l) { return l.lines.empty(); }));
}

TEST(ExecuteRound, reports_what_a_callback_prints_by_the_method_that_made_the_call) {
  TestSubnet subnet;
  std::string module = kProxy;
  constexpr std::string_view kCallback = "(func $on_reply (param i32)";
  module.insert(module.find(kCallback) + kCallback.size(),
                "(call $print (i32.const 256) (i32.const 2))");
  const CanisterId counter = subnet.deploy(kCounter);
  const CanisterId proxy = subnet.deploy(module);
  subnet.call(kBob, proxy, "proxy", proxy_arg(counter, "inc"));
  EXPECT_EQ(said(subnet), std::vector<std::string>{"callback of proxy: ok"});
}

TEST(ExecuteRound, a_thousand_messages_of_one_round_are_executed_in_order) {
  TestSubnet subnet;
  const CanisterId list = subnet.deploy(with_imports(R"(
    (global $n (mut i64) (i64.const 0))
    (func (export "canister_update next")
      (global.set $n (i64.add (global.get $n) (i64.const 1)))
      (call $reply_number (global.get $n))))"));
  std::vector<types::RequestId> requests;
  for (int i = 0; i < 1000; ++i)
    requests.push_back(subnet.submit(kBob, list, "next", {}));
  subnet.round();
  for (std::uint64_t i = 0; i < requests.size(); ++i) {
    const auto* reply = std::get_if<state::IngressReplied>(&subnet.status(requests[i]));
    ASSERT_NE(reply, nullptr);
    EXPECT_EQ(load_le<std::uint64_t>(reply->reply), i + 1);
  }
}

TEST(ExecuteRound, expired_messages_fail_without_being_executed) {
  TestSubnet subnet({.parameters = {.instructions_per_round = 2,
                                    .instructions_per_slice = 1,
                                    .instructions_per_install_slice = 1,
                                    .heap_delta_max = 0,
                                    .provisional_methods = true}});
  // No room for written pages: nothing is executed at all.
  state::CanisterState canister;
  canister.id = types::canister_id_from_index(0);
  subnet.state.put(Cow<state::CanisterState>(canister));
  const auto request = subnet.submit(kBob, canister.id, "x", {});
  subnet.round();
  EXPECT_EQ(subnet.text(subnet.status(request)), "received");
  subnet.step = Duration::minutes(6);
  subnet.round();
  EXPECT_EQ(subnet.text(subnet.status(request)), "IC0202: Ingress message 0x" + request.hex() +
                                                     " timed out waiting to start executing.");
}

// ------------------------------------------------------------------------------ tasks of the
// system

std::string timed() {
  return with_imports(R"(
    (global $fired (mut i32) (i32.const 48))
    (func (export "canister_update set")
      (call $arg_copy (i32.const 8) (i32.const 0) (i32.const 8))
      (call $reply_number (call $timer (i64.load (i32.const 8)))))
    (func (export "canister_global_timer")
      (global.set $fired (i32.add (global.get $fired) (i32.const 1))))
    (func (export "canister_query fired") (call $reply_byte (global.get $fired))))");
}

TEST(SystemTasks, a_timer_fires_once_when_its_time_has_come) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(timed());
  Bytes when;
  append_le(when, (subnet.state.time() + Duration::seconds(4)).ns);
  EXPECT_EQ(subnet.text(subnet.call(kAlice, id, "set", when)), "reply: " + std::string(8, '\0'));
  subnet.round();
  EXPECT_EQ(subnet.text(subnet.query(id, "fired")), "reply: 0");
  for (int i = 0; i < 5; ++i)
    subnet.round();
  EXPECT_EQ(subnet.text(subnet.query(id, "fired")), "reply: 1");
  EXPECT_FALSE(subnet.at(id).global_timer.has_value());
}

TEST(SystemTasks, a_stopped_canisters_timer_waits) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(timed());
  Bytes when;
  append_le(when, std::uint64_t{1});
  subnet.call(kAlice, id, "set", when);
  subnet.manage(kAlice, "stop_canister", management::CanisterIdRecord{id});
  const Bytes before = to_bytes(subnet.at(id).certified_data.view());
  for (int i = 0; i < 3; ++i)
    subnet.round();
  subnet.manage(kAlice, "start_canister", management::CanisterIdRecord{id});
  for (int i = 0; i < 3; ++i)
    subnet.round();
  EXPECT_EQ(subnet.text(subnet.query(id, "fired")), "reply: 1");
}

/// So long a freezing threshold that the canister is frozen.
constexpr std::uint64_t kFrozen = 10'000'000'000'000'000;

// Interface specification, "Call context creation", "Global timer": the timer is deactivated when
// the call context is created, which needs liquid cycles for a message.
TEST(SystemTasks, a_frozen_canisters_timer_waits_until_it_can_be_paid_for) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(timed());
  Bytes when;
  append_le(when, (subnet.state.time() + Duration::seconds(5)).ns);
  subnet.call(kAlice, id, "set", when);
  subnet.set_freezing_threshold(id, kFrozen);
  for (int i = 0; i < 6; ++i)
    subnet.round();
  EXPECT_TRUE(subnet.at(id).global_timer.has_value());
  subnet.set_freezing_threshold(id, 0);
  subnet.round();
  EXPECT_FALSE(subnet.at(id).global_timer.has_value());
  EXPECT_EQ(subnet.text(subnet.query(id, "fired")), "reply: 1");
}

TEST(SystemTasks, heartbeats_run_each_round_beside_messages) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(with_imports(R"(
    (global $beats (mut i32) (i32.const 48))
    (func (export "canister_heartbeat")
      (global.set $beats (i32.add (global.get $beats) (i32.const 1))))
    (func (export "canister_update noop") (call $reply))
    (func (export "canister_query beats") (call $reply_byte (global.get $beats))))"));
  const std::string before = subnet.text(subnet.query(id, "beats"));
  for (int i = 0; i < 4; ++i)
    subnet.round();
  std::string expected = before;
  expected.back() = static_cast<char>(expected.back() + 4);
  EXPECT_EQ(subnet.text(subnet.query(id, "beats")), expected);
  // With a message in each round they take turns (reference 4.4).
  for (int i = 0; i < 4; ++i) {
    const auto call = subnet.submit(kAlice, id, "noop", {});
    subnet.round();
    EXPECT_EQ(subnet.text(subnet.status(call)), "reply: ");
  }
  expected.back() = static_cast<char>(expected.back() + 2);
  EXPECT_EQ(subnet.text(subnet.query(id, "beats")), expected);
}

TEST(SystemTasks, a_task_that_traps_is_only_logged) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(with_imports(R"(
    (func (export "canister_heartbeat") unreachable))"));
  subnet.round();
  EXPECT_TRUE(subnet.at(id).is_running());
  EXPECT_TRUE(subnet.at(id).calls->idle());
  ASSERT_FALSE(subnet.at(id).log->records().empty());
  EXPECT_EQ(as_text(subnet.at(id).log->records().back().content),
            "[TRAP]: Canister trapped: unreachable");
}

TEST(SystemTasks, low_memory_is_reported_once) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(with_imports(R"(
    (global $reports (mut i32) (i32.const 48))
    (func (export "canister_on_low_wasm_memory")
      (global.set $reports (i32.add (global.get $reports) (i32.const 1))))
    (func (export "canister_update grow")
      (drop (memory.grow (i32.const 4))) (call $reply))
    (func (export "canister_query reports") (call $reply_byte (global.get $reports))))"));
  management::UpdateSettingsArgs args;
  args.canister_id = id;
  args.settings.wasm_memory_limit = 20 * 65536;
  args.settings.wasm_memory_threshold = 14 * 65536;
  subnet.manage(kAlice, "update_settings", args);
  subnet.call(kAlice, id, "grow");
  EXPECT_EQ(subnet.text(subnet.query(id, "reports")), "reply: 0");
  subnet.call(kAlice, id, "grow");
  subnet.round();
  EXPECT_EQ(subnet.text(subnet.query(id, "reports")), "reply: 1");
  subnet.call(kAlice, id, "grow");
  subnet.round();
  EXPECT_EQ(subnet.text(subnet.query(id, "reports")), "reply: 1");
}

// ---------------------------------------------------------------------------------------- slices

/// `spin` loops as often as the argument (8 bytes) says and replies its performance counter.
std::string spinner() {
  return with_imports(R"(
    (global $done (mut i32) (i32.const 48))
    (func (export "canister_update spin") (local $i i64)
      (call $arg_copy (i32.const 8) (i32.const 0) (i32.const 8))
      (i32.store8 (i32.const 5000) (i32.const 1))
      (loop $again
        (local.set $i (i64.add (local.get $i) (i64.const 1)))
        (br_if $again (i64.lt_u (local.get $i) (i64.load (i32.const 8)))))
      (global.set $done (i32.add (global.get $done) (i32.const 1)))
      (call $reply_number (call $counter (i32.const 0))))
    (func (export "canister_query done") (call $reply_byte (global.get $done))))");
}
Bytes times(std::uint64_t n) {
  Bytes arg;
  append_le(arg, n);
  return arg;
}
SubnetOptions sliced() {
  return {.parameters = {.instructions_per_round = 25'000'000,
                         .instructions_per_slice = 10'000'000,
                         .instructions_per_install_slice = 10'000'000,
                         .provisional_methods = true}};
}

// A round that leaves nothing untried says so, and one that its budget ends says so as well.
TEST(ExecuteRound, says_whether_its_budget_ended_it) {
  TestSubnet subnet(sliced());
  const CanisterId id = subnet.deploy(kCounter);
  EXPECT_FALSE(subnet.round().cut_short);
  for (int i = 0; i < 300; ++i)
    subnet.submit(kAlice, id, "inc", {});
  EXPECT_TRUE(subnet.round().cut_short);
}

TEST(LongExecutions, take_many_rounds_and_give_the_same_as_in_one) {
  TestSubnet whole;
  const CanisterId a = whole.deploy(spinner());
  const std::string expected = whole.text(whole.call(kAlice, a, "spin", times(10'000'000)));

  TestSubnet parts(sliced());
  const CanisterId b = parts.deploy(spinner());
  const auto request = parts.submit(kAlice, b, "spin", times(10'000'000));
  parts.round();
  EXPECT_EQ(parts.text(parts.status(request)), "processing");
  EXPECT_TRUE(parts.at(b).long_execution->is_paused);
  EXPECT_EQ(parts.text(parts.query(b, "done")), "reply: 0");
  EXPECT_EQ(parts.text(parts.finish(request, 40)), expected);
  EXPECT_EQ(parts.text(parts.query(b, "done")), "reply: 1");
  EXPECT_EQ(whole.at(a).balance, parts.at(b).balance);
  EXPECT_EQ(whole.traces.back().instructions, parts.traces.back().instructions);
  EXPECT_EQ(whole.traces.back().dirty_pages, parts.traces.back().dirty_pages);
}

TEST(LongExecutions, begin_anew_after_a_checkpoint_with_the_same_result) {
  TestSubnet straight(sliced());
  const CanisterId a = straight.deploy(spinner());
  const std::string expected =
      straight.text(straight.finish(straight.submit(kAlice, a, "spin", times(10'000'000)), 40));

  TestSubnet broken(sliced());
  const CanisterId b = broken.deploy(spinner());
  const auto request = broken.submit(kAlice, b, "spin", times(10'000'000));
  broken.round();
  broken.round(true);
  EXPECT_FALSE(broken.at(b).long_execution->is_paused);
  EXPECT_EQ(broken.environment.paused_count(), 0U);
  EXPECT_EQ(broken.text(broken.finish(request, 40)), expected);
  EXPECT_EQ(broken.at(b).balance, straight.at(a).balance);
}

TEST(LongExecutions, no_more_than_four_stay_paused) {
  TestSubnet subnet(sliced());
  std::vector<CanisterId> ids;
  std::vector<types::RequestId> requests;
  for (int i = 0; i < 6; ++i)
    ids.push_back(subnet.deploy(spinner()));
  for (const CanisterId& id : ids)
    requests.push_back(subnet.submit(kAlice, id, "spin", times(5'000'000)));
  for (int i = 0; i < 3; ++i) {
    subnet.round();
    EXPECT_LE(subnet.environment.paused_count(), kPausedExecutionsMax);
  }
  for (const types::RequestId& request : requests)
    EXPECT_TRUE(std::holds_alternative<state::IngressReplied>(subnet.finish(request, 200)));
}

TEST(LongExecutions, new_messages_of_others_go_on_meanwhile) {
  TestSubnet subnet(sliced());
  const CanisterId busy = subnet.deploy(spinner());
  const CanisterId counter = subnet.deploy(kCounter);
  const auto request = subnet.submit(kAlice, busy, "spin", times(20'000'000));
  subnet.round();
  for (int i = 1; i <= 5; ++i)
    EXPECT_EQ(subnet.text(subnet.call(kBob, counter, "inc")), "reply: " + std::to_string(i));
  EXPECT_EQ(subnet.text(subnet.status(request)), "processing");
}

TEST(LongExecutions, an_endless_loop_ends_at_its_limit) {
  TestSubnet subnet({.type = state::SubnetType::kApplication,
                     .parameters = {.instructions_per_round = 9'000'000'000,
                                    .instructions_per_slice = 4'000'000'000,
                                    .provisional_methods = true}});
  const CanisterId id = subnet.deploy(with_imports(R"(
    (func (export "canister_query spin") (loop $again (br $again))))"));
  EXPECT_EQ(subnet.text(subnet.call(kAlice, id, "spin")),
            "IC0522: Error from Canister " + id.text() +
                ": Canister exceeded the instruction limit for single message execution.");
}

TEST(LongExecutions, uninstalling_ends_one) {
  TestSubnet subnet(sliced());
  const CanisterId id = subnet.deploy(spinner());
  const auto request = subnet.submit(kAlice, id, "spin", times(1'000'000'000));
  subnet.round();
  subnet.manage(kAlice, "uninstall_code", management::UninstallCodeArgs{id, std::nullopt});
  EXPECT_EQ(subnet.text(subnet.status(request)), "IC0406: Canister has been uninstalled.");
  EXPECT_EQ(subnet.environment.paused_count(), 0U);
}

/// `burn` burns all it can, goes on for three slices and more, and replies.
std::string burner() {
  return with_imports(R"(
    (func (export "canister_update burn") (local $i i32)
      (call $burn (i64.const -1) (i64.const -1) (i32.const 16))
      (loop $again
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $i) (i32.const 5000000))))
      (call $reply)))");
}

// What an execution staged must still be there when it ends, whatever the canister paid meanwhile.
TEST(LongExecutions, fees_of_messages_that_came_meanwhile_are_taken_from_what_is_left) {
  TestSubnet subnet(sliced());
  const CanisterId id = subnet.deploy(burner());
  subnet.set_freezing_threshold(id, 0);
  const auto request = subnet.submit(kAlice, id, "burn", {});
  subnet.round();
  ASSERT_TRUE(subnet.at(id).long_execution.has_value());
  subnet.state.update(id, [](state::CanisterState& canister) {
    canister.long_execution->debit = Cycles{1'000'000};
  });
  EXPECT_EQ(subnet.text(subnet.finish(request, 40)), "reply: ");
  EXPECT_EQ(subnet.at(id).consumed->at(state::CyclesUse::kIngressInduction), Cycles{1'000'000});
}

TEST(LongExecutions, one_whose_cycles_were_spent_otherwise_fails) {
  TestSubnet subnet(sliced());
  const CanisterId id = subnet.deploy(burner());
  subnet.set_freezing_threshold(id, 0);
  const auto request = subnet.submit(kAlice, id, "burn", {});
  subnet.round();
  const Bytes chunk = to_bytes("a chunk that is paid for at once");
  subnet.manage(kAlice, "upload_chunk", management::UploadChunkArgs{id, chunk});
  ASSERT_EQ(subnet.at(id).chunks->size(), 1U);
  const std::string answer = subnet.text(subnet.finish(request, 40));
  EXPECT_TRUE(answer.starts_with("IC0207: Error from Canister " + id.text() +
                                 ": The canister's balance fell during a long execution"))
      << answer;
  EXPECT_FALSE(subnet.at(id).long_execution.has_value());
  EXPECT_FALSE(subnet.at(id).consumed->contains(state::CyclesUse::kBurnedCycles));
}

// Interface specification, "performance_counter": type 1 counts all executions of the call context,
// the callback that trapped among them.
TEST(LongExecutions, the_counter_of_the_call_context_goes_on_in_a_cleanup) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(with_imports(R"(
    (table 2 funcref)
    (elem (i32.const 0) $callback $cleanup)
    (global $in_cleanup (mut i64) (i64.const 0))
    (func (export "canister_update call")
      (call $call_new (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
        (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
      (call $on_cleanup (i32.const 1) (i32.const 0))
      (drop (call $perform)))
    (func $callback (param i32) (local $i i32)
      (loop $again
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $i) (i32.const 100000))))
      unreachable)
    (func $cleanup (param i32) (global.set $in_cleanup (call $counter (i32.const 1))))
    (func (export "canister_query get") (call $reply_number (global.get $in_cleanup))))"));
  EXPECT_EQ(subnet.text(subnet.call(kAlice, id, "call")).substr(0, 6), "IC0502");
  const auto reply = subnet.query(id, "get").result;
  EXPECT_GT(load_le<std::uint64_t>(reply->view()), 500'000U);
}

// ----------------------------------------------------------------------------------- determinism

/// Every job on a thread of its own.
class Threads final : public io::WorkerPool {
 public:
  void run_all(std::span<const std::function<void()>> jobs) override {
    std::vector<std::jthread> threads;
    for (const auto& job : jobs)
      threads.emplace_back(job);
  }
  [[nodiscard]] std::size_t width() const override { return 8; }
};

TEST(ExecuteRound, gives_the_same_state_on_one_thread_and_on_many) {
  const auto run = [](io::WorkerPool& workers) {
    TestSubnet subnet(sliced());
    std::vector<CanisterId> counters;
    std::vector<CanisterId> proxies;
    for (int i = 0; i < 5; ++i) {
      counters.push_back(subnet.deploy(kCounter));
      proxies.push_back(subnet.deploy(kProxy));
    }
    const CanisterId busy = subnet.deploy(spinner());
    Environment environment(memory_space(), workers);
    subnet.submit(kAlice, busy, "spin", times(8'000'000));
    for (int round = 0; round < 12; ++round) {
      for (std::size_t i = 0; i < counters.size(); ++i) {
        subnet.submit(kAlice, counters[i], "inc", {});
        subnet.submit(kAlice, proxies[i], "proxy",
                      proxy_arg(counters[(i + 1) % counters.size()], "inc"));
      }
      state::SystemMetadata& metadata = subnet.state.write_metadata();
      ++metadata.height;
      metadata.batch_time = metadata.batch_time + Duration::seconds(1);
      execute_round(subnet.state, RoundInput{}, environment);
    }
    return state::hash_state(subnet.state);
  };
  io::InlineWorkers inline_workers;
  Threads threads;
  const types::StateRoot expected = run(inline_workers);
  EXPECT_EQ(run(threads), expected);
  EXPECT_EQ(run(threads), expected);
}

// Nothing that a machine keeps between rounds may show.
TEST(ExecuteRound, gives_the_same_state_with_cold_and_with_warm_memories) {
  const auto run = [](std::size_t warm) {
    TestSubnet subnet;
    const CanisterId counter = subnet.deploy(kCounter);
    io::InlineWorkers workers;
    Environment environment(memory_space(), workers, nullptr, {.warm_memories_max = warm});
    for (int round = 0; round < 10; ++round) {
      subnet.submit(kAlice, counter, "inc", {});
      state::SystemMetadata& metadata = subnet.state.write_metadata();
      ++metadata.height;
      metadata.batch_time = metadata.batch_time + Duration::seconds(1);
      execute_round(subnet.state, RoundInput{}, environment);
    }
    return std::pair(state::hash_state(subnet.state), subnet.at(counter).balance);
  };
  EXPECT_EQ(run(1), run(100));
}

}  // namespace
}  // namespace icpd::execution
