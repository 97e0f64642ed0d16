#include "node/local_network.hpp"

#include <csignal>
#include <filesystem>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <thread>

#include "io/linux/system.hpp"
#include "node/local_ports.hpp"

namespace icpd::node {
namespace {

namespace fs = std::filesystem;

/// A network whose nodes are processes that never answer, and the commands it is given.
class LocalNetworkTest : public testing::Test {
 protected:
  LocalNetworkTest() {
    std::string pattern = (fs::temp_directory_path() / "icpd-network-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  ~LocalNetworkTest() override { fs::remove_all(directory_); }

  LocalNode node(const std::string& program, std::vector<std::string> arguments) {
    return {.command = {program, std::move(arguments), directory_ + "/log"},
            .api_port = ports_[0],
            .id = "id"};
  }
  LocalNode sleeper() { return node("/bin/sleep", {"1000"}); }

  /// Runs the network, `commands` against it from another thread, and then stops it.
  template <typename F>
  Status<> run(std::vector<LocalNode> nodes, F commands) {
    std::optional<LocalNetwork> network(std::in_place,
                                        LocalNetwork::Parts{directory_, std::move(nodes), ports_[1],
                                                            listen_on_loopback(ports_[1]).value()},
                                        clock_, console_, LocalEvents{});
    std::thread other([&] {
      while (!ask_parent(directory_, "status").ok())
        std::this_thread::yield();
      commands();
      EXPECT_TRUE(stop_parent(directory_).ok());
    });
    auto result = network->run();
    network.reset();
    other.join();
    return result;
  }
  std::string ask(const std::string& command) {
    const auto answer = ask_parent(directory_, command);
    return answer.ok() ? *answer : "error: " + answer.error().message;
  }
  nlohmann::json node_status(std::size_t node) {
    return nlohmann::json::parse(ask("status"))["nodes"][node];
  }

  std::string directory_;
  io::linux::SystemClock clock_;
  io::linux::SystemEntropy entropy_;
  std::vector<std::uint16_t> ports_ = choose_free_ports(entropy_, 2).value();
  Console console_{[](std::string_view) {}, [](std::string_view) {}, {}};
};

TEST_F(LocalNetworkTest, a_killed_node_stays_dead_until_it_is_started) {
  const auto result = run({sleeper(), sleeper(), sleeper(), sleeper()}, [&] {
    const int pid = node_status(3)["pid"];
    EXPECT_GT(pid, 0);
    EXPECT_TRUE(ask("node 3 kill").starts_with("node 3 was killed"));
    EXPECT_NE(::kill(pid, 0), 0) << "the process is gone";
    EXPECT_EQ(node_status(3)["state"], "dead");
    EXPECT_EQ(ask("node 3 kill"), "error: node 3: it is dead already");
    EXPECT_EQ(ask("node 3 start"), "node 3 starts");
    EXPECT_EQ(node_status(3)["state"], "starting");
    EXPECT_NE(node_status(3)["pid"], pid);
  });
  EXPECT_TRUE(result.ok()) << result.error().message;
}

TEST_F(LocalNetworkTest, a_paused_node_goes_on_when_it_is_started) {
  const auto result = run({sleeper()}, [&] {
    const int pid = node_status(0)["pid"];
    EXPECT_TRUE(ask("node 0 pause").starts_with("node 0 is paused"));
    EXPECT_EQ(node_status(0)["state"], "paused");
    EXPECT_EQ(ask("node 0 start"), "node 0 goes on");
    EXPECT_EQ(node_status(0)["pid"], pid);
    EXPECT_EQ(ask("node 0 start"), "error: node 0: it runs already");
  });
  EXPECT_TRUE(result.ok()) << result.error().message;
}

TEST_F(LocalNetworkTest, stops_nodes_that_are_paused) {
  const auto result = run({sleeper()}, [&] { (void)ask("node 0 pause"); });
  EXPECT_TRUE(result.ok()) << result.error().message;
}

TEST_F(LocalNetworkTest, refuses_wrong_commands_by_name) {
  const auto result = run({sleeper()}, [&] {
    EXPECT_EQ(ask("node 7 kill"), "error: no node '7': this network has nodes 0 to 0");
    EXPECT_EQ(ask("node x kill"), "error: no node 'x': this network has nodes 0 to 0");
    EXPECT_EQ(ask("node 0 eat"), "error: no action 'eat': it is one of kill, pause, start");
    EXPECT_EQ(ask("dance"), "error: unknown command 'dance'");
  });
  EXPECT_TRUE(result.ok()) << result.error().message;
}

TEST_F(LocalNetworkTest, says_which_node_ended_before_the_network_answered) {
  LocalNetwork network(
      {directory_, {node("/bin/false", {})}, ports_[1], listen_on_loopback(ports_[1]).value()},
      clock_, console_, {});
  const auto result = network.run();
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message.find("\n  node 0 ended with status 1"), std::string::npos)
      << result.error().message;
}

TEST_F(LocalNetworkTest, passes_on_the_last_words_of_a_node_that_ended) {
  LocalNetwork network({directory_,
                        {node("/bin/sh", {"-c", "echo hello; echo the disk is full >&2; exit 1"})},
                        ports_[1],
                        listen_on_loopback(ports_[1]).value()},
                       clock_, console_, {});
  const auto result = network.run();
  ASSERT_FALSE(result.ok());
  EXPECT_TRUE(result.error().message.starts_with(
      "too few nodes are left for the network to answer:\n"
      "  node 0 ended with status 1: the disk is full\n    its log: "))
      << result.error().message;
}

TEST_F(LocalNetworkTest, nobody_answers_where_no_network_runs) {
  EXPECT_TRUE(ask("status").starts_with("error: no network runs in "));
}

}  // namespace
}  // namespace icpd::node
