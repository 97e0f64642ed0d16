#include "node/local_network.hpp"

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sstream>
#include <sys/signalfd.h>
#include <unistd.h>

#include "node/cli_files.hpp"
#include "node/detail/os.hpp"
#include "node/local_directory.hpp"
#include "registry/records.hpp"

namespace icpd::node {
namespace {

/// How often a node is asked whether it is healthy: until it is, and then.
constexpr Duration kAskStarting = Duration::milliseconds(25);
constexpr Duration kAskHealthy = Duration::seconds(1);
constexpr Duration kTurn = Duration::milliseconds(20);
constexpr Duration kIdleTurn = Duration::milliseconds(250);
/// What nodes get to end in order before they are killed.
constexpr Duration kEndTime = Duration::seconds(10);

constexpr std::size_t kLastWordsMax = 4096;

/// The last line of a node's log.
std::string last_words(const std::string& log_file) {
  std::string text = last_bytes(log_file, kLastWordsMax);
  while (text.ends_with('\n'))
    text.pop_back();
  text.erase(0, text.rfind('\n') + 1);
  return text.empty() ? "without a word" : text;
}

/// "certified_state_behind\n2 of 4 nodes in reach": both, on one line.
std::string on_one_line(std::string text) {
  while (text.ends_with('\n'))
    text.pop_back();
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos;)
    text.replace(at, 1, ": ");
  return text;
}

sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD})
    sigaddset(&set, signal);
  return set;
}

}  // namespace

std::string_view name(LocalNetwork::State state) {
  constexpr std::array<std::string_view, 4> kNames = {"dead", "starting", "healthy", "paused"};
  return kNames[static_cast<std::size_t>(state)];
}

LocalNetwork::LocalNetwork(Parts parts, io::Clock& clock, const Console& console,
                           LocalEvents events)
    : directory_(std::move(parts.directory)),
      clock_(clock),
      console_(console),
      events_(std::move(events)),
      main_port_(parts.main_port),
      probe_(loop_, [this](std::size_t node, HealthProbe::Health health,
                           const std::string& reason) { on_health(node, health, reason); }),
      gateway_(std::make_unique<Gateway>(loop_, parts.main_socket, [this] { return choose(); })) {
  for (LocalNode& plan : parts.nodes)
    nodes_.push_back(Node{.plan = std::move(plan),
                          .reason = {},
                          .asked_at = {},
                          .output = std::make_unique<ChildLines>(
                              loop_, [this](std::string_view line) { on_output(line); })});
  const sigset_t set = handled_signals();
  sigprocmask(SIG_BLOCK, &set, nullptr);
  signals_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  ensure(signals_ >= 0);
  loop_.watch(signals_, {.read = true}, [this](Readiness) { on_signal(); });
}

LocalNetwork::~LocalNetwork() {
  loop_.forget(signals_);
  ::close(signals_);
}

Status<> LocalNetwork::run() {
  canister_log_.emplace(TRY(CanisterLog::open(directory_)));
  control_ = TRY(ControlServer::start(
      loop_, directory_, [this](const std::string& command) { return obey(command); }));
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const auto started = start(i);
    if (!started.ok()) {
      stop_all();
      return started;
    }
  }
  while (!stopping_) {
    ask_for_health();
    loop_.run_once(ready_ && count(State::kStarting) == 0 ? kIdleTurn : kTurn);
    look_after_children();
    show_progress();
    const auto startup = check_startup();
    if (!startup.ok()) {
      stop_all();
      return startup;
    }
  }
  say("Stopping ...");
  stop_all();
  return {};
}

Status<> LocalNetwork::check_startup() const {
  const std::size_t needed = registry::high_threshold(nodes_.size());
  if (ready_ || stopping_ || nodes_.size() - count(State::kDead) >= needed) return {};
  std::string failed = "too few nodes are left for the network to answer:";
  for (const Node& node : nodes_) {
    if (node.state == State::kDead)
      failed += "\n  node " + std::to_string(&node - nodes_.data()) + " " + node.reason + ": " +
                node.last_words + "\n    its log: " + node.plan.command.log_file;
  }
  return Err(failed);
}

// ------------------------------------------------------------------------------------- progress

std::string LocalNetwork::awaited() const {
  const auto at = std::ranges::find(nodes_, State::kStarting, &Node::state);
  ensure(at != nodes_.end());
  return "node " + std::to_string(at - nodes_.begin()) + ": " + at->reason;
}

