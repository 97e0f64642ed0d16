#include "message_routing/work_report.hpp"

#include <algorithm>
#include <initializer_list>

namespace icpd::message_routing {

namespace {

std::optional<Time> first_of(std::initializer_list<std::optional<Time>> times) {
  std::optional<Time> first;
  for (const auto& time : times)
    if (time.has_value() && (!first.has_value() || *time < *first)) first = time;
  return first;
}

std::optional<Time> first_stop_timeout(const state::SubnetCalls& calls) {
  if (calls.stop_canister.empty()) return std::nullopt;
  return calls.stop_canister.begin()->second.time + state::kStopCanisterTimeout;
}

/// When timers and low memory hooks have to be looked at.
std::optional<Time> tasks_due(const state::ReplicatedState& state, AllHadTheirTurn all) {
  const state::CanisterIndex& index = state.index();
  if (!all) {
    if (!index.low_memory().empty()) return state.time();
    return state::first_time(index.timers());
  }
  const auto first = state::first_time(index.timers());
  const bool waits = !index.low_memory().empty() || (first.has_value() && *first <= state.time());
  const std::optional<Time> retry =
      waits ? std::optional(state.time() + kHeartbeatInterval) : std::nullopt;
  return first_of({retry, state::first_time_after(index.timers(), state.time())});
}

}  // namespace

WorkReport work_of(const state::ReplicatedState& state, AllHadTheirTurn all) {
  const state::CanisterIndex& index = state.index();
  const state::SubnetCalls& calls = state.metadata().calls;
  WorkReport report;
  report.now = !index.with_work().empty() || !index.with_output().empty() ||
               state.subnet_queues().has_input() || state.subnet_queues().has_output() ||
               !calls.install_code.empty() || !calls.raw_rand.empty();
  std::optional<Time> heartbeat;
  if (!index.heartbeats().empty()) heartbeat = state.metadata().last_heartbeat + kHeartbeatInterval;
  report.due =
      first_of({heartbeat, tasks_due(state, all), state::first_time(index.deadlines()),
                state::first_time(index.ingress_expiries()), state::first_time(index.charges()),
                first_stop_timeout(calls), calls.http_outcalls->next_deadline()});
  return report;
}

}  // namespace icpd::message_routing
