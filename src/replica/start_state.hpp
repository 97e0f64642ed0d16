// Which state a node starts from.
//
// A proposal says which certified state its payload was checked against, never an older one than
// its parent's; only a node that has exactly that state can judge it (DESIGN §3). So it isn't
// always the newest checkpoint: if the final chain doesn't yet say that its state is certified,
// proposals above may speak of an older one. If all nodes started from the newest, nobody could
// judge a proposal that some have signed already, and the height would never be decided. The node
// replays from an older checkpoint then; the log reaches down to it.
#pragma once

#include <vector>

#include "state/checkpoint.hpp"
#include "types/artifact.hpp"

namespace icpd::replica {

/// The newest whole checkpoint that every proposal above the log's final chain allows; without
/// `newest` where that is the genesis state. If there is none although the chain doesn't reach down
/// to genesis, the newest one at all.
[[nodiscard]] Result<state::FoundCheckpoint> find_start_state(
    state::CheckpointStore& checkpoints, const std::vector<Shared<types::EncodedArtifact>>& log);

}  // namespace icpd::replica
