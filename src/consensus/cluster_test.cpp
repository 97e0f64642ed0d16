// Agreement and progress of whole clusters under random faults. A failing seed is printed and can
// be run alone by its number.
#include <gtest/gtest.h>

#include "consensus/detail/test_cluster.hpp"

namespace icpd::consensus::testing {
namespace {

std::string told(const Cluster& cluster) {
  std::string all;
  for (const std::string& failure : cluster.failures)
    all += failure + "\n";
  return all;
}

TEST(ConsensusCluster, four_nodes_agree_and_certify) {
  Cluster cluster({.nodes = 4, .seed = 7});
  cluster.start_all();
  EXPECT_TRUE(cluster.run(Duration::seconds(60), [&] { return cluster.all_reached(Height{50}); }))
      << told(cluster);
  EXPECT_TRUE(cluster.failures.empty()) << told(cluster);
  EXPECT_EQ(cluster.misbehaviours(), 0u);
}

TEST(ConsensusCluster, one_node_alone_is_a_subnet) {
  Cluster cluster({.nodes = 1, .seed = 7});
  cluster.start_all();
  EXPECT_TRUE(cluster.run(Duration::seconds(60), [&] { return cluster.all_reached(Height{50}); }))
      << told(cluster);
}

TEST(ConsensusCluster, an_idle_subnet_makes_a_block_each_second) {
  Cluster cluster({.nodes = 4, .seed = 7, .interval_length = 499, .ingress = false});
  cluster.start_all();
  EXPECT_FALSE(
      cluster.run(Duration::seconds(60), [&] { return cluster.all_reached(Height{1000}); }));
  EXPECT_TRUE(cluster.failures.empty()) << told(cluster);
  EXPECT_GE(cluster.top(), Height{50});
  // Two more than seconds: the first state is certified at once.
  EXPECT_LE(cluster.top(), Height{62});
}

TEST(ConsensusCluster, packages_are_made_at_summaries) {
  Cluster cluster({.nodes = 4, .seed = 3, .interval_length = 9});
  cluster.start_all();
  EXPECT_TRUE(cluster.run(Duration::seconds(60), [&] {
    return cluster.all_made_package(Height{30});
  })) << told(cluster);
  EXPECT_TRUE(cluster.failures.empty()) << told(cluster);
}

TEST(ConsensusCluster, goes_on_without_f_nodes) {
  Cluster cluster({.nodes = 4, .seed = 5});
  cluster.start_all();
  EXPECT_TRUE(cluster.run(Duration::seconds(60), [&] { return cluster.all_reached(Height{10}); }));
  cluster.crash(2);
  EXPECT_TRUE(cluster.run(Duration::seconds(200), [&] { return cluster.all_reached(Height{40}); }))
      << told(cluster);
}

TEST(ConsensusCluster, stops_without_a_quorum_and_goes_on_with_it) {
  Cluster cluster({.nodes = 4, .seed = 5});
  cluster.start_all();
  EXPECT_TRUE(cluster.run(Duration::seconds(60), [&] { return cluster.all_reached(Height{10}); }));
  cluster.crash(2);
  cluster.crash(3);
  const Height top = cluster.top();
  EXPECT_FALSE(cluster.run(Duration::seconds(60), [&] { return cluster.all_reached(top + 3); }));
  cluster.start(2);
  EXPECT_TRUE(cluster.run(Duration::seconds(200), [&] { return cluster.all_reached(top + 20); }))
      << told(cluster);
}

TEST(ConsensusCluster, all_crash_at_once_and_go_on) {
  Cluster cluster({.nodes = 4, .seed = 11});
  cluster.start_all();
  EXPECT_TRUE(cluster.run(Duration::seconds(60), [&] { return cluster.all_reached(Height{25}); }));
  for (std::size_t i = 0; i < 4; ++i)
    cluster.crash(i);
  cluster.start_all();
  EXPECT_TRUE(cluster.run(Duration::seconds(200), [&] { return cluster.all_reached(Height{60}); }))
      << told(cluster);
}

TEST(ConsensusCluster, a_node_that_slept_catches_up_by_ranges) {
  Cluster cluster({.nodes = 4, .seed = 13, .interval_length = 499});
  cluster.start_all();
  EXPECT_TRUE(cluster.run(Duration::seconds(60), [&] { return cluster.all_reached(Height{5}); }));
  cluster.crash(1);
  EXPECT_TRUE(
      cluster.run(Duration::seconds(600), [&] { return cluster.all_reached(Height{300}); }));
  cluster.start(1);
  EXPECT_TRUE(cluster.run(Duration::seconds(60), [&] { return cluster.all_reached(Height{305}); }))
      << told(cluster);
}

TEST(ConsensusCluster, a_node_that_slept_through_many_packages_catches_up) {
  Cluster cluster({.nodes = 4, .seed = 17, .interval_length = 9});
  cluster.start_all();
  EXPECT_TRUE(cluster.run(Duration::seconds(60), [&] { return cluster.all_reached(Height{25}); }));
  cluster.crash(1);
  EXPECT_TRUE(cluster.run(Duration::seconds(600), [&] {
    return cluster.all_reached(Height{700}) && cluster.all_made_package(Height{690});
  })) << told(cluster);
  cluster.start(1);
  EXPECT_TRUE(cluster.run(Duration::seconds(60), [&] {
    return cluster.all_reached(Height{720}) && cluster.all_made_package(Height{710});
  })) << told(cluster);
  EXPECT_EQ(cluster.retired(), 0u);
  EXPECT_TRUE(cluster.failures.empty()) << told(cluster);
}

TEST(ConsensusCluster, a_node_that_is_further_behind_than_what_peers_keep_says_so_and_stops) {
  Cluster cluster({.nodes = 4, .seed = 17, .interval_length = 9});
  cluster.start_all();
  EXPECT_TRUE(cluster.run(Duration::seconds(60), [&] { return cluster.all_reached(Height{25}); }));
  cluster.crash(1);
  EXPECT_TRUE(
      cluster.run(Duration::seconds(600), [&] { return cluster.all_reached(Height{100}); }));
  cluster.served_from = Height{80};
  cluster.start(1);
  EXPECT_TRUE(cluster.run(Duration::seconds(60), [&] { return cluster.retired() == 1; }))
      << told(cluster);
  EXPECT_TRUE(cluster.failures.empty()) << told(cluster);
}

/// Faults for a while, then calm: nothing disagreed, and everybody goes on.
void run_seed(std::uint64_t seed, std::size_t nodes, bool byzantine) {
  SCOPED_TRACE("seed " + std::to_string(seed) + " nodes " + std::to_string(nodes));
  Cluster cluster({.nodes = nodes, .seed = seed, .interval_length = 5 + seed % 20});
  Prng random(seed * 7919 + nodes);
  const std::size_t f = registry::faults_tolerated(nodes);
  std::set<std::size_t> faulty;
  while (byzantine && faulty.size() < f)
    faulty.insert(random.below(nodes));
  for (const std::size_t i : faulty)
    cluster.set_fault(i, static_cast<unsigned>(random.between(1, 15)));
  cluster.chaos = {
      .loss_percent = random.below(30),
      .duplicate_percent = random.below(30),
      .delay_min = Duration::microseconds(100),
      .delay_max = Duration::milliseconds(static_cast<std::int64_t>(random.between(1, 200)))};
  cluster.start_all();
  for (int fault = 0; fault < 10; ++fault) {
    const auto step = Duration::milliseconds(static_cast<std::int64_t>(random.between(50, 3000)));
    (void)cluster.run(step, [] { return false; });
    const std::size_t victim = random.below(nodes);
    switch (random.below(4)) {
      case 0:
        if (cluster.core(victim) != nullptr)
          cluster.crash(victim);
        else
          cluster.start(victim);
        break;
      case 1: {
        std::set<std::size_t> side;
        for (std::size_t i = 0; i < nodes; ++i) {
          if (random.chance(1, 2)) side.insert(i);
        }
        cluster.partition(side);
        break;
      }
      case 2:
        cluster.heal();
        break;
      case 3:
        for (std::size_t i = 0; i < nodes; ++i) {
          if (cluster.core(i) != nullptr) cluster.crash(i);
          cluster.start(i);
        }
        break;
    }
  }
  cluster.heal();
  cluster.chaos = {};
  for (std::size_t i = 0; i < nodes; ++i) {
    if (cluster.core(i) == nullptr) cluster.start(i);
  }
  const Height goal = cluster.top() + 15;
  const auto done = [&] {
    return cluster.all_reached(goal) || cluster.retired() + faulty.size() > f;
  };
  ASSERT_TRUE(cluster.run(Duration::minutes(60), done))
      << "no progress to " << goal.value << ", top " << cluster.top().value << "\n"
      << told(cluster);
  ASSERT_TRUE(cluster.failures.empty()) << told(cluster);
}

TEST(ConsensusCluster, crash_faults_and_partitions_over_many_seeds) {
  for (std::uint64_t seed = 1; seed <= 60 && !HasFatalFailure(); ++seed)
    run_seed(seed, 4, false);
}
TEST(ConsensusCluster, byzantine_nodes_over_many_seeds) {
  for (std::uint64_t seed = 1; seed <= 100 && !HasFatalFailure(); ++seed)
    run_seed(seed, 4, true);
  for (std::uint64_t seed = 1; seed <= 20 && !HasFatalFailure(); ++seed)
    run_seed(seed, 7, true);
}

}  // namespace
}  // namespace icpd::consensus::testing
