#include "execution/canister_settings.hpp"

#include <gtest/gtest.h>

#include "execution/test_subnet.hpp"

namespace icpd::execution {
namespace {

using namespace testing;
using namespace management;
using Variables = std::vector<EnvironmentVariableArg>;

UpdateSettingsArgs changing(const CanisterId& id) {
  UpdateSettingsArgs args;
  args.canister_id = id;
  return args;
}
bool answered(const state::IngressState& state) {
  return std::holds_alternative<state::IngressReplied>(state);
}

// ---------------------------------------------------------------------- environment variables

/// `list` replies name=value; for each variable; `value` the value of the variable that its
/// argument names, `has` whether there is one.
const std::string kEnvironment = R"((module
  (import "ic0" "msg_arg_data_size" (func $arg_size (result i32)))
  (import "ic0" "msg_arg_data_copy" (func $arg_copy (param i32 i32 i32)))
  (import "ic0" "msg_reply" (func $reply))
  (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
  (import "ic0" "env_var_count" (func $count (result i32)))
  (import "ic0" "env_var_name_size" (func $name_size (param i32) (result i32)))
  (import "ic0" "env_var_name_copy" (func $name_copy (param i32 i32 i32 i32)))
  (import "ic0" "env_var_name_exists" (func $exists (param i32 i32) (result i32)))
  (import "ic0" "env_var_value_size" (func $value_size (param i32 i32) (result i32)))
  (import "ic0" "env_var_value_copy" (func $value_copy (param i32 i32 i32 i32 i32)))
  (memory 1)
  (data (i32.const 0) "=;01")
  (func $append_value (param $size i32)
    (local $value i32)
    (local.set $value (call $value_size (i32.const 100) (local.get $size)))
    (call $value_copy (i32.const 100) (local.get $size)
                      (i32.const 500) (i32.const 0) (local.get $value))
    (call $append (i32.const 500) (local.get $value)))
  (func (export "canister_query list")
    (local $i i32) (local $size i32)
    (block $done (loop $next
      (br_if $done (i32.eq (local.get $i) (call $count)))
      (local.set $size (call $name_size (local.get $i)))
      (call $name_copy (local.get $i) (i32.const 100) (i32.const 0) (local.get $size))
      (call $append (i32.const 100) (local.get $size))
      (call $append (i32.const 0) (i32.const 1))
      (call $append_value (local.get $size))
      (call $append (i32.const 1) (i32.const 1))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
    (call $reply))
  (func $take_name
    (call $arg_copy (i32.const 100) (i32.const 0) (call $arg_size)))
  (func (export "canister_query value")
    (call $take_name) (call $append_value (call $arg_size)) (call $reply))
  (func (export "canister_query has")
    (call $take_name)
    (call $append (i32.add (i32.const 2) (call $exists (i32.const 100) (call $arg_size)))
                  (i32.const 1))
    (call $reply))
  (func (export "canister_query beyond") (drop (call $name_size (call $count))))))";

TEST(EnvironmentVariables, are_those_of_the_settings_by_name) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(kEnvironment);
  EXPECT_EQ(subnet.text(subnet.query(id, "list")), "reply: ");
  UpdateSettingsArgs args = changing(id);
  args.settings.environment_variables = Variables{{"PATH", "/bin"}, {"HOME", ""}, {"LANG", "de"}};
  ASSERT_TRUE(answered(subnet.manage(kAlice, "update_settings", args)));
  EXPECT_EQ(subnet.text(subnet.query(id, "list")), "reply: HOME=;LANG=de;PATH=/bin;");
  EXPECT_EQ(subnet.text(subnet.query(id, "value", to_bytes("LANG"))), "reply: de");
  EXPECT_EQ(subnet.text(subnet.query(id, "has", to_bytes("HOME"))), "reply: 1");
  EXPECT_EQ(subnet.text(subnet.query(id, "has", to_bytes("home"))), "reply: 0");
  // What isn't given stays; a list replaces all.
  ASSERT_TRUE(answered(subnet.manage(kAlice, "update_settings", changing(id))));
  EXPECT_EQ(subnet.text(subnet.query(id, "has", to_bytes("HOME"))), "reply: 1");
  args.settings.environment_variables = Variables{{"ONE", "1"}};
  ASSERT_TRUE(answered(subnet.manage(kAlice, "update_settings", args)));
  EXPECT_EQ(subnet.text(subnet.query(id, "list")), "reply: ONE=1;");
}

// Interface specification, "Environment Variables": the cases in which a function traps.
TEST(EnvironmentVariables, that_are_not_there_trap) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(kEnvironment);
  for (const auto& [method, name] : {std::pair<std::string, std::string>{"value", "NONE"},
                                     {"value", std::string(129, 'x')},
                                     {"has", std::string(129, 'x')},
                                     {"has", "\xff"},
                                     {"beyond", ""}}) {
    const std::string refused = subnet.text(subnet.query(id, method, to_bytes(name)));
    EXPECT_TRUE(refused.starts_with("IC0504: Error from Canister " + id.text() + ": "))
        << method << " " << name << ": " << refused;
    EXPECT_NE(refused.find("nvironment variable"), std::string::npos) << refused;
  }
}

// Interface specification, "canister_info" and "hash of map".
TEST(EnvironmentVariables, of_a_new_canister_are_in_its_history_by_hash) {
  TestSubnet subnet;
  ProvisionalCreateArgs args;
  args.settings.emplace();
  args.settings->environment_variables = Variables{{"KEY", "value"}};
  subnet.minted += 100'000'000'000'000;
  ASSERT_TRUE(answered(subnet.manage(kAlice, "provisional_create_canister_with_cycles", args)));
  const auto& change = std::get<state::CreationChange>(
      subnet.at(types::canister_id_from_index(0)).history->changes().front().details);
  Bytes pair = to_bytes(crypto::sha256(as_bytes("KEY")).view());
  append(pair, crypto::sha256(as_bytes("value")).view());
  EXPECT_EQ(change.environment_variables_hash, crypto::sha256(pair));
  const CanisterId without = subnet.create();
  EXPECT_FALSE(
      std::get<state::CreationChange>(subnet.at(without).history->changes().front().details)
          .environment_variables_hash.has_value());
}

// --------------------------------------------------------------------------------- visibility

using VisibilityMember = std::optional<VisibilityArg> SettingsArg::*;

struct VisibilityRow {
  const char* method;
  VisibilityMember setting;
  bool by_update;
};

// Interface specification, "create_canister": who may see logs and status.
TEST(Visibility, of_logs_and_status_is_as_the_settings_say) {
  constexpr VisibilityRow kRows[] = {
      {"canister_status", &SettingsArg::status_visibility, true},
      {"canister_status", &SettingsArg::status_visibility, false},
      {"fetch_canister_logs", &SettingsArg::log_visibility, false},
  };
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(kCounter);
  for (const VisibilityRow& row : kRows) {
    const auto may_see = [&](const types::UserId& who) {
      const CanisterIdRecord arg{id};
      if (row.by_update) return answered(subnet.manage(who, row.method, arg));
      const QueryRequest query{who, std::nullopt, types::management_canister(), row.method,
                               Slice(codec::candid::encode_args(arg))};
      return execute_query(subnet.state, query, std::nullopt, subnet.environment).result.ok();
    };
    const auto set = [&](VisibilityArg visibility) {
      UpdateSettingsArgs args = changing(id);
      args.settings.*row.setting = std::move(visibility);
      ASSERT_TRUE(answered(subnet.manage(kAlice, "update_settings", args)));
    };
    set(VisibilityArg(std::in_place_index<0>));
    EXPECT_TRUE(may_see(kAlice)) << row.method;
    EXPECT_FALSE(may_see(kBob)) << row.method;
    set(VisibilityArg(std::in_place_index<1>));
    EXPECT_TRUE(may_see(kBob)) << row.method;
    VisibilityArg viewers(std::in_place_index<2>);
    std::get<2>(viewers).value = {kBob.principal};
    set(viewers);
    EXPECT_TRUE(may_see(kAlice)) << row.method;
    EXPECT_TRUE(may_see(kBob)) << row.method;
    EXPECT_FALSE(may_see(user(7))) << row.method;
  }
}

TEST(Visibility, has_at_most_ten_viewers) {
  TestSubnet subnet;
  const CanisterId id = subnet.create();
  for (const VisibilityMember setting :
       {&SettingsArg::log_visibility, &SettingsArg::snapshot_visibility,
        &SettingsArg::status_visibility}) {
    UpdateSettingsArgs args = changing(id);
    VisibilityArg viewers(std::in_place_index<2>);
    for (std::uint8_t i = 0; i < 10; ++i)
      std::get<2>(viewers).value.push_back(user(i).principal);
    args.settings.*setting = viewers;
    EXPECT_TRUE(answered(subnet.manage(kAlice, "update_settings", args)));
    std::get<2>(viewers).value.push_back(user(10).principal);
    args.settings.*setting = viewers;
    EXPECT_EQ(subnet.text(subnet.manage(kAlice, "update_settings", args)),
              "IC0408: Could not validate the settings: Invalid settings: 'allowed_viewers' length "
              "exceeds maximum size allowed of 10.");
  }
}

}  // namespace
}  // namespace icpd::execution
