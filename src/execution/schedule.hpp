// Who runs on which core, in which order.
//
// Promises (reference 4.5): a canister with a compute allocation of a percent runs at least a of
// 100 rounds in which it has work; canisters without one share what is left fairly; a long
// execution isn't starved by new messages, nor the other way round.
//
// How. Time is counted in rounds of a core; 1 % of one is 1,000,000 units.
//   - A canister's priority grows by its allocation each round, up to 5 rounds' worth; a full
//     execution costs it 100 %, down to 20 rounds' worth.
//   - Order of new executions: first those that are owed a full round (priority >= 100 %), highest
//     first; then whoever was executed fully longest ago; ties by a number mixed of id and round,
//     so that no id is favoured.
//   - Long executions come on cores of their own: as many as their allocations and an equal share
//   of
//     the unallocated capacity ask for, rounded up; all of them if there is nothing else. Order:
//     rounds executed (most first), priority, start, id.
//   - The i-th long execution goes to long core i mod L, the i-th new one to core i mod (C - L)
//     behind them.
//
// Priority is a closed form of (last change, now): a round touches only who has work. This is why
// fairness among canisters without allocation is by least recent execution and not by handing out
// the unused capacity to all canisters each round, as the published algorithm does.
#pragma once

#include <cstdint>
#include <vector>

#include "state/canister_state.hpp"
#include "types/ids.hpp"

namespace icpd::execution {

inline constexpr std::int64_t kPercent = 1'000'000;
inline constexpr std::int64_t kFullRound = 100 * kPercent;
inline constexpr std::int64_t kPriorityMax = 5 * kFullRound;
inline constexpr std::int64_t kPriorityMin = -20 * kFullRound;

/// The priority as of `round`.
[[nodiscard]] std::int64_t priority_at(const state::CanisterState& canister, types::Height round);
/// Charges a full execution in this round.
void charge_full_execution(state::CanisterState& canister, types::Height round);

/// What the order depends on.
struct Candidate {
  types::CanisterId id;
  std::int64_t priority = 0;
  std::uint64_t compute_allocation = 0;
  types::Height last_full_execution;
  /// Decides among equals.
  std::uint64_t lot = 0;
  bool is_long = false;
  std::uint64_t executed_rounds = 0;
  types::Height long_start;
};
[[nodiscard]] Candidate candidate(const state::CanisterState& canister, types::Height round);

struct Schedule {
  /// For each core, who runs there, in order. Some may be empty.
  std::vector<std::vector<types::CanisterId>> cores;
  /// All long executions, most important first.
  std::vector<types::CanisterId> long_executions;
};
/// The same for the same candidates in whatever order. Needs cores >= 1.
[[nodiscard]] Schedule make_schedule(std::vector<Candidate> candidates, std::size_t cores);

}  // namespace icpd::execution
