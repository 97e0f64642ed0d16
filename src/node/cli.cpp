#include "node/cli.hpp"

#include <algorithm>
#include <array>

#include "node/cli_sim.hpp"
#include "node/cli_text.hpp"
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
    "icpd COMMAND --help says more about a command, icpd --version what this program is.";

/// What of a mistyped word is shown.
constexpr std::size_t kEchoMax = 48;

void add_simulator(CommandTree& tree) {
  add_command<SimOptions>(
      tree, tree.app, "sim", "Run whole networks in virtual time, with faults, from a seed",
      "  icpd sim --seed 42\n"
      "  icpd sim --seed 42 --nodes 13 --byzantine 4 --trace run.txt\n"
      "  icpd sim --seeds 1..100 --nodes 7 --byzantine 2 --json > runs.jsonl\n"
      "\nThe same seed and options give the same run. Status 0 if every seed holds.\n",
      [](CLI::App& command, SimOptions& options) {
        detail::add_number(command, "--seed", options.seed, "One run");
        command.add_option("--seeds", options.seeds, "Several, one after the other: A..B, with B");
        detail::add_number(command, "--nodes", options.nodes, "Nodes of the subnet [4]");
        detail::add_number(command, "--byzantine", options.byzantine,
                           "How many of them are faulty on purpose, at most a third [0]");
        detail::add_number(command, "--heights", options.heights,
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

struct MissingCommand {
  std::string_view name;
  std::string_view would;
};
/// Commands that people look for and this version doesn't have.
constexpr std::array<MissingCommand, 4> kMissingCommands = {{
    {"net", "change the members of a network"},
    {"gateway", "serve canisters to browsers"},
    {"pocket-ic", "be a test server for PocketIC"},
    {"state", "look into a node's stored state"},
}};

CommandResult check_missing(const std::string& word) {
  const auto found = std::ranges::find(kMissingCommands, word, &MissingCommand::name);
  if (found == kMissingCommands.end()) return {};
  return usage_error("'icpd " + word + "' isn't there yet: it would " + std::string(found->would) +
                     ".\nSee 'icpd --help'.");
}

/// CLI11 takes an unknown command for a stray argument; who mistyped one wants to hear its name.
CommandResult check_command_words(const CLI::App& app, std::span<const std::string> arguments) {
  const CLI::App* level = &app;
  std::string path = "icpd";
  for (const std::string& word : arguments) {
    const auto names = names_of_commands(*level);
    if (names.empty() || word.starts_with("-")) return {};
    if (std::ranges::find(names, word) == names.end()) {
      if (level == &app) TRY(check_missing(word));
      const std::string nearest = nearest_word(word, names);
      return usage_error("no command '" + path + " " + brief(word, kEchoMax) + "'." +
                         (nearest.empty() ? "" : " Did you mean '" + path + " " + nearest + "'?") +
                         "\nSee '" + path + " --help'.");
    }
    level = level->get_subcommand(word);
    path += " " + word;
  }
  return {};
}

/// The command that was chosen so far, and what is typed before its name.
struct ChosenCommand {
  const CLI::App* command;
  std::string before;

  [[nodiscard]] std::string path() const {
    return before + (before.empty() ? "" : " ") + command->get_name();
  }
};

ChosenCommand chosen_in(const CLI::App& app) {
  ChosenCommand chosen{&app, ""};
  while (!chosen.command->get_subcommands().empty())
    chosen = {chosen.command->get_subcommands().front(), chosen.path()};
  return chosen;
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
    const ChosenCommand help = chosen_in(tree.app);
    tree.chosen = [&tree, text = help.command->help(help.before)]() -> CommandResult {
      tree.console.out(text);
      return {};
    };
  } catch (const CLI::ParseError& error) {
    return usage_error(in_words(error.what()) + "\nSee '" + chosen_in(tree.app).path() +
                       " --help'.");
  }
  return {};
}

/// "icpd help local" is "icpd local --help", and "icpd --version" is "icpd version".
std::vector<std::string> without_synonyms(std::span<const std::string> arguments) {
  std::vector<std::string> words(arguments.begin(), arguments.end());
  if (words.front() == "help") {
    words.erase(words.begin());
    words.emplace_back("--help");
  } else if (words.front() == "--version" || words.front() == "-v" || words.front() == "-V") {
    words.front() = "version";
  }
  return words;
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
  const CommandResult result = run(tree, without_synonyms(arguments));
  if (result.ok()) return 0;
  // A canister's or a server's words may be in it.
  if (!result.error().message.empty()) console.remark("icpd: " + printable(result.error().message));
  return result.error().status;
}

}  // namespace icpd::node
