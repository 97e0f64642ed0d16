// Hostile code where canisters run outside of their own calls: installs, inspect_message, queries,
// and what the management canister is sent.
#include <gtest/gtest.h>

#include "execution/test_subnet.hpp"

namespace icpd::execution {
namespace {

using namespace testing;

/// The default's parts of a round.
SubnetOptions small_rounds() {
  SubnetOptions options;
  options.parameters.instructions_per_slice = 10'000'000;
  options.parameters.instructions_per_install_slice = 10'000'000;
  options.parameters.instructions_per_round = 20'000'000;
  return options;
}

/// Rounds in which ten calls of a neighbour, one a round, were answered.
std::vector<int> neighbour_beside(TestSubnet& subnet, const types::CanisterId& neighbour) {
  std::vector<types::RequestId> calls;
  std::vector<int> answered;
  for (int i = 0; i < 10; ++i) {
    calls.push_back(subnet.submit(kBob, neighbour, "inc", {}));
    subnet.round(i == 6);
    while (answered.size() < calls.size() && state::is_final(subnet.status(calls[answered.size()])))
      answered.push_back(i);
  }
  return answered;
}

struct EndlessInstall {
  const char* name;
  const char* before;
  const char* module;
  bool upgrades = false;
};

class EndlessInstalls : public ::testing::TestWithParam<EndlessInstall> {};

TEST_P(EndlessInstalls, keep_nobody_from_being_answered) {
  const EndlessInstall& attack = GetParam();
  TestSubnet subnet(small_rounds());
  const types::CanisterId neighbour = subnet.deploy(kCounter);
  const types::CanisterId attacker = subnet.deploy(attack.before);
  management::InstallCodeArgs args;
  args.canister_id = attacker;
  const Bytes module = wat(attack.module);
  args.wasm_module = module;
  if (attack.upgrades) {
    args.mode = management::InstallMode(std::in_place_index<2>);
  } else {
    args.mode = management::InstallMode(std::in_place_index<1>);
  }
  const auto id = subnet.submit(kAlice, types::management_canister(), "install_code",
                                codec::candid::encode_args(args));
  // An install that begins, here in the first round and after the checkpoint, takes what is left of
  // its round; one that goes on leaves the others their turn.
  constexpr std::size_t kRoundsLost = 2;
  EXPECT_GE(neighbour_beside(subnet, neighbour).size() + kRoundsLost, 10U);
  EXPECT_FALSE(state::is_final(subnet.status(id))) << subnet.text(subnet.status(id));
}

INSTANTIATE_TEST_SUITE_P(
    All, EndlessInstalls,
    ::testing::Values(
        EndlessInstall{"start", "(module)", "(module (func $s (loop (br 0))) (start $s))"},
        EndlessInstall{"init", "(module)",
                       R"((module (func (export "canister_init") (loop (br 0)))))"},
        EndlessInstall{"pre_upgrade",
                       R"((module (func (export "canister_pre_upgrade") (loop (br 0)))))",
                       "(module)", true},
        EndlessInstall{"post_upgrade", "(module)",
                       R"((module (func (export "canister_post_upgrade") (loop (br 0)))))", true}),
    [](const auto& attack) { return std::string(attack.param.name); });

UserError refused_at_the_door(std::string_view module) {
  TestSubnet subnet;
  const types::CanisterId id = subnet.deploy(module);
  state::Ingress ingress;
  ingress.sender = kAlice;
  ingress.receiver = id;
  ingress.method_name = "go";
  ingress.expiry = subnet.state.time() + Duration::minutes(5);
  const auto answer = filter_ingress(subnet.state, ingress, subnet.environment);
  EXPECT_FALSE(answer.ok());
  return answer.ok() ? UserError{} : answer.error();
}

TEST(AttacksAtTheDoor, end_at_the_limit_of_inspect_message) {
  EXPECT_EQ(refused_at_the_door(R"((module (func (export "canister_update go"))
              (func (export "canister_inspect_message") (loop (br 0)))))")
                .code,
            types::ErrorCode::kCanisterInstructionLimitExceeded);
  EXPECT_EQ(refused_at_the_door(R"((module (func (export "canister_update go"))
              (func $r (export "canister_inspect_message") (call $r))))")
                .code,
            types::ErrorCode::kCanisterTrapped);
  EXPECT_EQ(refused_at_the_door(R"((module (memory 1) (func (export "canister_update go"))
              (func (export "canister_inspect_message")
                (drop (memory.grow (i32.const 60000)))
                (memory.fill (i32.const 0) (i32.const 1) (i32.const 0xe0000000)))))")
                .code,
            types::ErrorCode::kCanisterInstructionLimitExceeded);
}

