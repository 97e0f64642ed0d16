#include "node/canister_names.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <thread>

namespace icpd::node {
namespace {

namespace fs = std::filesystem;

class Names : public testing::Test {
 protected:
  static std::string new_directory() {
    std::string pattern = (fs::temp_directory_path() / "icpd-names-XXXXXX").string();
    return ::mkdtemp(pattern.data());
  }
  ~Names() override { fs::remove_all(directory_); }
  static types::CanisterId id(std::uint64_t index) { return types::canister_id_from_index(index); }

  std::string directory_ = new_directory();
  CanisterNames names_{directory_};
};

TEST_F(Names, stand_for_ids) {
  EXPECT_TRUE(names_.all()->empty());
  ASSERT_TRUE(names_.set("counter", id(7)).ok());
  EXPECT_EQ(names_.resolve("counter").value(), id(7));
  EXPECT_EQ(names_.resolve(id(9).text()).value(), id(9)) << "an id is its own name";
  const auto unknown = names_.resolve("other");
  ASSERT_FALSE(unknown.ok());
  EXPECT_NE(unknown.error().message.find("known: counter"), std::string::npos);
  ASSERT_TRUE(names_.remove(id(7)).ok());
  EXPECT_TRUE(names_.all()->empty());
}

TEST_F(Names, are_kept_when_many_are_given_at_once) {
  constexpr std::uint64_t kCount = 16;
  {
    std::vector<std::jthread> commands;
    for (std::uint64_t i = 0; i < kCount; ++i) {
      commands.emplace_back([this, i] {
        EXPECT_TRUE(CanisterNames(directory_).set("n" + std::to_string(i), id(i)).ok());
      });
    }
  }
  ASSERT_EQ(names_.all()->size(), kCount);
  for (std::uint64_t i = 0; i < kCount; ++i)
    EXPECT_EQ(names_.resolve("n" + std::to_string(i)).value(), id(i));
}

TEST_F(Names, are_claimed_by_one_command_at_a_time) {
  bool has_waited = false;
  std::optional<PartLock> first(names_.claim("counter", {}).value());
  const auto other = names_.claim("another", [&] { has_waited = true; });
  EXPECT_TRUE(other.ok());
  EXPECT_FALSE(has_waited) << "another name";
  ASSERT_TRUE(names_.set("third", id(3)).ok()) << "claims don't hinder changes";
  // The one who waits says so before it does, and goes on when the first lets go.
  const auto second = names_.claim("counter", [&] {
    has_waited = true;
    first.reset();
  });
  EXPECT_TRUE(second.ok());
  EXPECT_TRUE(has_waited);
}

TEST_F(Names, of_other_forms_are_refused) {
  for (const char* name : {"", "bad name", "../x"})
    EXPECT_FALSE(names_.set(name, id(1)).ok()) << name;
  EXPECT_FALSE(CanisterNames("").set("counter", id(1)).ok()) << "a URL has none";
}

TEST_F(Names, of_a_damaged_file_are_an_error_that_names_it) {
  std::ofstream(directory_ + "/canisters.json") << "[]";
  ASSERT_FALSE(names_.all().ok());
  EXPECT_NE(names_.all().error().message.find("canisters.json"), std::string::npos);
  EXPECT_FALSE(names_.set("counter", id(1)).ok()) << "what it has isn't lost";
}

}  // namespace
}  // namespace icpd::node
