#include "types/query_stats.hpp"

#include <limits>

namespace icpd::types {

namespace {

std::uint64_t capped_sum(std::uint64_t a, std::uint64_t b) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  return a > kMost - b ? kMost : a + b;
}

}  // namespace

void add_saturating(QueryStats& sum, const QueryStats& more) {
  sum.calls = capped_sum(sum.calls, more.calls);
  sum.instructions = capped_sum(sum.instructions, more.instructions);
  sum.request_bytes = capped_sum(sum.request_bytes, more.request_bytes);
  sum.response_bytes = capped_sum(sum.response_bytes, more.response_bytes);
}

}  // namespace icpd::types
