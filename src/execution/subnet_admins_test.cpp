// What a subnet's admins may do that others may not (interface specification, "create_canister",
// "list_canisters" and the sections that name them beside the controllers).
#include <gtest/gtest.h>

#include "execution/query.hpp"
#include "execution/test_subnet.hpp"

namespace icpd::execution {
namespace {

using namespace testing;

/// A subnet whose admins are Bob and these.
TestSubnet subnet_with_admins(std::set<types::Principal> more = {}) {
  more.insert(kBob.principal);
  return TestSubnet({.parameters = {.provisional_methods = true, .admins = std::move(more)}});
}

// Interface specification, "create_canister": by canisters and subnet admins; no cycles are
// required on subnets that have admins.
TEST(SubnetAdmins, admins_create_canisters_without_cycles) {
  TestSubnet subnet = subnet_with_admins();
  EXPECT_EQ(subnet.text(subnet.manage(kAlice, "create_canister", management::CreateCanisterArgs{})),
            "IC0406: Only canisters can call ic00 method create_canister");
  const auto answer = subnet.manage(kBob, "create_canister", management::CreateCanisterArgs{});
  const auto* reply = std::get_if<state::IngressReplied>(&answer);
  ASSERT_NE(reply, nullptr) << subnet.text(answer);
  const auto made = codec::candid::decode_arg<management::CanisterIdRecord>(reply->reply);
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(subnet.at(made->canister_id).balance, Cycles{0});
  EXPECT_TRUE(subnet.at(made->canister_id).is_controller(kBob.principal));
}

// Interface specification, the sections of these methods: "controllers of the canister or subnet
// admins"; of all others the admins are no more than anybody.
TEST(SubnetAdmins, admins_manage_canisters_that_they_do_not_control) {
  TestSubnet subnet = subnet_with_admins();
  const CanisterId id = subnet.create();
  const management::CanisterIdRecord about{id};
  for (const auto* method : {"canister_status", "canister_metrics", "stop_canister",
                             "start_canister", "uninstall_code", "stop_canister"}) {
    const auto answer = subnet.manage(kBob, method, about);
    EXPECT_TRUE(std::holds_alternative<state::IngressReplied>(answer))
        << method << ": " << subnet.text(answer);
  }
  for (const auto* method : {"list_canister_snapshots", "clear_chunk_store", "stored_chunks"})
    EXPECT_TRUE(subnet.text(subnet.manage(kBob, method, about)).starts_with("IC0512: ")) << method;
  EXPECT_TRUE(
      std::holds_alternative<state::IngressReplied>(subnet.manage(kBob, "delete_canister", about)));
}

// Interface specification, "list_canisters".
TEST(SubnetAdmins, admins_list_canisters_as_ranges_by_query) {
  const auto list = [](TestSubnet& subnet, const types::UserId& who, const Bytes& arg) {
    return execute_query(
        subnet.state,
        {who, std::nullopt, types::management_canister(), "list_canisters", Slice::copy_of(arg)},
        std::nullopt, subnet.environment);
  };
  const Bytes nothing = codec::candid::encode_args();
  TestSubnet subnet = subnet_with_admins();
  const auto ranges = [&] {
    const auto answer = list(subnet, kBob, nothing);
    EXPECT_TRUE(answer.result.ok());
    std::string text;
    const auto result =
        codec::candid::decode_arg<management::ListCanistersResult>(*answer.result).value();
    for (const auto& range : result.canisters)
      text += std::to_string(*types::canister_index(range.start)) + "-" +
              std::to_string(*types::canister_index(range.end)) + " ";
    return text;
  };
  EXPECT_EQ(ranges(), "");
  for (int i = 0; i < 5; ++i)
    subnet.create();
  EXPECT_EQ(ranges(), "0-4 ");
  for (const std::uint64_t gone : {0U, 2U}) {
    const management::CanisterIdRecord about{types::canister_id_from_index(gone)};
    subnet.manage(kBob, "stop_canister", about);
    subnet.manage(kBob, "delete_canister", about);
  }
  EXPECT_EQ(ranges(), "1-1 3-4 ") << "deleted ones aren't there";

  EXPECT_EQ(subnet.text(list(subnet, kAlice, nothing)),
            "IC0512: Only the admins of the subnet can call list_canisters.\nSender's ID: " +
                kAlice.principal.text());
  EXPECT_EQ(subnet.text(list(subnet, kBob, to_bytes("junk"))),
            "IC0408: Error decoding candid: list_canisters takes no argument");
  EXPECT_EQ(subnet.text(subnet.manage(kBob, "list_canisters")),
            "IC0406: list_canisters API cannot be called in replicated mode");
  TestSubnet without;
  EXPECT_EQ(without.text(list(without, kBob, nothing)),
            "IC0406: list_canisters is only available on subnets with subnet admins");
}

// "by canisters from composite query methods and their callbacks": the caller is the canister.
TEST(SubnetAdmins, a_canister_that_is_one_lists_canisters_in_a_composite_query) {
  const std::string module = with_imports(R"(
    (table funcref (elem $on_reply $on_reject))
    (data (i32.const 32) "list_canistersDIDL\00\00")
    (func (export "canister_composite_query list")
      (call $call_new (i32.const 64) (i32.const 0) (i32.const 32) (i32.const 14)
        (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0))
      (call $call_data (i32.const 46) (i32.const 6))
      (drop (call $perform)))
    (func $on_reply (param i32) (call $reply_byte (i32.const 48)))
    (func $on_reject (param i32)
      (call $reply_byte (i32.add (i32.const 48) (call $reject_code)))))");
  const CanisterId lister = types::canister_id_from_index(0);
  TestSubnet subnet = subnet_with_admins({lister.principal});
  ASSERT_EQ(subnet.deploy(module), lister);
  EXPECT_EQ(subnet.text(subnet.query(lister, "list")), "reply: 0");
  TestSubnet others = subnet_with_admins();
  ASSERT_EQ(others.deploy(module), lister);
  EXPECT_EQ(others.text(others.query(lister, "list")), "reply: 5");
}

}  // namespace
}  // namespace icpd::execution
