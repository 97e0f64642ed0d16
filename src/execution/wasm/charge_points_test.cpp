#include "execution/wasm/charge_points.hpp"

#include <gtest/gtest.h>

#include "execution/wasm/test_guest.hpp"

namespace icpd::execution::wasm {
namespace {

/// "cost" of each point in order, "!" behind those that check.
std::string points(std::string_view body, PointerWidth heap = PointerWidth::k32) {
  const std::string memory = heap == PointerWidth::k64 ? "(memory i64 1)" : "(memory 1)";
  const Bytes module = testing::wat("(module " + memory +
                                    " (table 1 funcref) (type $t (func)) (func $f (param i32) " +
                                    std::string(body) + "))");
  const auto sections = parse_sections(module);
  EXPECT_TRUE(sections.ok());
  std::string out;
  for (const ChargePoint& point : plan_body(sections->bodies.at(0).code, {heap, false}).points) {
    out += std::to_string(point.cost) + (point.checks ? "! " : " ");
  }
  return out;
}

TEST(ChargePoints, the_example_of_the_header) {
  EXPECT_EQ(points("local.get 0 if nop end memory.size drop"), "4! 1 21 ");
}

TEST(ChargePoints, the_entry_costs_one_and_checks) {
  EXPECT_EQ(points(""), "1! ");
}

TEST(ChargePoints, a_loop_header_checks_even_if_it_costs_nothing) {
  EXPECT_EQ(points("loop end"), "1! 0! ");
  EXPECT_EQ(points("nop loop nop end nop"), "2! 1! 1 ");
}

TEST(ChargePoints, a_block_does_not_split) {
  EXPECT_EQ(points("nop block nop"), "3! ");
}

TEST(ChargePoints, the_end_of_a_block_splits) {
  EXPECT_EQ(points("nop block nop end nop"), "3! 1 ");
}

TEST(ChargePoints, else_and_end_begin_points_of_their_own) {
  EXPECT_EQ(points("local.get 0 if nop else nop nop end nop nop nop"), "4! 1 2 3 ");
}

TEST(ChargePoints, branches_belong_to_the_point_before) {
  EXPECT_EQ(points("block local.get 0 br_if 0 nop br 0 nop end nop"), "4! 3 1 1 ");
  EXPECT_EQ(points("block local.get 0 br_table 0 0 end nop"), "4! 1 ");
}

TEST(ChargePoints, what_follows_a_return_is_a_point) {
  EXPECT_EQ(points("return nop nop"), "2! 2 ");
  EXPECT_EQ(points("unreachable nop"), "2! 1 ");
  EXPECT_EQ(points("i32.const 0 return_call $f nop"), "5! 1 ");
  EXPECT_EQ(points("i32.const 0 return_call_indirect (type $t) nop"), "62! 1 ");
}

TEST(ChargePoints, calls_do_not_split) {
  EXPECT_EQ(points("i32.const 0 call $f nop i32.const 0 call_indirect (type $t) nop"), "20! ");
}

TEST(ChargePoints, loads_of_64_bit_heaps_cost_more) {
  EXPECT_EQ(points("i32.const 0 i32.load drop"), "4! ");
  EXPECT_EQ(points("i64.const 0 i32.load drop", PointerWidth::k64), "5! ");
}

TEST(ChargePoints, shapes_say_which_labels_are_targets) {
  const Bytes module = testing::wat(R"((module (func (param i32)
    block block loop local.get 0 br_if 1 local.get 0 br_if 3 end end end
    local.get 0 if else end)))");
  const BodyPlan plan = plan_body(parse_sections(module)->bodies.at(0).code, {});
  ASSERT_EQ(plan.blocks.size(), 5);
  EXPECT_TRUE(plan.blocks[0].targeted) << "the function";
  EXPECT_FALSE(plan.blocks[1].targeted);
  EXPECT_TRUE(plan.blocks[2].targeted);
  EXPECT_FALSE(plan.blocks[3].targeted);
  EXPECT_TRUE(plan.blocks[4].has_else);
}

}  // namespace
}  // namespace icpd::execution::wasm
