#include "node/cli_files.hpp"

#include <filesystem>
#include <gtest/gtest.h>
#include <thread>

namespace icpd::node {
namespace {

namespace fs = std::filesystem;

class UserFiles : public testing::Test {
 protected:
  static std::string new_directory() {
    std::string pattern = (fs::temp_directory_path() / "icpd-files-XXXXXX").string();
    return ::mkdtemp(pattern.data());
  }
  ~UserFiles() override { fs::remove_all(directory_); }
  [[nodiscard]] std::string content() const {
    return std::string(as_text(read_user_file(file_, 1000).value()));
  }
  [[nodiscard]] std::ptrdiff_t entries() const {
    return std::distance(fs::directory_iterator(directory_), {});
  }

  std::string directory_ = new_directory();
  std::string file_ = directory_ + "/file";
};

TEST_F(UserFiles, are_replaced_whole) {
  ASSERT_TRUE(write_user_file(file_, as_bytes("one"), 0600).ok());
  EXPECT_EQ(fs::status(file_).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  ASSERT_TRUE(write_user_file(file_, as_bytes("two")).ok());
  EXPECT_EQ(content(), "two");
  EXPECT_EQ(entries(), 1);
}

TEST_F(UserFiles, may_be_replaced_by_many_at_once) {
  {
    std::vector<std::jthread> writers;
    for (int i = 0; i < 8; ++i) {
      writers.emplace_back([this] {
        for (int n = 0; n < 20; ++n)
          EXPECT_TRUE(write_user_file(file_, as_bytes("whole")).ok());
      });
    }
  }
  EXPECT_EQ(content(), "whole");
  EXPECT_EQ(entries(), 1);
}

TEST_F(UserFiles, are_made_by_the_first) {
  EXPECT_TRUE(create_user_file(file_, as_bytes("first"), 0600).value());
  EXPECT_FALSE(create_user_file(file_, as_bytes("second"), 0600).value());
  EXPECT_EQ(content(), "first");
  EXPECT_EQ(entries(), 1);
}

TEST_F(UserFiles, name_themselves_when_they_cannot_be_written) {
  const std::string nowhere = directory_ + "/nowhere/file";
  for (const auto& status : {write_user_file(nowhere, {}), check_writable(nowhere)}) {
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().message, nowhere + ": No such file or directory");
  }
  EXPECT_FALSE(check_writable(directory_).ok());
  EXPECT_TRUE(check_writable(file_).ok());
  EXPECT_FALSE(fs::exists(file_)) << "asking makes nothing";
  EXPECT_EQ(entries(), 0);
}

TEST_F(UserFiles, what_is_no_file_is_written_to) {
  EXPECT_TRUE(check_writable("/dev/null").ok());
  EXPECT_TRUE(write_user_file("/dev/null", as_bytes("gone")).ok());
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

}  // namespace
}  // namespace icpd::node
