// Where a subnet begins: the catch-up package of height 0, which the registry vouches for.
//
// It is a function of the registry alone, so every node makes the same one; it carries no signature
// (reference B.9).
#pragma once

#include "registry/records.hpp"
#include "types/artifact.hpp"

namespace icpd::consensus {

struct GenesisState {
  types::StateHash hash;
  types::StateRoot root;
};

/// Needs the subnet to be in the snapshot. The genesis block's time is 0.
[[nodiscard]] types::CatchUpPackage genesis_package(const registry::Snapshot& snapshot,
                                                    const types::SubnetId& subnet,
                                                    const GenesisState& state);

}  // namespace icpd::consensus
