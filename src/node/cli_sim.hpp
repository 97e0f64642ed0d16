// `icpd sim`: whole networks in virtual time, from seeds (sim/simulation.hpp).
#pragma once

#include <optional>
#include <string>

#include "node/cli_console.hpp"

namespace icpd::node {

struct SimOptions {
  std::optional<std::uint64_t> seed;
  /// "A..B", both included.
  std::string seeds;
  std::uint64_t nodes = 4;
  std::uint64_t byzantine = 0;
  std::uint64_t heights = 100;
  /// A file for what happens, one line each.
  std::string trace;
  bool json = false;
};

/// Seeds that one command may run.
inline constexpr std::uint64_t kSeedsMax = 1'000'000;
/// Nodes of a simulated subnet.
inline constexpr std::uint64_t kSimulatedNodesMax = 40;
inline constexpr std::uint64_t kSimulatedHeightsMax = 100'000;

/// Runs every seed to its end. Fails if one fails, and says how to run that one again.
[[nodiscard]] CommandResult run_simulations(const SimOptions& options, const Console& console);

}  // namespace icpd::node
