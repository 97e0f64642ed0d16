#include <gtest/gtest.h>
#include <thread>

#include "execution/wasm/test_guest.hpp"

namespace icpd::execution::wasm {
namespace {

using testing::Guest;
using testing::text_of;
using types::ErrorCode;

class Styles : public ::testing::TestWithParam<Style> {};
INSTANTIATE_TEST_SUITE_P(Execution, Styles, ::testing::Values(Style::kGlobal, Style::kThreaded),
                         [](const auto& info) {
                           return info.param == Style::kGlobal ? "global" : "threaded";
                         });

// The rule: charge_points.hpp. Counts below are worked out by hand from the weights.

TEST_P(Styles, an_empty_function_costs_one_instruction) {
  Guest guest(R"((module (func (export "canister_update a"))))", GetParam());
  const Outcome outcome = guest.update("a");
  EXPECT_EQ(text_of(outcome), "success");
  EXPECT_EQ(outcome.instructions, 1);
}

TEST_P(Styles, straight_code_costs_the_sum_of_its_weights) {
  // const 1 + const 1 + div 10 + drop 1, entry 1
  Guest guest(R"((module (func (export "canister_update a")
      (drop (i32.div_s (i32.const 6) (i32.const 3))))))",
              GetParam());
  EXPECT_EQ(guest.update("a").instructions, 14);
}

TEST_P(Styles, an_arm_that_is_not_taken_costs_nothing) {
  // entry 1, const 1, if 2 | then: nop 1 | behind end: nop 1 + nop 1
  const std::string_view text = R"((module (func (export "canister_update $")
      (if (i32.const %) (then (nop))) (nop) (nop))))";
  for (const auto& [value, expected] : {std::pair{"1", 7}, std::pair{"0", 6}}) {
    std::string module(text);
    module.replace(module.find('%'), 1, value);
    EXPECT_EQ(Guest(module, GetParam()).update("$").instructions, expected);
  }
}

TEST_P(Styles, each_turn_of_a_loop_is_charged) {
  // entry 1 + const 1 + local.set 1 + (loop 0) = 3
  // turn: get 1, const 1, sub 1, tee 1, br_if 2 = 6; behind br_if and end: 0
  Guest guest(R"((module (func (export "canister_update a") (local i32)
      (local.set 0 (i32.const 10))
      (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))))",
              GetParam());
  EXPECT_EQ(guest.update("a").instructions, 3 + 10 * 6);
}

TEST_P(Styles, calls_charge_caller_and_callee) {
  // caller: 1 + call 5 + drop 1; callee: 1 + const 1
  Guest guest(R"((module
      (func $one (result i32) (i32.const 1))
      (func (export "canister_update a") (drop (call $one)))))",
              GetParam());
  EXPECT_EQ(guest.update("a").instructions, 9);
}

TEST_P(Styles, bulk_operators_charge_their_length) {
  // 1 + 3 consts + 100 + length
  Guest guest(R"((module (memory 1)
      (func (export "canister_update a")
        (memory.fill (i32.const 0) (i32.const 7) (i32.const 5000)))))",
              GetParam());
  const Outcome outcome = guest.update("a");
  EXPECT_EQ(outcome.instructions, 1 + 3 + 100 + 5000);
  EXPECT_EQ(outcome.heap_dirty, (std::vector<io::PageIndex>{0, 1}));
}

TEST_P(Styles, memory_operators_of_64_bit_heaps_cost_two) {
  // 1 + const 1 + const 1 + store 2
  Guest guest(R"((module (memory i64 1)
      (func (export "canister_update a") (i32.store (i64.const 0) (i32.const 7)))))",
              GetParam());
  EXPECT_EQ(guest.update("a").instructions, 5);
  EXPECT_EQ(guest.peek<std::uint32_t>(0), 7);
}

TEST_P(Styles, a_trap_is_charged_up_to_its_point) {
  // 1 + 2 consts + div 10 + drop 1: the whole point is taken when it is entered.
  Guest guest(R"((module (func (export "canister_update a")
      (drop (i32.div_s (i32.const 6) (i32.const 0))))))",
              GetParam());
  const Outcome outcome = guest.update("a");
  EXPECT_EQ(text_of(outcome), "Canister trapped: integer division by 0");
  EXPECT_EQ(outcome.failure->code, ErrorCode::kCanisterTrapped);
  EXPECT_EQ(outcome.instructions, 14);
}

