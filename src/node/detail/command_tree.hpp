// How commands are declared: each puts what it does into `chosen` when it was parsed. Parsing comes
// first and runs nothing, so that a wrong option never leaves half a command done.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <limits>

#include "codec/leb128.hpp"
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
  // Without one of its own it would show its parent's.
  ensure(!examples.empty());
  command->footer("\nExamples:\n" + examples);
  command->callback([&tree, options, act] {
    // A command inside this one was chosen first.
    if (tree.chosen) return;
    tree.chosen = [&tree, options, act] { return act(*options, tree.console); };
  });
  return command;
}

struct NumberRange {
  codec::Uint128 least = 0;
  codec::Uint128 most = 0;
};

/// An option that takes a whole number of this range, as cli_text.hpp reads one; anything else is
/// wrong usage.
CLI::Option* add_whole_number(CLI::App& command, const std::string& name, NumberRange range,
                              const std::string& description,
                              std::function<void(codec::Uint128)> set);

template <typename Target>
struct NumberIn {
  using Type = Target;
};
template <typename Number>
struct NumberIn<std::optional<Number>> {
  using Type = Number;
};

/// `target` is an unsigned number or an optional one. All that it can hold is in the range.
template <typename Target>
CLI::Option* add_number(CLI::App& command, const std::string& name, Target& target,
                        const std::string& description, codec::Uint128 least = 0) {
  using Number = typename NumberIn<Target>::Type;
  return add_whole_number(command, name, {least, static_cast<Number>(~Number{0})}, description,
                          [&target](codec::Uint128 value) { target = static_cast<Number>(value); });
}

/// identity, canister, trace
void add_client_commands(CommandTree& tree);
/// load
void add_load_commands(CommandTree& tree);
/// local, node, prep
void add_network_commands(CommandTree& tree);

}  // namespace icpd::node::detail
