// Limits as canisters and their users meet them, each at its boundary: what is just allowed, and
// what the first step beyond is told (public resource-limits page; reference 4.1). Limits that
// belong to a rule with tests of its own are tested there; docs/limits.md says where each one is.
#include "execution/limits.hpp"

#include <gtest/gtest.h>

#include "execution/canister_run.hpp"
#include "execution/management_snapshot_types.hpp"
#include "execution/test_subnet.hpp"

namespace icpd::execution {
namespace {

using namespace testing;
using namespace management;
namespace limits = types::limits;

/// A gibibyte of storage for the freezing threshold's 30 days costs a third of a trillion.
constexpr codec::Uint128 kPlenty = codec::Uint128{10'000'000} * 1'000'000'000;

std::string done() {
  return "reply: " + std::string(as_text(codec::candid::encode_args()));
}
template <typename... Args>
std::string told(TestSubnet& subnet, std::string method, const Args&... args) {
  return subnet.text(subnet.manage(kAlice, std::move(method), args...));
}
Bytes number(std::uint64_t value) {
  Bytes bytes;
  append_le(bytes, value);
  return bytes;
}

// ------------------------------------------------------------------------------------ instructions

/// Uses as many instructions as its argument says, and a few that are always the same. It fills
/// 16 KiB again and again, at one instruction a byte, and at last what is left, always within the
/// same pages.
const std::string kBurner = with_imports(R"(
  (func $use_up (local $until i64) (local $now i64)
    (call $arg_copy (i32.const 0) (i32.const 0) (i32.const 8))
    (local.set $until (i64.load (i32.const 0)))
    (memory.fill (i32.const 4096) (i32.const 0) (i32.const 32768))
    (loop $again
      (local.set $now (call $counter (i32.const 0)))
      (if (i64.gt_u (local.get $until) (i64.add (local.get $now) (i64.const 32768)))
        (then (memory.fill (i32.const 4096) (i32.const 0) (i32.const 16384)) (br $again))))
    (memory.fill (i32.const 4096) (i32.const 0)
      (i32.wrap_i64 (i64.sub (local.get $until) (local.get $now))))
    (call $reply))
  (func (export "canister_update burn") (call $use_up))
  (func (export "canister_query burn_query") (call $use_up)))");

constexpr std::uint64_t kSmall = 1'000'000;
/// One slice is enough for the largest message.
SubnetOptions unsliced(state::SubnetType type) {
  return {.type = type,
          .parameters = {.instructions_per_round = 200'000'000'000,
                         .instructions_per_slice = 100'000'000'000,
                         .provisional_methods = true}};
}
std::string over_limit(const CanisterId& id) {
  return "IC0522: Error from Canister " + id.text() +
         ": Canister exceeded the instruction limit for single message execution.";
}

class MessageLimit : public ::testing::TestWithParam<state::SubnetType> {};

TEST_P(MessageLimit, of_updates_is_exact) {
  TestSubnet subnet(unsliced(GetParam()));
  const std::uint64_t limit =
      GetParam() == state::SubnetType::kSystem ? 50'000'000'000 : 40'000'000'000;
  const CanisterId id = subnet.deploy(kBurner);
  ASSERT_EQ(subnet.text(subnet.call(kAlice, id, "burn", number(kSmall))), "reply: ");
  const std::uint64_t beside = subnet.traces.back().instructions - kSmall;
  EXPECT_EQ(subnet.text(subnet.call(kAlice, id, "burn", number(limit - beside))), "reply: ");
  EXPECT_EQ(subnet.traces.back().instructions, limit);
  EXPECT_EQ(subnet.text(subnet.call(kAlice, id, "burn", number(limit - beside + 1))),
            over_limit(id));
}

TEST_P(MessageLimit, of_queries_is_exact_and_less_on_application_subnets) {
  TestSubnet subnet(unsliced(GetParam()));
  const bool is_system = GetParam() == state::SubnetType::kSystem;
  const std::uint64_t limit = is_system ? 50'000'000'000 : 5'000'000'000;
  const CanisterId id = subnet.deploy(kBurner);
  const QueryAnswer small = subnet.query(id, "burn_query", number(kSmall));
  ASSERT_EQ(subnet.text(small), "reply: ");
  const std::uint64_t beside = small.instructions - kSmall;
  EXPECT_EQ(subnet.text(subnet.query(id, "burn_query", number(limit - beside))), "reply: ");
  EXPECT_EQ(subnet.text(subnet.query(id, "burn_query", number(limit - beside + 1))),
            over_limit(id));
  // The same as an update: dirty pages are charged there.
  ASSERT_EQ(subnet.text(subnet.call(kAlice, id, "burn_query", number(kSmall))), "reply: ");
  const std::uint64_t replicated = subnet.traces.back().instructions - kSmall;
  EXPECT_EQ(subnet.text(subnet.call(kAlice, id, "burn_query", number(limit - replicated))),
            "reply: ");
  EXPECT_EQ(subnet.text(subnet.call(kAlice, id, "burn_query", number(limit - replicated + 1))),
            over_limit(id));
}

INSTANTIATE_TEST_SUITE_P(Limits, MessageLimit,
                         ::testing::Values(state::SubnetType::kApplication,
                                           state::SubnetType::kSystem),
                         [](const auto& type) { return std::string(name(type.param)); });

// 200 million; the argument says how many.
TEST(Limits, an_inspection_has_200_million_instructions) {
  TestSubnet subnet;
  std::string module = kBurner;
  module.insert(module.rfind(')'), R"(
    (func (export "canister_inspect_message") (local $until i64)
      (call $arg_copy (i32.const 0) (i32.const 0) (i32.const 8))
      (local.set $until (i64.load (i32.const 0)))
      (loop $again
        (memory.fill (i32.const 4096) (i32.const 0) (i32.const 1000))
        (br_if $again (i64.lt_u (call $counter (i32.const 0)) (local.get $until))))
      (call $accept_message)))");
  const CanisterId id = subnet.deploy(module);
  const auto inspect = [&](std::uint64_t instructions) -> std::string {
    state::Ingress ingress;
    ingress.sender = kAlice;
    ingress.receiver = id;
    ingress.method_name = "burn";
    ingress.arg = Slice(number(instructions));
    const auto passed = filter_ingress(subnet.state, ingress, subnet.environment);
    return passed.ok() ? "accepted"
                       : types::text(passed.error().code) + ": " +
                             TestSubnet::without_backtrace(passed.error().message);
  };
  // The last turn of the loop takes less than 2,000, and accepting 505.
  EXPECT_EQ(inspect(200'000'000 - 2'505), "accepted");
  EXPECT_EQ(inspect(200'000'000), over_limit(id));
}

// What an install may use shows in what has to be there to pay for it: 5 million, and a cycle for
// each instruction.
TEST(Limits, an_install_has_300_billion_instructions) {
  TestSubnet subnet;
  const CanisterId id = subnet.create(300'005'000'000 - 1);
  subnet.set_freezing_threshold(id, 0);
  EXPECT_EQ(subnet.text(subnet.install(id, wat(kCounter))),
            "IC0207: Canister installation failed with `Canister " + id.text() +
                " is out of cycles: please top up the canister with at least 1 additional "
                "cycles`.");
  subnet.minted += 1;
  ASSERT_EQ(told(subnet, "provisional_top_up_canister", ProvisionalTopUpArgs{id, 1}), done());
  EXPECT_EQ(subnet.text(subnet.install(id, wat(kCounter))), done());
}

// Reference 2.5: 6,000 for each operator of a new module.
TEST(Limits, compiling_counts_6000_instructions_an_operator) {
  const auto cost_of = [](int operators) {
    std::string body;
    for (int i = 0; i < operators; ++i)
      body += "nop ";
    TestSubnet subnet;
    const CanisterId id = subnet.deploy("(module (func " + body + "))");
    return subnet.at(id).consumed->at(state::CyclesUse::kInstructions);
  };
  EXPECT_EQ(cost_of(1001) - cost_of(1), 6'000'000U);
}

// Reference 4.1: 5 million, and one for each byte.
TEST(Limits, pieces_of_snapshots_count_5_million_instructions) {
  TestSubnet subnet;
  const CanisterId id = subnet.create();
  const auto spent = [&] {
    const auto& consumed = *subnet.at(id).consumed;
    const auto found = consumed.find(state::CyclesUse::kInstructions);
    return found == consumed.end() ? Cycles{0} : found->second;
  };
  UploadSnapshotMetadataArgs args{.canister_id = id, .wasm_module_size = 100};
  const auto made = subnet.manage(kAlice, "upload_canister_snapshot_metadata", args);
  EXPECT_EQ(spent(), Cycles{5'000'000});
  const Bytes snapshot = codec::candid::decode_arg<UploadSnapshotMetadataResult>(
                             std::get<state::IngressReplied>(made).reply)
                             ->snapshot_id;
  const Bytes piece(100);
  ASSERT_EQ(told(subnet, "upload_canister_snapshot_data",
                 UploadSnapshotDataArgs{id, snapshot, {}, piece}),
            done());
  EXPECT_EQ(spent(), Cycles{2 * 5'000'000 + 100});
}

// ------------------------------------------------------------------------------------------ memory

/// Grows stable memory to 9 GiB and reads a byte of so many pages.
const std::string kReader = with_imports(R"(
  (func $read (local $pages i64) (local $page i64)
    (call $arg_copy (i32.const 0) (i32.const 0) (i32.const 8))
    (local.set $pages (i64.load (i32.const 0)))
    (if (i64.eqz (call $stable_size))
      (then (drop (call $stable_grow (i64.const 147456)))))
    (loop $again
      (call $stable_read (i64.const 16) (i64.mul (local.get $page) (i64.const 4096)) (i64.const 1))
      (local.set $page (i64.add (local.get $page) (i64.const 1)))
      (br_if $again (i64.lt_u (local.get $page) (local.get $pages)))))
  (func (export "canister_init") (call $read))
  (func (export "canister_update read") (call $read) (call $reply))
  (func (export "canister_query read_query") (call $read) (call $reply)))");

std::string over_pages(const CanisterId& id, std::uint64_t bytes) {
  return "IC0524: Error from Canister " + id.text() +
         ": Canister exceeded memory access limits: Exceeded the limit for the number of accessed "
         "pages in the stable memory in a single message execution: limit: " +
         std::to_string(bytes / kKiB) + " KB.";
}

TEST(Limits, a_message_reads_two_gib_of_stable_memory_and_a_query_one) {
  TestSubnet subnet;
  const CanisterId id = subnet.create(kPlenty);
  ASSERT_EQ(subnet.text(subnet.install(id, wat(kReader), number(1))), done());
  const auto read = [&](std::uint64_t pages) {
    return subnet.text(subnet.call(kAlice, id, "read", number(pages)));
  };
  EXPECT_EQ(read(524'288), "reply: ");
  EXPECT_EQ(read(524'289), over_pages(id, 2 * kGiB));
  const auto replicated = [&](std::uint64_t pages) {
    return subnet.text(subnet.call(kAlice, id, "read_query", number(pages)));
  };
  EXPECT_EQ(replicated(262'144), "reply: ");
  EXPECT_EQ(replicated(262'145), over_pages(id, kGiB));
}

TEST(Limits, an_install_reads_eight_gib_of_stable_memory) {
  TestSubnet subnet;
  const CanisterId id = subnet.create(kPlenty);
  const Bytes module = wat(kReader);
  EXPECT_EQ(subnet.text(subnet.install(id, module, number(2'097'153))), over_pages(id, 8 * kGiB));
  for (int i = 0; i < 3; ++i)
    subnet.round();
  EXPECT_EQ(subnet.text(subnet.install(id, module, number(2'097'152))), done());
}

// 4 GiB and 6 GiB; the memory has one page already.
TEST(Limits, a_heap_grows_to_65536_or_98304_pages) {
  const auto module = [](const std::string& type, const std::string& i) {
    return "(module (import \"ic0\" \"msg_reply\" (func $reply))"
           "(import \"ic0\" \"msg_reply_data_append\" (func $append (param " +
           i + " " + i +
           ")))"
           "(import \"ic0\" \"msg_arg_data_copy\" (func $copy (param " +
           i + " " + i + " " + i +
           ")))"
           "(memory " +
           type +
           " 1)"
           "(func (export \"canister_update grow\")"
           "(call $copy (" +
           i + ".const 0) (" + i + ".const 0) (" + i +
           ".const 8))"
           "(" +
           i + ".store (" + i + ".const 0) (memory.grow (" + i + ".load (" + i +
           ".const 0))))"
           "(call $append (" +
           i + ".const 0) (" + i + ".const 4)) (call $reply)))";
  };
  TestSubnet subnet;
  const std::vector<std::tuple<std::string, std::string, std::uint64_t>> widths = {
      {"", "i32", 65'536}, {"i64", "i64", 98'304}};
  for (const auto& [type, pointer, pages] : widths) {
    const CanisterId id = subnet.create(kPlenty);
    ASSERT_EQ(subnet.text(subnet.install(id, wat(module(type, pointer)))), done());
    const auto grow = [&](std::uint64_t by) {
      return subnet.text(subnet.call(kAlice, id, "grow", number(by)));
    };
    EXPECT_EQ(grow(pages), "reply: \xFF\xFF\xFF\xFF") << pointer;
    EXPECT_EQ(grow(pages - 1), "reply: " + std::string("\1\0\0\0", 4)) << pointer;
    EXPECT_EQ(grow(1), "reply: \xFF\xFF\xFF\xFF") << pointer;
  }
}

// ----------------------------------------------------------------------------------- custom
// sections

std::string with_section(std::size_t bytes) {
  return "(module (@custom \"icp:public n\" \"" + std::string(bytes - 1, 'x') + "\"))";
}

/// Canisters that hold all but `left` bytes of what custom sections may have. They have more than
/// one canister can, and the same bytes, so that a few are enough.
void fill_sections(TestSubnet& subnet, std::uint64_t left) {
  constexpr std::uint64_t kEach = 64 * kMiB;
  const Slice zeros{Bytes(kEach)};
  const auto module_of = [&](std::uint64_t bytes) {
    state::Module module;
    module.metadata["n"].content = zeros.part(zeros.view().first(bytes - 1));
    return state::seal(std::move(module));
  };
  std::uint64_t index = 100'000;
  const auto put = [&](const Shared<state::Module>& module) {
    state::CanisterState canister;
    canister.id = types::canister_id_from_index(index++);
    state::ExecutionState execution;
    execution.module = module;
    canister.execution = Cow<state::ExecutionState>(std::move(execution));
    subnet.state.put(Cow<state::CanisterState>(std::move(canister)));
  };
  const Shared<state::Module> large = module_of(kEach);
  const std::uint64_t there = subnet.state.index().totals().custom_section_bytes;
  std::uint64_t missing = limits::kSubnetCustomSectionsMax - left - there;
  for (; missing > kEach; missing -= kEach)
    put(large);
  put(module_of(missing));
  ensure(subnet.state.index().totals().custom_section_bytes ==
         limits::kSubnetCustomSectionsMax - left);
}

// Public resource-limits page: 2 GiB a subnet; execution-errors page, "Subnet custom section memory
// capacity oversubscribed".
TEST(Limits, custom_sections_have_2_gib_of_a_subnet) {
  TestSubnet subnet;
  fill_sections(subnet, kMiB);
  const CanisterId id = subnet.create();
  ASSERT_EQ(subnet.text(subnet.install(id, wat(with_section(kMiB - 1)))), done());
  const CanisterId other = subnet.create();
  EXPECT_EQ(subnet.text(subnet.install(other, wat(with_section(2)))),
            "IC0101: Canister requested 2 bytes of Wasm custom sections memory but only 1 bytes "
            "are available in the subnet.");
  EXPECT_FALSE(subnet.at(other).has_code());
  for (int i = 0; i < 3; ++i)
    subnet.round();
  EXPECT_EQ(subnet.text(subnet.install(other, wat(with_section(1)))), done());
  // What the canister had itself makes room.
  const auto upgrade = InstallMode(std::in_place_index<2>);
  EXPECT_EQ(subnet.text(subnet.install(id, wat(with_section(kMiB - 1)), {}, upgrade)), done());
}

TEST(Limits, loading_a_snapshot_needs_room_for_its_custom_sections) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(with_section(1000));
  const auto taken = subnet.manage(kAlice, "take_canister_snapshot",
                                   TakeSnapshotArgs{id, std::nullopt, true, std::nullopt});
  const auto* reply = std::get_if<state::IngressReplied>(&taken);
  ASSERT_NE(reply, nullptr) << subnet.text(taken);
  const Bytes snapshot = codec::candid::decode_arg<SnapshotResult>(reply->reply)->id;
  fill_sections(subnet, 999);
  const LoadSnapshotArgs load{id, snapshot, std::nullopt};
  EXPECT_EQ(told(subnet, "load_canister_snapshot", load),
            "IC0101: Canister requested 1000 bytes of Wasm custom sections memory but only 999 "
            "bytes are available in the subnet.");
  subnet.state.remove(types::canister_id_from_index(100'000));
  EXPECT_EQ(told(subnet, "load_canister_snapshot", load), done());
}

// ------------------------------------------------------------------------------- settings, chunks

using Variables = std::vector<EnvironmentVariableArg>;

struct SettingBoundary {
  std::string what;
  void (*set)(SettingsArg& settings, std::size_t beyond);
};

// Interface specification, "create_canister"; public resource-limits page. At the limit, and one
// beyond.
TEST(Limits, of_settings) {
  const SettingBoundary rows[] = {
      {"'controllers' length exceeds maximum size allowed of 10.",
       [](SettingsArg& s, std::size_t beyond) {
         s.controllers = {kAlice.principal};
         for (std::size_t i = 1; i < 10 + beyond; ++i)
           s.controllers->push_back(user(static_cast<std::uint8_t>(i + 20)).principal);
       }},
      {"'compute_allocation' is 101, but can be at most 100.",
       [](SettingsArg& s, std::size_t beyond) { s.compute_allocation = 100 + beyond; }},
      {"'wasm_memory_limit' is 281474976710657, but can be at most 281474976710656.",
       [](SettingsArg& s, std::size_t beyond) {
         s.wasm_memory_limit = (std::uint64_t{1} << 48) + beyond;
       }},
      {"'wasm_memory_threshold' is 281474976710657, but can be at most 281474976710656.",
       [](SettingsArg& s, std::size_t beyond) {
         s.wasm_memory_threshold = (std::uint64_t{1} << 48) + beyond;
       }},
      {"'freezing_threshold' is 18446744073709551616, but can be at most 18446744073709551615.",
       [](SettingsArg& s, std::size_t beyond) {
         s.freezing_threshold = codec::Uint128{UINT64_MAX} + beyond;
       }},
      {"'memory_allocation' is 18446744073709551616, but can be at most 18446744073709551615.",
       [](SettingsArg& s, std::size_t beyond) {
         // All that 64 bits hold is more than a subnet has: refused for that.
         s.memory_allocation = beyond == 0 ? codec::Uint128{1} : codec::Uint128{UINT64_MAX} + 1;
       }},
      {"Too many environment variables: 21 (max: 20).",
       [](SettingsArg& s, std::size_t beyond) {
         s.environment_variables.emplace();
         for (std::size_t i = 0; i < 20 + beyond; ++i)
           s.environment_variables->push_back({std::to_string(i), ""});
       }},
      {"Environment variable name or value exceeds 128 bytes.",
       [](SettingsArg& s, std::size_t beyond) {
         s.environment_variables = Variables{{std::string(128 + beyond, 'n'), ""}};
       }},
      {"Environment variable name or value exceeds 128 bytes.",
       [](SettingsArg& s, std::size_t beyond) {
         s.environment_variables = Variables{{"N", std::string(128 + beyond, 'v')}};
       }},
  };
  for (const SettingBoundary& row : rows) {
    TestSubnet subnet;
    UpdateSettingsArgs args;
    args.canister_id = subnet.create(kPlenty);
    row.set(args.settings, 1);
    EXPECT_EQ(told(subnet, "update_settings", args),
              "IC0408: Could not validate the settings: Invalid settings: " + row.what);
    row.set(args.settings, 0);
    EXPECT_EQ(told(subnet, "update_settings", args), done()) << row.what;
  }
}

TEST(Limits, a_chunk_has_1_mib_and_a_store_100_chunks) {
  TestSubnet subnet;
  const CanisterId id = subnet.create();
  const auto upload = [&](const Bytes& chunk) {
    return told(subnet, "upload_chunk", UploadChunkArgs{id, chunk});
  };
  const auto stored = [](const std::string& answer) { return answer.starts_with("reply: DIDL"); };
  EXPECT_TRUE(stored(upload(Bytes(kMiB))));
  EXPECT_EQ(upload(Bytes(kMiB + 1)),
            "IC0406: Error from Wasm chunk store: Wasm chunk size 1048577 exceeds the maximum "
            "chunk size of 1048576.");
  for (std::uint64_t i = 1; i < 100; ++i)
    ASSERT_TRUE(stored(upload(number(i)))) << i;
  EXPECT_EQ(upload(number(100)),
            "IC0406: Error from Wasm chunk store: Chunk store has already reached maximum capacity "
            "of 100 chunks.");
  EXPECT_TRUE(stored(upload(number(99)))) << "it is there already";

  const Bytes hash = to_bytes(crypto::sha256(number(1)).view());
  InstallChunkedCodeArgs install{.target_canister = id};
  install.chunk_hashes_list.assign(101, ChunkHash{hash});
  install.wasm_module_hash = hash;
  EXPECT_EQ(told(subnet, "install_chunked_code", install),
            "IC0406: Error from Wasm chunk store: the list of chunks has 101 entries, but can have "
            "at most 100.");
  install.chunk_hashes_list.pop_back();
  const std::string hundred = told(subnet, "install_chunked_code", install);
  EXPECT_TRUE(hundred.starts_with(
      "IC0406: Error from Wasm chunk store: the hash of the assembled module is "))
      << hundred;
}

// -------------------------------------------------------------------------------------- snapshots

TEST(Limits, an_uploaded_snapshot_may_be_as_large_as_a_canister) {
  TestSubnet subnet;
  UploadSnapshotMetadataArgs args{.canister_id = subnet.create(kPlenty)};
  const Bytes data(33);
  args.wasm_module_size = limits::kWasmModuleSizeMax;
  args.wasm_memory_size = limits::kHeapSizeMax64;
  args.stable_memory_size = limits::kStableSizeMax;
  args.certified_data = ByteView(data).first(limits::kCertifiedDataSizeMax);
  args.globals.resize(1000);
  EXPECT_TRUE(told(subnet, "upload_canister_snapshot_metadata", args).starts_with("reply: DIDL"));
  const auto refused = [&](UploadSnapshotMetadataArgs larger) {
    const std::string answer = told(subnet, "upload_canister_snapshot_metadata", larger);
    return answer.starts_with("IC0408: Invalid snapshot: ");
  };
  std::vector<UploadSnapshotMetadataArgs> larger(5, args);
  larger[0].wasm_module_size += 1;
  larger[1].wasm_memory_size += limits::kWasmPageSize;
  larger[2].stable_memory_size += limits::kWasmPageSize;
  larger[3].certified_data = data;
  larger[4].globals.emplace_back();
  for (const UploadSnapshotMetadataArgs& row : larger)
    EXPECT_TRUE(refused(row));
}

TEST(Limits, two_million_bytes_of_a_snapshot_are_read_at_once) {
  TestSubnet subnet;
  const CanisterId id = subnet.create();
  UploadSnapshotMetadataArgs args{.canister_id = id};
  args.wasm_memory_size = 32 * limits::kWasmPageSize;
  const auto made = subnet.manage(kAlice, "upload_canister_snapshot_metadata", args);
  const auto* reply = std::get_if<state::IngressReplied>(&made);
  ASSERT_NE(reply, nullptr) << subnet.text(made);
  const Bytes snapshot =
      codec::candid::decode_arg<UploadSnapshotMetadataResult>(reply->reply)->snapshot_id;
  const auto read = [&](std::uint64_t size) {
    ReadSnapshotDataArgs::Kind kind(std::in_place_index<1>);
    std::get<1>(kind).value = {0, size};
    return told(subnet, "read_canister_snapshot_data", ReadSnapshotDataArgs{id, snapshot, kind});
  };
  EXPECT_GT(read(2'000'000).size(), 2'000'000U);
  EXPECT_EQ(read(2'000'001),
            "IC0408: Invalid snapshot: 2000001 bytes are asked for, but at most 2000000 can be "
            "read at once.");
}

// Reference 4.1: heap_delta_rate_limit. A canister that has just reached it waits.
TEST(Limits, snapshots_wait_from_75_mib_of_written_pages_on) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(kCounter);
  const auto take_with = [&](std::uint64_t debit) {
    subnet.state.update(id, [&](state::CanisterState& canister) {
      canister.scheduler.heap_delta_debit = 0;
      // A round takes off its credit before the call is handled.
      add_debits(canister, subnet.state.height(), {.heap_delta_bytes = debit + 75 * kMiB});
    });
    return told(subnet, "take_canister_snapshot",
                TakeSnapshotArgs{id, std::nullopt, std::nullopt, std::nullopt});
  };
  EXPECT_TRUE(take_with(75 * kMiB - 1).starts_with("reply: "));
  EXPECT_EQ(take_with(75 * kMiB), "IC0210: Canister " + id.text() +
                                      " is heap delta rate limited: current delta debit is "
                                      "78643200, but limit is 78643200.");
}

// ---------------------------------------------------------------------------- replies and the
// subnet

// Reference 8.3: 8 KiB, with the middle cut out.
TEST(Limits, texts_of_rejects_have_8_kib) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(with_imports(R"(
    (func (export "canister_update refuse")
      (call $arg_copy (i32.const 0) (i32.const 0) (call $arg_size))
      (call $reject (i32.const 0) (call $arg_size))))"));
  const auto refuse = [&](std::size_t size) {
    const auto answer = subnet.call(kAlice, id, "refuse", Bytes(size, 'n'));
    return std::get<state::IngressFailed>(answer).error.message;
  };
  EXPECT_EQ(refuse(8192), std::string(8192, 'n'));
  EXPECT_EQ(refuse(8193), std::string(4096, 'n') + "..." + std::string(4093, 'n'));
}

// Reference 4.3, step 4: right after a checkpoint 32 GiB of written pages are all there may be.
TEST(Limits, a_round_executes_nothing_once_32_gib_are_written) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(kCounter);
  subnet.state.write_metadata().heap_delta_bytes = 32 * kGiB;
  const auto call = subnet.submit(kAlice, id, "inc", {});
  subnet.round();
  EXPECT_EQ(subnet.text(subnet.status(call)), "received");
  subnet.state.write_metadata().heap_delta_bytes = 32 * kGiB - 1;
  subnet.round();
  EXPECT_EQ(subnet.text(subnet.status(call)), "reply: 1");
}

// Reference 4.1: what calls of all canisters have together; fifty callbacks are beside it.
TEST(Limits, calls_of_all_canisters_share_callbacks_and_memory) {
  TestSubnet subnet;
  const SubnetRoom empty = subnet_room(subnet.state);
  EXPECT_EQ(empty.callbacks, 1'000'000U);
  EXPECT_EQ(empty.message_memory_bytes, 15 * kGiB);
  const CanisterId proxy = subnet.deploy(kProxy);
  const Bytes nothing = codec::candid::encode_args();
  subnet.submit(kAlice, proxy, "proxy",
                proxy_arg(types::management_canister(), "raw_rand", nothing));
  subnet.round();
  const SubnetRoom room = subnet_room(subnet.state);
  EXPECT_EQ(room.callbacks, 999'999U);
  // The largest response, and what a queue keeps beside it.
  const std::uint64_t held = 15 * kGiB - room.message_memory_bytes;
  EXPECT_GE(held, 2 * kMiB);
  EXPECT_LE(held, 2 * kMiB + kKiB);
}

}  // namespace
}  // namespace icpd::execution
