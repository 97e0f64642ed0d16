#include "node/log.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

namespace icpd::node {
namespace {

namespace fs = std::filesystem;

TEST(Log, fields_follow_the_message_and_are_quoted_where_needed) {
  EXPECT_EQ(log_text("stopped", {}), "stopped");
  EXPECT_EQ(log_text("passed over", {{"height", "1200"}, {"file", "state/a.b"}}),
            "passed over height=1200 file=state/a.b");
  EXPECT_EQ(log_text("x", {{"why", "no space left"}, {"empty", ""}, {"said", "a \"b\" \\c"}}),
            "x why=\"no space left\" empty=\"\" said=\"a \\\"b\\\" \\\\c\"");
}

TEST(Log, control_characters_neither_end_a_line_nor_reach_a_terminal) {
  EXPECT_EQ(without_controls("a\nb\x1b[31m\x7f\t"), "a\\nb\\x1b[31m\\x7f\\x09");
  EXPECT_EQ(without_controls("\xc2\x9b"
                             "31m"),
            "\\xc2\\x9b31m")
      << "what UTF-8 makes of C1";
  EXPECT_EQ(without_controls("\xc3\xa4"), "\xc3\xa4") << "text in UTF-8 stays";
  EXPECT_EQ(log_text("a\nb", {{"c", "d\ne"}}), "a\\nb c=\"d\\ne\"");
}

class LogFileTest : public testing::Test {
 protected:
  LogFileTest() {
    std::string pattern = (fs::temp_directory_path() / "icpd-log-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  ~LogFileTest() override { fs::remove_all(directory_); }

  std::string content(const std::string& name) {
    std::ostringstream text;
    text << std::ifstream(directory_ + "/" + name).rdbuf();
    return text.str();
  }
  LogFile open() { return LogFile::open(directory_ + "/a.log", 1000).value(); }

  std::string directory_;
};

TEST_F(LogFileTest, a_line_is_time_level_component_message_fields) {
  open().write(Time{1'700'000'000'123'456'789}, LogLevel::kWarning, "canister", "hello {}",
               {{"height", "12"}});
  open().write(Time::from_seconds(1), LogLevel::kInfo, "canister", "again", {});
  EXPECT_EQ(content("a.log"),
            "2023-11-14T22:13:20.123Z warning canister hello {} height=12\n"
            "1970-01-01T00:00:01.000Z info canister again\n");
}

TEST_F(LogFileTest, a_full_file_makes_room_and_the_one_before_is_kept) {
  LogFile log = open();
  for (int i = 0; i < 100; ++i)
    log.write(Time{0}, LogLevel::kError, "canister", std::string(100, 'x'), {});
  EXPECT_LE(fs::file_size(directory_ + "/a.log"), 1000u);
  EXPECT_LE(fs::file_size(directory_ + "/a.1.log"), 1000u);
  EXPECT_EQ(std::distance(fs::directory_iterator(directory_), {}), 2);
}

TEST_F(LogFileTest, a_file_that_cannot_be_made_is_an_error_that_names_it) {
  const auto log = LogFile::open("/proc/nothing/a.log", 1000);
  ASSERT_FALSE(log.ok());
  EXPECT_NE(log.error().message.find("/proc/nothing"), std::string::npos) << log.error().message;
}

}  // namespace
}  // namespace icpd::node
