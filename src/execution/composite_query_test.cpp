// Rules of "Query call" in the interface specification (composite_query_helper) that take several
// methods to show.
#include <gtest/gtest.h>

#include "execution/test_subnet.hpp"

namespace icpd::execution {
namespace {

using namespace testing;

/// What the canisters below share: `$ask` calls `method` (whose name lies at 32) of the canister
/// whose id lies at 64 with the callbacks in the table, `$work` uses a million instructions.
std::string asking(std::string_view method, std::string_view body) {
  return with_imports(R"(
    (data (i32.const 32) ")" +
                      std::string(method) + R"(")
    (func $learn_callee
      (call $arg_copy (i32.const 64) (i32.const 0) (call $arg_size)))
    (func $new_call (param $callback i32) (param $callee_size i32)
      (call $call_new (i32.const 64) (local.get $callee_size) (i32.const 32) (i32.const )" +
                      std::to_string(method.size()) + R"()
        (local.get $callback) (i32.const 0) (local.get $callback) (i32.const 0)))
    (func $work (local $i i32)
      (local.set $i (i32.const 150000))
      (loop (br_if 0 (local.tee $i (i32.sub (local.get $i) (i32.const 1))))))
    (func (export "canister_query nothing") (call $reply))
    (func (export "canister_query burn") (call $work) (call $reply))
    (func (export "canister_query caller")
      (call $caller_copy (i32.const 0) (i32.const 0) (call $caller_size))
      (call $append (i32.const 0) (call $caller_size))
      (call $reply))
    (func (export "canister_query has_certificate") (call $reply_byte
      (i32.add (i32.const 48) (call $has_certificate))))
    (func (export "canister_query is_replicated") (call $reply_byte
      (i32.add (i32.const 48) (call $replicated))))
    (func $pass_on (call $arg_copy (i32.const 4096) (i32.const 0) (call $arg_size))
      (call $append (i32.const 4096) (call $arg_size)))
  )" + std::string(body));
}

/// `ask` asks the canister in the argument, and replies its answer and what `$more` appends.
std::string forwarding(std::string_view method, std::string_view more = "(func $more)") {
  return asking(method, R"(
    (table funcref (elem $on_answer))
    (func (export "canister_composite_query ask")
      (call $learn_callee) (call $new_call (i32.const 0) (call $arg_size)) (drop (call $perform)))
    (func $on_answer (param i32) (call $pass_on) (call $more) (call $reply)))" +
                            std::string(more));
}

Bytes id_of(const CanisterId& canister) {
  return to_bytes(canister.view());
}
const Slice kCertificate = Slice::copy_of(as_bytes("certificate"));

TEST(CompositeQuery, calls_in_the_name_of_its_canister) {
  TestSubnet subnet;
  const CanisterId asker = subnet.deploy(forwarding("caller"));
  const CanisterId other = subnet.deploy(forwarding("caller"));
  EXPECT_EQ(subnet.text(subnet.query(asker, "ask", id_of(other))),
            "reply: " + std::string(as_text(asker.view())));
}

// "Sender info": of the user, for the method that the user called and its callbacks.
TEST(CompositeQuery, hands_on_what_is_known_of_its_caller_to_callbacks_only) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(with_more_imports(
      R"((import "ic0" "msg_caller_info_data_size" (func $info_size (result i32))))", R"(
    (table funcref (elem $on_answer))
    (data (i32.const 32) "size")
    (func $note_size (i32.store8 (i32.const 0) (i32.add (i32.const 48) (call $info_size)))
      (call $append (i32.const 0) (i32.const 1)))
    (func (export "canister_query size") (call $note_size) (call $reply))
    (func (export "canister_composite_query ask")
      (call $arg_copy (i32.const 64) (i32.const 0) (call $arg_size))
      (call $call_new (i32.const 64) (call $arg_size) (i32.const 32) (i32.const 4)
        (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
      (drop (call $perform)))
    (func $on_answer (param i32)
      (call $arg_copy (i32.const 4096) (i32.const 0) (call $arg_size))
      (call $append (i32.const 4096) (call $arg_size))
      (call $note_size)
      (call $reply)))"));
  const state::CallerInfo info{Slice::copy_of(as_bytes("five!")), id.principal};
  const QueryAnswer answer = execute_query(
      subnet.state, {kAlice, info, id, "ask", Slice(id_of(id))}, std::nullopt, subnet.environment);
  EXPECT_EQ(subnet.text(answer), "reply: 05");
}

// "Certified data": not in callbacks, not in what other canisters evaluate.
TEST(CompositeQuery, only_methods_of_the_receiver_see_the_certificate) {
  TestSubnet subnet;
  const std::string_view own = R"((func $more
    (i32.store8 (i32.const 0) (i32.add (i32.const 48) (call $has_certificate)))
    (call $append (i32.const 0) (i32.const 1))))";
  const CanisterId asker = subnet.deploy(forwarding("has_certificate", own));
  const CanisterId other = subnet.deploy(forwarding("has_certificate"));
  EXPECT_EQ(subnet.text(subnet.query(asker, "has_certificate", {}, kCertificate)), "reply: 1");
  EXPECT_EQ(subnet.text(subnet.query(asker, "ask", id_of(other), kCertificate)), "reply: 00");
  EXPECT_EQ(subnet.text(subnet.query(asker, "ask", id_of(asker), kCertificate)), "reply: 10");
}

// "Replicated execution check"
TEST(CompositeQuery, is_not_replicated_wherever_it_runs) {
  TestSubnet subnet;
  const std::string_view own = R"((func $more
    (i32.store8 (i32.const 0) (i32.add (i32.const 48) (call $replicated)))
    (call $append (i32.const 0) (i32.const 1))))";
  const CanisterId asker = subnet.deploy(forwarding("is_replicated", own));
  EXPECT_EQ(subnet.text(subnet.query(asker, "is_replicated")), "reply: 0");
  EXPECT_EQ(subnet.text(subnet.query(asker, "ask", id_of(asker))), "reply: 00");
  EXPECT_EQ(subnet.text(subnet.call(kAlice, asker, "is_replicated")), "reply: 1");
}

