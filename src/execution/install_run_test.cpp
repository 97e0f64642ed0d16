#include "execution/install_run.hpp"

#include <gtest/gtest.h>

#include "execution/test_subnet.hpp"

namespace icpd::execution {
namespace {

using namespace testing;
using management::InstallMode;

InstallMode upgrade(std::optional<bool> keep = std::nullopt, bool skip_pre_upgrade = false) {
  management::UpgradeOptions options;
  if (skip_pre_upgrade) options.skip_pre_upgrade = true;
  if (keep)
    options.wasm_memory_persistence = *keep ? management::PersistenceArg(std::in_place_index<0>)
                                            : management::PersistenceArg(std::in_place_index<1>);
  InstallMode mode(std::in_place_index<2>);
  if (keep || skip_pre_upgrade) std::get<2>(mode).value = options;
  return mode;
}
InstallMode reinstall() {
  return InstallMode(std::in_place_index<1>);
}

constexpr std::string_view kEmptyReply = "reply: DIDL";
std::string ok() {
  return std::string(kEmptyReply) + std::string(2, '\0');
}

/// Keeps a byte in the heap, in stable memory and in a global; `get` shows all three.
std::string keeper(std::string_view init_byte, std::string_view more = "") {
  return with_imports(R"(
    (global $g (mut i32) (i32.const 48))
    (func $set (param $b i32)
      (global.set $g (local.get $b))
      (i32.store8 (i32.const 100) (local.get $b))
      (if (i64.eqz (call $stable_size)) (then (drop (call $stable_grow (i64.const 1)))))
      (i32.store8 (i32.const 99) (local.get $b))
      (call $stable_write (i64.const 5) (i64.const 99) (i64.const 1)))
    (func (export "canister_init") (call $set (i32.const )" +
                      std::string(init_byte) + R"()))
    (func (export "canister_query get")
      (i32.store8 (i32.const 0) (global.get $g))
      (i32.store8 (i32.const 1) (i32.load8_u (i32.const 100)))
      (if (i32.eqz (i64.eqz (call $stable_size)))
        (then (call $stable_read (i64.const 2) (i64.const 5) (i64.const 1))))
      (call $append (i32.const 0) (i32.const 3))
      (call $reply)))" +
                      std::string(more));
}

TEST(Install, init_runs_with_the_argument_and_its_caller) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(with_imports(R"(
    (func (export "canister_init")
      (call $arg_copy (i32.const 100) (i32.const 0) (call $arg_size))
      (call $caller_copy (i32.const 105) (i32.const 0) (call $caller_size)))
    (func (export "canister_query get") (call $append (i32.const 100) (i32.const 7)) (call $reply)))"),
                                      to_bytes("hello"));
  Bytes expected = to_bytes("hello");
  append(expected, kAlice.view());
  EXPECT_EQ(to_hex(*subnet.query(id, "get").result), to_hex(expected));
  EXPECT_EQ(subnet.at(id).version, 1U);
}

TEST(Install, start_runs_before_init) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(with_imports(R"(
    (global $n (mut i32) (i32.const 48))
    (func $start (global.set $n (i32.add (global.get $n) (i32.const 1))))
    (start $start)
    (func (export "canister_init")
      (global.set $n (i32.mul (i32.sub (global.get $n) (i32.const 40)) (i32.const 6))))
    (func (export "canister_query get") (call $reply_byte (global.get $n))))"));
  EXPECT_EQ(subnet.text(subnet.query(id, "get")), "reply: 6");
}

// Interface specification, "install_code": install needs an empty canister.
TEST(Install, refuses_a_canister_that_is_not_empty_unless_it_is_reinstalled) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(keeper("49"));
  const std::string answer = subnet.text(subnet.install(id, wat(keeper("50"))));
  EXPECT_TRUE(answer.starts_with("IC0514: Canister " + id.text() + " cannot be installed because"))
      << answer;
  EXPECT_EQ(subnet.text(subnet.query(id, "get")), "reply: 111");
  EXPECT_EQ(subnet.text(subnet.install(id, wat(keeper("50")), {}, reinstall())), ok());
  EXPECT_EQ(subnet.text(subnet.query(id, "get")), "reply: 222");
}

TEST(Install, an_upgrade_keeps_stable_memory_only) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(keeper("49"));
  EXPECT_EQ(subnet.text(subnet.install(id, wat(keeper("50")), {}, upgrade())), ok());
  EXPECT_EQ(to_hex(*subnet.query(id, "get").result), "300031");
}

