// The hash over everything that a later round may read: what catch-up packages vouch for.
//
// By logical content, never by files: nodes store the same state in different files and agree.
// Definition with vectors: docs/formats/state_hash.md. In short, H = SHA-256 in a domain:
//
//   state      H("icpd-state", version, metadata, subnet queues, canisters, ingress)
//   canisters  H("icpd-state-canisters", count, then for each by id: id, H("icpd-state-canister",
//              record))
//   ingress    H("icpd-state-ingress", count, then for each by id: id, record)
//   records    canonical (codec/record.hpp); a page map stands in them by its digest
//   (page_map.hpp),
//              a module or chunk by its SHA-256 and size
#pragma once

#include "state/replicated_state.hpp"
#include "types/block.hpp"

namespace icpd::state {

/// Grows whenever what is hashed, or how, changes.
inline constexpr std::uint32_t kStateHashVersion = 3;

/// Cost: O(canisters + ingress history) small records, and the pages written since digests were
/// last made. May run beside the tip's thread on a copy.
[[nodiscard]] types::StateHash state_hash(const ReplicatedState& state);

}  // namespace icpd::state
