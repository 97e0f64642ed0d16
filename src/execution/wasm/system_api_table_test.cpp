#include "execution/wasm/system_api_table.hpp"

#include <gtest/gtest.h>

#include "execution/wasm/test_guest.hpp"

namespace icpd::execution::wasm {
namespace {

/// Seen in newer tools only; the reference says not to have it before the specification does.
constexpr std::string_view kLeftOut = "subnet_self_node_count";

/// "(dst : i32, offset : i32) -> i64" as the table's letters would give it.
std::string signature(const SystemFunction& row, PointerWidth width) {
  const auto type = [&](char letter) -> std::string {
    if (letter == 'P') return width == PointerWidth::k64 ? "i64" : "i32";
    return letter == 'i' ? "i32" : "i64";
  };
  std::string out;
  for (const char letter : row.parameters)
    out += type(letter) + " ";
  out += "->";
  if (row.result != '-') out += " " + type(row.result);
  return out;
}

/// The types of a signature of the file, without names and punctuation.
std::string types_of(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    const std::string three = text.substr(i, 3);
    if (three == "i32" || three == "i64") out += (out.ends_with(">") ? " " : "") + three;
    if ((three == "i32" || three == "i64") && out.find("->") == std::string::npos) out += " ";
    if (text.substr(i, 2) == "->") out += "->";
  }
  return out;
}

TEST(SystemApiTable, has_exactly_the_functions_of_the_specification) {
  std::size_t known = 0;
  for (auto& cells : testing::read_csv("system-api.csv")) {
    const auto found = find_system_function(cells["function"]);
    EXPECT_EQ(found.has_value(), cells["function"] != kLeftOut) << cells["function"];
    known += found.has_value() ? 1 : 0;
  }
  EXPECT_EQ(known, kSystemApi.size());
}

TEST(SystemApiTable, signatures_are_those_of_the_specification) {
  for (auto& cells : testing::read_csv("system-api.csv")) {
    const auto found = find_system_function(cells["function"]);
    if (!found) continue;
    const SystemFunction& row = kSystemApi[*found];
    EXPECT_EQ(signature(row, PointerWidth::k32), types_of(cells["sig_wasm32"])) << row.name;
    EXPECT_EQ(row.only_32, cells["sig_wasm64"].empty()) << row.name;
    if (row.only_32) continue;
    EXPECT_EQ(signature(row, PointerWidth::k64), types_of(cells["sig_wasm64"])) << row.name;
  }
}

TEST(SystemApiTable, each_function_is_allowed_in_the_contexts_of_the_specification) {
  for (auto& cells : testing::read_csv("system-api.csv")) {
    const auto found = find_system_function(cells["function"]);
    if (!found) continue;
    for (const ContextName& context : kContextNames) {
      const std::string column =
          context.context == Context::kStart ? "start" : std::string(context.letters);
      ASSERT_TRUE(cells.contains(column));
      EXPECT_EQ((kSystemApi[*found].contexts & bit(context.context)) != 0, cells[column] == "1")
          << cells["function"] << " in " << column;
    }
  }
}

TEST(SystemApiTable, charges_are_those_of_the_reference_table) {
  for (auto& cells : testing::read_csv("system-api-costs.csv")) {
    const auto found = find_system_function(cells["function"]);
    if (!found) continue;
    const SystemFunction& row = kSystemApi[*found];
    const std::string fixed = cells["fixed_instructions"];
    EXPECT_EQ(std::to_string(row.fixed_charge), fixed == "native" ? "0" : fixed) << row.name;
    const std::string per_byte = cells["per_byte_instructions"];
    EXPECT_EQ(std::to_string(row.byte_charge), per_byte.empty() ? "0" : per_byte) << row.name;
    EXPECT_EQ(row.byte_parameters == 0, row.byte_charge == 0) << row.name;
  }
}

TEST(SystemApiTable, context_names_are_in_the_order_of_the_enumeration) {
  for (std::size_t i = 0; i < kContextNames.size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(kContextNames[i].context), i);
  }
}

}  // namespace
}  // namespace icpd::execution::wasm
