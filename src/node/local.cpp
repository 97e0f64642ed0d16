#include "node/local.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "io/linux/files.hpp"
#include "io/linux/system.hpp"
#include "node/cli_files.hpp"
#include "node/cli_target.hpp"
#include "node/cli_text.hpp"
#include "node/local_background.hpp"
#include "node/local_directory.hpp"
#include "node/local_network.hpp"
#include "node/local_output.hpp"
#include "node/local_ports.hpp"
#include "node/local_ready.hpp"
#include "node/node_files.hpp"
#include "node/prep.hpp"

namespace icpd::node {
namespace {

namespace fs = std::filesystem;
using io::linux::FileLock;

constexpr std::uint16_t kPortsTried = 100;
/// What is left of a network that was killed may hold its lock and its ports for so long.
constexpr Duration kLeftoverTime = Duration::seconds(10);
constexpr auto kLookAgain = std::chrono::milliseconds(20);
constexpr std::uint64_t kLogSizeMax = 64 * kMiB;

std::string directory_of(const LocalOptions& options) {
  std::error_code ignored;
  const std::string here = fs::current_path(ignored).string();
  if (!options.directory.empty()) return fs::absolute(options.directory, ignored).string();
  return default_local_directory(here);
}

/// A running network's, for commands that only talk to one.
Result<std::string, CommandFailure> running_directory_of(const LocalOptions& options) {
  const std::string text = options.directory.empty() ? network_of_environment() : options.directory;
  if (!text.empty()) {
    const NetworkPlace place = TRY(network_place(text));
    if (!place.directory.empty()) return place.directory;
    if (!options.directory.empty())
      return usage_error("'" + text +
                         "': icpd local is about networks of this machine; name a directory");
  }
  std::error_code ignored;
  const auto nearest = nearest_local_directory(fs::current_path(ignored).string());
  return nearest ? *nearest : directory_of(options);
}

/// A parent that was just told to stop, or killed, holds the lock longer than its sockets.
Result<FileLock> take_lock(const std::string& directory, io::Clock& clock) {
  const Duration begin = clock.monotonic();
  for (;;) {
    auto lock = FileLock::try_take(directory + "/" + kLocalLockFile);
    if (lock.ok()) return lock;
    if (ask_parent(directory, "status").ok())
      return Err("a network runs in " + directory + " already. See it: icpd local status" +
                 directory_hint(directory) + ". Stop it: icpd local stop" +
                 directory_hint(directory));
    if (clock.monotonic() - begin >= kLeftoverTime) return Err(lock.error().message);
    std::this_thread::sleep_for(kLookAgain);
  }
}

struct MainPort {
  std::uint16_t port;
  int socket;
};

/// The port that was asked for, or else the first free one from `first` on.
Result<MainPort, CommandFailure> open_main_port(const LocalOptions& options, std::uint16_t first,
                                                const Console& console) {
  if (options.port) {
    const auto socket = listen_on_loopback(*options.port);
    if (socket.ok()) return MainPort{*options.port, *socket};
    return Err(CommandFailure("port " + std::to_string(*options.port) + " is taken by " +
                              holder_of_port(*options.port) +
                              ". Choose another with --port, or leave --port out."));
  }
  for (std::uint16_t port = first; port < first + kPortsTried; ++port) {
    const auto socket = listen_on_loopback(port);
    if (!socket.ok()) continue;
    if (port != first)
      console.remark("Port " + std::to_string(first) + " is taken by " + holder_of_port(first) +
                     "; using " + std::to_string(port) + ".");
    return MainPort{port, *socket};
  }
  return Err(CommandFailure("no free port from " + std::to_string(first) + " on"));
}

Status<> deal_into(io::Disk& disk, int nodes) {
  io::linux::SystemEntropy entropy;
  const auto count = static_cast<std::size_t>(nodes);
  const std::vector<std::uint16_t> ports = TRY(choose_free_ports(entropy, 2 * count));
  NetworkPlan plan;
  plan.limits = small_machine_limits();
  plan.provisional_methods = true;
  for (std::size_t i = 0; i < count; ++i) {
    plan.nodes.push_back({"127.0.0.1:" + std::to_string(ports[2 * i]),
                          "127.0.0.1:" + std::to_string(ports[2 * i + 1])});
  }
  return lay_out_network(disk, deal_network(entropy, plan));
}

/// Lays out the nodes if they aren't there; the caller writes the marker that says so.
CommandResult prepare_directory(const LocalOptions& options, const std::string& directory,
                                LocalMarker& marker, const Console& console) {
  if (marker.complete && options.nodes && *options.nodes != marker.nodes)
    return Err(CommandFailure(
        directory + " holds a network of " + std::to_string(marker.nodes) +
        " nodes. Go on with it: leave --nodes out. Start anew, losing its canisters: icpd local "
        "--clean --nodes " +
        std::to_string(*options.nodes) + directory_hint(directory)));
  if (marker.complete) return {};
  const auto disk = TRY(io::linux::open_disk(directory));
  marker.nodes = options.nodes.value_or(kLocalNodesDefault);
  TRY(write_marker(directory, marker));
  TRY(write_gitignore(directory));
  console.remark("Dealing keys for " + std::to_string(marker.nodes) + " nodes in " + directory);
  TRY(deal_into(*disk, marker.nodes));
  marker.complete = true;
  return {};
}

Result<registry::Snapshot> registry_of(const std::string& directory) {
  const auto disk = TRY(io::linux::open_disk(directory + "/" + node_directory(0)));
  return load_registry(*disk);
}

/// The ports of a network are in the registry, so it can't go to others.
Status<> await_own_port(const std::string& directory, std::uint16_t port, std::size_t node,
                        const Console& console) {
  if (becomes_free(port, Duration::seconds(1))) return {};
  console.remark("Waiting for port " + std::to_string(port) + " of node " + std::to_string(node) +
                 ", which is taken by " + holder_of_port(port));
  if (becomes_free(port, kLeftoverTime)) return {};
  return Err("port " + std::to_string(port) + ", which node " + std::to_string(node) +
             " of this network keeps, is taken by " + holder_of_port(port) +
             ". End that process, or start anew, losing the network's canisters: icpd local "
             "--clean" +
             directory_hint(directory));
}

Result<std::vector<LocalNode>> plan_nodes(const LocalOptions& options, const std::string& directory,
                                          const registry::Snapshot& registry,
                                          const Console& console) {
  const registry::SubnetRecord& subnet = registry.subnet(registry.root_subnet);
  std::vector<LocalNode> nodes;
  for (std::size_t i = 0; i < subnet.members.size(); ++i) {
    const registry::NodeRecord& record = registry.nodes.at(subnet.members[i]);
    for (const std::string& address : {record.link_address, record.api_address})
      TRY(await_own_port(directory, port_of(address), i, console));
    LocalNode node;
    node.command = {
        .program = options.program,
        .arguments = {"node", "--dir", directory + "/" + node_directory(i), "--names", directory,
                      "--code", directory + "/" + kLocalCodeDirectory, "--canister-output"},
        .log_file = directory + "/" + kLocalLogsDirectory + "/node-" + std::to_string(i) + ".log"};
    node.api_port = port_of(record.api_address);
    node.id = subnet.members[i].text();
    nodes.push_back(std::move(node));
  }
  return nodes;
}

/// What the user sees of a network that answers.
void announce(const Console& console, const std::string& directory,
              const registry::Snapshot& registry, std::uint16_t port, Duration took) {
  const auto& members = registry.subnet(registry.root_subnet).members;
  console.line("Ready in " + std::to_string(took.ns / 100'000'000 / 10) + "." +
               std::to_string(took.ns / 100'000'000 % 10) +
               " s: " + std::to_string(members.size()) + " nodes in " + directory);
  console.line("  all nodes   http://127.0.0.1:" + std::to_string(port));
  for (std::size_t i = 0; i < members.size(); ++i)
    console.line("  node " + std::to_string(i) + "      http://" +
                 registry.nodes.at(members[i]).api_address);
  console.line("  dashboards  /_/dashboard of each node, as http://" +
               registry.nodes.at(members.front()).api_address + "/_/dashboard");
  console.line("  root key    " + directory + "/" + kRootKeyFile);
}

/// The files that say where the network is, while it is there.
class ReadyFiles {
 public:
  ReadyFiles(std::string directory, std::string extra)
      : paths_({directory + "/" + kLocalReadyFile}) {
    if (!extra.empty()) paths_.push_back(std::move(extra));
    remove();
  }
  ~ReadyFiles() { remove(); }
  ReadyFiles(const ReadyFiles&) = delete;
  ReadyFiles& operator=(const ReadyFiles&) = delete;

