#include "node/detail/command_tree.hpp"
#include "node/local.hpp"
#include "node/node_setup.hpp"
#include "node/prep.hpp"

namespace icpd::node::detail {
namespace {

void add_directory(CLI::App& command, LocalOptions& options) {
  command.add_option("--dir", options.directory,
                     "Its directory; else .icpd/local beside the nearest icp.yaml, dfx.json "
                     "or .git");
}

/// For commands about a network that is there.
void add_place(CLI::App& command, LocalOptions& options) {
  command.add_option("--dir,--network", options.directory,
                     "Its directory [ICPD_NETWORK, or the nearest .icpd/local]");
}

void add_local(CommandTree& tree) {
  CLI::App* local = add_command<LocalOptions>(
      tree, tree.app, "local", "Run a local Internet Computer, each node its own process",
      "  icpd local                             four nodes, until Ctrl-C\n"
      "  icpd local --nodes 7 --dir /tmp/seven  another network beside it\n"
      "  icpd local --background                return once it answers\n"
      "  icpd local node 3 kill                 as a power cut; start brings it back\n"
      "  icpd local stop\n",
      [](CLI::App& command, LocalOptions& options) {
        add_directory(command, options);
        add_whole_number(command, "--nodes", {1, kLocalNodesMax}, "How many, when it is made [4]",
                         [&](codec::Uint128 count) { options.nodes = static_cast<int>(count); });
        add_number(command, "--port", options.port,
                   "The port for clients [8000, or the next free one]", 1);
        command.add_option("--ready-file", options.ready_file,
                           "Also write ready.json here once the network answers");
        command.add_flag("--background", options.background, "Return once the network answers");
        command.add_flag("--clean", options.clean, "Delete the network there and start anew");
      },
      [&tree](LocalOptions options, const Console& console) {
        options.program = tree.engines.program;
        return run_local(options, console);
      });
  local->require_subcommand(0, 1);
  add_command<LocalOptions>(
      tree, *local, "status", "Show the nodes of the running network",
      "  icpd local status --json\n",
      [](CLI::App& command, LocalOptions& options) {
        add_place(command, options);
        command.add_flag("--json", options.json, "For programs");
      },
      show_local_status);
  add_command<LocalOptions>(tree, *local, "stop", "Stop the running network",
                            "  icpd local stop\n"
                            "  icpd local stop --dir /tmp/seven\n",
                            add_place, stop_local);
  add_command<LocalLogsOptions>(
      tree, *local, "logs", "Show the last lines that the nodes wrote",
      "  icpd local logs --node 3 --lines 100\n",
      [](CLI::App& command, LocalLogsOptions& options) {
        add_place(command, options.local);
        add_number(command, "--node", options.node, "Only this node");
        add_number(command, "--lines", options.lines, "How many lines of each [20]");
      },
      show_local_logs);
  add_command<LocalNodeOptions>(
      tree, *local, "node", "Kill, pause or start one node",
      "  icpd local node 3 kill     ends at once, as by a power cut\n"
      "  icpd local node 2 pause    is there but doesn't answer\n"
      "  icpd local node 3 start    brings either back\n",
      [](CLI::App& command, LocalNodeOptions& options) {
        add_place(command, options.local);
        add_number(command, "NUMBER", options.number, "0 for the first")->required();
        command.add_option("ACTION", options.action, "kill, pause or start")
            ->required()
            ->check(CLI::IsMember({"kill", "pause", "start"}));
      },
      command_local_node);
}

struct NodeCommandOptions {
  NodeOptions node;
  bool check_config = false;
};

CommandResult check_config(const NodeOptions& options, const Console& console) {
  const auto setup = load_node_setup(options.directory);
  if (!setup.ok()) {
    console.remark(text_of(setup.error()));
    return Err(CommandFailure("the node in " + options.directory + " can't start like this"));
  }
  console.line("The node in " + options.directory + " can start: " + setup->keys.id().text());
  return {};
}

CommandResult run_one_node(const Engines& engines, const NodeCommandOptions& options,
                           const Console& console) {
  if (options.check_config) return check_config(options.node, console);
  const int status = engines.node(options.node);
  if (status == 0) return {};
  return Err(CommandFailure("", status));
}

}  // namespace

void add_network_commands(CommandTree& tree) {
  if (tree.engines.node != nullptr) {
    add_local(tree);
    add_command<NodeCommandOptions>(
        tree, tree.app, "node", "Run one node",
        "  icpd node --dir network/nodes/0 --check-config\n"
        "  icpd node --dir network/nodes/0\n"
        "  icpd node --dir network/nodes/0 --pages 127.0.0.1:9090   metrics for this machine "
        "only\n",
        [](CLI::App& command, NodeCommandOptions& options) {
          command.add_option("--dir", options.node.directory, "What icpd prep made for this node")
              ->required();
          command.add_flag("--check-config", options.check_config,
                           "Only say what is wrong with the files there: file, line and key");
          command.add_option("--pages", options.node.pages_address,
                             "HOST:PORT for metrics, dashboard and traces [with the public API]");
          command.add_option("--code", options.node.code_directory,
                             "Where compiled modules are kept, also for other nodes of this user "
                             "on this machine [DIR/code]");
          command.add_flag("--canister-output", options.node.canister_output,
                           "Write debug prints and traps of canisters to standard output, a line "
                           "of JSON each");
          command.add_option("--names", options.node.names_directory,
                             "A directory with canisters.json: names for the dashboard");
        },
        [&tree](const NodeCommandOptions& options, const Console& console) {
          return run_one_node(tree.engines, options, console);
        });
  }
  add_command<PrepOptions>(
      tree, tree.app, "prep", "Lay out a network for several machines",
      "  icpd prep --dir network --node 10.0.0.1:4100,10.0.0.1:8080 \\\n"
      "                          --node 10.0.0.2:4100,10.0.0.2:8080\n"
      "\nAll keys are dealt on this machine, so the network is not for real use.\n",
      [](CLI::App& command, PrepOptions& options) {
        command.add_option("--dir", options.directory, "A new directory")->required();
        command
            .add_option("--node", options.nodes,
                        "Addresses for other nodes and for clients: HOST:PORT,HOST:PORT")
            ->required();
        command.add_option("--type", options.subnet_type,
                           "application, system or verified_application [application]");
        command.add_option("--admin", options.admins,
                           "A principal that may create and manage canisters; may be repeated");
      },
      prepare_network);
}

}  // namespace icpd::node::detail