void LocalNetwork::show_progress() {
  if (stopping_ || count(State::kStarting) == 0) return progress_.reset();
  const Duration now = clock_.monotonic();
  if (!progress_) progress_.emplace(console_, now);
  const std::string what = std::string(ready_ ? "Catching up: " : "Starting: ") +
                           std::to_string(count(State::kHealthy)) + " of " +
                           std::to_string(nodes_.size()) + " nodes are healthy";
  progress_->show(now, what, awaited());
}

void LocalNetwork::say(const std::string& line) {
  if (progress_) progress_->clear();
  console_.remark(line);
}

void LocalNetwork::on_output(std::string_view line) {
  const auto shown = canister_log_->take(line);
  if (!shown) return;
  // A screen that was stopped must not stop the network with it; the file has every line.
  pollfd screen{STDERR_FILENO, POLLOUT, 0};
  if (::poll(&screen, 1, 0) > 0) say(*shown);
}

// ---------------------------------------------------------------------------------------- nodes

Status<> LocalNetwork::start(std::size_t node) {
  Node& it = nodes_[node];
  ensure(it.state == State::kDead);
  const detail::Descriptor output(TRY(it.output->open()));
  ChildCommand command = it.plan.command;
  command.output = output.get();
  it.pid = TRY(start_child(command));
  it.state = State::kStarting;
  it.reason = "starting";
  it.last_words.clear();
  it.expected_end = false;
  if (events_.changed) events_.changed();
  return {};
}

void LocalNetwork::leave(std::size_t node, State state) {
  nodes_[node].state = state;
  gateway_->leave(nodes_[node].plan.api_port);
}

Result<std::string> LocalNetwork::kill(std::size_t node) {
  if (nodes_[node].state == State::kDead) return Err("it is dead already");
  nodes_[node].expected_end = true;
  nodes_[node].reason = "was killed";
  kill_child(nodes_[node].pid);
  nodes_[node].pid = 0;
  leave(node, State::kDead);
  if (events_.changed) events_.changed();
  return "node " + std::to_string(node) + " was killed";
}

Result<std::string> LocalNetwork::pause(std::size_t node) {
  if (nodes_[node].state == State::kDead) return Err("it is dead");
  if (nodes_[node].state == State::kPaused) return Err("it is paused already");
  signal_child(nodes_[node].pid, ChildSignal::kPause);
  leave(node, State::kPaused);
  return "node " + std::to_string(node) + " is paused";
}

Result<std::string> LocalNetwork::wake(std::size_t node) {
  const State state = nodes_[node].state;
  if (state == State::kDead) {
    TRY(start(node));
    return "node " + std::to_string(node) + " starts";
  }
  if (state != State::kPaused) return Err("it runs already");
  nodes_[node].state = State::kStarting;
  signal_child(nodes_[node].pid, ChildSignal::kContinue);
  return "node " + std::to_string(node) + " goes on";
}

std::optional<std::uint16_t> LocalNetwork::choose() const {
  for (const State wanted : {State::kHealthy, State::kStarting}) {
    for (const Node& node : nodes_) {
      if (node.state == wanted) return node.plan.api_port;
    }
  }
  return std::nullopt;
}

std::size_t LocalNetwork::count(State state) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(nodes_, [state](const Node& node) { return node.state == state; }));
}

// ------------------------------------------------------------------------------------- watching

void LocalNetwork::ask_for_health() {
  const Duration now = clock_.monotonic();
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    Node& node = nodes_[i];
    if (node.state != State::kStarting && node.state != State::kHealthy) continue;
    const bool slow = node.state == State::kHealthy || probe_.is_asking(i);
    if (now - node.asked_at < (slow ? kAskHealthy : kAskStarting)) continue;
    node.asked_at = now;
    probe_.ask(i, node.plan.api_port);
  }
}

void LocalNetwork::on_health(std::size_t node, HealthProbe::Health health,
                             const std::string& reason) {
  Node& it = nodes_[node];
  if (it.state != State::kStarting && it.state != State::kHealthy) return;
  // A node that is too busy to answer in time goes on serving those it serves.
  if (it.state == State::kHealthy && health == HealthProbe::Health::kUnreachable) return;
  it.state = health == HealthProbe::Health::kHealthy ? State::kHealthy : State::kStarting;
  it.reason = on_one_line(reason);
  const std::size_t awaited = nodes_.size() - count(State::kDead) - count(State::kPaused);
  const std::size_t healthy = count(State::kHealthy);
  if (ready_ || healthy < awaited || healthy < registry::high_threshold(nodes_.size())) return;
  ready_ = true;
  progress_.reset();
  if (events_.ready) events_.ready();
}

