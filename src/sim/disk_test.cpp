#include "sim/disk.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace icpd::sim {
namespace {

using io::OpenMode;

Bytes content_of(SimDisk& disk, const std::string& path) {
  return io::read_file(disk, path, 1 << 20).value();
}

/// A durable file of `size` zeros, then `bytes` over it without a sync; after a crash of luck
/// `seed`.
Bytes after_crash(std::uint64_t seed, std::size_t size, ByteView bytes, CrashFigures* figures) {
  SimDisk disk;
  EXPECT_TRUE(io::replace_file(disk, "d/file", Bytes(size)).ok());
  {
    const auto file = disk.open("d/file", OpenMode::kReadWrite).value();
    EXPECT_TRUE(file->write_at(0, bytes).ok());
  }
  EXPECT_EQ(content_of(disk, "d/file").size(), std::max(size, bytes.size()));
  Prng random(seed);
  const CrashFigures crashed = disk.crash(random);
  if (figures != nullptr) *figures = crashed;
  return content_of(disk, "d/file");
}

TEST(SimDisk, keeps_what_was_synced) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    SimDisk disk;
    const Bytes bytes(2'000, 7);
    ASSERT_TRUE(io::replace_file(disk, "d/file", bytes).ok());
    Prng random(seed);
    const CrashFigures figures = disk.crash(random);
    EXPECT_EQ(figures.writes_lost + figures.writes_torn, 0u);
    EXPECT_EQ(content_of(disk, "d/file"), bytes);
    EXPECT_FALSE(disk.exists("d/file.new"));
  }
}

TEST(SimDisk, loses_tears_or_keeps_what_was_not_synced) {
  const Bytes bytes(4 * 512, 7);
  bool lost = false, torn = false, kept = false;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    CrashFigures figures;
    const Bytes found = after_crash(seed, bytes.size(), bytes, &figures);
    ASSERT_EQ(found.size(), bytes.size());
    for (std::size_t sector = 0; sector < 4; ++sector) {
      const auto begin = found.begin() + static_cast<std::ptrdiff_t>(sector * 512);
      EXPECT_TRUE(std::all_of(begin, begin + 512, [&](std::uint8_t b) { return b == *begin; }))
          << "a sector is written whole or not at all";
    }
    lost = lost || (found == Bytes(bytes.size()) && figures.writes_lost == 1);
    kept = kept || found == bytes;
    torn = torn || (found != bytes && found != Bytes(bytes.size()) && figures.writes_torn == 1);
  }
  EXPECT_TRUE(lost && torn && kept);
}

TEST(SimDisk, a_new_name_lasts_after_its_directory_was_synced) {
  bool gone = false, there = false;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SimDisk disk;
    ASSERT_TRUE(disk.open("d/synced", OpenMode::kCreateNew).ok());
    ASSERT_TRUE(disk.sync_directory("d").ok());
    ASSERT_TRUE(disk.open("d/unsynced", OpenMode::kCreateNew).ok());
    Prng random(seed);
    disk.crash(random);
    EXPECT_TRUE(disk.exists("d/synced"));
    (disk.exists("d/unsynced") ? there : gone) = true;
  }
  EXPECT_TRUE(gone && there);
}

TEST(SimDisk, a_rename_happens_whole_or_not_at_all) {
  bool before = false, after = false;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SimDisk disk;
    ASSERT_TRUE(io::replace_file(disk, "d/a", Bytes{1}).ok());
    ASSERT_TRUE(io::replace_file(disk, "d/b", Bytes{2}).ok());
    ASSERT_TRUE(disk.rename("d/a", "d/b").ok());
    Prng random(seed);
    disk.crash(random);
    if (disk.exists("d/a")) {
      EXPECT_EQ(content_of(disk, "d/b"), Bytes{2});
      before = true;
    } else {
      EXPECT_EQ(content_of(disk, "d/b"), Bytes{1});
      after = true;
    }
  }
  EXPECT_TRUE(before && after);
}

TEST(SimDisk, a_replaced_file_is_old_or_new_wherever_the_machine_stops) {
  const Bytes old_content(1'000, 1), new_content(1'500, 2);
  bool finished = false;
  for (std::uint64_t operations = 0; operations < 8; ++operations) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      SimDisk disk;
      ASSERT_TRUE(io::replace_file(disk, "d/file", old_content).ok());
      disk.stop_after(operations);
      finished = io::replace_file(disk, "d/file", new_content).ok();
      Prng random(seed);
      disk.crash(random);
      const Bytes found = content_of(disk, "d/file");
      EXPECT_TRUE(found == new_content || (!finished && found == old_content)) << operations;
    }
  }
  EXPECT_TRUE(finished) << "the last had enough operations";
}

}  // namespace
}  // namespace icpd::sim
