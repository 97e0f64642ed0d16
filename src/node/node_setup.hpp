// What a node's directory says before the node runs: its configuration, the network it belongs to,
// its keys. `icpd node` starts from it, and `icpd node --check-config` reports on it.
//
// Checked, so that a node never finds out later:
//
// | file | what |
// | --- | --- |
// | node.toml | node_config.hpp |
// | registry.icpd | whole, and consistent (registry::check) |
// | keys/ and keys/node.keys | only their user may reach them; whole |
// | keys/watermark, pool/ | there: keys without them may have signed what nobody remembers |
// | all together | the registry knows the keys, as those of a node of its root subnet |
//
// Nothing is written.
#pragma once

#include "node/node_config.hpp"
#include "node/node_files.hpp"

namespace icpd::node {

struct NodeSetup {
  NodeConfig config;
  registry::Snapshot registry;
  NodeKeys keys;
  types::SubnetId subnet;
};

[[nodiscard]] Result<NodeSetup, ConfigProblems> load_node_setup(const std::string& directory);

/// One line for each problem.
[[nodiscard]] std::string text_of(const ConfigProblems& problems);

}  // namespace icpd::node
