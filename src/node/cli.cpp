#include "node/cli.hpp"

#include <algorithm>

#include "node/cli_sim.hpp"
#include "node/cli_version.hpp"
#include "node/cli_wat.hpp"
#include "node/detail/command_tree.hpp"

namespace icpd::node {
namespace {

using detail::add_command;
using detail::CommandTree;

constexpr const char* kDescription =
    "icpd - an Internet Computer of your own: nodes, networks, canisters";
constexpr const char* kExamples =
    "\nExamples:\n"
    "  icpd local                       four nodes on this machine, until Ctrl-C\n"
    "  icpd local status                what they are doing\n"
    "  icpd local node 3 kill           and the network goes on\n"
    "  icpd canister deploy counter --wasm counter.wasm\n"
    "  icpd canister call counter increment\n"
    "\n"
    "icpd COMMAND --help says more about a command.";

void add_simulator(CommandTree& tree) {
  add_command<SimOptions>(
      tree, tree.app, "sim", "Run whole networks in virtual time, with faults, from a seed",
      "  icpd sim --seed 42\n"
      "  icpd sim --seed 42 --nodes 13 --byzantine 4 --trace run.txt\n"
      "  icpd sim --seeds 1..100 --nodes 7 --byzantine 2 --json > runs.jsonl\n"
      "\nThe same seed and options give the same run. Status 0 if every seed holds.\n",
      [](CLI::App& command, SimOptions& options) {
        command.add_option("--seed", options.seed, "One run")->check(CLI::NonNegativeNumber);
        command.add_option("--seeds", options.seeds, "Several, one after the other: A..B, with B");
        command.add_option("--nodes", options.nodes, "Nodes of the subnet [4]");
        command.add_option("--byzantine", options.byzantine,
                           "How many of them are faulty on purpose, at most a third [0]");
        command.add_option("--heights", options.heights,
                           "Heights that a run must reach after its first fault [100]");
        command.add_option("--trace", options.trace, "Write what happens to this file");
        command.add_flag("--json", options.json, "For programs: one object for each seed");
      },
      run_simulations);
}

void add_tools(CommandTree& tree) {
  add_command<WatOptions>(
      tree, tree.app, "wat", "Assemble WebAssembly text", "  icpd wat counter.wat counter.wasm\n",
      [](CLI::App& command, WatOptions& options) {
        command.add_option("INPUT", options.input, "Text of a module")->required();
        command.add_option("OUTPUT", options.output, "File for the module")->required();
      },
      assemble_file);
  add_command<VersionOptions>(
      tree, tree.app, "version", "Say what this program is", "  icpd version --json\n",
      [](CLI::App& command, VersionOptions& options) {
        command.add_flag("--json", options.json, "For programs");
      },
      show_version);
}

std::vector<std::string> names_of_commands(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  return names;
}

/// CLI11 takes an unknown command for a stray argument; who mistyped one wants to hear its name.
CommandResult check_command_words(const CLI::App& app, std::span<const std::string> arguments) {
  const CLI::App* level = &app;
  std::string path = "icpd";
  for (const std::string& word : arguments) {
    const auto names = names_of_commands(*level);
    if (names.empty() || word.starts_with("-")) return {};
    if (std::ranges::find(names, word) == names.end()) {
      const std::string nearest = nearest_word(word, names);
      return usage_error("no command '" + path + " " + word + "'." +
                         (nearest.empty() ? "" : " Did you mean '" + path + " " + nearest + "'?") +
                         "\nSee '" + path + " --help'.");
    }
    level = level->get_subcommand(word);
    path += " " + word;
  }
  return {};
}

std::string path_of(const CLI::App& app) {
  std::string path = "icpd";
  const CLI::App* level = &app;
  while (!level->get_subcommands().empty()) {
    level = level->get_subcommands().front();
    path += " " + level->get_name();
  }
  return path;
}

/// CLI11's "Could not convert: --nodes = x" as a sentence; other texts of it stay.
std::string in_words(const std::string& text) {
  constexpr std::string_view kConvert = "Could not convert: ";
  const std::size_t equals = text.find(" = ");
  if (!text.starts_with(kConvert) || equals == std::string::npos) return text;
  return text.substr(kConvert.size(), equals - kConvert.size()) + " can't be '" +
         text.substr(equals + 3) + "'";
}

CommandResult parse(CommandTree& tree, std::span<const std::string> arguments) {
  TRY(check_command_words(tree.app, arguments));
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    tree.app.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    const CLI::App* level = &tree.app;
    while (!level->get_subcommands().empty())
      level = level->get_subcommands().front();
    tree.chosen = [&tree, text = level->help()]() -> CommandResult {
      tree.console.out(text);
      return {};
    };
  } catch (const CLI::ParseError& error) {
    const std::string path = path_of(tree.app);
    return usage_error(in_words(error.what()) + "\nSee '" + path + " --help'.");
  }
  return {};
}

CommandResult run(CommandTree& tree, std::span<const std::string> arguments) {
  TRY(parse(tree, arguments));
  if (!tree.chosen) return usage_error("no command given.\nSee 'icpd --help'.");
  return tree.chosen();
}

}  // namespace

int run_command_line(std::span<const std::string> arguments, const Console& console,
                     const Engines& engines) {
  CommandTree tree{CLI::App(kDescription, "icpd"), console, engines, {}};
  tree.app.require_subcommand(1);
  tree.app.footer(kExamples);
  tree.app.get_formatter()->column_width(34);
  detail::add_network_commands(tree);
  detail::add_client_commands(tree);
  detail::add_load_commands(tree);
  add_simulator(tree);
  add_tools(tree);
  if (arguments.empty()) {
    console.note(tree.app.help());
    return kExitUsage;
  }
  const CommandResult result = run(tree, arguments);
  if (result.ok()) return 0;
  if (!result.error().message.empty()) console.remark("icpd: " + result.error().message);
  return result.error().status;
}

}  // namespace icpd::node
