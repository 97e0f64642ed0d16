#include "node/local_ready.hpp"

#include <nlohmann/json.hpp>

#include "node/prep.hpp"

namespace icpd::node {

std::uint16_t port_of(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return 0;
  return static_cast<std::uint16_t>(std::strtoul(address.c_str() + colon + 1, nullptr, 10));
}

std::string ready_json(const registry::Snapshot& registry, std::uint16_t main_port,
                       const std::vector<int>& pids) {
  using Json = nlohmann::ordered_json;
  Json subnets = Json::array();
  Json nodes = Json::array();
  for (const auto& [id, subnet] : registry.subnets) {
    Json ranges = Json::array();
    for (const registry::CanisterRange& range : registry.routing_table) {
      if (range.subnet != id) continue;
      ranges.push_back({types::canister_id_from_index(range.first).text(),
                        types::canister_id_from_index(range.last).text()});
    }
    subnets.push_back({{"id", id.text()},
                       {"type", registry::name(subnet.type)},
                       {"size", subnet.members.size()},
                       {"canister_ranges", ranges}});
    for (const types::NodeId& node : subnet.members) {
      const std::size_t index = nodes.size();
      nodes.push_back({{"id", node.text()},
                       {"subnet_id", id.text()},
                       {"api_port", port_of(registry.nodes.at(node).api_address)},
                       {"pid", index < pids.size() ? pids[index] : 0}});
    }
  }
  const Json json = {{"root_key", to_hex(root_key_der(registry))},
                     {"gateway_port", main_port},
                     {"subnets", subnets},
                     {"nodes", nodes}};
  return json.dump(2) + "\n";
}

}  // namespace icpd::node
