#include "execution/wasm/compile_work.hpp"

#include <gtest/gtest.h>

#include "execution/wasm/acceptance.hpp"
#include "execution/wasm/test_guest.hpp"

namespace icpd::execution::wasm {
namespace {

using testing::wat;

std::uint64_t work_of(const std::string& function) {
  const Bytes module = wat("(module " + function + ")");
  return compile_work(parse_sections(module).value(), 0);
}

std::string many(std::size_t n, const std::string& text) {
  std::string all;
  for (std::size_t i = 0; i < n; ++i)
    all += text;
  return all;
}

TEST(CompileWork, counts_locals_at_the_entry_and_wherever_control_splits) {
  EXPECT_EQ(work_of("(func (param i32 i32) (local i64))"), 3U);
  EXPECT_EQ(work_of("(func (param i32 i32) (local i64) (block) (if (i32.const 0) (then)))"), 9U);
  EXPECT_EQ(work_of("(func (local i32) (block (br 0)) (block (br_if 0 (i32.const 1))))"), 5U);
  EXPECT_EQ(work_of("(func (local i32) (nop) (drop (i32.add (i32.const 1) (i32.const 2))))"), 1U);
}

TEST(CompileWork, counts_each_label_of_a_table_once) {
  EXPECT_EQ(work_of("(func (local i32) (block (block (br_table 0 0 1 1 0 (i32.const 0)))))"), 5U);
}

TEST(CompileWork, grows_with_the_square_of_the_depth_of_loops) {
  EXPECT_EQ(work_of("(func " + many(4, "(loop ") + many(4, ")") + ")"), 1U);
  EXPECT_EQ(work_of("(func " + many(8, "(loop ") + many(8, ")") + ")"), 1U + 1U + 2U + 3U + 4U);
  EXPECT_EQ(work_of("(func " + many(20, "(loop)") + ")"), 0U);
}

TEST(CompileWork, counts_values_that_blocks_hand_on_by_their_depth) {
  EXPECT_EQ(work_of("(func (drop (block (result i32) (i32.const 1))))"), 0U);
  const std::string value = "(drop (block (result i32) (i32.const 1)))";
  EXPECT_EQ(work_of("(func " + many(15, "(block ") + value + many(15, ")") + ")"), 4U);
  EXPECT_EQ(work_of("(func (drop (block (result i32) (br 0 (i32.const 1)))))"), 8U);
}

TEST(CompileWork, grows_with_the_square_of_all_values_that_calls_take_and_give) {
  const std::string callee = "(func (param i32) (result i32) (i32.const 0))";
  EXPECT_EQ(work_of("(func " + many(20, "(drop (call 1 (i32.const 0)))") + ")" + callee), 4U);
  EXPECT_EQ(work_of("(func " + many(40, "(drop (call 1 (i32.const 0)))") + ")" + callee), 16U);
}

std::string refusal(const std::string& text) {
  const Slice module(wat(text));
  const auto accepted = accept_module(module, parse_sections(module).value());
  return accepted.ok() ? "accepted" : accepted.error().message;
}

TEST(CompileWork, too_much_of_it_is_refused_for_a_function_and_for_the_module) {
  const std::string locals = "(local " + many(9000, "i64 ") + ")";
  const std::string enough = "(func " + locals + many(5'500, "(block)") + ")";
  const std::string too_much = "(func " + locals + many(5'600, "(block)") + ")";
  EXPECT_EQ(refusal("(module " + enough + ")"), "accepted");
  EXPECT_EQ(refusal("(module (func)" + too_much + ")"),
            "Canister's Wasm module is not valid: Wasm module contains a function at index 1 whose "
            "locals and control flow are too much work to compile: 50409000, and at most "
            "50000000 are allowed.");
  EXPECT_EQ(refusal("(module " + many(10, enough) + ")"), "accepted");
  EXPECT_NE(refusal("(module " + many(11, enough) + ")")
                .find("The functions of the Wasm module up to index 10 whose locals"),
            std::string::npos);
}

}  // namespace
}  // namespace icpd::execution::wasm
