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

TEST(ErrorCodes, ic0102_a_subnet_is_full_of_canisters) {
  TestSubnet subnet({.parameters = {.canisters_max = 1, .provisional_methods = true}});
  subnet.create();
  EXPECT_EQ(subnet.text(subnet.manage(kAlice, "provisional_create_canister_with_cycles",
                                      management::ProvisionalCreateArgs{})),
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
