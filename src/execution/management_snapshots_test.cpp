#include <gtest/gtest.h>

#include "execution/canister_run.hpp"
#include "execution/fees.hpp"
#include "execution/management_snapshot_types.hpp"
#include "execution/test_subnet.hpp"

namespace icpd::execution {
namespace {

using namespace testing;
using namespace management;

/// `set` writes its argument's byte to a global, the heap, stable memory and the certified data;
/// `get` reads the first three.
const std::string kNote = with_imports(R"(
  (global $note (mut i32) (i32.const 45))
  (global (export "limit") i64 (i64.const -5))
  (global $scale (mut f64) (f64.const 1.5))
  (data (i32.const 100) "-")
  (func (export "canister_update set")
    (call $arg_copy (i32.const 100) (i32.const 0) (i32.const 1))
    (global.set $note (i32.load8_u (i32.const 100)))
    (if (i64.eqz (call $stable_size)) (then (drop (call $stable_grow (i64.const 1)))))
    (call $stable_write (i64.const 10) (i64.const 100) (i64.const 1))
    (call $certify (i32.const 100) (i32.const 1))
    (call $reply))
  (func (export "canister_update start_timer")
    (drop (call $timer (i64.const 9000000000000000000)))
    (call $reply))
  (func (export "canister_query get")
    (i32.store8 (i32.const 0) (global.get $note))
    (i32.store8 (i32.const 1) (i32.load8_u (i32.const 100)))
    (i32.store8 (i32.const 2) (i32.const 45))
    (if (i64.ne (call $stable_size) (i64.const 0))
      (then (call $stable_read (i64.const 2) (i64.const 10) (i64.const 1))))
    (call $append (i32.const 0) (i32.const 3))
    (call $reply)))");

std::string ok() {
  return "reply: DIDL" + std::string(2, '\0');
}
template <typename T, typename... Args>
T answer(TestSubnet& subnet, std::string method, const Args&... args) {
  const auto got = subnet.manage(kAlice, std::move(method), args...);
  const auto* reply = std::get_if<state::IngressReplied>(&got);
  if (reply == nullptr) ADD_FAILURE() << subnet.text(got);
  ensure(reply != nullptr, "the call is answered");
  // Views into the reply live as long as the test.
  static std::deque<Slice> replies;
  replies.push_back(reply->reply);
  return codec::candid::decode_arg<T>(replies.back()).value();
}
template <typename... Args>
std::string told(TestSubnet& subnet, std::string method, const Args&... args) {
  return subnet.text(subnet.manage(kAlice, std::move(method), args...));
}

SnapshotResult take(TestSubnet& subnet, const CanisterId& id) {
  return answer<SnapshotResult>(subnet, "take_canister_snapshot",
                                TakeSnapshotArgs{id, std::nullopt, std::nullopt, std::nullopt});
}
std::string load(TestSubnet& subnet, const CanisterId& id, const Bytes& snapshot) {
  return told(subnet, "load_canister_snapshot", LoadSnapshotArgs{id, snapshot, std::nullopt});
}
std::vector<SnapshotResult> list(TestSubnet& subnet, const CanisterId& id) {
  return answer<std::vector<SnapshotResult>>(subnet, "list_canister_snapshots",
                                             CanisterIdRecord{id});
}
void set(TestSubnet& subnet, const CanisterId& id, std::string_view value) {
  ASSERT_EQ(subnet.text(subnet.call(kAlice, id, "set", to_bytes(value))), "reply: ");
}
std::string get(TestSubnet& subnet, const CanisterId& id) {
  return subnet.text(subnet.query(id, "get"));
}
std::string name(const SnapshotResult& snapshot) {
  return state::SnapshotId::from_bytes(snapshot.id)->text();
}

// ------------------------------------------------------------------------------- take and load

TEST(Snapshots, loading_brings_back_all_that_was_taken) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(kNote);
  set(subnet, id, "a");
  const Bytes chunk = to_bytes("a chunk");
  answer<ChunkHash>(subnet, "upload_chunk", UploadChunkArgs{id, chunk});
  const std::uint64_t version = subnet.at(id).version;
  const SnapshotResult snapshot = take(subnet, id);
  EXPECT_EQ(subnet.at(id).version, version) << "taking changes nothing";
  EXPECT_EQ(snapshot.taken_at_timestamp, subnet.state.time().ns);

