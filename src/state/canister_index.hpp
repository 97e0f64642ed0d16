// Which canisters have something to do, and when: so that a round visits only those.
//
// Derived from the canisters: kept by ReplicatedState on every write, rebuilt when a state is
// loaded, never hashed or stored. Also the sums over all canisters that limits are checked against.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "state/canister_state.hpp"
#include "state/persistent_map.hpp"

namespace icpd::state {

/// Sorts by time, then canister.
class TimeAndCanister {
 public:
  TimeAndCanister() = default;
  TimeAndCanister(Time time, const types::CanisterId& canister);
  [[nodiscard]] ByteView view() const { return ByteView(bytes_).first(size_); }
  [[nodiscard]] Time time() const;
  [[nodiscard]] types::CanisterId canister() const;
  friend bool operator==(const TimeAndCanister& a, const TimeAndCanister& b) {
    return equal(a.view(), b.view());
  }

 private:
  std::array<std::uint8_t, 8 + types::Principal::kSizeMax> bytes_{};
  std::uint8_t size_ = 0;
};

using CanisterSet = PersistentMap<types::CanisterId, std::monostate>;
using DueSet = PersistentMap<TimeAndCanister, std::monostate>;

/// Canisters of the set whose time is at or before `now`, in order.
[[nodiscard]] std::vector<types::CanisterId> due_at(const DueSet& set, Time now);
/// The first time in the set.
[[nodiscard]] std::optional<Time> first_time(const DueSet& set);
/// The first time in the set that is later than `now`.
[[nodiscard]] std::optional<Time> first_time_after(const DueSet& set, Time now);

/// Sums over all canisters.
struct Totals {
  /// CanisterState::memory_usage(), or the memory allocation where that is larger.
  std::uint64_t memory_bytes = 0;
  /// memory_usage() alone: what is certified as the subnet's size.
  std::uint64_t state_bytes = 0;
  /// Of the metadata sections of installed modules, which have a bound of their own.
  std::uint64_t custom_section_bytes = 0;
  std::uint64_t guaranteed_message_bytes = 0;
  std::uint64_t best_effort_message_bytes = 0;
  std::uint64_t callbacks = 0;
  /// Percent.
  std::uint64_t compute_allocation = 0;
  types::Cycles consumed{0};
  bool operator==(const Totals&) const = default;
};

class CanisterIndex {
 public:
  /// Input messages or a long execution.
  [[nodiscard]] const CanisterSet& with_work() const { return with_work_; }
  [[nodiscard]] const CanisterSet& with_output() const { return with_output_; }
  /// Running, with code that exports canister_heartbeat.
  [[nodiscard]] const CanisterSet& heartbeats() const { return heartbeats_; }
  [[nodiscard]] const CanisterSet& stopping() const { return stopping_; }
  [[nodiscard]] const CanisterSet& long_executions() const { return long_executions_; }
  /// Low memory hook ready.
  [[nodiscard]] const CanisterSet& low_memory() const { return low_memory_; }
  /// Running, with code that exports canister_global_timer and a timer that is set: when it fires.
  [[nodiscard]] const DueSet& timers() const { return timers_; }
  /// The first message or best-effort callback that expires.
  [[nodiscard]] const DueSet& deadlines() const { return deadlines_; }
  /// The first ingress message in the input queue that expires.
  [[nodiscard]] const DueSet& ingress_expiries() const { return ingress_expiries_; }
  /// CanisterState::next_charge.
  [[nodiscard]] const DueSet& charges() const { return charges_; }
  [[nodiscard]] const Totals& totals() const { return totals_; }

  /// What the index needs of one canister.
  struct Facts {
    bool work = false;
    bool output = false;
    bool heartbeat = false;
    bool stopping = false;
    bool long_execution = false;
    bool low_memory = false;
    std::optional<Time> timer;
    std::optional<Time> deadline;
    std::optional<Time> ingress_expiry;
    std::optional<Time> charge;
    Totals totals;
  };
  [[nodiscard]] static Facts facts_of(const CanisterState& canister);
  /// `before` or `after` is absent when the canister is new or gone.
  void replace(const types::CanisterId& id, const Facts& before, const Facts& after);

 private:
  CanisterSet with_work_, with_output_, heartbeats_, stopping_, long_executions_, low_memory_;
  DueSet timers_, deadlines_, ingress_expiries_, charges_;
  Totals totals_;
};

}  // namespace icpd::state
