// What happens to machines beside crashes: disks that change bytes, clocks that jump, laptops that
// sleep. Whole replicas in virtual time; nothing that a user saw acknowledged may be lost.
#include <array>
#include <gtest/gtest.h>

#include "execution/query.hpp"
#include "sim/checks.hpp"
#include "sim/clients.hpp"
#include "sim/links.hpp"
#include "sim/node.hpp"

namespace icpd::sim {
namespace {

using types::Height;

constexpr Time kBeginning = Time::from_seconds(1'700'000'000);
constexpr std::uint64_t kInterval = 20;

/// Four honest nodes and users who count.
class Cluster {
 public:
  Cluster() : subnet_(make_subnet({.nodes = 4, .interval_length = kInterval})), checks_(subnet_) {
    links_.emplace(events_, Prng(1), subnet_.nodes, [this](std::size_t node, p2p::Input input) {
      std::visit([&](auto& one) { take(node, std::move(one)); }, input);
    });
    const auto submit = [this](const Clients::Message& message) {
      const std::size_t to = ++submissions_ % nodes_.size();
      nodes_[to]->input(replica::IngressSubmitted{replica::SubmissionId{submissions_}, message});
      return true;
    };
    clients_.emplace(Prng(2), Clients::World{
                                  .submit = submit,
                                  .submit_hopeless = submit,
                                  .made = [this](const auto& id) { checks_.submitted(id); },
                                  .did = [](const std::string&) {},
                              });
    for (std::size_t i = 0; i < 4; ++i)
      nodes_.push_back(std::make_unique<Node>(events_, Prng(10 + i), subnet_, i, watcher(i)));
    for (std::size_t i = 0; i < 4; ++i)
      start(i);
    clients_act();
  }

  [[nodiscard]] Node& node(std::size_t i) { return *nodes_[i]; }
  [[nodiscard]] Clients& clients() { return *clients_; }
  [[nodiscard]] Height top() const { return checks_.top(); }
  [[nodiscard]] std::size_t checkpoints() const { return checkpoints_; }

  void start(std::size_t i) {
    const auto started = nodes_[i]->start();
    ASSERT_TRUE(started.ok()) << started.error().message;
    links_->node_up(i);
  }
  void crash(std::size_t i) {
    links_->node_down(i);
    (void)nodes_[i]->crash();
  }
  /// Two and two, who hear nothing of each other.
  void part() {
    for (const std::size_t a : {0, 1}) {
      for (const std::size_t b : {2, 3})
        links_->cut(a, b);
    }
  }
  void heal() { links_->heal(); }
  void pass(Duration time) {
    const Time end = events_.now() + time;
    run_until("time passes", [&] { return events_.now() >= end; });
  }
  /// All processes end at once and start again; the machines go on.
  void restart_all() {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      links_->node_down(i);
      (void)nodes_[i]->kill();
    }
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      start(i);
  }
  /// Every node has the checkpoint of the same height, whose state is certified, and nothing final
  /// above it.
  [[nodiscard]] bool all_are_at_a_checkpoint() const {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      const auto figures = nodes_[i]->replica()->figures();
      const Height checkpoint = newest_checkpoint_[i];
      if (checkpoint == Height{0} || checkpoint != newest_checkpoint_[0]) return false;
      if (figures.certified < checkpoint || figures.finalized > checkpoint) return false;
    }
    return true;
  }
  /// Wall clocks of all nodes and of the users.
  void set_clocks(Duration skew) {
    users_skew_ = skew;
    for (const auto& node : nodes_)
      node->skew = skew;
  }

  /// Runs until `done`; a test fails if that takes longer than an hour of virtual time.
  void run_until(const std::string& what, const std::function<bool()>& done) {
    const Time end = events_.now() + Duration::minutes(60);
    while (!done() && checks_.ok() && events_.now() < end && events_.run_one()) {
    }
    EXPECT_TRUE(done()) << "never: " << what << ", top " << to_string(top());
    for (const std::string& failure : checks_.failures())
      ADD_FAILURE() << failure;
  }
  void run_to_all(Height height) {
    run_until("all certify " + to_string(height), [&] {
      return std::ranges::all_of(nodes_, [&](const auto& node) {
        return node->is_up() && node->certified_state() &&
               node->certified_state()->height() >= height;
      });
    });
  }
  void run_updates(std::size_t more) {
    const std::size_t goal = clients_->acknowledged().size() + more;
    run_until("users get answers", [&] { return clients_->acknowledged().size() >= goal; });
  }
  /// All go on, with every increment that was acknowledged.
  void expect_nothing_lost() {
    run_updates(5);
    run_to_all(top() + 2);
    for (const auto& node : nodes_) {
      const auto answer =
          execution::execute_query(*node->certified_state(),
                                   {.sender = types::UserId(types::Principal::anonymous()),
                                    .receiver = counter_canister(),
                                    .method_name = "get"},
                                   std::nullopt, node->environment());
      ASSERT_TRUE(answer.result.ok());
      EXPECT_GE(load_le<std::uint64_t>(*answer.result),
                clients_->acknowledged_up_to(node->certified_state()->height()));
    }
    EXPECT_TRUE(clients_->failures().empty()) << clients_->failures().front();
  }

 private:
  void take(std::size_t node, p2p::SessionUp input) { nodes_[node]->input(input); }
  void take(std::size_t node, p2p::SessionDown input) { nodes_[node]->input(input); }
  void take(std::size_t node, p2p::FrameReceived input) { nodes_[node]->input(std::move(input)); }
  template <typename Other>
  void take(std::size_t, Other&&) {
    ADD_FAILURE() << "links give sessions and frames only";
  }

