// Blocks.
//
// A block names its parent and carries either the summary of a distributed-key-generation interval
// (every `interval length + 1` heights, beginning with genesis) or data: what the subnet executes
// at this height. Data blocks name ingress messages by the hash of their signed bytes; the bodies
// travel and are stored beside the block (DESIGN §6), so that a proposal stays small and a message
// crosses each link once. A node notarizes only what it has every body of.
//
// Block hash = SHA-256 in domain "block_domain" of the block's canonical record.
#pragma once

#include <map>
#include <optional>
#include <variant>
#include <vector>

#include "base/shared.hpp"
#include "crypto/hash.hpp"
#include "crypto/transcript.hpp"
#include "types/consensus_responses.hpp"
#include "types/ids.hpp"
#include "types/numbers.hpp"
#include "types/query_stats.hpp"
#include "types/requests.hpp"

namespace icpd::types {

using BlockHash = FixedBytes<struct BlockHashTag, 32>;
/// Root of the certified state tree.
using StateRoot = FixedBytes<struct StateRootTag, 32>;
/// Hash over everything a later round may read (docs/formats/state_hash.md).
using StateHash = FixedBytes<struct StateHashTag, 32>;

/// What a block's payload was built and is checked against.
struct ValidationContext {
  RegistryVersion registry_version;
  /// The payload is valid on exactly this certified state plus the payloads of the blocks after it.
  Height certified_height;
  /// The time that canisters see. Grows strictly along the chain.
  Time time;

  bool operator==(const ValidationContext&) const = default;
  static constexpr auto kFields =
      std::tuple(&ValidationContext::registry_version, &ValidationContext::certified_height,
                 &ValidationContext::time);
};

/// What the subnet executes at a height.
struct DataPayload {
  std::vector<IngressHash> ingress;
  ConsensusResponses responses;
  /// The maker's own counts, if it has some to report.
  std::optional<QueryStatsReport> query_stats;

  /// Nothing that a block would be made for: statistics travel in blocks that are made anyway.
  [[nodiscard]] bool empty() const { return ingress.empty() && responses.empty(); }
  bool operator==(const DataPayload&) const = default;
  static constexpr auto kFields =
      std::tuple(&DataPayload::ingress, &DataPayload::responses, &DataPayload::query_stats);
};

/// The threshold keys of an interval: low (f + 1 shares; beacon, tape) and high (n - f shares;
/// certification, catch-up packages).
struct Transcripts {
  Shared<crypto::Transcript> low;
  Shared<crypto::Transcript> high;

  static constexpr auto kFields = std::tuple(&Transcripts::low, &Transcripts::high);
};

/// Begins an interval. Fixes, for its heights: membership, keys, and where the next summary is.
struct SummaryPayload {
  /// Membership of this interval: the subnet record at this version.
  RegistryVersion registry_version;
  /// Data blocks after this summary; the next summary is at height + interval_length + 1.
  std::uint64_t interval_length = 0;
  Transcripts current;
  /// Keys of the next interval.
  Transcripts next;

  static constexpr auto kFields =
      std::tuple(&SummaryPayload::registry_version, &SummaryPayload::interval_length,
                 &SummaryPayload::current, &SummaryPayload::next);
};

using Payload = std::variant<DataPayload, SummaryPayload>;

struct Block {
  BlockHash parent;
  Height height;
  Rank rank;
  NodeId maker;
  /// Who could have made a block of this height before and didn't, or not in time: the makers of
  /// ranks 0 to rank - 1, in this order. The ranking says it (consensus/committee.hpp); it stands
  /// here so that whoever has the chain alone knows it too.
  std::vector<NodeId> failed_makers;
  ValidationContext context;
  Payload payload;

  [[nodiscard]] bool is_summary() const { return std::holds_alternative<SummaryPayload>(payload); }
  static constexpr auto kFields =
      std::tuple(&Block::parent, &Block::height, &Block::rank, &Block::maker, &Block::failed_makers,
                 &Block::context, &Block::payload);
};

[[nodiscard]] BlockHash block_hash(const Block& block);

/// A block with its hash, computed once.
class HashedBlock {
 public:
  HashedBlock() = default;
  explicit HashedBlock(Block block) : hash_(block_hash(block)), block_(std::move(block)) {}

  [[nodiscard]] const BlockHash& hash() const { return hash_; }
  [[nodiscard]] const Block& operator*() const { return *block_; }
  [[nodiscard]] const Block* operator->() const { return &*block_; }

  friend bool operator==(const HashedBlock& a, const HashedBlock& b) { return a.hash_ == b.hash_; }

 private:
  BlockHash hash_;
  Shared<Block> block_;
};

/// Only the block is written; the hash is computed when reading.
void record_write(codec::RecordWriter& out, const HashedBlock& block);
[[nodiscard]] Status<> record_read(codec::RecordReader& in, HashedBlock& block);

}  // namespace icpd::types