// "Performance counter": over method and callbacks, without what others were called for.
TEST(CompositeQuery, its_performance_counter_goes_on_in_callbacks) {
  TestSubnet subnet;
  const CanisterId asker = subnet.deploy(asking("burn", R"(
    (table funcref (elem $on_answer))
    (func (export "canister_composite_query ask")
      (call $learn_callee) (call $work) (call $new_call (i32.const 0) (call $arg_size))
      (drop (call $perform)))
    (func $on_answer (param i32)
      (call $reply_number (call $counter (i32.const 1)))))"));
  const QueryAnswer answer = subnet.query(asker, "ask", id_of(asker));
  ASSERT_TRUE(answer.result.ok()) << subnet.text(answer);
  const auto counted = load_le<std::uint64_t>(answer.result->view());
  EXPECT_GT(counted, 900'000U) << "the method's own";
  EXPECT_LT(counted, 1'000'000U) << "not the callee's";
  EXPECT_GT(answer.instructions, counted + 900'000U + kNestedQueryInstructions);
}

TEST(CompositeQuery, a_call_to_another_subnet_ends_it) {
  TestSubnet subnet;
  const CanisterId asker = subnet.deploy(forwarding("nothing"));
  state::NetworkTopology topology = subnet.state.topology();
  state::SubnetTopology other = topology.own();
  other.ranges = {{types::limits::kCanisterIdsPerSubnet, types::limits::kCanisterIdsPerSubnet + 9}};
  topology.subnets.emplace(types::SubnetId(user(98).principal), std::move(other));
  subnet.state.write_metadata().topology = Shared(std::move(topology));
  const CanisterId far = types::canister_id_from_index(types::limits::kCanisterIdsPerSubnet);
  const QueryAnswer answer = subnet.query(asker, "ask", id_of(far));
  EXPECT_EQ(subnet.text(answer),
            "IC0504: Error from Canister " + asker.text() +
                ": Canister violated contract: a composite query cannot call canister " +
                far.text() + ", which is not on the same subnet.");
  EXPECT_EQ(answer.result.error().reject_code, types::RejectCode::kCanisterError);
}

// ------------------------------------------------------------------------------------ callbacks

/// Two calls; the callback of the first traps, that of the second replies what `$state` says.
std::string trapping(std::string_view cleanup) {
  return asking("nothing", R"(
    (table funcref (elem $traps $replies $cleans $cleans_badly))
    (global $state (mut i32) (i32.const 48))
    (func $calls (param $second i32)
      (call $learn_callee)
      (call $new_call (i32.const 0) (call $arg_size)) )" +
                               std::string(cleanup) + R"(
      (drop (call $perform))
      (if (local.get $second) (then
        (call $new_call (i32.const 1) (call $arg_size)) (drop (call $perform)))))
    (func (export "canister_composite_query one") (call $calls (i32.const 0)))
    (func (export "canister_composite_query two") (call $calls (i32.const 1)))
    (func $traps (param i32) (global.set $state (i32.const 57)) unreachable)
    (func $replies (param i32) (call $reply_byte (global.get $state)))
    (func $cleans (param $more i32)
      (global.set $state (i32.add (global.get $state) (local.get $more))))
    (func $cleans_badly (param i32) (drop (i32.div_s (i32.const 1) (i32.const 0)))))");
}

// composite_callbacks: what the cleanup leaves is kept, and the other calls are made.
TEST(CompositeQuery, a_cleanup_runs_on_the_state_before_its_callback_and_others_go_on) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(trapping("(call $on_cleanup (i32.const 2) (i32.const 3))"));
  EXPECT_EQ(subnet.text(subnet.query(id, "two", id_of(id))), "reply: 3");
  EXPECT_EQ(subnet.text(subnet.query(id, "one", id_of(id))),
            "IC0502: Error from Canister " + id.text() + ": Canister trapped: unreachable");
}

TEST(CompositeQuery, a_callback_that_traps_without_cleanup_ends_it) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(trapping(""));
  EXPECT_EQ(subnet.text(subnet.query(id, "two", id_of(id))),
            "IC0502: Error from Canister " + id.text() + ": Canister trapped: unreachable");
}

