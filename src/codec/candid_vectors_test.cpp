// The Candid specification's own test data: tests/vectors/candid.
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

#include "codec/candid_text_test.hpp"

namespace icpd::codec::candid {
namespace {

struct Row {
  std::string line;
  std::string bytes;
  std::string relation;
  std::string other;
  std::string types;
};

class CandidVectors : public ::testing::TestWithParam<const char*> {
 protected:
  std::vector<Row> rows() {
    std::ifstream file(std::string(ICPD_VECTORS "/candid/") + GetParam() + ".tsv");
    std::vector<Row> result;
    for (std::string text; std::getline(file, text);) {
      std::istringstream in(text);
      Row row;
      std::getline(in, row.line, '\t');
      std::getline(in, row.bytes, '\t');
      std::getline(in, row.relation, '\t');
      if (row.line == "type") {
        reader_.define(row.bytes, row.relation);
        continue;
      }
      std::getline(in, row.other, '\t');
      std::getline(in, row.types, '\t');
      result.push_back(row);
    }
    return result;
  }
  TextReader reader_;
};

TEST_P(CandidVectors, decode_as_the_specification_says) {
  const auto all = rows();
  EXPECT_GE(all.size(), 9u);
  for (const Row& row : all) {
    SCOPED_TRACE(row.line + ' ' + row.bytes + " : " + row.types);
    const ArgTypes types = reader_.types(row.types);
    const Bytes message = from_hex(row.bytes).value();
    const auto values = decode(message, types);
    EXPECT_EQ(values.ok(), row.relation != "no") << (values.ok() ? "" : values.error().what);
    if (!values.ok() || row.other == "-") continue;
    Bytes other_message;
    std::vector<Value> other;
    if (row.other.starts_with("hex:")) {
      other_message = from_hex(row.other.substr(4)).value();
      other = decode(other_message, types).value();
    } else {
      other = reader_.values(row.other.substr(5), types);
    }
    EXPECT_EQ(*values == other, row.relation == "eq") << row.other;
  }
}

TEST_P(CandidVectors, what_decodes_encodes_and_decodes_again) {
  for (const Row& row : rows()) {
    SCOPED_TRACE(row.line + ' ' + row.bytes + " : " + row.types);
    const ArgTypes types = minimized(reader_.types(row.types));
    const Bytes message = from_hex(row.bytes).value();
    const auto values = decode(message, types);
    if (!values.ok()) continue;
    const Bytes again = encode(types, *values);
    const auto back = decode_as_sent(again);
    ASSERT_TRUE(back.ok()) << back.error().what;
    EXPECT_EQ(back->types.table, types.table);
    const bool has_nan = row.bytes.ends_with("f07f");
    EXPECT_EQ(back->values == *values, !has_nan);
  }
}

INSTANTIATE_TEST_SUITE_P(All, CandidVectors,
                         ::testing::Values("construct", "overshoot", "prim", "reference",
                                           "spacebomb", "subtypes"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace icpd::codec::candid
