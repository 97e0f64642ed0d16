// The tree of the state that is hashed each round and signed by the subnet (interface
// specification, "The system state tree"; reference 5.1), as a view: nothing is built but what a
// witness shows.
//
//   /api_boundary_nodes                     (absent: there are none)
//   /canister/<id>/certified_data           blob            with code
//                 /canister_creation_timestamp  LEB128 ns
//                 /controllers              CBOR array of principals
//                 /last_install_timestamp   LEB128 ns       with code
//                 /metadata/<name>          blob            with code
//                 /module_hash              blob            with code
//   /canister_ranges/<subnet>/<first id>    CBOR array of [first, last], at most 5
//   /metadata/height                        LEB128
//            /prev_state_hash               32 bytes        from height 1 on
//   /request_status/<id>/...                see request_status.hpp
//   /streams                                (empty)
//   /subnet/<id>/canister_ranges            CBOR array of [first, last]
//               /metrics                    CBOR map        own subnet
//               /node/<id>/public_key       DER             own subnet
//               /public_key                 DER
//               /type                       text
//   /time                                   LEB128 ns
//
// The levels below /canister and /request_status are the certified maps themselves, so a round
// hashes what it changed; all other levels are small and paired as reference 5.2 says.
#pragma once

#include "certification/hash_tree.hpp"
#include "certification/witness.hpp"
#include "state/replicated_state.hpp"
#include "types/block.hpp"

namespace icpd::state {

/// Brings the digests up to date and gives the root's. Done on the tip once a round, before copies
/// of it are handed out. Cost: what changed since the last call, and about 20 hashes a subnet.
[[nodiscard]] types::StateRoot hash_state(ReplicatedState& tip);

/// Shows `paths` and nothing else; its digest is the root that hash_state() gave. Needs a state
/// that wasn't written since. Cost: O(paths · depth).
[[nodiscard]] certification::HashTree witness(const ReplicatedState& state,
                                              const certification::PathSet& paths);

}  // namespace icpd::state
