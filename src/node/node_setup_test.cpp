// What icpd node --check-config says about a directory: one row for each harm.
#include "node/node_setup.hpp"

#include <filesystem>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>

#include "io/linux/files.hpp"
#include "io/linux/system.hpp"
#include "node/prep.hpp"

namespace icpd::node {
namespace {

namespace fs = std::filesystem;

/// Two networks of one node each; tests harm the first.
class NodeSetupTest : public testing::Test {
 protected:
  NodeSetupTest() {
    std::string pattern = (fs::temp_directory_path() / "icpd-setup-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
    lay_out("mine");
    lay_out("other");
  }
  ~NodeSetupTest() override { fs::remove_all(root_); }

  void lay_out(const std::string& name) {
    io::linux::SystemEntropy entropy;
    NetworkPlan plan;
    plan.nodes = {{"127.0.0.1:4100", "127.0.0.1:8080"}};
    const auto disk = io::linux::open_disk(root_ + "/" + name).value();
    ASSERT_TRUE(lay_out_network(*disk, deal_network(entropy, plan)).ok());
  }
  [[nodiscard]] std::string directory(const std::string& name = "mine") const {
    return root_ + "/" + name + "/nodes/0";
  }
  [[nodiscard]] std::string path(const std::string& file) const { return directory() + "/" + file; }
  /// Empty: the node can start.
  [[nodiscard]] std::string problems() const {
    auto setup = load_node_setup(directory());
    return setup.ok() ? "" : text_of(setup.error());
  }
  void flip_last_byte(const std::string& file) const {
    std::fstream stream(path(file), std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(-1, std::ios::end);
    const char byte = static_cast<char>(stream.get());
    stream.seekp(-1, std::ios::end);
    stream.put(static_cast<char>(byte ^ 1));
  }
  void take_from_other(const std::string& file) const {
    fs::copy_file(directory("other") + "/" + file, path(file),
                  fs::copy_options::overwrite_existing);
  }

  std::string root_;
};

TEST_F(NodeSetupTest, a_new_node_can_start) {
  const auto setup = load_node_setup(directory());
  ASSERT_TRUE(setup.ok()) << text_of(setup.error());
  EXPECT_EQ(setup->config.api_listen, (Address{"127.0.0.1", 8080}));
  EXPECT_EQ(setup->subnet, setup->registry.root_subnet);
  EXPECT_EQ(setup->registry.subnet(setup->subnet).members.front(), setup->keys.id());
}

TEST_F(NodeSetupTest, problems_name_the_file_and_what_to_do) {
  struct Row {
    const char* what;
    std::function<void()> harm;
    /// How the one line begins, and what else it says.
    std::string file;
    std::string says;
  };
  const Row rows[] = {
      {"no configuration", [&] { fs::remove(path("node.toml")); }, "node.toml: ", "No such file"},
      {"unreadable configuration",
       [&] {
         fs::remove(path("node.toml"));
         fs::create_directory(path("node.toml"));
       },
       "node.toml: ", "is a directory"},
      {"wrong configuration",
       [&] { std::ofstream(path("node.toml"), std::ios::app) << "cores = 3\n"; },
       "node.toml:", "execution.cores: unknown key"},
      {"no registry", [&] { fs::remove(path("registry.icpd")); },
       "registry.icpd: ", "No such file"},
      {"damaged registry", [&] { flip_last_byte("registry.icpd"); }, "registry.icpd: ", "damaged"},
      {"cut registry", [&] { fs::resize_file(path("registry.icpd"), 10); },
       "registry.icpd: ", "too short"},
      {"no keys", [&] { fs::remove_all(path("keys")); }, "keys: ", "No such file"},
      {"keys directory open to others", [&] { fs::permissions(path("keys"), fs::perms(0755)); },
       "keys: ", "other users may reach it; run: chmod 700 "},
      {"keys readable by others", [&] { fs::permissions(path("keys/node.keys"), fs::perms(0640)); },
       "keys/node.keys: ", "other users may reach it; run: chmod 600 "},
      {"damaged keys", [&] { flip_last_byte("keys/node.keys"); }, "keys/node.keys: ", "damaged"},
      {"registry in place of keys",
       [&] {
         fs::copy_file(path("registry.icpd"), path("keys/node.keys"),
                       fs::copy_options::overwrite_existing);
         fs::permissions(path("keys/node.keys"), fs::perms(0600));
       },
       "keys/node.keys: ", "holds something else"},
      {"keys without a watermark", [&] { fs::remove(path("keys/watermark")); },
       "keys/watermark: ", "nobody knows what these keys have signed"},
      {"damaged watermark", [&] { fs::resize_file(path("keys/watermark"), 3); },
       "keys/watermark: ", ""},
      {"keys without their log", [&] { fs::remove_all(path("pool")); }, "pool: ", "has no log"},
      {"keys of another network", [&] { take_from_other("keys/node.keys"); },
       "keys/node.keys: ", "a member of no subnet"},
  };
  for (const Row& row : rows) {
    fs::remove_all(root_ + "/mine");
    lay_out("mine");
    row.harm();
    const std::string text = problems();
    EXPECT_TRUE(text.starts_with(directory() + "/" + row.file)) << row.what << ": " << text;
    EXPECT_NE(text.find(row.says), std::string::npos) << row.what << ": " << text;
    EXPECT_EQ(text.find('\n'), std::string::npos) << row.what << ": " << text;
  }
}

TEST_F(NodeSetupTest, all_problems_are_reported) {
  fs::remove(path("node.toml"));
  flip_last_byte("registry.icpd");
  fs::permissions(path("keys"), fs::perms(0755));
  const std::string text = problems();
  EXPECT_EQ(std::ranges::count(text, '\n'), 2) << text;
}

TEST_F(NodeSetupTest, a_directory_that_is_not_there_is_not_made) {
  const auto setup = load_node_setup(root_ + "/nowhere");
  ASSERT_FALSE(setup.ok());
  EXPECT_NE(text_of(setup.error()).find("no such directory"), std::string::npos);
  EXPECT_FALSE(fs::exists(root_ + "/nowhere"));
}

}  // namespace
}  // namespace icpd::node