TEST_P(Styles, every_trap_of_the_guest_has_its_text) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"(unreachable)", "unreachable"},
      {"(drop (i32.load (i32.const 65536)))", "heap out of bounds"},
      {"(memory.fill (i32.const 65530) (i32.const 0) (i32.const 100))", "heap out of bounds"},
      {"(call $deep)", "stack overflow"},
      {"(call_indirect (type $t) (i32.const 9))", "table out of bounds"},
      {"(call_indirect (type $t) (i32.const 1))", "unknown"},
      {"(call_indirect (type $u) (i32.const 0))", "unknown"},
      {"(drop (i32.trunc_f32_s (f32.const nan)))", "unknown"},
      {"(drop (i32.div_s (i32.const -2147483648) (i32.const -1)))", "unknown"},
      {"(drop (i64.rem_u (i64.const 1) (i64.const 0)))", "integer division by 0"},
  };
  for (const auto& [code, expected] : cases) {
    const std::string operand = code.find("$u") != std::string::npos ? "(i64.const 1)" : "";
    Guest guest(R"((module (memory 1) (table 2 funcref) (type $t (func))
        (type $u (func (param i64))) (elem (i32.const 0) $deep) (func $deep (call $deep))
        (func (export "canister_update a") )" +
                    operand + code + "))",
                GetParam());
    EXPECT_EQ(text_of(guest.update("a")), "Canister trapped: " + expected) << code;
  }
}

TEST_P(Styles, the_instruction_limit_ends_an_endless_loop) {
  Guest guest(R"((module (func (export "canister_update a") (loop (br 0)))))", GetParam());
  guest.limits = {1000, 1000};
  const Outcome outcome = guest.update("a");
  EXPECT_EQ(text_of(outcome),
            "Canister exceeded the instruction limit for single message execution.");
  EXPECT_EQ(outcome.failure->code, ErrorCode::kCanisterInstructionLimitExceeded);
  EXPECT_EQ(outcome.instructions, 1000);
}

// engine.hpp, Watch: an execution that is let go on is the same as one nobody looks at.
TEST_P(Styles, being_watched_changes_nothing) {
  constexpr std::string_view kModule = R"((module (memory 1) (global $sum (mut i64) (i64.const 0))
      (func $add (param i64) (result i64) (i64.add (local.get 0) (i64.const 3)))
      (func (export "canister_update a") (local $i i32) (local $x i64)
        (local.set $i (i32.const 300))
        (loop
          (local.set $x (call $add (local.get $x)))
          (memory.fill (i32.const 0) (i32.const 7) (local.get $i))
          (br_if 0 (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
        (global.set $sum (local.get $x)))))";
  Guest alone(kModule, GetParam());
  const Outcome expected = alone.update("a");
  ASSERT_EQ(text_of(expected), "success");
  const std::uint64_t too_little = expected.instructions / 2;
  alone.limits = {too_little, too_little};
  const Outcome failed = alone.update("a");
  EXPECT_EQ(failed.failure->code, ErrorCode::kCanisterInstructionLimitExceeded);
  std::uint64_t asked_before = UINT64_MAX;
  for (const std::uint64_t interval : {1U, 50U, 10'000U, 1'000'000'000U}) {
    Guest guest(kModule, GetParam());
    std::uint64_t asked = 0;
    guest.watch = Watch{interval, [&asked] {
                          ++asked;
                          return std::optional<Failure>();
                        }};
    const Outcome outcome = guest.update("a");
    EXPECT_EQ(text_of(outcome), "success");
    EXPECT_EQ(outcome.instructions, expected.instructions) << interval;
    EXPECT_EQ(outcome.globals, expected.globals) << interval;
    EXPECT_EQ(guest.pauses, 0);
    EXPECT_LT(asked, asked_before);
    EXPECT_LE(asked, expected.instructions / interval);
    asked_before = asked;
    guest.limits = {too_little, too_little};
    const Outcome ended = guest.update("a");
    EXPECT_EQ(ended.failure, failed.failure) << interval;
    EXPECT_EQ(ended.instructions, failed.instructions) << interval;
  }
  EXPECT_EQ(asked_before, 0U);
}

TEST_P(Styles, a_watch_ends_an_execution_with_its_reason) {
  Guest guest(R"((module (global $n (mut i32) (i32.const 0))
      (func (export "canister_update a")
        (global.set $n (i32.const 1))
        (loop (br 0)))))",
              GetParam());
  int left = 3;
  guest.watch = Watch{1000, [&left]() -> std::optional<Failure> {
                        if (--left > 0) return std::nullopt;
                        return Failure{ErrorCode::kQueryTimeLimitExceeded, "enough"};
                      }};
  const Outcome outcome = guest.update("a");
  EXPECT_EQ(text_of(outcome), "enough");
  EXPECT_EQ(outcome.failure->code, ErrorCode::kQueryTimeLimitExceeded);
  EXPECT_GT(outcome.instructions, 3000U);
  EXPECT_LT(outcome.instructions, 3100U);
  EXPECT_TRUE(outcome.globals.empty());
}

