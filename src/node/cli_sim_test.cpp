#include "node/cli_sim.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>

#include "node/test_cli.hpp"

namespace icpd::node {
namespace {

namespace fs = std::filesystem;

using testing::Ran;
using testing::says;

Ran sim(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "sim");
  return testing::run_cli(arguments);
}

struct WrongUse {
  std::vector<std::string> arguments;
  std::string_view says;
};

TEST(SimCommand, wrong_use_ends_with_2_and_says_what_is_wrong) {
  const std::vector<WrongUse> cases = {
      {{}, "--seed 1"},
      {{"--seed", "x"}, "--seed"},
      {{"--seed", "-1"}, "--seed"},
      {{"--seed", "1", "--seeds", "1..2"}, "exclude"},
      {{"--seeds", "5"}, "1..100"},
      {{"--seeds", "5.."}, "1..100"},
      {{"--seeds", "..5"}, "1..100"},
      {{"--seeds", "5..4"}, "1..100"},
      {{"--seeds", "1...4"}, "1..100"},
      {{"--seeds", "0..1000000"}, "more than 1000000"},
      {{"--seed", "1", "--nodes", "0"}, "--nodes"},
      {{"--seed", "1", "--nodes", "41"}, "--nodes"},
      {{"--seed", "1", "--nodes", "4", "--byzantine", "2"}, "at most 1"},
      {{"--seed", "1", "--heights", "0"}, "--heights"},
      {{"--seeds", "1..2", "--trace", "file"}, "--trace"},
      {{"--seed", "1", "word"}, "word"},
  };
  for (const WrongUse& wrong : cases) {
    const Ran ran = sim(wrong.arguments);
    EXPECT_EQ(ran.status, 2) << ran.note;
    EXPECT_TRUE(says(ran.note, wrong.says)) << ran.note;
    EXPECT_EQ(ran.out, "");
  }
}

TEST(SimCommand, a_trace_that_cannot_be_written_fails_before_anything_runs) {
  const Ran ran = sim({"--seed", "1", "--trace", "/nowhere/at/all"});
  EXPECT_EQ(ran.status, 1);
  EXPECT_TRUE(says(ran.note, "/nowhere/at/all")) << ran.note;
  EXPECT_EQ(ran.out, "");
}

TEST(SimCommand, reports_each_seed_as_an_object_and_writes_what_happened) {
  const fs::path trace = fs::path(::testing::TempDir()) / "icpd-sim-trace";
  const std::vector<std::string> one = {"--seed", "7",      "--nodes", "4",           "--heights",
                                        "20",     "--json", "--trace", trace.string()};
  const Ran ran = sim(one);
  ASSERT_EQ(ran.status, 0) << ran.out << ran.note;
  const auto report = nlohmann::json::parse(ran.out);
  EXPECT_EQ(report["seed"], 7);
  EXPECT_EQ(report["nodes"], 4);
  EXPECT_EQ(report["ok"], true);
  EXPECT_GE(report["heights_after_first_fault"], 20);
  EXPECT_TRUE(report["failures"].empty());
  EXPECT_GE(report["faults"].size(), 3u);
  std::ifstream file(trace);
  std::stringstream text;
  text << file.rdbuf();
  for (const auto& [kind, count] : report["faults"].items())
    EXPECT_TRUE(says(text.str(), "fault " + kind)) << kind;
  EXPECT_TRUE(says(text.str(), "executed"));
  fs::remove(trace);

  const Ran both = sim({"--seeds", "7..8", "--nodes", "4", "--heights", "20"});
  EXPECT_EQ(both.status, 0) << both.out;
  EXPECT_TRUE(says(both.out, "seed 7,") && says(both.out, "seed 8,")) << both.out;
  EXPECT_TRUE(says(both.out, "all 2 seeds hold")) << both.out;
}

}  // namespace
}  // namespace icpd::node
