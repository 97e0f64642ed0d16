// How many blocks each node made, and how often it failed to when it was its turn, day by day
// (interface specification, "node_metrics_history").
//
// A day's sample has, as of its last block, the totals of the nodes whose totals changed since the
// sample before; a node that is in none of a day's changes begins again at 0 the next day. The
// current day's sample is the last one and still grows. At most 60 samples are kept.
//
//            day 1         day 2          day 3
//   blocks   a a b         a              b
//   sample   a 2, b 1      a 3            a 3 doesn't change, b begins again: b 1
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <vector>

#include "base/shared.hpp"
#include "base/units.hpp"
#include "types/ids.hpp"

namespace icpd::state {

struct MakerCounts {
  std::uint64_t proposed = 0;
  std::uint64_t failed = 0;
  bool operator==(const MakerCounts&) const = default;
  static constexpr auto kFields = std::tuple(&MakerCounts::proposed, &MakerCounts::failed);
};

struct NodeMetricsSample {
  /// Of the last block of its day.
  Time time;
  std::map<types::NodeId, MakerCounts> nodes;
  bool operator==(const NodeMetricsSample&) const = default;
  static constexpr auto kFields = std::tuple(&NodeMetricsSample::time, &NodeMetricsSample::nodes);
};

class NodeMetrics {
 public:
  static constexpr std::size_t kSamplesMax = 60;

  /// A block of this time: who made it, and who of better rank didn't. Times never go back.
  void observe(Time time, const types::NodeId& maker, std::span<const types::NodeId> failed);

  /// Samples at or after this time, oldest first.
  [[nodiscard]] std::vector<NodeMetricsSample> since(Time start) const;

 private:
  void begin_day();
  [[nodiscard]] NodeMetricsSample changed_today() const;

  /// Of days that are over, oldest first; at most kSamplesMax - 1.
  Cow<std::deque<NodeMetricsSample>> past_;
  /// Totals of the current day's nodes: those of the last sample, and who came since. Time 0: there
  /// was no block.
  NodeMetricsSample today_;

 public:
  static constexpr auto kFields = std::tuple(&NodeMetrics::past_, &NodeMetrics::today_);
};

}  // namespace icpd::state
