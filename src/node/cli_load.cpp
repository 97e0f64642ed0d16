#include "node/detail/command_tree.hpp"
#include "node/load.hpp"

namespace icpd::node::detail {
namespace {

template <typename Options>
void add_common(CLI::App& command, Options& options) {
  command.add_option("--network", options.target.network,
                     "URL or directory [ICPD_NETWORK, or the nearest .icpd/local]");
  command.add_flag("--json", options.json, "For programs");
}

template <typename Options>
void add_size(CLI::App& command, Options& options) {
  add_whole_number(
      command, "--size", {0, 1'000'000}, "Bytes of each argument [250]",
      [&options](codec::Uint128 size) { options.argument_size = static_cast<std::size_t>(size); });
}

}  // namespace

void add_load_commands(CommandTree& tree) {
  CLI::App* load = tree.app.add_subcommand("load", "Measure how fast a network takes calls");
  load->require_subcommand(1);
  load->footer(
      "\nExamples:\n"
      "  icpd load latency --calls 500\n"
      "  icpd load throughput --seconds 25 --outstanding 1000\n"
      "\nEach makes a canister of its own, a counter, and counts what is certified.");
  add_command<LatencyOptions>(
      tree, *load, "latency", "One call after the other, each until its certificate is verified",
      "  icpd load latency --json\n",
      [](CLI::App& command, LatencyOptions& options) {
        add_common(command, options);
        add_size(command, options);
        command.add_option("--identity", options.target.identity, "Who signs [icpd identity use]");
        add_number(command, "--calls", options.calls, "How many [200]");
      },
      measure_latency);
  add_command<ThroughputOptions>(
      tree, *load, "throughput", "Many calls to all nodes, counted by a certified counter",
      "  icpd load throughput --outstanding 2000\n"
      "  icpd load throughput --rate 1000 --senders 100 --calls v4\n",
      [](CLI::App& command, ThroughputOptions& options) {
        add_common(command, options);
        add_size(command, options);
        add_number(command, "--seconds", options.seconds, "How long is counted [25]");
        add_number(command, "--warm-up", options.warm_up_seconds, "Seconds of load before [5]");
        add_number(command, "--outstanding", options.outstanding,
                   "Calls sent and not yet certified, at most [1000]");
        add_number(command, "--rate", options.rate, "Calls a second, at most [no limit]");
        add_number(command, "--connections", options.connections,
                   "To each node, unless all calls wait for certificates [8]");
        add_number(command, "--senders", options.senders,
                   "Ed25519 identities that sign in turn [0: anonymous]");
        command
            .add_option("--calls", options.api_version,
                        "v4: each waits for its certificate; v2: for being accepted [v2]")
            ->transform(
                CLI::CheckedTransformer(std::map<std::string, std::size_t>{{"v2", 2}, {"v4", 4}}));
      },
      measure_throughput);
  add_command<LagOptions>(
      tree, *load, "lag", "How far certified time is behind the clock",
      "  icpd load lag --seconds 10\n",
      [](CLI::App& command, LagOptions& options) {
        add_common(command, options);
        add_number(command, "--seconds", options.seconds, "How long to look [60]");
      },
      measure_lag);
}

}  // namespace icpd::node::detail
