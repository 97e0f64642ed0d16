#include "node/progress.hpp"

#include <gtest/gtest.h>

namespace icpd::node {
namespace {

constexpr Duration at_ms(std::int64_t ms) {
  return Duration::milliseconds(50'000 + ms);
}

class ProgressTest : public testing::Test {
 protected:
  /// What was written since the last call; "<...>" is a line in place.
  std::string written() { return std::exchange(text_, ""); }

  Console console_{.out = {}, .note = [this](std::string_view text) { text_ += text; }};
  Console terminal_{
      .out = {}, .note = console_.note, .confirm = {}, .progress = [this](std::string_view text) {
        text_ += "<" + std::string(text) + ">";
      }};
  std::string text_;
};

TEST_F(ProgressTest, what_is_done_within_a_second_shows_nothing) {
  for (const Console* console : {&console_, &terminal_}) {
    Progress progress(*console, at_ms(0));
    progress.show(at_ms(0), "a");
    progress.show(at_ms(999), "a");
    progress.clear();
    EXPECT_EQ(written(), "");
  }
}

TEST_F(ProgressTest, on_a_terminal_one_line_is_written_over_and_disappears) {
  Progress progress(terminal_, at_ms(0));
  progress.show(at_ms(1000), "Installing");
  EXPECT_EQ(written(), "<| Installing  1 s>");
  progress.show(at_ms(1050), "Installing");
  EXPECT_EQ(written(), "") << "not more often than needed";
  progress.show(at_ms(1100), "Installing");
  EXPECT_EQ(written(), "</ Installing  1 s>");
  progress.show(at_ms(1110), "Starting", "node 3");
  EXPECT_EQ(written(), "<- Starting; node 3  1 s>") << "news at once";
  progress.clear();
  progress.clear();
  EXPECT_EQ(written(), "<>") << "once";
  progress.show(at_ms(2111), "Starting");
  EXPECT_EQ(written(), "<\\ Starting  2 s>") << "after something else was written";
}

TEST_F(ProgressTest, a_line_on_a_terminal_never_wraps) {
  Progress progress(terminal_, at_ms(0));
  progress.show(at_ms(3'600'000), std::string(500, 'x'));
  const std::string line = written();
  EXPECT_EQ(line.size(), 2 + Progress::kWidthMax);
  EXPECT_TRUE(line.ends_with("x  3600 s>"));
}

TEST_F(ProgressTest, is_gone_from_the_screen_when_it_ends) {
  {
    Progress(terminal_, at_ms(0)).show(at_ms(1000), "a");
  }
  EXPECT_EQ(written(), "<| a  1 s><>");
}

TEST_F(ProgressTest, elsewhere_it_is_a_plain_line_for_each_new_thing_and_each_ten_seconds) {
  Progress progress(console_, at_ms(0));
  progress.show(at_ms(1000), "Starting");
  EXPECT_EQ(written(), "Starting ...\n");
  progress.show(at_ms(10'999), "Starting");
  EXPECT_EQ(written(), "");
  progress.show(at_ms(11'000), "Starting", "node 3");
  EXPECT_EQ(written(), "Starting; node 3, 11 s so far\n");
  progress.show(at_ms(11'000), "Starting", "node 2");
  EXPECT_EQ(written(), "") << "a detail is no news";
  progress.show(at_ms(11'001), "Catching up");
  EXPECT_EQ(written(), "Catching up ...\n");
  progress.clear();
  EXPECT_EQ(written(), "");
}

TEST_F(ProgressTest, a_wait_that_was_short_leaves_nothing) {
  {
    const Waiting waiting(terminal_, "nothing");
  }
  EXPECT_EQ(written(), "");
}

}  // namespace
}  // namespace icpd::node
