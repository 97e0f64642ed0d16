// What the operator of a node chooses: the file node.toml in the node's directory. Its keys with
// their meanings are in docs/configuration.md; this page says how it is read.
//
//   format = 1
//   [links]
//   listen = "10.0.0.1:4100"
//   [api]
//   listen = "10.0.0.1:8080"
//   connections_max = 4096
//
// Nothing is ignored and nothing is guessed: a key that isn't known, has another type, stands twice
// or has a value out of its range is a problem, and so is a required one that is missing. All
// problems are reported, not only the first.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "node/address.hpp"

namespace icpd::node {

inline constexpr const char* kConfigFile = "node.toml";
inline constexpr std::uint64_t kConfigFormat = 1;

struct NodeConfig {
  /// Where other nodes connect.
  Address links_listen;
  /// Where clients connect.
  Address api_listen;
  std::uint64_t api_connections_max = 4096;
  std::uint64_t api_connections_per_address_max = 4096;
  /// In the long run, and at once after a pause; 0: no limit.
  std::uint64_t api_requests_per_second = 0;
  std::uint64_t api_requests_burst = 0;
  /// 0: as many as there are processors.
  std::uint64_t execution_threads = 0;

  bool operator==(const NodeConfig&) const = default;
};

/// Something wrong with a file of a node's directory.
struct ConfigProblem {
  std::string file;
  /// 0: the file as a whole.
  std::size_t line = 0;
  /// "api.listen"; empty where no key is at fault.
  std::string key;
  std::string what;

  /// "DIR/node.toml:4: api.listen: '8080' isn't HOST:PORT"
  [[nodiscard]] std::string text() const;
  bool operator==(const ConfigProblem&) const = default;
};
/// At least one.
using ConfigProblems = std::vector<ConfigProblem>;

/// Reads the text of a node.toml. `file` is the name that problems carry.
[[nodiscard]] Result<NodeConfig, ConfigProblems> parse_node_config(std::string_view text,
                                                                   const std::string& file);

/// A node.toml with the required keys, and the others as comments with their defaults.
[[nodiscard]] std::string node_config_text(std::string_view links_listen,
                                           std::string_view api_listen);

}  // namespace icpd::node