  Node::Watcher watcher(std::size_t i) {
    Node::Watcher watcher;
    watcher.send = [this, i](const p2p::Send& send) { links_->send(i, send); };
    watcher.stored = [](const types::ArtifactId&) {};
    watcher.close = [this, i](const p2p::CloseSession& close) {
      checks_.failed("node " + std::to_string(i) + " accused an honest node: " + close.reason);
      links_->close(i, close);
    };
    watcher.block = [this, i](const replica::BlockSeen& seen) {
      if (seen.stage == replica::BlockSeen::Stage::kFinalized) checks_.finalized(i, seen.block);
    };
    watcher.executed = [this, i](const types::Batch& batch,
                                 const message_routing::BatchOutcome& outcome) {
      checks_.executed(i, batch.height, outcome);
    };
    watcher.checkpointed = [this, i](Height height, const types::StateHash&) {
      ++checkpoints_;
      newest_checkpoint_[i] = height;
    };
    watcher.certified = [this, i](const replica::PublishCertified& published) {
      checks_.certified(i, published);
      clients_->certified(published);
    };
    watcher.stopped = [this, i](const std::string& reason) {
      checks_.failed("node " + std::to_string(i) + " stopped: " + reason);
    };
    watcher.answered = [](replica::SubmissionId, bool) {};
    return watcher;
  }
  void clients_act() {
    clients_->act(kBeginning + (events_.now() - Time{}) + users_skew_);
    events_.after(Duration::milliseconds(40), [this] { clients_act(); });
  }

  EventQueue events_;
  Subnet subnet_;
  Checks checks_;
  std::optional<Links> links_;
  std::optional<Clients> clients_;
  std::vector<std::unique_ptr<Node>> nodes_;
  Duration users_skew_;
  std::uint64_t submissions_ = 0;
  std::size_t checkpoints_ = 0;
  std::array<Height, 4> newest_checkpoint_;
};

std::vector<std::string> checkpoint_files(SimDisk& disk) {
  std::vector<std::string> paths;
  for (const char* directory : {"checkpoints", "files"}) {
    for (const std::string& name : disk.list(directory).value())
      paths.push_back(std::string(directory) + "/" + name);
  }
  return paths;
}

TEST(Trouble, a_bit_that_flips_in_any_file_of_a_checkpoint_costs_nothing) {
  Cluster cluster;
  cluster.run_updates(10);
  cluster.run_until("checkpoints", [&] { return cluster.checkpoints() >= 4 * 3; });
  cluster.crash(0);
  const std::vector<std::string> paths = checkpoint_files(cluster.node(0).disk());
  ASSERT_GE(paths.size(), 3u);
  cluster.start(0);
  Prng random(3);
  for (const std::string& path : paths) {
    SCOPED_TRACE(path);
    cluster.run_updates(3);
    cluster.crash(0);
    if (!cluster.node(0).disk().exists(path)) {  // an older one that was purged meanwhile
      cluster.start(0);
      continue;
    }
    cluster.node(0).disk().flip_bit(path, random);
    cluster.start(0);
    cluster.expect_nothing_lost();
  }
}

TEST(Trouble, a_node_without_a_whole_checkpoint_gets_all_blocks_from_its_peers) {
  Cluster cluster;
  cluster.run_updates(10);
  cluster.run_until("checkpoints", [&] { return cluster.checkpoints() >= 4 * 5; });
  cluster.crash(0);
  Prng random(4);
  for (const std::string& path : checkpoint_files(cluster.node(0).disk())) {
    if (path.ends_with(".state")) cluster.node(0).disk().flip_bit(path, random);
  }
  cluster.start(0);
  cluster.expect_nothing_lost();
}

// A block says which state is certified, and never less than its parent: who starts from a state
// that it knows to be certified must say so, or nobody makes a valid block.
TEST(Trouble, all_end_when_nothing_is_final_above_a_certified_checkpoint) {
  Cluster cluster;
  for (std::size_t i = 0; i < 4; ++i)
    cluster.node(i).latencies.checkpoint = Duration{};
  cluster.run_updates(10);
  for (int i = 0; i < 3; ++i) {
    cluster.run_until("a quiet moment", [&] { return cluster.all_are_at_a_checkpoint(); });
    cluster.part();
    cluster.pass(Duration::seconds(3));
    cluster.restart_all();
    cluster.heal();
    cluster.expect_nothing_lost();
  }
}

TEST(Trouble, a_subnet_that_slept_for_a_night_goes_on) {
  Cluster cluster;
  cluster.run_updates(10);
  cluster.set_clocks(Duration::minutes(8 * 60));
  cluster.expect_nothing_lost();
}

TEST(Trouble, clocks_that_jump_back_stop_no_blocks_and_calls_go_on_when_they_are_right_again) {
  Cluster cluster;
  cluster.run_updates(10);
  cluster.set_clocks(Duration::minutes(-60));
  cluster.run_to_all(cluster.top() + 20);
  cluster.set_clocks({});
  cluster.expect_nothing_lost();
}

TEST(Trouble, one_node_with_a_wrong_clock_holds_up_nobody) {
  for (const std::int64_t minutes : {-60, 60}) {
    Cluster cluster;
    cluster.run_updates(10);
    cluster.node(2).skew = Duration::minutes(minutes);
    cluster.run_updates(30);
    cluster.run_to_all(cluster.top() + 10);
    cluster.node(2).skew = {};
    cluster.expect_nothing_lost();
  }
}

}  // namespace
}  // namespace icpd::sim
