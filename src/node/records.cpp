#include "node/records.hpp"

#include <algorithm>

#include "base/ensure.hpp"

namespace icpd::node {

void DurationHistogram::add(Duration duration) {
  const double seconds = std::max(0.0, static_cast<double>(duration.ns) / 1e9);
  const auto bucket = std::ranges::lower_bound(kEnds, seconds) - kEnds.begin();
  ++counts[static_cast<std::size_t>(bucket)];
  sum_seconds += seconds;
}

std::uint64_t DurationHistogram::count() const {
  std::uint64_t sum = 0;
  for (const std::uint64_t n : counts)
    sum += n;
  return sum;
}

Records::Records(const std::vector<types::NodeId>& peers) {
  for (const types::NodeId& peer : peers)
    links_.emplace(peer, LinkRecord{});
}

void Records::link_up(const types::NodeId& peer, Time now) {
  const std::lock_guard lock(mutex_);
  const auto found = links_.find(peer);
  if (found == links_.end()) return;
  LinkRecord& link = found->second;
  link.up = true;
  link.since = now;
  link.reason.clear();
  ++link.sessions;
}

void Records::link_down(const types::NodeId& peer, Time now, std::string reason) {
  const std::lock_guard lock(mutex_);
  const auto found = links_.find(peer);
  if (found == links_.end()) return;
  found->second.up = false;
  found->second.since = now;
  found->second.reason = std::move(reason);
}

void Records::received(const types::NodeId& peer, std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  const auto found = links_.find(peer);
  if (found == links_.end()) return;
  ++found->second.received.frames;
  found->second.received.bytes += bytes;
}

void Records::sent(const types::NodeId& peer, std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  const auto found = links_.find(peer);
  if (found == links_.end()) return;
  ++found->second.sent.frames;
  found->second.sent.bytes += bytes;
}

RoundRecord* Records::round(types::Height height) {
  if (rounds_.size() >= kRoundsMax && height < rounds_.begin()->first) return nullptr;
  RoundRecord& record = rounds_[height];
  record.height = height;
  if (rounds_.size() > kRoundsMax) rounds_.erase(rounds_.begin());
  ensure(rounds_.size() <= kRoundsMax && rounds_.contains(height));
  return &record;
}

void Records::block(const replica::BlockSeen& seen, Time now) {
  const std::lock_guard lock(mutex_);
  const bool is_final = seen.stage == replica::BlockSeen::Stage::kFinalized;
  const types::Block& block = *seen.block;
  if (is_final) {
    ++totals_.final_blocks;
    ++totals_.blocks_by_maker[block.maker];
  }
  RoundRecord* record = round(block.height);
  if (record == nullptr) return;
  // Of several notarized blocks of a height the final one stays.
  if (!is_final && record->finalized != Time{}) return;
  record->block = seen.block.hash();
  record->maker = block.maker;
  record->rank = block.rank;
  record->is_summary = block.is_summary();
  const auto* data = std::get_if<types::DataPayload>(&block.payload);
  record->messages = data == nullptr ? 0 : data->ingress.size();
  record->block_time = block.context.time;
  (is_final ? record->finalized : record->notarized) = now;
  record->signers = seen.signers;
  record->members = seen.members;
}

void Records::delivered(types::Height height, Time now) {
  const std::lock_guard lock(mutex_);
  if (RoundRecord* record = round(height)) record->delivered = now;
}

void Records::executed(const replica::BatchExecuted& batch, Time now) {
  const std::lock_guard lock(mutex_);
  const message_routing::BatchOutcome& outcome = *batch.outcome;
  std::uint64_t pages = 0;
  for (const execution::CanisterWork& work : outcome.execution.work)
    pages += work.pages;
  ++totals_.batches;
  totals_.ingress.inducted += outcome.ingress.inducted;
  totals_.ingress.duplicates += outcome.ingress.duplicates;
  totals_.ingress.refused += outcome.ingress.refused;
  totals_.executions += outcome.execution.executions;
  totals_.instructions += outcome.execution.instructions;
  totals_.pages += pages;
  totals_.finished_calls += outcome.finished.size();
  add_work(batch.height, outcome.execution.work);
  if (outcome.ingress.inducted != 0) queued_[batch.height] = outcome.ingress.inducted;
  if (queued_.size() > replica::TraceStore::kSizeMax) queued_.erase(queued_.begin());
  RoundRecord* record = round(batch.height);
  if (record == nullptr) return;
  record->executed = now;
  record->ingress = outcome.ingress;
  record->root = outcome.root;
  record->executions = outcome.execution.executions;
  record->instructions = outcome.execution.instructions;
  record->pages = pages;
  if (record->delivered != Time{}) totals_.batch_time.add(now - record->delivered);
}

void Records::add_work(types::Height height, const std::vector<execution::CanisterWork>& work) {
  for (const execution::CanisterWork& turn : work) {
    CanisterRecord& record = canisters_[turn.canister];
    active_.erase({record.last_round, turn.canister});
    if (record.last_round != height) record.last_instructions = 0;
    record.last_round = height;
    record.last_instructions += turn.instructions;
    record.executions += turn.executions;
    record.instructions += turn.instructions;
    record.pages += turn.pages;
    active_.emplace(height, turn.canister);
    if (canisters_.size() <= kActiveCanistersMax) continue;
    canisters_.erase(active_.begin()->second);
    active_.erase(active_.begin());
  }
  ensure(canisters_.size() == active_.size());
}

void Records::certified(types::Height height, Time now) {
  const std::lock_guard lock(mutex_);
  RoundRecord* record = round(height);
  if (record == nullptr) return;
  record->certified = now;
  if (record->executed != Time{}) totals_.certification_time.add(now - record->executed);
}

void Records::traced(std::vector<replica::RequestTrace> traces) {
  const std::lock_guard lock(mutex_);
  for (replica::RequestTrace& trace : traces) {
    if (trace.from_client && trace.certified != Time{})
      totals_.call_time.add(trace.certified - trace.received);
    traces_.add(std::move(trace));
  }
}

void Records::show(const replica::Replica::Figures& figures) {
  const std::lock_guard lock(mutex_);
  figures_ = figures;
}

Records::Report Records::report() const {
  const std::lock_guard lock(mutex_);
  Report report{.figures = figures_, .links = links_, .totals = totals_, .canisters = canisters_};
  for (const auto& [height, record] : rounds_)
    report.rounds.push_back(record);
  const auto& order = traces_.order();
  for (auto id = order.rbegin(); id != order.rend() && report.calls.size() < kNewestCallsMax; ++id)
    report.calls.push_back(*traces_.find(*id));
  return report;
}

std::optional<replica::RequestTrace> Records::trace(const types::RequestId& id) const {
  const std::lock_guard lock(mutex_);
  const replica::RequestTrace* found = traces_.find(id);
  if (found == nullptr) return std::nullopt;
  return *found;
}

std::optional<std::uint64_t> Records::queued(types::Height height) const {
  const std::lock_guard lock(mutex_);
  const auto found = queued_.find(height);
  if (found == queued_.end()) return std::nullopt;
  return found->second;
}

}  // namespace icpd::node
