// What consensus answers to calls that wait for the world outside the subnet: HTTPS outcalls now,
// threshold signatures in the same form (one agreed reply).
//
//   canister -> management canister: the call waits in the state, under an id
//   nodes act (fetch, sign shares), agree -> a block carries the answer -> the next round sends it
//
// A block's maker puts answers in, everybody else checks them (message_routing/response_rules.hpp).
// There are no answers for calls that nobody answers: they end by the time of blocks.
//
// Prices of an HTTPS outcall depend on what each node spent. Nodes whose responses are part of an
// answer say so with it, the others later in `late`.
#pragma once

#include <cstdint>
#include <tuple>
#include <variant>
#include <vector>

#include "base/strong.hpp"
#include "crypto/hash.hpp"
#include "types/messages.hpp"
#include "types/numbers.hpp"

namespace icpd::types {

/// A call of the management canister that is answered later. Grows; never used twice.
using SubnetCallId = Strong<struct SubnetCallIdTag, std::uint64_t>;

/// Enough nodes say the same: the reply's bytes are the caller's, or the reject is.
struct AgreedAnswer {
  ResponsePayload payload;
  bool operator==(const AgreedAnswer&) const = default;
  static constexpr auto kFields = std::tuple(&AgreedAnswer::payload);
};

/// So many nodes gave a response with this hash.
struct ContentCount {
  crypto::Digest content;
  std::uint32_t nodes = 0;
  bool operator==(const ContentCount&) const = default;
  static constexpr auto kFields = std::tuple(&ContentCount::content, &ContentCount::nodes);
};
/// Nodes differ so much that enough of them can't say the same any more. Falling by count, equal
/// counts falling by hash.
struct DivergedAnswer {
  std::vector<ContentCount> contents;
  bool operator==(const DivergedAnswer&) const = default;
  static constexpr auto kFields = std::tuple(&DivergedAnswer::contents);
};

struct NodeAnswer {
  NodeId node;
  ResponsePayload payload;
  bool operator==(const NodeAnswer&) const = default;
  static constexpr auto kFields = std::tuple(&NodeAnswer::node, &NodeAnswer::payload);
};
/// What nodes of a committee say, each for itself, ascending by node: replies only, as many as the
/// caller asked for, or rejects only, so many that there can't be enough replies.
struct CommitteeAnswer {
  std::vector<NodeAnswer> answers;
  bool operator==(const CommitteeAnswer&) const = default;
  static constexpr auto kFields = std::tuple(&CommitteeAnswer::answers);
};

struct NodeContent {
  NodeId node;
  bool is_reject = false;
  std::uint64_t size_bytes = 0;
  bool operator==(const NodeContent&) const = default;
  static constexpr auto kFields =
      std::tuple(&NodeContent::node, &NodeContent::is_reject, &NodeContent::size_bytes);
};
/// What nodes of a committee have, ascending by node, when as many replies as the caller needs
/// don't fit into a block.
struct OversizedAnswer {
  std::vector<NodeContent> contents;
  bool operator==(const OversizedAnswer&) const = default;
  static constexpr auto kFields = std::tuple(&OversizedAnswer::contents);
};

using ConsensusAnswer =
    std::variant<AgreedAnswer, DivergedAnswer, CommitteeAnswer, OversizedAnswer>;

/// What a node spent of its allowance.
struct NodeSpending {
  NodeId node;
  Cycles spent{0};
  bool operator==(const NodeSpending&) const = default;
  static constexpr auto kFields = std::tuple(&NodeSpending::node, &NodeSpending::spent);
};

struct ConsensusResponse {
  SubnetCallId call;
  ConsensusAnswer answer;
  /// Of the nodes whose responses led to the answer, ascending; only for calls with an allowance.
  std::vector<NodeSpending> spending;
  bool operator==(const ConsensusResponse&) const = default;
  static constexpr auto kFields = std::tuple(&ConsensusResponse::call, &ConsensusResponse::answer,
                                             &ConsensusResponse::spending);
};

/// Of a node that answered an outcall after it was over.
struct LateSpending {
  SubnetCallId call;
  NodeSpending spending;
  bool operator==(const LateSpending&) const = default;
  static constexpr auto kFields = std::tuple(&LateSpending::call, &LateSpending::spending);
};

/// The part of a block. Ascending by call; `late` by call and node.
struct ConsensusResponses {
  std::vector<ConsensusResponse> responses;
  std::vector<LateSpending> late;

  [[nodiscard]] bool empty() const { return responses.empty() && late.empty(); }
  bool operator==(const ConsensusResponses&) const = default;
  static constexpr auto kFields =
      std::tuple(&ConsensusResponses::responses, &ConsensusResponses::late);
};

}  // namespace icpd::types
