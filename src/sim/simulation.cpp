#include "sim/simulation.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "consensus/fast_crypto.hpp"
#include "consensus/rules.hpp"
#include "crypto/hash.hpp"
#include "execution/query.hpp"
#include "sim/adversary.hpp"
#include "sim/checks.hpp"
#include "sim/clients.hpp"
#include "sim/internet.hpp"
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
/// Peers keep at least consensus::kChainKept heights; who is half as far behind is let catch up.
constexpr std::uint64_t kBehindMax = consensus::kChainKept / 2;
constexpr Duration kLookAfter = Duration::milliseconds(50);
/// Events between two looks at a run.
constexpr std::uint64_t kWatchEvents = 5'000;
/// Events between two questions whether a phase is over.
constexpr std::uint64_t kDoneEvents = 50;

enum class Fault : std::uint8_t {
  kCrash,
  kKill,
  kCrashOfAll,
  kPartition,
  kOneWayPartition,
  kBrokenSession,
  kBadLinks,
  kSlowNode,
  kClockSkew,
};
struct FaultWeight {
  Fault fault;
  std::uint64_t weight;
};
/// A crash of all is rarer: replaying takes its time, and somewhere there must be progress.
constexpr std::array kFaultWeights = {
    FaultWeight{Fault::kCrash, 4},           FaultWeight{Fault::kKill, 2},
    FaultWeight{Fault::kCrashOfAll, 1},      FaultWeight{Fault::kPartition, 3},
    FaultWeight{Fault::kOneWayPartition, 3}, FaultWeight{Fault::kBrokenSession, 3},
    FaultWeight{Fault::kBadLinks, 2},        FaultWeight{Fault::kSlowNode, 3},
    FaultWeight{Fault::kClockSkew, 3},
};

Fault draw_fault(Prng& random) {
  std::uint64_t total = 0;
  for (const FaultWeight& entry : kFaultWeights)
    total += entry.weight;
  std::uint64_t luck = random.below(total);
  for (const FaultWeight& entry : kFaultWeights) {
    if (luck < entry.weight) return entry.fault;
    luck -= entry.weight;
  }
  unreachable_state("the weights add up to their sum");
}

Duration milliseconds_between(Prng& random, std::uint64_t low, std::uint64_t high) {
  return Duration::milliseconds(static_cast<std::int64_t>(random.between(low, high)));
}

std::string node_name(std::size_t index) {
  return "node " + std::to_string(index);
}

Shared<consensus::Committee> committee_of(const Subnet& subnet) {
  const auto crypto = consensus::make_fast_crypto();
  auto committee = consensus::Committee::make(
      *crypto, *subnet.registry, subnet.id, subnet.registry->subnet(subnet.id).initial_transcripts);
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
  };

  void make_members();
  void make_adversary(std::size_t index);
  [[nodiscard]] Node::Watcher watcher(std::size_t index);
  [[nodiscard]] Clients::World clients_world();
  void arrived(std::size_t index, p2p::Input input);
  void accused(std::size_t index, const p2p::CloseSession& close);
  void answered(std::size_t index, replica::SubmissionId id, bool accepted);
  void stopped(std::size_t index, const std::string& reason);
  /// No progress.
  void stuck(std::string what);
  void note(const std::string& what);
  void count_fault(const std::string& kind, const std::string& where = {});
  void count_misdeed(const std::string& what);

  void fault_next();
  void fault();
  void start_node(std::size_t index);
  void crash_node(std::size_t index);
  void kill_node(std::size_t index);
  /// Now and then a node whose log rots ends just when it has stored a block, its own or another's.
  void perhaps_lose_block(std::size_t index);
  void start_again(std::size_t index);
  void crash_all();
  void partition(bool one_way);
  void break_session(std::size_t index);
  void spoil_links();
  void slow_down(std::size_t index);
  void skew_clock(std::size_t index);
  void heal();
  void heal_for_good();
  void look_after_those_behind();

  bool run_until(const std::function<bool()>& done);
  void clients_act();
  [[nodiscard]] std::vector<std::size_t> nodes_up() const;
  [[nodiscard]] bool submit(const Clients::Message& message);
  void submit_hopeless(const Clients::Message& message);
  void check_answers();
  [[nodiscard]] bool has_enough() const;
  [[nodiscard]] bool all_reached(Height height) const;
  [[nodiscard]] std::vector<std::size_t> honest_members() const;
  void sum_up();

  Options options_;
  Prng random_;
  Subnet subnet_;
  EventQueue events_;
  Checks checks_;
  Statements statements_;
  OrderChecks order_;
  std::vector<Member> members_;
  std::optional<Links> links_;
  LinkQuality usual_quality_;
  std::optional<Clients> clients_;
  std::uint64_t submissions_ = 0;
  std::set<replica::SubmissionId> hopeless_;
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
      checks_(subnet_),
      statements_(subnet_.nodes, [this](std::string what) { checks_.failed(std::move(what)); }),
      order_(committee_of(subnet_), [this](std::string what) { checks_.failed(std::move(what)); }) {
  ensure(options.nodes >= 1 && options.byzantine <= registry::faults_tolerated(options.nodes));
  report_.seed = options.seed;
  report_.nodes = options.nodes;
  report_.byzantine = options.byzantine;
  links_.emplace(events_, random_.fork(), subnet_.nodes,
                 [this](std::size_t node, p2p::Input input) { arrived(node, std::move(input)); });
  usual_quality_.delay_max = milliseconds_between(random_, 1, 60);
  usual_quality_.loss_per_10000 = random_.below(random_.chance(1, 4) ? 20 : 3);
  links_->quality = usual_quality_;
  clients_.emplace(random_.fork(), clients_world());
  make_members();
}

