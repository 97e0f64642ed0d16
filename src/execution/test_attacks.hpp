// For tests: a collection of canisters that mean harm.
#pragma once

#include <string>
#include <vector>

#include "execution/test_subnet.hpp"

namespace icpd::execution::testing {

/// A hostile canister, what it is called with in each round, and what becomes of the first call.
struct Attack {
  const char* name;
  std::string module;
  std::vector<std::string> calls = {"go"};
  /// How the answer to the first call begins; empty: there is none within these rounds.
  std::string answer;
  Bytes argument = {};
  /// Instructions of a slice; a round has four.
  std::uint64_t slice = 5'000'000;
};
/// For gtest's names of failures.
inline void PrintTo(const Attack& attack, std::ostream* out) {
  *out << attack.name;
}
/// Slices in which a payload of the largest size can be made at once.
inline constexpr std::uint64_t kLargeSlice = 150'000'000;

/// A call of one's own method, with callbacks that the table has at 0, 1 and 2.
inline const std::string kCallSelf = R"(
  (import "ic0" "canister_self_size" (func $self_size (result i32)))
  (import "ic0" "canister_self_copy" (func $self_copy (param i32 i32 i32)))
)";

inline const std::string kCallPieces = R"(
  (table 3 funcref)
  (elem (i32.const 0) $on_reply $on_reject $clean)
  (data (i32.const 600) "gohangping")
  ;; Calls the method whose name is at $name, with a payload of zeros.
  (func $call_own (param $name i32) (param $length i32) (param $payload i32) (result i32)
    (call $self_copy (i32.const 500) (i32.const 0) (call $self_size))
    (call $call_new (i32.const 500) (call $self_size) (local.get $name) (local.get $length)
                    (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0))
    (call $on_cleanup (i32.const 2) (i32.const 0))
    (call $call_data (i32.const 4096) (local.get $payload))
    (call $perform))
)";

inline std::string calling(const std::string& body) {
  return with_more_imports(kCallSelf, kCallPieces + body);
}

/// Recursion.
inline std::vector<Attack> attacks_on_the_stack() {
  return {
      {"recursion",
       with_imports(R"((func $r (export "canister_update go") (call $r) (drop (i32.const 1))))"),
       {"go"},
       "IC0502: Error from Canister"},
      {"recursion_with_large_frames",
       with_imports(
           R"((func $r (param f64 f64 f64 f64 f64 f64 f64 f64 v128 v128 v128 v128) (result f64)
            (f64.add (local.get 0)
              (f64.add (local.get 7)
                (call $r (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5)
                         (local.get 6) (local.get 7) (local.get 0) (local.get 9) (local.get 10)
                         (local.get 11) (local.get 8)))))
          (func (export "canister_update go")
            (drop (call $r (f64.const 1) (f64.const 1) (f64.const 1) (f64.const 1) (f64.const 1)
                           (f64.const 1) (f64.const 1) (f64.const 1)
                           (v128.const i64x2 1 1) (v128.const i64x2 1 1) (v128.const i64x2 1 1)
                           (v128.const i64x2 1 1)))))"),
       {"go"},
       "IC0502: Error from Canister"},
      {"recursion_through_the_table",
       with_imports(
           R"((table 1 funcref) (elem (i32.const 0) $r) (type $t (func (param i64) (result i64)))
          (func $r (param i64) (result i64)
            (i64.add (i64.const 1)
              (call_indirect (type $t) (i64.add (local.get 0) (i64.const 1)) (i32.const 0))))
          (func (export "canister_update go") (drop (call $r (i64.const 0)))))"),
       {"go"},
       "IC0502: Error from Canister"},
  };
}

