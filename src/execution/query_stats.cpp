#include "execution/query_stats.hpp"

namespace icpd::execution {
namespace {

std::uint64_t capped_sum(std::uint64_t a, std::uint64_t b) {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

void add_to(state::QueryStats& sum, const state::QueryStats& more) {
  sum.calls = capped_sum(sum.calls, more.calls);
  sum.instructions = capped_sum(sum.instructions, more.instructions);
  sum.request_bytes = capped_sum(sum.request_bytes, more.request_bytes);
  sum.response_bytes = capped_sum(sum.response_bytes, more.response_bytes);
}

}  // namespace

void QueryStatsCollector::add(types::Height height, std::span<const EvaluatedMethod> evaluated) {
  const std::uint64_t epoch = query_stats_epoch(height);
  for (const EvaluatedMethod& method : evaluated)
    add_to(total_, method.stats);
  if (current_ && epoch < current_->number) return;
  if (current_ && epoch > current_->number) complete_ = std::exchange(current_, std::nullopt);
  if (!current_) current_ = Epoch{epoch, {}};
  for (const EvaluatedMethod& method : evaluated)
    add_to(current_->canisters[method.canister], method.stats);
}

std::optional<QueryStatsCollector::Epoch> QueryStatsCollector::take_complete() {
  return std::exchange(complete_, std::nullopt);
}

}  // namespace icpd::execution