TEST_P(Styles, an_execution_may_use_its_limit_to_the_last_instruction) {
  Guest guest(R"((module (func (export "canister_update a") (call 1) (nop)) (func)))", GetParam());
  const std::uint64_t needed = guest.update("a").instructions;
  EXPECT_EQ(needed, 1 + 5 + 1 + 1);
  guest.limits = {needed, needed};
  EXPECT_EQ(text_of(guest.update("a")), "success");
  guest.limits = {needed - 1, needed - 1};
  EXPECT_EQ(guest.update("a").failure->code, ErrorCode::kCanisterInstructionLimitExceeded);
}

constexpr std::string_view kCounting = R"((module
    (import "ic0" "performance_counter" (func $count (param i32) (result i64)))
    (memory 1)
    (func (export "canister_update a") (local i32)
      (local.set 0 (i32.const 1000))
      (loop
        (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
        (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (i64.store (i32.const 8) (call $count (i32.const 0))))))";

TEST_P(Styles, slices_change_neither_the_count_nor_the_result) {
  Guest whole(kCounting, GetParam());
  const Outcome expected = whole.update("a");
  Guest sliced(kCounting, GetParam());
  sliced.limits = {100'000, 1000};
  const Outcome outcome = sliced.update("a");
  EXPECT_EQ(text_of(outcome), "success");
  EXPECT_GT(sliced.pauses, 5);
  EXPECT_EQ(outcome.instructions, expected.instructions);
  EXPECT_EQ(sliced.peek<std::uint32_t>(0), 1000);
  EXPECT_EQ(sliced.peek<std::uint64_t>(8), whole.peek<std::uint64_t>(8));
}

TEST_P(Styles, a_paused_execution_goes_on_on_another_thread) {
  Guest guest(kCounting, GetParam());
  guest.limits = {100'000, 1000};
  Execution execution = guest.begin(Method{MethodKind::kUpdate, "a"});
  Progress progress = Progress::kPaused;
  while (progress == Progress::kPaused) {
    std::thread([&] { progress = execution.run(); }).join();
  }
  EXPECT_EQ(execution.outcome().failure, std::nullopt);
  EXPECT_EQ(guest.peek<std::uint32_t>(0), 1000);
}

TEST_P(Styles, a_paused_execution_can_be_dropped) {
  Guest guest(kCounting, GetParam());
  const testing::Committed heap(guest.heap());
  guest.limits = {100'000, 1000};
  {
    Execution execution = guest.begin(Method{MethodKind::kUpdate, "a"});
    ASSERT_EQ(execution.run(), Progress::kPaused);
    ASSERT_EQ(execution.run(), Progress::kPaused);
    guest.heap().rollback(execution.heap_dirty_so_far(), guest.heap().size_bytes(), heap);
    guest.stable().rollback({}, 0, heap);
  }
  EXPECT_EQ(guest.peek<std::uint32_t>(0), 0);
  EXPECT_EQ(text_of(guest.update("a")), "success");
  EXPECT_EQ(guest.peek<std::uint32_t>(0), 1000);
}

TEST_P(Styles, slices_add_up_to_the_whole) {
  Guest guest(kCounting, GetParam());
  guest.limits = {100'000, 1000};
  Execution execution = guest.begin(Method{MethodKind::kUpdate, "a"});
  std::uint64_t sum = 0;
  Progress progress = Progress::kPaused;
  while (progress == Progress::kPaused) {
    progress = execution.run();
    sum += execution.slice_instructions();
  }
  EXPECT_EQ(sum, execution.outcome().instructions);
}

TEST_P(Styles, a_bulk_operator_larger_than_the_next_slice_overruns) {
  Guest guest(R"((module (memory 1)
      (func (export "canister_update a")
        (memory.fill (i32.const 0) (i32.const 0) (i32.const 5000)))))",
              GetParam());
  guest.limits = {100'000, 1000};
  const Outcome outcome = guest.update("a");
  EXPECT_EQ(text_of(outcome),
            "Canister attempted to perform a large memory operation that used 5104 instructions "
            "and exceeded the slice limit 1000.");
  EXPECT_EQ(outcome.failure->code, ErrorCode::kCanisterInstructionLimitExceeded);
}

TEST_P(Styles, system_calls_charge_their_row) {
  // 1 + const 1 x3 + call 5; 500 + 2 bytes
  Guest guest(R"((module
      (import "ic0" "msg_arg_data_copy" (func $copy (param i32 i32 i32)))
      (memory 1)
      (func (export "canister_update a")
        (call $copy (i32.const 4) (i32.const 1) (i32.const 2)))))",
              GetParam());
  guest.host.argument = {9, 8, 7};
  const Outcome outcome = guest.update("a");
  EXPECT_EQ(outcome.instructions, 1 + 3 + 5 + 500 + 2);
  EXPECT_EQ(guest.peek<std::uint16_t>(4), 0x0708);
  EXPECT_EQ(outcome.heap_dirty, std::vector<io::PageIndex>{0}) << "stores of the host count";
}

TEST_P(Styles, performance_counters_are_exact) {
  // before the first call: 1 + const 1 (address) + const 1 + call 5 + store 1
  //   + the second: const 1, const 1, call 5, store 1 = 17, all one point; then 200 for itself
  Guest guest(R"((module
      (import "ic0" "performance_counter" (func $count (param i32) (result i64)))
      (memory 1)
      (func (export "canister_update a")
        (i64.store (i32.const 0) (call $count (i32.const 0)))
        (i64.store (i32.const 8) (call $count (i32.const 1))))))",
              GetParam());
  guest.host.instructions_before = 1'000'000;
  EXPECT_EQ(guest.update("a").instructions, 17 + 400);
  EXPECT_EQ(guest.peek<std::uint64_t>(0), 17 + 200);
  EXPECT_EQ(guest.peek<std::uint64_t>(8), 1'000'000 + 17 + 400);
}

