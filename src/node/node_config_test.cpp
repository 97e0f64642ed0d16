// One row for each thing that can be wrong with a node.toml.
#include "node/node_config.hpp"

#include <gtest/gtest.h>

namespace icpd::node {
namespace {

const std::string kGood =
    "format = 1\n"
    "[links]\n"
    "listen = \"10.0.0.1:4100\"\n"
    "[api]\n"
    "listen = \"[::1]:8080\"\n";

std::string problems_of(const std::string& text) {
  const auto config = parse_node_config(text, "D/node.toml");
  if (config.ok()) return "";
  std::string all;
  for (const ConfigProblem& problem : config.error())
    all += (all.empty() ? "" : "\n") + problem.text();
  return all;
}

TEST(NodeConfig, required_keys_are_enough) {
  const auto config = parse_node_config(kGood, "D/node.toml");
  ASSERT_TRUE(config.ok());
  NodeConfig expected;
  expected.links_listen = {"10.0.0.1", 4100};
  expected.api_listen = {"::1", 8080};
  EXPECT_EQ(*config, expected);
}

TEST(NodeConfig, every_key_is_taken) {
  const auto config = parse_node_config(
      kGood +
          "connections_max = 10\nconnections_per_address_max = 3\nrequests_per_second = 5\n"
          "requests_burst = 7\n[execution]\nthreads = 2\n",
      "D/node.toml");
  ASSERT_TRUE(config.ok());
  NodeConfig expected;
  expected.links_listen = {"10.0.0.1", 4100};
  expected.api_listen = {"::1", 8080};
  expected.api_connections_max = 10;
  expected.api_connections_per_address_max = 3;
  expected.api_requests_per_second = 5;
  expected.api_requests_burst = 7;
  expected.execution_threads = 2;
  EXPECT_EQ(*config, expected);
}

TEST(NodeConfig, a_rate_without_a_burst_is_its_own_burst) {
  const auto config = parse_node_config(kGood + "requests_per_second = 5\n", "D/node.toml");
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->api_requests_burst, 5u);
}

TEST(NodeConfig, what_is_written_for_a_new_node_is_read_with_the_defaults) {
  const auto config = parse_node_config(node_config_text("a:1", "b:2"), "D/node.toml");
  ASSERT_TRUE(config.ok());
  NodeConfig expected;
  expected.links_listen = {"a", 1};
  expected.api_listen = {"b", 2};
  EXPECT_EQ(*config, expected);
}

TEST(NodeConfig, problems_name_file_line_and_key) {
  struct Row {
    const char* what;
    std::string text;
    std::string problem;
  };
  const Row rows[] = {
      {"unknown key", kGood + "colour = 3\n", "D/node.toml:6: api.colour: unknown key"},
      {"mistyped key", kGood + "conections_max = 3\n",
       "D/node.toml:6: api.conections_max: unknown key; did you mean 'connections_max'?"},
      {"unknown table", kGood + "[disk]\nsize = 3\n", "D/node.toml:6: disk: unknown key"},
      {"known key in another table", kGood + "[execution]\nlisten = \"a:1\"\n",
       "D/node.toml:7: execution.listen: unknown key"},
      {"missing key", "format = 1\n[links]\nlisten = \"a:1\"\n[api]\n",
       "D/node.toml:4: api.listen: is missing"},
      {"missing table", "format = 1\n[links]\nlisten = \"a:1\"\n",
       "D/node.toml: api.listen: is missing"},
      {"number for a string", "format = 1\n[links]\nlisten = 4100\n[api]\nlisten = \"a:1\"\n",
       "D/node.toml:3: links.listen: must be a string \"HOST:PORT\", not integer"},
      {"string for a number", kGood + "connections_max = \"many\"\n",
       "D/node.toml:6: api.connections_max: must be an integer, not string"},
      {"float for a number", kGood + "connections_max = 1.5\n",
       "D/node.toml:6: api.connections_max: must be an integer, not float"},
      {"value for a table", "format = 1\nlinks = 3\n[api]\nlisten = \"a:1\"\n",
       "D/node.toml:2: links: must be a table: [links]"},
      {"address without a port", "format = 1\n[links]\nlisten = \"a\"\n[api]\nlisten = \"a:1\"\n",
       "D/node.toml:3: links.listen: 'a' isn't HOST:PORT"},
      {"port out of range", "format = 1\n[links]\nlisten = \"a:65536\"\n[api]\nlisten = \"a:1\"\n",
       "D/node.toml:3: links.listen: 'a:65536' isn't HOST:PORT"},
      {"number out of range", kGood + "connections_max = 0\n",
       "D/node.toml:6: api.connections_max: is 0; it must be between 1 and 100000"},
      {"negative number", kGood + "requests_per_second = -1\n",
       "D/node.toml:6: api.requests_per_second: is -1; it must be between 0 and 1000000"},
      {"one address twice", "format = 1\n[links]\nlisten = \"a:1\"\n[api]\nlisten = \"a:1\"\n",
       "D/node.toml:5: api.listen: is the address of links.listen too"},
      {"burst without a rate", kGood + "requests_burst = 3\n",
       "D/node.toml:6: api.requests_burst: has no meaning without requests_per_second"},
      {"another format", "format = 2\n[links]\nlisten = \"a:1\"\n[api]\nlisten = \"b:1\"\n",
       "D/node.toml:1: format: is 2; this icpd reads format 1"},
      {"no format", "[links]\nlisten = \"a:1\"\n[api]\nlisten = \"b:1\"\n",
       "D/node.toml: format: is missing"},
      {"key twice", "format = 1\nformat = 1\n",
       "D/node.toml:2: value (\"format\") already exists."},
      {"not TOML", "format = 1\n[links\n", "D/node.toml:2: "},
      {"not text", "format = \"\xff\xfe\"\n", "D/node.toml:1: "},
      {"two problems", "format = 1\n[links]\nlisten = 1\n[api]\nlisten = 2\n",
       "D/node.toml:3: links.listen: must be a string \"HOST:PORT\", not integer\n"
       "D/node.toml:5: api.listen: must be a string \"HOST:PORT\", not integer"},
  };
  for (const Row& row : rows) {
    const std::string problems = problems_of(row.text);
    const bool is_prefix = row.problem.ends_with(": ");
    EXPECT_EQ(is_prefix ? problems.substr(0, row.problem.size()) : problems, row.problem)
        << row.what << ": " << problems;
  }
}

TEST(NodeConfig, every_prefix_of_a_file_is_read_or_refused) {
  const std::string text = node_config_text("a:1", "b:2");
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto config = parse_node_config(text.substr(0, size), "D/node.toml");
    if (!config.ok()) {
      EXPECT_FALSE(config.error().empty());
    }
  }
}

TEST(Address, is_a_host_and_a_port) {
  EXPECT_EQ(*parse_address("10.0.0.1:80"), (Address{"10.0.0.1", 80}));
  EXPECT_EQ(*parse_address("[::1]:65535"), (Address{"::1", 65535}));
  EXPECT_EQ(*parse_address("node.example:1"), (Address{"node.example", 1}));
  for (const char* text : {"", ":", "a", "a:", ":1", "a:0", "a:x", "a:65536", "a:-1", "a:1 ",
                           "::1:1", "[]:1", "[a:1", "a]:1", "a b:1", "http://a:1", "a:000001"})
    EXPECT_FALSE(parse_address(text).ok()) << text;
}

}  // namespace
}  // namespace icpd::node