  set(subnet, id, "b");
  subnet.manage(kAlice, "clear_chunk_store", CanisterIdRecord{id});
  EXPECT_EQ(get(subnet, id), "reply: bbb");
  EXPECT_EQ(load(subnet, id, snapshot.id), ok());
  EXPECT_EQ(get(subnet, id), "reply: aaa");
  EXPECT_EQ(subnet.at(id).certified_data, Slice(to_bytes("a")));
  EXPECT_TRUE(subnet.at(id).chunks->contains(crypto::sha256(chunk)));
  EXPECT_EQ(subnet.at(id).version, version + 2) << "one for `set`, one for loading";
  // The snapshot is still there, as it was.
  set(subnet, id, "c");
  EXPECT_EQ(load(subnet, id, snapshot.id), ok());
  EXPECT_EQ(get(subnet, id), "reply: aaa");
}

// Globals have no values in the state before code ran; constants that are exported are listed too.
TEST(Snapshots, a_canister_that_never_ran_can_be_taken) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(kNote);
  const SnapshotResult snapshot = take(subnet, id);
  const auto metadata = answer<SnapshotMetadata>(subnet, "read_canister_snapshot_metadata",
                                                 SnapshotArgs{id, snapshot.id});
  ASSERT_EQ(metadata.globals.size(), 3U);
  EXPECT_EQ(std::get<0>(metadata.globals[0]).value, 45);
  EXPECT_EQ(std::get<1>(metadata.globals[1]).value, -5);
  EXPECT_EQ(std::get<3>(metadata.globals[2]).value, 1.5);
  set(subnet, id, "a");
  EXPECT_EQ(load(subnet, id, snapshot.id), ok());
  EXPECT_EQ(get(subnet, id), "reply: ---");
}

// Interface specification: only uploads change timer and hook; calls and log stay.
TEST(Snapshots, loading_a_taken_one_leaves_the_timer) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(kNote);
  const SnapshotResult snapshot = take(subnet, id);
  subnet.call(kAlice, id, "start_timer");
  EXPECT_EQ(load(subnet, id, snapshot.id), ok());
  EXPECT_EQ(subnet.at(id).global_timer, Time{9'000'000'000'000'000'000});
}

TEST(Snapshots, are_listed_oldest_first_replaced_and_deleted) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(kNote);
  const Bytes first = take(subnet, id).id;
  const Bytes second = take(subnet, id).id;
  const auto third =
      answer<SnapshotResult>(subnet, "take_canister_snapshot",
                             TakeSnapshotArgs{id, ByteView(first), std::nullopt, std::nullopt});
  auto found = list(subnet, id);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].id, second);
  EXPECT_EQ(found[1].id, third.id);
  EXPECT_EQ(found[1].total_size, third.total_size);
  EXPECT_EQ(told(subnet, "delete_canister_snapshot", SnapshotArgs{id, second}), ok());
  EXPECT_EQ(list(subnet, id).size(), 1U);
  EXPECT_EQ(
      told(subnet, "delete_canister_snapshot", SnapshotArgs{id, second}),
      "IC0305: Could not find the snapshot ID 1-" + id.text() + " for canister " + id.text() + ".");
}

TEST(Snapshots, a_canister_has_at_most_ten) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(kNote);
  Bytes last;
  for (int i = 0; i < 10; ++i)
    last = take(subnet, id).id;
  TakeSnapshotArgs args{id, std::nullopt, std::nullopt, std::nullopt};
  EXPECT_EQ(told(subnet, "take_canister_snapshot", args),
            "IC0406: Canister " + id.text() +
                " has 10 snapshots and can have no more. Replace one or delete one.");
  EXPECT_TRUE(told(subnet, "upload_canister_snapshot_metadata",
                   UploadSnapshotMetadataArgs{.canister_id = id})
                  .starts_with("IC0406: "));
  args.replace_snapshot = last;
  EXPECT_TRUE(told(subnet, "take_canister_snapshot", args).starts_with("reply: "));
  EXPECT_EQ(list(subnet, id).size(), 10U);
}

