// Facts about the subnet as a whole that later rounds read.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/shared.hpp"
#include "base/units.hpp"
#include "crypto/hash.hpp"
#include "state/canister_state.hpp"
#include "state/node_metrics.hpp"
#include "state/query_reports.hpp"
#include "state/subnet_calls.hpp"
#include "state/topology.hpp"
#include "types/block.hpp"
#include "types/numbers.hpp"

namespace icpd::state {

/// Which canister ids this subnet gives next. No id is ever given twice, also after its canister
/// was deleted (interface specification, "delete_canister").
struct CanisterIdAllocation {
  std::vector<IndexRange> ranges;
  /// All ids up to this one are used: given, or asked for by name and passed over.
  std::optional<std::uint64_t> last_given;
  /// Indices above last_given of canisters that were asked for by name and are deleted.
  Cow<std::set<std::uint64_t>> deleted_ahead;

  /// Whether a canister had this id that may be gone by now.
  [[nodiscard]] bool was_given(std::uint64_t index) const {
    return (last_given.has_value() && index <= *last_given) || deleted_ahead->contains(index);
  }
  static constexpr auto kFields =
      std::tuple(&CanisterIdAllocation::ranges, &CanisterIdAllocation::last_given,
                 &CanisterIdAllocation::deleted_ahead);
};

/// Certified under /subnet/<own>/metrics.
struct SubnetMetrics {
  std::uint64_t update_transactions_total = 0;
  /// Of canisters that are gone; those of living canisters are added when asked for.
  types::Cycles consumed_by_deleted{0};
  static constexpr auto kFields =
      std::tuple(&SubnetMetrics::update_transactions_total, &SubnetMetrics::consumed_by_deleted);
};

struct SystemMetadata {
  /// Of the last batch. Both grow strictly.
  types::Height height;
  Time batch_time;
  /// Root of the certified tree at the height before: states form a hash chain.
  std::optional<types::StateRoot> previous_root;
  Shared<NetworkTopology> topology;
  CanisterIdAllocation allocation;
  SubnetCalls calls;
  /// Bytes of pages written since the last checkpoint.
  std::uint64_t heap_delta_bytes = 0;
  SubnetMetrics metrics;
  /// When heartbeats were last due. They are due at most once a second.
  Time last_heartbeat;
  /// Where the next checkpoint is and how many heights lie between two.
  types::Height next_checkpoint;
  std::uint64_t interval_length = 0;
  NodeMetrics node_metrics;
  QueryReports query_reports;

  static constexpr auto kFields = std::tuple(
      &SystemMetadata::height, &SystemMetadata::batch_time, &SystemMetadata::previous_root,
      &SystemMetadata::topology, &SystemMetadata::allocation, &SystemMetadata::calls,
      &SystemMetadata::heap_delta_bytes, &SystemMetadata::metrics, &SystemMetadata::last_heartbeat,
      &SystemMetadata::next_checkpoint, &SystemMetadata::interval_length,
      &SystemMetadata::node_metrics, &SystemMetadata::query_reports);
};

}  // namespace icpd::state
