// Limits of the protocol that users can see, in one table (interface specification; public
// resource-limits page). What a subnet may choose for itself (round, slice and install limits, heap
// delta, block sizes, pacing) is in its registry record, not here.
#pragma once

#include <cstdint>

#include "base/units.hpp"

namespace icpd::types::limits {

// Principals and requests (interface specification, "Authentication", "HTTPS Interface").
inline constexpr std::size_t kNonceSizeMax = 32;
inline constexpr std::size_t kDelegationsMax = 20;
inline constexpr std::size_t kDelegationTargetsMax = 1000;
inline constexpr std::size_t kReadStatePathsMax = 1000;
inline constexpr std::size_t kReadStateLabelsMax = 127;
inline constexpr std::size_t kMethodNameSizeMax = 20'000;
/// How far in the future a request may expire, and what clocks may differ.
inline constexpr Duration kIngressTtlMax = Duration::minutes(5);
inline constexpr Duration kIngressClockDrift = Duration::seconds(30);
/// A body larger than this is answered with 413 before it is read.
inline constexpr std::size_t kRequestBodySizeMax = 5 * kMiB;

// Blocks.
inline constexpr std::size_t kBlockIngressCountMax = 1000;
inline constexpr std::size_t kBlockIngressSizeMax = 4 * kMiB;
inline constexpr std::size_t kIngressMessageSizeMax = 2 * kMiB;
/// Answers of consensus; encoded.
inline constexpr std::size_t kBlockResponsesCountMax = 500;
inline constexpr std::size_t kBlockResponsesSizeMax = 2 * kMiB;
/// Reports of what nodes spent beside them, each at most 64 bytes.
inline constexpr std::size_t kBlockLateSpendingCountMax = 1000;
/// Canisters of which a block reports query statistics: at most 64 KiB.
inline constexpr std::size_t kBlockQueryStatsCountMax = 900;
inline constexpr std::size_t kQueryStatsEntrySizeMax = 30 + 4 * 10;
static_assert(kBlockQueryStatsCountMax * kQueryStatsEntrySizeMax <= 64 * kKiB);
static_assert(kIngressMessageSizeMax <= kBlockIngressSizeMax, "every message fits into some block");
static_assert(kIngressMessageSizeMax < kRequestBodySizeMax,
              "the envelope is refused by the right check");

// Canister messages.
inline constexpr std::size_t kInterCanisterPayloadSizeMax = 2 * kMiB;
inline constexpr std::size_t kSameSubnetPayloadSizeMax = 10 * kMiB;
inline constexpr std::size_t kReplySizeMax = 2 * kMiB;
inline constexpr std::size_t kQueryReplySizeMax = 3 * kMiB;
inline constexpr std::size_t kRejectMessageSizeMax = 8 * kKiB;
inline constexpr std::size_t kQueueCapacity = 500;
inline constexpr Duration kCallTimeoutMax = Duration::seconds(300);
/// A guaranteed-response request that waits longer in its output queue is rejected.
inline constexpr Duration kOutboundRequestLifetime = Duration::seconds(300);
inline constexpr std::size_t kCallbacksPerSubnetMax = 1'000'000;
inline constexpr std::size_t kGuaranteedCallbacksPerCanister = 50;

// HTTPS outcalls (interface specification, "IC method http_request"; reference 7.7).
inline constexpr std::size_t kHttpUrlSizeMax = 8192;
inline constexpr std::size_t kHttpHeadersMax = 64;
/// Of a name or a value.
inline constexpr std::size_t kHttpHeaderSizeMax = 8 * kKiB;
inline constexpr std::size_t kHttpHeadersSizeMax = 48 * kKiB;
/// Headers and body of a request; of a response, unless the caller wants less.
inline constexpr std::size_t kHttpRequestSizeMax = 2'000'000;
inline constexpr std::size_t kHttpResponseSizeMax = 2'000'000;
/// Outcalls of a subnet that wait for their answer, and what they may weigh together.
inline constexpr std::size_t kHttpOutcallsMax = 3000;
inline constexpr std::size_t kHttpOutcallBytesMax = 512 * kMiB;
/// How long an outcall waits, and how long after its answer nodes may report what they spent.
inline constexpr Duration kHttpOutcallTimeout = Duration::seconds(60);
inline constexpr Duration kHttpSettlementTimeout = Duration::seconds(60);
static_assert(kHttpResponseSizeMax + 64 * kKiB <= kBlockResponsesSizeMax,
              "the largest response, encoded, fits into a block");

// Ingress history.
inline constexpr std::size_t kIngressHistoryCountMax = 600'000;
inline constexpr std::uint64_t kIngressHistorySizeMax = 4 * kGiB;
/// A finished request is remembered this long after it finished.
inline constexpr Duration kIngressHistoryTtl = kIngressTtlMax;
static_assert(kIngressHistoryCountMax == 2 * kBlockIngressCountMax * 300,
              "two windows of full blocks, one a second");

// Canisters.
inline constexpr std::uint64_t kPageSize = 4096;
inline constexpr std::uint64_t kWasmPageSize = 65536;
inline constexpr std::uint64_t kHeapSizeMax32 = 4 * kGiB;
inline constexpr std::uint64_t kHeapSizeMax64 = 6 * kGiB;
inline constexpr std::uint64_t kStableSizeMax = 500 * kGiB;
inline constexpr std::size_t kWasmModuleSizeMax = 100 * kMiB;
inline constexpr std::size_t kWasmChunkSizeMax = 1 * kMiB;
inline constexpr std::size_t kWasmChunksMax = 100;
inline constexpr std::size_t kSnapshotsPerCanisterMax = 10;
/// What one read_canister_snapshot_data may ask for.
inline constexpr std::size_t kSnapshotSliceSizeMax = 2'000'000;
inline constexpr std::size_t kControllersMax = 10;
inline constexpr std::size_t kCertifiedDataSizeMax = 32;
inline constexpr std::size_t kCanisterHistoryMax = 20;
inline constexpr std::size_t kCanisterLogSizeMax = 4 * kKiB;
inline constexpr std::size_t kEnvironmentVariablesMax = 20;
inline constexpr std::size_t kEnvironmentVariableSizeMax = 128;
inline constexpr std::uint64_t kSubnetMemoryMax = 2 * kTiB;
/// Names and contents of the metadata sections of all installed modules.
inline constexpr std::uint64_t kSubnetCustomSectionsMax = 2 * kGiB;
static_assert(kWasmModuleSizeMax == kWasmChunksMax * kWasmChunkSizeMax);
static_assert(kWasmPageSize % kPageSize == 0);

/// Each subnet begins with this many canister ids (a power of two keeps ranges aligned).
inline constexpr std::uint64_t kCanisterIdsPerSubnet = 1 << 20;

}  // namespace icpd::types::limits
