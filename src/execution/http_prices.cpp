#include "execution/http_prices.hpp"

#include "execution/limits.hpp"

namespace icpd::execution {
namespace {

using Wide = unsigned __int128;
using state::HttpReplication;

constexpr Wide kPerCall = 1'000'000;
constexpr Wide kPerRequestByte = 50;
constexpr Wide kAllNodesPerNode = 140'000;
constexpr Wide kAllNodesPerNodeSquared = 800;
constexpr Wide kSomeNodesPerNode = 90'000;
constexpr Wide kPerResponseAndNode = 2'000;
constexpr Wide kPerResponse = 100'000;
constexpr Wide kPerDownloadedByte = 50;
constexpr Wide kPerMillisecond = 300;
constexpr Wide kInstructionsPerCycle = kFeeReferenceNodes;
constexpr Wide kPerToldByteAndNode = 50;
constexpr Wide kPerBlockByteAndNode = 10;
constexpr Wide kPerBlockByte = 600;
constexpr Wide kResponseOverheadBytes = 181;

bool is_told_by_nodes(const HttpShape& shape) {
  return shape.replication != HttpReplication::kAllNodes;
}

Wide per_response(Wide n) {
  return kPerResponseAndNode * n + kPerResponse;
}

}  // namespace

HttpShape shape_of(const state::HttpOutcall& outcall, std::uint64_t fetchers) {
  const bool is_one = outcall.replication == HttpReplication::kOneNode;
  return {.replication = outcall.replication,
          .fetchers = fetchers,
          .min_responses = is_one ? 1 : outcall.min_responses,
          .max_responses = is_one ? 1 : outcall.max_responses};
}

Cycles http_base_fee(const FeeSchedule& fees, const HttpShape& shape, std::uint64_t request_bytes) {
  if (!fees.charges()) return Cycles{0};
  const Wide n = fees.nodes();
  const Wide call = kPerCall + kPerRequestByte * request_bytes;
  if (!is_told_by_nodes(shape))
    return Cycles{n * (call + kAllNodesPerNode * n + kAllNodesPerNodeSquared * n * n)};
  return Cycles{n * (call + kSomeNodesPerNode * n + per_response(n) * shape.min_responses)};
}

Cycles http_node_fee(const FeeSchedule& fees, const HttpShape& shape, const HttpOutcallUse& use) {
  if (!fees.charges()) return Cycles{0};
  const Wide told = is_told_by_nodes(shape)
                        ? kPerToldByteAndNode * use.transformed_bytes * fees.nodes()
                        : Wide{0};
  return Cycles{kPerDownloadedByte * use.response_bytes + kPerMillisecond * use.round_trip_ms +
                use.transform_instructions / kInstructionsPerCycle + told};
}

Cycles http_block_fee(const FeeSchedule& fees, const HttpShape& shape, std::uint64_t responses,
                      std::uint64_t bytes) {
  if (!fees.charges()) return Cycles{0};
  const Wide n = fees.nodes();
  const Wide per_byte = n * (kPerBlockByteAndNode * n + kPerBlockByte);
  if (shape.replication != HttpReplication::kCommittee) return Cycles{per_byte * bytes};
  const std::uint64_t beyond =
      responses > shape.min_responses ? responses - shape.min_responses : 0;
  return Cycles{per_byte * (bytes + kResponseOverheadBytes * responses) +
                n * per_response(n) * beyond};
}

Cycles http_allowance_max(const FeeSchedule& fees, const HttpShape& shape,
                          std::uint64_t response_bytes_max) {
  ensure(shape.fetchers > 0, "somebody fetches");
  constexpr std::uint64_t kLargest = types::limits::kHttpResponseSizeMax;
  const Cycles node =
      http_node_fee(fees, shape,
                    {.round_trip_ms = types::limits::kHttpOutcallTimeout.ns / 1'000'000,
                     .response_bytes = response_bytes_max,
                     .transformed_bytes = kLargest,
                     .transform_instructions = kApplicationLimits.query});
  const bool is_committee = shape.replication == HttpReplication::kCommittee;
  const std::uint64_t responses = is_committee ? shape.max_responses : 1;
  const Cycles block = http_block_fee(fees, shape, responses, responses * kLargest);
  const Wide share = (block.value + shape.fetchers - 1) / shape.fetchers;
  return node + share;
}

}  // namespace icpd::execution
