// The protocol's numbers and closed formulas, apart from any state.
//
// Rank delays (reference B.5, B.6). A round is height h; its clock starts as in consensus.hpp,
// "Pacing". After that start
//
//   a maker of rank r proposes at           max(pause, unit · r            + backlog)
//   a notary signs a block of rank r at     initial + unit · r · 1.5^(n-f) + backlog
//   backlog = unit · max(0, finalized - certified - kCertifiedLagFree)
//   pause   = unit / 4 if notarized - certified > kUnderWayMax, else nothing
//
// where n - f is the distance from the finalized to the notarized height. The exponent makes nodes
// that keep disagreeing wait longer and longer for the better rank, so that one block gets
// everybody's share as soon as the network is calm; the backlog slows blocks to what execution can
// do. All are looked at again at every event, so a wait ends as soon as its reason does.
//
// The pause makes blocks larger instead of more while there is more to do than the nodes can: every
// block costs them the same signatures and writes, whatever it holds. An idle subnet never waits,
// since all it agreed on is certified when the next call comes. In a wide-area network with one-way
// delay d blocks come every 2 d, and their certificates 4 d after the proposal, that is when the
// next block but one is due: there the pause is what execution takes. A quarter of the unit, so
// that a slow maker isn't overtaken by the next rank.
#pragma once

#include <cstdint>

#include "base/units.hpp"
#include "registry/records.hpp"
#include "types/block.hpp"

namespace icpd::consensus {

/// Finalized heights may run this far ahead of certified ones without a delay.
inline constexpr std::uint64_t kCertifiedLagFree = 4;
/// Notarized heights may run this far ahead of certified ones before a maker waits for the latter.
inline constexpr std::uint64_t kUnderWayMax = 1;
/// No notarization share this far above the certified height (reference B.6).
inline constexpr std::uint64_t kCertifiedLagMax = 70;
/// No notarization share this far above the next catch-up package's height.
inline constexpr std::uint64_t kCatchUpLagMax = 130;
/// Heights whose artifacts are kept below the latest catch-up package, in the log too.
inline constexpr std::uint64_t kChainKept = 50;
/// Final blocks and tapes are kept in memory, to be served to peers that are behind, below the
/// latest catch-up package while they are at most so many and together at most so large: some hours
/// of an idle subnet, some minutes of a busy one. A node that was away longer needs state sync.
inline constexpr std::uint64_t kServedHeightsMax = 10'000;
inline constexpr std::size_t kServedBytesMax = 16 * kMiB;
static_assert(kServedHeightsMax > kChainKept);
/// Batches handed out that execution hasn't committed yet.
inline constexpr std::uint64_t kBatchesMax = 16;
/// Artifacts are taken this far above what this node has; those above wait in a bounded buffer.
inline constexpr std::uint64_t kLookAhead = 30;
/// Complete artifacts are broadcast until the finalized height is this far above them; after that
/// they are served in ranges.
inline constexpr std::uint64_t kBroadcastDepth = 30;
static_assert(kBroadcastDepth >= kLookAhead, "who is just outside the window asks for a range");
/// A node whose peers are this far ahead asks for a range soon (ranges.cpp).
inline constexpr std::uint64_t kBehind = 5;
/// Artifacts of one peer that wait above the window.
inline constexpr std::size_t kLaterPerPeerMax = 512;
/// Complete artifacts of one peer that wait for their check.
inline constexpr std::size_t kPendingPerPeerMax = 256;
/// Artifacts that wait for the next barrier; with more a barrier is made.
inline constexpr std::size_t kUnsavedMax = 256;
inline constexpr std::uint64_t kIntervalLengthMax = 20'000;
/// The exponent of the rank delay stops growing here: 1.5^24 · 1 s is 16,834 s.
inline constexpr std::uint64_t kDelayExponentMax = 24;

/// How far apart this node sees the layers.
struct Distances {
  std::uint64_t notarized_over_finalized = 0;
  std::uint64_t finalized_over_certified = 0;
  std::uint64_t notarized_over_certified = 0;
};

[[nodiscard]] Duration maker_delay(const registry::Pacing& pacing, types::Rank rank,
                                   const Distances& distances);
[[nodiscard]] Duration notary_delay(const registry::Pacing& pacing, types::Rank rank,
                                    const Distances& distances);

/// The number of data blocks of the next interval, so that it lasts at least interval_time_min at
/// the rate of the one that ends: `heights` blocks in `elapsed`. Never under the record's length,
/// never over kIntervalLengthMax. The same on every node, because block times are.
[[nodiscard]] std::uint64_t next_interval_length(const registry::Pacing& pacing,
                                                 std::uint64_t heights, Duration elapsed);

}  // namespace icpd::consensus
