// What a canister's controllers are told about its memory and its cycles (interface specification,
// "Memory Metrics", "canister_metrics").
#include "execution/management_info.hpp"

#include <gtest/gtest.h>

#include "execution/management_snapshot_types.hpp"
#include "execution/test_subnet.hpp"

namespace icpd::execution {
namespace {

using namespace testing;
using namespace management;

template <typename T, typename... Args>
T answer(TestSubnet& subnet, std::string method, const Args&... args) {
  const auto got = subnet.manage(kAlice, std::move(method), args...);
  const auto* reply = std::get_if<state::IngressReplied>(&got);
  if (reply == nullptr) ADD_FAILURE() << subnet.text(got);
  ensure(reply != nullptr, "the call is answered");
  return codec::candid::decode_arg<T>(reply->reply).value();
}

TEST(MemoryMetrics, name_each_part_and_add_up_to_the_whole) {
  TestSubnet subnet;
  const std::string module = with_imports(R"(
    (@custom "icp:public note" "0123456789")
    (global (mut i32) (i32.const 1)) (global (mut i64) (i64.const 2))
    (func (export "canister_update grow")
      (drop (call $stable_grow (i64.const 3))) (drop (memory.grow (i32.const 1))) (call $reply)))");
  const CanisterId id = subnet.deploy(module);
  subnet.call(kAlice, id, "grow");
  subnet.manage(kAlice, "upload_chunk", UploadChunkArgs{id, as_bytes("chunk")});
  const auto snapshot =
      answer<SnapshotResult>(subnet, "take_canister_snapshot",
                             TakeSnapshotArgs{id, std::nullopt, std::nullopt, std::nullopt});
  const auto status = answer<CanisterStatusResult>(subnet, "canister_status", CanisterIdRecord{id});
  const auto& parts = status.memory_metrics;
  EXPECT_TRUE(parts.wasm_memory_size == 2 * 65'536U);
  EXPECT_TRUE(parts.stable_memory_size == 3 * 65'536U);
  EXPECT_TRUE(parts.wasm_binary_size == wat(module).size());
  EXPECT_TRUE(parts.custom_sections_size == 4U + 10U);
  EXPECT_TRUE(parts.global_memory_size == 2 * 8U);
  EXPECT_TRUE(parts.wasm_chunk_store_size == kMiB);
  EXPECT_TRUE(parts.snapshots_size == snapshot.total_size);
  EXPECT_TRUE(parts.canister_history_size == subnet.at(id).history->size_bytes());
  EXPECT_TRUE(parts.canister_history_size > 0U);
  EXPECT_TRUE(status.memory_size == parts.wasm_memory_size + parts.stable_memory_size +
                                        parts.wasm_binary_size + parts.custom_sections_size +
                                        parts.global_memory_size + parts.wasm_chunk_store_size +
                                        parts.snapshots_size + parts.canister_history_size);
  EXPECT_TRUE(status.memory_size == subnet.at(id).memory_usage());
}

/// The record that ic.did has.
struct Consumed {
  Uint128 memory = 0;
  Uint128 compute_allocation = 0;
  Uint128 ingress_induction = 0;
  Uint128 instructions = 0;
  Uint128 request_and_response_transmission = 0;
  Uint128 uninstall = 0;
  Uint128 canister_creation = 0;
  Uint128 http_outcalls = 0;
  Uint128 burned_cycles = 0;
  static constexpr auto kCandid = record(
      field<"memory">(&Consumed::memory),
      field<"compute_allocation">(&Consumed::compute_allocation),
      field<"ingress_induction">(&Consumed::ingress_induction),
      field<"instructions">(&Consumed::instructions),
      field<"request_and_response_transmission">(&Consumed::request_and_response_transmission),
      field<"uninstall">(&Consumed::uninstall),
      field<"canister_creation">(&Consumed::canister_creation),
      field<"http_outcalls">(&Consumed::http_outcalls),
      field<"burned_cycles">(&Consumed::burned_cycles));
};
struct Metrics {
  Consumed cycles_consumed;
  static constexpr auto kCandid = record(field<"cycles_consumed">(&Metrics::cycles_consumed));
};

TEST(MemoryMetrics, cycles_are_told_by_what_they_were_consumed_for) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(kCounter);
  // One value for each use, so that none can be mistaken for another.
  std::uint64_t amount = 1;
  subnet.state.update(id, [&](state::CanisterState& canister) {
    canister.consumed.write().clear();
    for (int use = 0; use <= static_cast<int>(state::CyclesUse::kBurnedCycles); ++use)
      canister.consumed.write()[static_cast<state::CyclesUse>(use)] = Cycles{amount <<= 1};
    // Nothing is charged meanwhile.
    canister.charged_until = subnet.state.time() + Duration::minutes(10);
  });
  subnet.minted = subnet.cycles_accounted_for();
  const auto told =
      answer<Metrics>(subnet, "canister_metrics", CanisterIdRecord{id}).cycles_consumed;
  EXPECT_TRUE(told.memory == 2U);
  EXPECT_TRUE(told.compute_allocation == 4U);
  EXPECT_TRUE(told.ingress_induction == 8U);
  EXPECT_TRUE(told.instructions == 16U);
  EXPECT_TRUE(told.request_and_response_transmission == 32U);
  EXPECT_TRUE(told.uninstall == 64U);
  EXPECT_TRUE(told.canister_creation == 128U);
  EXPECT_TRUE(told.http_outcalls == 256U);
  EXPECT_TRUE(told.burned_cycles == 512U);
}

}  // namespace
}  // namespace icpd::execution