TEST_P(Styles, a_context_without_the_function_is_refused) {
  Guest guest(R"((module (import "ic0" "msg_reply" (func $reply))
      (func (export "canister_update a") (call $reply))))",
              GetParam());
  guest.context = Context::kCleanup;
  const Outcome outcome = guest.update("a");
  EXPECT_EQ(text_of(outcome),
            "Canister violated contract: \"ic0.msg_reply\" cannot be executed in cleanup mode");
  EXPECT_EQ(outcome.failure->code, ErrorCode::kCanisterContractViolation);
  EXPECT_EQ(outcome.instructions, 1 + 5 + 500);
}

TEST_P(Styles, a_failing_host_ends_the_execution_with_its_failure) {
  Guest guest(R"((module (import "ic0" "time" (func $time (result i64)))
      (func (export "canister_update a") (drop (call $time)))))",
              GetParam());
  guest.host.fail_next = called_trap("no");
  const Outcome outcome = guest.update("a");
  EXPECT_EQ(text_of(outcome), "Canister called `ic0.trap` with message: no");
  EXPECT_EQ(outcome.instructions, 1 + 5 + 1 + 500);
}

TEST_P(Styles, the_heap_grows_if_the_host_agrees) {
  Guest guest(R"((module (memory 1 3)
      (func (export "canister_update a")
        (i32.store (i32.const 0) (memory.grow (i32.const 1)))
        (i32.store (i32.const 65536) (i32.const 5))
        (i32.store (i32.const 4) (memory.grow (i32.const 9)))
        (i32.store (i32.const 8) (memory.grow (i32.const 0))))))",
              GetParam());
  EXPECT_EQ(text_of(guest.update("a")), "success");
  EXPECT_EQ(guest.host.heap_grows, (std::vector<std::pair<std::uint64_t, std::uint64_t>>{{1, 1}}));
  EXPECT_EQ(guest.peek<std::uint32_t>(0), 1);
  EXPECT_EQ(guest.peek<std::uint32_t>(4), 0xFFFFFFFF);
  EXPECT_EQ(guest.peek<std::uint32_t>(8), 2);
  EXPECT_EQ(guest.peek<std::uint32_t>(65536), 5);
  EXPECT_EQ(guest.heap().size_bytes(), 2 * kWasmPageSize);
}