/// What never ends, or is always due.
inline std::vector<Attack> attacks_on_time() {
  return {
      {"a_loop", with_imports(R"((func (export "canister_update go") (loop (br 0))))")},
      {"a_loop_in_the_heartbeat",
       with_imports(R"((func (export "canister_heartbeat") (loop (br 0))))"),
       {}},
      {"a_loop_in_the_timer",
       with_imports(
           R"((func (export "canister_update go") (drop (call $timer (i64.const 1))) (call $reply))
          (func (export "canister_global_timer") (loop (br 0))))"),
       {"go"},
       "reply: "},
      {"a_timer_that_is_always_due",
       with_imports(R"((func $set (export "canister_update go") (drop (call $timer (i64.const 1)))
            (drop (call $timer (i64.const 1))) (call $reply))
          (func (export "canister_global_timer")
            (i64.store (i32.const 8) (i64.add (i64.load (i32.const 8)) (i64.const 1)))
            (drop (call $timer (i64.const 1)))))"),
       {"go"},
       "reply: "},
      {"traps_in_all_tasks",
       with_imports(
           R"((func (export "canister_update go") (drop (call $timer (i64.const 1))) (call $reply))
          (func (export "canister_global_timer") (drop (call $timer (i64.const 1))) unreachable)
          (func (export "canister_heartbeat") (i64.store (i32.const 8) (i64.const 1)) unreachable))"),
       {"go"},
       "reply: "},
      {"instructions_as_data",
       with_imports(R"((func (export "canister_update go") (local $i i32)
            (loop
              (i64.store (i32.shl (local.get $i) (i32.const 3)) (call $counter (i32.const 0)))
              (i64.store offset=32768 (i32.shl (local.get $i) (i32.const 3))
                         (call $counter (i32.const 1)))
              (local.set $i (i32.add (local.get $i) (i32.const 1)))
              (br_if 0 (i32.lt_u (local.get $i) (i32.const 4096))))
            (call $reply_number (call $counter (i32.const 0)))))"),
       {"go", "go"},
       "reply: "},
  };
}

/// Growing, writing, and what lies outside.
inline std::vector<Attack> attacks_on_memory() {
  return {
      {"a_heap_grown_page_by_page",
       with_imports(R"((func (export "canister_update go")
            (loop (br_if 0 (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
            (call $reply)))"),
       {"go"},
       "reply: "},
      {"a_heap_grown_at_once",
       with_imports(R"((func (export "canister_update go")
            (drop (memory.grow (i32.const 65535)))
            (i32.store8 (i32.const 0xffffffff) (i32.const 1))
            (call $reply)))"),
       {"go"},
       "reply: "},
      {"a_heap_written_all_over",
       with_imports(R"((func (export "canister_update go") (local $at i32)
            (drop (memory.grow (i32.const 64)))
            (loop
              (i32.store8 (local.get $at) (i32.add (i32.load8_u (local.get $at)) (i32.const 1)))
              (local.set $at (i32.add (local.get $at) (i32.const 4096)))
              (br_if 0 (i32.lt_u (local.get $at) (i32.const 0x400000))))
            (call $reply)))"),
       {"go", "go"},
       "reply: "},
      {"a_heap_filled_at_once",
       with_imports(R"((func (export "canister_update go")
            (drop (memory.grow (i32.const 1024)))
            (memory.fill (i32.const 0) (i32.const 7) (i32.const 0x4000000)) (call $reply)))"),
       {"go"},
       "IC0522: Error from Canister"},
      {"stable_memory_grown_to_its_end",
       with_imports(R"((func (export "canister_update go")
            (loop (br_if 0 (i64.ne (call $stable_grow (i64.const 500000)) (i64.const -1))))
            (call $stable_write (i64.sub (i64.shl (call $stable_size) (i64.const 16)) (i64.const 8))
                                (i64.const 0) (i64.const 8))
            (call $reply)))"),
       {"go"},
       "IC0532: "},
      {"stable_memory_written_beyond_its_end",
       with_imports(R"((func (export "canister_update go")
            (drop (call $stable_grow (i64.const 1)))
            (call $stable_write (i64.const 65530) (i64.const 0) (i64.const 7))))"),
       {"go"},
       "IC0502: Error from Canister"},
      {"lengths_that_wrap_around",
       with_imports(R"((func (export "canister_update go")
            (drop (call $stable_grow (i64.const 1)))
            (call $stable_read (i64.const -8) (i64.const 8) (i64.const 16))))"),
       {"go"},
       "IC0502: Error from Canister"},
  };
}

