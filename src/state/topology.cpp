#include "state/topology.hpp"

#include <algorithm>

namespace icpd::state {

std::string_view name(SubnetType type) {
  switch (type) {
    case SubnetType::kApplication:
      return "application";
    case SubnetType::kSystem:
      return "system";
    case SubnetType::kVerifiedApplication:
      return "verified_application";
  }
  unreachable_state("subnet type");
}

std::optional<types::SubnetId> NetworkTopology::route(const types::CanisterId& canister) const {
  const auto index = types::canister_index(canister);
  if (!index.ok()) return std::nullopt;
  for (const auto& [id, subnet] : subnets) {
    const auto after = std::ranges::upper_bound(subnet.ranges, *index, {}, &IndexRange::first);
    if (after != subnet.ranges.begin() && *index <= std::prev(after)->last) return id;
  }
  return std::nullopt;
}

}  // namespace icpd::state
