#include "node/cli_canister.hpp"
#include "node/cli_identity.hpp"
#include "node/cli_trace.hpp"
#include "node/detail/command_tree.hpp"

namespace icpd::node::detail {
namespace {

void add_target(CLI::App& command, TargetOptions& options) {
  command.add_option("--network", options.network,
                     "URL or directory [ICPD_NETWORK, or the nearest .icpd/local]");
  command.add_option("--identity", options.identity, "Who signs [icpd identity use]");
}

void add_canister(CLI::App& command, CanisterOptions& options) {
  command.add_option("CANISTER", options.canister, "Its name or id")->required();
  add_target(command, options.target);
}

void add_argument(CLI::App& command, CanisterOptions& options) {
  command.add_option("--arg", options.arg, "The argument as Candid text, '(1, \"a\")' [()]");
  command.add_option("--arg-hex", options.arg_hex,
                     "The argument as a Candid message in hexadecimal");
  command.add_option("--arg-file", options.arg_file, "A file with the argument in binary Candid");
}

void add_method(CLI::App& command, CanisterOptions& options) {
  add_canister(command, options);
  command.add_option("METHOD", options.method, "Which method")->required();
  command.add_option("ARGUMENT", options.arg, "The same as --arg");
  add_argument(command, options);
  command.add_flag("--hex", options.hex, "Print the answer in hexadecimal");
}

void add_install(CLI::App& command, InstallOptions& options) {
  add_canister(command, options.canister);
  command.add_option("--wasm", options.wasm, "The module, gzipped or not")->required();
  add_argument(command, options.canister);
  command.add_option("--mode", options.mode, "auto, install, reinstall or upgrade [auto]");
  command.add_flag("--yes", options.yes, "Don't ask before data is dropped or clients are broken");
}

void add_code_commands(CommandTree& tree, CLI::App& canister) {
  add_command<InstallOptions>(
      tree, canister, "deploy", "Make a canister if there is none of that name, and install code",
      "  icpd canister deploy counter --wasm counter.wasm\n"
      "  icpd canister deploy ledger --wasm ledger.wasm --arg '(record { owner = \"me\" })'\n"
      "  icpd canister deploy counter --wasm counter.wasm --mode reinstall --yes\n",
      add_install, deploy_canister);
  add_command<InstallOptions>(tree, canister, "install", "Install code into a canister", "",
                              add_install, install_canister);
  add_command<CyclesOptions>(
      tree, canister, "create", "Make an empty canister",
      "  icpd canister create counter --cycles 10_000_000_000_000\n",
      [](CLI::App& command, CyclesOptions& options) {
        command.add_option("NAME", options.canister.canister, "What to call it");
        command.add_option("--cycles", options.amount, "Cycles that it begins with");
        add_target(command, options.canister.target);
      },
      create_canister);
}

void add_call_commands(CommandTree& tree, CLI::App& canister) {
  add_command<CanisterOptions>(
      tree, canister, "call", "Call a method that may change the canister",
      "  icpd canister call counter increment --trace\n"
      "  icpd canister call counter add '(5)'\n"
      "  icpd canister call counter add --arg-hex 4449444c000178050000000000000000\n"
      "\nThe argument gets its types from the interface that the canister states; without one, "
      "write\n"
      "them: '(5 : nat64)'.\n",
      [](CLI::App& command, CanisterOptions& options) {
        add_method(command, options);
        command.add_flag("--trace", options.trace, "Show its way through the four layers");
      },
      call_canister);
  add_command<CanisterOptions>(tree, canister, "query", "Ask without changing anything",
                               "  icpd canister query counter get\n", add_method, query_canister);
}

void add_look_commands(CommandTree& tree, CLI::App& canister) {
  const auto add_json = [](CLI::App& command, CanisterOptions& options) {
    add_target(command, options.target);
    command.add_flag("--json", options.json, "For programs");
  };
  add_command<CanisterOptions>(tree, canister, "list", "Names and ids of the network's canisters",
                               "", add_json, list_canisters);
  add_command<CanisterOptions>(tree, canister, "info", "What anyone may see, certified", "",
                               add_canister, show_canister_info);
  add_command<CanisterOptions>(tree, canister, "status", "What its controllers may see", "",
                               add_canister, show_canister_status);
  add_command<CanisterOptions>(tree, canister, "logs", "What it printed, and why it trapped", "",
                               add_canister, show_canister_logs);
}

void add_change_commands(CommandTree& tree, CLI::App& canister) {
  add_command<SettingsOptions>(
      tree, canister, "settings", "Change who controls it and what it may use",
      "  icpd canister settings counter --freezing-threshold 2592000\n",
      [](CLI::App& command, SettingsOptions& options) {
        add_canister(command, options.canister);
        command.add_option("--controller", options.controllers,
                           "A principal; all controllers are replaced by those given");
        command.add_option("--compute-allocation", options.compute_allocation, "Percent");
        command.add_option("--memory-allocation", options.memory_allocation, "Bytes");
        command.add_option("--freezing-threshold", options.freezing_threshold, "Seconds");
        command.require_option(2, 0);
      },
      change_settings);
  add_command<CyclesOptions>(
      tree, canister, "top-up", "Give it cycles out of nothing (local networks)",
      "  icpd canister top-up counter 1_000_000_000_000\n",
      [](CLI::App& command, CyclesOptions& options) {
        add_canister(command, options.canister);
        command.add_option("AMOUNT", options.amount, "Cycles")->required();
      },
      top_up_canister);
  add_command<CanisterOptions>(tree, canister, "start", "Let it take calls", "", add_canister,
                               start_canister);
  add_command<CanisterOptions>(tree, canister, "stop", "Let it take no more calls", "",
                               add_canister, stop_canister);
  add_command<DeleteOptions>(
      tree, canister, "delete", "Remove a stopped canister for good", "",
      [](CLI::App& command, DeleteOptions& options) {
        add_canister(command, options.canister);
        command.add_flag("--yes", options.yes, "Don't ask");
      },
      delete_canister);
}

void add_identities(CommandTree& tree) {
  CLI::App* identity =
      tree.app.add_subcommand("identity", "Keys that sign requests: Ed25519 and secp256k1");
  identity->require_subcommand(1);
  const auto named = [](CLI::App& command, IdentityOptions& options) {
    command.add_option("NAME", options.name, "Its name")->required();
  };
  const auto maybe_named = [](CLI::App& command, IdentityOptions& options) {
    command.add_option("NAME", options.name, "Its name [the one in use]");
  };
  add_command<IdentityOptions>(
      tree, *identity, "new", "Make a key", "  icpd identity new alice --kind secp256k1\n",
      [named](CLI::App& command, IdentityOptions& options) {
        named(command, options);
        command.add_option("--kind", options.kind, "ed25519 or secp256k1 [ed25519]")
            ->check(CLI::IsMember({"ed25519", "secp256k1"}));
      },
      new_identity);
  add_command<IdentityOptions>(
      tree, *identity, "list", "Names and principals; a star marks the one in use", "",
      [](CLI::App&, IdentityOptions&) {}, list_identities);
  add_command<IdentityOptions>(tree, *identity, "use", "Sign with this one from here on", "", named,
                               use_identity);
  add_command<IdentityOptions>(
      tree, *identity, "import", "Read a PEM file as icp and dfx export it",
      "  icpd identity import alice alice.pem\n",
      [named](CLI::App& command, IdentityOptions& options) {
        named(command, options);
        command.add_option("FILE", options.file, "The PEM file")->required();
      },
      import_identity);
  add_command<IdentityOptions>(tree, *identity, "export", "Print the secret key as PEM",
                               "  icpd identity export alice > alice.pem\n", maybe_named,
                               export_identity);
  add_command<IdentityOptions>(tree, *identity, "principal", "Print the principal", "", maybe_named,
                               show_principal);
}

}  // namespace

void add_client_commands(CommandTree& tree) {
  CLI::App* canister =
      tree.app.add_subcommand("canister", "Make, install, call and manage canisters");
  canister->require_subcommand(1);
  canister->footer(
      "\nExamples:\n"
      "  icpd canister deploy counter --wasm counter.wasm\n"
      "  icpd canister call counter increment\n"
      "  icpd canister query counter get\n");
  add_code_commands(tree, *canister);
  add_call_commands(tree, *canister);
  add_look_commands(tree, *canister);
  add_change_commands(tree, *canister);
  add_identities(tree);
  add_command<TraceOptions>(
      tree, tree.app, "trace", "Show a call's way through the four layers",
      "  icpd trace 5f0c... --json\n",
      [](CLI::App& command, TraceOptions& options) {
        command.add_option("REQUEST", options.request, "Its request id, in hexadecimal")
            ->required();
        command.add_option("--network", options.target.network,
                           "URL or directory [ICPD_NETWORK, or the nearest .icpd/local]");
        command.add_flag("--json", options.json, "For programs");
      },
      show_trace);
}

}  // namespace icpd::node::detail