TEST(CompositeQuery, a_cleanup_that_traps_ends_it) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(trapping("(call $on_cleanup (i32.const 3) (i32.const 0))"));
  const QueryAnswer answer = subnet.query(id, "two", id_of(id));
  EXPECT_EQ(subnet.text(answer),
            "IC0502: Error from Canister " + id.text() + ": Canister trapped: unreachable");
  EXPECT_NE(answer.result.error().message.find(
                "\n\ncall_on_cleanup also failed:\n\nCanister trapped: integer division by 0"),
            std::string::npos);
}

TEST(CompositeQuery, one_that_makes_no_call_and_no_reply_did_not_reply) {
  TestSubnet subnet;
  const CanisterId id =
      subnet.deploy(with_imports(R"((func (export "canister_composite_query ask")))"));
  EXPECT_EQ(subnet.text(subnet.query(id, "ask")),
            "IC0506: Error from Canister " + id.text() + ": Canister did not reply to the call");
}

// --------------------------------------------------------------------------------------- limits

/// `ask` with the argument (callee, n) asks the callee with n - 1 until n is 0.
std::string descending() {
  return asking("ask", R"(
    (table funcref (elem $on_reply $on_reject))
    (func (export "canister_composite_query ask") (local $last i32)
      (call $learn_callee)
      (local.set $last (i32.add (i32.const 63) (call $arg_size)))
      (if (i32.load8_u (local.get $last))
        (then
          (i32.store8 (local.get $last) (i32.sub (i32.load8_u (local.get $last)) (i32.const 1)))
          (call $call_new (i32.const 64) (i32.sub (call $arg_size) (i32.const 1))
            (i32.const 32) (i32.const 3)
            (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0))
          (call $call_data (i32.const 64) (call $arg_size))
          (drop (call $perform)))
        (else (call $reply_byte (i32.const 33)))))
    (func $on_reply (param i32) (call $pass_on) (call $reply))
    (func $on_reject (param i32)
      (call $reject_msg_copy (i32.const 4096) (i32.const 0) (call $reject_msg_size))
      (call $reject (i32.const 4096) (call $reject_msg_size))))");
}

