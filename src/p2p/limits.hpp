// Bounds of the peer-to-peer protocol. Both ends know them: whoever goes over one loses the
// session.
#pragma once

#include <array>
#include <cstdint>

#include "base/units.hpp"
#include "types/artifact.hpp"
#include "types/limits.hpp"

namespace icpd::p2p {

/// A frame on the wire, encoded, without what the link adds.
inline constexpr std::size_t kFrameSizeMax = 512 * kKiB;
/// An artifact, encoded. Larger ones are never published and never accepted.
inline constexpr std::size_t kArtifactSizeMax = 8 * kMiB;
/// Bytes that answer one range request; the node that answers cuts there.
inline constexpr std::size_t kRangeAnswerSizeMax = 8 * kMiB;
/// The text of a range request.
inline constexpr std::size_t kRangeQuerySizeMax = 4 * kKiB;
/// Up to here an artifact travels inside its announcement; larger ones are fetched by id.
inline constexpr std::size_t kInlineSizeMax = 1 * kKiB;
/// The same for urgent artifacts (a block proposal of 1,000 messages has 33 KiB).
inline constexpr std::size_t kUrgentInlineSizeMax = 256 * kKiB;
/// Answers travel in pieces of exactly this size, but for the last, so that announcements pass
/// between them and an answer has at most kArtifactSizeMax / kChunkSizeMax pieces.
inline constexpr std::size_t kChunkSizeMax = 256 * kKiB;

static_assert(kUrgentInlineSizeMax + kKiB <= kFrameSizeMax, "an announcement fits into a frame");
static_assert(kChunkSizeMax + kKiB <= kFrameSizeMax, "a piece of an answer fits into a frame");
static_assert(types::limits::kRequestBodySizeMax + kKiB <= kArtifactSizeMax,
              "whatever a client may send fits into an artifact");

/// Bytes of announcements and answers that a sender has under way on one channel before the
/// receiver acknowledges. What waits beyond it waits in the slot table, where it can be withdrawn.
inline constexpr std::uint64_t kWindowBytes = 8 * kMiB;
/// Counted for each frame on top of its bytes, so that many tiny frames fill a window too.
inline constexpr std::uint64_t kFrameCost = 64;
/// The receiver acknowledges when this much is not acknowledged yet.
inline constexpr std::uint64_t kAcknowledgeBytes = kWindowBytes / 8;
static_assert(kAcknowledgeBytes + kFrameSizeMax + kFrameCost <= kWindowBytes,
              "a full window always holds something that is about to be acknowledged");

/// Requests by id that one node may have open at one peer.
inline constexpr std::size_t kFetchesPerPeerMax = 128;
/// Range requests that one node may have open at all its peers together.
inline constexpr std::size_t kRangesMax = 4;
/// Hence what a peer must be ready to answer at a time.
inline constexpr std::size_t kRequestsServedMax = kFetchesPerPeerMax + kRangesMax;
/// Artifacts that the replica itself may ask for at a time: bodies that proposals name. 40 nodes
/// have 14 block makers for a height, and each can have two proposals looked at before the second
/// proves it faulty.
inline constexpr std::size_t kAskedMax = 32 * types::limits::kBlockIngressCountMax;

/// An answer that makes no progress for this long is given up and asked of another peer.
inline constexpr Duration kRequestTimeout = Duration::seconds(2);
/// When all sources failed: wait, double the wait each time, start again with all of them.
inline constexpr Duration kRetryDelayMin = Duration::milliseconds(250);
inline constexpr Duration kRetryDelayMax = Duration::seconds(30);

/// Slots in the table of each kind, so what one peer can make us remember. A node keeps artifacts
/// of about two checkpoint intervals active; at 20 blocks a second these are 2,400 heights.
inline constexpr std::uint32_t kConsensusSlotsMax = 16'384;
inline constexpr std::uint32_t kIngressSlotsMax = 50'000;

[[nodiscard]] constexpr std::uint32_t slots_max(types::ArtifactKind kind) {
  return kind == types::ArtifactKind::kIngress ? kIngressSlotsMax : kConsensusSlotsMax;
}

}  // namespace icpd::p2p
