#include "execution/wasm/operators.hpp"

#include <gtest/gtest.h>
#include <map>
#include <set>

#include "execution/wasm/test_guest.hpp"

namespace icpd::execution::wasm {
namespace {

std::map<std::string, Operator> all_operators() {
  std::map<std::string, Operator> result;
  for (const std::uint8_t prefix : {0x00, 0xFC, 0xFD}) {
    for (const Operator& row : operators(prefix))
      result[std::string(row.name)] = row;
  }
  return result;
}

TEST(Operators, weights_are_those_of_the_reference_table) {
  auto rows = all_operators();
  for (auto& cells : testing::read_csv("wasm-weights.csv")) {
    const std::string name = cells["opcode"];
    if (name.starts_with("(")) continue;  // the default and the function entry
    ASSERT_TRUE(rows.contains(name)) << name;
    EXPECT_EQ(std::to_string(rows[name].weight.wasm32), cells["weight"]) << name;
    EXPECT_EQ(std::to_string(rows[name].weight.wasm64), cells["weight_wasm64"]) << name;
    rows.erase(name);
  }
  EXPECT_TRUE(rows.empty()) << rows.begin()->first;
}

TEST(Operators, codes_ascend_within_each_prefix) {
  for (const std::uint8_t prefix : {0x00, 0xFC, 0xFD}) {
    const auto rows = operators(prefix);
    for (std::size_t i = 1; i < rows.size(); ++i) {
      EXPECT_LT(rows[i - 1].code, rows[i].code) << rows[i].name;
    }
  }
}

// Reference execution.md 1.7, one operator for each line of the table and its neighbours.
TEST(Operators, complexity_is_that_of_the_reference_table) {
  const auto rows = all_operators();
  const std::map<std::string, int> expected = {
      {"block", 50},
      {"call_indirect", 50},
      {"memory.grow", 50},
      {"table.get", 14},
      {"ref.func", 8},
      {"ref.is_null", 6},
      {"i32.trunc_f64_u", 5},
      {"i64.extend_i32_u", 5},
      {"f32.convert_i64_s", 5},
      {"f32.demote_f64", 5},
      {"f64.neg", 4},
      {"memory.copy", 4},
      {"f64.copysign", 3},
      {"f64.eq", 3},
      {"i64.rem_u", 3},
      {"memory.fill", 3},
      {"i64.load32_u", 3},
      {"i64.trunc_sat_f32_s", 3},
      {"global.get", 2},
      {"i32.popcnt", 2},
      {"select", 2},
      {"memory.size", 2},
      {"i64.store8", 2},
      {"i64.eqz", 2},
      {"f32.eq", 2},
      {"f64.ne", 2},
      {"f64.sqrt", 2},
      {"i32.wrap_i64", 2},
      {"i64.extend32_s", 2},
      {"f64.promote_f32", 2},
      {"i32.reinterpret_f32", 2},
      {"i32.add", 1},
      {"local.get", 1},
      {"end", 1},
      {"f64.div", 1},
  };
  for (const auto& [name, complexity] : expected) {
    EXPECT_EQ(rows.at(name).complexity, complexity) << name;
  }
}

TEST(Operators, what_can_trap_or_call_observes_the_count) {
  const auto rows = all_operators();
  const std::set<std::string> expected = {"unreachable",
                                          "call",
                                          "call_indirect",
                                          "return_call",
                                          "return_call_indirect",
                                          "memory.grow",
                                          "memory.fill",
                                          "memory.copy",
                                          "memory.init",
                                          "table.get",
                                          "i32.div_s",
                                          "i64.rem_u",
                                          "i32.trunc_f32_s",
                                          "i64.trunc_f64_u",
                                          "i32.load",
                                          "i64.store32",
                                          "v128.load64_lane"};
  for (const std::string& name : expected)
    EXPECT_TRUE(rows.at(name).observes) << name;
  for (const std::string name :
       {"i32.trunc_sat_f32_s", "f64.div", "i32.add", "br_table", "loop", "global.set",
        "i32x4.trunc_sat_f32x4_s", "ref.func", "data.drop"}) {
    EXPECT_FALSE(rows.at(name).observes) << name;
  }
}

/// Walks the bodies of a module that uses each kind of immediate.
TEST(Operators, the_scanner_finds_the_end_of_every_kind_of_operator) {
  const Bytes module = testing::wat(R"((module
    (memory i64 1) (table 2 funcref) (global $g (mut i64) (i64.const 1)) (data $d "abc")
    (elem $e func $f) (type $t (func (param i32) (result i32 i64)))
    (func $f (param i32) (result i32 i64)
      (local v128)
      (block (result i32) (i32.const -129))
      (loop (if (local.get 0) (then (br 0)) (else (br_if 1 (local.get 0)))))
      (block (block (br_table 0 1 0 1 (local.get 0))))
      (drop (call $f (i32.const 1))) (drop)
      (drop (call_indirect (type $t) (i32.const 1) (i32.const 0))) (drop)
      (drop (select (result i64) (i64.const -9223372036854775808) (i64.const 2) (local.get 0)))
      (global.set $g (i64.load offset=0x1ffffffff align=1 (i64.const 5)))
      (drop (table.get 0 (i32.const 0))) (drop (table.size 0))
      (memory.init $d (i64.const 0) (i32.const 0) (i32.const 0)) (data.drop $d) (elem.drop $e)
      (memory.copy (i64.const 0) (i64.const 0) (i64.const 0))
      (memory.fill (i64.const 0) (i32.const 0) (i64.const 0))
      (drop (memory.grow (i64.const 0))) (drop (ref.is_null (ref.null func))) (drop (ref.func $f))
      (drop (f32.const 1)) (drop (f64.const 1))
      (local.set 1 (v128.const i32x4 1 2 3 4))
      (local.set 1 (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 (local.get 1) (local.get 1)))
      (drop (i8x16.extract_lane_s 15 (local.get 1)))
      (local.set 1 (v128.load8_lane offset=7 3 (i64.const 0) (local.get 1)))
      (drop (i32.trunc_sat_f64_u (f64.const 1)))
      (i64.const 2))))");
  const auto sections = parse_sections(module);
  ASSERT_TRUE(sections.ok()) << sections.error().message;
  OperatorScanner scanner(sections->bodies.at(0).code);
  Instruction instruction;
  std::size_t end = 0;
  std::size_t count = 0;
  while (scanner.next(instruction)) {
    EXPECT_EQ(instruction.start, end) << instruction.row->name;
    end = instruction.end;
    ++count;
  }
  EXPECT_EQ(scanner.error(), nullptr) << scanner.error();
  EXPECT_EQ(end, sections->bodies.at(0).code.size());
  EXPECT_EQ(instruction.code, op::kEnd);
  EXPECT_GT(count, 80);
}

TEST(Operators, an_unknown_operator_is_an_error) {
  for (const Bytes& code : {Bytes{0x06}, Bytes{0xFC, 0x12}, Bytes{0xFD, 0x9A, 0x01},
                            Bytes{0xFD, 0x80, 0x02}, Bytes{0xFE, 0x00}, Bytes{0x41}}) {
    OperatorScanner scanner(code);
    Instruction instruction;
    EXPECT_FALSE(scanner.next(instruction));
    EXPECT_NE(scanner.error(), nullptr);
  }
}

}  // namespace
}  // namespace icpd::execution::wasm
