// Which network a command talks to, as whom, and what its canisters are called.
//
// The network: --network URL or DIR, else ICPD_NETWORK, else the nearest .icpd/local. HOST:PORT is
// short for a URL. A directory states the root key; a URL's server states its own key, and the
// command says that it believes it. Names of canisters live in the directory (canister_names.hpp);
// a URL has none.
#pragma once

#include <memory>
#include <optional>

#include "io/linux/system.hpp"
#include "node/agent.hpp"
#include "node/canister_names.hpp"
#include "node/cli_console.hpp"

namespace icpd::node {

struct TargetOptions {
  std::string network;
  std::string identity;
};

struct NetworkTarget {
  std::string url;
  /// Each node's own; empty where only `url` is known.
  std::vector<std::string> node_urls;
  certification::TrustRoot root;
  /// Of a local network; empty for a URL.
  std::string directory;
  /// A canister id of a subnet that makes canisters.
  types::CanisterId some_canister;
};

/// Where a network is; one of the two is empty.
struct NetworkPlace {
  std::string url;
  /// Absolute.
  std::string directory;
};
/// Reads --network or ICPD_NETWORK. Error: a URL that isn't http://.
[[nodiscard]] Result<NetworkPlace> network_place(const std::string& text);
/// ICPD_NETWORK; empty if it isn't set.
[[nodiscard]] std::string network_of_environment();

[[nodiscard]] Result<NetworkTarget> find_network(const std::string& option, const Console& console);

/// Everything that a command needs to talk to canisters.
class Session {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Session>> open(const TargetOptions& options,
                                                             const Console& console);
  [[nodiscard]] Agent& agent() { return *agent_; }
  [[nodiscard]] const NetworkTarget& network() const { return network_; }
  [[nodiscard]] const CanisterNames& names() const { return names_; }
  /// One of this user's identities. Nothing: there is none of that name.
  [[nodiscard]] Result<std::optional<Identity>> find_identity(const std::string& name);

 private:
  explicit Session(NetworkTarget network)
      : network_(std::move(network)), names_(network_.directory) {}
  NetworkTarget network_;
  CanisterNames names_;
  io::linux::SystemClock clock_;
  io::linux::SystemEntropy entropy_;
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<Agent> agent_;
};

}  // namespace icpd::node
