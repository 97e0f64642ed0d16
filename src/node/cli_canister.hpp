// `icpd canister`: making, installing, calling and managing canisters.
//
// An argument is Candid text, "(1, \"a\")", which gets its types from the interface that the
// canister states, or Candid's binary form (--arg-hex, --arg-file); without one it is the empty
// list, "()". Answers are printed as Candid text with the names of the interface, or with --hex as
// they came.
//
// With --json the answer is one object on one line, and logs are one for each record. What may be
// longer than a number of 53 bits is a text of decimal digits.
#pragma once

#include <optional>

#include "codec/leb128.hpp"
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

struct CreateOptions {
  CanisterOptions canister;
  std::optional<codec::Uint128> cycles;
};

struct TopUpOptions {
  CanisterOptions canister;
  codec::Uint128 cycles = 0;
};

/// What isn't given stays as it is.
struct SettingsOptions {
  CanisterOptions canister;
  /// Principals, or names of identities or canisters.
  std::vector<std::string> controllers;
  std::optional<codec::Uint128> compute_allocation;
  std::optional<codec::Uint128> memory_allocation;
  std::optional<codec::Uint128> freezing_threshold;
  std::optional<codec::Uint128> reserved_cycles_limit;
  std::optional<codec::Uint128> wasm_memory_limit;
  std::optional<codec::Uint128> wasm_memory_threshold;
  std::optional<codec::Uint128> minimum_call_cycles;
  /// "controllers", "public", or who may, as `controllers`, with commas between.
  std::string log_visibility;
  std::string snapshot_visibility;
  std::string status_visibility;
  /// "NAME=VALUE"; all variables are replaced.
  std::vector<std::string> environment;
  bool no_environment = false;
  bool yes = false;
};

struct DeleteOptions {
  CanisterOptions canister;
  bool yes = false;
};

struct LogsOptions {
  CanisterOptions canister;
  /// Go on with what comes, until the command is ended.
  bool follow = false;
};

/// Makes the canister if there is none of that name, then installs or upgrades its code.
[[nodiscard]] CommandResult deploy_canister(const InstallOptions& options, const Console& console);
[[nodiscard]] CommandResult install_canister(const InstallOptions& options, const Console& console);
[[nodiscard]] CommandResult create_canister(const CreateOptions& options, const Console& console);
[[nodiscard]] CommandResult call_canister(const CanisterOptions& options, const Console& console);
[[nodiscard]] CommandResult query_canister(const CanisterOptions& options, const Console& console);

[[nodiscard]] CommandResult list_canisters(const CanisterOptions& options, const Console& console);
/// What anyone may see, with a certificate: module hash and controllers.
[[nodiscard]] CommandResult show_canister_info(const CanisterOptions& options,
                                               const Console& console);
/// What controllers may see.
[[nodiscard]] CommandResult show_canister_status(const CanisterOptions& options,
                                                 const Console& console);
[[nodiscard]] CommandResult show_canister_logs(const LogsOptions& options, const Console& console);

[[nodiscard]] CommandResult change_settings(const SettingsOptions& options, const Console& console);
[[nodiscard]] CommandResult top_up_canister(const TopUpOptions& options, const Console& console);
[[nodiscard]] CommandResult start_canister(const CanisterOptions& options, const Console& console);
[[nodiscard]] CommandResult stop_canister(const CanisterOptions& options, const Console& console);
[[nodiscard]] CommandResult delete_canister(const DeleteOptions& options, const Console& console);

}  // namespace icpd::node