TEST(Snapshots, of_one_canister_can_be_loaded_onto_another_of_the_same_controller) {
  TestSubnet subnet;
  const CanisterId from = subnet.deploy(kNote);
  const CanisterId to = subnet.create();
  const CanisterId proxy = subnet.deploy(kProxy);
  set(subnet, from, "a");
  const SnapshotResult snapshot = take(subnet, from);
  EXPECT_EQ(load(subnet, to, snapshot.id), ok());
  EXPECT_EQ(get(subnet, to), "reply: aaa");

  const std::string info =
      subnet.text(subnet.call(kAlice, proxy, "proxy",
                              proxy_arg(types::management_canister(), "canister_info",
                                        codec::candid::encode_args(CanisterInfoArgs{to, 1}))));
  const auto result =
      codec::candid::decode_arg<CanisterInfoResult>(as_bytes(std::string_view(info).substr(10)));
  ASSERT_TRUE(result.ok()) << info;
  EXPECT_EQ(result->module_hash, to_bytes((*subnet.at(from).execution)->module->hash().view()));
  ASSERT_EQ(result->recent_changes.size(), 1U);
  EXPECT_EQ(result->recent_changes[0].canister_version, 1U);
  const LoadSnapshotDetails& change = std::get<4>(result->recent_changes[0].details).value;
  EXPECT_EQ(change.from_canister_id, from.principal);
  EXPECT_EQ(change.snapshot_id, snapshot.id);
  EXPECT_EQ(change.canister_version, 2U);
  EXPECT_EQ(change.taken_at_timestamp, snapshot.taken_at_timestamp);
  EXPECT_EQ(change.source.index(), 0U);
}

TEST(Snapshots, are_loaded_by_controllers_of_both_canisters_only) {
  TestSubnet subnet;
  const CanisterId from = subnet.deploy(kNote);
  const CanisterId to = subnet.create();
  const Bytes snapshot = take(subnet, from).id;
  UpdateSettingsArgs settings;
  settings.canister_id = to;
  settings.settings.controllers = {kAlice.principal, kBob.principal};
  subnet.manage(kAlice, "update_settings", settings);
  const LoadSnapshotArgs args{to, snapshot, std::nullopt};
  EXPECT_EQ(subnet.text(subnet.manage(kBob, "load_canister_snapshot", args)),
            "IC0406: Only a controller of the canister that the snapshot belongs to can load it.");
  EXPECT_TRUE(subnet.text(subnet.manage(user(7), "load_canister_snapshot", args))
                  .starts_with("IC0512: Only the controllers of the canister " + to.text()));
}

TEST(Snapshots, that_are_not_there_are_not_found) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(kNote);
  const CanisterId other = subnet.deploy(kNote);
  const SnapshotResult others = take(subnet, other);
  const Bytes none = state::SnapshotId{id, 7}.bytes();
  const std::string not_found =
      "IC0305: Could not find the snapshot ID 7-" + id.text() + " for canister " + id.text() + ".";
  const std::string not_its_own =
      "IC0406: The snapshot " + name(others) + " does not belong to canister " + id.text() + ".";
  EXPECT_EQ(load(subnet, id, none), not_found);
  const Bytes junk = to_bytes("junk");
  for (const std::string method : {"delete_canister_snapshot", "read_canister_snapshot_metadata"}) {
    EXPECT_EQ(told(subnet, method, SnapshotArgs{id, none}), not_found) << method;
    EXPECT_EQ(told(subnet, method, SnapshotArgs{id, others.id}), not_its_own) << method;
    EXPECT_EQ(told(subnet, method, SnapshotArgs{id, junk}),
              "IC0408: Error decoding candid: '6a756e6b' is no snapshot id")
        << method;
  }
  EXPECT_EQ(told(subnet, "take_canister_snapshot",
                 TakeSnapshotArgs{id, ByteView(none), std::nullopt, std::nullopt}),
            not_found);
  const CanisterId empty = subnet.create();
  EXPECT_EQ(told(subnet, "take_canister_snapshot",
                 TakeSnapshotArgs{empty, std::nullopt, std::nullopt, std::nullopt}),
            "IC0406: Canister " + empty.text() +
                " is empty, so there is nothing that a snapshot could be taken of.");
}

