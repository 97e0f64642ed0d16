// How much work there is in a message and in a round (reference "Limits, rounds, DTS, scheduler",
// 4.1). What one message may use is the specification's; what a round may use is chosen by the
// subnet (state::SubnetParameters).
#pragma once

#include <array>
#include <cstdint>

#include "base/units.hpp"
#include "execution/wasm/engine.hpp"
#include "state/topology.hpp"

namespace icpd::execution {

/// Instructions that one execution may use in all.
struct MessageLimits {
  /// Update, heartbeat, timer, low memory hook, callbacks.
  std::uint64_t update = 0;
  /// Query, replicated or not, and a composite query with all it calls.
  std::uint64_t query = 0;
  std::uint64_t install = 0;
  std::uint64_t inspect = 0;
};

inline constexpr MessageLimits kApplicationLimits = {
    .update = 40'000'000'000,
    .query = 5'000'000'000,
    .install = 300'000'000'000,
    .inspect = 200'000'000,
};
inline constexpr MessageLimits kSystemLimits = {
    .update = 50'000'000'000,
    .query = 50'000'000'000,
    .install = 1'000'000'000'000,
    .inspect = 200'000'000,
};
[[nodiscard]] constexpr const MessageLimits& message_limits(state::SubnetType type) {
  return type == state::SubnetType::kSystem ? kSystemLimits : kApplicationLimits;
}

/// Kept back from a callback for its cleanup.
[[nodiscard]] constexpr std::uint64_t reserved_for_cleanup(std::uint64_t limit) {
  return limit / 20;
}

// Stable memory pages that one execution may read or write, by kind.
inline constexpr wasm::StablePageLimits kMessageStablePages = {
    .accessed = 2 * kGiB / io::kGuestPageSize, .modified = 2 * kGiB / io::kGuestPageSize};
inline constexpr wasm::StablePageLimits kInstallStablePages = {
    .accessed = 8 * kGiB / io::kGuestPageSize, .modified = 8 * kGiB / io::kGuestPageSize};
inline constexpr wasm::StablePageLimits kQueryStablePages = {
    .accessed = 1 * kGiB / io::kGuestPageSize, .modified = 1 * kGiB / io::kGuestPageSize};

// Of a query with everything it calls (query.hpp).
/// Calls on the way from the root (MAX_CALL_DEPTH_COMPOSITE_QUERY).
inline constexpr std::size_t kCompositeQueryDepthMax = 6;
/// Counted for each call of a composite query, whatever it does.
inline constexpr std::uint64_t kNestedQueryInstructions = 50'000'000;
/// Of real time (MAX_WALL_CLOCK_TIME_COMPOSITE_QUERY); kept by whoever has a clock.
inline constexpr Duration kQueryTimeMax = Duration::seconds(10);
/// How often a running query is asked whether its time is up: about every 25 ms.
inline constexpr std::uint64_t kQueryWatchInstructions = 50'000'000;
/// Stored to by composite queries that wait for others: as much as one heap can have.
inline constexpr std::uint64_t kCompositeQueryMemoryMax = 6 * kGiB;
/// Calls that a composite query and those above it have made and that haven't been answered.
inline constexpr std::uint64_t kCompositeQueryCallsMax = 500;
inline constexpr std::uint64_t kCompositeQueryCallBytesMax = 64 * kMiB;
/// How long a certificate that a query has read may be shown again.
inline constexpr Duration kCertificateReuseMax = Duration::seconds(60);

/// Cores are a protocol constant: they decide what runs in a round. How many threads do the work
/// of the cores is a matter of the machine.
inline constexpr std::size_t kSchedulerCores = 4;
/// Long executions whose native stack is kept between rounds.
inline constexpr std::size_t kPausedExecutionsMax = 4;

// What the work around an execution counts in a round's budget, beside the execution's own
// instructions: 2,000 of them are taken as a microsecond. Never charged to a canister.
inline constexpr std::uint64_t kOverheadPerExecution = 100'000;
inline constexpr std::uint64_t kOverheadPerCanister = 100'000;
/// The management canister's part of a round's budget.
inline constexpr std::uint64_t kManagementShare = 16;

/// What each round takes off a canister's debits.
inline constexpr std::uint64_t kHeapDeltaCredit = 75 * kMiB;
inline constexpr std::uint64_t kInstallCodeCredit = 2'000'000'000;
inline constexpr std::uint64_t kHeapDeltaReserve = 32 * kGiB;

inline constexpr std::uint64_t kCompileInstructionsPerUnit = 6'000;
inline constexpr std::uint64_t kUploadChunkInstructions = 200'000'000;
/// Taking or loading a snapshot, and reading or uploading a part of one; beside one instruction for
/// each byte.
inline constexpr std::uint64_t kSnapshotInstructions = 2'000'000'000;
inline constexpr std::uint64_t kSnapshotDataInstructions = 5'000'000;

inline constexpr Duration kChargeInterval = Duration::seconds(10);

}  // namespace icpd::execution
