// The registry as a round sees it.
#pragma once

#include "base/shared.hpp"
#include "registry/records.hpp"
#include "state/topology.hpp"

namespace icpd::message_routing {

/// Needs a snapshot that passes registry::check() and has `own` among its subnets.
[[nodiscard]] Shared<state::NetworkTopology> network_topology(const registry::Snapshot& registry,
                                                              const types::SubnetId& own);

}  // namespace icpd::message_routing
