// `icpd canister`: making, installing, calling and managing canisters.
//
// An argument is Candid text, "(1, \"a\")", which gets its types from the interface that the
// canister states, or Candid's binary form (--arg-hex, --arg-file); without one it is the empty
// list, "()". Answers are printed as Candid text with the names of the interface, or with --hex as
// they came.
#pragma once

#include <optional>

#include "node/cli_target.hpp"

namespace icpd::node {

struct CanisterOptions {
  TargetOptions target;
  /// A name or an id.
  std::string canister;
  std::string method;
  /// Candid text.
  std::string arg;
  std::string arg_hex;
  std::string arg_file;
  bool hex = false;
  /// Also show the call's way through the four layers.
  bool trace = false;
  bool json = false;
};

struct InstallOptions {
  CanisterOptions canister;
  std::string wasm;
  /// "auto", "install", "reinstall", "upgrade".
  std::string mode = "auto";
  bool yes = false;
};

struct CyclesOptions {
  CanisterOptions canister;
  std::string amount;
};

struct SettingsOptions {
  CanisterOptions canister;
  std::vector<std::string> controllers;
  std::optional<std::uint64_t> compute_allocation;
  std::optional<std::uint64_t> memory_allocation;
  std::optional<std::uint64_t> freezing_threshold;
};

struct DeleteOptions {
  CanisterOptions canister;
  bool yes = false;
};

/// Makes the canister if there is none of that name, then installs or upgrades its code.
[[nodiscard]] CommandResult deploy_canister(const InstallOptions& options, const Console& console);
[[nodiscard]] CommandResult install_canister(const InstallOptions& options, const Console& console);
[[nodiscard]] CommandResult create_canister(const CyclesOptions& options, const Console& console);
[[nodiscard]] CommandResult top_up_canister(const CyclesOptions& options, const Console& console);
[[nodiscard]] CommandResult call_canister(const CanisterOptions& options, const Console& console);
[[nodiscard]] CommandResult query_canister(const CanisterOptions& options, const Console& console);
[[nodiscard]] CommandResult list_canisters(const CanisterOptions& options, const Console& console);
/// What anyone may see, with a certificate: module hash and controllers.
[[nodiscard]] CommandResult show_canister_info(const CanisterOptions& options,
                                               const Console& console);
/// What controllers may see.
[[nodiscard]] CommandResult show_canister_status(const CanisterOptions& options,
                                                 const Console& console);
[[nodiscard]] CommandResult change_settings(const SettingsOptions& options, const Console& console);
[[nodiscard]] CommandResult start_canister(const CanisterOptions& options, const Console& console);
[[nodiscard]] CommandResult stop_canister(const CanisterOptions& options, const Console& console);
[[nodiscard]] CommandResult delete_canister(const DeleteOptions& options, const Console& console);
[[nodiscard]] CommandResult show_canister_logs(const CanisterOptions& options,
                                               const Console& console);

}  // namespace icpd::node
