#include "state/node_metrics.hpp"

namespace icpd::state {

namespace {

/// Days since 1970, UTC.
std::uint64_t day_of(Time time) {
  constexpr std::uint64_t kDayNs = 24ULL * 60 * 60 * 1'000'000'000;
  return time.ns / kDayNs;
}

}  // namespace

void NodeMetrics::observe(Time time, const types::NodeId& maker,
                          std::span<const types::NodeId> failed) {
  ensure(time >= today_.time, "block times never go back");
  if (today_.time != Time{} && day_of(time) != day_of(today_.time)) begin_day();
  today_.time = time;
  ++today_.nodes[maker].proposed;
  for (const types::NodeId& node : failed)
    ++today_.nodes[node].failed;
}

void NodeMetrics::begin_day() {
  today_ = changed_today();
  std::deque<NodeMetricsSample>& past = past_.write();
  past.push_back(today_);
  if (past.size() == kSamplesMax) past.pop_front();
  ensure(past.size() < kSamplesMax);
}

NodeMetricsSample NodeMetrics::changed_today() const {
  NodeMetricsSample sample = today_;
  if (past_->empty()) return sample;
  const auto& before = past_->back().nodes;
  std::erase_if(sample.nodes, [&](const auto& node) {
    const auto found = before.find(node.first);
    return found != before.end() && found->second == node.second;
  });
  return sample;
}

std::vector<NodeMetricsSample> NodeMetrics::since(Time start) const {
  std::vector<NodeMetricsSample> samples;
  for (const NodeMetricsSample& sample : *past_)
    if (sample.time >= start) samples.push_back(sample);
  if (today_.time != Time{} && today_.time >= start) samples.push_back(changed_today());
  return samples;
}

}  // namespace icpd::state
