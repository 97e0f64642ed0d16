// Genesis of a network whose keys one machine deals: `icpd local`, and `icpd prep` until
// distributed key generation replaces the dealer.
//
// The dealer makes every node's keys and every subnet's threshold keys and lays out registry
// version
// 1. It knows all secrets, so such a network is only as trustworthy as the machine it was dealt on.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "crypto/ed25519.hpp"
#include "crypto/threshold.hpp"
#include "io/entropy.hpp"
#include "registry/records.hpp"

namespace icpd::node {

/// All secrets of one node.
struct NodeKeys {
  crypto::Ed25519SecretKey signing;
  crypto::Ed25519SecretKey link;
  crypto::ThresholdShare low;
  crypto::ThresholdShare high;

  [[nodiscard]] types::NodeId id() const;
};

struct NodeAddresses {
  std::string link;  // "127.0.0.1:4100"
  std::string api;
};

struct NetworkPlan {
  registry::SubnetType subnet_type = registry::SubnetType::kApplication;
  registry::Pacing pacing;
  registry::RoundLimits limits;
  bool provisional_methods = false;
  std::set<types::Principal> admins;
  /// One for each node; between 1 and crypto::kCommitteeMax.
  std::vector<NodeAddresses> nodes;
};

struct DealtNetwork {
  registry::Snapshot registry;
  /// In the order of registry members (sorted by node id), with the addresses of the plan dealt
  /// out in that order.
  std::vector<NodeKeys> nodes;
};

/// One subnet, which is the root. Its canister ids start at 0.
[[nodiscard]] DealtNetwork deal_network(io::Entropy& entropy, const NetworkPlan& plan);

/// The limits of a subnet that shares one small machine with its other nodes (DESIGN §1): a full
/// round takes at most 0.2 s, so that the network stays lively whatever a canister does.
[[nodiscard]] registry::RoundLimits small_machine_limits();

}  // namespace icpd::node