TEST(Install, pre_upgrade_sees_the_old_and_post_upgrade_the_new_version) {
  TestSubnet subnet;
  const std::string text = with_imports(R"(
    (func (export "canister_init") (drop (call $stable_grow (i64.const 1))))
    (func (export "canister_pre_upgrade")
      (i64.store (i32.const 8) (call $version))
      (call $stable_write (i64.const 0) (i64.const 8) (i64.const 8)))
    (func (export "canister_post_upgrade")
      (i64.store (i32.const 8) (call $version))
      (call $stable_write (i64.const 8) (i64.const 8) (i64.const 8)))
    (func (export "canister_query get")
      (call $stable_read (i64.const 0) (i64.const 0) (i64.const 16))
      (call $append (i32.const 0) (i32.const 16))
      (call $reply)))");
  const CanisterId id = subnet.deploy(text);
  const Bytes module = wat(text);
  EXPECT_EQ(subnet.text(subnet.install(id, module, {}, upgrade())), ok());
  EXPECT_EQ(to_hex(*subnet.query(id, "get").result), "01000000000000000200000000000000");
  EXPECT_EQ(subnet.text(subnet.install(id, module, {}, upgrade(std::nullopt, true))), ok());
  EXPECT_EQ(to_hex(*subnet.query(id, "get").result), "01000000000000000300000000000000");
}

struct FailureRow {
  std::string hook;
  bool old_code;
};
// "These steps are atomic".
TEST(Install, a_trap_in_any_step_leaves_the_canister_as_it_was) {
  const FailureRow rows[] = {{"canister_pre_upgrade", true}, {"canister_post_upgrade", false}};
  for (const FailureRow& row : rows) {
    TestSubnet subnet;
    const std::string trap = "(func (export \"" + row.hook +
                             "\") (i32.store8 (i32.const 99) (i32.const 57)) "
                             "(call $stable_write (i64.const 5) (i64.const 99) (i64.const 1)) "
                             "unreachable)";
    const CanisterId id = subnet.deploy(keeper("49", row.old_code ? trap : ""));
    const std::uint64_t version = subnet.at(id).version;
    const Cycles before = subnet.at(id).balance;
    const std::string answer =
        subnet.text(subnet.install(id, wat(keeper("50", row.old_code ? "" : trap)), {}, upgrade()));
    EXPECT_EQ(answer,
              "IC0502: Error from Canister " + id.text() + ": Canister trapped: unreachable");
    EXPECT_EQ(subnet.text(subnet.query(id, "get")), "reply: 111") << row.hook;
    EXPECT_EQ(subnet.at(id).version, version);
    EXPECT_LT(subnet.at(id).balance, before) << "instructions are charged";
  }
}

TEST(Install, refuses_what_is_no_module_and_who_is_no_controller) {
  TestSubnet subnet;
  const CanisterId id = subnet.create();
  EXPECT_TRUE(subnet.text(subnet.install(id, to_bytes("nonsense")))
                  .starts_with("IC0505: Error from Canister " + id.text() +
                               ": Canister's Wasm module is not valid: "));
  management::InstallCodeArgs args;
  args.canister_id = id;
  EXPECT_EQ(subnet.text(subnet.manage(kBob, "install_code", args)),
            "IC0512: Only the controllers of the canister " + id.text() +
                " can control it.\nCanister's controllers: " + kAlice.text() +
                "\nSender's ID: " + kBob.text());
  EXPECT_FALSE(subnet.at(id).has_code());
}