// Interface specification: the memory is counted as after both, and it is one call.
TEST(Snapshots, code_can_be_uninstalled_as_one_is_taken) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(kNote);
  set(subnet, id, "a");
  const std::uint64_t before = subnet.at(id).memory_usage();
  const auto snapshot = answer<SnapshotResult>(
      subnet, "take_canister_snapshot", TakeSnapshotArgs{id, std::nullopt, true, std::nullopt});
  const state::CanisterState& canister = subnet.at(id);
  EXPECT_FALSE(canister.has_code());
  EXPECT_EQ(canister.certified_data.size(), 0U);
  EXPECT_EQ(canister.version, 3U);
  EXPECT_TRUE(std::holds_alternative<state::CodeUninstallChange>(
      canister.history->changes().back().details));
  EXPECT_LT(canister.memory_usage(), before + 300);
  EXPECT_EQ(load(subnet, id, snapshot.id), ok());
  EXPECT_EQ(get(subnet, id), "reply: aaa");
}

TEST(Snapshots, go_when_the_canister_runs_out_of_cycles) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(kNote);
  const Bytes snapshot = take(subnet, id).id;
  subnet.state.update(id, [&](state::CanisterState& canister) {
    subnet.minted -= (canister.balance - Cycles{2'000'000});
    canister.balance = Cycles{2'000'000};
    canister.next_charge = subnet.state.time();
  });
  subnet.step = Duration::seconds(86'400 * 30);
  subnet.round();
  EXPECT_TRUE(subnet.at(id).snapshots->all().empty());
  EXPECT_EQ(subnet.at(id).memory_usage(), 0U);
}

// ------------------------------------------------------------------------- cycles, memory, limits

TEST(Snapshots, count_as_memory_and_are_paid) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(kNote);
  set(subnet, id, "a");
  const std::uint64_t before = subnet.at(id).memory_usage();
  const Cycles spent = subnet.at(id).consumed->at(state::CyclesUse::kInstructions);
  const SnapshotResult snapshot = take(subnet, id);
  const std::uint64_t module = (*subnet.at(id).execution)->module->code.size;
  EXPECT_EQ(snapshot.total_size, 65'536 + 65'536 + module + 3 * 8 + 1);
  EXPECT_EQ(subnet.at(id).memory_usage(), before + snapshot.total_size);
  const FeeSchedule fees(13, ChargesCycles(true));
  const Cycles price =
      fees.instructions_cost(2'000'000'000 + snapshot.total_size, PointerWidth::k32);
  EXPECT_EQ(subnet.at(id).consumed->at(state::CyclesUse::kInstructions), spent + price.value);
  const auto status = answer<CanisterStatusResult>(subnet, "canister_status", CanisterIdRecord{id});
  EXPECT_TRUE(status.memory_metrics.snapshots_size == snapshot.total_size);
}

