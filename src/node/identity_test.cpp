#include "node/identity.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <thread>

#include "crypto/user_signature.hpp"
#include "io/linux/system.hpp"

namespace icpd::node {
namespace {

namespace fs = std::filesystem;

class Identities : public testing::Test {
 protected:
  static std::string new_directory() {
    std::string pattern = (fs::temp_directory_path() / "icpd-identity-XXXXXX").string();
    return ::mkdtemp(pattern.data());
  }
  ~Identities() override { fs::remove_all(directory_); }

  std::string directory_ = new_directory();
  io::linux::SystemEntropy entropy_;
  IdentityStore store_{directory_, entropy_};
};

TEST_F(Identities, the_first_use_makes_the_default_one) {
  EXPECT_EQ(store_.selected().value(), "default");
  const auto first = store_.load("default");
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(first->principal().is_self_authenticating());
  EXPECT_EQ(store_.load("default")->principal(), first->principal());
  EXPECT_EQ(store_.names().value(), std::vector<std::string>{"default"});
}

TEST_F(Identities, several_first_uses_at_once_make_one_key) {
  std::vector<std::string> principals(8);
  {
    std::vector<std::jthread> users;
    for (std::string& principal : principals) {
      users.emplace_back([&principal, this] {
        io::linux::SystemEntropy entropy;
        IdentityStore store(directory_, entropy);
        const auto identity = store.load("default");
        principal = identity.ok() ? identity->principal().text() : identity.error().message;
      });
    }
  }
  for (const std::string& principal : principals)
    EXPECT_EQ(principal, store_.load("default")->principal().text());
  EXPECT_EQ(std::distance(fs::directory_iterator(directory_ + "/identity"), {}), 1)
      << "nothing is left beside the key";
}

TEST_F(Identities, sign_requests_so_that_they_verify) {
  for (const KeyKind kind : {KeyKind::kEd25519, KeyKind::kSecp256k1}) {
    const Identity identity(new_secret_key(kind, entropy_));
    const types::RequestId request{};
    const auto signature = identity.sign(request);
    ASSERT_TRUE(signature.has_value());
    EXPECT_TRUE(crypto::verify_user_signature(signature->public_key_der,
                                              certification::request_message(request),
                                              signature->signature)
                    .ok());
    EXPECT_EQ(types::Principal::self_authenticating(signature->public_key_der),
              identity.principal());
  }
}

TEST_F(Identities, the_anonymous_one_signs_nothing) {
  EXPECT_TRUE(store_.load("anonymous")->principal().is_anonymous());
  EXPECT_FALSE(Identity().sign({}).has_value());
}

TEST_F(Identities, can_be_selected_once_they_are_there) {
  EXPECT_FALSE(store_.select("alice").ok());
  ASSERT_TRUE(store_.add("alice", new_secret_key(KeyKind::kSecp256k1, entropy_)).ok());
  ASSERT_TRUE(store_.select("alice").ok());
  EXPECT_EQ(store_.selected().value(), "alice");
  EXPECT_FALSE(store_.add("alice", new_secret_key(KeyKind::kEd25519, entropy_)).ok());
}

TEST_F(Identities, keep_their_files_to_their_user) {
  ASSERT_TRUE(store_.add("alice", new_secret_key(KeyKind::kEd25519, entropy_)).ok());
  const fs::path file = directory_ + "/identity/alice.pem";
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  fs::permissions(file, fs::perms::others_read, fs::perm_options::add);
  const auto loaded = store_.load("alice");
  ASSERT_FALSE(loaded.ok());
  EXPECT_NE(loaded.error().message.find("chmod 600"), std::string::npos);
}

TEST_F(Identities, have_names_that_stay_in_their_directory) {
  for (const char* name : {"", "../alice", "a/b", ".hidden", "a b", "anonymous"})
    EXPECT_FALSE(store_.add(name, new_secret_key(KeyKind::kEd25519, entropy_)).ok()) << name;
}

}  // namespace
}  // namespace icpd::node
