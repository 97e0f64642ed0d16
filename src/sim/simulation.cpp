#include "sim/simulation.hpp"

#include <algorithm>
#include <optional>

#include "consensus/fast_crypto.hpp"
#include "crypto/hash.hpp"
#include "execution/query.hpp"
#include "sim/adversary.hpp"
#include "sim/checks.hpp"
#include "sim/clients.hpp"
#include "sim/links.hpp"
#include "sim/node.hpp"
#include "sim/order_checks.hpp"
#include "sim/statements.hpp"

namespace icpd::sim {

namespace {

using types::Height;

constexpr Time kBeginning = Time::from_seconds(1'700'000'000);
constexpr Duration kClientPause = Duration::milliseconds(40);
/// Heights that everybody must reach after everything has healed.
constexpr std::uint64_t kProgressHeights = 20;

Shared<consensus::Committee> committee_of(const Subnet& subnet) {
  const auto crypto = consensus::make_fast_crypto();
  auto committee =
      consensus::Committee::make(*crypto, *subnet.registry, subnet.id,
                                 subnet.registry->subnet(subnet.id).initial_transcripts);
  ensure(committee.ok());
  return *committee;
}

class Simulation {
 public:
  explicit Simulation(const Options& options);
  Report run();

 private:
  struct Member {
    std::unique_ptr<Node> honest;
    std::unique_ptr<Adversary> adversary;
    /// Too far behind to go on; nobody keeps what it needs.
    bool retired = false;
  };

  void make_members();
  void make_honest(std::size_t index);
  void make_adversary(std::size_t index);
  [[nodiscard]] Node::Watcher watcher(std::size_t index);
  void stopped(std::size_t index, const std::string& reason);
  /// No progress.
  void stuck(std::string what);
  void note(const std::string& what);
  void count_fault(const std::string& kind);

  // Faults.
  void fault();
  void start_node(std::size_t index);
  void crash_node(std::size_t index);
  void crash_all();
  void partition(bool one_way);
  void slow_down(std::size_t index);
  void skew_clock(std::size_t index);
  void heal();

  bool run_until(const std::function<bool()>& done);
  void clients_act();
  bool submit(Shared<types::IngressMessage> message);
  void check_counter();
  [[nodiscard]] bool has_enough() const;
  [[nodiscard]] bool all_reached(Height height) const;
  [[nodiscard]] std::size_t out_of_service() const;
  [[nodiscard]] std::vector<std::size_t> honest_members() const;

  Options options_;
  Prng random_;
  Subnet subnet_;
  EventQueue events_;
  std::vector<Member> members_;
  std::optional<Links> links_;
  std::optional<Clients> clients_;
  Checks checks_;
  Statements statements_;
  OrderChecks order_;
  std::map<Height, types::StateHash> state_hashes_;
  std::uint64_t submissions_ = 0;
  std::optional<Height> first_fault_;
  bool calm_ = false;
  crypto::Hasher digest_;
  Report report_;
};

Simulation::Simulation(const Options& options)
    : options_(options),
      random_(options.seed * 1'000'003 + options.nodes * 101 + options.byzantine),
      subnet_(make_subnet(
          {.nodes = options.nodes, .interval_length = 20 + Prng(options.seed).below(200)})),
      statements_(subnet_.nodes, [this](std::string what) { checks_.failed(std::move(what)); }),
      order_(committee_of(subnet_),
             [this](std::string what) { checks_.failed(std::move(what)); }) {
  ensure(options.nodes >= 1 && options.byzantine <= registry::faults_tolerated(options.nodes));
  report_.seed = options.seed;
  report_.nodes = options.nodes;
  report_.byzantine = options.byzantine;
  links_.emplace(events_, random_.fork(), subnet_.nodes,
                 [this](std::size_t node, p2p::Input input) {
                   Member& member = members_[node];
                   if (member.adversary) return member.adversary->input(std::move(input));
                   if (auto* up = std::get_if<p2p::SessionUp>(&input))
                     return member.honest->input(*up);
                   if (auto* down = std::get_if<p2p::SessionDown>(&input))
                     return member.honest->input(*down);
                   member.honest->input(std::get<p2p::FrameReceived>(std::move(input)));
                 });
  links_->quality.delay_max =
      Duration::milliseconds(static_cast<std::int64_t>(random_.between(1, 60)));
  links_->quality.loss_per_10000 = random_.below(20);
  clients_.emplace(random_.fork(), [this](Shared<types::IngressMessage> message) {
    return submit(std::move(message));
  });
  make_members();
}

void Simulation::note(const std::string& what) {
  const std::string line = std::to_string((events_.now() - Time{}).ns) + " " + what;
  digest_.sized(line);
  if (options_.trace) options_.trace(line);
}

void Simulation::count_fault(const std::string& kind) {
  ++report_.faults[kind];
  if (!first_fault_) first_fault_ = checks_.top();
  note("fault " + kind);
}

void Simulation::make_members() {
  std::set<std::size_t> byzantine;
  while (byzantine.size() < options_.byzantine)
    byzantine.insert(random_.below(options_.nodes));
  for (const std::size_t i : byzantine)
    statements_.is_faulty(i);
  members_.resize(options_.nodes);
  for (std::size_t i = 0; i < options_.nodes; ++i) {
    if (byzantine.contains(i))
      make_adversary(i);
    else
      make_honest(i);
  }
  // Of the f faulty nodes one may be honest with a bad disk.
  if (byzantine.size() == registry::faults_tolerated(options_.nodes)) return;
  const auto honest = honest_members();
  members_[honest[random_.below(honest.size())]].honest->log_rots = true;
}

void Simulation::make_honest(std::size_t index) {
  members_[index].honest =
      std::make_unique<Node>(events_, random_.fork(), subnet_, index, watcher(index));
}

void Simulation::make_adversary(std::size_t index) {
  std::vector<Misdeed> misdeeds;
  for (std::size_t i = 0; i < kMisdeeds.size(); ++i) {
    if (random_.chance(1, 2)) misdeeds.push_back(static_cast<Misdeed>(i));
  }
  Adversary::World world;
  world.send = [this, index](const p2p::Send& send) { links_->send(index, send); };
  world.close = [this, index](const p2p::CloseSession& close) { links_->close(index, close); };
  world.root = [this](Height height) { return checks_.root(height); };
  world.state_hash = [this](Height height) -> std::optional<types::StateHash> {
    const auto found = state_hashes_.find(height);
    if (found == state_hashes_.end()) return std::nullopt;
    return found->second;
  };
  world.did = [this](Misdeed misdeed) {
    if (calm_) return;
    ++report_.faults["byzantine: " + std::string(kMisdeeds[static_cast<std::size_t>(misdeed)])];
    if (!first_fault_) first_fault_ = checks_.top();
  };
  members_[index].adversary = std::make_unique<Adversary>(events_, random_.fork(), subnet_, index,
                                                          std::move(misdeeds), std::move(world));
}

Node::Watcher Simulation::watcher(std::size_t index) {
  const std::string name = "node " + std::to_string(index);
  Node::Watcher watcher;
  watcher.send = [this, index](const p2p::Send& send) {
    statements_.sent(index, send);
    links_->send(index, send);
  };
  watcher.close = [this, index, name](const p2p::CloseSession& close) {
    note(name + " closes a session: " + close.reason);
    const auto peer = static_cast<std::size_t>(
        std::find(subnet_.nodes.begin(), subnet_.nodes.end(), close.peer) - subnet_.nodes.begin());
    if (members_[peer].honest) checks_.failed(name + " accused an honest node: " + close.reason);
    links_->close(index, close);
  };
  watcher.block = [this, index, name](const replica::BlockSeen& seen) {
    const bool is_final = seen.stage == replica::BlockSeen::Stage::kFinalized;
    note(name + (is_final ? " finalized " : " notarized ") + to_string(seen.block->height) + " " +
         seen.block.hash().hex().substr(0, 8));
    if (is_final) checks_.finalized(index, seen.block);
  };
  watcher.executed = [this, index, name](const types::Batch& batch,
                                         const message_routing::BatchOutcome& outcome) {
    const Height height = batch.height;
    order_.executes(batch, kBeginning + (events_.now() - Time{}), statements_);
    note(name + " executed " + to_string(height) + " " + outcome.root.hex().substr(0, 8));
    checks_.executed(index, height, outcome);
  };
  watcher.checkpointed = [this](Height height, const types::StateHash& hash) {
    const auto [known, fresh] = state_hashes_.emplace(height, hash);
    if (!fresh && known->second != hash)
      checks_.failed("state hashes differ at height " + to_string(height));
  };
  watcher.certified = [this, name](const replica::PublishCertified& published) {
    note(name + " certified " + to_string(published.certification.content.height));
    clients_->certified(published);
  };
  watcher.stopped = [this, index](const std::string& reason) { stopped(index, reason); };
  watcher.answered = [](replica::SubmissionId, bool) {};
  return watcher;
}

void Simulation::stuck(std::string what) {
  report_.stuck = true;
  checks_.failed(std::move(what));
}

void Simulation::stopped(std::size_t index, const std::string& reason) {
  note("node " + std::to_string(index) + " stopped: " + reason);
  if (!reason.ends_with("state sync"))
    checks_.failed("node " + std::to_string(index) + " stopped: " + reason);
  members_[index].retired = true;
  events_.after({}, [this, index] {
    if (members_[index].honest->is_up()) {
      links_->node_down(index);
      (void)members_[index].honest->crash();
    }
  });
}

// ---- faults ----

void Simulation::start_node(std::size_t index) {
  Member& member = members_[index];
  if (member.retired) return;
  note("node " + std::to_string(index) + " starts");
  if (member.adversary) {
    member.adversary->start();
  } else if (const auto started = member.honest->start(); !started.ok()) {
    checks_.failed("node " + std::to_string(index) + " doesn't start: " + started.error().message);
    return;
  }
  links_->node_up(index);
}

void Simulation::crash_node(std::size_t index) {
  Node& node = *members_[index].honest;
  links_->node_down(index);
  const CrashFigures figures = node.crash();
  count_fault("crash");
  if (figures.writes_torn != 0) count_fault("torn write");
  if (figures.writes_lost != 0) count_fault("lost write");
  if (figures.records_rotten != 0) count_fault("rotten record");
}

void Simulation::crash_all() {
  count_fault("crash of all");
  for (const std::size_t i : honest_members()) {
    if (members_[i].honest->is_up()) crash_node(i);
    start_node(i);
  }
}

void Simulation::partition(bool one_way) {
  count_fault(one_way ? "one-way partition" : "partition");
  std::set<std::size_t> side;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (random_.chance(1, 2)) side.insert(i);
  }
  for (std::size_t a = 0; a < members_.size(); ++a) {
    for (std::size_t b = 0; b < members_.size(); ++b) {
      if (!side.contains(a) || side.contains(b)) continue;
      if (one_way)
        links_->cut_one_way(a, b);
      else
        links_->cut(a, b);
    }
  }
}

void Simulation::slow_down(std::size_t index) {
  count_fault("slow node");
  Latencies& latencies = members_[index].honest->latencies;
  latencies.execute_max =
      Duration::milliseconds(static_cast<std::int64_t>(random_.between(5, 400)));
  latencies.persist_max =
      Duration::milliseconds(static_cast<std::int64_t>(random_.between(2, 100)));
}

void Simulation::skew_clock(std::size_t index) {
  count_fault("clock skew");
  members_[index].honest->skew =
      Duration::milliseconds(static_cast<std::int64_t>(random_.below(4'000)) - 2'000);
}

void Simulation::heal() {
  links_->heal();
  for (const std::size_t i : honest_members()) {
    members_[i].honest->latencies = {};
    if (!members_[i].honest->is_up()) start_node(i);
  }
}

void Simulation::fault() {
  const auto honest = honest_members();
  const std::size_t victim = honest[random_.below(honest.size())];
  Node& node = *members_[victim].honest;
  // A crash of all is rarer: replaying takes its time, and somewhere there must be progress.
  switch (random_.below(16) == 0 ? 7 : random_.below(7)) {
    case 0:
    case 1:
      if (node.is_up())
        crash_node(victim);
      else
        start_node(victim);
      break;
    case 2:
      partition(false);
      break;
    case 3:
      partition(true);
      break;
    case 4:
      slow_down(victim);
      break;
    case 5:
      skew_clock(victim);
      break;
    case 6:
      crash_all();
      break;
    case 7:
      if (members_.size() > 1) {
        count_fault("broken session");
        links_->break_session(victim, (victim + 1) % members_.size());
      }
      break;
  }
  // Most of the time the network works, or nothing would ever happen.
  if (random_.chance(2, 3))
    events_.after(Duration::milliseconds(static_cast<std::int64_t>(random_.between(100, 3'000))),
                  [this] { heal(); });
}

// ---- the run ----

std::vector<std::size_t> Simulation::honest_members() const {
  std::vector<std::size_t> honest;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (members_[i].honest) honest.push_back(i);
  }
  return honest;
}

std::size_t Simulation::out_of_service() const {
  return static_cast<std::size_t>(std::count_if(
      members_.begin(), members_.end(),
      [](const Member& member) { return member.retired || member.adversary != nullptr; }));
}

bool Simulation::submit(Shared<types::IngressMessage> message) {
  std::vector<std::size_t> up;
  for (const std::size_t i : honest_members()) {
    if (members_[i].honest->is_up()) up.push_back(i);
  }
  if (up.empty()) return false;
  members_[up[random_.below(up.size())]].honest->input(
      replica::IngressSubmitted{replica::SubmissionId{++submissions_}, std::move(message)});
  return true;
}

void Simulation::clients_act() {
  clients_->act(kBeginning + (events_.now() - Time{}));
  events_.after(kClientPause, [this] { clients_act(); });
}

bool Simulation::run_until(const std::function<bool()>& done) {
  const Time end = events_.now() + options_.phase_max;
  while (checks_.ok() && events_.now() < end) {
    if (done()) return true;
    if (!events_.run_one()) return false;
  }
  return checks_.ok() && done();
}

bool Simulation::has_enough() const {
  if (!first_fault_) return false;
  return checks_.top() >= *first_fault_ + options_.heights &&
         report_.fault_count() >= options_.faults &&
         report_.faults.size() >= options_.fault_kinds &&
         clients_->acknowledged() >= options_.updates;
}

bool Simulation::all_reached(Height height) const {
  return std::all_of(members_.begin(), members_.end(), [&](const Member& member) {
    if (!member.honest || member.retired) return true;
    if (!member.honest->is_up()) return false;
    const auto figures = member.honest->replica()->figures();
    return figures.finalized >= height && figures.certified >= height;
  });
}

void Simulation::check_counter() {
  for (const std::size_t i : honest_members()) {
    Node& node = *members_[i].honest;
    if (members_[i].retired || !node.is_up() || !node.certified_state()) continue;
    const execution::QueryRequest query{.sender = types::UserId(types::Principal::anonymous()),
                                        .receiver = clients_->counter(),
                                        .method_name = "get"};
    const auto answer =
        execution::execute_query(*node.certified_state(), query, std::nullopt, node.environment());
    if (!answer.result.ok() || answer.result->size() != 8) {
      checks_.failed("the counter doesn't answer at node " + std::to_string(i));
      continue;
    }
    const auto value = load_le<std::uint64_t>(*answer.result);
    if (value < clients_->acknowledged())
      checks_.failed("lost updates: the counter is " + std::to_string(value) +
                     ", acknowledged are " + std::to_string(clients_->acknowledged()));
    if (value > checks_.executions())
      checks_.failed("the counter is " + std::to_string(value) + ", executed were " +
                     std::to_string(checks_.executions()));
  }
}

Report Simulation::run() {
  for (std::size_t i = 0; i < members_.size(); ++i)
    start_node(i);
  clients_act();
  bool faults_go_on = true;
  const std::function<void()> next_fault = [&] {
    if (!faults_go_on) return;
    if (clients_->is_installed()) fault();
    events_.after(Duration::milliseconds(static_cast<std::int64_t>(random_.between(200, 2'000))),
                  next_fault);
  };
  next_fault();
  const auto hopeless = [&] {
    return out_of_service() > registry::faults_tolerated(members_.size());
  };
  const bool enough = run_until([&] { return has_enough() || hopeless(); });
  faults_go_on = false;
  if (!enough && checks_.ok())
    stuck("the run didn't get far enough: height " + to_string(checks_.top()) + ", " +
                   std::to_string(clients_->acknowledged()) + " updates");

  calm_ = true;
  note("all heals");
  heal();
  links_->quality = {};
  for (const std::size_t i : honest_members()) {
    members_[i].honest->skew = {};
  }
  const Height goal = checks_.top() + kProgressHeights;
  if (checks_.ok() && !run_until([&] { return all_reached(goal) || hopeless(); }) && checks_.ok())
    stuck("no progress to height " + to_string(goal) + " after everything healed");
  if (checks_.ok()) check_counter();

  report_.failures = checks_.failures();
  for (const std::string& failure : clients_->failures())
    report_.failures.push_back(failure);
  report_.heights = checks_.top().value;
  report_.heights_after_first_fault = first_fault_ ? checks_.top() - *first_fault_ : 0;
  report_.updates = clients_->acknowledged();
  report_.events = events_.made();
  report_.frames = links_->frames();
  report_.virtual_time = events_.now() - Time{};
  report_.trace_digest = digest_.finish().hex();
  return report_;
}

std::string json_text(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + "\"";
}

}  // namespace

std::uint64_t Report::fault_count() const {
  std::uint64_t count = 0;
  for (const auto& [kind, times] : faults)
    count += times;
  return count;
}

Report simulate(const Options& options) {
  return Simulation(options).run();
}

std::string to_json(const Report& report) {
  std::string out = "{\"seed\": " + std::to_string(report.seed);
  const auto number = [&](const char* name, std::uint64_t value) {
    out += std::string(", \"") + name + "\": " + std::to_string(value);
  };
  number("nodes", report.nodes);
  number("byzantine", report.byzantine);
  out += std::string(", \"ok\": ") + (report.ok() ? "true" : "false");
  number("heights", report.heights);
  number("heights_after_first_fault", report.heights_after_first_fault);
  number("updates", report.updates);
  number("events", report.events);
  number("frames", report.frames);
  number("virtual_ms", static_cast<std::uint64_t>(report.virtual_time.ns / 1'000'000));
  out += ", \"faults\": {";
  bool first = true;
  for (const auto& [kind, times] : report.faults) {
    out += (first ? "" : ", ") + json_text(kind) + ": " + std::to_string(times);
    first = false;
  }
  out += "}, \"failures\": [";
  for (std::size_t i = 0; i < report.failures.size(); ++i)
    out += (i == 0 ? "" : ", ") + json_text(report.failures[i]);
  return out + "], \"trace_digest\": " + json_text(report.trace_digest) + "}";
}

std::string to_text(const Report& report) {
  std::string out = "seed " + std::to_string(report.seed) + ", " + std::to_string(report.nodes) +
                    " nodes, " + std::to_string(report.byzantine) + " Byzantine: ";
  out += report.ok() ? "holds" : "FAILS";
  out += ", " + std::to_string(report.heights) + " heights, " + std::to_string(report.updates) +
         " updates, " + std::to_string(report.fault_count()) + " faults of " +
         std::to_string(report.faults.size()) + " kinds, " +
         std::to_string(report.virtual_time.ns / 1'000'000'000) + " s";
  for (const std::string& failure : report.failures)
    out += "\n  " + failure;
  return out;
}

}  // namespace icpd::sim