// Interface specification, "Code upgrade": the rules of wasm_memory_persistence.
TEST(Install, the_heap_is_kept_where_both_modules_say_so) {
  const std::string section = R"((@custom "icp:private enhanced-orthogonal-persistence" ""))";
  TestSubnet subnet;
  const CanisterId plain = subnet.deploy(keeper("49"));
  const CanisterId persistent = subnet.deploy(keeper("49", section));
  const Bytes plain_module = wat(keeper("50"));
  const Bytes persistent_module = wat(keeper("50", section));
  EXPECT_EQ(subnet.text(subnet.install(persistent, persistent_module, {}, upgrade())),
            "IC0504: Missing upgrade option: Enhanced orthogonal persistence requires the "
            "`wasm_memory_persistence` upgrade option.");
  EXPECT_EQ(subnet.text(subnet.install(plain, plain_module, {}, upgrade(true))),
            "IC0504: Invalid upgrade option: The `wasm_memory_persistence: opt Keep` upgrade "
            "option requires that the new canister module supports enhanced orthogonal "
            "persistence.");
  EXPECT_EQ(subnet.text(subnet.install(persistent, persistent_module, {}, upgrade(true))), ok());
  EXPECT_EQ(subnet.text(subnet.query(persistent, "get")), "reply: 011");
  EXPECT_EQ(subnet.text(subnet.install(persistent, persistent_module, {}, upgrade(false))), ok());
  EXPECT_EQ(to_hex(*subnet.query(persistent, "get").result), "300031");
}

// A kept heap must be one that the new module could have.
TEST(Install, a_heap_that_the_new_module_cannot_have_is_not_kept) {
  const std::string section = R"((@custom "icp:private enhanced-orthogonal-persistence" ""))";
  const std::string grow = R"((func (export "canister_update grow")
    (drop (memory.grow (i32.const 2))) (call $reply)))";
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(keeper("49", section + grow));
  subnet.call(kAlice, id, "grow");
  std::string small = keeper("50", section);
  small.replace(small.find("(memory 1)"), 10, "(memory 1 2)");
  EXPECT_EQ(subnet.text(subnet.install(id, wat(small), {}, upgrade(true))),
            "IC0504: Error from Canister " + id.text() +
                ": Invalid upgrade option: The Wasm memory to keep has 196608 bytes, but that of "
                "the new canister module can have at most 131072 bytes.");
  EXPECT_EQ(subnet.text(subnet.query(id, "get")), "reply: 111");
  EXPECT_EQ(subnet.text(subnet.install(id, wat(small), {}, upgrade(false))), ok());
}

TEST(Install, data_segments_are_in_a_fresh_heap) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(with_imports(R"(
    (data (i32.const 4094) "abcd")
    (func (export "canister_query get") (call $append (i32.const 4094) (i32.const 4)) (call $reply)))"));
  EXPECT_EQ(subnet.text(subnet.query(id, "get")), "reply: abcd");
}