TEST(Snapshots, must_leave_the_canister_unfrozen) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(kNote);
  subnet.state.update(id, [&](state::CanisterState& canister) {
    subnet.minted -= (canister.balance - Cycles{2'010'000'000});
    canister.balance = Cycles{2'010'000'000};
  });
  const std::string refused = told(subnet, "take_canister_snapshot",
                                   TakeSnapshotArgs{id, std::nullopt, std::nullopt, std::nullopt});
  EXPECT_TRUE(refused.starts_with("IC0532: Canister cannot grow memory by ")) << refused;
  EXPECT_TRUE(refused.ends_with(" additional cycles are required.")) << refused;
  EXPECT_TRUE(subnet.at(id).snapshots->all().empty());
}

TEST(Snapshots, need_room_in_the_subnet) {
  SubnetOptions options;
  options.parameters.subnet_memory_max = 200'000;
  TestSubnet subnet(options);
  const CanisterId id = subnet.deploy(kNote);
  take(subnet, id);
  const std::string refused = told(subnet, "take_canister_snapshot",
                                   TakeSnapshotArgs{id, std::nullopt, std::nullopt, std::nullopt});
  EXPECT_TRUE(refused.starts_with("IC0101: Canister requested ")) << refused;
}

TEST(Snapshots, wait_while_a_canister_has_written_too_much) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(kNote);
  const Bytes snapshot = take(subnet, id).id;
  const auto write = [&] {
    subnet.state.update(id, [&](state::CanisterState& canister) {
      add_debits(canister, subnet.state.height(), {.heap_delta_bytes = 300 * kMiB});
    });
  };
  const std::string refused =
      "IC0210: Canister " + id.text() +
      " is heap delta rate limited: current delta debit is 235929600, but limit is 78643200.";
  write();
  EXPECT_EQ(load(subnet, id, snapshot), refused);
  for (int i = 0; i < 4; ++i)
    subnet.round();
  EXPECT_EQ(load(subnet, id, snapshot), ok());
}

// ------------------------------------------------------------------------------------ visibility

TEST(Snapshots, are_read_by_those_whom_the_settings_let) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(kNote);
  const Bytes snapshot = take(subnet, id).id;
  const auto set_visibility = [&](VisibilityArg visibility) {
    UpdateSettingsArgs args;
    args.canister_id = id;
    args.settings.snapshot_visibility = std::move(visibility);
    ASSERT_EQ(told(subnet, "update_settings", args), ok());
  };
  const auto may_read = [&](const types::UserId& who) {
    int answered = 0;
    const auto count = [&](const state::IngressState& got) {
      answered += std::holds_alternative<state::IngressReplied>(got) ? 1 : 0;
    };
    count(subnet.manage(who, "list_canister_snapshots", CanisterIdRecord{id}));
    count(subnet.manage(who, "read_canister_snapshot_metadata", SnapshotArgs{id, snapshot}));
    count(
        subnet.manage(who, "read_canister_snapshot_data", ReadSnapshotDataArgs{id, snapshot, {}}));
    EXPECT_TRUE(answered == 0 || answered == 3);
    return answered == 3;
  };
  EXPECT_TRUE(may_read(kAlice));
  EXPECT_FALSE(may_read(kBob));
  set_visibility(VisibilityArg(std::in_place_index<1>));
  EXPECT_TRUE(may_read(kBob));
  VisibilityArg viewers(std::in_place_index<2>);
  std::get<2>(viewers).value = {kBob.principal};
  set_visibility(viewers);
  EXPECT_TRUE(may_read(kAlice));
  EXPECT_TRUE(may_read(kBob));
  EXPECT_FALSE(may_read(user(7)));
  // To change them takes a controller all the same.
  EXPECT_TRUE(
      subnet.text(subnet.manage(kBob, "delete_canister_snapshot", SnapshotArgs{id, snapshot}))
          .starts_with("IC0512: "));
}

// ------------------------------------------------------------------------------ pieces: in and out

using ReadKind = ReadSnapshotDataArgs::Kind;
using WriteKind = UploadSnapshotDataArgs::Kind;

template <std::size_t I>
Bytes read(TestSubnet& subnet, const CanisterId& id, const Bytes& snapshot, std::uint64_t size) {
  ReadKind kind(std::in_place_index<I>);
  std::get<I>(kind).value = {0, size};
  return answer<ReadSnapshotDataResult>(subnet, "read_canister_snapshot_data",
                                        ReadSnapshotDataArgs{id, snapshot, kind})
      .chunk;
}

