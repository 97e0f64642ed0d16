// Registry records: who is in which subnet, with which keys and limits, and which canister ids
// belong where. Every record is an immutable value at a registry version; consensus decides which
// version governs a height (types::SummaryPayload::registry_version).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "crypto/bls.hpp"
#include "crypto/ed25519.hpp"
#include "types/block.hpp"
#include "types/ids.hpp"
#include "types/limits.hpp"
#include "types/numbers.hpp"

namespace icpd::registry {

enum class SubnetType : std::uint8_t {
  kApplication,
  kSystem,
  kVerifiedApplication,
};
[[nodiscard]] constexpr bool is_valid(SubnetType type) {
  return type <= SubnetType::kVerifiedApplication;
}
/// "application", "system", "verified_application": the text in the certified tree.
[[nodiscard]] std::string_view name(SubnetType type);

/// Consensus timing (reference B.5, B.6; DESIGN §6 "Pacing").
struct Pacing {
  Duration unit_delay = Duration::milliseconds(1000);
  /// 0: an event-driven subnet needs no minimum round time.
  Duration initial_notary_delay = Duration{};
  /// A block is made after this time even if there is nothing to do.
  Duration idle_block_interval = Duration::seconds(1);
  /// Heights between two summaries, exclusive; the summary lengthens it from block times.
  std::uint64_t dkg_interval_length = 499;
  Duration interval_time_min = Duration::seconds(60);

  bool operator==(const Pacing&) const = default;
  static constexpr auto kFields =
      std::tuple(&Pacing::unit_delay, &Pacing::initial_notary_delay, &Pacing::idle_block_interval,
                 &Pacing::dkg_interval_length, &Pacing::interval_time_min);
};

/// How much one round may do. What one message may use is the specification's, not the subnet's.
struct RoundLimits {
  std::uint64_t instructions_per_round = 4'000'000'000;
  std::uint64_t instructions_per_slice = 2'000'000'000;
  std::uint64_t instructions_per_install_slice = 2'000'000'000;
  std::uint64_t heap_delta_per_iteration = 200'000'000;
  std::uint64_t heap_delta_max = 140 * kGiB;
  std::uint64_t subnet_memory_max = types::limits::kSubnetMemoryMax;
  std::uint64_t canisters_max = 100'000;

  bool operator==(const RoundLimits&) const = default;
  static constexpr auto kFields = std::tuple(
      &RoundLimits::instructions_per_round, &RoundLimits::instructions_per_slice,
      &RoundLimits::instructions_per_install_slice, &RoundLimits::heap_delta_per_iteration,
      &RoundLimits::heap_delta_max, &RoundLimits::subnet_memory_max, &RoundLimits::canisters_max);
};

inline constexpr std::size_t kSubnetAdminsMax = 100;

struct SubnetRecord {
  SubnetType type = SubnetType::kApplication;
  /// Sorted by id; the position is the node's index in keys and bitmaps.
  std::vector<types::NodeId> members;
  /// The subnet's public key; its id is the self-authenticating principal of its DER form.
  crypto::BlsPublicKeyBytes public_key;
  /// The keys that consensus begins with.
  types::Transcripts initial_transcripts;
  Pacing pacing;
  RoundLimits limits;
  /// Whether provisional_create_canister_with_cycles and provisional_top_up_canister exist.
  bool provisional_methods = false;
  /// Whether canisters may make HTTPS outcalls. Only where every node can fetch.
  bool http_requests = false;
  /// Who may create canisters by ingress and manage all of them (interface specification,
  /// "subnet admins"). At most kSubnetAdminsMax.
  std::set<types::Principal> admins;
  /// Heights of an epoch of query statistics; at least 1.
  std::uint64_t query_stats_epoch_heights = 600;

  static constexpr auto kFields =
      std::tuple(&SubnetRecord::type, &SubnetRecord::members, &SubnetRecord::public_key,
                 &SubnetRecord::initial_transcripts, &SubnetRecord::pacing, &SubnetRecord::limits,
                 &SubnetRecord::provisional_methods, &SubnetRecord::http_requests,
                 &SubnetRecord::admins, &SubnetRecord::query_stats_epoch_heights);
};

struct NodeRecord {
  crypto::Ed25519PublicKey signing_key;
  /// Key of the node's link certificates.
  crypto::Ed25519PublicKey link_key;
  /// "host:port" of links between nodes and of the public API.
  std::string link_address;
  std::string api_address;

  static constexpr auto kFields = std::tuple(&NodeRecord::signing_key, &NodeRecord::link_key,
                                             &NodeRecord::link_address, &NodeRecord::api_address);
};

/// Canister ids first..last, both included, by index (types::canister_index).
struct CanisterRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  types::SubnetId subnet;

  static constexpr auto kFields =
      std::tuple(&CanisterRange::first, &CanisterRange::last, &CanisterRange::subnet);
};

/// All records at one version.
struct Snapshot {
  types::RegistryVersion version;
  types::SubnetId root_subnet;
  std::map<types::SubnetId, SubnetRecord> subnets;
  std::map<types::NodeId, NodeRecord> nodes;
  /// Sorted by first, disjoint.
  std::vector<CanisterRange> routing_table;

  /// The subnet that hosts a canister id, if any does.
  [[nodiscard]] std::optional<types::SubnetId> route(const types::CanisterId& canister) const;
  /// Needs the subnet to exist.
  [[nodiscard]] const SubnetRecord& subnet(const types::SubnetId& id) const;

  static constexpr auto kFields =
      std::tuple(&Snapshot::version, &Snapshot::root_subnet, &Snapshot::subnets, &Snapshot::nodes,
                 &Snapshot::routing_table);
};

/// Checks what every reader relies on: members known and sorted, not too many admins, ranges
/// sorted, disjoint and of known subnets, a root subnet, keys and thresholds that fit the member
/// count.
[[nodiscard]] Status<> check(const Snapshot& snapshot);

/// f = (n - 1) / 3, for n >= 1: how many nodes may be faulty.
[[nodiscard]] constexpr std::size_t faults_tolerated(std::size_t n) {
  return (n - 1) / 3;
}
/// Shares for notarization, finalization, certification and catch-up packages.
[[nodiscard]] constexpr std::size_t high_threshold(std::size_t n) {
  return n - faults_tolerated(n);
}
/// Shares for beacon and tape.
[[nodiscard]] constexpr std::size_t low_threshold(std::size_t n) {
  return faults_tolerated(n) + 1;
}
static_assert(high_threshold(4) == 3 && low_threshold(4) == 2);
static_assert(high_threshold(1) == 1 && low_threshold(1) == 1);

}  // namespace icpd::registry
