#include <gtest/gtest.h>

#include "execution/wasm/system_api_table.hpp"
#include "execution/wasm/test_guest.hpp"

namespace icpd::execution::wasm {
namespace {

using testing::Guest;
using testing::text_of;
using types::ErrorCode;

/// A module with one update method; P stands for the width's address type, and `imports` are
/// declarations like `(func $time (result i64))` by name.
std::string module_of(PointerWidth width, const std::string& imports, const std::string& body) {
  std::string text =
      "(module " + imports + " (memory P 1) (func (export \"canister_update a\")\n" + body + "))";
  const std::string type = width == PointerWidth::k64 ? "i64" : "i32";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 10, "(memory P ") == 0) {
      out += width == PointerWidth::k64 ? "(memory i64 " : "(memory ";
      i += 9;
    } else if (text[i] == 'P' && (text[i + 1] == ' ' || text[i + 1] == ')' || text[i + 1] == '.')) {
      out += type;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string import(const std::string& name, const std::string& type) {
  return "(import \"ic0\" \"" + name + "\" (func $" + name + " " + type + "))";
}

class Widths : public ::testing::TestWithParam<PointerWidth> {
 protected:
  Guest guest(const std::string& imports, const std::string& body) const {
    return Guest(module_of(GetParam(), imports, body));
  }
};
INSTANTIATE_TEST_SUITE_P(SystemCalls, Widths,
                         ::testing::Values(PointerWidth::k32, PointerWidth::k64),
                         [](const auto& info) {
                           return info.param == PointerWidth::k32 ? "wasm32" : "wasm64";
                         });

TEST_P(Widths, a_copy_takes_a_slice_of_a_blob) {
  Guest g = guest(
      import("msg_arg_data_size", "(result P)") + import("msg_arg_data_copy", "(param P P P)"),
      "(P.store (P.const 100) (call $msg_arg_data_size))"
      "(call $msg_arg_data_copy (P.const 0) (P.const 2) (P.const 3))");
  g.host.argument = {10, 11, 12, 13, 14, 15};
  EXPECT_EQ(text_of(g.update("a")), "success");
  EXPECT_EQ(g.peek<std::uint8_t>(100), 6);
  EXPECT_EQ(g.peek<std::uint32_t>(0), 0x000E0D0C);
}

TEST_P(Widths, a_copy_beyond_the_blob_is_a_contract_violation) {
  Guest g = guest(import("msg_caller_copy", "(param P P P)"),
                  "(call $msg_caller_copy (P.const 0) (P.const 2) (P.const 3))");
  const Outcome outcome = g.update("a");
  EXPECT_EQ(text_of(outcome),
            "Canister violated contract: ic0.msg_caller_copy payload: src=2 + length=3 exceeds the "
            "slice size=3");
  EXPECT_EQ(outcome.failure->code, ErrorCode::kCanisterContractViolation);
}

TEST_P(Widths, a_copy_beyond_the_heap_traps_and_is_charged_first) {
  Guest g = guest(import("msg_arg_data_copy", "(param P P P)"),
                  "(call $msg_arg_data_copy (P.const 65530) (P.const 0) (P.const 1000))");
  const Outcome outcome = g.update("a");
  EXPECT_EQ(text_of(outcome), "Canister trapped: heap out of bounds");
  EXPECT_EQ(outcome.instructions, 1 + 3 + 5 + 500 + 1000);
}

TEST_P(Widths, addresses_are_unsigned) {
  Guest g = guest(import("msg_reply_data_append", "(param P P)"),
                  "(call $msg_reply_data_append (P.const -1) (P.const 1))");
  EXPECT_EQ(text_of(g.update("a")), "Canister trapped: heap out of bounds");
}

TEST_P(Widths, a_size_that_no_limit_pays_for_ends_at_the_limit) {
  Guest g = guest(import("msg_reply_data_append", "(param P P)"),
                  "(call $msg_reply_data_append (P.const 0) (P.const -1))");
  g.limits = {1'000'000, 1'000'000};
  const Outcome outcome = g.update("a");
  EXPECT_EQ(outcome.failure->code, ErrorCode::kCanisterInstructionLimitExceeded);
  EXPECT_EQ(outcome.instructions, 1'000'000);
}

TEST_P(Widths, blobs_go_to_the_host) {
  Guest g = guest(import("msg_reply_data_append", "(param P P)") +
                      import("certified_data_set", "(param P P)") + import("msg_reply", ""),
                  "(i32.store (P.const 8) (i32.const 0x01020304))"
                  "(call $msg_reply_data_append (P.const 8) (P.const 4))"
                  "(call $msg_reply_data_append (P.const 9) (P.const 1))"
                  "(call $certified_data_set (P.const 8) (P.const 2)) (call $msg_reply)");
  EXPECT_EQ(text_of(g.update("a")), "success");
  EXPECT_EQ(to_hex(g.host.reply), "0403020103");
  EXPECT_EQ(to_hex(g.host.certified_data), "0403");
}

TEST_P(Widths, cycles_are_128_bits_little_endian) {
  Guest g =
      guest(import("msg_cycles_accept128", "(param i64 i64 P)"),
            "(call $msg_cycles_accept128 (i64.const 0x1122) (i64.const 0x3344) (P.const 16))");
  EXPECT_EQ(text_of(g.update("a")), "success");
  EXPECT_EQ(g.peek<std::uint64_t>(16), 0x3344);
  EXPECT_EQ(g.peek<std::uint64_t>(24), 0x1122);
}

TEST_P(Widths, a_call_carries_callbacks_and_environments) {
  Guest g = guest(
      import("call_new", "(param P P P P P P P P)") + import("call_data_append", "(param P P)") +
          import("call_on_cleanup", "(param P P)") +
          import("call_cycles_add128", "(param i64 i64)") +
          import("call_with_best_effort_response", "(param i32)") +
          import("call_perform", "(result i32)"),
      "(i32.store (P.const 0) (i32.const 0x44434241))"
      "(call $call_new (P.const 0) (P.const 1) (P.const 1) (P.const 2) (P.const 7) (P.const 8)"
      "  (P.const -1) (P.const -1))"
      "(call $call_data_append (P.const 3) (P.const 1)) (call $call_on_cleanup (P.const 5) "
      "(P.const 6))"
      "(call $call_cycles_add128 (i64.const 0) (i64.const 99))"
      "(call $call_with_best_effort_response (i32.const 300)) (drop (call $call_perform))");
  EXPECT_EQ(text_of(g.update("a")), "success");
  const std::string all_ones =
      GetParam() == PointerWidth::k64 ? "18446744073709551615" : "4294967295";
  EXPECT_EQ(g.host.calls,
            (std::vector<std::string>{"call_new 7 8 4294967295 " + all_ones + " 41 4243", "data 44",
                                      "cleanup 5", "cycles 99", "best_effort 300", "perform"}));
}

TEST_P(Widths, costs_are_written_only_if_known) {
  Guest g = guest(import("cost_sign_with_ecdsa", "(param P P i32 P) (result i32)"),
                  "(i32.store (P.const 0) (call $cost_sign_with_ecdsa"
                  "  (P.const 0) (P.const 0) (i32.const 0) (P.const 16)))"
                  "(i32.store (P.const 4) (call $cost_sign_with_ecdsa"
                  "  (P.const 0) (P.const 0) (i32.const 9) (P.const 32)))");
  EXPECT_EQ(text_of(g.update("a")), "success");
  EXPECT_EQ(g.peek<std::uint32_t>(0), 0);
  EXPECT_EQ(g.peek<std::uint64_t>(16), 1'000'000);
  EXPECT_EQ(g.peek<std::uint32_t>(4), 1);
  EXPECT_EQ(g.peek<std::uint64_t>(32), 0);
}

TEST_P(Widths, trap_gives_the_guests_text) {
  Guest g =
      guest(import("trap", "(param P P)"),
            "(i32.store (P.const 0) (i32.const 0x21696968)) (call $trap (P.const 0) (P.const 4))");
  g.host.room = {1000, 10, false};
  const Outcome outcome = g.update("a");
  EXPECT_EQ(text_of(outcome), "Canister called `ic0.trap` with message: hii!");
  const std::uint64_t store = GetParam() == PointerWidth::k64 ? 2 : 1;
  EXPECT_EQ(outcome.instructions, 1 + 4 + store + 5 + 500 + 4 + 2 * 4 + 50 * 4);
}

TEST_P(Widths, debug_print_never_traps_and_is_charged_by_what_is_kept) {
  Guest g = guest(
      import("debug_print", "(param P P)"),
      "(call $debug_print (P.const 0) (P.const 100)) (call $debug_print (P.const -1) (P.const 1))");
  g.host.room = {60, 40, true};
  const Outcome outcome = g.update("a");
  EXPECT_EQ(text_of(outcome), "success");
  EXPECT_EQ(g.host.log.back(), "(out of bounds)");
  const std::uint64_t first = 100 + 2 * 60 + 50 * 40 + 100;
  const std::uint64_t second = 100 + 2 * 1 + 50 * 1 + 1;
  EXPECT_EQ(outcome.instructions, 1 + 4 + 10 + first + second);
}

TEST_P(Widths, an_unknown_performance_counter_is_a_contract_violation) {
  Guest g = guest(import("performance_counter", "(param i32) (result i64)"),
                  "(drop (call $performance_counter (i32.const 2)))");
  EXPECT_EQ(text_of(g.update("a")),
            "Canister violated contract: Error getting performance counter type 2");
}

// -- Stable memory --

const std::string kStable64 = import("stable64_size", "(result i64)") +
                              import("stable64_grow", "(param i64) (result i64)") +
                              import("stable64_write", "(param i64 i64 i64)") +
                              import("stable64_read", "(param i64 i64 i64)");
constexpr std::string_view kGrowOne = "(drop (call $stable64_grow (i64.const 1)))";

TEST_P(Widths, stable_memory_keeps_what_is_written) {
  Guest g =
      guest(kStable64, std::string(kGrowOne) +
                           "(i32.store (P.const 0) (i32.const 0x04030201))"
                           "(call $stable64_write (i64.const 65530) (i64.const 1) (i64.const 3))"
                           "(call $stable64_read (i64.const 16) (i64.const 65529) (i64.const 5))"
                           "(i64.store (P.const 32) (call $stable64_size))");
  const Outcome outcome = g.update("a");
  EXPECT_EQ(text_of(outcome), "success");
  EXPECT_EQ(g.peek<std::uint64_t>(16), 0x00'04'03'02'00);
  EXPECT_EQ(g.peek<std::uint64_t>(32), 1);
  EXPECT_EQ(outcome.stable_dirty, std::vector<io::PageIndex>{15});
  EXPECT_EQ(outcome.stable_pages_accessed, 1);
  EXPECT_EQ(g.stable().size_bytes(), kWasmPageSize);
  EXPECT_EQ(g.host.stable_grows, (std::vector<std::pair<std::uint64_t, std::uint64_t>>{{0, 1}}));
}

TEST_P(Widths, stable_writes_charge_bytes_and_each_page_once) {
  // call 5 + 3 consts each; grow: const 1 + call 5 + drop 1
  Guest g =
      guest(kStable64, std::string(kGrowOne) +
                           "(call $stable64_write (i64.const 4090) (i64.const 0) (i64.const 10))"
                           "(call $stable64_write (i64.const 0) (i64.const 0) (i64.const 10))"
                           "(call $stable64_read (i64.const 0) (i64.const 9000) (i64.const 10))");
  const Outcome outcome = g.update("a");
  EXPECT_EQ(outcome.instructions,
            1 + (7 + 100) + (8 + 20 + 10 + 2000) + (8 + 20 + 10) + (8 + 20 + 10));
  EXPECT_EQ(outcome.stable_pages_accessed, 3);
  EXPECT_EQ(outcome.stable_dirty, (std::vector<io::PageIndex>{0, 1}));
}

TEST_P(Widths, stable_memory_has_bounds) {
  for (const std::string call : {
           "(call $stable64_write (i64.const 65530) (i64.const 0) (i64.const 7))",
           "(call $stable64_write (i64.const -1) (i64.const 0) (i64.const 1))",
           "(call $stable64_read (i64.const 0) (i64.const 65536) (i64.const 1))",
           "(call $stable64_read (i64.const 0) (i64.const -5) (i64.const 10))",
       }) {
    Guest g = guest(kStable64, std::string(kGrowOne) + call);
    EXPECT_EQ(text_of(g.update("a")), "Canister trapped: stable memory out of bounds") << call;
  }
}

TEST_P(Widths, a_stable_write_of_nothing_checks_nothing) {
  Guest g = guest(kStable64, "(call $stable64_write (i64.const 99) (i64.const -1) (i64.const 0))");
  EXPECT_EQ(text_of(g.update("a")), "success");
}

TEST_P(Widths, the_heap_side_of_stable_access_has_bounds) {
  for (const std::string call : {
           "(call $stable64_write (i64.const 0) (i64.const 65536) (i64.const 1))",
           "(call $stable64_read (i64.const 65530) (i64.const 0) (i64.const 7))",
       }) {
    Guest g = guest(kStable64, std::string(kGrowOne) + call);
    EXPECT_EQ(text_of(g.update("a")), "Canister trapped: heap out of bounds") << call;
  }
}

TEST_P(Widths, pages_of_stable_memory_are_limited_per_execution) {
  const std::string write = "(call $stable64_write (i64.const 4095) (i64.const 0) (i64.const 2))";
  const std::string read = "(call $stable64_read (i64.const 0) (i64.const 8000) (i64.const 1))";
  const auto run = [&](StablePageLimits limits) {
    Guest g = guest(kStable64, std::string(kGrowOne) + write + read);
    g.page_limits = limits;
    return g.update("a");
  };
  EXPECT_EQ(text_of(run({2, 2})), "success");
  const Outcome modified = run({2, 1});
  EXPECT_EQ(text_of(modified),
            "Canister exceeded memory access limits: Exceeded the limit for the number of modified "
            "pages in the stable memory in a single message execution: limit: 4 KB.");
  EXPECT_EQ(modified.failure->code, ErrorCode::kCanisterMemoryAccessLimitExceeded);
  EXPECT_EQ(text_of(run({1, 2})),
            "Canister exceeded memory access limits: Exceeded the limit for the number of accessed "
            "pages in the stable memory in a single message execution: limit: 4 KB.");
}

TEST_P(Widths, stable_memory_grows_to_500_gib) {
  Guest g = guest(kStable64,
                  "(i64.store (P.const 0) (call $stable64_grow (i64.const 8192001)))"
                  "(i64.store (P.const 8) (call $stable64_grow (i64.const 8192000)))"
                  "(i64.store (P.const 16) (call $stable64_grow (i64.const 1)))"
                  "(call $stable64_write (i64.const 536870911999) (i64.const 0) (i64.const 1))");
  const Outcome outcome = g.update("a");
  EXPECT_EQ(text_of(outcome), "success");
  EXPECT_EQ(g.peek<std::uint64_t>(0), UINT64_MAX);
  EXPECT_EQ(g.peek<std::uint64_t>(8), 0);
  EXPECT_EQ(g.peek<std::uint64_t>(16), UINT64_MAX);
  EXPECT_EQ(outcome.stable_dirty, std::vector<io::PageIndex>{131'071'999});
}

TEST_P(Widths, a_failed_execution_undoes_stable_memory) {
  Guest g =
      guest(kStable64 + import("time", "(result i64)"),
            std::string(kGrowOne) +
                "(call $stable64_write (i64.const 0) (i64.const 0) (i64.const 1)) (unreachable)");
  const Outcome outcome = g.update("a");
  EXPECT_EQ(outcome.stable_dirty, std::vector<io::PageIndex>{0});
  EXPECT_EQ(g.stable().size_bytes(), 0);
}

TEST(SystemCalls, the_32_bit_stable_functions_stop_at_4_gib) {
  const std::string imports =
      import("stable_size", "(result i32)") + import("stable_grow", "(param i32) (result i32)") +
      import("stable_read", "(param i32 i32 i32)") + import("stable_write", "(param i32 i32 i32)") +
      import("stable64_grow", "(param i64) (result i64)");
  const auto run = [&](const std::string& body) {
    return Guest(module_of(PointerWidth::k32, imports, body)).update("a");
  };
  EXPECT_EQ(
      text_of(run(
          "(if (i32.ne (call $stable_grow (i32.const 65537)) (i32.const -1)) (then unreachable))"
          "(if (i32.ne (call $stable_grow (i32.const 65536)) (i32.const 0)) (then unreachable))"
          "(if (i32.ne (call $stable_grow (i32.const 1)) (i32.const -1)) (then unreachable))"
          "(if (i32.ne (call $stable_size) (i32.const 65536)) (then unreachable))"
          "(call $stable_write (i32.const -1) (i32.const 0) (i32.const 1))")),
      "success");
  const std::string large = "(drop (call $stable64_grow (i64.const 65537)))";
  for (const std::string call :
       {"(drop (call $stable_size))", "(drop (call $stable_grow (i32.const 0)))",
        "(call $stable_read (i32.const 0) (i32.const 0) (i32.const 0))",
        "(call $stable_write (i32.const 0) (i32.const 0) (i32.const 0))"}) {
    EXPECT_EQ(text_of(run(large + call)),
              "Canister trapped: 32 bit stable memory api used on a memory larger than 4GB")
        << call;
  }
  EXPECT_EQ(text_of(run("(call $stable_write (i32.const 1) (i32.const 0) (i32.const 0))")),
            "Canister trapped: stable memory out of bounds")
      << "the 32-bit form checks bounds before it looks at the length";
}

TEST(SystemCalls, cycles_that_do_not_fit_64_bits_trap) {
  Guest g(module_of(PointerWidth::k32, import("canister_cycle_balance", "(result i64)"),
                    "(drop (call $canister_cycle_balance))"));
  g.host.balance = types::Cycles{static_cast<unsigned __int128>(1) << 64};
  EXPECT_EQ(text_of(g.update("a")),
            "Canister trapped: cycles amount exceeds 64-bit representation");
  g.host.balance = types::Cycles{UINT64_MAX};
  EXPECT_EQ(text_of(g.update("a")), "success");
}

/// Every function of the table is called once in every context: allowed ones reach the host or
/// fail for their arguments, the others are refused by name.
TEST(SystemCalls, every_function_is_allowed_in_exactly_its_contexts) {
  for (const PointerWidth width : {PointerWidth::k32, PointerWidth::k64}) {
    for (const SystemFunction& row : kSystemApi) {
      if (row.only_32 && width == PointerWidth::k64) continue;
      std::string parameters;
      std::string arguments;
      const auto type = [](char letter) -> std::string {
        return letter == 'P' ? "P" : letter == 'i' ? "i32" : "i64";
      };
      for (const char letter : row.parameters) {
        parameters += "(param " + type(letter) + ")";
        arguments += "(" + type(letter) + ".const 0)";
      }
      const bool has_result = row.result != '-';
      if (has_result) parameters += "(result " + type(row.result) + ")";
      const std::string name(row.name);
      const std::string call = "(call $" + name + arguments + ")";
      Guest g(
          module_of(width, import(name, parameters), has_result ? "(drop " + call + ")" : call));
      for (const ContextName& context : kContextNames) {
        g.context = context.context;
        const std::string refusal = "Canister violated contract: \"ic0." + name +
                                    "\" cannot be executed in " + std::string(context.mode) +
                                    " mode";
        EXPECT_EQ(text_of(g.update("a")) == refusal, (row.contexts & bit(context.context)) == 0)
            << name << " in " << context.mode;
      }
    }
  }
}

}  // namespace
}  // namespace icpd::execution::wasm
