// Strong integers: numbers that can't be mistaken for one another.
//
//   using Height = Strong<struct HeightTag, std::uint64_t>;
//   Height h{5};  h.value == 5;  h + 1 == Height{6};  Height{7} - h == 2 (a plain difference)
//
// Arithmetic is checked: going below zero or over the top is a bug and ends the process.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>

#include "base/ensure.hpp"

namespace icpd {

template <typename Tag, typename Rep>
struct Strong {
  using rep = Rep;
  Rep value{};

  constexpr Strong() = default;
  constexpr explicit Strong(Rep v) : value(v) {}

  static constexpr Strong max() { return Strong{std::numeric_limits<Rep>::max()}; }

  friend constexpr bool operator==(Strong, Strong) = default;
  friend constexpr auto operator<=>(Strong, Strong) = default;

  friend constexpr Strong operator+(Strong a, Rep n) {
    Rep sum{};
    ensure(!__builtin_add_overflow(a.value, n, &sum), "strong integer overflow");
    return Strong{sum};
  }
  friend constexpr Strong operator-(Strong a, Rep n) {
    ensure(a.value >= n, "strong integer below zero");
    return Strong{static_cast<Rep>(a.value - n)};
  }
  friend constexpr Rep operator-(Strong a, Strong b) {
    ensure(a.value >= b.value, "strong integer difference below zero");
    return static_cast<Rep>(a.value - b.value);
  }
  constexpr Strong& operator++() { return *this = *this + 1; }
  constexpr Strong& operator+=(Rep n) { return *this = *this + n; }
  constexpr Strong& operator-=(Rep n) { return *this = *this - n; }

  /// this - n, or zero.
  [[nodiscard]] constexpr Strong minus_or_zero(Rep n) const {
    return Strong{value > n ? static_cast<Rep>(value - n) : Rep{0}};
  }
};

template <typename Tag, typename Rep>
std::string to_string(Strong<Tag, Rep> s) {
  return std::to_string(s.value);
}

/// A boolean in a signature that says what it means: Flag<struct ForceTag>.
template <typename Tag>
struct Flag {
  bool value = false;
  constexpr Flag() = default;
  constexpr explicit Flag(bool v) : value(v) {}
  constexpr explicit operator bool() const { return value; }
  friend constexpr bool operator==(Flag, Flag) = default;
};

}  // namespace icpd

template <typename Tag, typename Rep>
struct std::hash<icpd::Strong<Tag, Rep>> {
  std::size_t operator()(icpd::Strong<Tag, Rep> s) const { return std::hash<Rep>{}(s.value); }
};
