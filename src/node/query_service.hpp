// Queries of clients, for the threads that run them: answered from the cache where it knows the
// answer, else executed within their time, and counted.
#pragma once

#include <atomic>
#include <mutex>

#include "execution/query_cache.hpp"
#include "execution/query_stats.hpp"
#include "io/clock.hpp"

namespace icpd::node {

/// Answers kept by a node (reference 7.3).
inline constexpr std::size_t kQueryCacheBytesMax = 200 * kMiB;

struct QueryFigures {
  std::uint64_t queries = 0;
  std::uint64_t from_cache = 0;
  std::uint64_t cache_bytes = 0;
  /// Over all evaluated methods.
  state::QueryStats evaluated;
};

class QueryService {
 public:
  /// Both outlive the service.
  QueryService(io::Clock& clock, execution::Environment& environment,
               std::size_t cache_bytes_max = kQueryCacheBytesMax)
      : clock_(clock), environment_(environment), cache_(cache_bytes_max) {}

  /// From any thread; several at a time. `certificate` is over `state`.
  [[nodiscard]] execution::QueryAnswer answer(const state::ReplicatedState& state,
                                              const execution::QueryRequest& request,
                                              execution::DataCertificate certificate);
  [[nodiscard]] QueryFigures figures() const;
  /// What was counted in the epoch of query statistics before `epoch`, which is that of the newest
  /// state; once, and nothing if there were no queries.
  [[nodiscard]] std::optional<types::QueryStatsReport> take_counts(std::uint64_t epoch);
  /// The node stops: those that run are told that their time is up.
  void end() { ended_ = true; }

 private:
  io::Clock& clock_;
  execution::Environment& environment_;
  std::atomic<bool> ended_ = false;
  mutable std::mutex mutex_;
  execution::QueryCache cache_;
  execution::QueryStatsCollector stats_;
  std::uint64_t queries_ = 0;
  std::uint64_t from_cache_ = 0;
};

}  // namespace icpd::node
