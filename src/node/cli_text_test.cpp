#include "node/cli_text.hpp"

#include <gtest/gtest.h>

namespace icpd::node {
namespace {

TEST(CliText, a_long_text_is_cut_and_says_how_long_it_is) {
  EXPECT_EQ(brief("short", 32), "short");
  EXPECT_EQ(brief(std::string(32, 'x'), 32), std::string(32, 'x'));
  EXPECT_EQ(brief(std::string(120'000, 'x'), 40), std::string(21, 'x') + "... (120,000 bytes)");
  // 20 bytes fit, and the tenth "é" would end with the 20th, but for one letter before it.
  std::string accents = "x";
  for (int i = 0; i < 50; ++i)
    accents += "é";
  EXPECT_EQ(brief(accents, 35).substr(0, 19), accents.substr(0, 19));
  EXPECT_EQ(brief(accents, 35).substr(19), "... (101 bytes)");
}

TEST(CliText, a_terminal_gets_no_control_characters) {
  EXPECT_EQ(printable("a\x1b[31mred\x07"), "a\\x1b[31mred\\x07");
  EXPECT_EQ(printable("one\n\ttwo\r\n"), "one\n\ttwo\\x0d\n");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "\\xc2\\x9b31m")
      << "C1";
  EXPECT_EQ(printable("\x7f"), "\\x7f");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(printable("grüße \xe2\x82\xac \xf0\x9f\x98\x80"),
            "grüße \xe2\x82\xac \xf0\x9f\x98\x80");
  EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3") << "not UTF-8";
}

TEST(CliText, times_are_written_as_utc) {
  EXPECT_EQ(utc_text(Time{}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(utc_text(Time{1'700'000'000'007'999'999}), "2023-11-14T22:13:20.007Z");
  EXPECT_EQ(utc_text(Time::max()), "2554-07-21T23:34:33.709Z");
}

TEST(CliText, words_for_a_shell_are_quoted_if_need_be) {
  EXPECT_EQ(shell_word("/tmp/a-b_c"), "/tmp/a-b_c");
  EXPECT_EQ(shell_word("/tmp/my net"), "'/tmp/my net'");
  EXPECT_EQ(shell_word("it's $HOME"), "'it'\\''s $HOME'");
  EXPECT_EQ(shell_word(""), "''");
}

TEST(CliText, names_are_of_few_letters) {
  for (const char* name : {"a", "my-canister_2.0", "A"})
    EXPECT_TRUE(check_name(name).ok()) << name;
  for (const char* name : {"", ".hidden", "-x", "a b", "a/b", "../x", "\n", "é"})
    EXPECT_FALSE(check_name(name).ok()) << name;
  EXPECT_TRUE(check_name(std::string(64, 'a')).ok());
  EXPECT_FALSE(check_name(std::string(65, 'a')).ok());
}

TEST(CliText, numbers_are_whole_and_have_128_bits) {
  EXPECT_TRUE(parse_whole_number("0") == codec::Uint128{0});
  EXPECT_TRUE(parse_whole_number("10_000'000") == codec::Uint128{10'000'000});
  EXPECT_TRUE(parse_whole_number("340282366920938463463374607431768211455") == ~codec::Uint128{0});
  for (const char* text :
       {"", "_", "-1", "+1", " 1", "1.5", "1e3", "0x10", "340282366920938463463374607431768211456"})
    EXPECT_FALSE(parse_whole_number(text)) << text;
  EXPECT_FALSE(parse_whole_number(std::string(100'000, '1')));
}

}  // namespace
}  // namespace icpd::node
