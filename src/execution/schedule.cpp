#include "execution/schedule.hpp"

#include <algorithm>

#include "base/prng.hpp"

namespace icpd::execution {
namespace {

bool long_before(const Candidate& a, const Candidate& b) {
  // One that was aborted begins anew and must not fall behind for that.
  const auto rounds = [](const Candidate& c) {
    return std::max<std::uint64_t>(c.executed_rounds, 1);
  };
  if (rounds(a) != rounds(b)) return rounds(a) > rounds(b);
  if (a.priority != b.priority) return a.priority > b.priority;
  if (a.long_start != b.long_start) return a.long_start < b.long_start;
  return a.id < b.id;
}

/// The same on every node; different from round to round.
std::uint64_t lot_of(const types::CanisterId& id, types::Height round) {
  std::uint64_t seed = round.value;
  for (const std::uint8_t byte : id.view())
    seed = seed * 257 + byte;
  return Prng(seed).next();
}

bool new_before(const Candidate& a, const Candidate& b) {
  const bool a_owed = a.priority >= kFullRound;
  const bool b_owed = b.priority >= kFullRound;
  if (a_owed != b_owed) return a_owed;
  if (a_owed && a.priority != b.priority) return a.priority > b.priority;
  if (a.last_full_execution != b.last_full_execution)
    return a.last_full_execution < b.last_full_execution;
  if (a.lot != b.lot) return a.lot < b.lot;
  return a.id < b.id;
}

std::size_t cores_for_long(const std::vector<Candidate>& longs, std::size_t news,
                           std::size_t allocated_percent, std::size_t cores) {
  if (longs.empty()) return 0;
  const std::size_t most = std::min(longs.size(), cores);
  if (news == 0) return most;
  const std::size_t all = 100 * cores;
  const std::size_t free = all > allocated_percent ? all - allocated_percent : 0;
  std::size_t wanted = free * longs.size() / (longs.size() + news);
  for (const Candidate& c : longs)
    wanted += c.compute_allocation;
  // New executions keep a core, long ones get one.
  const std::size_t limit = cores > 1 ? cores - 1 : 1;
  return std::min({most, std::max<std::size_t>((wanted + 99) / 100, 1), limit});
}

}  // namespace

std::int64_t priority_at(const state::CanisterState& canister, types::Height round) {
  const state::SchedulerState& scheduler = canister.scheduler;
  const std::uint64_t rounds = round - std::min(round, scheduler.priority_round);
  const __int128 gain = static_cast<__int128>(rounds) *
                        static_cast<std::int64_t>(canister.settings->compute_allocation) * kPercent;
  const __int128 priority = scheduler.accumulated_priority + gain;
  return static_cast<std::int64_t>(std::clamp<__int128>(priority, kPriorityMin, kPriorityMax));
}

void charge_full_execution(state::CanisterState& canister, types::Height round) {
  state::SchedulerState& scheduler = canister.scheduler;
  scheduler.accumulated_priority =
      std::max(priority_at(canister, round) - kFullRound, kPriorityMin);
  scheduler.priority_round = round;
  scheduler.last_full_execution_round = round;
}

Candidate candidate(const state::CanisterState& canister, types::Height round) {
  const state::SchedulerState& scheduler = canister.scheduler;
  return {
      .id = canister.id,
      .priority = priority_at(canister, round),
      .compute_allocation = canister.settings->compute_allocation,
      .last_full_execution = scheduler.last_full_execution_round,
      .lot = lot_of(canister.id, round),
      .is_long = canister.long_execution.has_value(),
      .executed_rounds = scheduler.executed_rounds,
      .long_start = scheduler.long_execution_start_round.value_or(types::Height{}),
  };
}

Schedule make_schedule(std::vector<Candidate> candidates, std::size_t cores) {
  ensure(cores >= 1);
  std::size_t allocated = 0;
  std::vector<Candidate> longs;
  std::vector<Candidate> news;
  for (Candidate& c : candidates) {
    allocated += c.compute_allocation;
    (c.is_long ? longs : news).push_back(c);
  }
  std::ranges::sort(longs, long_before);
  std::ranges::sort(news, new_before);

  Schedule schedule;
  schedule.cores.resize(cores);
  const std::size_t long_cores = cores_for_long(longs, news.size(), allocated, cores);
  for (std::size_t i = 0; i < longs.size(); ++i) {
    schedule.long_executions.push_back(longs[i].id);
    schedule.cores[i % long_cores].push_back(longs[i].id);
  }
  const std::size_t first_new = long_cores < cores ? long_cores : 0;
  for (std::size_t i = 0; i < news.size(); ++i)
    schedule.cores[first_new + i % (cores - first_new)].push_back(news[i].id);
  return schedule;
}

}  // namespace icpd::execution
