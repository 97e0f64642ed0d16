// Runs the text scenarios of tests/scenarios/consensus and compares what the nodes do with what
// the files say. A line that begins with '>' is a command, one with '#' a remark, the others are
// output. With ICPD_WRITE_SCENARIOS in the environment the files are written anew.
//
//   > cluster nodes=4 seed=1 interval=499 ingress=1   a cluster; nothing runs yet
//   > start 0 1 2 3        > crash 2                  > faulty 1 equivocate
//   > cut 0 1 / 2 3        > heal                     sides that don't hear each other
//   > show all             > show steps               every message, or only what came of them
//   > watch 1 2            only these nodes; without numbers: all
//   > run 300ms            > until finalized 5        virtual time
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

#include "consensus/detail/test_cluster.hpp"

namespace icpd::consensus::testing {
namespace {

const std::filesystem::path kScenarios =
    std::filesystem::path(ICPD_VECTORS).parent_path() / "scenarios" / "consensus";

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;)
    words.push_back(word);
  return words;
}

class Scenario {
 public:
  [[nodiscard]] std::string run(const std::string& script) {
    std::istringstream in(script);
    for (std::string line; std::getline(in, line);) {
      if (!line.starts_with('>') && !line.starts_with('#') && !line.empty()) continue;
      out_ += line + "\n";
      if (line.starts_with('>')) command(words_of(line.substr(1)));
    }
    return out_;
  }

 private:
  void command(const std::vector<std::string>& words) {
    ensure(!words.empty());
    const std::string& verb = words[0];
    const std::vector<std::string> rest(words.begin() + 1, words.end());
    if (verb == "cluster") return make_cluster(rest);
    if (verb == "start") return each(rest, [&](std::size_t i) { cluster_->start(i); });
    if (verb == "crash") return each(rest, [&](std::size_t i) { cluster_->crash(i); });
    if (verb == "faulty") return make_faulty(rest);
    if (verb == "cut") return cut(rest);
    if (verb == "heal") return cluster_->heal();
    if (verb == "watch") {
      watched_.clear();
      return each(rest, [&](std::size_t i) { watched_.insert(i); });
    }
    if (verb == "show") {
      show_all_ = rest.at(0) == "all";
    } else if (verb == "run") {
      (void)cluster_->run(Duration::milliseconds(std::stoll(rest.at(0))), [] { return false; });
    } else if (verb == "until") {
      const Height height{std::stoull(rest.at(1))};
      const bool reached = cluster_->run(Duration::minutes(10), [&] {
        return rest.at(0) == "finalized" ? cluster_->all_reached(height)
                                         : cluster_->all_made_package(height);
      });
      if (!reached) out_ += "never\n";
    } else {
      out_ += "unknown command\n";
    }
    for (const std::string& failure : cluster_->failures)
      out_ += "FAILURE " + failure + "\n";
    cluster_->failures.clear();
  }

  void make_cluster(const std::vector<std::string>& settings) {
    Cluster::Options options;
    for (const std::string& setting : settings) {
      const std::size_t equals = setting.find('=');
      const std::string name = setting.substr(0, equals);
      const auto value = std::stoull(setting.substr(equals + 1));
      if (name == "nodes") options.nodes = value;
      if (name == "seed") options.seed = value;
      if (name == "interval") options.interval_length = value;
      if (name == "ingress") options.ingress = value != 0;
    }
    cluster_.emplace(options);
    cluster_->observe = [this](std::size_t node, const Action& action) { observe(node, action); };
  }
  static void each(const std::vector<std::string>& numbers,
                   const std::function<void(std::size_t)>& action) {
    for (const std::string& number : numbers)
      action(std::stoull(number));
  }
  void make_faulty(const std::vector<std::string>& words) {
    const std::map<std::string, Fault> faults = {{"equivocate", kEquivocate},
                                                 {"bad_shares", kBadShares},
                                                 {"withhold", kWithhold},
                                                 {"double_sign", kDoubleSign}};
    unsigned fault = kHonest;
    for (std::size_t i = 1; i < words.size(); ++i)
      fault |= faults.at(words[i]);
    cluster_->set_fault(std::stoull(words.at(0)), fault);
  }
  void cut(const std::vector<std::string>& words) {
    std::set<std::size_t> side;
    for (const std::string& word : words) {
      if (word == "/") break;
      side.insert(std::stoull(word));
    }
    cluster_->partition(side);
  }

  // ---- output ----

