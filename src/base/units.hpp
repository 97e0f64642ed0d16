// Sizes and time.
//
// Time is nanoseconds since 1970-01-01 UTC, as the interface specification counts it. Cores never
// ask for the time: it comes in as a value. Duration is a signed number of nanoseconds.
#pragma once

#include <compare>
#include <cstdint>

#include "base/strong.hpp"

namespace icpd {

inline constexpr std::uint64_t kKiB = 1024;
inline constexpr std::uint64_t kMiB = 1024 * kKiB;
inline constexpr std::uint64_t kGiB = 1024 * kMiB;
inline constexpr std::uint64_t kTiB = 1024 * kGiB;

struct Duration {
  std::int64_t ns = 0;

  static constexpr Duration nanoseconds(std::int64_t n) { return {n}; }
  static constexpr Duration microseconds(std::int64_t n) { return {n * 1'000}; }
  static constexpr Duration milliseconds(std::int64_t n) { return {n * 1'000'000}; }
  static constexpr Duration seconds(std::int64_t n) { return {n * 1'000'000'000}; }
  static constexpr Duration minutes(std::int64_t n) { return seconds(n * 60); }
  static constexpr Duration max() { return {INT64_MAX}; }

  [[nodiscard]] constexpr double to_ms() const { return static_cast<double>(ns) / 1e6; }

  friend constexpr auto operator<=>(Duration, Duration) = default;
  friend constexpr Duration operator+(Duration a, Duration b) { return {a.ns + b.ns}; }
  friend constexpr Duration operator-(Duration a, Duration b) { return {a.ns - b.ns}; }
  friend constexpr Duration operator*(Duration a, std::int64_t n) { return {a.ns * n}; }
  friend constexpr Duration operator/(Duration a, std::int64_t n) { return {a.ns / n}; }
};

struct Time {
  std::uint64_t ns = 0;

  static constexpr Time from_seconds(std::uint64_t s) { return {s * 1'000'000'000}; }
  static constexpr Time max() { return {UINT64_MAX}; }
  [[nodiscard]] constexpr std::uint64_t seconds() const { return ns / 1'000'000'000; }

  friend constexpr auto operator<=>(Time, Time) = default;
  /// Saturates at both ends: a time that a client or peer chose never breaks an invariant.
  friend constexpr Time operator+(Time t, Duration d) {
    if (d.ns >= 0) {
      const auto up = static_cast<std::uint64_t>(d.ns);
      return {t.ns > UINT64_MAX - up ? UINT64_MAX : t.ns + up};
    }
    const auto down = static_cast<std::uint64_t>(-(d.ns + 1)) + 1;
    return {t.ns < down ? 0 : t.ns - down};
  }
  friend constexpr Time operator-(Time t, Duration d) { return t + Duration{-d.ns}; }
  /// Saturates at the ends of Duration.
  friend constexpr Duration operator-(Time a, Time b) {
    const bool negative = a.ns < b.ns;
    const std::uint64_t gap = negative ? b.ns - a.ns : a.ns - b.ns;
    const auto bounded = static_cast<std::int64_t>(gap > INT64_MAX ? INT64_MAX : gap);
    return {negative ? -bounded : bounded};
  }
};

}  // namespace icpd