TEST(CompositeQuery, six_calls_deep_is_deep_enough) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(descending());
  const auto descend = [&](std::uint8_t depth) {
    Bytes arg = id_of(id);
    arg.push_back(depth);
    return subnet.query(id, "ask", std::move(arg));
  };
  const QueryAnswer deepest = descend(kCompositeQueryDepthMax);
  EXPECT_EQ(subnet.text(deepest), "reply: !");
  EXPECT_EQ(deepest.evaluated.size(), kCompositeQueryDepthMax + 1);
  EXPECT_EQ(subnet.text(descend(kCompositeQueryDepthMax + 1)),
            "IC0406: Composite query calls are nested more than 6 deep.");
}

/// `ask` with the argument (callee, n) asks for nothing n times, one after the other.
std::string repeating() {
  return asking("nothing", R"(
    (table funcref (elem $again))
    (global $left (mut i32) (i32.const 0))
    (global $size (mut i32) (i32.const 0))
    (func $turn (global.set $left (i32.sub (global.get $left) (i32.const 1)))
      (call $new_call (i32.const 0) (global.get $size)) (drop (call $perform)))
    (func (export "canister_composite_query ask")
      (call $learn_callee)
      (global.set $size (i32.sub (call $arg_size) (i32.const 1)))
      (global.set $left (i32.load8_u (i32.add (i32.const 64) (global.get $size))))
      (call $turn))
    (func $again (param i32)
      (if (global.get $left) (then (call $turn)) (else (call $reply)))))");
}

// Each call counts 50 million of 5 billion, so that 99 leave something for the calls themselves.
TEST(CompositeQuery, calls_use_up_the_instructions_of_the_whole) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(repeating());
  const auto repeat = [&](std::uint8_t times) {
    Bytes arg = id_of(id);
    arg.push_back(times);
    return subnet.query(id, "ask", std::move(arg));
  };
  EXPECT_EQ(subnet.text(repeat(99)), "reply: ");
  const QueryAnswer answer = repeat(100);
  EXPECT_EQ(subnet.text(answer),
            "IC0526: Composite query and the calls it makes exceeded their total instruction "
            "limit.");
  EXPECT_LE(answer.instructions, kApplicationLimits.query);
}

TEST(Query, has_five_billion_instructions) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(with_imports(R"(
    (func (export "canister_query endless")
      (loop (memory.fill (i32.const 0) (i32.const 0) (i32.const 65536)) (br 0))))"));
  const QueryAnswer answer = subnet.query(id, "endless");
  EXPECT_EQ(subnet.text(answer),
            "IC0522: Error from Canister " + id.text() +
                ": Canister exceeded the instruction limit for single message execution.");
  EXPECT_EQ(answer.instructions, 5'000'000'000U);
}

// Resource limits: 1 GiB of stable memory, 3 MiB of reply.
TEST(Query, reads_one_gib_of_stable_memory_and_replies_three_mib) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(with_imports(R"(
    (func $touch (param $pages i32) (local $i i64)
      (drop (call $stable_grow (i64.const 16385)))
      (loop
        (call $stable_read (i64.const 0) (i64.shl (local.get $i) (i64.const 12)) (i64.const 1))
        (local.set $i (i64.add (local.get $i) (i64.const 1)))
        (br_if 0 (i64.lt_u (local.get $i) (i64.extend_i32_u (local.get $pages)))))
      (call $reply))
    (func (export "canister_query all") (call $touch (i32.const 262144)))
    (func (export "canister_query too_many") (call $touch (i32.const 262145)))
    (func $answer (param $more i32) (local $i i32)
      (loop
        (call $append (i32.const 0) (i32.const 65536))
        (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 48))))
      (call $append (i32.const 0) (local.get $more))
      (call $reply))
    (func (export "canister_query long") (call $answer (i32.const 0)))
    (func (export "canister_query too_long") (call $answer (i32.const 1))))"));
  EXPECT_EQ(subnet.text(subnet.query(id, "all")), "reply: ");
  EXPECT_EQ(subnet.query(id, "too_many").result.error().error_code,
            ErrorCode::kCanisterMemoryAccessLimitExceeded);
  EXPECT_EQ(subnet.query(id, "long").result->size(), 3 * kMiB);
  EXPECT_EQ(subnet.query(id, "too_long").result.error().error_code,
            ErrorCode::kCanisterContractViolation);
}

