// A canister's claim on its subnet: memory, and the cycles that keep it alive.
//
// Rules (interface specification, "Cycle bookkeeping and resource consumption"; reference 5.3, 5.4)
//
//   idle burn per day = one day of storage of max(allocation, usage) + message memory, and of
//   compute freezing limit    = idle burn per day * freezing threshold / 86,400 s liquid balance =
//   balance - max(freezing limit - reserved balance, 0)
//
// Above 750 GiB of subnet memory, growing sets cycles aside for future storage: nothing at the
// threshold, ten years' worth at capacity, linear in between. With x bytes above the threshold, all
// that was ever set aside is C(x); growing from u to v costs C(v) - C(u).
#pragma once

#include <cstdint>

#include "execution/fees.hpp"

namespace icpd::execution {

/// What a canister's claims depend on. Bytes and seconds.
struct ResourceUse {
  /// Memories, module, globals, history, chunks: everything but messages.
  std::uint64_t memory_usage = 0;
  /// Held for responses and messages in queues.
  std::uint64_t message_memory = 0;
  std::uint64_t memory_allocation = 0;
  std::uint64_t compute_allocation = 0;
  std::uint64_t freezing_threshold_seconds = 0;

  /// Bytes that are paid for.
  [[nodiscard]] std::uint64_t charged_bytes() const {
    return std::max(memory_allocation, memory_usage) + message_memory;
  }
};

[[nodiscard]] Cycles idle_burn_per_day(const FeeSchedule& fees, const ResourceUse& use);
[[nodiscard]] Cycles freezing_limit(const FeeSchedule& fees, const ResourceUse& use);
/// What must stay in the main balance: the freezing limit less what is reserved.
[[nodiscard]] Cycles frozen_part(const FeeSchedule& fees, const ResourceUse& use, Cycles reserved);
/// balance - frozen part, or zero.
[[nodiscard]] Cycles liquid(Cycles balance, Cycles frozen_part);

/// What an execution took of the room it was given.
struct Drawn {
  std::uint64_t memory_bytes = 0;
  std::uint64_t message_memory_bytes = 0;
  std::uint64_t callbacks = 0;

  [[nodiscard]] Drawn plus(const Drawn& more) const {
    return {memory_bytes + more.memory_bytes, message_memory_bytes + more.message_memory_bytes,
            callbacks + more.callbacks};
  }
};

/// How much more a subnet, or one core's share of it, can take during a part of a round. Shares are
/// handed out before the cores run, so that what one core does never depends on another.
struct SubnetRoom {
  std::uint64_t memory_bytes = 0;
  std::uint64_t message_memory_bytes = 0;
  std::uint64_t callbacks = 0;
  /// Of the whole subnet when the shares were handed out.
  std::uint64_t memory_in_use = 0;
  std::uint64_t memory_capacity = 0;

  /// What is left after something was taken, not below zero.
  [[nodiscard]] SubnetRoom after(const Drawn& drawn) const;
  /// The share of one of `parts` equal parts.
  [[nodiscard]] SubnetRoom share_of(std::uint64_t parts) const;
};

inline constexpr std::uint64_t kReservationThreshold = 750 * kGiB;
inline constexpr std::uint64_t kReservationSecondsMax = 300'000'000;
inline constexpr std::uint64_t kGuaranteedMessageMemoryMax = 15 * kGiB;

/// C(in_use + bytes) - C(in_use) of the rule above.
[[nodiscard]] Cycles reservation_for_growth(const FeeSchedule& fees, std::uint64_t in_use,
                                            std::uint64_t capacity, std::uint64_t bytes);

}  // namespace icpd::execution
