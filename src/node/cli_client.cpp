#include "node/cli_canister.hpp"
#include "node/cli_identity.hpp"
#include "node/cli_text.hpp"
#include "node/cli_trace.hpp"
#include "node/detail/command_tree.hpp"

namespace icpd::node::detail {
namespace {

void add_target(CLI::App& command, TargetOptions& options) {
  command.add_option("--network", options.network,
                     "URL or directory [ICPD_NETWORK, or the nearest .icpd/local]");
  command.add_option("--identity", options.identity, "Who signs [icpd identity use]");
}

void add_json(CLI::App& command, bool& json) {
  command.add_flag("--json", json, "For programs");
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
  add_json(command, options.json);
}

void add_install(CLI::App& command, InstallOptions& options) {
  add_canister(command, options.canister);
  command.add_option("--wasm", options.wasm, "The module, gzipped or not")->required();
  add_argument(command, options.canister);
  command.add_option("--mode", options.mode, "auto, install, reinstall or upgrade [auto]");
  command.add_flag("--yes", options.yes, "Don't ask before data is dropped or clients are broken");
  add_json(command, options.canister.json);
}

/// The name of a canister that is to be made.
CLI::Option* add_new_name(CLI::App& command, std::string& name) {
  const auto problem = [](const std::string& text) {
    const auto good = check_name(text);
    return good.ok() ? std::string() : good.error().message;
  };
  return command.add_option("NAME", name, "What to call it")->check(CLI::Validator(problem, ""));
}

void add_code_commands(CommandTree& tree, CLI::App& canister) {
  add_command<InstallOptions>(
      tree, canister, "deploy", "Make a canister if there is none of that name, and install code",
      "  icpd canister deploy counter --wasm counter.wasm\n"
      "  icpd canister deploy ledger --wasm ledger.wasm --arg '(record { owner = \"me\" })'\n"
      "  icpd canister deploy counter --wasm counter.wasm --mode reinstall --yes\n",
      add_install, deploy_canister);
  add_command<InstallOptions>(
      tree, canister, "install", "Install code into a canister",
      "  icpd canister install counter --wasm counter.wasm --mode upgrade\n"
      "  icpd canister install rwlgt-iiaaa-aaaaa-aaaaa-cai --wasm counter.wasm\n",
      add_install, install_canister);
  add_command<CreateOptions>(
      tree, canister, "create", "Make an empty canister",
      "  icpd canister create counter --cycles 10_000_000_000_000\n"
      "  icpd canister create --json       one without a name\n",
      [](CLI::App& command, CreateOptions& options) {
        add_new_name(command, options.canister.canister);
        add_number(command, "--cycles", options.cycles, "Cycles that it begins with");
        add_target(command, options.canister.target);
        add_json(command, options.canister.json);
      },
      create_canister);
}

void add_call_commands(CommandTree& tree, CLI::App& canister) {
  add_command<CanisterOptions>(
      tree, canister, "call", "Call a method that may change the canister",
      "  icpd canister call counter increment --trace\n"
      "  icpd canister call counter add '(5)'\n"
      "  icpd canister call aaaaa-aa uninstall_code '(record { canister_id = principal \"...\" "
      "})'\n"
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
                               "  icpd canister query counter get\n"
                               "  icpd canister query counter get --json\n",
                               add_method, query_canister);
}

void add_look_commands(CommandTree& tree, CLI::App& canister) {
  const auto add_look = [](CLI::App& command, CanisterOptions& options) {
    add_canister(command, options);
    add_json(command, options.json);
  };
  add_command<CanisterOptions>(
      tree, canister, "list", "Names and ids of the network's canisters",
      "  icpd canister list\n"
      "  icpd canister list --json --network /tmp/seven\n",
      [](CLI::App& command, CanisterOptions& options) {
        add_target(command, options.target);
        add_json(command, options.json);
      },
      list_canisters);
  add_command<CanisterOptions>(tree, canister, "info", "What anyone may see, certified",
                               "  icpd canister info counter\n", add_look, show_canister_info);
  add_command<CanisterOptions>(tree, canister, "status", "What its controllers may see",
                               "  icpd canister status counter\n"
                               "  icpd canister status counter --json\n",
                               add_look, show_canister_status);
  add_command<LogsOptions>(
      tree, canister, "logs", "What it printed, and why it trapped",
      "  icpd canister logs counter\n"
      "  icpd canister logs counter -f\n"
      "\nA canister keeps its last 4 KiB. Times are of the block that it ran in.\n",
      [](CLI::App& command, LogsOptions& options) {
        add_canister(command, options.canister);
        command.add_flag("-f,--follow", options.follow, "Go on with what comes, until Ctrl-C");
        add_json(command, options.canister.json);
      },
      show_canister_logs);
}

void add_settings(CLI::App& command, SettingsOptions& options) {
  add_canister(command, options.canister);
  command
      .add_option("--controller", options.controllers,
                  "A principal or the name of an identity or canister; all controllers are "
                  "replaced by those given")
      ->allow_extra_args(false);
  add_number(command, "--compute-allocation", options.compute_allocation, "Percent of a core");
  add_number(command, "--memory-allocation", options.memory_allocation,
             "Bytes that are kept for it");
  add_number(command, "--freezing-threshold", options.freezing_threshold,
             "Seconds for which it keeps cycles back");
  add_number(command, "--reserved-cycles-limit", options.reserved_cycles_limit,
             "Cycles that may be reserved for its memory");
  add_number(command, "--wasm-memory-limit", options.wasm_memory_limit,
             "Bytes of its heap at most");
  add_number(command, "--wasm-memory-threshold", options.wasm_memory_threshold,
             "It is told when fewer bytes of its heap are left");
  add_number(command, "--minimum-call-cycles", options.minimum_call_cycles,
             "Cycles that calls of other canisters must carry");
  constexpr const char* kWho = ": controllers, public, or a list with commas";
  command.add_option("--log-visibility", options.log_visibility,
                     std::string("Who sees its logs") + kWho);
  command.add_option("--snapshot-visibility", options.snapshot_visibility,
                     std::string("Who sees its snapshots") + kWho);
  command.add_option("--status-visibility", options.status_visibility,
                     std::string("Who sees its status") + kWho);
  command
      .add_option("--environment", options.environment,
                  "NAME=VALUE; all variables are replaced by those given")
      ->allow_extra_args(false);
  command.add_flag("--no-environment", options.no_environment, "Remove all variables");
  command.add_flag("--yes", options.yes, "Don't ask before you lose control of it");
}

void add_change_commands(CommandTree& tree, CLI::App& canister) {
  add_command<SettingsOptions>(
      tree, canister, "settings", "Change who controls it and what it may use",
      "  icpd canister settings counter --freezing-threshold 2592000\n"
      "  icpd canister settings counter --controller alice --controller bob\n"
      "  icpd canister settings counter --log-visibility public\n"
      "  icpd canister settings counter --environment MODE=test --environment LEVEL=2\n",
      add_settings, change_settings);
  add_command<TopUpOptions>(
      tree, canister, "top-up", "Give it cycles out of nothing (local networks)",
      "  icpd canister top-up counter 1_000_000_000_000\n",
      [](CLI::App& command, TopUpOptions& options) {
        add_canister(command, options.canister);
        add_number(command, "AMOUNT", options.cycles, "Cycles")->required();
      },
      top_up_canister);
  add_command<CanisterOptions>(tree, canister, "start", "Let it take calls",
                               "  icpd canister start counter\n", add_canister, start_canister);
  add_command<CanisterOptions>(tree, canister, "stop", "Let it take no more calls",
                               "  icpd canister stop counter\n", add_canister, stop_canister);
  add_command<DeleteOptions>(
      tree, canister, "delete", "Remove a stopped canister for good",
      "  icpd canister stop counter\n"
      "  icpd canister delete counter --yes\n",
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
  identity->footer(
      "\nExamples:\n"
      "  icpd identity new alice\n"
      "  icpd identity use alice\n"
      "  icpd identity list\n");
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
        add_json(command, options.json);
      },
      new_identity);
  add_command<IdentityOptions>(
      tree, *identity, "list", "Names and principals; a star marks the one in use",
      "  icpd identity list --json\n",
      [](CLI::App& command, IdentityOptions& options) { add_json(command, options.json); },
      list_identities);
  add_command<IdentityOptions>(tree, *identity, "use", "Sign with this one from here on",
                               "  icpd identity use alice\n"
                               "  icpd identity use anonymous\n",
                               named, use_identity);
  add_command<IdentityOptions>(
      tree, *identity, "import", "Read a PEM file as icp and dfx export it",
      "  icpd identity import alice alice.pem\n",
      [named](CLI::App& command, IdentityOptions& options) {
        named(command, options);
        command.add_option("FILE", options.file, "The PEM file")->required();
        add_json(command, options.json);
      },
      import_identity);
  add_command<IdentityOptions>(tree, *identity, "export", "Print the secret key as PEM",
                               "  icpd identity export alice > alice.pem\n", maybe_named,
                               export_identity);
  add_command<IdentityOptions>(
      tree, *identity, "principal", "Print the principal",
      "  icpd identity principal\n"
      "  icpd identity principal alice --json\n",
      [maybe_named](CLI::App& command, IdentityOptions& options) {
        maybe_named(command, options);
        add_json(command, options.json);
      },
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
        add_target(command, options.target);
        add_json(command, options.json);
      },
      show_trace);
}

}  // namespace icpd::node::detail