TEST(Query, ends_when_its_time_is_up) {
  TestSubnet subnet;
  const CanisterId id =
      subnet.deploy(with_imports(R"((func (export "canister_query endless") (loop (br 0))))"));
  int asked = 0;
  subnet.query_options.time_is_up = [&] { return ++asked == 4; };
  const QueryAnswer answer = subnet.query(id, "endless");
  EXPECT_EQ(subnet.text(answer), "IC0528: Query and the calls it makes exceeded their time limit.");
  EXPECT_EQ(answer.result.error().reject_code, types::RejectCode::kCanisterError);
  EXPECT_EQ(asked, 4);
  EXPECT_LT(answer.instructions, 5 * kQueryWatchInstructions);
  EXPECT_FALSE(answer.basis.has_value()) << "another time it may be quicker";
}

// However it answers, a query is over once its time is: callbacks don't run any more.
TEST(CompositeQuery, ends_when_its_time_is_up_while_it_waits) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(forwarding("nothing"));
  subnet.query_options.time_is_up = [] { return true; };
  EXPECT_EQ(subnet.text(subnet.query(id, "ask", id_of(id))),
            "IC0528: Query and the calls it makes exceeded their time limit.");
  EXPECT_EQ(subnet.text(subnet.query(id, "nothing")), "reply: ") << "done before anybody asked";
}

// Calls of queries cost nothing, so that their number and size need a bound of their own.
TEST(CompositeQuery, makes_so_many_calls_at_a_time) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(asking("nothing", R"(
    (table funcref (elem $on_answer))
    (global $n (mut i32) (i32.const 0))
    (func (export "canister_composite_query count")
      (call $learn_callee)
      (block $full (loop
        (call $new_call (i32.const 0) (call $arg_size))
        (br_if $full (call $perform))
        (global.set $n (i32.add (global.get $n) (i32.const 1)))
        (br 0))))
    (func (export "canister_composite_query bytes")
      (call $learn_callee)
      (drop (memory.grow (i32.const 160)))
      (block $full (loop
        (call $new_call (i32.const 0) (call $arg_size))
        (call $call_data (i32.const 0) (i32.const 10000000))
        (br_if $full (call $perform))
        (global.set $n (i32.add (global.get $n) (i32.const 1)))
        (br 0))))
    (func $on_answer (param i32) (call $reply_number (i64.extend_i32_u (global.get $n)))))"));
  const auto number = [&](std::string method) {
    const QueryAnswer answer = subnet.query(id, std::move(method), id_of(id));
    EXPECT_TRUE(answer.result.ok()) << subnet.text(answer);
    return answer.result.ok() ? load_le<std::uint64_t>(answer.result->view()) : 0;
  };
  EXPECT_EQ(number("count"), kCompositeQueryCallsMax);
  EXPECT_EQ(number("bytes"), kCompositeQueryCallBytesMax / 10'000'007);
}

