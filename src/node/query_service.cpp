#include "node/query_service.hpp"

namespace icpd::node {

execution::QueryAnswer QueryService::answer(const state::ReplicatedState& state,
                                            const execution::QueryRequest& request,
                                            execution::DataCertificate certificate) {
  const execution::QueryKey key = execution::query_key(request);
  const std::uint64_t epoch = state.topology().parameters.query_stats_epoch(state.height());
  {
    const std::lock_guard lock(mutex_);
    ++queries_;
    if (auto known = cache_.find(key, state)) {
      ++from_cache_;
      stats_.add(epoch, known->evaluated);
      return std::move(*known);
    }
  }
  const Duration start = clock_.monotonic();
  auto answer = execution::execute_query(
      state, request, std::move(certificate), environment_, {.time_is_up = [this, start] {
        return ended_ || clock_.monotonic().ns - start.ns > execution::kQueryTimeMax.ns;
      }});
  const std::lock_guard lock(mutex_);
  cache_.insert(key, answer);
  stats_.add(epoch, answer.evaluated);
  return answer;
}

QueryFigures QueryService::figures() const {
  const std::lock_guard lock(mutex_);
  return {queries_, from_cache_, cache_.bytes(), stats_.total()};
}

std::optional<types::QueryStatsReport> QueryService::take_counts(std::uint64_t epoch) {
  const std::lock_guard lock(mutex_);
  return stats_.take_complete(epoch);
}

}  // namespace icpd::node
