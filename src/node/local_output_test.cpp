#include "node/local_output.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <unistd.h>

namespace icpd::node {
namespace {

namespace fs = std::filesystem;
const types::CanisterId kCanister = types::canister_id_from_index(7);

std::string line(std::uint64_t height, std::uint64_t index, const std::string& text,
                 const std::string& function = "f") {
  return encode({types::Height{height}, index, Time::from_seconds(1), kCanister, function, text});
}

class CanisterLogTest : public testing::Test {
 protected:
  CanisterLogTest() {
    std::string pattern = (fs::temp_directory_path() / "icpd-output-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  ~CanisterLogTest() override { fs::remove_all(directory_); }

  CanisterLog open() { return CanisterLog::open(directory_).value(); }
  std::string file() {
    std::ostringstream text;
    text << std::ifstream(directory_ + "/logs/canisters.log").rdbuf();
    return text.str();
  }

  std::string directory_;
  const std::string id_ = kCanister.text();
};

TEST_F(CanisterLogTest, a_line_that_four_nodes_bring_is_shown_once) {
  CanisterLog log = open();
  EXPECT_EQ(log.take(line(5, 0, "one")), "[" + id_ + "] f: one");
  EXPECT_EQ(log.take(line(5, 0, "one")), std::nullopt);
  EXPECT_EQ(log.take(line(5, 1, "two")), "[" + id_ + "] f: two");
  EXPECT_EQ(log.take(line(5, 0, "one")), std::nullopt);
  EXPECT_EQ(log.take(line(6, 0, "three")), "[" + id_ + "] f: three");
  EXPECT_EQ(log.take(line(5, 1, "two")), std::nullopt);
}

TEST_F(CanisterLogTest, what_was_shown_before_a_start_is_not_shown_again) {
  // The function's name looks like the line's own end.
  EXPECT_TRUE(open().take(line(5, 1, "text height=99 index=99", " height=77 index=77")));
  CanisterLog log = open();
  EXPECT_FALSE(log.take(line(5, 0, "one")));
  EXPECT_FALSE(log.take(line(5, 1, "two")));
  EXPECT_TRUE(log.take(line(5, 2, "three")));
}

TEST_F(CanisterLogTest, half_a_line_in_the_file_is_no_hindrance) {
  EXPECT_TRUE(open().take(line(5, 1, "text")));
  std::ofstream(directory_ + "/logs/canisters.log", std::ios::app) << "1970 info height=9";
  CanisterLog log = open();
  EXPECT_FALSE(log.take(line(5, 1, "text")));
  EXPECT_TRUE(log.take(line(6, 0, "text")));
}

TEST_F(CanisterLogTest, canisters_have_their_names_and_traps_are_told_as_such) {
  CanisterLog log = open();
  ASSERT_TRUE(CanisterNames(directory_).set("counter", kCanister).ok());
  EXPECT_EQ(log.take(line(1, 0, "[TRAP]: no\nway\x1b")), "[counter] f trapped: no\n    way\\x1b");
  EXPECT_EQ(file(),
            "1970-01-01T00:00:01.000Z warning canister [TRAP]: no\\nway\\x1b "
            "canister=counter id=" +
                id_ + " function=f height=1 index=0\n");
}

TEST_F(CanisterLogTest, what_is_no_line_is_passed_over) {
  CanisterLog log = open();
  EXPECT_EQ(log.take("nonsense"), std::nullopt);
  EXPECT_EQ(file(), "");
}

TEST(ChildLines, come_whole_however_they_are_written) {
  Loop loop;
  std::vector<std::string> got;
  ChildLines lines(loop, [&](std::string_view text) { got.emplace_back(text); });
  const int end = lines.open().value();
  for (const std::string_view part : {"a", "b\nc\n", "", "d"}) {
    ASSERT_EQ(::write(end, part.data(), part.size()), static_cast<ssize_t>(part.size()));
    loop.run_once(Duration{});
  }
  EXPECT_EQ(got, (std::vector<std::string>{"ab", "c"}));
  ::close(end);
  loop.run_once(Duration{});
  EXPECT_EQ(got.size(), 2u) << "half a line is none";
}

}  // namespace
}  // namespace icpd::node
