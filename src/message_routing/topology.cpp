#include "message_routing/topology.hpp"

#include "base/ensure.hpp"
#include "codec/der.hpp"

namespace icpd::message_routing {

namespace {

state::SubnetType subnet_type(registry::SubnetType type) {
  switch (type) {
    case registry::SubnetType::kApplication:
      return state::SubnetType::kApplication;
    case registry::SubnetType::kSystem:
      return state::SubnetType::kSystem;
    case registry::SubnetType::kVerifiedApplication:
      return state::SubnetType::kVerifiedApplication;
  }
  unreachable_state("subnet type");
}

state::SubnetTopology subnet_topology(const registry::Snapshot& registry,
                                      const registry::SubnetRecord& record) {
  state::SubnetTopology subnet;
  subnet.type = subnet_type(record.type);
  subnet.public_key = Slice(crypto::BlsPublicKey::der_of(record.public_key));
  for (const types::NodeId& member : record.members) {
    const auto node = registry.nodes.find(member);
    ensure(node != registry.nodes.end(), "members are known");
    subnet.nodes.emplace(member,
                         Slice(codec::der::wrap_public_key(codec::der::KeyAlgorithm::kEd25519,
                                                           node->second.signing_key)));
  }
  return subnet;
}

state::SubnetParameters parameters(const registry::SubnetRecord& record) {
  const registry::RoundLimits& limits = record.limits;
  return {.instructions_per_round = limits.instructions_per_round,
          .instructions_per_slice = limits.instructions_per_slice,
          .instructions_per_install_slice = limits.instructions_per_install_slice,
          .heap_delta_per_iteration = limits.heap_delta_per_iteration,
          .heap_delta_max = limits.heap_delta_max,
          .subnet_memory_max = limits.subnet_memory_max,
          .canisters_max = limits.canisters_max,
          .provisional_methods = record.provisional_methods,
          .http_requests = record.http_requests,
          .admins = record.admins,
          .query_stats_epoch_heights = record.query_stats_epoch_heights};
}

}  // namespace

Shared<state::NetworkTopology> network_topology(const registry::Snapshot& registry,
                                                const types::SubnetId& own) {
  state::NetworkTopology topology;
  topology.version = registry.version;
  topology.own_subnet = own;
  topology.root_subnet = registry.root_subnet;
  for (const auto& [id, record] : registry.subnets)
    topology.subnets.emplace(id, subnet_topology(registry, record));
  for (const registry::CanisterRange& range : registry.routing_table)
    topology.subnets.at(range.subnet).ranges.push_back({range.first, range.last});
  topology.parameters = parameters(registry.subnet(own));
  return Shared<state::NetworkTopology>(std::move(topology));
}

}  // namespace icpd::message_routing
