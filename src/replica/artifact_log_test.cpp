// The log must give back what was durable, whatever a crash did to its end, and never forget what
// was signed.
#include "replica/artifact_log.hpp"

#include <gtest/gtest.h>

#include "state/memory_disk.hpp"

namespace icpd::replica {
namespace {

using state::testing::MemoryDisk;
using types::Height;

LogId log_id() {
  return *LogId::from(Bytes(32, 7));
}
Shared<types::EncodedArtifact> tape(std::uint64_t height) {
  return types::encode(types::Tape{{Height{height}, {}}, {}});
}
consensus::Watermark signed_up_to(std::uint64_t height) {
  return {Height{height}, Height{height}, Height{height}};
}
/// Not yet finalized at the last height.
consensus::Watermark notarized_up_to(std::uint64_t height) {
  return {Height{height}, Height{height}, Height{height - 1}};
}
/// The only segment's path.
std::string segment(const MemoryDisk& disk, std::size_t n = 0) {
  std::vector<std::string> paths;
  for (const auto& [path, content] : disk.files()) {
    if (path.ends_with(".segment")) paths.push_back(path);
  }
  return paths.at(n);
}

class ArtifactLogTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(ArtifactLog::create(disk_, log_id()).ok()); }
  void append(std::uint64_t first, std::uint64_t last) {
    RecoveredLog before;
    auto log = ArtifactLog::open(disk_, before).value();
    for (std::uint64_t h = first; h <= last; ++h)
      ASSERT_TRUE(log->append({tape(h)}, signed_up_to(h)).ok());
  }
  [[nodiscard]] RecoveredLog reopen() {
    RecoveredLog recovered;
    auto log = ArtifactLog::open(disk_, recovered);
    EXPECT_TRUE(log.ok()) << (log.ok() ? "" : log.error().message);
    return recovered;
  }
  MemoryDisk disk_;
};

TEST_F(ArtifactLogTest, gives_back_what_was_appended) {
  append(1, 3);
  append(4, 5);
  const RecoveredLog recovered = reopen();
  ASSERT_EQ(recovered.artifacts.size(), 5u);
  for (std::size_t i = 0; i < 5; ++i)
    EXPECT_EQ(recovered.artifacts[i]->id, tape(i + 1)->id);
  EXPECT_EQ(recovered.watermark, signed_up_to(5));
  EXPECT_FALSE(recovered.tail_dropped);
}

/// The disk as an append leaves it that a crash cut off: all written, nothing said to be durable.
TEST_F(ArtifactLogTest, forgets_an_append_that_was_under_way) {
  append(1, 2);
  const Bytes before = disk_.content(segment(disk_));
  append(3, 3);
  Bytes& content = disk_.content(segment(disk_));
  const Bytes after = content;
  // Which slot the third append wrote; the other one says that it is durable.
  const std::size_t written = 512;
  for (std::size_t size = before.size(); size < after.size(); ++size) {
    for (const bool with_slot : {false, true}) {
      Bytes cut = before;
      cut.insert(cut.end(), after.begin() + static_cast<long>(before.size()),
                 after.begin() + static_cast<long>(size));
      if (with_slot) std::copy_n(after.begin() + written, 512, cut.begin() + written);
      disk_.content(segment(disk_)) = cut;
      const RecoveredLog recovered = reopen();
      EXPECT_EQ(recovered.artifacts.size(), 2u);
      EXPECT_EQ(recovered.watermark, signed_up_to(2));
    }
  }
}

TEST_F(ArtifactLogTest, keeps_the_watermark_of_a_durable_record_that_is_lost) {
  append(1, 3);
  Bytes& content = disk_.content(segment(disk_));
  const Bytes whole = content;
  // The record of height 3 is as long as the others.
  const std::size_t record = (whole.size() - 1024) / 3;
  for (std::size_t lost = 1; lost <= record; ++lost) {
    disk_.content(segment(disk_)) = Bytes(whole.begin(), whole.end() - static_cast<long>(lost));
    const RecoveredLog recovered = reopen();
    EXPECT_EQ(recovered.artifacts.size(), 2u);
    EXPECT_EQ(recovered.watermark, signed_up_to(3));
    EXPECT_TRUE(recovered.tail_dropped);
  }
}

// A node that has notarized two blocks of a height must not finalize one of them; the lost record
// may be the second.
TEST_F(ArtifactLogTest, allows_no_finalization_beside_a_lost_notarization) {
  {
    RecoveredLog before;
    auto log = ArtifactLog::open(disk_, before).value();
    ASSERT_TRUE(log->append({tape(1)}, notarized_up_to(1)).ok());
    ASSERT_TRUE(log->append({tape(2)}, notarized_up_to(2)).ok());
  }
  EXPECT_EQ(reopen().watermark, notarized_up_to(2));
  disk_.content(segment(disk_)).pop_back();
  EXPECT_EQ(reopen().watermark, signed_up_to(2));
}

TEST_F(ArtifactLogTest, goes_on_after_a_dropped_tail) {
  append(1, 3);
  disk_.content(segment(disk_)).pop_back();
  EXPECT_TRUE(reopen().tail_dropped);
  append(4, 5);
  const RecoveredLog recovered = reopen();
  EXPECT_FALSE(recovered.tail_dropped);
  ASSERT_EQ(recovered.artifacts.size(), 4u);
  EXPECT_EQ(recovered.artifacts.back()->id.height, Height{5});
}