TEST_P(Styles, a_refused_growth_is_minus_one) {
  Guest guest(R"((module (memory i64 1)
      (func (export "canister_update a") (i64.store (i64.const 0) (memory.grow (i64.const 1))))))",
              GetParam());
  guest.host.grow_answer = GrowAnswer::kRefused;
  EXPECT_EQ(text_of(guest.update("a")), "success");
  EXPECT_EQ(guest.peek<std::uint64_t>(0), UINT64_MAX);
  EXPECT_EQ(guest.heap().size_bytes(), kWasmPageSize);
}

TEST_P(Styles, mutable_globals_live_on_and_immutable_ones_do_not_change) {
  Guest guest(R"((module (memory 1)
      (global $i (mut i32) (i32.const 5)) (global $c i32 (i32.const 9))
      (global $l (mut i64) (i64.const -1)) (global $f (mut f64) (f64.const 0.5))
      (global $v (mut v128) (v128.const i32x4 1 2 3 4))
      (func (export "canister_update a")
        (global.set $i (i32.add (global.get $i) (global.get $c)))
        (global.set $f (f64.add (global.get $f) (f64.const 1))))))",
              GetParam());
  guest.update("a");
  const Outcome outcome = guest.update("a");
  const Globals expected = {{ValueType::kI32, 5 + 18, 0},
                            {ValueType::kI64, UINT64_MAX, 0},
                            {ValueType::kF64, std::bit_cast<std::uint64_t>(2.5), 0},
                            {ValueType::kV128, 0x0000000200000001, 0x0000000400000003}};
  EXPECT_EQ(outcome.globals, expected);
}

TEST_P(Styles, a_failed_execution_leaves_no_trace) {
  Guest guest(R"((module (memory 1) (global (mut i32) (i32.const 5))
      (func (export "canister_update a")
        (global.set 0 (i32.const 6)) (i32.store (i32.const 0) (i32.const 7))
        (drop (memory.grow (i32.const 1))) (unreachable))))",
              GetParam());
  const Outcome outcome = guest.update("a");
  EXPECT_EQ(outcome.heap_dirty, std::vector<io::PageIndex>{0});
  EXPECT_TRUE(outcome.globals.empty());
  EXPECT_EQ(guest.peek<std::uint32_t>(0), 0);
  EXPECT_EQ(guest.heap().size_bytes(), kWasmPageSize);
}

TEST_P(Styles, active_data_is_in_a_fresh_heap_and_passive_data_comes_back) {
  Guest guest(R"((module (memory 1)
      (data (i32.const 4094) "abcd") (data $p "xyz")
      (func (export "canister_update a")
        (memory.init $p (i32.const 0) (i32.const 0) (i32.const 3)) (data.drop $p))
      (func (export "canister_update b")
        (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 1)))))",
              GetParam());
  EXPECT_EQ(guest.peek<std::uint32_t>(4094), 0x64636261);
  EXPECT_EQ(text_of(guest.update("a")), "success");
  EXPECT_EQ(text_of(guest.update("a")), "success");
  EXPECT_EQ(guest.peek<std::uint16_t>(0), 0x7978);
  EXPECT_EQ(text_of(guest.update("b")), "Canister trapped: heap out of bounds");
}

TEST_P(Styles, the_start_function_runs_when_asked) {
  Guest guest(R"((module (memory 1) (start $s)
      (func $s (i32.store (i32.const 0) (i32.const 7)))
      (func (export "canister_update a"))))",
              GetParam());
  guest.update("a");
  EXPECT_EQ(guest.peek<std::uint32_t>(0), 0);
  guest.context = Context::kStart;
  EXPECT_EQ(text_of(guest.run(Hook::kStart)), "success");
  EXPECT_EQ(guest.peek<std::uint32_t>(0), 7);
}

