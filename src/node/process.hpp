// One node as a process: what `icpd node --dir D` runs.
//
// The directory is laid out by `icpd local` or `icpd prep` (node_files.hpp, node_setup.hpp). The
// node serves its public API where its node.toml says, with /health: 503 and the reason until it
// can certify, then 200; and there, or on an address of their own, metrics, dashboard and traces
// (node_pages.hpp). It ends with status 0 on SIGTERM or SIGINT, after it has drained.
#pragma once

#include <string>

namespace icpd::node {

struct NodeOptions {
  std::string directory;
  /// Where canisters.json with the names of canisters is, for the dashboard; empty: there is none.
  std::string names_directory;
  /// Where compiled modules are kept, for all nodes that are given the same; empty: in `directory`.
  std::string code_directory;
  /// "host:port" for metrics, dashboard and traces; empty: beside the public API.
  std::string pages_address;
  /// Pass on what canisters say, on standard output (canister_output.hpp).
  bool canister_output = false;
};

/// Runs until the process is told to end; the exit status. Says on standard error why it fails.
[[nodiscard]] int run_node(const NodeOptions& options);

}  // namespace icpd::node