void Simulation::note(const std::string& what) {
  const std::string line = std::to_string((events_.now() - Time{}).ns) + " " + what;
  digest_.sized(line);
  if (options_.trace) options_.trace(line);
}

void Simulation::count_fault(const std::string& kind, const std::string& where) {
  ++report_.faults[kind];
  if (!first_fault_) first_fault_ = checks_.top();
  note("fault " + kind + (where.empty() ? "" : " at " + where));
}

void Simulation::count_misdeed(const std::string& what) {
  if (calm_) return;
  ++report_.misdeeds[what];
  if (!first_fault_) first_fault_ = checks_.top();
}

// ---- the members and what they say ----

void Simulation::make_members() {
  std::set<std::size_t> byzantine;
  while (byzantine.size() < options_.byzantine)
    byzantine.insert(random_.below(options_.nodes));
  for (const std::size_t i : byzantine) {
    statements_.is_faulty(i);
    checks_.is_faulty(i);
  }
  members_.resize(options_.nodes);
  for (std::size_t i = 0; i < options_.nodes; ++i) {
    if (byzantine.contains(i))
      make_adversary(i);
    else
      members_[i].honest = std::make_unique<Node>(events_, random_.fork(), subnet_, i, watcher(i));
  }
  // Of the f faulty nodes one may be honest with a bad disk.
  if (byzantine.size() == registry::faults_tolerated(options_.nodes)) return;
  const auto honest = honest_members();
  members_[honest[random_.below(honest.size())]].honest->log_rots = true;
}

void Simulation::make_adversary(std::size_t index) {
  std::vector<Misdeed> misdeeds = {static_cast<Misdeed>(random_.below(kMisdeedCount))};
  for (std::size_t i = 0; i < kMisdeedCount; ++i) {
    if (random_.chance(1, 2)) misdeeds.push_back(static_cast<Misdeed>(i));
  }
  Adversary::World world;
  world.send = [this, index](const p2p::Send& send) { links_->send(index, send); };
  world.close = [this, index](const p2p::CloseSession& close) { links_->close(index, close); };
  world.root = [this](Height height) { return checks_.root(height); };
  world.state_hash = [this](Height height) { return checks_.state_hash(height); };
  world.did = [this](std::string_view what) { count_misdeed("Byzantine: " + std::string(what)); };
  members_[index].adversary = std::make_unique<Adversary>(events_, random_.fork(), subnet_, index,
                                                          std::move(misdeeds), std::move(world));
}

