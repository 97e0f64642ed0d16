#include "registry/records.hpp"

#include <algorithm>

namespace icpd::registry {

namespace {

Status<> check_subnet(const Snapshot& snapshot, const types::SubnetId& id,
                      const SubnetRecord& subnet) {
  const std::string where = "subnet " + id.text();
  if (subnet.members.empty()) return Err(where + " has no members");
  if (!std::is_sorted(subnet.members.begin(), subnet.members.end()) ||
      std::adjacent_find(subnet.members.begin(), subnet.members.end()) != subnet.members.end())
    return Err(where + ": members are not sorted or occur twice");
  for (const types::NodeId& node : subnet.members) {
    if (!snapshot.nodes.contains(node)) return Err(where + ": no record of node " + node.text());
  }
  if (subnet.admins.size() > kSubnetAdminsMax) return Err(where + " has too many admins");
  if (subnet.query_stats_epoch_heights == 0)
    return Err(where + ": an epoch of query statistics has at least one height");
  const std::size_t n = subnet.members.size();
  const crypto::Transcript& low = *subnet.initial_transcripts.low;
  const crypto::Transcript& high = *subnet.initial_transcripts.high;
  if (low.committee_size != n || high.committee_size != n)
    return Err(where + ": keys are for another number of nodes");
  if (low.threshold != low_threshold(n) || high.threshold != high_threshold(n))
    return Err(where + ": keys have a wrong threshold");
  TRY(crypto::check_sizes(low));
  TRY(crypto::check_sizes(high));
  if (high.coefficients.front() != subnet.public_key)
    return Err(where + ": the public key is not the one of its high-threshold key");
  const Bytes der = crypto::BlsPublicKey::der_of(subnet.public_key);
  if (types::Principal::self_authenticating(der) != id.principal)
    return Err(where + ": the id is not that of its public key");
  return {};
}

}  // namespace

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

std::optional<types::SubnetId> Snapshot::route(const types::CanisterId& canister) const {
  const auto index = types::canister_index(canister);
  if (!index.ok()) return std::nullopt;
  const auto after = std::upper_bound(
      routing_table.begin(), routing_table.end(), *index,
      [](std::uint64_t wanted, const CanisterRange& range) { return wanted < range.first; });
  if (after == routing_table.begin()) return std::nullopt;
  const CanisterRange& range = *std::prev(after);
  if (*index > range.last) return std::nullopt;
  return range.subnet;
}

const SubnetRecord& Snapshot::subnet(const types::SubnetId& id) const {
  const auto found = subnets.find(id);
  ensure(found != subnets.end(), "subnet is in the registry");
  return found->second;
}

Status<> check(const Snapshot& snapshot) {
  if (!snapshot.subnets.contains(snapshot.root_subnet)) return Err("no record of the root subnet");
  for (const auto& [id, subnet] : snapshot.subnets)
    TRY(check_subnet(snapshot, id, subnet));
  const CanisterRange* last = nullptr;
  for (const CanisterRange& range : snapshot.routing_table) {
    if (range.first > range.last) return Err("routing table: a range ends before it begins");
    if (last != nullptr && range.first <= last->last)
      return Err("routing table: ranges overlap or are not sorted");
    if (!snapshot.subnets.contains(range.subnet))
      return Err("routing table: a range belongs to an unknown subnet");
    last = &range;
  }
  return {};
}

}  // namespace icpd::registry
