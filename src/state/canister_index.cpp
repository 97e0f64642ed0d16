#include "state/canister_index.hpp"

#include <algorithm>

namespace icpd::state {

namespace {

void replace_in(CanisterSet& set, const types::CanisterId& id, bool before, bool after) {
  if (before == after) return;
  if (after)
    set.set(id, {});
  else
    set.erase(id);
}
void replace_in(DueSet& set, const types::CanisterId& id, const std::optional<Time>& before,
                const std::optional<Time>& after) {
  if (before == after) return;
  if (before.has_value()) set.erase(TimeAndCanister(*before, id));
  if (after.has_value()) set.set(TimeAndCanister(*after, id), {});
}

std::optional<Time> earlier(std::optional<types::CoarseTime> a,
                            std::optional<types::CoarseTime> b) {
  if (!a.has_value() && !b.has_value()) return std::nullopt;
  const auto never = types::CoarseTime::max();
  // Deadlines pass when their second is over.
  const std::uint64_t seconds = std::min(a.value_or(never), b.value_or(never)).value;
  return Time::from_seconds(seconds + 1);
}

}  // namespace

TimeAndCanister::TimeAndCanister(Time time, const types::CanisterId& canister)
    : size_(static_cast<std::uint8_t>(8 + canister.view().size())) {
  store_be(MutableByteView(bytes_).first(8), time.ns);
  std::ranges::copy(canister.view(), bytes_.begin() + 8);
}
Time TimeAndCanister::time() const {
  return Time{load_be<std::uint64_t>(view())};
}
types::CanisterId TimeAndCanister::canister() const {
  return types::CanisterId(types::Principal::from_bytes(view().subspan(8)).value());
}

std::vector<types::CanisterId> due_at(const DueSet& set, Time now) {
  std::vector<types::CanisterId> due;
  for (const auto& [key, nothing] : set) {
    if (key.time() > now) break;
    due.push_back(key.canister());
  }
  return due;
}

std::optional<Time> first_time(const DueSet& set) {
  if (set.empty()) return std::nullopt;
  return set.front().first.time();
}

std::optional<Time> first_time_after(const DueSet& set, Time now) {
  if (now == Time::max()) return std::nullopt;
  const TimeAndCanister bound(Time{now.ns + 1}, types::CanisterId());
  const auto it = set.lower_bound(bound.view());
  if (it == set.end()) return std::nullopt;
  return (*it).first.time();
}

CanisterIndex::Facts CanisterIndex::facts_of(const CanisterState& canister) {
  Facts facts;
  facts.work = canister.has_work();
  facts.output = canister.queues->has_output();
  facts.stopping = canister.is_stopping();
  facts.long_execution = canister.long_execution.has_value();
  if (canister.is_running() && canister.has_code()) {
    const Module& module = *(*canister.execution)->module;
    facts.heartbeat = module.has(SystemMethod::kHeartbeat);
    if (module.has(SystemMethod::kGlobalTimer)) facts.timer = canister.global_timer;
    facts.low_memory = canister.low_memory_hook == LowMemoryHook::kReady;
  }
  facts.deadline = earlier(canister.queues->next_expiry(), canister.calls->next_deadline());
  facts.ingress_expiry = canister.queues->first_ingress_expiry();
  if (canister.next_charge != Time::max()) facts.charge = canister.next_charge;
  Totals& totals = facts.totals;
  totals.state_bytes = canister.memory_usage();
  totals.memory_bytes = std::max(totals.state_bytes, canister.settings->memory_allocation);
  if (canister.has_code())
    totals.custom_section_bytes = (*canister.execution)->module->metadata_size_bytes();
  totals.guaranteed_message_bytes = canister.queues->guaranteed_memory_bytes();
  totals.best_effort_message_bytes = canister.queues->best_effort_memory_bytes();
  totals.callbacks = canister.calls->callbacks().size();
  totals.compute_allocation = canister.settings->compute_allocation;
  for (const auto& [use, amount] : *canister.consumed)
    totals.consumed += amount.value;
  return facts;
}

void CanisterIndex::replace(const types::CanisterId& id, const Facts& before, const Facts& after) {
  replace_in(with_work_, id, before.work, after.work);
  replace_in(with_output_, id, before.output, after.output);
  replace_in(heartbeats_, id, before.heartbeat, after.heartbeat);
  replace_in(stopping_, id, before.stopping, after.stopping);
  replace_in(long_executions_, id, before.long_execution, after.long_execution);
  replace_in(low_memory_, id, before.low_memory, after.low_memory);
  replace_in(timers_, id, before.timer, after.timer);
  replace_in(deadlines_, id, before.deadline, after.deadline);
  replace_in(ingress_expiries_, id, before.ingress_expiry, after.ingress_expiry);
  replace_in(charges_, id, before.charge, after.charge);

  const Totals& a = before.totals;
  const Totals& b = after.totals;
  const auto move = [&](auto member) { totals_.*member = totals_.*member - a.*member + b.*member; };
  move(&Totals::memory_bytes);
  move(&Totals::state_bytes);
  move(&Totals::custom_section_bytes);
  move(&Totals::guaranteed_message_bytes);
  move(&Totals::best_effort_message_bytes);
  move(&Totals::callbacks);
  move(&Totals::compute_allocation);
  totals_.consumed = types::Cycles{totals_.consumed.value - a.consumed.value + b.consumed.value};
}

}  // namespace icpd::state
