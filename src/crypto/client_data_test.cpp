#include "crypto/detail/client_data.hpp"

#include <gtest/gtest.h>

namespace icpd::crypto {
namespace {

Result<ClientData> parse(std::string_view json) {
  return parse_client_data(as_bytes(json));
}

// A member that parses iff `value` is a JSON value.
bool is_value(const std::string& value) {
  return parse(R"({"type":"t","challenge":"c","x":)" + value + "}").ok();
}

TEST(ClientData, finds_type_and_challenge_among_other_members) {
  const auto data = parse(
      R"( { "a" : [1, {"type": "inner"}], "type" : "webauthn.get" , "challenge":"abc","z":null } )");
  ASSERT_TRUE(data.ok());
  EXPECT_EQ(data->type, "webauthn.get");
  EXPECT_EQ(data->challenge, "abc");
}

TEST(ClientData, decodes_escapes) {
  const auto data =
      parse(R"({"type":"\u0077\"\\\/\b\f\n\r\t","challenge":"\u00e9\u20AC\ud83d\ude00"})");
  ASSERT_TRUE(data.ok());
  EXPECT_EQ(data->type, "w\"\\/\b\f\n\r\t");
  EXPECT_EQ(data->challenge, "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
}

TEST(ClientData, finds_members_whose_names_are_escaped) {
  EXPECT_EQ(parse(R"({"\u0074ype":"t","challenge":"c"})")->type, "t");
}

TEST(ClientData, refuses_missing_repeated_and_non_string_members) {
  EXPECT_EQ(parse(R"({"challenge":"c"})").error().message, "client data: no type");
  EXPECT_EQ(parse(R"({"type":"t"})").error().message, "client data: no challenge");
  EXPECT_FALSE(parse(R"({"type":"t","type":"t","challenge":"c"})").ok());
  EXPECT_FALSE(parse(R"({"type":"t","challenge":"c","\u0063hallenge":"d"})").ok());
  EXPECT_FALSE(parse(R"({"type":1,"challenge":"c"})").ok());
}

TEST(ClientData, refuses_what_is_not_one_object) {
  for (const char* text : {"", " ", "[]", "null", "{", "}", "{}x", R"({"type":"t","challenge":"c")",
                           R"({"type":"t","challenge":"c",})", R"({"type":"t" "challenge":"c"})",
                           R"({"type":"t","challenge":"c"} {})", R"({type:"t","challenge":"c"})"})
    EXPECT_FALSE(parse(text).ok()) << text;
}

TEST(ClientData, takes_every_json_value_in_other_members) {
  for (const char* text : {"0", "-0", "1", "10.5", "-1e9", "1E+2", "2e-3", "true", "false", "null",
                           "\"\"", "[]", "{}", "[1,[2],{\"a\":[]}]", " [ ] ", "\"\xC3\xA9\""})
    EXPECT_TRUE(is_value(text)) << text;
}

TEST(ClientData, refuses_what_is_no_json_value_in_other_members) {
  for (const char* text : {"",
                           "01",
                           "+1",
                           "1.",
                           ".5",
                           "1e",
                           "-",
                           "tru",
                           "truex",
                           "nul",
                           "NaN",
                           "'a'",
                           "[1,]",
                           "[1 2]",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{1:2}",
                           "\"a",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "\"\\u12g4\"",
                           "\"\n\"",
                           "\"\\ud800\"",
                           "\"\\ud800\\u0041\"",
                           "\"\\udc00\"",
                           "\"\xFF\""})
    EXPECT_FALSE(is_value(text)) << text;
}

TEST(ClientData, refuses_nesting_above_its_bound) {
  const auto nested = [](int depth) {
    return std::string(static_cast<std::size_t>(depth), '[') +
           std::string(static_cast<std::size_t>(depth), ']');
  };
  EXPECT_TRUE(is_value(nested(kClientDataDepthMax - 1)));
  EXPECT_FALSE(is_value(nested(kClientDataDepthMax)));
  EXPECT_FALSE(is_value(nested(100'000)));
}

}  // namespace
}  // namespace icpd::crypto
