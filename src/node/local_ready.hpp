// ready.json: how outside tools find a local network.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "registry/records.hpp"

namespace icpd::node {

/// The port of "127.0.0.1:4100"; 0 if there is none.
[[nodiscard]] std::uint16_t port_of(const std::string& address);

/// `pids` in the order of the subnet's members; 0 for a node that is dead.
[[nodiscard]] std::string ready_json(const registry::Snapshot& registry, std::uint16_t main_port,
                                     const std::vector<int>& pids);

}  // namespace icpd::node
