// How commands are declared: each puts what it does into `chosen` when it was parsed. Parsing comes
// first and runs nothing, so that a wrong option never leaves half a command done.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "node/cli.hpp"

namespace icpd::node::detail {

struct CommandTree {
  CLI::App app;
  const Console& console;
  const Engines& engines;
  std::function<CommandResult()> chosen;
};

/// A command whose options live in `Options`, which `act(options, console)` gets after parsing.
/// `declare(command, options)` adds the options.
template <typename Options, typename Declare, typename Act>
CLI::App* add_command(CommandTree& tree, CLI::App& parent, const std::string& name,
                      const std::string& summary, const std::string& examples, Declare declare,
                      Act act) {
  CLI::App* command = parent.add_subcommand(name, summary);
  auto options = std::make_shared<Options>();
  declare(*command, *options);
  if (!examples.empty()) command->footer("\nExamples:\n" + examples);
  command->callback([&tree, options, act] {
    // A command inside this one was chosen first.
    if (tree.chosen) return;
    tree.chosen = [&tree, options, act] { return act(*options, tree.console); };
  });
  return command;
}

/// identity, canister
void add_client_commands(CommandTree& tree);
/// load
void add_load_commands(CommandTree& tree);
/// local, node, prep
void add_network_commands(CommandTree& tree);

}  // namespace icpd::node::detail