/// In two pieces.
template <std::size_t I>
void write(TestSubnet& subnet, const CanisterId& id, const Bytes& snapshot, const Bytes& content) {
  const ByteView all(content);
  const std::size_t half = all.size() / 2;
  for (const std::size_t offset : {std::size_t{0}, half}) {
    WriteKind kind(std::in_place_index<I>);
    std::get<I>(kind).value.offset = offset;
    const ByteView piece = offset == 0 ? all.first(half) : all.subspan(half);
    ASSERT_EQ(told(subnet, "upload_canister_snapshot_data",
                   UploadSnapshotDataArgs{id, snapshot, kind, piece}),
              ok());
  }
}

UploadSnapshotMetadataArgs upload_of(const CanisterId& id, const SnapshotMetadata& metadata) {
  return {id,
          std::nullopt,
          metadata.wasm_module_size,
          metadata.globals,
          metadata.wasm_memory_size,
          metadata.stable_memory_size,
          metadata.certified_data,
          metadata.global_timer,
          metadata.on_low_wasm_memory_hook_status};
}

struct Uploaded {
  CanisterId source;
  CanisterId target;
  SnapshotMetadata metadata;
  Bytes snapshot;
};
/// Reads a snapshot of one canister, and uploads all of it to another.
Uploaded copy_snapshot(TestSubnet& subnet, std::optional<TimerVariant> timer = std::nullopt) {
  Uploaded copy{subnet.deploy(kNote), subnet.create(), {}, {}};
  set(subnet, copy.source, "a");
  const Bytes chunk = to_bytes("a chunk");
  answer<ChunkHash>(subnet, "upload_chunk", UploadChunkArgs{copy.source, chunk});
  const Bytes taken = take(subnet, copy.source).id;
  copy.metadata = answer<SnapshotMetadata>(subnet, "read_canister_snapshot_metadata",
                                           SnapshotArgs{copy.source, taken});
  if (timer) copy.metadata.global_timer = timer;
  copy.snapshot = answer<UploadSnapshotMetadataResult>(subnet, "upload_canister_snapshot_metadata",
                                                       upload_of(copy.target, copy.metadata))
                      .snapshot_id;
  const SnapshotMetadata& metadata = copy.metadata;
  write<0>(subnet, copy.target, copy.snapshot,
           read<0>(subnet, copy.source, taken, metadata.wasm_module_size));
  write<1>(subnet, copy.target, copy.snapshot,
           read<1>(subnet, copy.source, taken, metadata.wasm_memory_size));
  write<2>(subnet, copy.target, copy.snapshot,
           read<2>(subnet, copy.source, taken, metadata.stable_memory_size));
  const ReadKind kind(std::in_place_index<3>,
                      Case<"wasm_chunk", ChunkHash>{metadata.wasm_chunk_store.at(0)});
  const Bytes read_chunk =
      answer<ReadSnapshotDataResult>(subnet, "read_canister_snapshot_data",
                                     ReadSnapshotDataArgs{copy.source, taken, kind})
          .chunk;
  EXPECT_EQ(read_chunk, chunk);
  EXPECT_EQ(told(subnet, "upload_canister_snapshot_data",
                 UploadSnapshotDataArgs{copy.target, copy.snapshot,
                                        WriteKind(std::in_place_index<3>), read_chunk}),
            ok());
  return copy;
}

TEST(Snapshots, can_be_read_out_and_made_anew_elsewhere) {
  TestSubnet subnet;
  const Uploaded copy = copy_snapshot(subnet);
  const auto metadata = answer<SnapshotMetadata>(subnet, "read_canister_snapshot_metadata",
                                                 SnapshotArgs{copy.target, copy.snapshot});
  EXPECT_EQ(metadata.source.index(), 1U);
  EXPECT_EQ(metadata.canister_version, 0U);
  EXPECT_EQ(metadata.globals, copy.metadata.globals);
  EXPECT_EQ(metadata.wasm_module_size, copy.metadata.wasm_module_size);
  EXPECT_EQ(metadata.wasm_chunk_store.size(), 1U);
  EXPECT_EQ(load(subnet, copy.target, copy.snapshot), ok());
  EXPECT_EQ(get(subnet, copy.target), "reply: aaa");
  const state::CanisterState& source = subnet.at(copy.source);
  const state::CanisterState& target = subnet.at(copy.target);
  EXPECT_EQ((*target.execution)->module->hash(), (*source.execution)->module->hash());
  EXPECT_EQ((*target.execution)->heap.pages.digest(), (*source.execution)->heap.pages.digest());
  EXPECT_EQ(target.certified_data, source.certified_data);
  EXPECT_EQ(target.chunks->size(), 1U);
}

