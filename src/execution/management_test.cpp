#include "execution/management.hpp"

#include <gtest/gtest.h>

#include "execution/test_subnet.hpp"
#include "execution/wasm/test_guest.hpp"

namespace icpd::execution {
namespace {

using namespace testing;
using management::CanisterIdRecord;
/// A percent of compute for the freezing threshold's 30 days costs 26 trillion.
constexpr codec::Uint128 kPlenty = codec::Uint128{10'000'000} * 1'000'000'000;
using Variables = std::vector<management::EnvironmentVariableArg>;

std::string ok() {
  return "reply: DIDL" + std::string(2, '\0');
}

management::CanisterStatusResult status_of(TestSubnet& subnet, const CanisterId& id) {
  const auto answer = subnet.manage(kAlice, "canister_status", CanisterIdRecord{id});
  const auto* reply = std::get_if<state::IngressReplied>(&answer);
  EXPECT_NE(reply, nullptr) << subnet.text(answer);
  return codec::candid::decode_arg<management::CanisterStatusResult>(reply->reply).value();
}

/// The management canister called by a canister.
std::string through(TestSubnet& subnet, const CanisterId& proxy, std::string_view method,
                    const Bytes& arg, std::uint64_t cycles = 0) {
  return subnet.text(subnet.call(kAlice, proxy, "proxy",
                                 proxy_arg(types::management_canister(), method, arg, cycles)));
}

// The table has the methods of ic.did, and the ways that their sections allow.
TEST(Management, has_exactly_the_methods_of_the_specification) {
  std::size_t known = 0;
  for (auto& cells : wasm::testing::read_csv("management-methods.csv")) {
    const auto* row =
        std::ranges::find(kManagementMethods, cells["method"], &ManagementMethod::name);
    ASSERT_NE(row, kManagementMethods.end()) << cells["method"];
    const int ways = (cells["by_user"] == "1" ? kByUser : 0) |
                     (cells["by_canister"] == "1" ? kByCanister : 0) |
                     (cells["by_query"] == "1" ? kByQuery : 0);
    EXPECT_EQ(row->ways, ways) << row->name;
    ++known;
  }
  EXPECT_EQ(known, kManagementMethods.size());
}

// Every method of ic.did that this network doesn't offer is refused by its name.
TEST(Management, methods_that_are_not_offered_are_refused_by_name) {
  TestSubnet subnet;
  const CanisterId proxy = subnet.deploy(kProxy);
  for (const ManagementMethod& method : kManagementMethods) {
    if (method.offered == Offered::kYes || (method.ways & kByCanister) == 0) continue;
    EXPECT_EQ(through(subnet, proxy, method.name, {}),
              "reply: rejected 4: The method '" + std::string(method.name) +
                  "' of the management canister is not available on this subnet.");
  }
  EXPECT_EQ(through(subnet, proxy, "no_such_method", {}),
            "reply: rejected 5: Management canister has no method 'no_such_method'");
}

TEST(Management, methods_for_canisters_are_refused_to_users) {
  TestSubnet subnet;
  for (const ManagementMethod& method : kManagementMethods) {
    if (method.offered == Offered::kNo || (method.ways & kByUser) != 0) continue;
    const std::string answer = subnet.text(subnet.manage(kAlice, std::string(method.name)));
    EXPECT_TRUE(answer.starts_with("IC0406: ")) << method.name << ": " << answer;
  }
}

TEST(Management, provisional_methods_exist_only_where_the_subnet_allows_them) {
  TestSubnet subnet({.parameters = {}});
  EXPECT_EQ(subnet.text(subnet.manage(kAlice, "provisional_create_canister_with_cycles",
                                      management::ProvisionalCreateArgs{})),
            "IC0406: The method 'provisional_create_canister_with_cycles' of the management "
            "canister is not available on this subnet.");
}

TEST(Management, an_argument_that_is_no_candid_is_refused) {
  TestSubnet subnet;
  const auto answer =
      subnet.call(kAlice, types::management_canister(), "start_canister", to_bytes("junk"));
  EXPECT_TRUE(subnet.text(answer).starts_with("IC0408: Error decoding candid: "))
      << subnet.text(answer);
}

// ------------------------------------------------------------------------------------- creation

TEST(Management, a_new_canister_has_the_defaults) {
  TestSubnet subnet;
  const CanisterId id = subnet.create(5'000'000'000'000);
  const auto status = status_of(subnet, id);
  EXPECT_EQ(status.status.index(), 0U);
  EXPECT_EQ(status.version, 0U);
  EXPECT_EQ(status.settings.controllers, std::vector{kAlice.principal});
  EXPECT_TRUE(status.settings.freezing_threshold == 2'592'000U);
  EXPECT_TRUE(status.settings.reserved_cycles_limit == 5'000'000'000'000U);
  EXPECT_TRUE(status.cycles == 5'000'000'000'000U);
  EXPECT_FALSE(status.module_hash.has_value());
}

TEST(Management, a_canister_can_have_the_id_that_was_asked_for) {
  TestSubnet subnet;
  const CanisterId wanted = types::canister_id_from_index(500);
  management::ProvisionalCreateArgs args;
  args.specified_id = wanted.principal;
  subnet.minted += 100'000'000'000'000;
  const auto answer = subnet.manage(kAlice, "provisional_create_canister_with_cycles", args);
  EXPECT_TRUE(std::holds_alternative<state::IngressReplied>(answer));
  EXPECT_TRUE(subnet.state.contains(wanted));
  EXPECT_EQ(subnet.text(subnet.manage(kAlice, "provisional_create_canister_with_cycles", args)),
            "IC0205: Canister " + wanted.text() + " already exists.");
  args.specified_id = types::canister_id_from_index(1 << 21).principal;
  const std::string elsewhere =
      subnet.text(subnet.manage(kAlice, "provisional_create_canister_with_cycles", args));
  EXPECT_TRUE(elsewhere.starts_with("IC0405: The `specified_id`")) << elsewhere;
}

// Interface specification, "delete_canister": "Once a canister is deleted, its ID cannot be
// reused."
TEST(Management, an_id_is_never_given_again) {
  TestSubnet subnet;
  const auto create = [&](std::uint64_t index) {
    management::ProvisionalCreateArgs args;
    args.amount = 0;
    args.specified_id = types::canister_id_from_index(index).principal;
    return subnet.text(subnet.manage(kAlice, "provisional_create_canister_with_cycles", args));
  };
  const auto remove = [&](const CanisterId& id) {
    subnet.manage(kAlice, "stop_canister", management::CanisterIdRecord{id});
    subnet.manage(kAlice, "delete_canister", management::CanisterIdRecord{id});
    ASSERT_FALSE(subnet.state.contains(id));
  };
  const auto used = [](std::uint64_t index) {
    return "IC0205: Canister " + types::canister_id_from_index(index).text() +
           " was deleted, and its id cannot be reused.";
  };
  const CanisterId first = subnet.create();
  ASSERT_EQ(first, types::canister_id_from_index(0));
  remove(first);
  EXPECT_EQ(create(0), used(0)) << "given by the system";
  ASSERT_TRUE(create(1).starts_with("reply: "));
  ASSERT_TRUE(create(7).starts_with("reply: "));
  remove(types::canister_id_from_index(1));
  remove(types::canister_id_from_index(7));
  EXPECT_EQ(create(1), used(1)) << "asked for by name";
  EXPECT_EQ(subnet.create(), types::canister_id_from_index(2)) << "passes over what was deleted";
  EXPECT_EQ(subnet.state.metadata().allocation.deleted_ahead->size(), 1U) << "7; 1 is behind";
  EXPECT_EQ(create(1), used(1));
  EXPECT_EQ(create(7), used(7));
}

TEST(Management, a_canister_creates_canisters_with_its_own_cycles) {
  TestSubnet subnet;
  const CanisterId proxy = subnet.deploy(kProxy);
  const Bytes arg = codec::candid::encode_args(management::CreateCanisterArgs{});
  EXPECT_EQ(through(subnet, proxy, "create_canister", arg, 499'999'999'999),
            "reply: rejected 4: Creating a canister requires a fee of 500000000000 that is "
            "deducted from the canister's initial balance but only 499999999999 cycles were "
            "received with the create_canister request.");
  const std::size_t before = subnet.state.canisters().size();
  const std::string answer = through(subnet, proxy, "create_canister", arg, 600'000'000'000);
  EXPECT_TRUE(answer.starts_with("reply: ok:DIDL")) << answer;
  ASSERT_EQ(subnet.state.canisters().size(), before + 1);
  const CanisterId created = types::canister_id_from_index(before);
  EXPECT_EQ(subnet.at(created).balance, Cycles{100'000'000'000});
  EXPECT_TRUE(subnet.at(created).is_controller(proxy.principal));
}

// Cycles have 128 bits, and no sequence of provisional calls may make more of them.
TEST(Management, no_more_cycles_are_made_at_once_than_sums_can_bear) {
  TestSubnet subnet;
  const CanisterId id = subnet.create();
  constexpr codec::Uint128 kTooMany = (codec::Uint128{1} << 96) + 1;
  const std::string refused =
      "IC0408: At most 79228162514264337593543950336 cycles can be provided at once.";
  management::ProvisionalCreateArgs create;
  create.amount = kTooMany;
  EXPECT_EQ(subnet.text(subnet.manage(kAlice, "provisional_create_canister_with_cycles", create)),
            refused);
  const management::ProvisionalTopUpArgs top_up{id, kTooMany};
  EXPECT_EQ(subnet.text(subnet.manage(kBob, "provisional_top_up_canister", top_up)), refused);
}

// ------------------------------------------------------------------------------------- settings

struct SettingRow {
  std::string what;
  management::SettingsArg settings;
  std::string error;
};

TEST(Management, settings_out_of_range_are_refused) {
  TestSubnet subnet;
  const CanisterId id = subnet.create();
  std::vector<SettingRow> rows(6);
  rows[0] = {"controllers", {}, "'controllers' length exceeds maximum size allowed of 10."};
  rows[0].settings.controllers.emplace(11);
  for (std::uint8_t i = 0; i < 11; ++i)
    (*rows[0].settings.controllers)[i] = user(i).principal;
  rows[1] = {"compute", {}, "'compute_allocation' is 101, but can be at most 100."};
  rows[1].settings.compute_allocation = 101;
  rows[2] = {"limit",
             {},
             "'wasm_memory_limit' is 281474976710657, but can be at most "
             "281474976710656."};
  rows[2].settings.wasm_memory_limit = (std::uint64_t{1} << 48) + 1;
  rows[3] = {"names", {}, "Duplicate environment variable 'A'."};
  rows[3].settings.environment_variables = Variables{{"A", "1"}, {"A", "2"}};
  rows[4] = {"count", {}, "Too many environment variables: 21 (max: 20)."};
  rows[4].settings.environment_variables.emplace(21);
  rows[5] = {"length", {}, "Environment variable name or value exceeds 128 bytes."};
  rows[5].settings.environment_variables = Variables{{"A", std::string(129, 'x')}};
  for (const SettingRow& row : rows) {
    management::UpdateSettingsArgs args{id, row.settings, std::nullopt};
    EXPECT_EQ(subnet.text(subnet.manage(kAlice, "update_settings", args)),
              "IC0408: Could not validate the settings: Invalid settings: " + row.error)
        << row.what;
  }
  EXPECT_EQ(subnet.at(id).version, 0U);
}

TEST(Management, settings_are_changed_and_remembered) {
  TestSubnet subnet;
  const CanisterId id = subnet.create(kPlenty);
  management::UpdateSettingsArgs args;
  args.canister_id = id;
  args.settings.controllers = {kAlice.principal, kBob.principal};
  args.settings.compute_allocation = 5;
  args.settings.environment_variables = Variables{{"KEY", "value"}};
  args.settings.log_visibility = management::VisibilityArg(std::in_place_index<1>);
  EXPECT_EQ(subnet.text(subnet.manage(kAlice, "update_settings", args)), ok());
  const auto status = status_of(subnet, id);
  EXPECT_EQ(status.settings.controllers.size(), 2U);
  EXPECT_TRUE(status.settings.compute_allocation == 5U);
  EXPECT_EQ(status.settings.log_visibility.index(), 1U);
  EXPECT_EQ(status.settings.environment_variables.at(0).value, "value");
  EXPECT_EQ(status.version, 1U);
  EXPECT_EQ(subnet.at(id).history->total_changes(), 2U);
  EXPECT_EQ(subnet.text(subnet.manage(kBob, "update_settings", args)), ok());
}

// Interface specification, changes of version 0.52: "memory allocation does not limit canister
// memory usage".
TEST(Management, a_memory_allocation_may_be_below_what_a_canister_uses) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(with_imports(R"(
    (func (export "canister_update grow")
      (call $reply_byte (i32.add (memory.grow (i32.const 1)) (i32.const 48)))))"));
  management::UpdateSettingsArgs args;
  args.canister_id = id;
  args.settings.memory_allocation = 1000;
  EXPECT_EQ(subnet.text(subnet.manage(kAlice, "update_settings", args)), ok());
  EXPECT_EQ(subnet.text(subnet.call(kAlice, id, "grow")), "reply: 1");
}

// Interface specification, "Changing settings": |wasm_memory| <= New_wasm_memory_limit.
TEST(Management, a_memory_limit_below_what_the_heap_has_is_refused) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(kCounter);
  management::UpdateSettingsArgs args;
  args.canister_id = id;
  args.settings.wasm_memory_limit = 65535;
  EXPECT_EQ(subnet.text(subnet.manage(kAlice, "update_settings", args)),
            "IC0408: Could not validate the settings: Invalid settings: 'wasm_memory_limit' is "
            "65535, but the canister's Wasm memory has 65536 bytes.");
  args.settings.wasm_memory_limit = 65536;
  EXPECT_EQ(subnet.text(subnet.manage(kAlice, "update_settings", args)), ok());
}

// Interface specification, "Scheduling on low wasm memory hook": after management calls as well.
TEST(Management, settings_can_make_the_low_memory_hook_due) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(with_imports(R"(
    (global $reports (mut i32) (i32.const 48))
    (func (export "canister_on_low_wasm_memory")
      (global.set $reports (i32.add (global.get $reports) (i32.const 1))))
    (func (export "canister_query reports") (call $reply_byte (global.get $reports))))"));
  management::UpdateSettingsArgs args;
  args.canister_id = id;
  args.settings.wasm_memory_limit = 2 * 65536;
  args.settings.wasm_memory_threshold = 65537;
  subnet.manage(kAlice, "update_settings", args);
  subnet.round();
  EXPECT_EQ(subnet.text(subnet.query(id, "reports")), "reply: 1");
}

constexpr Duration kMonth = Duration::seconds(30 * 86'400);

// Interface specification, "cycle consumption": time that has passed is paid at the rate it had.
TEST(Management, an_allocation_is_not_charged_for_the_time_before_it_was_made) {
  TestSubnet subnet;
  const CanisterId id = subnet.create(kPlenty);
  subnet.step = kMonth;
  subnet.round();
  subnet.step = Duration::seconds(20);
  management::UpdateSettingsArgs args;
  args.canister_id = id;
  args.settings.compute_allocation = 50;
  EXPECT_EQ(subnet.text(subnet.manage(kAlice, "update_settings", args)), ok());
  subnet.call(kAlice, id, "charges");
  const Cycles paid = subnet.at(id).consumed->at(state::CyclesUse::kComputeAllocation);
  EXPECT_EQ(paid, Cycles{50ULL * 10'000'000 * 20});
}

TEST(Management, code_is_not_charged_for_the_time_before_it_was_installed) {
  TestSubnet subnet;
  const CanisterId id = subnet.create();
  subnet.step = kMonth;
  subnet.round();
  subnet.step = Duration::seconds(20);
  ASSERT_EQ(subnet.text(subnet.install(id, wat(kCounter))), ok());
  subnet.call(kAlice, id, "inc");
  // 64 KiB for a month would be twenty million.
  EXPECT_LT(subnet.at(id).consumed->at(state::CyclesUse::kMemory), Cycles{1'000'000});
}

TEST(Management, the_status_is_without_what_an_idle_canister_owes) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(kCounter);
  const auto before = status_of(subnet, id);
  const Duration step = std::exchange(subnet.step, kMonth);
  subnet.round();
  subnet.step = step;
  const auto after = status_of(subnet, id);
  const auto owed = before.idle_cycles_burned_per_day * 30;
  EXPECT_TRUE(before.cycles - after.cycles >= owed);
  EXPECT_TRUE(before.cycles - after.cycles <= owed + before.idle_cycles_burned_per_day);
  const Bytes arg = codec::candid::encode_args(CanisterIdRecord{id});
  const QueryAnswer queried = execute_query(
      subnet.state,
      {kAlice, std::nullopt, types::management_canister(), "canister_status", Slice(Bytes(arg))},
      std::nullopt, subnet.environment);
  ASSERT_TRUE(queried.result.ok());
  const auto status = codec::candid::decode_arg<management::CanisterStatusResult>(*queried.result);
  EXPECT_TRUE(status->cycles == after.cycles);
}

TEST(Management, a_subnet_keeps_one_percent_of_its_compute_free) {
  TestSubnet subnet;
  std::vector<CanisterId> ids;
  for (int i = 0; i < 3; ++i)
    ids.push_back(subnet.create(kPlenty));
  management::UpdateSettingsArgs args;
  args.settings.compute_allocation = 100;
  for (std::size_t i = 0; i < 2; ++i) {
    args.canister_id = ids[i];
    EXPECT_EQ(subnet.text(subnet.manage(kAlice, "update_settings", args)), ok());
  }
  args.canister_id = ids[2];
  EXPECT_EQ(subnet.text(subnet.manage(kAlice, "update_settings", args)),
            "IC0101: Canister requested a compute allocation of 100% which cannot be satisfied "
            "because the Subnet's remaining compute capacity is 99%.");
}

// ------------------------------------------------------------------------------------ lifecycle

/// `wait` stays open until the canister that it calls answers.
std::string waiting() {
  return with_imports(R"(
    (table 1 funcref)
    (elem (i32.const 0) $callback)
    (data (i32.const 32) "hold")
    (func $callback (param i32) (call $reply))
    (func (export "canister_update wait")
      (call $arg_copy (i32.const 64) (i32.const 0) (call $arg_size))
      (call $call_new (i32.const 64) (call $arg_size) (i32.const 32) (i32.const 4)
        (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
      (drop (call $perform)))
    (func (export "canister_update now") (call $reply)))");
}

/// Answers a call only when `release` was called; until then it calls itself.
std::string holding() {
  return with_imports(R"(
    (table 1 funcref)
    (elem (i32.const 0) $again)
    (data (i32.const 32) "raw_rand")
    (global $open (mut i32) (i32.const 0))
    (func $again (param i32)
      (if (global.get $open) (then (call $reply)) (else (call $ask))))
    (func $ask
      (call $call_new (i32.const 64) (i32.const 0) (i32.const 32) (i32.const 8)
        (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
      (i64.store (i32.const 48) (i64.const 0x00004c444944))
      (call $call_data (i32.const 48) (i32.const 6))
      (drop (call $perform)))
    (func (export "canister_update hold") (call $ask))
    (func (export "canister_update release") (global.set $open (i32.const 1)) (call $reply)))");
}

TEST(Management, a_canister_stops_when_its_calls_are_answered) {
  TestSubnet subnet;
  const CanisterId holder = subnet.deploy(holding());
  const CanisterId id = subnet.deploy(waiting());
  const auto call = subnet.submit(kAlice, id, "wait", to_bytes(holder.view()));
  subnet.round();
  const auto stop = subnet.submit(kAlice, types::management_canister(), "stop_canister",
                                  codec::candid::encode_args(CanisterIdRecord{id}));
  for (int i = 0; i < 3; ++i)
    subnet.round();
  EXPECT_EQ(subnet.text(subnet.status(stop)), "processing");
  EXPECT_TRUE(subnet.at(id).is_stopping());
  EXPECT_EQ(subnet.text(subnet.call(kAlice, id, "now")),
            "IC0509: Canister " + id.text() + " is stopping");
  subnet.call(kAlice, holder, "release");
  EXPECT_EQ(subnet.text(subnet.finish(call)), "reply: ");
  EXPECT_EQ(subnet.text(subnet.finish(stop)), ok());
  EXPECT_TRUE(subnet.at(id).is_stopped());
  EXPECT_EQ(subnet.text(subnet.call(kAlice, id, "now")),
            "IC0508: Canister " + id.text() + " is stopped");
  EXPECT_EQ(subnet.text(subnet.manage(kAlice, "start_canister", CanisterIdRecord{id})), ok());
  EXPECT_EQ(subnet.text(subnet.call(kAlice, id, "now")), "reply: ");
}

TEST(Management, starting_cancels_a_stop_and_waiting_too_long_ends_one) {
  TestSubnet subnet;
  const CanisterId holder = subnet.deploy(holding());
  const CanisterId id = subnet.deploy(waiting());
  subnet.submit(kAlice, id, "wait", to_bytes(holder.view()));
  subnet.round();
  const Bytes arg = codec::candid::encode_args(CanisterIdRecord{id});
  const auto first =
      subnet.submit(kAlice, types::management_canister(), "stop_canister", Bytes(arg));
  subnet.round();
  EXPECT_EQ(subnet.text(subnet.manage(kAlice, "start_canister", CanisterIdRecord{id})), ok());
  EXPECT_TRUE(subnet.text(subnet.finish(first)).starts_with("IC0511: "));
  const auto second =
      subnet.submit(kAlice, types::management_canister(), "stop_canister", Bytes(arg));
  subnet.round();
  subnet.step = Duration::minutes(5);
  EXPECT_EQ(subnet.text(subnet.finish(second)), "IC0206: Stop canister request timed out");
  EXPECT_TRUE(subnet.at(id).is_stopping());
}

TEST(Management, only_stopped_canisters_are_deleted) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(kCounter);
  EXPECT_EQ(subnet.text(subnet.manage(kAlice, "delete_canister", CanisterIdRecord{id})),
            "IC0510: Canister " + id.text() + " must be stopped before it is deleted.");
  subnet.manage(kAlice, "stop_canister", CanisterIdRecord{id});
  EXPECT_EQ(subnet.text(subnet.manage(kAlice, "delete_canister", CanisterIdRecord{id})), ok());
  EXPECT_FALSE(subnet.state.contains(id));
  EXPECT_EQ(subnet.text(subnet.manage(kAlice, "start_canister", CanisterIdRecord{id})),
            "IC0301: Canister " + id.text() + " not found.");
}

TEST(Management, uninstalling_rejects_open_calls_and_forgets_their_callbacks) {
  TestSubnet subnet;
  const CanisterId holder = subnet.deploy(holding());
  const CanisterId id = subnet.deploy(waiting());
  const auto call = subnet.submit(kAlice, id, "wait", to_bytes(holder.view()));
  subnet.round();
  EXPECT_EQ(subnet.text(subnet.manage(kAlice, "uninstall_code",
                                      management::UninstallCodeArgs{id, std::nullopt})),
            ok());
  EXPECT_EQ(subnet.text(subnet.finish(call)), "IC0406: Canister has been uninstalled.");
  EXPECT_FALSE(subnet.at(id).has_code());
  EXPECT_FALSE(subnet.at(id).calls->idle());
  subnet.call(kAlice, holder, "release");
  for (int i = 0; i < 3; ++i)
    subnet.round();
  EXPECT_TRUE(subnet.at(id).calls->idle());
}

// ------------------------------------------------------------------------------- cycles, random

TEST(Management, deposits_add_to_a_canisters_balance) {
  TestSubnet subnet;
  const CanisterId proxy = subnet.deploy(kProxy);
  const CanisterId id = subnet.create(1000);
  EXPECT_TRUE(through(subnet, proxy, "deposit_cycles",
                      codec::candid::encode_args(CanisterIdRecord{id}), 7'000)
                  .starts_with("reply: ok:"));
  EXPECT_EQ(subnet.at(id).balance, Cycles{8'000});
}

TEST(Management, raw_rand_gives_different_bytes_a_round_later) {
  TestSubnet subnet;
  const CanisterId proxy = subnet.deploy(kProxy);
  const Bytes none = codec::candid::encode_args();
  const auto request = subnet.submit(kAlice, proxy, "proxy",
                                     proxy_arg(types::management_canister(), "raw_rand", none));
  subnet.round();
  EXPECT_EQ(subnet.text(subnet.status(request)), "processing");
  const std::string first = subnet.text(subnet.finish(request));
  const std::string second = through(subnet, proxy, "raw_rand", none);
  EXPECT_TRUE(first.starts_with("reply: ok:DIDL"));
  EXPECT_EQ(first.size(), second.size());
  EXPECT_NE(first, second);
}

// "A new return value is generated for each call to this method": also for those of one round.
TEST(Management, raw_rand_gives_each_call_bytes_of_its_own) {
  TestSubnet subnet;
  const Bytes none = codec::candid::encode_args();
  const std::array proxies = {subnet.deploy(kProxy), subnet.deploy(kProxy)};
  std::vector<types::RequestId> calls;
  for (const CanisterId& proxy : proxies)
    calls.push_back(subnet.submit(kAlice, proxy, "proxy",
                                  proxy_arg(types::management_canister(), "raw_rand", none)));
  const std::string first = subnet.text(subnet.finish(calls[0]));
  const std::string second = subnet.text(subnet.status(calls[1]));
  EXPECT_TRUE(first.starts_with("reply: ok:DIDL")) << first;
  EXPECT_TRUE(second.starts_with("reply: ok:DIDL")) << "answered in the same round: " << second;
  EXPECT_NE(first, second);
}

TEST(Management, a_canister_that_runs_out_of_cycles_is_uninstalled) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(kCounter);
  subnet.state.update(id, [&](state::CanisterState& canister) {
    subnet.minted -= (canister.balance - Cycles{2'000'000});
    canister.balance = Cycles{2'000'000};
    canister.next_charge = subnet.state.time();
  });
  subnet.step = Duration::seconds(86'400 * 30);
  subnet.round();
  EXPECT_FALSE(subnet.at(id).has_code());
  EXPECT_EQ(subnet.at(id).balance, Cycles{0});
  EXPECT_TRUE(subnet.at(id).history->changes().empty());
  EXPECT_EQ(subnet.at(id).history->total_changes(), 2U);
}

// ------------------------------------------------------------------------------------------ info

TEST(Management, info_tells_a_canisters_history) {
  TestSubnet subnet;
  const CanisterId proxy = subnet.deploy(kProxy);
  const CanisterId id = subnet.deploy(kCounter);
  const std::string answer =
      through(subnet, proxy, "canister_info",
              codec::candid::encode_args(management::CanisterInfoArgs{id, 10}));
  ASSERT_TRUE(answer.starts_with("reply: ok:")) << answer;
  const auto info = codec::candid::decode_arg<management::CanisterInfoResult>(
      as_bytes(std::string_view(answer).substr(10)));
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->total_num_changes, 2U);
  ASSERT_EQ(info->recent_changes.size(), 2U);
  EXPECT_EQ(info->recent_changes[0].details.index(), 0U);
  EXPECT_EQ(info->recent_changes[1].details.index(), 2U);
  EXPECT_EQ(info->recent_changes[1].canister_version, 1U);
  EXPECT_EQ(info->controllers, std::vector{kAlice.principal});
}

// "recent_changes: the list containing the most recent canister changes", none by default.
TEST(Management, info_tells_the_most_recent_changes) {
  TestSubnet subnet;
  const CanisterId proxy = subnet.deploy(kProxy);
  const CanisterId id = subnet.deploy(kCounter);
  const auto versions_of = [&](std::optional<std::uint64_t> wanted) {
    const std::string answer =
        through(subnet, proxy, "canister_info",
                codec::candid::encode_args(management::CanisterInfoArgs{id, wanted}));
    const auto info = codec::candid::decode_arg<management::CanisterInfoResult>(
        as_bytes(std::string_view(answer).substr(10)));
    std::vector<std::uint64_t> versions;
    for (const auto& change : info->recent_changes)
      versions.push_back(change.canister_version);
    return versions;
  };
  EXPECT_EQ(versions_of(1), std::vector<std::uint64_t>{1});
  EXPECT_EQ(versions_of(2), (std::vector<std::uint64_t>{0, 1}));
  EXPECT_TRUE(versions_of(std::nullopt).empty());
}

// Interface specification, "canister_info": at least 20 changes remain, and the total counts on.
TEST(Management, the_history_keeps_the_latest_20_changes) {
  TestSubnet subnet;
  const CanisterId id = subnet.create();
  management::UpdateSettingsArgs args;
  args.canister_id = id;
  args.settings.controllers = std::vector{kAlice.principal};
  for (int i = 0; i < 25; ++i)
    subnet.manage(kAlice, "update_settings", args);
  const state::CanisterHistory& history = *subnet.at(id).history;
  EXPECT_EQ(history.total_changes(), 26U);
  ASSERT_EQ(history.changes().size(), 20U);
  EXPECT_EQ(history.changes().front().canister_version, 6U);
}

TEST(Management, private_metadata_is_for_controllers) {
  TestSubnet subnet;
  const CanisterId proxy = subnet.deploy(kProxy);
  const CanisterId id = subnet.deploy(with_imports(
      R"((@custom "icp:public candid:service" "service")
         (@custom "icp:private secret" "hidden"))"));
  const auto read = [&](std::string name) {
    return through(subnet, proxy, "canister_metadata",
                   codec::candid::encode_args(management::CanisterMetadataArgs{id, name}));
  };
  EXPECT_NE(read("candid:service").find("service"), std::string::npos);
  EXPECT_EQ(read("secret"), "reply: rejected 4: The canister " + id.text() +
                                " has no metadata section with the name secret.");
}

TEST(Management, a_wrong_sender_version_is_a_broken_contract) {
  TestSubnet subnet;
  const CanisterId proxy = subnet.deploy(kProxy);
  management::CreateCanisterArgs args;
  args.sender_canister_version = 77;
  EXPECT_EQ(
      through(subnet, proxy, "create_canister", codec::candid::encode_args(args), 600'000'000'000),
      "IC0504: Error from Canister " + proxy.text() +
          ": Canister violated contract: sender_canister_version is 77, but the sender's "
          "version is 1.");
}

}  // namespace
}  // namespace icpd::execution
