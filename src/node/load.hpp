// `icpd load`: how fast a network takes calls.
//
// Those that call make a canister of their own, a counter that certifies its value, and believe only
// what is certified: a call counts when the certified counter has grown by it.
#pragma once

#include "node/cli_target.hpp"

namespace icpd::node {

struct LatencyOptions {
  TargetOptions target;
  std::size_t calls = 200;
  std::size_t argument_size = 250;
  bool json = false;
};

struct ThroughputOptions {
  TargetOptions target;
  std::size_t seconds = 25;
  /// Of load before anything is counted.
  std::size_t warm_up_seconds = 5;
  /// Calls that are sent and not yet certified, at most.
  std::size_t outstanding = 1000;
  /// Calls a second at most; 0: as many as `outstanding` lets through.
  std::size_t rate = 0;
  std::size_t argument_size = 250;
  /// Ed25519 keys that take turns in signing; 0: the anonymous sender.
  std::size_t senders = 0;
  /// 4: every call waits for its certificate. 2: calls are answered when they are accepted, but for
  /// one connection to each node, whose calls wait and give the latencies.
  std::size_t api_version = 2;
  bool json = false;
};

struct LagOptions {
  TargetOptions target;
  std::size_t seconds = 60;
  bool json = false;
};

/// One call after the other, each until its certificate is verified.
[[nodiscard]] CommandResult measure_latency(const LatencyOptions& options, const Console& console);

/// Many calls to all nodes at once. Fails if an accepted call wasn't executed.
[[nodiscard]] CommandResult measure_throughput(const ThroughputOptions& options,
                                               const Console& console);

/// Twice a second: how far the time of a verified certificate is behind this machine's clock.
[[nodiscard]] CommandResult measure_lag(const LagOptions& options, const Console& console);

}  // namespace icpd::node
