#include <algorithm>

#include "node/cli_canister.hpp"
#include "node/cli_management.hpp"
#include "node/cli_text.hpp"
#include "node/detail/canister_commands.hpp"

namespace icpd::node {
namespace {

namespace candid = codec::candid;
using detail::must_confirm;
using detail::open_subject;
using detail::Subject;
using detail::wait_for_certificate;

constexpr std::size_t kEchoMax = 80;

CommandResult manage(const CanisterOptions& options, const Console& console,
                     const std::string& method, const std::string& done) {
  const Subject subject = TRY(open_subject(options, console));
  {
    const auto waiting = wait_for_certificate(*subject.session, method, console);
    (void)TRY(call_management(subject.agent(), method,
                              candid::encode_args(management::CanisterIdRecord{subject.canister}),
                              subject.canister));
  }
  console.remark(options.canister + " " + done);
  return {};
}

// ------------------------------------------------------------------------------------- settings

/// A principal, or whom an identity or a canister of that name is.
Result<types::Principal, CommandFailure> principal_of(Session& session, const std::string& option,
                                                      const std::string& text) {
  const auto principal = types::Principal::from_text(text);
  if (principal.ok()) return *principal;
  const auto canister = TRY(session.names().find(text));
  if (canister) return canister->principal;
  const auto identity = TRY(session.find_identity(text));
  if (identity) return identity->principal();
  return usage_error(
      option + " '" + brief(text, kEchoMax) +
      "': no identity or canister of that name, and no principal: " + principal.error().message);
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

using Visibility = std::optional<management::VisibilityArg>;

Result<Visibility, CommandFailure> visibility_of(Session& session, const std::string& option,
                                                 const std::string& text) {
  using Arg = management::VisibilityArg;
  if (text.empty()) return Visibility();
  if (text == "controllers") return Visibility(Arg(std::in_place_index<0>));
  if (text == "public") return Visibility(Arg(std::in_place_index<1>));
  std::variant_alternative_t<2, Arg> viewers;
  for (const std::string& viewer : split(text, ','))
    viewers.value.push_back(TRY(principal_of(session, option, viewer)));
  return Visibility(Arg(std::in_place_index<2>, std::move(viewers)));
}

using Environment = std::vector<management::EnvironmentVariableArg>;

Result<Environment, CommandFailure> environment_of(const SettingsOptions& options) {
  Environment environment;
  for (const std::string& text : options.environment) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      return usage_error("--environment '" + brief(text, kEchoMax) + "' isn't NAME=VALUE");
    environment.push_back({text.substr(0, equals), text.substr(equals + 1)});
  }
  return environment;
}

bool changes_nothing(const SettingsOptions& o) {
  return o.controllers.empty() && !o.compute_allocation && !o.memory_allocation &&
         !o.freezing_threshold && !o.reserved_cycles_limit && !o.wasm_memory_limit &&
         !o.wasm_memory_threshold && !o.minimum_call_cycles && o.log_visibility.empty() &&
         o.snapshot_visibility.empty() && o.status_visibility.empty() && o.environment.empty() &&
         !o.no_environment;
}

Result<management::SettingsArg, CommandFailure> settings_of(Session& session,
                                                            const SettingsOptions& options) {
  management::SettingsArg settings;
  if (!options.controllers.empty()) settings.controllers.emplace();
  for (const std::string& text : options.controllers)
    settings.controllers->push_back(TRY(principal_of(session, "--controller", text)));
  settings.compute_allocation = options.compute_allocation;
  settings.memory_allocation = options.memory_allocation;
  settings.freezing_threshold = options.freezing_threshold;
  settings.reserved_cycles_limit = options.reserved_cycles_limit;
  settings.minimum_incoming_canister_call_cycles = options.minimum_call_cycles;
  settings.wasm_memory_limit = options.wasm_memory_limit;
  settings.wasm_memory_threshold = options.wasm_memory_threshold;
  settings.log_visibility = TRY(visibility_of(session, "--log-visibility", options.log_visibility));
  settings.snapshot_visibility =
      TRY(visibility_of(session, "--snapshot-visibility", options.snapshot_visibility));
  settings.status_visibility =
      TRY(visibility_of(session, "--status-visibility", options.status_visibility));
  if (!options.environment.empty() || options.no_environment)
    settings.environment_variables = TRY(environment_of(options));
  return settings;
}

/// The ways to cycles that are left to a canister that can't pay for being topped up.
constexpr const char* kCannotPay =
    "\nA canister pays for calls about itself, and this one can't. What its freezing threshold "
    "holds "
    "back is free after: icpd canister settings CANISTER --freezing-threshold 0. If it has nothing "
    "at "
    "all, another canister must send it cycles (deposit_cycles of the management canister).";

CommandFailure explained(const AgentError& error) {
  const bool cannot_pay = error.error_code == "IC0207";
  return CommandFailure(error.message + (cannot_pay ? kCannotPay : ""));
}

}  // namespace

CommandResult change_settings(const SettingsOptions& options, const Console& console) {
  if (changes_nothing(options))
    return usage_error(
        "nothing to change: give one setting at least, as --freezing-threshold 2592000.\n"
        "See 'icpd canister settings --help'.");
  if (!options.environment.empty() && options.no_environment)
    return usage_error("--environment and --no-environment exclude each other");
  (void)TRY(environment_of(options));
  const Subject subject = TRY(open_subject(options.canister, console));
  management::UpdateSettingsArgs args;
  args.canister_id = subject.canister;
  args.settings = TRY(settings_of(*subject.session, options));
  const types::Principal self = subject.agent().identity().principal();
  const auto& controllers = args.settings.controllers;
  if (controllers && std::ranges::find(*controllers, self) == controllers->end())
    TRY(must_confirm(options.yes,
                     "You (" + self.text() + ") will not be a controller of " +
                         options.canister.canister + " any more.",
                     console));
  auto waiting = wait_for_certificate(*subject.session, "update_settings", console);
  (void)TRY(call_management(subject.agent(), "update_settings", candid::encode_args(args),
                            subject.canister));
  waiting.reset();
  console.remark(options.canister.canister + " has its new settings");
  return {};
}

CommandResult top_up_canister(const TopUpOptions& options, const Console& console) {
  const Subject subject = TRY(open_subject(options.canister, console));
  management::ProvisionalTopUpArgs args;
  args.canister_id = subject.canister;
  args.amount = options.cycles;
  auto waiting = wait_for_certificate(*subject.session, "provisional_top_up_canister", console);
  const auto done = call_management(subject.agent(), "provisional_top_up_canister",
                                    candid::encode_args(args), subject.canister);
  waiting.reset();
  if (!done.ok()) return Err(explained(done.error()));
  console.remark(options.canister.canister + " got " + codec::to_decimal(args.amount) + " cycles");
  return {};
}

CommandResult start_canister(const CanisterOptions& options, const Console& console) {
  return manage(options, console, "start_canister", "runs");
}

CommandResult stop_canister(const CanisterOptions& options, const Console& console) {
  return manage(options, console, "stop_canister", "is stopped");
}

CommandResult delete_canister(const DeleteOptions& options, const Console& console) {
  const Subject subject = TRY(open_subject(options.canister, console));
  TRY(must_confirm(options.yes,
                   "Deleting " + options.canister.canister +
                       " drops all that it remembers, its code and its cycles.",
                   console));
  auto waiting = wait_for_certificate(*subject.session, "delete_canister", console);
  (void)TRY(call_management(subject.agent(), "delete_canister",
                            candid::encode_args(management::CanisterIdRecord{subject.canister}),
                            subject.canister));
  waiting.reset();
  TRY(subject.session->names().remove(subject.canister));
  console.remark(options.canister.canister + " is deleted");
  return {};
}

}  // namespace icpd::node
