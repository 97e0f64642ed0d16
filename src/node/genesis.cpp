#include "node/genesis.hpp"

#include <algorithm>

#include "codec/der.hpp"
#include "types/limits.hpp"

namespace icpd::node {

namespace {

using crypto::Ed25519SecretKey;
using crypto::SecretBytes;

constexpr types::RegistryVersion kGenesisVersion{1};

Ed25519SecretKey new_key(io::Entropy& entropy) {
  SecretBytes<32> seed;
  entropy.fill(seed.write());
  return Ed25519SecretKey(seed);
}

crypto::Dealt deal(io::Entropy& entropy, crypto::ThresholdTag tag, std::size_t n) {
  SecretBytes<32> seed;
  entropy.fill(seed.write());
  const std::size_t threshold =
      tag == crypto::ThresholdTag::kLow ? registry::low_threshold(n) : registry::high_threshold(n);
  return crypto::deal(seed.view(), {.tag = tag,
                                    .committee_size = static_cast<std::uint32_t>(n),
                                    .threshold = static_cast<std::uint32_t>(threshold),
                                    .registry_version = kGenesisVersion.value});
}

types::NodeId node_id(const crypto::Ed25519PublicKey& key) {
  const Bytes der = codec::der::wrap_public_key(codec::der::KeyAlgorithm::kEd25519, key);
  return types::NodeId(types::Principal::self_authenticating(der));
}

struct KeyPair {
  Ed25519SecretKey signing;
  Ed25519SecretKey link;
};

std::vector<KeyPair> new_key_pairs(io::Entropy& entropy, std::size_t n) {
  std::vector<KeyPair> pairs;
  for (std::size_t i = 0; i < n; ++i)
    pairs.push_back({new_key(entropy), new_key(entropy)});
  std::sort(pairs.begin(), pairs.end(), [](const KeyPair& a, const KeyPair& b) {
    return node_id(a.signing.public_key()) < node_id(b.signing.public_key());
  });
  return pairs;
}

}  // namespace

types::NodeId NodeKeys::id() const {
  return node_id(signing.public_key());
}

DealtNetwork deal_network(io::Entropy& entropy, const NetworkPlan& plan) {
  const std::size_t n = plan.nodes.size();
  ensure(n >= 1 && n <= crypto::kCommitteeMax);
  std::vector<KeyPair> pairs = new_key_pairs(entropy, n);
  crypto::Dealt low = deal(entropy, crypto::ThresholdTag::kLow, n);
  crypto::Dealt high = deal(entropy, crypto::ThresholdTag::kHigh, n);

  registry::SubnetRecord subnet;
  subnet.type = plan.subnet_type;
  subnet.pacing = plan.pacing;
  subnet.limits = plan.limits;
  subnet.provisional_methods = plan.provisional_methods;
  subnet.admins = plan.admins;
  subnet.public_key = high.transcript.coefficients.front();
  subnet.initial_transcripts = {Shared(low.transcript), Shared(high.transcript)};

  DealtNetwork network;
  for (std::size_t i = 0; i < n; ++i) {
    network.nodes.push_back(NodeKeys{std::move(pairs[i].signing), std::move(pairs[i].link),
                                     std::move(low.shares[i]), std::move(high.shares[i])});
    const NodeKeys& keys = network.nodes.back();
    subnet.members.push_back(keys.id());
    network.registry.nodes.emplace(
        keys.id(), registry::NodeRecord{keys.signing.public_key(), keys.link.public_key(),
                                        plan.nodes[i].link, plan.nodes[i].api});
  }
  const types::SubnetId id(
      types::Principal::self_authenticating(crypto::BlsPublicKey::der_of(subnet.public_key)));
  network.registry.version = kGenesisVersion;
  network.registry.root_subnet = id;
  network.registry.subnets.emplace(id, std::move(subnet));
  network.registry.routing_table = {{0, types::limits::kCanisterIdsPerSubnet - 1, id}};
  const auto checked = registry::check(network.registry);
  ensure(checked.ok(), "a dealt registry passes its own check");
  return network;
}

registry::RoundLimits small_machine_limits() {
  registry::RoundLimits limits;
  limits.instructions_per_round = 400'000'000;
  limits.instructions_per_slice = 200'000'000;
  limits.instructions_per_install_slice = 200'000'000;
  limits.heap_delta_max = 1 * kGiB;
  return limits;
}

}  // namespace icpd::node