TEST_P(Styles, callbacks_are_called_by_table_index_with_their_environment) {
  Guest guest(R"((module (memory 1) (table 3 funcref) (elem (i32.const 1) $good $bad)
      (func $good (param i32) (i32.store (i32.const 0) (local.get 0)))
      (func $bad (param i64))))",
              GetParam());
  guest.context = Context::kReplyCallback;
  EXPECT_EQ(text_of(guest.run(Callback{1, 77})), "success");
  EXPECT_EQ(guest.peek<std::uint32_t>(0), 77);
  EXPECT_EQ(text_of(guest.run(Callback{2, 77})),
            "Canister violated contract: function invocation does not match its signature");
  for (const std::uint32_t index : {0U, 3U, UINT32_MAX}) {
    const Outcome outcome = guest.run(Callback{index, 0});
    EXPECT_EQ(text_of(outcome), "Canister requested to invoke a non-existent Wasm function " +
                                    std::to_string(index) + " from table 0");
    EXPECT_EQ(outcome.failure->code, ErrorCode::kCanisterFunctionNotFound);
  }
}

TEST_P(Styles, callbacks_of_64_bit_modules_take_64_bit_environments) {
  Guest guest(R"((module (memory i64 1) (table i64 3 funcref) (elem (i64.const 1) $good)
      (func $good (param i64) (i64.store (i64.const 0) (local.get 0)))))",
              GetParam());
  guest.context = Context::kReplyCallback;
  EXPECT_EQ(text_of(guest.run(Callback{1, UINT64_MAX})), "success");
  EXPECT_EQ(guest.peek<std::uint64_t>(0), UINT64_MAX);
}

TEST_P(Styles, an_exported_import_is_an_entry_point) {
  Guest guest(R"((module (import "ic0" "msg_reply" (func $reply))
      (export "canister_update a" (func $reply))))",
              GetParam());
  const Outcome outcome = guest.update("a");
  EXPECT_EQ(text_of(outcome), "success");
  EXPECT_EQ(outcome.instructions, 500);
  EXPECT_EQ(guest.host.calls, std::vector<std::string>{"msg_reply"});
}

TEST_P(Styles, a_missing_method_is_named) {
  Guest guest(R"((module (func (export "canister_query a"))))", GetParam());
  const Outcome outcome = guest.update("a");
  EXPECT_EQ(text_of(outcome), "Canister has no update method 'a'.");
  EXPECT_EQ(outcome.failure->code, ErrorCode::kCanisterMethodNotFound);
}

TEST_P(Styles, dirty_pages_are_charged_at_the_end) {
  Guest guest(R"((module (memory 3)
      (func (export "canister_update a")
        (i32.store (i32.const 0) (i32.const 0)) (i32.store (i32.const 70000) (i32.const 0)))))",
              GetParam());
  const std::uint64_t plain = guest.update("a").instructions;
  guest.charge_dirty_pages = true;
  EXPECT_EQ(guest.update("a").instructions, plain + 2000);
  guest.limits = {plain + 1999, plain + 1999};
  const Outcome outcome = guest.update("a");
  EXPECT_EQ(outcome.failure->code, ErrorCode::kCanisterInstructionLimitExceeded);
  EXPECT_EQ(outcome.instructions, plain + 1999);
}

/// A text for 32-bit heaps, for another width.
std::string with_width(const std::string& width, std::string text) {
  for (std::size_t at = 0; (at = text.find("i32", at)) != std::string::npos; at += 3)
    text.replace(at, 3, width);
  return text;
}

// What a copying function of the C library does about a range onto itself depends on the library,
// the size and the processor.
TEST_P(Styles, a_copy_onto_itself_stores_to_each_page) {
  for (const std::string width : {"i32", "i64"}) {
    Guest guest(with_width(width, R"((module (memory i32 4)
      (func (export "canister_update a")
        (memory.copy (i32.const 5000) (i32.const 5000) (i32.const 1))
        (memory.copy (i32.const 12287) (i32.const 12287) (i32.const 2))
        (memory.copy (i32.const 20480) (i32.const 20480) (i32.const 4096))
        (memory.copy (i32.const 40000) (i32.const 40000) (i32.const 200000))
        (memory.copy (i32.const 262144) (i32.const 262144) (i32.const 0)))
      (func (export "canister_update outside")
        (memory.copy (i32.const 262100) (i32.const 262100) (i32.const 45)))
      (func (export "canister_update wrapping")
        (memory.copy (i32.const 8) (i32.const 8) (i32.const -4)))))"),
                GetParam());
    guest.limits = {10'000'000'000, 10'000'000'000};
    std::vector<io::PageIndex> expected = {1, 2, 3, 5};
    for (io::PageIndex page = 40000 / io::kGuestPageSize; page <= 239999 / io::kGuestPageSize;
         ++page)
      expected.push_back(page);
    const Outcome outcome = guest.update("a");
    EXPECT_EQ(text_of(outcome), "success");
    EXPECT_EQ(outcome.heap_dirty, expected) << width;
    EXPECT_EQ(text_of(guest.update("outside")), "Canister trapped: heap out of bounds");
    EXPECT_EQ(guest.update("wrapping").failure.has_value(), true);
  }
}