void LocalNetwork::on_child(const ChildChange& change) {
  const auto at =
      std::ranges::find_if(nodes_, [&](const Node& node) { return node.pid == change.pid; });
  if (at == nodes_.end()) return;
  const auto index = static_cast<std::size_t>(at - nodes_.begin());
  switch (change.kind) {
    case ChildChange::Kind::kPaused:
      if (at->state != State::kPaused) leave(index, State::kPaused);
      return;
    case ChildChange::Kind::kContinued:
      if (at->state == State::kPaused) at->state = State::kStarting;
      return;
    case ChildChange::Kind::kEnded:
      break;
  }
  at->pid = 0;
  if (!at->expected_end) {
    at->reason = change.how;
    at->last_words = last_words(at->plan.command.log_file);
    leave(index, State::kDead);
    if (ready_ && !stopping_)
      say("node " + std::to_string(index) + " " + change.how + ": " + at->last_words +
          "\nits log: " + at->plan.command.log_file + "\nstart it again with: icpd local node " +
          std::to_string(index) + " start" + directory_hint(directory_));
  }
  if (events_.changed && !stopping_) events_.changed();
}

void LocalNetwork::on_signal() {
  signalfd_siginfo signal{};
  while (::read(signals_, &signal, sizeof signal) == sizeof signal) {
    if (signal.ssi_signo == SIGCHLD) continue;
    stopping_ = true;
    ++stop_signals_;
  }
}

void LocalNetwork::look_after_children() {
  for (const ChildChange& change : child_changes())
    on_child(change);
}

void LocalNetwork::stop_all() {
  stopping_ = true;
  for (Node& node : nodes_) {
    node.expected_end = true;
    if (node.pid == 0) continue;
    // A paused process would take the request to end only when it goes on.
    signal_child(node.pid, node.state == State::kPaused ? ChildSignal::kKill : ChildSignal::kEnd);
  }
  const auto running = [this] {
    return std::ranges::any_of(nodes_, [](const Node& node) { return node.pid != 0; });
  };
  const Duration begin = clock_.monotonic();
  const int signals = stop_signals_;
  bool killed = false;
  while (running()) {
    loop_.run_once(kTurn);
    look_after_children();
    const bool late = clock_.monotonic() - begin > kEndTime || stop_signals_ > signals;
    if (!late || killed) continue;
    killed = true;
    for (const Node& node : nodes_) {
      if (node.pid != 0) signal_child(node.pid, ChildSignal::kKill);
    }
  }
}

// ------------------------------------------------------------------------------------- commands

Result<std::string> LocalNetwork::obey(const std::string& command) {
  std::istringstream words(command);
  std::string verb, number, action;
  words >> verb >> number >> action;
  if (verb == "status") return status();
  if (verb == "stop") {
    stopping_ = true;
    return std::string();
  }
  if (verb == "node") return node_command(number, action);
  return Err("unknown command '" + command + "'");
}

Result<std::string> LocalNetwork::node_command(const std::string& number,
                                               const std::string& action) {
  const bool digits = !number.empty() && number.size() < 4 &&
                      number.find_first_not_of("0123456789") == std::string::npos;
  if (!digits || std::stoul(number) >= nodes_.size())
    return Err("no node '" + number + "': this network has nodes 0 to " +
               std::to_string(nodes_.size() - 1));
  const std::size_t node = std::stoul(number);
  using Act = Result<std::string> (LocalNetwork::*)(std::size_t);
  constexpr std::array<std::pair<std::string_view, Act>, 3> kActions = {{
      {"kill", &LocalNetwork::kill},
      {"pause", &LocalNetwork::pause},
      {"start", &LocalNetwork::wake},
  }};
  for (const auto& [name, act] : kActions) {
    if (name != action) continue;
    auto result = (this->*act)(node);
    if (!result.ok()) return Err("node " + number + ": " + result.error().message);
    return result;
  }
  return Err("no action '" + action + "': it is one of kill, pause, start");
}

std::string LocalNetwork::status() const {
  nlohmann::ordered_json nodes = nlohmann::json::array();
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const Node& node = nodes_[i];
    std::string reason = node.state == State::kHealthy ? "" : node.reason;
    if (node.state == State::kDead && !node.last_words.empty()) reason += ": " + node.last_words;
    nodes.push_back({{"node", i},
                     {"state", name(node.state)},
                     {"id", node.plan.id},
                     {"pid", node.pid},
                     {"api_port", node.plan.api_port},
                     {"reason", reason}});
  }
  const nlohmann::ordered_json json = {{"directory", directory_},
                                       {"pid", getpid()},
                                       {"gateway_port", main_port_},
                                       {"ready", ready_},
                                       {"connections", gateway_->connections()},
                                       {"nodes", nodes}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace icpd::node
