// The keys, registry and genesis of a simulated subnet, and the one canister it runs.
#pragma once

#include <memory>
#include <vector>

#include "consensus/crypto.hpp"
#include "consensus/genesis.hpp"
#include "registry/records.hpp"
#include "replica/replica.hpp"

namespace icpd::sim {

struct SubnetPlan {
  std::size_t nodes = 4;
  std::uint64_t interval_length = 20;
  Duration interval_time_min;
  /// So that a run has many epochs.
  std::uint64_t query_stats_epoch_heights = 15;
};

struct Subnet {
  Shared<registry::Snapshot> registry;
  types::SubnetId id;
  std::vector<types::NodeId> nodes;
  std::vector<crypto::Ed25519PublicKey> keys;
  types::CatchUpPackage genesis;
  replica::Snapshot genesis_state;
  types::StateRoot genesis_root;
  types::StateHash genesis_hash;
  std::optional<certification::TrustRoot> trust_root;
};

[[nodiscard]] Subnet make_subnet(const SubnetPlan& plan);

/// A canister that counts in three numbers of eight bytes, little-endian, which it certifies one
/// after the other: increments, notes, timers that fired. `increment` and `note` add one and answer
/// with the number; `relay` has the canister call its own `note`, answers with what that answered,
/// and sets the timer; `outcall` makes an HTTPS outcall and answers with a sum over what outcalls
/// gave; `get` answers with the increments.
[[nodiscard]] const Bytes& counter_module();
/// Where users install it: the first canister of the subnet.
[[nodiscard]] inline types::CanisterId counter_canister() {
  return types::canister_id_from_index(0);
}

/// What a simulated node counts of queries to the counter in an epoch.
[[nodiscard]] types::QueryStats queries_counted(std::size_t node, std::uint64_t epoch);

/// Compiles once for all nodes of all simulated subnets of this process.
[[nodiscard]] execution::ModuleCompiler& shared_compiler();
[[nodiscard]] io::GuestMemorySpace& shared_memory_space();

}  // namespace icpd::sim
