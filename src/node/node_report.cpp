#include "node/node_report.hpp"

#include <algorithm>

namespace icpd::node {

namespace {

std::string_view status_of(const state::CanisterState& canister) {
  if (canister.is_running()) return "running";
  return canister.is_stopping() ? "stopping" : "stopped";
}

CanisterReport report_canister(const state::CanisterState& canister) {
  CanisterReport report{.id = canister.id,
                        .status = status_of(canister),
                        .has_code = canister.has_code(),
                        .has_long_execution = canister.long_execution.has_value(),
                        .waiting_messages = canister.queues->waiting(),
                        .memory_bytes = canister.memory_usage(),
                        .cycles = canister.balance};
  if (canister.has_code()) {
    report.heap_bytes = (*canister.execution)->heap.size_bytes;
    report.stable_bytes = (*canister.execution)->stable.size_bytes;
  }
  return report;
}

/// The canisters that did something last, newest first.
std::vector<types::CanisterId> latest(const std::map<types::CanisterId, CanisterRecord>& work) {
  std::vector<std::pair<types::Height, types::CanisterId>> order;
  order.reserve(work.size());
  for (const auto& [id, record] : work)
    order.emplace_back(record.last_round, id);
  std::ranges::sort(order, std::greater<>());
  std::vector<types::CanisterId> ids;
  for (const auto& [round, id] : order)
    ids.push_back(id);
  return ids;
}

}  // namespace

StateReport report_state(const state::ReplicatedState& state,
                         const std::map<types::CanisterId, CanisterRecord>& work,
                         const CanisterNameMap& names) {
  const state::SystemMetadata& metadata = state.metadata();
  StateReport report{.height = state.height(),
                     .time = state.time(),
                     .next_checkpoint = metadata.next_checkpoint,
                     .checkpoint_interval = metadata.interval_length,
                     .ingress_history = state.ingress().size(),
                     .heap_delta_bytes = metadata.heap_delta_bytes,
                     .canisters_total = state.canisters().size(),
                     .canisters_with_work = state.index().with_work().size(),
                     .memory_bytes = state.index().totals().state_bytes};
  std::map<types::CanisterId, CanisterReport> shown;
  const auto add = [&](const state::CanisterState& canister) {
    const auto [entry, fresh] = shown.try_emplace(canister.id);
    if (!fresh) return;
    entry->second = report_canister(canister);
    if (const auto name = names.find(canister.id); name != names.end())
      entry->second.name = name->second;
    if (const auto record = work.find(canister.id); record != work.end())
      entry->second.work = record->second;
  };
  for (const types::CanisterId& id : latest(work)) {
    if (shown.size() >= kCanistersShownMax) break;
    if (const state::CanisterState* canister = state.find(id)) add(*canister);
  }
  for (const auto& [id, canister] : state.canisters()) {
    if (shown.size() >= kCanistersShownMax) break;
    add(*canister);
  }
  for (auto& [id, canister] : shown)
    report.canisters.push_back(std::move(canister));
  return report;
}

CallOutcome outcome_of(const state::ReplicatedState& state, const types::RequestId& request) {
  const state::IngressStatus* status = state.ingress().find(request);
  if (status == nullptr) return {};
  if (std::holds_alternative<state::IngressReceived>(status->state)) return {"received", {}};
  if (std::holds_alternative<state::IngressProcessing>(status->state)) return {"processing", {}};
  if (std::holds_alternative<state::IngressReplied>(status->state)) return {"replied", {}};
  if (const auto* failed = std::get_if<state::IngressFailed>(&status->state))
    return {"rejected", types::text(failed->error.code) + ": " + failed->error.message};
  return {"done", {}};
}

std::string explain_health(const NodeReport& report) {
  if (report.health == "healthy") return "";
  const auto up = std::ranges::count_if(report.records.links,
                                        [](const auto& entry) { return entry.second.up; });
  const std::size_t needed = registry::high_threshold(report.members.size());
  const replica::Replica::Figures& f = report.records.figures;
  std::string text = std::to_string(up + 1) + " of " + std::to_string(report.members.size()) +
                     " nodes in reach, " + std::to_string(needed) + " needed to certify; final " +
                     to_string(f.finalized) + ", executed " + to_string(f.executed) +
                     ", certified " + to_string(f.certified);
  if (f.executed < f.finalized) text += "; catching up";
  return text;
}

}  // namespace icpd::node