TEST(Install, a_module_can_be_put_together_from_chunks) {
  TestSubnet subnet;
  const CanisterId id = subnet.create();
  const Bytes module = wat(kCounter);
  const ByteView whole(module);
  const ByteView parts[] = {whole.first(100), whole.subspan(100)};
  management::InstallChunkedCodeArgs args;
  std::vector<crypto::Digest> hashes;
  for (const ByteView part : parts)
    hashes.push_back(crypto::sha256(part));
  for (std::size_t i = 0; i < 2; ++i) {
    management::UploadChunkArgs upload{id, parts[i]};
    EXPECT_EQ(subnet.text(subnet.manage(kAlice, "upload_chunk", upload)),
              "reply: " + std::string(as_text(codec::candid::encode_args(
                              management::ChunkHash{hashes[i].view()}))));
    args.chunk_hashes_list.push_back({hashes[i].view()});
  }
  EXPECT_EQ(subnet.at(id).chunks->size(), 2U);
  args.target_canister = id;
  const crypto::Digest hash = crypto::sha256(module);
  args.wasm_module_hash = hash.view();
  EXPECT_EQ(subnet.text(subnet.manage(kAlice, "install_chunked_code", args)), ok());
  EXPECT_EQ((*subnet.at(id).execution)->module->hash(), hash);
  EXPECT_EQ(subnet.text(subnet.call(kAlice, id, "inc")), "reply: 1");
  EXPECT_EQ(
      subnet.text(subnet.manage(kAlice, "clear_chunk_store", management::CanisterIdRecord{id})),
      ok());
  const std::string missing = subnet.text(subnet.manage(kAlice, "install_chunked_code", args));
  EXPECT_TRUE(missing.starts_with("IC0406: Error from Wasm chunk store: ")) << missing;
}

TEST(Install, an_install_that_takes_many_rounds_succeeds_and_keeps_others_running) {
  TestSubnet subnet({.parameters = {.instructions_per_round = 30'000'000,
                                    .instructions_per_slice = 10'000'000,
                                    .instructions_per_install_slice = 10'000'000,
                                    .provisional_methods = true}});
  const CanisterId counter = subnet.deploy(kCounter);
  const CanisterId id = subnet.create();
  management::InstallCodeArgs args;
  const Bytes module = wat(with_imports(R"(
    (func (export "canister_init") (local $i i32)
      (loop $again
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $i) (i32.const 10000000))))
      (i32.store8 (i32.const 100) (i32.const 57)))
    (func (export "canister_query get") (call $reply_byte (i32.load8_u (i32.const 100)))))"));
  args.canister_id = id;
  args.wasm_module = module;
  const auto request = subnet.submit(kAlice, types::management_canister(), "install_code",
                                     codec::candid::encode_args(args));
  int rounds = 0;
  for (; !state::is_final(subnet.status(request)) && rounds < 40; ++rounds) {
    EXPECT_EQ(subnet.text(subnet.call(kBob, counter, "get")), "reply: 0");
  }
  EXPECT_EQ(subnet.text(subnet.status(request)), ok());
  EXPECT_GT(rounds, 3);
  EXPECT_EQ(subnet.text(subnet.query(id, "get")), "reply: 9");
  EXPECT_FALSE(subnet.at(id).long_execution.has_value());
}

/// An init that burns all it can and goes on for some slices.
std::string burning_init() {
  return with_imports(R"(
    (func (export "canister_init") (local $i i32)
      (call $burn (i64.const -1) (i64.const -1) (i32.const 16))
      (loop $again
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $i) (i32.const 10000000))))))");
}
SubnetOptions sliced() {
  return {.parameters = {.instructions_per_round = 30'000'000,
                         .instructions_per_slice = 10'000'000,
                         .instructions_per_install_slice = 10'000'000,
                         .provisional_methods = true}};
}
/// Begins an install of burning_init() in a canister that may burn everything.
types::RequestId begin_burning(TestSubnet& subnet, const CanisterId& id) {
  management::UpdateSettingsArgs settings;
  settings.canister_id = id;
  settings.settings.freezing_threshold = 0;
  subnet.manage(kAlice, "update_settings", settings);
  management::InstallCodeArgs args;
  args.canister_id = id;
  const Bytes module = wat(burning_init());
  args.wasm_module = module;
  const auto request = subnet.submit(kAlice, types::management_canister(), "install_code",
                                     codec::candid::encode_args(args));
  subnet.round();
  ensure(subnet.at(id).long_execution.has_value(), "the install takes several rounds");
  return request;
}

