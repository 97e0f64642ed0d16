// Users' calls that wait for a block.
//
// Each message was sent by a client of this node or by one peer, its source, and counts against
// that source's share, so that nobody fills the pool for the others. A message may be included once
// its signatures are verified; messages of this node's own clients come verified.
//
// Order is the order of arrival: what came first is first in blocks (reference B.8).
//
// A message leaves when its block is final, or when it has expired and isn't pinned. What a
// proposal names is pinned until the proposal's height is final: the proposal is judged at its own
// block time, however late that is (after a restart, or a laptop's sleep).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/digest_map.hpp"
#include "base/shared.hpp"
#include "types/artifact.hpp"
#include "types/requests.hpp"

namespace icpd::replica {

using SharedIngress = Shared<types::IngressMessage>;
using Encoded = Shared<types::EncodedArtifact>;

/// What one source may have in the pool.
inline constexpr std::size_t kPoolMessagesPerSourceMax = 20'000;
inline constexpr std::size_t kPoolBytesPerSourceMax = 64 * kMiB;

enum class Verification : std::uint8_t { kUnknown, kAsked, kGood, kBad };

struct PoolEntry {
  SharedIngress message;
  Encoded artifact;
  /// This node's own clients: nothing.
  std::optional<types::NodeId> source;
  Verification verification = Verification::kUnknown;
  /// Some delegation of the chain ends then; blocks of a later time can't include it.
  Time good_until = Time::max();
  /// A block names it: it counts against no share (bounded by p2p::kAskedMax).
  bool is_required = false;
  std::size_t pins = 0;
  /// Wall clock.
  Time received;
  /// Given by add().
  std::uint64_t order = 0;
};

class IngressPool {
 public:
  /// False, and nothing changed, if the source's share is used up. Needs !contains(hash).
  [[nodiscard]] bool add(PoolEntry entry);
  [[nodiscard]] bool contains(const types::IngressHash& hash) const {
    return entries_.contains(hash);
  }
  [[nodiscard]] const PoolEntry* find(const types::IngressHash& hash) const;
  /// Gives what was removed, if it was here.
  std::optional<PoolEntry> remove(const types::IngressHash& hash);
  /// Removes what expires before `now` and isn't pinned.
  std::vector<PoolEntry> remove_expired(Time now);
  /// Removes what this source sent and nobody has looked at, but for what is pinned.
  void remove_unverified(const types::NodeId& source);
  /// Once more, or once less. False, or nothing, if it isn't here or isn't pinned.
  [[nodiscard]] bool pin(const types::IngressHash& hash);
  void unpin(const types::IngressHash& hash);

  /// True if it is here and became so now; what is verified stays so.
  bool mark(const types::IngressHash& hash, Verification verification);
  /// Verified messages in the order of arrival.
  [[nodiscard]] std::vector<const PoolEntry*> verified() const;
  [[nodiscard]] std::size_t verified_count() const { return verified_.size(); }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::optional<Time> next_expiry() const;

 private:
  struct Usage {
    std::size_t messages = 0;
    std::size_t bytes = 0;
  };
  DigestMap<types::IngressHash, PoolEntry> entries_;
  std::map<std::uint64_t, const PoolEntry*> verified_;
  /// Those that aren't pinned.
  std::set<std::pair<Time, types::IngressHash>> by_expiry_;
  std::map<std::optional<types::NodeId>, Usage> usage_;
  std::size_t bytes_ = 0;
  std::uint64_t next_order_ = 0;
};

}  // namespace icpd::replica