Node::Watcher Simulation::watcher(std::size_t index) {
  Node::Watcher watcher;
  watcher.send = [this, index](const p2p::Send& send) {
    statements_.sent(index, send);
    links_->send(index, send);
  };
  watcher.stored = [this, index](const types::ArtifactId& id) {
    statements_.stored(index, id);
    if (id.kind == types::ArtifactKind::kBlockProposal) perhaps_lose_block(index);
  };
  watcher.close = [this, index](const p2p::CloseSession& close) { accused(index, close); };
  watcher.block = [this, index](const replica::BlockSeen& seen) {
    const bool is_final = seen.stage == replica::BlockSeen::Stage::kFinalized;
    note(node_name(index) + (is_final ? " finalized " : " notarized ") +
         to_string(seen.block->height) + " " + seen.block.hash().hex().substr(0, 8));
    if (is_final) checks_.finalized(index, seen.block);
  };
  watcher.executed = [this, index](const types::Batch& batch,
                                   const message_routing::BatchOutcome& outcome) {
    const Height height = batch.height;
    order_.executes(batch, kBeginning + (events_.now() - Time{}), statements_);
    for (const types::ConsensusResponse& response : batch.responses.responses) {
      if (!is_true(response, subnet_.nodes.size()))
        checks_.failed("outcalls: a block has an answer that nobody gave, at height " +
                       to_string(height));
    }
    note(node_name(index) + " executed " + to_string(height) + " " +
         outcome.root.hex().substr(0, 8));
    checks_.executed(index, height, outcome);
  };
  watcher.checkpointed = [this, index](Height height, const types::StateHash& hash) {
    note(node_name(index) + " wrote checkpoint " + to_string(height));
    checks_.checkpointed(index, height, hash);
  };
  watcher.certified = [this, index](const replica::PublishCertified& published) {
    note(node_name(index) + " certified " + to_string(published.certification.content.height));
    checks_.published(index, published.certification.content.height);
    checks_.certified(index, published);
    checks_.shows(index, published);
    clients_->certified(published);
  };
  watcher.stopped = [this, index](const std::string& reason) { stopped(index, reason); };
  watcher.answered = [this, index](replica::SubmissionId id, bool accepted) {
    answered(index, id, accepted);
  };
  return watcher;
}

void Simulation::stuck(std::string what) {
  report_.stuck = true;
  checks_.failed(std::move(what));
}

void Simulation::arrived(std::size_t index, p2p::Input input) {
  Member& member = members_[index];
  if (member.adversary) return member.adversary->input(std::move(input));
  if (auto* up = std::get_if<p2p::SessionUp>(&input)) return member.honest->input(*up);
  if (auto* down = std::get_if<p2p::SessionDown>(&input)) return member.honest->input(*down);
  member.honest->input(std::get<p2p::FrameReceived>(std::move(input)));
}

void Simulation::accused(std::size_t index, const p2p::CloseSession& close) {
  note(node_name(index) + " closes a session: " + close.reason);
  const auto peer = static_cast<std::size_t>(
      std::find(subnet_.nodes.begin(), subnet_.nodes.end(), close.peer) - subnet_.nodes.begin());
  if (members_[peer].honest)
    checks_.failed(node_name(index) + " accused an honest node: " + close.reason);
  links_->close(index, close);
}

void Simulation::answered(std::size_t index, replica::SubmissionId id, bool accepted) {
  if (hopeless_.erase(id) == 0 || !accepted) return;
  checks_.failed(node_name(index) + " took a request that has expired or that nobody may send yet");
}

void Simulation::stopped(std::size_t index, const std::string& reason) {
  note(node_name(index) + " stopped: " + reason);
  checks_.failed(node_name(index) + " stopped: " + reason);
}

// ---- faults ----

void Simulation::start_node(std::size_t index) {
  note(node_name(index) + " starts");
  Member& member = members_[index];
  if (member.adversary) {
    member.adversary->start();
  } else if (const auto started = member.honest->start(); !started.ok()) {
    checks_.failed(node_name(index) + " doesn't start: " + started.error().message);
    return;
  } else if (const replica::Replica* replica = member.honest->replica()) {
    if (const auto lost = checks_.restarted(index, replica->figures().finalized))
      order_.forget_from(*lost);
  }
  links_->node_up(index);
}

void Simulation::crash_node(std::size_t index) {
  links_->node_down(index);
  const CrashFigures figures = members_[index].honest->crash();
  count_fault("crash", node_name(index));
  if (figures.writes_torn != 0) count_fault("torn write", node_name(index));
  if (figures.writes_lost != 0) count_fault("lost write", node_name(index));
}

void Simulation::kill_node(std::size_t index) {
  links_->node_down(index);
  const bool has_rotten = members_[index].honest->kill();
  count_fault("kill", node_name(index));
  if (!has_rotten) return;
  count_fault("rotten record", node_name(index));
  checks_.lost_what_was_durable(index);
}

void Simulation::perhaps_lose_block(std::size_t index) {
  const Node& node = *members_[index].honest;
  if (calm_ || !node.log_rots || !clients_->is_installed() || !random_.chance(1, 50)) return;
  events_.after(milliseconds_between(random_, 0, 30), [this, index] {
    if (!members_[index].honest->is_up()) return;
    kill_node(index);
    start_again(index);
  });
}

void Simulation::start_again(std::size_t index) {
  events_.after(milliseconds_between(random_, 0, 200), [this, index] {
    if (!members_[index].honest->is_up()) start_node(index);
  });
}

void Simulation::crash_all() {
  count_fault("crash of all");
  for (const std::size_t i : honest_members()) {
    if (members_[i].honest->is_up()) crash_node(i);
    start_again(i);
  }
}

