#include "node/canister_output.hpp"

#include <array>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace icpd::node {
namespace {

const types::CanisterId kCanister = types::canister_id_from_index(7);

execution::LogLines lines(const std::string& function, const std::vector<std::string>& texts) {
  execution::LogLines log{kCanister, function, {}};
  for (const std::string& text : texts)
    log.lines.push_back(to_bytes(text));
  return log;
}

class CanisterOutputTest : public testing::Test {
 protected:
  CanisterOutputTest() {
    EXPECT_EQ(::pipe2(ends_.data(), O_NONBLOCK | O_CLOEXEC), 0);
    output_.emplace(ends_[1]);
  }
  ~CanisterOutputTest() override {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }

  std::string read_all() {
    std::string text;
    std::array<char, 65536> part;
    for (ssize_t n = 0; (n = ::read(ends_[0], part.data(), part.size())) > 0;)
      text.append(part.data(), static_cast<std::size_t>(n));
    return text;
  }

  std::array<int, 2> ends_{};
  std::optional<CanisterOutput> output_;
};

TEST_F(CanisterOutputTest, lines_of_a_height_are_numbered_over_all_executions) {
  output_->tell(types::Height{12}, Time{34}, {lines("a", {"one", "two"}), lines("b", {"three"})});
  const std::string id = kCanister.text();
  EXPECT_EQ(read_all(), R"({"height":12,"index":0,"time":34,"canister":")" + id +
                            R"(","function":"a","text":"one"})" + "\n" +
                            R"({"height":12,"index":1,"time":34,"canister":")" + id +
                            R"(","function":"a","text":"two"})" + "\n" +
                            R"({"height":12,"index":2,"time":34,"canister":")" + id +
                            R"(","function":"b","text":"three"})" + "\n");
}

TEST_F(CanisterOutputTest, whatever_a_canister_says_is_one_line_that_can_be_read_back) {
  output_->tell(types::Height{1}, Time{2}, {lines("f\n\"", {"a\nb\x1b\"\\ \xff"})});
  std::string text = read_all();
  ASSERT_TRUE(text.ends_with('\n'));
  EXPECT_EQ(std::ranges::count(text, '\n'), 1);
  const auto line = parse_canister_line(text);
  ASSERT_TRUE(line.ok()) << line.error().message;
  EXPECT_EQ(line->canister, kCanister);
  EXPECT_EQ(line->function, "f\n\"");
  EXPECT_EQ(line->text, "a\nb\x1b\"\\ \xef\xbf\xbd");
}

TEST_F(CanisterOutputTest, a_reader_that_is_behind_gets_what_was_held_and_holds_nobody_up) {
  const std::string text(10'000, 'x');
  std::size_t told = 0;
  for (; told < 50; ++told)
    output_->tell(types::Height{told}, Time{}, {lines("f", {text})});
  for (std::size_t next = 0; next < told;) {
    std::string got = read_all();
    output_->tell(types::Height{1000}, Time{}, {});
    got += read_all();
    ASSERT_FALSE(got.empty());
    next += static_cast<std::size_t>(std::ranges::count(got, '\n'));
  }
}

TEST_F(CanisterOutputTest, beyond_its_bound_lines_are_left_out) {
  const std::string text(100'000, 'x');
  for (std::size_t i = 0; i < 50; ++i)
    output_->tell(types::Height{i}, Time{}, {lines("f", {text})});
  std::size_t size = 0;
  for (std::string got = read_all(); !got.empty(); got = read_all()) {
    size += got.size();
    output_->tell(types::Height{1000}, Time{}, {});
  }
  EXPECT_GT(size, CanisterOutput::kHeldBytesMax / 2);
  EXPECT_LT(size, CanisterOutput::kHeldBytesMax + 100'000);
}

TEST(CanisterLine, what_is_none_is_refused) {
  for (const char* text :
       {"", "x", "[]", "{}", R"({"height":-1})",
        R"({"height":1,"index":0,"time":0,"canister":"x","function":"","text":""})"})
    EXPECT_FALSE(parse_canister_line(text).ok()) << text;
}

}  // namespace
}  // namespace icpd::node
