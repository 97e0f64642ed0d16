// Batches: what consensus hands to message routing, one for each finalized height, in order.
#pragma once

#include <optional>
#include <vector>

#include "base/shared.hpp"
#include "crypto/hash.hpp"
#include "types/block.hpp"
#include "types/numbers.hpp"
#include "types/requests.hpp"

namespace icpd::types {

/// 32 unpredictable bytes, equal on all nodes: SHA-256 of the random tape of the batch's height.
using Randomness = FixedBytes<struct RandomnessTag, 32>;

struct Batch {
  Height height;
  /// Summary heights: the state is checkpointed and its full hash computed.
  bool is_checkpoint = false;
  /// Where the next checkpoint is, and how many heights lie between two.
  Height next_checkpoint;
  std::uint64_t interval_length = 0;
  Time time;
  RegistryVersion registry_version;
  Randomness randomness;
  /// In block order. Everything that the block named is here.
  std::vector<Shared<IngressMessage>> ingress;
  ConsensusResponses responses;
  NodeId block_maker;
  Rank block_rank;
  /// Makers of better rank that made no block in time, best first.
  std::vector<NodeId> failed_makers;
  /// Of the block's maker.
  std::optional<QueryStatsReport> query_stats;
};

}  // namespace icpd::types
