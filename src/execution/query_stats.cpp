#include "execution/query_stats.hpp"

namespace icpd::execution {

void QueryStatsCollector::add(std::uint64_t epoch, std::span<const EvaluatedMethod> evaluated) {
  for (const EvaluatedMethod& method : evaluated)
    types::add_saturating(total_, method.stats);
  if (epoch < newest_) return;
  newest_ = epoch;
  // Nobody takes what is older than the epoch before.
  epochs_.erase(epochs_.begin(), epochs_.lower_bound(epoch == 0 ? 0 : epoch - 1));
  auto& canisters = epochs_[epoch];
  for (const EvaluatedMethod& method : evaluated)
    types::add_saturating(canisters[method.canister], method.stats);
}

std::optional<types::QueryStatsReport> QueryStatsCollector::take_complete(std::uint64_t epoch) {
  newest_ = std::max(newest_, epoch);
  if (epoch == 0) return std::nullopt;
  auto found = epochs_.extract(epoch - 1);
  if (found.empty() || found.mapped().empty()) return std::nullopt;
  types::QueryStatsReport report{epoch - 1, {}};
  for (const auto& [canister, stats] : found.mapped())
    report.canisters.push_back({canister, stats});
  return report;
}

}  // namespace icpd::execution