TEST_F(ArtifactLogTest, survives_the_loss_of_either_slot) {
  append(1, 4);
  for (const std::size_t slot : {0u, 512u}) {
    const Bytes whole = disk_.content(segment(disk_));
    disk_.content(segment(disk_))[slot + 20] ^= 1;
    const RecoveredLog recovered = reopen();
    EXPECT_EQ(recovered.artifacts.size(), 4u);
    EXPECT_EQ(recovered.watermark, signed_up_to(4));
    disk_.content(segment(disk_)) = whole;
  }
}

TEST_F(ArtifactLogTest, purges_whole_segments) {
  {
    RecoveredLog before;
    auto log = ArtifactLog::open(disk_, before).value();
    for (std::uint64_t h = 1; h <= 30; ++h) {
      ASSERT_TRUE(log->append({tape(h)}, signed_up_to(h)).ok());
      if (h % 10 == 0) {
        ASSERT_TRUE(log->purge(Height{h - 5}).ok());
      }
    }
  }
  const RecoveredLog recovered = reopen();
  EXPECT_EQ(recovered.artifacts.front()->id.height, Height{21});
  EXPECT_EQ(recovered.artifacts.back()->id.height, Height{30});
  EXPECT_EQ(recovered.watermark, signed_up_to(30));
}

TEST_F(ArtifactLogTest, drops_a_torn_record_that_is_the_first_after_a_purge) {
  append(1, 3);
  {
    RecoveredLog before;
    auto log = ArtifactLog::open(disk_, before).value();
    ASSERT_TRUE(log->purge(Height{10}).ok());
    ASSERT_TRUE(log->append({tape(11)}, signed_up_to(11)).ok());
  }
  disk_.content(segment(disk_)).pop_back();
  const RecoveredLog recovered = reopen();
  EXPECT_TRUE(recovered.tail_dropped);
  EXPECT_TRUE(recovered.artifacts.empty());
  EXPECT_EQ(recovered.watermark, signed_up_to(11));
  append(12, 12);
  EXPECT_EQ(reopen().artifacts.size(), 1u);
}

TEST_F(ArtifactLogTest, refuses_a_damaged_segment_that_is_not_the_last) {
  RecoveredLog before;
  {
    auto log = ArtifactLog::open(disk_, before).value();
    ASSERT_TRUE(log->append({tape(9)}, signed_up_to(9)).ok());
    ASSERT_TRUE(log->purge(Height{1}).ok());
  }
  disk_.content(segment(disk_, 0)).back() ^= 1;
  EXPECT_FALSE(ArtifactLog::open(disk_, before).ok());
}

TEST_F(ArtifactLogTest, refuses_a_record_that_is_damaged_in_the_middle) {
  append(1, 4);
  const Bytes whole = disk_.content(segment(disk_));
  const std::size_t record = (whole.size() - 1024) / 4;
  for (std::size_t at = 1024; at < whole.size(); at += 3) {
    disk_.content(segment(disk_)) = whole;
    disk_.content(segment(disk_))[at] ^= 1;
    RecoveredLog recovered;
    const auto log = ArtifactLog::open(disk_, recovered);
    const bool is_in_the_last = at >= whole.size() - record;
    EXPECT_EQ(log.ok(), is_in_the_last) << at;
    EXPECT_EQ(recovered.tail_dropped, is_in_the_last) << at;
    if (log.ok()) continue;
    EXPECT_NE(log.error().message.find("is damaged at byte"), std::string::npos);
    EXPECT_EQ(disk_.content(segment(disk_)).size(), whole.size()) << "nothing is cut off";
  }
}

TEST_F(ArtifactLogTest, refuses_keys_without_their_log) {
  RecoveredLog recovered;
  ASSERT_TRUE(disk_.remove_tree(ArtifactLog::kDirectory).ok());
  const auto log = ArtifactLog::open(disk_, recovered);
  ASSERT_FALSE(log.ok());
  EXPECT_NE(log.error().message.find("new keys"), std::string::npos);
}

TEST_F(ArtifactLogTest, refuses_keys_without_a_watermark) {
  RecoveredLog recovered;
  ASSERT_TRUE(disk_.remove(ArtifactLog::kWatermarkFile).ok());
  EXPECT_FALSE(ArtifactLog::open(disk_, recovered).ok());
}

TEST_F(ArtifactLogTest, refuses_the_log_of_other_keys) {
  MemoryDisk other;
  ASSERT_TRUE(ArtifactLog::create(other, *LogId::from(Bytes(32, 8))).ok());
  disk_.content(segment(disk_)) = other.content(segment(other));
  RecoveredLog recovered;
  EXPECT_FALSE(ArtifactLog::open(disk_, recovered).ok());
}

TEST_F(ArtifactLogTest, a_full_disk_is_an_error) {
  RecoveredLog recovered;
  auto log = ArtifactLog::open(disk_, recovered).value();
  disk_.room = 10;
  EXPECT_FALSE(log->append({tape(1)}, signed_up_to(1)).ok());
}

}  // namespace
}  // namespace icpd::replica