TEST_P(Styles, tail_calls_need_no_stack) {
  Guest guest(R"((module (memory 1) (table 1 funcref) (elem (i32.const 0) $indirect)
      (type $t (func (param i32) (result i32)))
      (func $direct (type $t)
        (if (i32.eqz (local.get 0)) (then (return (i32.const 42))))
        (return_call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))
      (func $indirect (type $t) (return_call $direct (local.get 0)))
      (func (export "canister_update a")
        (i32.store (i32.const 0) (call $direct (i32.const 1000000))))))",
              GetParam());
  EXPECT_EQ(text_of(guest.update("a")), "success");
  EXPECT_EQ(guest.peek<std::uint32_t>(0), 42);
}

TEST_P(Styles, branches_to_the_function_carry_its_results) {
  Guest guest(R"((module (memory 1)
      (func $two (param i32) (result i32 i64)
        (br_if 0 (i32.const 1) (i64.const 2) (i32.eq (local.get 0) (i32.const 1)))
        (drop) (drop)
        (br_table 0 0 (i32.const 3) (i64.const 4) (i32.const 0)))
      (func $store (param i32) (local i64 i32)
        (call $two (local.get 0)) (local.set 1) (local.set 2)
        (i32.store (i32.mul (local.get 0) (i32.const 16)) (local.get 2))
        (i64.store offset=8 (i32.mul (local.get 0) (i32.const 16)) (local.get 1)))
      (func (export "canister_update a")
        (call $store (i32.const 0)) (call $store (i32.const 1)))))",
              GetParam());
  EXPECT_EQ(text_of(guest.update("a")), "success");
  EXPECT_EQ(guest.peek<std::uint32_t>(0), 3);
  EXPECT_EQ(guest.peek<std::uint64_t>(8), 4);
  EXPECT_EQ(guest.peek<std::uint32_t>(16), 1);
  EXPECT_EQ(guest.peek<std::uint64_t>(24), 2);
}

TEST_P(Styles, floats_that_are_no_number_are_canonical) {
  Guest guest(R"((module (memory 1)
      (func (export "canister_update a")
        (f64.store (i32.const 0)
          (f64.add (f64.reinterpret_i64 (i64.const 0xfff8dead0000beef)) (f64.const 1))))))",
              GetParam());
  EXPECT_EQ(text_of(guest.update("a")), "success");
  EXPECT_EQ(guest.peek<std::uint64_t>(0), 0x7ff8000000000000);
}

TEST_P(Styles, a_trap_has_the_names_of_its_functions) {
  Guest guest(R"((module
      (func $inner (unreachable))
      (func $outer (export "canister_update a") (call $inner))))",
              GetParam());
  EXPECT_EQ(guest.update("a").backtrace, (std::vector<std::string>{"inner", "outer"}));
}

TEST_P(Styles, a_large_write_pauses_once_more_for_copying_its_pages) {
  constexpr std::uint64_t kPages = 262'145;
  Guest guest(R"((module (memory 16385)
      (func (export "canister_update a") (local i32)
        (loop
          (i32.store (local.get 0) (i32.const 0))
          (local.set 0 (i32.add (local.get 0) (i32.const 4096)))
          (br_if 0 (i32.lt_u (local.get 0) (i32.const 1073745920)))))))",
              GetParam());
  guest.limits = {4'000'000'000, 2'000'000'000};
  Execution execution = guest.begin(Method{MethodKind::kUpdate, "a"});
  ASSERT_EQ(execution.run(), Progress::kPaused);
  ASSERT_EQ(execution.run(), Progress::kFinished);
  EXPECT_EQ(execution.slice_instructions(), 3000 * kPages);
  EXPECT_EQ(execution.outcome().heap_dirty.size(), kPages);
}

}  // namespace
}  // namespace icpd::execution::wasm