/// Logs, replies and arguments.
inline std::vector<Attack> attacks_by_size() {
  return {
      {"a_flood_of_logs",
       with_imports(R"((func (export "canister_update go") (local $i i32)
            (loop (call $print (i32.const 0) (i32.const 32768))
              (local.set $i (i32.add (local.get $i) (i32.const 1)))
              (br_if 0 (i32.lt_u (local.get $i) (i32.const 100))))
            (call $reply)))"),
       {"go", "go", "go"},
       "reply: "},
      {"a_reply_that_is_too_large",
       with_imports(R"((func (export "canister_update go")
            (drop (memory.grow (i32.const 40)))
            (call $append (i32.const 0) (i32.const 2097153)) (call $reply)))"),
       {"go"},
       "IC0504: Error from Canister",
       {},
       kLargeSlice},
      {"a_reply_of_many_pieces",
       with_imports(R"((func (export "canister_update go")
            (loop (call $append (i32.const 0) (i32.const 65536)) (br 0))))"),
       {"go"},
       "IC0504: Error from Canister",
       {},
       kLargeSlice},
      {"a_reply_of_the_largest_size",
       with_imports(R"((func (export "canister_update go")
            (drop (memory.grow (i32.const 40)))
            (call $append (i32.const 0) (i32.const 2097152)) (call $reply)))"),
       {"go"},
       "reply: ",
       {},
       kLargeSlice},
      {"large_arguments",
       with_imports(R"((func (export "canister_update go") (call $reply)))"),
       {"go", "go", "go", "go"},
       "reply: ",
       Bytes(2'000'000, 1)},
  };
}

