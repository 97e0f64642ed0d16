#include "execution/wasm/slices.hpp"

#include <algorithm>

namespace icpd::execution::wasm {
namespace {

/// Needs count < 0.
std::uint64_t below_zero(std::int64_t count) {
  return static_cast<std::uint64_t>(0) - static_cast<std::uint64_t>(count);
}

}  // namespace

SliceBudget::SliceBudget(std::uint64_t total, std::uint64_t slice)
    : total_(total),
      slice_(slice),
      slices_max_(std::clamp<std::uint64_t>(2 * (total / std::max<std::uint64_t>(slice, 1)), 4,
                                            kSlicesMax)),
      granted_(slice) {
  ensure(slice > 0 && slice <= total, "a slice is a part of the total");
  ensure(total < (std::uint64_t{1} << 62), "counts fit 64 bits with a sign");
}

SliceBudget SliceBudget::watched(std::uint64_t total, std::uint64_t interval) {
  SliceBudget budget(total, std::min(total, interval));
  budget.watched_ = true;
  return budget;
}

std::uint64_t SliceBudget::next_grant(std::int64_t count) const {
  if (watched_) return std::min(total_ - granted_, slice_ + below_zero(count));
  return slices_ < slices_max_ ? std::min(slice_, total_ - granted_) : 0;
}

std::optional<Failure> SliceBudget::failure_at(std::int64_t count) const {
  if (count >= 0) return std::nullopt;
  if (watched_)
    return over_total(count) ? std::optional(instruction_limit_exceeded()) : std::nullopt;
  const std::uint64_t grant = next_grant(count);
  // count + grant can't overflow: one is negative, the other below 2^62.
  if (count + static_cast<std::int64_t>(grant) > 0) return std::nullopt;
  const bool last = grant < slice_ || granted_ + grant == total_;
  if (last) return instruction_limit_exceeded();
  return slice_overrun(slice_ - static_cast<std::uint64_t>(count), slice_);
}

std::int64_t SliceBudget::next_slice(std::int64_t count) {
  ensure(count < 0, "the slice isn't used up");
  ensure(!failure_at(count), "there is nothing to grant");
  const std::uint64_t grant = next_grant(count);
  granted_ += grant;
  ++slices_;
  ensure(granted_ <= total_, "never more than the total");
  const std::int64_t next = count + static_cast<std::int64_t>(grant);
  ensure(next >= 0, "a slice makes up for what was overshot");
  return next;
}

std::uint64_t SliceBudget::used(std::int64_t count) const {
  if (count < 0) {
    const std::uint64_t below = below_zero(count);
    return below > total_ - granted_ ? total_ : granted_ + below;
  }
  ensure(static_cast<std::uint64_t>(count) <= granted_, "counts only go down");
  return granted_ - static_cast<std::uint64_t>(count);
}

bool SliceBudget::over_total(std::int64_t count) const {
  return count < 0 && below_zero(count) > total_ - granted_;
}

}  // namespace icpd::execution::wasm
