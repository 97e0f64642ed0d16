// Where a random canister's choices come from: a seed, or the choices of a seed with some taken
// away, which makes a smaller canister.
#pragma once

#include <functional>
#include <vector>

#include "base/bytes.hpp"

namespace icpd::fuzz {

/// Choices in the order in which they were made; behind their end are zeros, for which the
/// generator takes what ends soonest.
using Draws = std::vector<std::uint64_t>;

struct Drawn {
  Bytes module;
  /// It can't run for ever.
  bool ends = false;
};

[[nodiscard]] Drawn module_of(const Draws& draws);
/// All choices that the module of a seed takes.
[[nodiscard]] Draws draws_of(std::uint64_t seed);

/// Fewer and smaller choices for which `fails` still holds; a few hundred attempts.
[[nodiscard]] Draws shrink(Draws draws, const std::function<bool(const Draws&)>& fails);

}  // namespace icpd::fuzz
