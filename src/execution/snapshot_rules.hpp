// What the snapshot methods have in common: naming a snapshot, and when one can be changed.
//
// A failure that is found before the work is paid costs nothing. Nothing here depends on how much
// of a memory a node has on disk: sizes are those that the canister sees.
//
// Taking and loading share pages and write none, so only uploads add to the heap delta. All three
// wait while the canister is above its share of it.
#pragma once

#include "execution/management.hpp"
#include "state/snapshots.hpp"

namespace icpd::execution {

/// The id that an argument gives. IC0408 if it is none.
[[nodiscard]] Result<state::SnapshotId, UserError> read_snapshot_id(ByteView bytes);
/// The number of a snapshot that belongs to the canister and exists.
[[nodiscard]] Result<std::uint64_t, UserError> find_snapshot(const state::CanisterState& canister,
                                                             ByteView id);

/// IC0210 for a canister that has lately written more than its share.
[[nodiscard]] Status<UserError> check_heap_delta_rate(const RoundContext& round,
                                                      const state::CanisterState& canister);

/// Puts a snapshot beside the others, or in place of one, and gives its id.
[[nodiscard]] Result<state::SnapshotId, UserError> add_snapshot(
    state::CanisterState& canister, state::Snapshot snapshot,
    const std::optional<ByteView>& replaced);

}  // namespace icpd::execution
