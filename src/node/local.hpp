// `icpd local`: a local Internet Computer, each node its own process.
//
// The first start in a directory D deals keys and lays out the nodes; later starts go on from the
// same state. Exactly one parent runs a network (lock in D). Once the network answers, D/ready.json
// tells outside tools where and with which key:
//
//   {"root_key": hex, "gateway_port": n,
//    "subnets": [{"id", "type", "size", "canister_ranges": [[first, last]]}],
//    "nodes": [{"id", "subnet_id", "api_port", "pid"}]}
#pragma once

#include <optional>

#include "node/cli_console.hpp"

namespace icpd::node {

inline constexpr int kLocalNodesDefault = 4;
inline constexpr int kLocalNodesMax = 40;
inline constexpr std::uint16_t kLocalPortDefault = 8000;

struct LocalOptions {
  /// Empty: see default_local_directory; for commands about a running network, that of
  /// ICPD_NETWORK or the nearest one.
  std::string directory;
  /// 1 to kLocalNodesMax.
  std::optional<int> nodes;
  std::optional<std::uint16_t> port;
  std::string ready_file;
  bool background = false;
  bool clean = false;
  bool json = false;
  /// The program whose `node --dir D` is one node.
  std::string program;
};

/// Runs the network until it is told to stop; in the background returns once it answers.
[[nodiscard]] CommandResult run_local(const LocalOptions& options, const Console& console);

[[nodiscard]] CommandResult show_local_status(const LocalOptions& options, const Console& console);
[[nodiscard]] CommandResult stop_local(const LocalOptions& options, const Console& console);

struct LocalNodeOptions {
  LocalOptions local;
  std::uint32_t number = 0;
  std::string action;
};
[[nodiscard]] CommandResult command_local_node(const LocalNodeOptions& options,
                                               const Console& console);

struct LocalLogsOptions {
  LocalOptions local;
  std::optional<std::uint32_t> node;
  std::size_t lines = 20;
};
/// The last lines of each node's log, and of what canisters said.
[[nodiscard]] CommandResult show_local_logs(const LocalLogsOptions& options,
                                            const Console& console);

}  // namespace icpd::node
