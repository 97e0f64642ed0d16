#include "state/checkpoint.hpp"

#include <gtest/gtest.h>

#include "base/prng.hpp"
#include "state/certified_tree.hpp"
#include "state/memory_disk.hpp"
#include "state/state_hash.hpp"
#include "state/testing.hpp"

namespace icpd::state {
namespace {

using testing::canister;
using testing::MemoryDisk;

/// A canister with everything that a record can hold.
Cow<CanisterState> full_canister(std::uint64_t index, std::uint8_t seed) {
  Cow<CanisterState> cow = testing::make_canister(index);
  CanisterState& c = cow.write();
  Module module{.code = Blob::of(Slice(Bytes(1000, seed)))};
  module.system_methods[static_cast<std::size_t>(SystemMethod::kGlobalTimer)] = true;
  module.metadata["name"] = {MetadataVisibility::kPrivate, Slice(to_bytes("content"))};
  ExecutionState execution;
  execution.module = seal(std::move(module));
  execution.heap.size_bytes = 10 * kPageSize;
  execution.heap.pages.write(5000, Bytes(6000, seed));
  execution.stable.size_bytes = 1 << 20;
  execution.stable.pages.write(70'000, Bytes(10, seed));
  execution.globals = {{GlobalType::kI32, 7, 0}, {GlobalType::kV128, 1, 2}};
  c.execution = Cow<ExecutionState>(std::move(execution));
  c.certified_data = Slice(Bytes{seed});
  c.global_timer = Time::from_seconds(5000);
  c.history.write().add({.details = CreationChange{{testing::user(1).principal}, {}}});
  c.log.write().add(Time{1}, as_bytes("logged"));
  const Blob chunk = Blob::of(Slice(Bytes(100, seed)));
  c.chunks.write()[chunk.hash] = chunk;
  c.queues.write().push_ingress(testing::ingress(index, index));
  const auto context = c.calls.write().open({.origin = SystemTaskOrigin{}});
  const auto request = testing::make_request(index, index + 1, 1, 10, 2000);
  c.calls.write().add_callback({.context = context,
                                .respondent = request.receiver,
                                .cycles_sent = request.payment,
                                .deadline = request.deadline});
  EXPECT_TRUE(c.queues.write().push_request_out(SharedRequest(request), Time{}).ok());
  EXPECT_TRUE(c.queues.write()
                  .push_request_in(SharedRequest(testing::make_request(index + 2, index, 9)),
                                   SenderIs::kLocal)
                  .ok());
  return cow;
}

ReplicatedState some_state(std::uint64_t height = 500) {
  ReplicatedState state(testing::topology());
  state.write_metadata().height = types::Height{height};
  state.write_metadata().batch_time = Time::from_seconds(1000);
  for (std::uint64_t i = 0; i < 5; ++i)
    state.put(full_canister(i, static_cast<std::uint8_t>(i / 2 + 1)));
  state.set_ingress(*testing::ingress(1, 2), IngressReplied{Slice(to_bytes("DIDL"))});
  state.set_ingress(*testing::ingress(2, 2), IngressReceived{});
  state.write_subnet_queues().push_ingress(testing::ingress(3, 1));
  return state;
}

/// A taken snapshot, which shares all pages with the canister, and an uploaded one.
void add_snapshots(ReplicatedState& state, std::uint64_t index) {
  state.update(canister(index), [](CanisterState& c) {
    const ExecutionState& execution = **c.execution;
    Snapshot taken{.taken_at = Time{7}, .canister_version = 3, .module = execution.module->code};
    taken.heap = execution.heap;
    taken.stable = execution.stable;
    taken.globals = execution.globals;
    taken.chunks = c.chunks;
    taken.certified_data = c.certified_data;
    taken.global_timer.emplace(std::nullopt);
    taken.low_memory_hook = LowMemoryHook::kReady;
    c.snapshots.write().add(std::move(taken));
    Snapshot uploaded{.source = SnapshotSource::kMetadataUpload};
    ModuleDraft draft{.size_bytes = 10'000};
    draft.pages.write(5000, Bytes(100, 4));
    uploaded.module = std::move(draft);
    uploaded.heap.size_bytes = 1 << 20;
    uploaded.heap.pages.write(100'000, Bytes(9000, 9));
    const Blob chunk = Blob::of(Slice(Bytes(50, 77)));
    uploaded.chunks.write()[chunk.hash] = chunk;
    c.snapshots.write().add(std::move(uploaded));
  });
}

void next_height(ReplicatedState& state, std::uint64_t heights = 500) {
  state.write_metadata().height = state.height() + heights;
}

void write_page(ReplicatedState& state, std::uint64_t index, PageIndex page, std::uint8_t fill) {
  state.update(canister(index), [&](CanisterState& c) {
    c.execution->write().heap.pages.write_page(page, Bytes(kPageSize, fill));
  });
}

std::uint8_t first_byte(const ReplicatedState& state, std::uint64_t index, PageIndex page) {
  Bytes out(kPageSize);
  (*state.find(canister(index))->execution)->heap.pages.read_page(page, out);
  return out[0];
}

LoadedCheckpoint load(MemoryDisk& disk) {
  auto loaded = CheckpointStore(disk).load();
  EXPECT_TRUE(loaded.ok());
  EXPECT_TRUE(loaded->newest.has_value());
  return std::move(*loaded->newest);
}
std::size_t damaged_count(MemoryDisk& disk) {
  return CheckpointStore(disk).load().value().damaged.size();
}

Checkpoint write(CheckpointStore& store, const ReplicatedState& state) {
  auto written = store.write(state);
  EXPECT_TRUE(written.ok()) << (written.ok() ? "" : written.error().message);
  return std::move(written).value();
}

TEST(Checkpoint, there_is_none_on_an_empty_disk) {
  MemoryDisk disk;
  const auto loaded = CheckpointStore(disk).load();
  ASSERT_TRUE(loaded.ok());
  EXPECT_FALSE(loaded->newest.has_value());
  EXPECT_TRUE(loaded->damaged.empty());
}

TEST(Checkpoint, what_is_loaded_is_what_was_written) {
  MemoryDisk disk;
  CheckpointStore store(disk);
  ReplicatedState state = some_state();
  const Checkpoint written = write(store, state);
  LoadedCheckpoint loaded = load(disk);
  EXPECT_EQ(loaded.hash, written.hash);
  EXPECT_EQ(damaged_count(disk), 0U);
  EXPECT_EQ(state_hash(loaded.state), state_hash(state));
  EXPECT_EQ(hash_state(loaded.state), hash_state(state));
  EXPECT_EQ(loaded.state.total_cycles(), state.total_cycles());
}

TEST(Checkpoint, indices_are_rebuilt) {
  MemoryDisk disk;
  CheckpointStore store(disk);
  const ReplicatedState state = some_state();
  write(store, state);
  const ReplicatedState loaded = load(disk).state;
  EXPECT_EQ(loaded.index().totals(), state.index().totals());
  EXPECT_EQ(loaded.index().with_work().size(), 5U);
  EXPECT_EQ(loaded.index().with_output().size(), 5U);
  EXPECT_EQ(first_time(loaded.index().timers()), Time::from_seconds(5000));
  EXPECT_EQ(first_time(loaded.index().deadlines()), first_time(state.index().deadlines()));
  EXPECT_EQ(loaded.ingress().next_prune(), state.ingress().next_prune());
  EXPECT_EQ(loaded.ingress().memory_bytes(), state.ingress().memory_bytes());
}

TEST(Checkpoint, a_second_one_writes_only_pages_that_changed) {
  MemoryDisk disk;
  CheckpointStore store(disk);
  ReplicatedState tip = some_state();
  adopt(tip, write(store, tip));
  next_height(tip);
  write_page(tip, 3, 7, 77);
  const Checkpoint second = write(store, tip);
  EXPECT_EQ(disk.content("files/00000000000003e8.pages").size(), kPageSize);
  EXPECT_FALSE(disk.files().contains("files/00000000000003e8.blobs"));
  const ReplicatedState loaded = load(disk).state;
  EXPECT_EQ(loaded.height(), types::Height{1000});
  EXPECT_EQ(first_byte(loaded, 3, 7), 77);
  EXPECT_EQ(state_hash(loaded), second.hash);
}

TEST(Checkpoint, a_page_written_meanwhile_stays_the_tips) {
  MemoryDisk disk;
  CheckpointStore store(disk);
  ReplicatedState tip = some_state();
  const ReplicatedState snapshot = tip;
  write_page(tip, 0, 1, 99);
  adopt(tip, write(store, snapshot));
  EXPECT_EQ(first_byte(tip, 0, 1), 99);
  EXPECT_EQ(first_byte(snapshot, 0, 1), 0);
  EXPECT_EQ((*tip.find(canister(0))->execution)->heap.pages.delta_pages(), 1U);
}

TEST(Checkpoint, digests_do_not_depend_on_where_pages_lie) {
  MemoryDisk disk;
  CheckpointStore store(disk);
  ReplicatedState tip = some_state();
  ReplicatedState in_memory = some_state();
  adopt(tip, write(store, tip));
  for (ReplicatedState* state : {&tip, &in_memory})
    write_page(*state, 1, 2, 3);
  EXPECT_EQ(state_hash(tip), state_hash(in_memory));
}

TEST(Checkpoint, goes_on_from_a_loaded_state) {
  MemoryDisk disk;
  {
    CheckpointStore store(disk);
    write(store, some_state());
  }
  CheckpointStore store(disk);
  auto first = store.load();
  ReplicatedState tip = std::move(first->newest->state);
  next_height(tip);
  write_page(tip, 2, 0, 5);
  const Checkpoint second = write(store, tip);
  EXPECT_EQ(disk.content("files/00000000000003e8.pages").size(), kPageSize);
  EXPECT_EQ(load(disk).hash, second.hash);
}

TEST(Checkpoint, sparse_files_are_emptied_and_removed) {
  MemoryDisk disk;
  CheckpointStore store(disk);
  ReplicatedState tip = some_state();
  adopt(tip, write(store, tip));
  next_height(tip);
  for (std::uint64_t c = 0; c < 5; ++c)
    for (PageIndex p = 0; p < 3; ++p)
      write_page(tip, c, p, 9);
  adopt(tip, write(store, tip));
  ASSERT_TRUE(store.keep_from(types::Height{1000}).ok());
  EXPECT_FALSE(disk.files().contains("files/00000000000001f4.pages"));
  EXPECT_TRUE(disk.files().contains("files/00000000000001f4.blobs"));
  EXPECT_EQ(state_hash(load(disk).state), state_hash(tip));
}

TEST(Checkpoint, the_newest_is_kept_whatever_is_asked) {
  MemoryDisk disk;
  CheckpointStore store(disk);
  write(store, some_state());
  ASSERT_TRUE(store.keep_from(types::Height{9999}).ok());
  EXPECT_EQ(load(disk).state.height(), types::Height{500});
}

TEST(Checkpoint, a_full_disk_is_an_error_and_leaves_the_one_before) {
  MemoryDisk disk;
  CheckpointStore store(disk);
  ReplicatedState tip = some_state();
  const Checkpoint first = write(store, tip);
  next_height(tip);
  for (const std::uint64_t room : {0U, 100U, 5000U}) {
    disk.room = room;
    write_page(tip, 0, 0, static_cast<std::uint8_t>(room));
    EXPECT_FALSE(store.write(tip).ok());
    EXPECT_EQ(load(disk).hash, first.hash);
  }
}

TEST(Checkpoint, every_damaged_byte_is_found_and_the_one_before_is_used) {
  MemoryDisk disk;
  CheckpointStore store(disk);
  ReplicatedState tip = some_state();
  const Checkpoint first = write(store, tip);
  adopt(tip, first);
  next_height(tip);
  write_page(tip, 0, 4, 1);
  tip.put(full_canister(9, 200));
  const Checkpoint second = write(store, tip);
  Prng prng(1);
  int checked = 0;
  for (const std::string name : {"checkpoints/00000000000003e8.state",
                                 "files/00000000000003e8.pages", "files/00000000000003e8.blobs"}) {
    Bytes& content = disk.content(name);
    for (int i = 0; i < 60; ++i) {
      const std::size_t at = prng.below(content.size());
      const auto flip = static_cast<std::uint8_t>(1U << prng.below(8));
      content[at] ^= flip;
      const LoadedCheckpoint loaded = load(disk);
      EXPECT_EQ(loaded.hash, first.hash) << name << " byte " << at;
      EXPECT_EQ(damaged_count(disk), 1U);
      content[at] ^= flip;
      ++checked;
    }
  }
  EXPECT_EQ(checked, 180);
  EXPECT_EQ(load(disk).hash, second.hash);
}

TEST(Checkpoint, when_all_are_damaged_there_is_none_and_each_is_told) {
  MemoryDisk disk;
  CheckpointStore store(disk);
  ReplicatedState tip = some_state();
  write(store, tip);
  next_height(tip);
  write(store, tip);
  disk.content("checkpoints/00000000000001f4.state")[40] ^= 1;
  disk.content("checkpoints/00000000000003e8.state")[40] ^= 1;
  const auto found = CheckpointStore(disk).load();
  ASSERT_TRUE(found.ok());
  EXPECT_FALSE(found->newest.has_value());
  ASSERT_EQ(found->damaged.size(), 2U);
  EXPECT_TRUE(found->damaged[0].starts_with("checkpoint 1000: ")) << found->damaged[0];
  EXPECT_TRUE(found->damaged[1].starts_with("checkpoint 500: ")) << found->damaged[1];
}

TEST(Checkpoint, a_cut_file_is_found) {
  MemoryDisk disk;
  CheckpointStore store(disk);
  ReplicatedState tip = some_state();
  const Checkpoint first = write(store, tip);
  next_height(tip);
  write_page(tip, 0, 4, 1);
  write(store, tip);
  for (const std::string name :
       {"checkpoints/00000000000003e8.state", "files/00000000000003e8.pages"}) {
    Bytes& content = disk.content(name);
    const Bytes whole = content;
    content.resize(content.size() - 1);
    EXPECT_EQ(load(disk).hash, first.hash) << name;
    content = whole;
  }
}

TEST(Checkpoint, has_the_snapshots_of_canisters) {
  MemoryDisk disk;
  CheckpointStore store(disk);
  ReplicatedState state = some_state();
  add_snapshots(state, 2);
  const Checkpoint written = write(store, state);
  adopt(state, written);
  const LoadedCheckpoint loaded = load(disk);
  EXPECT_EQ(loaded.hash, written.hash);
  EXPECT_EQ(state_hash(state), written.hash);
  const CanisterState& c = *loaded.state.find(canister(2));
  EXPECT_EQ(c.memory_usage(), state.find(canister(2))->memory_usage());
  ASSERT_EQ(c.snapshots->all().size(), 2U);
  EXPECT_EQ(std::get<Blob>(c.snapshots->find(0)->module).bytes, Slice(Bytes(1000, 2)));
  EXPECT_EQ(c.snapshots->find(0)->chunks->begin()->second.bytes, Slice(Bytes(100, 2)));
  EXPECT_EQ(c.snapshots->find(1)->module_part(5050, 100)[49], 4);
  EXPECT_EQ(c.snapshots->find(1)->module_part(5050, 100)[50], 0);
  EXPECT_EQ(c.snapshots->find(1)->heap.pages.delta_pages(), 0U);
  EXPECT_EQ(state.find(canister(2))->snapshots->find(1)->heap.pages.delta_pages(), 0U);
}

TEST(Checkpoint, pages_that_a_canister_shares_with_its_snapshots_are_written_once) {
  MemoryDisk with;
  MemoryDisk without;
  CheckpointStore store(with);
  ReplicatedState state = some_state();
  CheckpointStore plain(without);
  write(plain, state);
  add_snapshots(state, 2);
  adopt(state, write(store, state));
  const auto pages = [](MemoryDisk& disk) {
    return disk.content("files/00000000000001f4.pages").size() / kPageSize;
  };
  // Four pages of the uploaded one: one of its module, three of its heap.
  EXPECT_EQ(pages(with), pages(without) + 4);
  // They count once when a file is found to be sparse, and move together to a new one: 9 of 19.
  ASSERT_EQ(pages(with), 19U);
  next_height(state);
  for (const std::uint64_t c : {1U, 4U})
    state.remove(canister(c));
  state.update(canister(2), [](CanisterState& c) { c.snapshots.write().remove(1); });
  write(store, state);
  ASSERT_TRUE(store.keep_from(types::Height{1000}).ok());
  EXPECT_EQ(with.content("files/00000000000003e8.pages").size(), 9 * kPageSize);
  EXPECT_FALSE(with.files().contains("files/00000000000001f4.pages"));
  EXPECT_EQ(state_hash(load(with).state), state_hash(state));
}

TEST(StateHash, covers_what_a_later_round_may_read) {
  ReplicatedState base = some_state();
  add_snapshots(base, 0);
  const types::StateHash hash = state_hash(base);
  const auto changed = [&](auto&& change) {
    ReplicatedState state = base;
    change(state);
    return state_hash(state);
  };
  const auto canister_change = [&](auto&& change) {
    return changed([&](ReplicatedState& s) { s.update(canister(0), change); });
  };
  EXPECT_EQ(changed([](ReplicatedState&) {}), hash);
  EXPECT_NE(changed([](ReplicatedState& s) { s.write_metadata().heap_delta_bytes = 1; }), hash);
  EXPECT_NE(changed([](ReplicatedState& s) { static_cast<void>(s.next_canister_id()); }), hash);
  EXPECT_NE(changed([](ReplicatedState& s) {
              s.set_ingress(*testing::ingress(2, 2), IngressProcessing{});
            }),
            hash);
  EXPECT_NE(
      changed([](ReplicatedState& s) { static_cast<void>(s.write_subnet_queues().pop_input()); }),
      hash);
  EXPECT_NE(canister_change([](CanisterState& c) { c.balance += 1; }), hash);
  EXPECT_NE(canister_change([](CanisterState& c) { c.scheduler.accumulated_priority = 1; }), hash);
  EXPECT_NE(canister_change([](CanisterState& c) { c.execution->write().globals[0].low = 8; }),
            hash);
  EXPECT_NE(canister_change(
                [](CanisterState& c) { c.execution->write().stable.pages.write(0, Bytes{1}); }),
            hash);
  EXPECT_NE(canister_change([](CanisterState& c) { c.chunks.write().clear(); }), hash);
  EXPECT_NE(canister_change([](CanisterState& c) { c.snapshots.write().remove(0); }), hash);
  EXPECT_NE(canister_change([](CanisterState& c) {
              c.snapshots.write().write(1).heap.pages.write(0, Bytes{1});
            }),
            hash);
  EXPECT_NE(canister_change([](CanisterState& c) {
              std::get<ModuleDraft>(c.snapshots.write().write(1).module).pages.write(0, Bytes{1});
            }),
            hash);
  EXPECT_NE(
      canister_change([](CanisterState& c) { static_cast<void>(c.queues.write().pop_input()); }),
      hash);
}

}  // namespace
}  // namespace icpd::state
