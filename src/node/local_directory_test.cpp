#include "node/local_directory.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

#include "node/cli_target.hpp"

namespace icpd::node {
namespace {

namespace fs = std::filesystem;

class LocalDirectory : public testing::Test {
 protected:
  LocalDirectory() {
    std::string pattern = (fs::temp_directory_path() / "icpd-local-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
  }
  ~LocalDirectory() override { fs::remove_all(root_); }

  void put(const std::string& path, const std::string& text) const {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  [[nodiscard]] std::string refusal() const {
    const auto marker = read_marker(root_.string());
    return marker.ok() ? "" : marker.error().message;
  }

  fs::path root_;
};

TEST_F(LocalDirectory, lies_beside_the_nearest_project_file) {
  put("app/dfx.json", "{}");
  put("app/src/deep/file", "");
  EXPECT_EQ(default_local_directory((root_ / "app/src/deep").string()),
            (root_ / "app/.icpd/local").string());
}

TEST_F(LocalDirectory, is_found_from_below_by_its_marker) {
  fs::create_directories(root_ / "app/.icpd/local");
  fs::create_directories(root_ / "app/src");
  const std::string directory = (root_ / "app/.icpd/local").string();
  EXPECT_EQ(nearest_local_directory((root_ / "app/src").string()), std::nullopt);
  ASSERT_TRUE(write_marker(directory, {.nodes = 4}).ok());
  EXPECT_EQ(nearest_local_directory((root_ / "app/src").string()), directory);
}

TEST_F(LocalDirectory, is_named_in_hints_where_commands_would_not_find_it) {
  EXPECT_EQ(directory_hint("/somewhere/else"), " --dir /somewhere/else");
  EXPECT_EQ(directory_hint("/some where"), " --dir '/some where'");
  const std::string here = default_local_directory(fs::current_path().string());
  if (network_of_environment().empty()) {
    EXPECT_EQ(directory_hint(here), "");
  } else {
    EXPECT_EQ(directory_hint(here), " --dir " + here);
  }
}

TEST_F(LocalDirectory, stays_out_of_repositories) {
  ASSERT_TRUE(write_gitignore(root_.string()).ok());
  std::string text;
  std::getline(std::ifstream(root_ / ".gitignore"), text);
  EXPECT_EQ(text, "*");
}

TEST_F(LocalDirectory, keeps_its_marker) {
  EXPECT_FALSE(read_marker(root_.string())->has_value()) << "an empty directory";
  ASSERT_TRUE(write_marker(root_.string(), {.nodes = 7, .main_port = 8003, .complete = true}).ok());
  const auto marker = read_marker(root_.string());
  ASSERT_TRUE(marker.ok() && marker->has_value());
  EXPECT_EQ((*marker)->nodes, 7);
  EXPECT_EQ((*marker)->main_port, 8003);
  EXPECT_TRUE((*marker)->complete);
}

TEST_F(LocalDirectory, refuses_what_is_not_ours) {
  put("photos/cat.jpg", "meow");
  EXPECT_NE(refusal().find("something else"), std::string::npos);
  EXPECT_FALSE(clean_local_directory(root_.string()).ok());
  EXPECT_TRUE(fs::exists(root_ / "photos/cat.jpg"));
}

TEST_F(LocalDirectory, refuses_another_format_and_says_what_to_run) {
  put(kLocalMarkerFile, R"({"format": 99, "nodes": 4})");
  EXPECT_NE(refusal().find("format 99"), std::string::npos);
  EXPECT_NE(refusal().find("--clean"), std::string::npos);
}

TEST_F(LocalDirectory, refuses_a_damaged_marker) {
  for (const char* text : {"", "{", "[]", R"({"format": "1"})", R"({"format": 2})",
                           R"({"format": 2, "nodes": "4", "main_port": 1, "complete": true})"}) {
    put(kLocalMarkerFile, text);
    EXPECT_NE(refusal().find("damaged"), std::string::npos) << text;
  }
}

TEST_F(LocalDirectory, is_cleaned_with_all_that_is_in_it) {
  put(kLocalMarkerFile, R"({"format": 99})");
  put("nodes/0/registry.icpd", "x");
  ASSERT_TRUE(clean_local_directory(root_.string()).ok());
  EXPECT_FALSE(fs::exists(root_));
  EXPECT_TRUE(clean_local_directory(root_.string()).ok()) << "nothing there is clean";
}

}  // namespace
}  // namespace icpd::node
