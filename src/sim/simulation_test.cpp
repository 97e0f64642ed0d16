#include "sim/simulation.hpp"

#include <gtest/gtest.h>

namespace icpd::sim {
namespace {

void holds(const Options& options) {
  const Report report = simulate(options);
  EXPECT_TRUE(report.ok()) << to_text(report);
  EXPECT_GE(report.heights_after_first_fault, options.heights);
  EXPECT_GE(report.updates, options.updates);
  EXPECT_GE(report.fault_count(), options.faults);
  EXPECT_GE(report.faults.size(), options.fault_kinds);
  EXPECT_GT(report.queries_credited, 0U);
}

TEST(Simulation, four_nodes_hold) {
  holds({.seed = 1, .nodes = 4});
}
TEST(Simulation, four_nodes_one_of_them_byzantine_hold) {
  holds({.seed = 2, .nodes = 4, .byzantine = 1});
}
TEST(Simulation, seven_nodes_two_of_them_byzantine_hold) {
  holds({.seed = 3, .nodes = 7, .byzantine = 2});
}
TEST(Simulation, a_node_alone_holds) {
  holds({.seed = 4, .nodes = 1});
}

TEST(Simulation, the_same_seed_gives_the_same_run) {
  const Options options{.seed = 5, .nodes = 4, .byzantine = 1, .heights = 30, .updates = 20};
  const Report first = simulate(options);
  const Report second = simulate(options);
  EXPECT_EQ(first.trace_digest, second.trace_digest);
  EXPECT_EQ(first.events, second.events);
  Options other = options;
  other.seed = 6;
  EXPECT_NE(simulate(other).trace_digest, first.trace_digest);
}

}  // namespace
}  // namespace icpd::sim