  void write(const std::string& json, const Console& console) const {
    for (const std::string& path : paths_) {
      const auto written = write_user_file(path, as_bytes(json));
      if (!written.ok()) console.remark("icpd: " + written.error().message);
    }
  }

 private:
  void remove() const {
    std::error_code ignored;
    for (const std::string& path : paths_)
      fs::remove(path, ignored);
  }
  std::vector<std::string> paths_;
};

CommandResult run_network(const LocalOptions& options, const std::string& directory,
                          const MainPort& main, const Console& console,
                          const std::function<void()>& answered) {
  io::linux::SystemClock clock;
  const Duration begin = clock.monotonic();
  const registry::Snapshot registry = TRY(registry_of(directory));
  std::vector<LocalNode> nodes = TRY(plan_nodes(options, directory, registry, console));
  const std::size_t count = nodes.size();
  const ReadyFiles ready_files(directory, options.ready_file);

  LocalNetwork* running = nullptr;
  bool is_ready = false;
  const auto write_ready = [&] {
    std::vector<int> pids;
    for (std::size_t i = 0; i < count; ++i)
      pids.push_back(running->pid(i));
    if (is_ready) ready_files.write(ready_json(registry, main.port, pids), console);
  };
  LocalNetwork network({directory, std::move(nodes), main.port, main.socket}, clock, console,
                       {.ready =
                            [&] {
                              is_ready = true;
                              write_ready();
                              announce(console, directory, registry, main.port,
                                       clock.monotonic() - begin);
                              answered();
                            },
                        .changed = write_ready});
  running = &network;
  TRY(network.run());
  return {};
}

/// A file in D itself, which will be made.
bool is_in_new_directory(const std::string& file, const std::string& directory) {
  const auto plain = [](const fs::path& path) { return fs::absolute(path).lexically_normal(); };
  std::error_code failed;
  return !fs::exists(directory, failed) &&
         plain(file).parent_path() == plain(fs::path(directory) / "").parent_path();
}

/// What can be said before anything is made. With --background also before there are two processes.
CommandResult check(const LocalOptions& options, const std::string& directory) {
  // Locking makes the lock's file, and a D that isn't ours gets nothing from us.
  if (!options.clean) (void)TRY(read_marker(directory));
  if (options.ready_file.empty() || is_in_new_directory(options.ready_file, directory)) return {};
  const auto writable = check_writable(options.ready_file);
  if (!writable.ok()) return Err(CommandFailure(writable.error().within("--ready-file")));
  return {};
}

/// D with a marker, made if need be.
Status<> claim_directory(const LocalOptions& options, const std::string& directory,
                         io::Clock& clock) {
  std::error_code failed;
  if (options.clean) {
    if (fs::exists(directory + "/" + kLocalMarkerFile, failed))
      (void)TRY(take_lock(directory, clock));
    TRY(clean_local_directory(directory));
  }
  if (TRY(read_marker(directory))) return {};
  fs::create_directories(directory, failed);
  if (failed) return Err(directory + ": " + failed.message());
  return write_marker(directory, LocalMarker{});
}

/// A network that isn't there says so elsewhere.
CommandResult check_node(const std::string& directory, std::uint32_t node) {
  const auto marker = TRY(read_marker(directory));
  if (!marker || node < static_cast<std::uint32_t>(marker->nodes)) return {};
  return usage_error("no node " + std::to_string(node) + ": this network has nodes 0 to " +
                     std::to_string(marker->nodes - 1));
}

/// The last lines of a log under a heading.
CommandResult show_tail(const std::string& heading, const std::string& path, std::size_t lines,
                        const Console& console) {
  const Bytes log = TRY(read_user_file(path, kLogSizeMax));
  std::string_view text = as_text(log);
  std::size_t at = text.size();
  for (std::size_t line = 0; at > 0 && line <= lines; ++line) {
    const std::size_t end = text.rfind('\n', at - 1);
    at = end == std::string_view::npos ? 0 : end;
  }
  if (at > 0) ++at;
  console.line("== " + heading + ": " + path);
  console.out(printable(text.substr(at)));
  return {};
}

}  // namespace

CommandResult run_local(const LocalOptions& options, const Console& console) {
  const std::string directory = directory_of(options);
  TRY(check(options, directory));
  std::optional<Background> background;
  if (options.background) {
    background = TRY(Background::begin(console));
    if (background->is_original())
      return background->outcome("icpd local stop" + directory_hint(directory));
  }
  const Console& talk = background ? background->console() : console;
  io::linux::SystemClock clock;
  TRY(claim_directory(options, directory, clock));
  const FileLock lock = TRY(take_lock(directory, clock));
  // Whoever held the lock may have changed it.
  LocalMarker marker = TRY(read_marker(directory)).value_or(LocalMarker{});
  const std::uint16_t first = marker.main_port == 0 ? kLocalPortDefault : marker.main_port;
  const MainPort main = TRY(open_main_port(options, first, talk));
  marker.main_port = main.port;
  TRY(prepare_directory(options, directory, marker, talk));
  TRY(write_marker(directory, marker));
  std::error_code failed;
  fs::create_directories(directory + "/" + kLocalLogsDirectory, failed);
  if (failed) return Err(CommandFailure(directory + ": " + failed.message()));
  TRY(run_network(options, directory, main, talk, [&] {
    if (background)
      background->detach(directory + "/" + kLocalLogsDirectory + "/local.log");
    else
      console.remark("Ctrl-C stops it; the next start goes on from the same state.");
  }));
  talk.remark("Stopped; the next start goes on from the same state.");
  return {};
}

CommandResult show_local_status(const LocalOptions& options, const Console& console) {
  const std::string directory = TRY(running_directory_of(options));
  const std::string text = TRY(ask_parent(directory, "status"));
  if (options.json) {
    console.line(text);
    return {};
  }
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (json.is_discarded()) return Err(CommandFailure("the parent's answer can't be read"));
  console.line(std::string(json["ready"].get<bool>() ? "Running" : "Starting") + " in " +
               directory + ", process " + std::to_string(json["pid"].get<int>()));
  console.line("  all nodes   http://127.0.0.1:" + std::to_string(json["gateway_port"].get<int>()));
  for (const auto& node : json["nodes"]) {
    std::string state = node["state"].get<std::string>();
    state.resize(10, ' ');
    const std::string reason = node["reason"].get<std::string>();
    console.line("  node " + std::to_string(node["node"].get<int>()) + "      http://127.0.0.1:" +
                 std::to_string(node["api_port"].get<int>()) + "   " + state + reason);
  }
  return {};
}

CommandResult stop_local(const LocalOptions& options, const Console& console) {
  const std::string directory = TRY(running_directory_of(options));
  TRY(stop_parent(directory));
  console.remark("Stopped; the next start goes on from the same state.");
  return {};
}

CommandResult command_local_node(const LocalNodeOptions& options, const Console& console) {
  const std::string directory = TRY(running_directory_of(options.local));
  TRY(check_node(directory, options.number));
  const std::string node = std::to_string(options.number);
  std::string answer = TRY(ask_parent(directory, "node " + node + " " + options.action));
  const std::string start = "icpd local node " + node + " start" + directory_hint(directory);
  if (options.action == "kill") answer += "; it stays dead until: " + start;
  if (options.action == "pause") answer += "; it goes on with: " + start;
  console.line(answer);
  return {};
}

CommandResult show_local_logs(const LocalLogsOptions& options, const Console& console) {
  const std::string directory = TRY(running_directory_of(options.local));
  const auto marker = TRY(read_marker(directory));
  if (!marker) return Err(CommandFailure("no local network in " + directory));
  if (options.node) TRY(check_node(directory, *options.node));
  for (int i = 0; i < marker->nodes; ++i) {
    if (options.node && *options.node != static_cast<std::uint32_t>(i)) continue;
    const std::string path =
        directory + "/" + kLocalLogsDirectory + "/node-" + std::to_string(i) + ".log";
    TRY(show_tail("node " + std::to_string(i), path, options.lines, console));
  }
  const std::string canisters = directory + "/" + kCanisterLogFile;
  std::error_code failed;
  if (options.node || !fs::exists(canisters, failed)) return {};
  return show_tail("canisters", canisters, options.lines, console);
}

}  // namespace icpd::node