TEST(Snapshots, an_upload_can_set_the_timer) {
  TestSubnet subnet;
  TimerVariant active(std::in_place_index<1>);
  std::get<1>(active).value = 9'000'000'000'000'000'000;
  const Uploaded timed = copy_snapshot(subnet, active);
  EXPECT_EQ(load(subnet, timed.target, timed.snapshot), ok());
  EXPECT_EQ(subnet.at(timed.target).global_timer, Time{9'000'000'000'000'000'000});
  const Uploaded inactive = copy_snapshot(subnet, TimerVariant(std::in_place_index<0>));
  subnet.state.update(inactive.target,
                      [](state::CanisterState& canister) { canister.global_timer = Time::max(); });
  EXPECT_EQ(load(subnet, inactive.target, inactive.snapshot), ok());
  EXPECT_FALSE(subnet.at(inactive.target).global_timer.has_value());
}

TEST(Snapshots, that_were_taken_are_not_changed) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(kNote);
  const SnapshotResult snapshot = take(subnet, id);
  const Bytes piece = to_bytes("x");
  EXPECT_EQ(told(subnet, "upload_canister_snapshot_data",
                 UploadSnapshotDataArgs{id, snapshot.id, {}, piece}),
            "IC0409: The snapshot " + name(snapshot) +
                " was taken from a canister. Only snapshots made by metadata upload can be "
                "changed.");
}

TEST(Snapshots, pieces_lie_within_their_memories) {
  TestSubnet subnet;
  const CanisterId id = subnet.create();
  UploadSnapshotMetadataArgs args{.canister_id = id};
  args.wasm_module_size = 10;
  args.wasm_memory_size = 65'536;
  const Bytes snapshot =
      answer<UploadSnapshotMetadataResult>(subnet, "upload_canister_snapshot_metadata", args)
          .snapshot_id;
  const Bytes piece = to_bytes("xy");
  const auto write_at = [&](WriteKind kind) {
    return told(subnet, "upload_canister_snapshot_data",
                UploadSnapshotDataArgs{id, snapshot, std::move(kind), piece});
  };
  using Offset = SnapshotOffset;
  EXPECT_EQ(write_at(WriteKind(std::in_place_index<0>, Case<"wasm_module", Offset>{{8}})), ok());
  EXPECT_EQ(write_at(WriteKind(std::in_place_index<0>, Case<"wasm_module", Offset>{{9}})),
            "IC0408: Invalid snapshot: 2 bytes at 9 do not lie within the module of 10 bytes.");
  EXPECT_EQ(write_at(WriteKind(std::in_place_index<1>, Case<"wasm_memory", Offset>{{UINT64_MAX}})),
            "IC0408: Invalid snapshot: 2 bytes at 18446744073709551615 do not lie within the Wasm "
            "memory of 65536 bytes.");
  EXPECT_TRUE(write_at(WriteKind(std::in_place_index<2>)).starts_with("IC0408: "));

  const auto read_of = [&](ReadKind kind) {
    return told(subnet, "read_canister_snapshot_data",
                ReadSnapshotDataArgs{id, snapshot, std::move(kind)});
  };
  using Range = SnapshotRange;
  EXPECT_EQ(read_of(ReadKind(std::in_place_index<0>, Case<"wasm_module", Range>{{8, 3}})),
            "IC0408: Invalid snapshot: 3 bytes at 8 do not lie within the module of 10 bytes.");
  EXPECT_EQ(read_of(ReadKind(std::in_place_index<1>, Case<"wasm_memory", Range>{{0, 2'000'001}})),
            "IC0408: Invalid snapshot: 2000001 bytes are asked for, but at most 2000000 can be "
            "read at once.");
  EXPECT_EQ(read_of(ReadKind(std::in_place_index<3>)),
            "IC0406: Error from Wasm chunk store: Chunk hash  was not found.");
}

