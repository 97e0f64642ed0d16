// Which network a command talks to, as whom, and what its canisters are called.
//
// The network: --network URL or DIR, else ICPD_NETWORK, else the nearest .icpd/local. A directory
// states the root key; a URL's server states its own key, and the command says that it believes it.
// Names of canisters live in the directory (canisters.json); a URL has none.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "io/linux/system.hpp"
#include "node/agent.hpp"
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

[[nodiscard]] Result<NetworkTarget> find_network(const std::string& option, const Console& console);

/// Names of canisters of one network. A name works wherever an id does.
class CanisterNames {
 public:
  /// An empty directory: there are no names and none can be given.
  explicit CanisterNames(std::string directory) : directory_(std::move(directory)) {}
  [[nodiscard]] Result<std::map<std::string, types::CanisterId>> all() const;
  /// Nothing if the name isn't known and isn't an id.
  [[nodiscard]] Result<std::optional<types::CanisterId>> find(const std::string& name) const;
  /// As find; an error that says what to do if there is none.
  [[nodiscard]] Result<types::CanisterId> resolve(const std::string& name) const;
  [[nodiscard]] Status<> set(const std::string& name, const types::CanisterId& id) const;
  [[nodiscard]] Status<> remove(const types::CanisterId& id) const;

 private:
  Status<> save(const std::map<std::string, types::CanisterId>& names) const;
  std::string directory_;
};

/// Everything that a command needs to talk to canisters.
class Session {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Session>> open(const TargetOptions& options,
                                                             const Console& console);
  [[nodiscard]] Agent& agent() { return *agent_; }
  [[nodiscard]] const NetworkTarget& network() const { return network_; }
  [[nodiscard]] const CanisterNames& names() const { return names_; }

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
