#include "state/snapshots.hpp"

#include <gtest/gtest.h>

#include "codec/record.hpp"
#include "state/testing.hpp"

namespace icpd::state {
namespace {

TEST(Snapshots, an_id_is_a_number_and_a_canister) {
  const SnapshotId id{testing::canister(5), 3};
  EXPECT_EQ(to_hex(id.bytes()), "0000000000000003" + to_hex(id.canister.view()));
  EXPECT_EQ(id.text(), "3-" + id.canister.text());
  EXPECT_EQ(SnapshotId::from_bytes(id.bytes()), id);
  EXPECT_FALSE(SnapshotId::from_bytes(Bytes(7)).has_value());
  EXPECT_FALSE(SnapshotId::from_bytes(Bytes(8 + 30)).has_value());
}

TEST(Snapshots, no_number_is_given_twice) {
  Snapshots snapshots;
  EXPECT_EQ(snapshots.add({}), 0U);
  EXPECT_EQ(snapshots.add({}), 1U);
  snapshots.remove(1);
  EXPECT_EQ(snapshots.add({}), 2U);
  snapshots.clear();
  EXPECT_EQ(snapshots.add({}), 3U);
  EXPECT_EQ(snapshots.find(2), nullptr);
  EXPECT_NE(snapshots.find(3), nullptr);
}

// Interface specification, "memory_metrics": snapshots_size is the memory of all snapshots.
TEST(Snapshots, count_with_all_that_they_hold) {
  Snapshot snapshot{.module = ModuleDraft{.size_bytes = 1000}};
  snapshot.heap.size_bytes = 65'536;
  snapshot.stable.size_bytes = 131'072;
  snapshot.globals.resize(2);
  snapshot.certified_data = Slice(Bytes(32));
  const Blob chunk = Blob::of(Slice(Bytes(10)));
  snapshot.chunks.write()[chunk.hash] = chunk;
  EXPECT_EQ(snapshot.size_bytes(), 1000 + 65'536 + 131'072 + 16 + 32 + kMiB);
  Snapshots snapshots;
  snapshots.add(snapshot);
  snapshots.add(snapshot);
  EXPECT_EQ(snapshots.size_bytes(), 2 * snapshot.size_bytes());
}

TEST(Snapshots, a_record_comes_back) {
  Snapshots snapshots;
  Snapshot snapshot{.source = SnapshotSource::kMetadataUpload};
  snapshot.module = ModuleDraft{.size_bytes = 77};
  snapshot.global_timer.emplace(Time{5});
  snapshot.low_memory_hook = LowMemoryHook::kExecuted;
  snapshots.add(snapshot);
  snapshots.add({});
  snapshots.remove(1);
  const Bytes record = codec::to_record(snapshots);
  auto read = codec::from_record<Snapshots>(Slice(Bytes(record)));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(codec::to_record(*read), record);
  EXPECT_EQ(read->find(0)->module_size_bytes(), 77U);
  EXPECT_EQ(read->find(0)->global_timer, std::optional(std::optional(Time{5})));
  EXPECT_EQ(read->add({}), 2U);
}

}  // namespace
}  // namespace icpd::state
