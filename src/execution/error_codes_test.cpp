// Error codes as users meet them, each brought about and compared with the text of the public
// execution-errors page. Codes that belong to a rule with a test of its own are tested there.
#include <gtest/gtest.h>

#include "execution/test_subnet.hpp"

namespace icpd::execution {
namespace {

using namespace testing;

/// `grow` adds as many pages to the heap as its argument, four bytes, says.
std::string growing() {
  return with_imports(R"(
    (func (export "canister_update grow")
      (call $arg_copy (i32.const 0) (i32.const 0) (i32.const 4))
      (drop (memory.grow (i32.load (i32.const 0))))
      (call $reply)))");
}
std::string grow(TestSubnet& subnet, const CanisterId& id, std::uint32_t pages) {
  Bytes arg;
  append_le(arg, pages);
  return subnet.text(subnet.call(kAlice, id, "grow", std::move(arg)));
}
template <typename Change>
std::string set(TestSubnet& subnet, const CanisterId& id, Change change) {
  management::UpdateSettingsArgs args;
  args.canister_id = id;
  change(args.settings);
  return subnet.text(subnet.manage(kAlice, "update_settings", args));
}
std::string done() {
  return "reply: " + std::string(as_text(codec::candid::encode_args()));
}
/// From here on growing sets cycles aside: another canister has a terabyte.
void fill(TestSubnet& subnet) {
  subnet.state.update(subnet.create(), [](state::CanisterState& canister) {
    canister.settings.write().memory_allocation = kTiB;
  });
}

std::string create_provisionally(TestSubnet& subnet) {
  return subnet.text(subnet.manage(kAlice, "provisional_create_canister_with_cycles",
                                   management::ProvisionalCreateArgs{}));
}

TEST(ErrorCodes, ic0101_a_subnet_has_given_all_its_ids) {
  TestSubnet subnet;
  subnet.state.write_metadata().allocation.ranges = {{0, 1}};
  subnet.create();
  subnet.create();
  EXPECT_EQ(create_provisionally(subnet),
            "IC0101: Could not create canister. Subnet has surpassed its canister ID allocation.");
}

TEST(ErrorCodes, ic0101_memory_that_the_subnet_does_not_have) {
  TestSubnet subnet({.parameters = {.subnet_memory_max = kGiB, .provisional_methods = true}});
  const CanisterId id = subnet.create();
  const auto allocate = [&](std::uint64_t bytes) {
    return set(subnet, id, [&](auto& settings) { settings.memory_allocation = bytes; });
  };
  EXPECT_EQ(allocate(kGiB + kMiB),
            "IC0101: Canister requested 1 GiB of memory but only 1023.99 MiB are available in the "
            "subnet.");
  EXPECT_TRUE(allocate(kGiB + 1).starts_with("IC0101: "));
  EXPECT_EQ(allocate(kGiB), done());
}

TEST(ErrorCodes, ic0101_compute_that_the_subnet_does_not_have) {
  TestSubnet subnet;
  subnet.state.update(subnet.create(), [](state::CanisterState& canister) {
    canister.settings.write().compute_allocation = 200;
  });
  constexpr codec::Uint128 kPlenty = codec::Uint128{10'000'000} * 1'000'000'000;
  const CanisterId id = subnet.create(kPlenty);
  const auto allocate = [&](std::uint64_t percent) {
    return set(subnet, id, [&](auto& settings) { settings.compute_allocation = percent; });
  };
  EXPECT_EQ(allocate(100),
            "IC0101: Canister requested a compute allocation of 100% which cannot be satisfied "
            "because the Subnet's remaining compute capacity is 99%.");
  EXPECT_EQ(allocate(99), done());
}

TEST(ErrorCodes, sizes_are_told_in_the_largest_unit_that_they_reach) {
  EXPECT_EQ(size_text(0), "0 bytes");
  EXPECT_EQ(size_text(1023), "1023 bytes");
  EXPECT_EQ(size_text(1024), "1 KiB");
  EXPECT_EQ(size_text(10 * kMiB), "10 MiB");
  EXPECT_EQ(size_text(10 * kMiB + kMiB / 2), "10.5 MiB");
  EXPECT_EQ(size_text(4 * kGiB - 1), "3.99 GiB");
  EXPECT_EQ(size_text(2 * kTiB + kTiB / 16), "2.06 TiB");
  EXPECT_EQ(size_text(UINT64_MAX), "16777215.99 TiB");
}

TEST(ErrorCodes, ic0102_a_subnet_is_full_of_canisters) {
  TestSubnet subnet({.parameters = {.canisters_max = 1, .provisional_methods = true}});
  subnet.create();
  EXPECT_EQ(create_provisionally(subnet),
            "IC0102: Subnet " + subnet.state.topology().own_subnet.text() +
                " has reached the allowed canister limit of 1 canisters. Retry creating the "
                "canister.");
}

// "Reserved pages for old Motoko": the last 16 of 65,536, for which the heap has one page already.
TEST(ErrorCodes, ic0507_old_motoko_keeps_pages_for_its_upgrade) {
  TestSubnet subnet;
  std::string module = growing();
  module.insert(module.rfind(')'), R"((func (export "canister_update __motoko_async_helper")))");
  const CanisterId id = subnet.deploy(module);
  EXPECT_EQ(grow(subnet, id, 65'520),
            "IC0507: Error from Canister " + id.text() +
                ": Canister tried to allocate pages reserved for upgrading older versions of "
                "Motoko.");
  EXPECT_EQ(grow(subnet, id, 65'519), "reply: ");
}

// "Delete canister self": also where the canister is its own controller.
TEST(ErrorCodes, ic0512_a_canister_that_deletes_itself) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(kProxy);
  ASSERT_EQ(set(subnet, id,
                [&](auto& settings) { settings.controllers = {kAlice.principal, id.principal}; }),
            done());
  const Bytes arg = codec::candid::encode_args(management::CanisterIdRecord{id});
  EXPECT_EQ(
      subnet.text(subnet.call(kAlice, id, "proxy",
                              proxy_arg(types::management_canister(), "delete_canister", arg))),
      "reply: rejected 5: Canister " + id.text() + " cannot delete itself.");
  EXPECT_TRUE(subnet.state.contains(id));
}

TEST(ErrorCodes, ic0520_a_call_brings_too_few_cycles) {
  TestSubnet subnet;
  const CanisterId proxy = subnet.deploy(kProxy);
  const CanisterId counter = subnet.deploy(kCounter);
  ASSERT_EQ(set(subnet, counter,
                [](auto& settings) { settings.minimum_incoming_canister_call_cycles = 1000; }),
            done());
  EXPECT_EQ(
      subnet.text(subnet.call(kAlice, proxy, "proxy", proxy_arg(counter, "inc", {}, 999))),
      "reply: rejected 5: Canister " + counter.text() +
          " requires at least 1000 cycles to be attached to calls of other canisters, but only "
          "999 were attached.");
}

// Fifty percent of a core for the thirty days of the default freezing threshold.
TEST(ErrorCodes, ic0530_compute_that_cannot_be_paid_for) {
  TestSubnet subnet;
  const CanisterId id = subnet.create();
  const std::string answer =
      set(subnet, id, [](auto& settings) { settings.compute_allocation = 50; });
  EXPECT_TRUE(
      answer.starts_with("IC0530: Cannot increase compute allocation to 50 due to "
                         "insufficient cycles. At least 11960"))
      << answer;
  EXPECT_TRUE(answer.ends_with(" additional cycles are required.")) << answer;
}

TEST(ErrorCodes, ic0531_memory_that_cannot_be_paid_for) {
  TestSubnet subnet;
  const CanisterId id = subnet.create();
  const std::string answer =
      set(subnet, id, [](auto& settings) { settings.memory_allocation = 500 * kGiB; });
  EXPECT_TRUE(
      answer.starts_with("IC0531: Cannot increase memory allocation to 536870912000 due to "
                         "insufficient cycles. At least "))
      << answer;
}

TEST(ErrorCodes, ic0532_growing_that_would_freeze) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(growing());
  ASSERT_EQ(set(subnet, id, [](auto& settings) { settings.freezing_threshold = 10'000'000'000; }),
            done());
  EXPECT_EQ(grow(subnet, id, 2000),
            "IC0532: Error from Canister " + id.text() +
                ": Canister cannot grow memory by 131072000 bytes due to insufficient cycles.");
  EXPECT_EQ(grow(subnet, id, 1), "reply: ");
}

TEST(ErrorCodes, ic0533_an_allocation_for_which_too_much_would_be_set_aside) {
  TestSubnet subnet;
  fill(subnet);
  const CanisterId id = subnet.create();
  const std::string answer =
      set(subnet, id, [](auto& settings) { settings.memory_allocation = kGiB; });
  EXPECT_TRUE(answer.starts_with(
      "IC0533: Cannot increase memory allocation to 1073741824 due to its reserved cycles limit. "
      "The current limit (5000000000000) would be exceeded by "))
      << answer;
}

TEST(ErrorCodes, ic0534_growing_for_which_too_much_would_be_set_aside) {
  TestSubnet subnet;
  fill(subnet);
  const CanisterId id = subnet.deploy(growing());
  const Cycles reserved = subnet.at(id).reserved_balance;
  ASSERT_GT(reserved, Cycles{0}) << "for what was installed";
  ASSERT_EQ(
      set(subnet, id, [&](auto& settings) { settings.reserved_cycles_limit = reserved.value; }),
      done());
  const std::string answer = grow(subnet, id, 1);
  EXPECT_TRUE(answer.starts_with("IC0534: Error from Canister " + id.text() +
                                 ": Canister cannot grow memory by 65536 bytes due to its reserved "
                                 "cycles limit. The current limit (" +
                                 types::to_text(reserved) + ") would be exceeded by "))
      << answer;
}

TEST(ErrorCodes, ic0539_a_heap_beyond_its_limit) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(growing());
  ASSERT_EQ(set(subnet, id, [](auto& settings) { settings.wasm_memory_limit = 131'072; }), done());
  EXPECT_EQ(grow(subnet, id, 1), "reply: ");
  const std::string answer = grow(subnet, id, 1);
  EXPECT_TRUE(answer.starts_with("IC0539: Error from Canister " + id.text() +
                                 ": Canister exceeded its current Wasm memory limit of 131072 "
                                 "bytes. The peak Wasm memory usage was 196608 bytes."))
      << answer;
}

TEST(ErrorCodes, ic0540_a_limit_below_what_is_set_aside) {
  TestSubnet subnet;
  fill(subnet);
  const CanisterId id = subnet.deploy(growing());
  const Cycles reserved = subnet.at(id).reserved_balance;
  EXPECT_EQ(set(subnet, id, [](auto& settings) { settings.reserved_cycles_limit = 1; }),
            "IC0540: Cannot set the reserved cycles limit 1 below the reserved cycles balance of "
            "the canister " +
                types::to_text(reserved) + ".");
}

}  // namespace
}  // namespace icpd::execution
