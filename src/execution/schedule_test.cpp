#include "execution/schedule.hpp"

#include <gtest/gtest.h>

#include "base/prng.hpp"

namespace icpd::execution {
namespace {

using types::Height;

types::CanisterId id(std::uint64_t n) {
  return types::canister_id_from_index(n);
}

Candidate fresh(std::uint64_t n) {
  return {.id = id(n)};
}
Candidate running(std::uint64_t n) {
  return {.id = id(n), .is_long = true};
}

using Cores = std::vector<std::vector<types::CanisterId>>;

TEST(Schedule, deals_canisters_to_cores_in_turn) {
  const Schedule schedule = make_schedule({fresh(3), fresh(1), fresh(2)}, 2);
  EXPECT_EQ(schedule.cores, (Cores{{id(1), id(3)}, {id(2)}}));
}

TEST(Schedule, whoever_ran_longest_ago_is_first) {
  Candidate a = fresh(1);
  a.last_full_execution = Height(9);
  Candidate b = fresh(2);
  b.last_full_execution = Height(7);
  EXPECT_EQ(make_schedule({a, b}, 1).cores, (Cores{{id(2), id(1)}}));
}

TEST(Schedule, whoever_is_owed_a_round_is_before_all_others) {
  Candidate a = fresh(1);
  Candidate b = fresh(2);
  b.priority = kFullRound;
  b.last_full_execution = Height(9);
  EXPECT_EQ(make_schedule({a, b}, 1).cores, (Cores{{id(2), id(1)}}));
}

TEST(Schedule, long_executions_have_cores_of_their_own) {
  const Schedule schedule = make_schedule({fresh(1), fresh(2), running(3)}, 4);
  EXPECT_EQ(schedule.long_executions, std::vector{id(3)});
  EXPECT_EQ(schedule.cores[0], std::vector{id(3)});
  for (std::size_t core = 0; core < 4; ++core) {
    for (const types::CanisterId& c : schedule.cores[core])
      EXPECT_EQ(c == id(3), core == 0) << core;
  }
}

TEST(Schedule, long_executions_leave_a_core_to_new_ones_and_get_one) {
  std::vector<Candidate> many_long{fresh(100)};
  for (std::uint64_t i = 0; i < 50; ++i)
    many_long.push_back(running(i));
  EXPECT_EQ(make_schedule(many_long, 4).cores[3], std::vector{id(100)});
  std::vector<Candidate> many_new{running(100)};
  for (std::uint64_t i = 0; i < 500; ++i)
    many_new.push_back(fresh(i));
  EXPECT_EQ(make_schedule(many_new, 4).cores[0], std::vector{id(100)});
}

TEST(Schedule, a_long_execution_that_began_anew_does_not_fall_behind) {
  Candidate aborted = running(1);
  aborted.executed_rounds = 0;
  aborted.long_start = Height(3);
  Candidate newer = running(2);
  newer.executed_rounds = 1;
  newer.long_start = Height(4);
  EXPECT_EQ(make_schedule({newer, aborted}, 1).long_executions, (std::vector{id(1), id(2)}));
}

TEST(Schedule, one_core_runs_long_and_new_executions) {
  EXPECT_EQ(make_schedule({fresh(1), running(2)}, 1).cores, (Cores{{id(2), id(1)}}));
}

// The promise: a of 100 rounds for an allocation of a percent, whatever the others do.
TEST(Schedule, an_allocation_is_kept_among_many_busy_canisters) {
  std::vector<state::CanisterState> canisters(40);
  for (std::uint64_t i = 0; i < canisters.size(); ++i)
    canisters[i].id = id(i);
  canisters[39].settings.write().compute_allocation = 50;
  std::vector<int> runs(canisters.size());
  for (std::uint64_t round = 1; round <= 400; ++round) {
    std::vector<Candidate> candidates;
    for (const auto& canister : canisters)
      candidates.push_back(candidate(canister, Height(round)));
    // Each core has time for one canister.
    for (const auto& core : make_schedule(candidates, 4).cores) {
      const std::uint64_t first = types::canister_index(core.front()).value();
      charge_full_execution(canisters[first], Height(round));
      ++runs[first];
    }
  }
  EXPECT_GE(runs[39], 200);
  for (std::size_t i = 0; i < 39; ++i)
    EXPECT_NEAR(runs[i], 1400.0 / 39, 3) << i;
}

TEST(Schedule, does_not_depend_on_the_order_of_candidates) {
  Prng prng(7);
  std::vector<Candidate> candidates;
  for (std::uint64_t i = 0; i < 30; ++i) {
    Candidate c = prng.chance(1, 3) ? running(i) : fresh(i);
    c.priority = static_cast<std::int64_t>(prng.below(3)) * kFullRound;
    c.last_full_execution = Height(prng.below(4));
    candidates.push_back(c);
  }
  const Schedule expected = make_schedule(candidates, 4);
  for (int i = 0; i < 20; ++i) {
    for (std::size_t k = candidates.size() - 1; k > 0; --k)
      std::swap(candidates[k], candidates[prng.below(k + 1)]);
    EXPECT_EQ(make_schedule(candidates, 4).cores, expected.cores);
  }
}

}  // namespace
}  // namespace icpd::execution