/// Calls of themselves, as many and as often as they may.
inline std::vector<Attack> attacks_by_calling() {
  return {
      {"calls_to_itself_without_end", calling(R"(
          (func (export "canister_update go")
            (if (call $call_own (i32.const 600) (i32.const 2) (i32.const 0)) (then unreachable)))
          (func $on_reply (param i32)) (func $on_reject (param i32)) (func $clean (param i32))
       )")},
      {"calls_again_in_each_callback", calling(R"(
          (func (export "canister_update go")
            (drop (call $call_own (i32.const 606) (i32.const 4) (i32.const 0))))
          (func (export "canister_update ping") (call $reply))
          (func $on_reply (param i32)
            (drop (call $call_own (i32.const 606) (i32.const 4) (i32.const 0))))
          (func $on_reject (param i32)
            (drop (call $call_own (i32.const 606) (i32.const 4) (i32.const 0))))
          (func $clean (param i32))
       )")},
      {"as_many_calls_as_fit",
       calling(R"(
          (func (export "canister_update go")
            (loop (br_if 0 (i32.eqz (call $call_own (i32.const 606) (i32.const 4) (i32.const 0)))))
            (call $reply))
          (func (export "canister_update ping") (call $reply))
          (func $on_reply (param i32)) (func $on_reject (param i32)) (func $clean (param i32))
       )"),
       {"go", "go"},
       "reply: "},
      {"queues_full_of_large_payloads",
       calling(R"(
          (func (export "canister_update go") (local $i i32)
            (drop (memory.grow (i32.const 40)))
            (loop
              (drop (call $call_own (i32.const 606) (i32.const 4) (i32.const 2000000)))
              (local.set $i (i32.add (local.get $i) (i32.const 1)))
              (br_if 0 (i32.lt_u (local.get $i) (i32.const 8))))
            (call $reply))
          (func (export "canister_update ping") (call $reply))
          (func $on_reply (param i32)) (func $on_reject (param i32)) (func $clean (param i32))
       )"),
       {"go"},
       "reply: ",
       {},
       kLargeSlice},
  };
}

/// Calls that stay open, and calls that are never made.
inline std::vector<Attack> attacks_by_open_calls() {
  return {
      {"calls_that_are_never_answered",
       calling(R"(
          (func (export "canister_update go")
            (drop (call $call_own (i32.const 602) (i32.const 4) (i32.const 0)))
            (call $reply))
          (func $hang (export "canister_update hang")
            (drop (call $call_own (i32.const 602) (i32.const 4) (i32.const 0))))
          (func $on_reply (param i32)) (func $on_reject (param i32)) (func $clean (param i32))
       )"),
       {"go", "go", "go"},
       "reply: "},
      {"a_heartbeat_that_calls",
       calling(R"(
          (func (export "canister_heartbeat")
            (drop (call $call_own (i32.const 602) (i32.const 4) (i32.const 1000))))
          (func (export "canister_update hang")
            (drop (call $call_own (i32.const 602) (i32.const 4) (i32.const 0))))
          (func $on_reply (param i32)) (func $on_reject (param i32)) (func $clean (param i32))
       )"),
       {}},
      {"half_made_calls", calling(R"(
          (func (export "canister_update go")
            (call $self_copy (i32.const 500) (i32.const 0) (call $self_size))
            (loop
              (call $call_new (i32.const 500) (call $self_size) (i32.const 606) (i32.const 4)
                              (i32.const 77) (i32.const 0) (i32.const -1) (i32.const 0))
              (call $call_data (i32.const 0) (i32.const 60000))
              (call $call_data (i32.const 0) (i32.const 60000))
              (br_if 0 (i64.lt_u (call $counter (i32.const 0)) (i64.const 100000000))))
            (call $reply))
          (func (export "canister_update ping") (call $reply))
          (func $on_reply (param i32)) (func $on_reject (param i32)) (func $clean (param i32))
       )")},
  };
}

/// Cleanups that fail, callbacks that are none.
inline std::vector<Attack> attacks_in_callbacks() {
  return {
      {"a_cleanup_that_traps",
       calling(R"(
          (func (export "canister_update go")
            (drop (call $call_own (i32.const 606) (i32.const 4) (i32.const 0))))
          (func (export "canister_update ping") (call $reply))
          (func $on_reply (param i32) (i32.store (i32.const 8) (i32.const 1)) unreachable)
          (func $on_reject (param i32) unreachable)
          (func $clean (param i32) (drop (i32.div_u (i32.const 1) (i32.const 0))))
       )"),
       {"go"},
       "IC0502: "},
      {"a_cleanup_that_loops", calling(R"(
          (func (export "canister_update go")
            (drop (call $call_own (i32.const 606) (i32.const 4) (i32.const 0))))
          (func (export "canister_update ping") (call $reply))
          (func $on_reply (param i32) unreachable)
          (func $on_reject (param i32) unreachable)
          (func $clean (param i32) (loop (br 0)))
       )")},
      {"callbacks_that_are_no_functions",
       calling(R"(
          (func (export "canister_update go")
            (call $self_copy (i32.const 500) (i32.const 0) (call $self_size))
            (call $call_new (i32.const 500) (call $self_size) (i32.const 606) (i32.const 4)
                            (i32.const 77) (i32.const 0) (i32.const -1) (i32.const 0))
            (drop (call $perform)))
          (func (export "canister_update ping") (call $reply))
          (func $on_reply (param i32)) (func $on_reject (param i32)) (func $clean (param i32))
       )"),
       {"go"},
       "IC0513: "},
  };
}

inline std::vector<Attack> all_attacks() {
  std::vector<Attack> all;
  for (const auto& group :
       {attacks_on_the_stack(), attacks_on_time(), attacks_on_memory(), attacks_by_size(),
        attacks_by_calling(), attacks_by_open_calls(), attacks_in_callbacks()})
    all.insert(all.end(), group.begin(), group.end());
  return all;
}

}  // namespace icpd::execution::testing
