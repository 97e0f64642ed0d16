#include "node/code_store.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <thread>

#include "io/linux/system.hpp"

namespace icpd::node {
namespace {

namespace fs = std::filesystem;

class CodeStores : public testing::Test {
 protected:
  static std::string new_directory() {
    std::string pattern = (fs::temp_directory_path() / "icpd-code-XXXXXX").string();
    return ::mkdtemp(pattern.data());
  }
  ~CodeStores() override { fs::remove_all(directory_); }

  std::unique_ptr<CodeStore> open(std::uint64_t bytes_max = kCodeStoreBytesMax) {
    auto store = CodeStore::open(directory_ + "/code", entropy_, bytes_max);
    EXPECT_TRUE(store.ok()) << store.error().message;
    return std::move(store).value();
  }
  static crypto::Digest key(int number) { return crypto::sha256(std::to_string(number)); }
  std::string file_of(int number) const {
    return directory_ + "/code/" + key(number).hex() + ".code";
  }
  static std::string text(const std::optional<Slice>& found) {
    return found ? std::string(as_text(*found)) : "nothing";
  }
  /// So that the order of use doesn't hang on the clock's resolution.
  void last_used(int number, int minutes_ago) const {
    fs::last_write_time(file_of(number),
                        fs::file_time_type::clock::now() - std::chrono::minutes(minutes_ago));
  }

