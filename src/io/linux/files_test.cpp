#include "io/linux/files.hpp"

#include <filesystem>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace icpd::io::linux {
namespace {

class LinuxDisk : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/icpd_files_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    auto disk = open_disk(directory_ + "/a/b");
    ASSERT_TRUE(disk.ok()) << disk.error().message;
    disk_ = std::move(disk).value();
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  void write(const std::string& path, std::string_view text) {
    const auto file = disk_->open(path, OpenMode::kCreate);
    ASSERT_TRUE(file.ok()) << file.error().message;
    ASSERT_TRUE((*file)->write_at(0, as_bytes(text)).ok());
  }
  std::string read(const std::string& path) {
    const auto bytes = read_file(*disk_, path, 1000);
    return bytes.ok() ? std::string(as_text(*bytes)) : bytes.error().message;
  }

  std::string directory_;
  std::unique_ptr<Disk> disk_;
};

TEST_F(LinuxDisk, reads_what_was_written_at_an_offset) {
  const auto file = disk_->open("f", OpenMode::kCreateNew);
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE((*file)->write_at(3, as_bytes("abc")).ok());
  EXPECT_EQ((*file)->size().value(), 6u);
  Bytes out(10, 9);
  EXPECT_EQ((*file)->read_at(2, out).value(), 4u);
  EXPECT_EQ(out, (Bytes{0, 'a', 'b', 'c', 9, 9, 9, 9, 9, 9}));
  ASSERT_TRUE((*file)->truncate(1).ok());
  EXPECT_EQ((*file)->size().value(), 1u);
  EXPECT_TRUE((*file)->sync().ok());
  EXPECT_GE((*file)->descriptor(), 0);
}

TEST_F(LinuxDisk, reserves_without_growing_the_file) {
  const auto file = disk_->open("f", OpenMode::kCreateNew);
  ASSERT_TRUE((*file)->reserve(1 << 20).ok());
  EXPECT_EQ((*file)->size().value(), 0u);
}

TEST_F(LinuxDisk, opens_as_the_mode_says) {
  EXPECT_FALSE(disk_->open("f", OpenMode::kRead).ok());
  EXPECT_FALSE(disk_->open("f", OpenMode::kReadWrite).ok());
  EXPECT_TRUE(disk_->open("f", OpenMode::kCreateNew).ok());
  EXPECT_FALSE(disk_->open("f", OpenMode::kCreateNew).ok());
  write("f", "text");
  EXPECT_TRUE(disk_->open("f", OpenMode::kCreate).ok());
  EXPECT_EQ(read("f"), "");
  EXPECT_FALSE((*disk_->open("f", OpenMode::kRead))->write_at(0, as_bytes("x")).ok());
}

TEST_F(LinuxDisk, replaces_a_file_as_a_whole) {
  ASSERT_TRUE(disk_->make_directory("d/e").ok());
  ASSERT_TRUE(replace_file(*disk_, "d/e/f", as_bytes("one")).ok());
  ASSERT_TRUE(replace_file(*disk_, "d/e/f", as_bytes("two")).ok());
  EXPECT_EQ(read("d/e/f"), "two");
  EXPECT_EQ(disk_->list("d/e").value(), std::vector<std::string>{"f"});
}

TEST_F(LinuxDisk, lists_names_in_order) {
  for (const char* name : {"c", "a", "b"})
    write(name, "");
  EXPECT_EQ(disk_->list(".").value(), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_FALSE(disk_->list("nowhere").ok());
}

TEST_F(LinuxDisk, links_and_removes) {
  write("f", "text");
  ASSERT_TRUE(disk_->link("f", "g").ok());
  ASSERT_TRUE(disk_->remove("f").ok());
  ASSERT_TRUE(disk_->remove("f").ok()) << "fine if it isn't there";
  EXPECT_FALSE(disk_->exists("f"));
  EXPECT_EQ(read("g"), "text");
}

TEST_F(LinuxDisk, removes_a_tree_without_following_links) {
  ASSERT_TRUE(disk_->make_directory("d/e").ok());
  write("d/e/f", "x");
  write("kept", "x");
  std::filesystem::create_symlink("..", directory_ + "/a/b/d/up");
  ASSERT_TRUE(disk_->remove_tree("d").ok());
  EXPECT_FALSE(disk_->exists("d"));
  EXPECT_TRUE(disk_->exists("kept"));
  EXPECT_TRUE(disk_->remove_tree("d").ok());
}

TEST_F(LinuxDisk, refuses_paths_that_leave_it) {
  for (const char* path : {"../x", "a/../../x", "/etc/passwd", ""}) {
    EXPECT_FALSE(disk_->open(path, OpenMode::kCreate).ok()) << path;
    EXPECT_FALSE(disk_->remove_tree(path).ok()) << path;
    EXPECT_FALSE(disk_->exists(path)) << path;
  }
  EXPECT_FALSE(disk_->remove_tree(".").ok());
}

TEST_F(LinuxDisk, names_path_and_reason_in_errors) {
  const auto file = disk_->open("no/such", OpenMode::kRead);
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.error().message, directory_ + "/a/b/no/such: No such file or directory");
}

TEST_F(LinuxDisk, keeps_files_from_other_users) {
  write("f", "secret");
  const auto permissions = std::filesystem::status(directory_ + "/a/b/f").permissions();
  EXPECT_EQ(permissions & std::filesystem::perms(0077), std::filesystem::perms::none);
}

TEST_F(LinuxDisk, locks_out_a_second_holder_until_the_first_is_gone) {
  const std::string path = directory_ + "/lock";
  {
    const auto first = FileLock::try_take(path);
    ASSERT_TRUE(first.ok());
    const auto second = FileLock::try_take(path);
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().message, path + ": another process holds this lock");
  }
  EXPECT_TRUE(FileLock::try_take(path).ok());
}

}  // namespace
}  // namespace icpd::io::linux
