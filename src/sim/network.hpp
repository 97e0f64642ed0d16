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

/// A counter: `increment` adds one and answers with the new value, `get` answers with the value.
/// Both answer with the eight bytes of the number, little-endian.
[[nodiscard]] const Bytes& counter_module();

/// Machine code made once for all nodes of all simulated subnets of this process.
[[nodiscard]] execution::CodeStore& shared_code();
[[nodiscard]] io::GuestMemorySpace& shared_memory_space();

}  // namespace icpd::sim
