// One node as a process: what `icpd node --dir D` runs.
//
// The directory is laid out by `icpd local` or `icpd prep` (node_files.hpp, node_setup.hpp). The
// node serves its public API where its node.toml says, with /health: 503 and the reason until it
// can certify, then 200. It ends with status 0 on SIGTERM or SIGINT, after it has drained.
#pragma once

#include <string>

namespace icpd::node {

struct NodeOptions {
  std::string directory;
};

/// Runs until the process is told to end; the exit status. Says on standard error why it fails.
[[nodiscard]] int run_node(const NodeOptions& options);

}  // namespace icpd::node