  std::string directory_ = new_directory();
  io::linux::SystemEntropy entropy_;
};

TEST_F(CodeStores, gives_back_what_was_put_also_to_another_process_and_later) {
  const auto store = open();
  EXPECT_EQ(text(store->get(key(1))), "nothing");
  ASSERT_TRUE(store->put(key(1), as_bytes("one")).ok());
  ASSERT_TRUE(store->put(key(2), {}).ok());
  EXPECT_EQ(text(store->get(key(1))), "one");
  EXPECT_EQ(text(open()->get(key(1))), "one");
  EXPECT_EQ(text(open()->get(key(2))), "");
  ASSERT_TRUE(open()->put(key(1), as_bytes("other")).ok());
  EXPECT_EQ(text(store->get(key(1))), "other");
}

TEST_F(CodeStores, a_damaged_cut_or_longer_entry_is_a_miss_and_goes) {
  const auto store = open();
  const auto change = [&](const std::function<void(std::string&)>& how) {
    ASSERT_TRUE(store->put(key(1), as_bytes("machine code")).ok());
    std::ifstream in(file_of(1), std::ios::binary);
    std::string bytes(std::istreambuf_iterator<char>(in), {});
    how(bytes);
    std::ofstream(file_of(1), std::ios::binary) << bytes;
    EXPECT_EQ(text(store->get(key(1))), "nothing");
    EXPECT_FALSE(fs::exists(file_of(1)));
  };
  for (const std::size_t at : {0, 8, 39, 40, 51})
    change([at](std::string& bytes) { bytes[at] = static_cast<char>(bytes[at] ^ 1); });
  for (const std::size_t size : {0, 7, 39, 40, 51})
    change([size](std::string& bytes) { bytes.resize(size); });
  change([](std::string& bytes) { bytes += "x"; });
  ASSERT_TRUE(store->put(key(1), as_bytes("again")).ok());
  EXPECT_EQ(text(store->get(key(1))), "again");
}

TEST_F(CodeStores, an_entry_counts_under_its_own_name_and_key_only) {
  const auto store = open();
  ASSERT_TRUE(store->put(key(1), as_bytes("one")).ok());
  fs::copy(file_of(1), file_of(2));
  EXPECT_EQ(text(store->get(key(2))), "nothing");
  fs::remove(directory_ + "/code/key");
  EXPECT_EQ(text(open()->get(key(1))), "nothing");
}

TEST_F(CodeStores, a_damaged_key_is_made_anew) {
  ASSERT_TRUE(open()->put(key(1), as_bytes("one")).ok());
  std::ofstream(directory_ + "/code/key") << "short";
  const auto store = open();
  EXPECT_EQ(text(store->get(key(1))), "nothing");
  ASSERT_TRUE(store->put(key(1), as_bytes("two")).ok());
  EXPECT_EQ(text(open()->get(key(1))), "two");
}

TEST_F(CodeStores, is_refused_where_others_may_reach_it) {
  std::ignore = open();
  fs::permissions(directory_ + "/code", fs::perms::owner_all | fs::perms::group_exec);
  const auto store = CodeStore::open(directory_ + "/code", entropy_);
  ASSERT_FALSE(store.ok());
  EXPECT_NE(store.error().message.find("run: chmod 700"), std::string::npos);
}

TEST_F(CodeStores, those_not_used_for_longest_go_when_it_is_full) {
  const auto store = open(10'000);
  const Bytes content(3000, 7);
  for (const int number : {1, 2, 3})
    ASSERT_TRUE(store->put(key(number), content).ok());
  last_used(1, 3);
  last_used(2, 2);
  last_used(3, 1);
  EXPECT_TRUE(store->get(key(1)).has_value());  // used just now
  ASSERT_TRUE(store->put(key(4), content).ok());
  EXPECT_TRUE(store->get(key(1)).has_value());
  EXPECT_FALSE(store->get(key(2)).has_value());
  EXPECT_TRUE(store->get(key(3)).has_value());
  EXPECT_TRUE(store->get(key(4)).has_value());
  EXPECT_LE(store->bytes(), 10'000U);
}

TEST_F(CodeStores, a_smaller_bound_holds_from_the_next_start_on) {
  const auto store = open();
  for (int number = 0; number < 10; ++number)
    ASSERT_TRUE(store->put(key(number), Bytes(3000)).ok());
  EXPECT_GT(store->bytes(), 30'000U);
  EXPECT_LE(open(10'000)->bytes(), 10'000U);
}

TEST_F(CodeStores, what_is_larger_than_half_of_all_isnt_kept) {
  const auto store = open(10'000);
  EXPECT_TRUE(store->put(key(1), Bytes(5000)).ok());
  EXPECT_FALSE(store->put(key(2), Bytes(5001)).ok());
  EXPECT_TRUE(store->get(key(1)).has_value());
}

TEST_F(CodeStores, a_full_disk_leaves_what_was_there_and_no_parts) {
  const auto store = open();
  ASSERT_TRUE(store->put(key(1), as_bytes("one")).ok());
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{1000, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto put = store->put(key(2), Bytes(5000));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_FALSE(put.ok());
  EXPECT_EQ(text(store->get(key(1))), "one");
  EXPECT_EQ(text(store->get(key(2))), "nothing");
  for (const auto& file : fs::directory_iterator(directory_ + "/code"))
    EXPECT_NE(file.path().extension(), ".part");
}

TEST_F(CodeStores, parts_of_processes_that_are_gone_are_removed_and_fresh_ones_stay) {
  std::ignore = open();
  const std::string old = file_of(1) + ".1-0.part";
  const std::string fresh = file_of(2) + ".1-0.part";
  std::ofstream(old) << "x";
  std::ofstream(fresh) << "x";
  fs::last_write_time(old, fs::file_time_type::clock::now() - std::chrono::hours(2));
  std::ignore = open();
  EXPECT_FALSE(fs::exists(old));
  EXPECT_TRUE(fs::exists(fresh));
}

TEST_F(CodeStores, foreign_files_are_left_alone) {
  std::ignore = open();
  const std::string foreign = directory_ + "/code/notes.txt";
  std::ofstream(foreign) << std::string(5000, 'x');
  fs::create_directory(directory_ + "/code/" + key(9).hex() + ".code");
  const auto store = open(4000);
  EXPECT_EQ(text(store->get(key(9))), "nothing");
  ASSERT_TRUE(store->put(key(1), as_bytes("one")).ok());
  EXPECT_EQ(text(store->get(key(1))), "one");
  EXPECT_TRUE(fs::exists(foreign));
}

TEST_F(CodeStores, only_one_holds_the_lock_of_an_entry) {
  const auto store = open();
  const auto other = open();
  auto lock = store->try_lock(key(1));
  ASSERT_TRUE(lock.has_value());
  EXPECT_FALSE(other->try_lock(key(1)).has_value());
  EXPECT_FALSE(store->try_lock(key(1)).has_value());
  lock.reset();
  EXPECT_TRUE(other->try_lock(key(1)).has_value());
}

TEST_F(CodeStores, many_threads_may_write_and_read_the_same_entries) {
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([this] {
      const auto store = open(20'000);
      for (int i = 0; i < 50; ++i) {
        const Bytes content(1000, static_cast<std::uint8_t>(i % 5));
        std::ignore = store->put(key(i % 5), content);
        const auto found = store->get(key(i % 5));
        EXPECT_TRUE(!found || to_bytes(*found) == content);
      }
    });
  }
}

}  // namespace
}  // namespace icpd::node
