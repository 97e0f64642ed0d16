// What the registry says about the network at the version that governs a round, as far as
// execution and the certified tree need it. Replaced as a whole when the version changes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/bytes.hpp"
#include "types/ids.hpp"
#include "types/limits.hpp"
#include "types/numbers.hpp"

namespace icpd::state {

enum class SubnetType : std::uint8_t { kApplication, kSystem, kVerifiedApplication };
[[nodiscard]] constexpr bool is_valid(SubnetType type) {
  return type <= SubnetType::kVerifiedApplication;
}
/// "application", "system", "verified_application".
[[nodiscard]] std::string_view name(SubnetType type);

/// Canister ids by index, both ends included.
struct IndexRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  bool operator==(const IndexRange&) const = default;
  static constexpr auto kFields = std::tuple(&IndexRange::first, &IndexRange::last);
};

struct SubnetTopology {
  SubnetType type = SubnetType::kApplication;
  /// DER, 133 bytes.
  Slice public_key;
  /// DER of each member's signing key.
  std::map<types::NodeId, Slice> nodes;
  /// Sorted, disjoint.
  std::vector<IndexRange> ranges;
  bool operator==(const SubnetTopology&) const = default;
  static constexpr auto kFields = std::tuple(&SubnetTopology::type, &SubnetTopology::public_key,
                                             &SubnetTopology::nodes, &SubnetTopology::ranges);
};

/// The fields of the subnet record that decide how a round runs.
struct SubnetParameters {
  std::uint64_t instructions_per_round = 4'000'000'000;
  std::uint64_t instructions_per_slice = 2'000'000'000;
  std::uint64_t instructions_per_install_slice = 2'000'000'000;
  std::uint64_t heap_delta_per_iteration = 200'000'000;
  std::uint64_t heap_delta_max = 140 * kGiB;
  std::uint64_t subnet_memory_max = types::limits::kSubnetMemoryMax;
  std::uint64_t canisters_max = 100'000;
  bool provisional_methods = false;
  bool http_requests = false;
  /// Who may create canisters by ingress and manage all of them; empty: nobody.
  std::set<types::Principal> admins;
  std::uint64_t query_stats_epoch_heights = 600;

  [[nodiscard]] bool is_admin(const types::Principal& p) const { return admins.contains(p); }
  /// The epoch of query statistics that a height belongs to.
  [[nodiscard]] std::uint64_t query_stats_epoch(types::Height height) const {
    return height.value / query_stats_epoch_heights;
  }
  bool operator==(const SubnetParameters&) const = default;
  static constexpr auto kFields = std::tuple(
      &SubnetParameters::instructions_per_round, &SubnetParameters::instructions_per_slice,
      &SubnetParameters::instructions_per_install_slice,
      &SubnetParameters::heap_delta_per_iteration, &SubnetParameters::heap_delta_max,
      &SubnetParameters::subnet_memory_max, &SubnetParameters::canisters_max,
      &SubnetParameters::provisional_methods, &SubnetParameters::http_requests,
      &SubnetParameters::admins, &SubnetParameters::query_stats_epoch_heights);
};

struct NetworkTopology {
  types::RegistryVersion version;
  types::SubnetId own_subnet;
  types::SubnetId root_subnet;
  std::map<types::SubnetId, SubnetTopology> subnets;
  SubnetParameters parameters;

  /// Needs own_subnet to be among subnets, which ReplicatedState ensures.
  [[nodiscard]] const SubnetTopology& own() const { return subnets.at(own_subnet); }
  [[nodiscard]] std::optional<types::SubnetId> route(const types::CanisterId& canister) const;
  [[nodiscard]] bool hosts(const types::CanisterId& canister) const {
    return route(canister) == own_subnet;
  }
  /// The key that clients trust, DER.
  [[nodiscard]] const Slice& root_key() const { return subnets.at(root_subnet).public_key; }
  /// Nodes of the own subnet: fees scale with it.
  [[nodiscard]] std::size_t subnet_size() const { return own().nodes.size(); }

  bool operator==(const NetworkTopology&) const = default;
  static constexpr auto kFields = std::tuple(
      &NetworkTopology::version, &NetworkTopology::own_subnet, &NetworkTopology::root_subnet,
      &NetworkTopology::subnets, &NetworkTopology::parameters);
};

}  // namespace icpd::state
