#include "message_routing/query_stats.hpp"

#include <algorithm>
#include <set>

#include "base/ensure.hpp"
#include "registry/records.hpp"
#include "types/limits.hpp"

namespace icpd::message_routing {

namespace {

using state::ReplicatedState;
using types::CanisterId;
using types::CanisterQueryStats;
using types::QueryStatsReport;

/// The epoch that blocks of this height report; nothing in the first epoch.
std::optional<std::uint64_t> reported_epoch(const ReplicatedState& state, types::Height height) {
  const std::uint64_t epoch = state.topology().parameters.query_stats_epoch(height);
  if (epoch == 0) return std::nullopt;
  return epoch - 1;
}

/// What one maker has reported of an epoch, as far as it is decided.
class Reported {
 public:
  Reported(const QueryStatsBase& base, std::uint64_t epoch) : base_(base), epoch_(epoch) {
    for (const types::HashedBlock& block : base.past) {
      const auto* payload = std::get_if<types::DataPayload>(&block->payload);
      if (payload == nullptr || !payload->query_stats || block->maker != base.maker ||
          payload->query_stats->epoch != epoch)
        continue;
      for (const CanisterQueryStats& one : payload->query_stats->canisters)
        in_blocks_.insert(one.canister);
    }
  }

  [[nodiscard]] bool has(const CanisterId& canister) const {
    const state::QueryReports& reports = base_.certified.metadata().query_reports;
    return in_blocks_.contains(canister) ||
           (reports.epoch() == epoch_ && reports.has(base_.maker, canister));
  }

 private:
  const QueryStatsBase& base_;
  std::uint64_t epoch_;
  std::set<CanisterId> in_blocks_;
};

void credit_all(ReplicatedState& tip) {
  const std::size_t faulty = registry::faults_tolerated(tip.topology().subnet_size());
  const state::QueryReports::Map reports = tip.metadata().query_reports.reports();
  for (const auto& [id, of_canister] : reports) {
    if (!tip.contains(id)) continue;
    const types::QueryStats credited = state::credit(of_canister, faulty);
    tip.update(id, [&](state::CanisterState& canister) {
      types::add_saturating(canister.query_stats, credited);
    });
  }
  tip.write_metadata().query_reports = {};
}

}  // namespace

std::optional<QueryStatsReport> build_query_stats(const QueryStatsBase& base,
                                                  const QueryStatsReport& counts) {
  if (reported_epoch(base.certified, base.height) != counts.epoch) return std::nullopt;
  const Reported reported(base, counts.epoch);
  QueryStatsReport report{counts.epoch, {}};
  for (const CanisterQueryStats& one : counts.canisters) {
    if (report.canisters.size() >= types::limits::kBlockQueryStatsCountMax) break;
    if (base.certified.contains(one.canister) && !reported.has(one.canister))
      report.canisters.push_back(one);
  }
  if (report.canisters.empty()) return std::nullopt;
  return report;
}

Status<> check_query_stats(const QueryStatsBase& base, const QueryStatsReport& report) {
  if (reported_epoch(base.certified, base.height) != report.epoch)
    return Err("query statistics of another epoch");
  if (report.canisters.empty()) return Err("query statistics of no canister");
  if (report.canisters.size() > types::limits::kBlockQueryStatsCountMax)
    return Err("query statistics of more canisters than a block may have");
  const Reported reported(base, report.epoch);
  const CanisterId* before = nullptr;
  for (const CanisterQueryStats& one : report.canisters) {
    if (before != nullptr && one.canister <= *before)
      return Err("query statistics: canisters don't ascend");
    before = &one.canister;
    if (!base.certified.contains(one.canister))
      return Err("query statistics of a canister that isn't there");
    if (reported.has(one.canister)) return Err("query statistics that its maker reported before");
  }
  return {};
}

void take_query_stats(ReplicatedState& tip, const types::Batch& batch) {
  ensure(tip.height() == batch.height);
  const auto epoch = reported_epoch(tip, batch.height);
  const state::QueryReports& reports = tip.metadata().query_reports;
  if (!reports.empty() && reports.epoch() != epoch) credit_all(tip);
  // Another registry version may have another length of epochs than the block was checked with.
  if (!batch.query_stats || batch.query_stats->epoch != epoch) return;
  ensure(batch.query_stats->canisters.size() <= types::limits::kBlockQueryStatsCountMax);
  state::QueryReports& taken = tip.write_metadata().query_reports;
  for (const CanisterQueryStats& one : batch.query_stats->canisters)
    if (!taken.has(batch.block_maker, one.canister))
      taken.add(*epoch, batch.block_maker, one.canister, one.stats);
}

}  // namespace icpd::message_routing