void Simulation::partition(bool one_way) {
  if (members_.size() < 2) return;
  std::set<std::size_t> side = {random_.below(members_.size())};
  for (std::size_t i = 0; i < members_.size() && side.size() + 1 < members_.size(); ++i) {
    if (random_.chance(1, 2)) side.insert(i);
  }
  std::string where = "nodes";
  for (const std::size_t i : side)
    where += " " + std::to_string(i);
  count_fault(one_way ? "one-way partition" : "partition", where);
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

void Simulation::break_session(std::size_t index) {
  if (members_.size() < 2) return;
  const std::size_t peer = (index + 1 + random_.below(members_.size() - 1)) % members_.size();
  count_fault("broken session", node_name(index) + " with " + node_name(peer));
  links_->break_session(index, peer);
}

void Simulation::spoil_links() {
  if (members_.size() < 2) return;
  links_->quality.delay_max = milliseconds_between(random_, 50, 500);
  links_->quality.loss_per_10000 = random_.between(5, 60);
  count_fault("bad links");
}

void Simulation::slow_down(std::size_t index) {
  Latencies& latencies = members_[index].honest->latencies;
  latencies.execute_max = milliseconds_between(random_, 5, 400);
  latencies.persist_max = milliseconds_between(random_, 2, 100);
  latencies.checkpoint = milliseconds_between(random_, 10, 2'000);
  count_fault("slow node", node_name(index));
}

void Simulation::skew_clock(std::size_t index) {
  members_[index].honest->skew =
      milliseconds_between(random_, 0, 4'000) - Duration::milliseconds(2'000);
  count_fault("clock skew", node_name(index));
}

void Simulation::fault() {
  const auto honest = honest_members();
  const std::size_t victim = honest[random_.below(honest.size())];
  const bool is_up = members_[victim].honest->is_up();
  switch (draw_fault(random_)) {
    case Fault::kCrash:
      return is_up ? crash_node(victim) : start_node(victim);
    case Fault::kKill:
      return is_up ? kill_node(victim) : start_node(victim);
    case Fault::kCrashOfAll:
      return crash_all();
    case Fault::kPartition:
      return partition(false);
    case Fault::kOneWayPartition:
      return partition(true);
    case Fault::kBrokenSession:
      return break_session(victim);
    case Fault::kBadLinks:
      return spoil_links();
    case Fault::kSlowNode:
      return slow_down(victim);
    case Fault::kClockSkew:
      return skew_clock(victim);
  }
}

void Simulation::fault_next() {
  if (calm_) return;
  if (clients_->is_installed()) fault();
  // Most of the time the network works, or nothing would ever happen.
  if (random_.chance(2, 3))
    events_.after(milliseconds_between(random_, 100, 3'000), [this] { heal(); });
  events_.after(milliseconds_between(random_, 200, 2'000), [this] { fault_next(); });
}

void Simulation::heal() {
  links_->quality = calm_ ? LinkQuality{} : usual_quality_;
  links_->heal();
  for (const std::size_t i : honest_members()) {
    members_[i].honest->latencies = {};
    if (!members_[i].honest->is_up()) start_node(i);
  }
}

void Simulation::heal_for_good() {
  calm_ = true;
  note("all heals");
  heal();
  for (const std::size_t i : honest_members())
    members_[i].honest->skew = {};
}

void Simulation::look_after_those_behind() {
  if (calm_) return;
  const Height floor = checks_.top().minus_or_zero(kBehindMax);
  const auto honest = honest_members();
  const bool is_late = std::any_of(honest.begin(), honest.end(), [&](std::size_t i) {
    return members_[i].honest->finalized() < floor;
  });
  if (is_late) heal();
  events_.after(kLookAfter, [this] { look_after_those_behind(); });
}

// ---- users ----

Clients::World Simulation::clients_world() {
  return {.submit = [this](const Clients::Message& message) { return submit(message); },
          .submit_hopeless = [this](const Clients::Message& message) { submit_hopeless(message); },
          .made = [this](const types::RequestId& request) { checks_.submitted(request); },
          .did = [this](const std::string& what) { count_misdeed(what); }};
}

std::vector<std::size_t> Simulation::honest_members() const {
  std::vector<std::size_t> honest;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (members_[i].honest) honest.push_back(i);
  }
  return honest;
}

std::vector<std::size_t> Simulation::nodes_up() const {
  std::vector<std::size_t> up = honest_members();
  std::erase_if(up, [&](std::size_t i) { return !members_[i].honest->is_up(); });
  return up;
}

bool Simulation::submit(const Clients::Message& message) {
  const auto up = nodes_up();
  if (up.empty()) return false;
  members_[up[random_.below(up.size())]].honest->input(
      replica::IngressSubmitted{replica::SubmissionId{++submissions_}, message});
  return true;
}

void Simulation::submit_hopeless(const Clients::Message& message) {
  if (nodes_up().empty()) return;
  hopeless_.insert(replica::SubmissionId{submissions_ + 1});
  (void)submit(message);
}

void Simulation::clients_act() {
  clients_->act(kBeginning + (events_.now() - Time{}));
  events_.after(kClientPause, [this] { clients_act(); });
}

/// What a user would see who asks each node at the end.
void Simulation::check_answers() {
  for (const std::size_t i : honest_members()) {
    Node& node = *members_[i].honest;
    const execution::QueryRequest query{.sender = types::UserId(types::Principal::anonymous()),
                                        .receiver = counter_canister(),
                                        .method_name = "get"};
    const auto answer =
        execution::execute_query(*node.certified_state(), query, std::nullopt, node.environment());
    if (!answer.result.ok() || answer.result->size() != 8) {
      checks_.failed("the counter doesn't answer at " + node_name(i));
      continue;
    }
    const auto value = load_le<std::uint64_t>(*answer.result);
    const std::size_t shown = clients_->acknowledged_up_to(node.certified_state()->height());
    if (value < shown)
      checks_.failed("lost updates: the counter is " + std::to_string(value) +
                     ", acknowledged are " + std::to_string(shown));
    if (value > checks_.submissions())
      checks_.failed("the counter is " + std::to_string(value) + ", but users sent only " +
                     std::to_string(checks_.submissions()) + " requests");
  }
  for (const types::RequestId& request : clients_->acknowledged()) {
    if (!checks_.was_executed(request))
      checks_.failed("a request was acknowledged and never executed");
  }
}

// ---- the run ----

bool Simulation::run_until(const std::function<bool()>& done) {
  const Time end = events_.now() + options_.phase_max;
  for (std::uint64_t count = 1; checks_.ok() && events_.now() < end; ++count) {
    if (count % kDoneEvents == 0 && done()) return true;
    if (!events_.run_one()) return false;
    if (count % kWatchEvents != 0 || !options_.watch) continue;
    sum_up();
    options_.watch(report_);
  }
  return checks_.ok() && done();
}

bool Simulation::has_enough() const {
  if (!first_fault_) return false;
  return checks_.top() >= *first_fault_ + options_.heights &&
         report_.fault_count() >= options_.faults &&
         report_.faults.size() >= options_.fault_kinds &&
         clients_->acknowledged().size() >= options_.updates;
}

bool Simulation::all_reached(Height height) const {
  return std::all_of(members_.begin(), members_.end(), [&](const Member& member) {
    if (!member.honest) return true;
    if (!member.honest->is_up()) return false;
    const replica::Snapshot& shown = member.honest->certified_state();
    return member.honest->replica()->figures().finalized >= height && shown &&
           shown->height() >= height;
  });
}

void Simulation::sum_up() {
  report_.heights = checks_.top().value;
  report_.heights_after_first_fault = first_fault_ ? checks_.top() - *first_fault_ : 0;
  report_.updates = clients_->acknowledged().size();
  report_.requests = checks_.submissions();
  report_.executed = checks_.executions();
  report_.queries_credited = checks_.queries_credited();
  report_.events = events_.made();
  report_.frames = links_->figures().frames;
  report_.frames_lost = links_->figures().lost;
  report_.frames_overtaken = links_->figures().overtaken;
  report_.virtual_time = events_.now() - Time{};
}

Report Simulation::run() {
  for (std::size_t i = 0; i < members_.size(); ++i)
    start_node(i);
  clients_act();
  fault_next();
  look_after_those_behind();
  const bool enough = run_until([&] { return has_enough(); });
  if (!enough && checks_.ok())
    stuck("the run didn't get far enough: height " + to_string(checks_.top()) + ", " +
          std::to_string(clients_->acknowledged().size()) + " updates");

  heal_for_good();
  const Height goal = checks_.top() + kProgressHeights;
  if (checks_.ok() && !run_until([&] { return all_reached(goal); }) && checks_.ok())
    stuck("no progress to height " + to_string(goal) + " after everything healed");
  if (checks_.ok()) check_answers();

  sum_up();
  report_.failures = checks_.failures();
  for (const std::string& failure : clients_->failures())
    report_.failures.push_back(failure);
  report_.trace_digest = digest_.finish().hex();
  return report_;
}

}  // namespace

Report simulate(const Options& options) {
  return Simulation(options).run();
}

}  // namespace icpd::sim
