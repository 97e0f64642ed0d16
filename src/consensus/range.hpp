// A stretch of the finalized chain, for a node that is behind.
//
//   blocks of heights from .. top, a tape for each, one finalization of the top
//
// Each block names its parent by hash, so the one finalization makes all of them final, and no
// notarization is needed. Tapes and beacons are threshold signatures that at least one honest node
// took part in, so each stands for itself.
#pragma once

#include <tuple>
#include <vector>

#include "types/artifact.hpp"

namespace icpd::consensus {

/// Where a node stops adding blocks; it then goes on to the next explicit finalization.
inline constexpr std::uint64_t kRangeHeightsMax = 200;
inline constexpr std::size_t kRangeBytesMax = 2 * kMiB;

struct ChainRange {
  /// Growing heights without a gap.
  std::vector<types::BlockProposal> blocks;
  /// One for each block.
  std::vector<types::Tape> tapes;
  /// Of the summary blocks and of the top.
  std::vector<types::Beacon> beacons;
  /// Of the top block; nothing when there is no block.
  std::optional<types::Finalization> finalization;
  /// The lowest height that the sender keeps.
  types::Height lowest;

  static constexpr auto kFields =
      std::tuple(&ChainRange::blocks, &ChainRange::tapes, &ChainRange::beacons,
                 &ChainRange::finalization, &ChainRange::lowest);
};

}  // namespace icpd::consensus
