// What became of each user's call (interface specification, "Request status").
//
//   absent -> received -> processing -> replied | failed -> done -> absent
//                  \________________________/
//
// An entry that is final is kept for 5 minutes after it became so; a request id is thereby known
// for as long as the request itself could be submitted again, which is what makes execution happen
// at most once. If the answers take more than their bound of memory, the oldest are reduced to
// `done`: that a call was executed stays known, its answer doesn't.
//
// Certified under /request_status/<id>.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/shared.hpp"
#include "base/units.hpp"
#include "state/persistent_map.hpp"
#include "types/error_code.hpp"
#include "types/ids.hpp"
#include "types/limits.hpp"
#include "types/requests.hpp"

namespace icpd::state {

struct IngressReceived {
  bool operator==(const IngressReceived&) const = default;
  static constexpr auto kFields = std::tuple();
};
struct IngressProcessing {
  bool operator==(const IngressProcessing&) const = default;
  static constexpr auto kFields = std::tuple();
};
struct IngressReplied {
  Slice reply;
  bool operator==(const IngressReplied&) const = default;
  static constexpr auto kFields = std::tuple(&IngressReplied::reply);
};
/// Rejects of the canister are here too, with kCanisterRejectedMessage.
struct IngressFailed {
  types::UserError error;
  bool operator==(const IngressFailed&) const = default;
  static constexpr auto kFields = std::tuple(&IngressFailed::error);
};
struct IngressDone {
  bool operator==(const IngressDone&) const = default;
  static constexpr auto kFields = std::tuple();
};
using IngressState =
    std::variant<IngressReceived, IngressProcessing, IngressReplied, IngressFailed, IngressDone>;

[[nodiscard]] bool is_final(const IngressState& state);

struct IngressStatus {
  types::CanisterId receiver;
  types::UserId user;
  /// When the state was entered.
  Time time;
  IngressState state;
  bool operator==(const IngressStatus&) const = default;
  static constexpr auto kFields = std::tuple(&IngressStatus::receiver, &IngressStatus::user,
                                             &IngressStatus::time, &IngressStatus::state);
};

/// Digest of the subtree under /request_status/<id>.
struct IngressStatusDigest {
  [[nodiscard]] static crypto::Digest digest(const types::RequestId& id,
                                             const IngressStatus& status);
};

class IngressHistory {
 public:
  using Map = PersistentMap<types::RequestId, IngressStatus, IngressStatusDigest>;

  [[nodiscard]] const IngressStatus* find(const types::RequestId& id) const {
    return statuses_.find(id);
  }
  [[nodiscard]] bool contains(const types::RequestId& id) const { return find(id) != nullptr; }
  /// Before many look-ups; see PersistentMap.
  void warm(std::span<const types::RequestId* const> ids) const { statuses_.warm(ids); }
  [[nodiscard]] std::size_t size() const { return statuses_.size(); }
  /// Bytes of replies and texts, and a fixed amount for each entry.
  [[nodiscard]] std::uint64_t memory_bytes() const { return memory_bytes_; }

  /// Sets the status; what follows what is the picture above, and a bug if not.
  void set(const types::RequestId& id, IngressStatus status);
  /// Forgets final entries older than 5 minutes at `now`, then reduces the oldest final ones while
  /// the history takes more than `memory_max`: all that became final at the oldest time, then
  /// those of the next. Needs times before `now` in the entries.
  void prune(Time now, std::uint64_t memory_max = types::limits::kIngressHistorySizeMax);
  /// When prune() will forget the next entry.
  [[nodiscard]] std::optional<Time> next_prune() const;

  [[nodiscard]] const Map& map() const { return statuses_; }
  /// Hashes what changed; see PersistentMap.
  crypto::Digest hash() { return statuses_.hash(); }

 private:
  friend class StateReader;
  /// Nanoseconds, big-endian.
  using TimeKey = FixedBytes<struct IngressTimeKeyTag, 8>;

  /// Counts and indexes an entry.
  void add(const types::RequestId& id, const IngressStatus& status);
  /// Puts back an entry of a stored state.
  void restore(const types::RequestId& id, IngressStatus status);
  void forget(const std::vector<types::RequestId>& ids);
  void reduce(const std::vector<types::RequestId>& ids);

  Map statuses_;
  /// Final entries by the time at which they became so; in no order within one time.
  PersistentMap<TimeKey, Cow<std::vector<types::RequestId>>> final_;
  /// Entries that became final up to then are reduced.
  std::optional<Time> reduced_until_;
  std::uint64_t memory_bytes_ = 0;
};

}  // namespace icpd::state