TEST(Snapshots, metadata_that_no_canister_can_have_are_refused) {
  TestSubnet subnet;
  const CanisterId id = subnet.create();
  const Bytes too_much(33);
  std::vector<UploadSnapshotMetadataArgs> rows(6, UploadSnapshotMetadataArgs{.canister_id = id});
  rows[0].wasm_module_size = 104'857'601;
  rows[1].wasm_memory_size = 6 * kGiB + 65'536;
  rows[2].wasm_memory_size = 1000;
  rows[3].stable_memory_size = 500 * kGiB + 65'536;
  rows[4].certified_data = too_much;
  rows[5].globals.resize(1001);
  const std::vector<std::string> why = {
      "the module has 104857601 bytes, but can have at most 104857600.",
      "the Wasm memory has 6442516480 bytes, but can have at most 6442450944.",
      "the Wasm memory has 1000 bytes, which is no whole number of pages.",
      "the stable memory has 536870977536 bytes, but can have at most 536870912000.",
      "the certified data has 33 bytes, but can have at most 32.",
      "there are 1001 globals, but there can be at most 1000.",
  };
  for (std::size_t i = 0; i < rows.size(); ++i)
    EXPECT_EQ(told(subnet, "upload_canister_snapshot_metadata", rows[i]),
              "IC0408: Invalid snapshot: " + why[i]);
  EXPECT_TRUE(list(subnet, id).empty());
}

struct Misfit {
  std::string error;
  void (*change)(state::Snapshot& snapshot);
};

// Interface specification, "Load canister snapshot".
TEST(Snapshots, an_upload_must_fit_its_module) {
  TestSubnet subnet;
  const Uploaded copy = copy_snapshot(subnet);
  const std::string prefix = "IC0406: The snapshot 0-" + copy.target.text() + " cannot be loaded: ";
  const Misfit misfits[] = {
      {prefix + "it has 2 globals, but its module has 3.",
       [](state::Snapshot& snapshot) { snapshot.globals.pop_back(); }},
      {prefix + "its global 1 has another type than its module's.",
       [](state::Snapshot& snapshot) { snapshot.globals[1].type = state::GlobalType::kF64; }},
      {prefix + "its Wasm memory has 0 pages, but that of its module has 1 to 65536.",
       [](state::Snapshot& snapshot) { snapshot.heap.size_bytes = 0; }},
      {prefix +
           "the status of its low memory hook says that the condition is satisfied, which is not "
           "so.",
       [](state::Snapshot& snapshot) {
         snapshot.low_memory_hook = state::LowMemoryHook::kExecuted;
       }},
      {"IC0505: Error from Canister " + copy.target.text() +
           ": Canister's Wasm module is not valid",
       [](state::Snapshot& snapshot) {
         std::get<state::ModuleDraft>(snapshot.module).pages.write(0, Bytes(8));
       }},
  };
  for (const Misfit& misfit : misfits) {
    const state::Snapshot good = *subnet.at(copy.target).snapshots->find(0);
    const auto put = [&](const state::Snapshot& snapshot) {
      subnet.state.update(copy.target, [&](state::CanisterState& canister) {
        canister.snapshots.write().write(0) = snapshot;
      });
    };
    state::Snapshot bad = good;
    misfit.change(bad);
    put(bad);
    const std::string refused = load(subnet, copy.target, copy.snapshot);
    EXPECT_TRUE(refused.starts_with(misfit.error)) << refused;
    EXPECT_FALSE(subnet.at(copy.target).has_code());
    put(good);
  }
  EXPECT_EQ(load(subnet, copy.target, copy.snapshot), ok());
}

}  // namespace
}  // namespace icpd::execution