TEST(Install, fees_of_messages_that_came_meanwhile_are_taken_from_what_is_left) {
  TestSubnet subnet(sliced());
  const CanisterId id = subnet.create();
  const auto request = begin_burning(subnet, id);
  subnet.state.update(id, [](state::CanisterState& canister) {
    canister.long_execution->debit = Cycles{1'000'000};
  });
  EXPECT_EQ(subnet.text(subnet.finish(request, 40)), ok());
  EXPECT_EQ(subnet.at(id).consumed->at(state::CyclesUse::kIngressInduction), Cycles{1'000'000});
}

TEST(Install, one_whose_cycles_were_spent_otherwise_fails) {
  TestSubnet subnet(sliced());
  const CanisterId id = subnet.create();
  const auto request = begin_burning(subnet, id);
  const Bytes chunk = to_bytes("a chunk that is paid for at once");
  subnet.manage(kAlice, "upload_chunk", management::UploadChunkArgs{id, chunk});
  const std::string answer = subnet.text(subnet.finish(request, 40));
  EXPECT_TRUE(answer.starts_with("IC0207: Error from Canister " + id.text() +
                                 ": The canister's balance fell during a long execution"))
      << answer;
  EXPECT_FALSE(subnet.at(id).has_code());
}

// Slices of an install that a checkpoint aborted are run anew, with the same result.
TEST(Install, one_that_a_checkpoint_aborted_begins_anew_with_the_same_result) {
  const auto run = [](bool checkpoint) {
    TestSubnet subnet(sliced());
    const CanisterId id = subnet.create();
    const auto request = begin_burning(subnet, id);
    subnet.round(checkpoint);
    EXPECT_EQ(subnet.at(id).long_execution->is_paused, !checkpoint);
    EXPECT_EQ(subnet.text(subnet.finish(request, 40)), ok());
    return subnet.at(id).balance;
  };
  EXPECT_EQ(run(true), run(false));
}

TEST(Install, a_canister_is_not_deleted_while_one_goes_on) {
  TestSubnet subnet(sliced());
  const CanisterId id = subnet.create();
  subnet.manage(kAlice, "stop_canister", management::CanisterIdRecord{id});
  const auto request = begin_burning(subnet, id);
  EXPECT_EQ(
      subnet.text(subnet.manage(kAlice, "delete_canister", management::CanisterIdRecord{id})),
      "IC0406: The canister " + id.text() + " is currently executing a long-running message.");
  EXPECT_EQ(subnet.text(subnet.finish(request, 40)), ok());
  EXPECT_EQ(subnet.text(subnet.manage(kAlice, "delete_canister", management::CanisterIdRecord{id})),
            ok());
  EXPECT_EQ(subnet.environment.paused_count(), 0U);
}

TEST(Install, needs_cycles_for_its_largest_execution) {
  TestSubnet subnet;
  const CanisterId id = subnet.create(1'000'000'000);
  const std::string answer = subnet.text(subnet.install(id, wat(kCounter)));
  EXPECT_TRUE(answer.starts_with("IC0207: Canister installation failed with `Canister " +
                                 id.text() + " is out of cycles: please top up"))
      << answer;
}

TEST(Install, resets_timer_and_certified_data_as_the_mode_says) {
  TestSubnet subnet;
  const std::string text = with_imports(R"(
    (data (i32.const 32) "certified")
    (func (export "canister_update set")
      (call $certify (i32.const 32) (i32.const 9))
      (drop (call $timer (i64.const 9000000000000000000)))
      (call $reply)))");
  const CanisterId id = subnet.deploy(text);
  subnet.call(kAlice, id, "set");
  EXPECT_EQ(as_text(subnet.at(id).certified_data), "certified");
  EXPECT_TRUE(subnet.at(id).global_timer.has_value());
  subnet.install(id, wat(text), {}, upgrade());
  EXPECT_EQ(as_text(subnet.at(id).certified_data), "certified");
  EXPECT_FALSE(subnet.at(id).global_timer.has_value());
  subnet.install(id, wat(text), {}, reinstall());
  EXPECT_TRUE(subnet.at(id).certified_data.empty());
}

}  // namespace
}  // namespace icpd::execution
