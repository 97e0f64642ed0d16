// The way of one call through the four layers, as this node saw it.
//
// Times are this node's wall clock; traces of several nodes are laid side by side by request id.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <tuple>

#include "base/digest_map.hpp"
#include "base/units.hpp"
#include "crypto/quorum.hpp"
#include "types/block.hpp"
#include "types/ids.hpp"
#include "types/requests.hpp"

namespace icpd::replica {

struct RequestTrace {
  types::RequestId request;
  types::CanisterId canister;
  std::string method;

  // Peer-to-peer.
  /// The client sent it to this node; else a peer did.
  bool from_client = false;
  Time received;
  /// Its time ran out before a block had it; 0 as long as that isn't so.
  Time expired;

  // Consensus.
  types::Height height;
  types::BlockHash block;
  types::NodeId block_maker;
  types::Rank block_rank;
  /// Messages in the block.
  std::uint64_t block_messages = 0;
  /// When this node made or first checked a block with it. This one and the next two are 0 where
  /// this node never saw it happen (it came in a range).
  Time proposed;
  Time notarized;
  Time finalized;
  /// Who signed the finalization (consensus::Finalized), of how many members.
  crypto::MemberSet signers = 0;
  std::uint64_t members = 0;

  // Message routing.
  /// Handed to execution, and the state root that came back.
  Time delivered;
  types::StateRoot root;

  // Execution.
  Time executed;
  /// Of the canister that got it: the method, and the callbacks of calls that it made.
  std::uint64_t instructions = 0;
  std::uint64_t pages = 0;
  /// The height at which it ended; 0 while it goes on.
  types::Height finished;

  // Certificate.
  types::Height certified_height;
  Time certified;

  static constexpr auto kFields = std::tuple(
      &RequestTrace::request, &RequestTrace::canister, &RequestTrace::method,
      &RequestTrace::from_client, &RequestTrace::received, &RequestTrace::expired,
      &RequestTrace::height, &RequestTrace::block, &RequestTrace::block_maker,
      &RequestTrace::block_rank, &RequestTrace::block_messages, &RequestTrace::proposed,
      &RequestTrace::notarized, &RequestTrace::finalized, &RequestTrace::signers,
      &RequestTrace::members, &RequestTrace::delivered, &RequestTrace::root,
      &RequestTrace::executed, &RequestTrace::instructions, &RequestTrace::pages,
      &RequestTrace::finished, &RequestTrace::certified_height, &RequestTrace::certified);
};

/// Calls on their way, by request; at most kSizeMax, of which the oldest give way.
class OpenTraces {
 public:
  static constexpr std::size_t kSizeMax = 20'000;

  /// Follows a call from here on, if it isn't followed already. Gives the one that had to go.
  std::optional<RequestTrace> follow(RequestTrace trace);
  /// Null: not followed.
  [[nodiscard]] RequestTrace* find(const types::RequestId& id);
  [[nodiscard]] const RequestTrace* find(const types::RequestId& id) const;
  /// The trace, which isn't followed any more.
  std::optional<RequestTrace> take(const types::RequestId& id);
  [[nodiscard]] std::size_t size() const { return traces_.size(); }

 private:
  struct Entry {
    RequestTrace trace;
    std::uint64_t age = 0;
  };
  DigestMap<types::RequestId, Entry> traces_;
  std::map<std::uint64_t, types::RequestId> by_age_;
  std::uint64_t last_age_ = 0;
};

/// The latest traces that are complete or have been given up, oldest forgotten first.
class TraceStore {
 public:
  static constexpr std::size_t kSizeMax = 10'000;

  void add(RequestTrace trace);
  [[nodiscard]] const RequestTrace* find(const types::RequestId& id) const;
  [[nodiscard]] std::size_t size() const { return order_.size(); }
  /// Newest last.
  [[nodiscard]] const std::deque<types::RequestId>& order() const { return order_; }

 private:
  DigestMap<types::RequestId, RequestTrace> traces_;
  std::deque<types::RequestId> order_;
};

}  // namespace icpd::replica
