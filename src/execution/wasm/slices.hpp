// How many instructions an execution may still use, and where its slices end (deterministic time
// slicing).
//
// The guest counts down from what was granted to it; the count may go below zero between two
// checks. A message of limit L with slices of S gets S at a time until L is granted. At a check
// below zero:
//
//   L = 10, S = 4:   granted 4, count -1  ->  pause; granted 8, count 3    (the overshoot is
//   carried)
//                    granted 8, count -6  ->  slice overrun: the next slice would have nothing left
//                    granted 10, count -1 ->  limit exceeded
//
// Counts are exact whatever the slices; S only decides where pauses fall.
//
// An execution that doesn't pause may be watched: it gets S at a time too, but only to be looked at
// in between. No operation is too large for a slice then; what overshoots is granted with the next.
#pragma once

#include <cstdint>
#include <optional>

#include "execution/wasm/failure.hpp"

namespace icpd::execution::wasm {

/// No message is cut into more slices than this.
inline constexpr std::uint64_t kSlicesMax = 400;

class SliceBudget {
 public:
  /// Needs 0 < slice <= total.
  SliceBudget(std::uint64_t total, std::uint64_t slice);
  /// Never pauses; a check below zero comes at least each `interval` instructions. Needs
  /// 0 < interval.
  [[nodiscard]] static SliceBudget watched(std::uint64_t total, std::uint64_t interval);

  /// Count at the start.
  [[nodiscard]] std::int64_t first_count() const { return static_cast<std::int64_t>(granted_); }
  /// Why the execution can't go on from this count, even after a pause; nothing if it can.
  [[nodiscard]] std::optional<Failure> failure_at(std::int64_t count) const;
  /// Grants the next slice: the count to go on with, not below zero. Needs count < 0 and
  /// !failure_at(count).
  [[nodiscard]] std::int64_t next_slice(std::int64_t count);
  /// Instructions used at this count; never more than the total.
  [[nodiscard]] std::uint64_t used(std::int64_t count) const;
  /// Whether this count means that more than the total is used.
  [[nodiscard]] bool over_total(std::int64_t count) const;
  [[nodiscard]] bool may_pause() const { return slice_ < total_ && !watched_; }

 private:
  [[nodiscard]] std::uint64_t next_grant(std::int64_t count) const;

  std::uint64_t total_;
  std::uint64_t slice_;
  std::uint64_t slices_max_;
  std::uint64_t granted_;
  std::uint64_t slices_ = 1;
  bool watched_ = false;
};

/// count - amount, at least INT64_MIN.
[[nodiscard]] constexpr std::int64_t minus(std::int64_t count, std::uint64_t amount) {
  const auto room = static_cast<std::uint64_t>(count) - static_cast<std::uint64_t>(INT64_MIN);
  return amount > room ? INT64_MIN
                       : static_cast<std::int64_t>(static_cast<std::uint64_t>(count) - amount);
}

}  // namespace icpd::execution::wasm
