// The running processes of a local network, and the one loop that looks after them.
//
// A node is in one of these states. Only its owner brings a node back that ended: a killed node
// stays dead until it is started.
//
//            start                 /health 200
//   dead ───────────▶ starting ─────────────────▶ healthy ──┐ /health not 200
//    ▲                    ▲ ▲                        │      │
//    │ ended or killed    │ └────────────────────────│──────┘
//    └── from any ──      └── start ── paused ◀──────┘ pause (from any that runs)
//
// Clients of the main port are passed to healthy nodes (local_gateway.hpp); while there are none,
// to nodes that are starting, which say themselves why they can't answer.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/clock.hpp"
#include "node/cli_console.hpp"
#include "node/local_children.hpp"
#include "node/local_control.hpp"
#include "node/local_gateway.hpp"
#include "node/local_output.hpp"
#include "node/local_probe.hpp"
#include "node/progress.hpp"

namespace icpd::node {

struct LocalNode {
  ChildCommand command;
  std::uint16_t api_port = 0;
  /// Node id, for status and ready.json.
  std::string id;
};

/// What happens to a network, for whoever runs it. Each may be empty.
struct LocalEvents {
  /// Called once: enough nodes are healthy for the network to answer.
  std::function<void()> ready;
  /// Process ids changed.
  std::function<void()> changed;
};

class LocalNetwork {
 public:
  enum class State : std::uint8_t { kDead, kStarting, kHealthy, kPaused };

  struct Parts {
    std::string directory;
    std::vector<LocalNode> nodes;
    std::uint16_t main_port = 0;
    /// Takes the listening socket of the main port over.
    int main_socket = -1;
  };

  LocalNetwork(Parts parts, io::Clock& clock, const Console& console, LocalEvents events);
  ~LocalNetwork();

  /// Starts all nodes and serves until the network is told to stop: SIGINT, SIGTERM, SIGHUP or the
  /// command "stop". Error: nodes couldn't be started, or ended before the network answered.
  [[nodiscard]] Status<> run();

  [[nodiscard]] State state(std::size_t node) const { return nodes_[node].state; }
  [[nodiscard]] int pid(std::size_t node) const { return nodes_[node].pid; }

  /// "status", "stop", "node 3 kill": what the control socket takes. Errors are for people.
  [[nodiscard]] Result<std::string> obey(const std::string& command);

 private:
  struct Node {
    LocalNode plan;
    State state = State::kDead;
    int pid = 0;
    /// Why it isn't healthy, as it said; how it ended.
    std::string reason;
    /// What it wrote last, once it ended by itself.
    std::string last_words;
    Duration asked_at;
    bool expected_end = false;
    /// What it passes on from canisters.
    std::unique_ptr<ChildLines> output;
  };

  Status<> start(std::size_t node);
  Result<std::string> kill(std::size_t node);
  Result<std::string> pause(std::size_t node);
  Result<std::string> wake(std::size_t node);
  Result<std::string> node_command(const std::string& number, const std::string& action);
  std::string status() const;
  void ask_for_health();
  void on_health(std::size_t node, HealthProbe::Health health, const std::string& reason);
  void on_child(const ChildChange& change);
  void on_signal();
  /// At every turn: SIGCHLD only ends the wait for one, and a thread that doesn't block it loses
  /// it.
  void look_after_children();
  void leave(std::size_t node, State state);
  Status<> check_startup() const;
  void show_progress();
  /// Writes a line, after taking the progress off the screen.
  void say(const std::string& line);
  /// A line that canisters said, from a node.
  void on_output(std::string_view line);
  /// Which node is waited for, and why. Needs one that starts.
  std::string awaited() const;
  void stop_all();
  std::optional<std::uint16_t> choose() const;
  std::size_t count(State state) const;

  std::string directory_;
  io::Clock& clock_;
  const Console& console_;
  LocalEvents events_;
  Loop loop_;
  std::vector<Node> nodes_;
  std::uint16_t main_port_;
  HealthProbe probe_;
  std::optional<CanisterLog> canister_log_;
  std::unique_ptr<Gateway> gateway_;
  std::unique_ptr<ControlServer> control_;
  int signals_ = -1;
  bool ready_ = false;
  bool stopping_ = false;
  int stop_signals_ = 0;
  /// There while something is waited for.
  std::optional<Progress> progress_;
};

/// "dead", "starting", "healthy", "paused".
[[nodiscard]] std::string_view name(LocalNetwork::State state);

}  // namespace icpd::node