// Of frames that wait; what has answered holds nothing any more.
TEST(CompositeQuery, waits_with_so_much_memory) {
  TestSubnet subnet;
  const CanisterId writer = subnet.deploy(asking("nothing", R"(
    (table funcref (elem $on_answer))
    (func (export "canister_composite_query ask")
      (call $learn_callee)
      (drop (memory.grow (i32.const 1)))
      (memory.fill (i32.const 65536) (i32.const 1) (i32.const 65536))
      (call $new_call (i32.const 0) (call $arg_size)) (drop (call $perform)))
    (func $on_answer (param i32) (call $reply)))"));
  subnet.query_options.memory_max = 17 * io::kGuestPageSize;
  EXPECT_EQ(subnet.text(subnet.query(writer, "ask", id_of(writer))), "reply: ");
  subnet.query_options.memory_max = 16 * io::kGuestPageSize;
  EXPECT_EQ(subnet.text(subnet.query(writer, "ask", id_of(writer))),
            "IC0524: Composite query and the calls it makes stored to more than 65536 bytes of "
            "memory.");
}

// ------------------------------------------------------------------------------ replicated queries

// "Query methods" called as updates: nothing of memory is kept; cycles, logs and version are.
TEST(ReplicatedQuery, keeps_nothing_but_logs_and_version) {
  TestSubnet subnet;
  const CanisterId proxy = subnet.deploy(kProxy);
  const CanisterId id = subnet.deploy(with_imports(R"(
    (global $n (mut i32) (i32.const 48))
    (func (export "canister_query bump")
      (global.set $n (i32.add (global.get $n) (i32.const 1)))
      (i32.store8 (i32.const 99) (i32.add (i32.load8_u (i32.const 99)) (i32.const 1)))
      (drop (call $stable_grow (i64.const 1)))
      (call $accept (i64.const 0) (i64.const 500) (i32.const 16))
      (call $print (i32.const 0) (i32.const 1))
      (call $reply_byte (i32.add (global.get $n) (i32.load8_u (i32.const 99))))))"));
  const std::uint64_t version = subnet.at(id).version;
  const std::uint64_t stable = (*subnet.at(id).execution)->stable.size_bytes;
  EXPECT_EQ(subnet.text(subnet.call(kAlice, id, "bump")), "reply: 2");
  EXPECT_EQ(subnet.text(subnet.call(kAlice, proxy, "proxy", proxy_arg(id, "bump", {}, 700))),
            "reply: ok:2");
  EXPECT_EQ(subnet.at(id).version, version + 2);
  EXPECT_EQ((*subnet.at(id).execution)->stable.size_bytes, stable);
  EXPECT_EQ(subnet.at(id).log->records().size(), 2U);
}

TEST(ReplicatedQuery, has_no_certificate_and_makes_no_calls) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(with_imports(R"(
    (func (export "canister_query present") (call $reply_byte
      (i32.add (i32.const 48) (call $has_certificate))))
    (func (export "canister_query size") (drop (call $certificate_size)))
    (func (export "canister_query call")
      (call $call_new (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
        (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
    (func (export "canister_query timer") (drop (call $timer (i64.const 1))))
    (func (export "canister_composite_query composite") (call $reply)))"));
  const CanisterId proxy = subnet.deploy(kProxy);
  const auto code = [&](std::string method) {
    return subnet.text(subnet.call(kAlice, id, std::move(method))).substr(0, 6);
  };
  EXPECT_EQ(subnet.text(subnet.call(kAlice, id, "present")), "reply: 0");
  EXPECT_EQ(code("size"), "IC0504");
  EXPECT_EQ(code("call"), "IC0504");
  EXPECT_EQ(code("timer"), "IC0504");
  EXPECT_EQ(code("composite"), "IC0527");
  EXPECT_TRUE(subnet.text(subnet.call(kAlice, proxy, "proxy", proxy_arg(id, "composite")))
                  .starts_with("reply: rejected 5: "));
}

// -------------------------------------------------------------------------------------- statistics

// Interface specification, "canister_status": methods evaluated, arguments, replies or reject
// messages.
TEST(CompositeQuery, says_what_was_evaluated_for_the_statistics) {
  TestSubnet subnet;
  const CanisterId asker = subnet.deploy(forwarding("caller"));
  const CanisterId other = subnet.deploy(forwarding("caller"));
  const QueryAnswer answer = subnet.query(asker, "ask", id_of(other));
  ASSERT_EQ(answer.evaluated.size(), 2U);
  EXPECT_EQ(answer.evaluated[0].canister, other);
  EXPECT_EQ(answer.evaluated[0].stats.calls, 1U);
  EXPECT_EQ(answer.evaluated[0].stats.request_bytes, 0U);
  EXPECT_EQ(answer.evaluated[0].stats.response_bytes, asker.view().size());
  EXPECT_EQ(answer.evaluated[1].canister, asker);
  EXPECT_EQ(answer.evaluated[1].stats.request_bytes, other.view().size());
  EXPECT_EQ(answer.evaluated[1].stats.response_bytes, asker.view().size());
  EXPECT_EQ(answer.evaluated[0].stats.instructions + answer.evaluated[1].stats.instructions +
                kNestedQueryInstructions,
            answer.instructions);
  const QueryAnswer refused = subnet.query(asker, "no_such_method");
  EXPECT_TRUE(refused.evaluated.empty());
  const QueryAnswer rejected = subnet.query(asker, "ask", Bytes(3));
  ASSERT_EQ(rejected.evaluated.size(), 1U) << "whom it called doesn't exist";
  EXPECT_EQ(rejected.evaluated[0].stats.response_bytes, rejected.result.error().message.size());
}

}  // namespace
}  // namespace icpd::execution
