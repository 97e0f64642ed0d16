// What an HTTPS outcall costs in the second pricing version, by what is used (reference 5.6).
//
// A base fee is paid with the call. Beside it each node that fetches has an allowance; what it
// spends, and its part of what the answer costs in a block, is paid from there, and the rest goes
// back. With n nodes in the subnet, r bytes of request and m responses at least:
//
//   base, all nodes       n * (1 M + 50 r + 140 k n + 800 n^2)
//   base, one or some     n * (1 M + 50 r + 90 k n + 2 k n m + 100 k m)       one node: m = 1
//   a node                50 * downloaded bytes + 300 * ms + transform instructions / 13
//   and, of one or some   + 50 * transformed bytes * n
//   in a block            n * (10 n + 600) * bytes, of some: 181 bytes more for each response,
//                         and n * (2 k n + 100 k) for each beyond m
//
// The first version is FeeSchedule::http_outcall_cost. Subnets that charge nothing charge nothing
// here.
#pragma once

#include "execution/fees.hpp"
#include "state/http_outcalls.hpp"

namespace icpd::execution {

/// How an outcall is done, as far as prices depend on it.
struct HttpShape {
  state::HttpReplication replication = state::HttpReplication::kAllNodes;
  /// Nodes that fetch.
  std::uint64_t fetchers = 0;
  std::uint64_t min_responses = 0;
  std::uint64_t max_responses = 0;
};
[[nodiscard]] HttpShape shape_of(const state::HttpOutcall& outcall, std::uint64_t fetchers);

/// Paid with the call.
[[nodiscard]] Cycles http_base_fee(const FeeSchedule& fees, const HttpShape& shape,
                                   std::uint64_t request_bytes);
/// What one node spends; `use.request_bytes` plays no part.
[[nodiscard]] Cycles http_node_fee(const FeeSchedule& fees, const HttpShape& shape,
                                   const HttpOutcallUse& use);
/// For responses in a block that have this many bytes together.
[[nodiscard]] Cycles http_block_fee(const FeeSchedule& fees, const HttpShape& shape,
                                    std::uint64_t responses, std::uint64_t bytes);
/// The allowance of one node: covers whatever an outcall can cost beside its base fee (60 s, a
/// response of `response_bytes_max`, a query's instructions, a transformed response of 2 MB).
[[nodiscard]] Cycles http_allowance_max(const FeeSchedule& fees, const HttpShape& shape,
                                        std::uint64_t response_bytes_max);

}  // namespace icpd::execution
