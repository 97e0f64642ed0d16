// Laying out a network's files: a directory for each node, with its keys and the registry.
//
//   ROOT/nodes/0 ... nodes/<n-1>   each a node's directory (node_files.hpp)
//   ROOT/root_key.der              the network's public key, for clients
//   NOT_FOR_REAL_USE               by `icpd prep`, in ROOT and in each node's directory
//
// Nodes are numbered in the order of the registry's members. The keys are dealt on this machine
// (genesis.hpp), so whoever can read ROOT can speak for the network.
#pragma once

#include "io/disk.hpp"
#include "node/cli_console.hpp"
#include "node/genesis.hpp"

namespace icpd::node {

inline constexpr const char* kNodesDirectory = "nodes";
inline constexpr const char* kRootKeyFile = "root_key.der";

/// "nodes/3".
[[nodiscard]] std::string node_directory(std::size_t index);

/// Writes all files below the disk's root, synced. Anything in nodes/ is replaced.
[[nodiscard]] Status<> lay_out_network(io::Disk& root, const DealtNetwork& network);

/// The DER form of the root subnet's key.
[[nodiscard]] Bytes root_key_der(const registry::Snapshot& registry);

/// `icpd prep`: a network for several machines.
struct PrepOptions {
  std::string directory;
  /// "link host:port,api host:port" of each node.
  std::vector<std::string> nodes;
  std::string subnet_type = "application";
  /// Principals.
  std::vector<std::string> admins;
};
[[nodiscard]] CommandResult prepare_network(const PrepOptions& options, const Console& console);

/// Reads one node of `PrepOptions::nodes`. Errors name the part that is wrong.
[[nodiscard]] Result<NodeAddresses> parse_node_addresses(const std::string& text);

}  // namespace icpd::node