TEST(AttacksByQuery, end_when_the_time_of_a_query_is_up_or_they_trap) {
  TestSubnet subnet;
  const types::CanisterId id = subnet.deploy(with_imports(R"(
    (func (export "canister_query loop") (loop (br 0)))
    (func $r (export "canister_query recursion") (call $r) (drop (i32.const 1)))
    (func (export "canister_query grow")
      (loop (br_if 0 (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
      (call $reply))
    (func (export "canister_query reply")
      (loop (call $append (i32.const 0) (i32.const 65536)) (br 0))))"));
  int asked = 0;
  subnet.query_options.time_is_up = [&] { return ++asked > 3; };
  EXPECT_NE(TestSubnet::text(subnet.query(id, "loop")).substr(0, 6), "reply:");
  EXPECT_EQ(asked, 4);
  subnet.query_options.time_is_up = {};
  EXPECT_EQ(TestSubnet::text(subnet.query(id, "recursion")).substr(0, 6), "IC0502");
  EXPECT_EQ(TestSubnet::text(subnet.query(id, "grow")).substr(0, 6), "reply:");
  EXPECT_EQ(TestSubnet::text(subnet.query(id, "reply")).substr(0, 6), "IC0504");
}

struct Bomb {
  const char* name;
  Bytes argument;
};

Bytes candid(std::initializer_list<std::uint8_t> types, std::size_t repeated = 0,
             std::uint8_t byte = 0) {
  Bytes bytes = {'D', 'I', 'D', 'L'};
  append(bytes, Bytes(types));
  bytes.resize(bytes.size() + repeated, byte);
  return bytes;
}

/// Small for what they say they are.
std::vector<Bomb> bombs() {
  return {
      {"two billion nulls", candid({1, 0x6D, 0x7F, 1, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x07})},
      {"two billion empty records",
       candid({2, 0x6D, 1, 0x6C, 0, 1, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x07})},
      {"an option of an option, two million deep", candid({1, 0x6E, 0, 1, 0}, 2'000'000, 1)},
      {"a vector in a vector, two million deep", candid({1, 0x6D, 0, 1, 0}, 2'000'000, 1)},
      {"a record that holds itself", candid({1, 0x6C, 1, 0, 0, 1, 0})},
      {"a table of types without end", candid({0xFF, 0xFF, 0xFF, 0xFF, 0x0F})},
      {"arguments without end", candid({0, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F}, 1'000'000, 0x7F)},
      {"numbers without end", candid({0, 1, 0x7D}, 1'900'000, 0x80)},
      {"nothing", {}},
  };
}

TEST(AttacksByCandid, are_refused_by_every_management_method) {
  TestSubnet subnet;
  constexpr std::array<const char*, 6> kMethods = {
      "canister_status", "install_code", "update_settings",
      "delete_canister", "upload_chunk", "provisional_top_up_canister"};
  for (const Bomb& bomb : bombs()) {
    for (const char* method : kMethods) {
      const auto answer = subnet.call(kAlice, types::management_canister(), method, bomb.argument);
      EXPECT_TRUE(std::holds_alternative<state::IngressFailed>(answer))
          << bomb.name << ", " << method << ": " << TestSubnet::text(answer).substr(0, 200);
    }
  }
}

std::string many(std::size_t n, const std::string& text) {
  std::string all;
  for (std::size_t i = 0; i < n; ++i)
    all += text;
  return all;
}

/// What the install of a module, and a call of its "go", begin with.
std::string installed(const std::string& fields) {
  TestSubnet subnet;
  const types::CanisterId id = subnet.create();
  const auto installed =
      subnet.install(id, wat("(module (import \"ic0\" \"msg_reply\" (func $reply)) " + fields +
                             "(func (export \"canister_update go\") (call $reply)))"));
  if (!std::holds_alternative<state::IngressReplied>(installed))
    return TestSubnet::text(installed).substr(0, 6);
  return TestSubnet::text(subnet.call(kAlice, id, "go"));
}

TEST(AttacksByModule, at_a_limit_run_and_beyond_it_are_refused) {
  EXPECT_EQ(installed("(table 1000000 funcref)"), "reply: ");
  EXPECT_EQ(installed("(table 1000001 funcref)"), "IC0505");
  EXPECT_EQ(installed("(table 1 funcref) (func (drop (table.grow (ref.null func) (i32.const 9))))"),
            "IC0505");
  EXPECT_EQ(installed("(memory 1) (data (i32.const 65536) \"x\")"), "IC0505");
  EXPECT_EQ(installed("(memory 1) (data (i32.const -1) \"x\")"), "IC0505");
  EXPECT_EQ(installed("(table 1 funcref) (elem (i32.const 1) $reply)"), "IC0505");
  EXPECT_EQ(installed(many(1000, "(global (mut v128) (v128.const i64x2 1 1))")), "reply: ");
  EXPECT_EQ(installed(many(1001, "(global (mut i32) (i32.const 1))")), "IC0505");
  EXPECT_EQ(installed("(func " + many(19'000, "(block ") + many(19'000, ")") + ")"), "reply: ");
  EXPECT_EQ(installed("(func " + many(20'000, "(block ") + many(20'000, ")") + ")"), "IC0505");
  EXPECT_EQ(installed("(func (block (br_table " + many(65'000, "0 1 ").substr(0, 130'000) +
                      "(i32.const 1))))"),
            "reply: ");
  EXPECT_EQ(installed("(func (block (br_table " + many(100'000, "0 ") + "(i32.const 1))))"),
            "IC0505");
  EXPECT_EQ(installed("(func (local " + many(49'990, "i64 ") + "))"), "reply: ");
  EXPECT_EQ(installed("(func (local " + many(50'001, "i64 ") + "))"), "IC0505");
}

}  // namespace
}  // namespace icpd::execution