  /// Blocks are called by height and a letter, in the order in which they are first seen.
  std::string block_name(Height height, const types::BlockHash& hash) {
    auto& names = blocks_[height];
    const auto [known, fresh] = names.emplace(hash, static_cast<char>('a' + names.size()));
    return to_string(height) + known->second;
  }
  std::string describe(const types::Artifact& artifact) {
    std::string text(types::name(types::kind(artifact)));
    if (const auto* a = std::get_if<types::BlockProposal>(&artifact))
      return text + " " + block_name(a->block->height, a->block.hash()) + " rank " +
             to_string(a->block->rank) + (a->block->is_summary() ? " summary" : "");
    const auto block_share = [&](const types::BlockShare& share) {
      return text + " " + block_name(share.height, share.block);
    };
    const auto block_quorum = [&](const types::BlockQuorum& quorum) {
      return text + " " + block_name(quorum.height, quorum.block);
    };
    if (const auto* a = std::get_if<types::NotarizationShare>(&artifact)) return block_share(*a);
    if (const auto* a = std::get_if<types::FinalizationShare>(&artifact)) return block_share(*a);
    if (const auto* a = std::get_if<types::Notarization>(&artifact)) return block_quorum(*a);
    if (const auto* a = std::get_if<types::Finalization>(&artifact)) return block_quorum(*a);
    return text + " " + to_string(types::height(artifact));
  }
  void say(std::size_t node, const std::string& what) {
    const auto ms = (cluster_->now() - Time{}).ns / 1'000'000;
    out_ += std::to_string(ms) + " ms  node " + std::to_string(node) + " " + what + "\n";
  }
  void observe(std::size_t node, const Action& action) {
    if (!watched_.empty() && !watched_.contains(node)) return;
    if (const auto* a = std::get_if<Broadcast>(&action); a != nullptr && show_all_)
      say(node, (a->urgent ? "sends " : "passes on ") + describe(a->artifact->artifact));
    if (const auto* a = std::get_if<Persist>(&action); a != nullptr && show_all_)
      say(node, "persists " + std::to_string(a->artifacts.size()) + " artifacts, has signed " +
                    to_string(a->watermark.block) + "/" + to_string(a->watermark.notarization) +
                    "/" + to_string(a->watermark.finalization));
    if (const auto* a = std::get_if<Notarized>(&action))
      say(node, "has " + block_name(a->block->height, a->block.hash()) + " notarized");
    if (const auto* a = std::get_if<Finalized>(&action))
      say(node, "has " + block_name(a->block->height, a->block.hash()) + " final");
    if (const auto* a = std::get_if<Certified>(&action))
      say(node, "has " + to_string(a->certification.content.height) + " certified");
    if (const auto* a = std::get_if<CatchUpMade>(&action))
      say(node, "has the package of " + to_string(a->package->id.height));
    if (const auto* a = std::get_if<PeerMisbehaved>(&action))
      say(node, "accuses node " + std::to_string(cluster_->index_of(a->peer)) + ": " + a->reason);
    if (const auto* a = std::get_if<WantRange>(&action))
      say(node, "asks node " + std::to_string(cluster_->index_of(a->peer)) +
                    " for the chain from " + to_string(a->from));
    if (const auto* a = std::get_if<Stop>(&action)) say(node, "stops: " + a->reason);
  }

  std::optional<Cluster> cluster_;
  std::map<Height, std::map<types::BlockHash, char>> blocks_;
  bool show_all_ = false;
  std::set<std::size_t> watched_;
  std::string out_;
};

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::stringstream content;
  content << in.rdbuf();
  return content.str();
}

class ConsensusScenario : public ::testing::TestWithParam<std::string> {};

TEST_P(ConsensusScenario, goes_as_written) {
  const std::filesystem::path path = kScenarios / (GetParam() + ".txt");
  const std::string written = read(path);
  ASSERT_FALSE(written.empty()) << path;
  const std::string happened = Scenario().run(written);
  if (std::getenv("ICPD_WRITE_SCENARIOS") != nullptr) {
    std::ofstream(path) << happened;
    return;
  }
  EXPECT_EQ(happened, written);
}

std::vector<std::string> scenarios() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kScenarios))
    names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}
INSTANTIATE_TEST_SUITE_P(Files, ConsensusScenario, ::testing::ValuesIn(scenarios()),
                         [](const auto& scenario) { return scenario.param; });

}  // namespace
}  // namespace icpd::consensus::testing
