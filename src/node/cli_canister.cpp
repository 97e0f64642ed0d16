#include "node/cli_canister.hpp"

#include <nlohmann/json.hpp>

#include "codec/cbor.hpp"
#include "node/cli_candid.hpp"
#include "node/cli_files.hpp"
#include "node/cli_management.hpp"
#include "node/cli_trace.hpp"
#include "node/progress.hpp"
#include "types/limits.hpp"

namespace icpd::node {
namespace {

namespace candid = codec::candid;
using types::CanisterId;

constexpr std::uint64_t kArgSizeMax = 2 * kMiB;

/// A session and the canister that a command is about.
struct Subject {
  std::unique_ptr<Session> session;
  CanisterId canister;

  [[nodiscard]] Agent& agent() const { return session->agent(); }
};

Result<Subject> open_subject(const CanisterOptions& options, const Console& console) {
  Subject subject{TRY(Session::open(options.target, console)), {}};
  subject.canister = TRY(subject.session->names().resolve(options.canister));
  return subject;
}

/// At most one of --arg, --arg-hex and --arg-file, and it can be read; no network is needed to say
/// so.
CommandResult check_argument(const CanisterOptions& options) {
  const int given = !options.arg.empty() + !options.arg_hex.empty() + !options.arg_file.empty();
  if (given > 1) return usage_error("--arg, --arg-hex and --arg-file exclude each other");
  if (!options.arg_hex.empty() && !from_hex(options.arg_hex))
    return usage_error("--arg-hex isn't hexadecimal");
  if (!options.arg_file.empty()) (void)TRY(read_user_file(options.arg_file, kArgSizeMax));
  return {};
}

Result<Bytes, CommandFailure> argument_of(const CanisterOptions& options, const CandidUse& use) {
  TRY(check_argument(options));
  if (!options.arg_file.empty()) return TRY(read_user_file(options.arg_file, kArgSizeMax));
  if (!options.arg_hex.empty()) return *from_hex(options.arg_hex);
  if (options.arg.empty()) return candid::encode_args();
  auto message = candid_message(options.arg, use);
  if (!message.ok()) return usage_error("argument " + options.arg + ": " + message.error().message);
  return std::move(*message);
}

void print_answer(const CanisterOptions& options, ByteView answer, const CandidUse& use,
                  const Console& console) {
  const auto text = candid_text(answer, use);
  // An answer may be of any form; only most are Candid.
  console.line(options.hex || !text.ok() ? to_hex(answer) : *text);
}

/// While a call is on its way, to be held by the caller.
[[nodiscard]] std::unique_ptr<Waiting> wait_for_certificate(const std::string& call,
                                                            const Console& console) {
  return std::make_unique<Waiting>(console, "Waiting for the certificate of " + call);
}

CommandResult must_confirm(bool yes, const std::string& question, const Console& console) {
  if (yes || (console.confirm && console.confirm(question))) return {};
  return Err(CommandFailure("nothing was done; " + question + " Say so with --yes"));
}

Result<codec::Uint128, CommandFailure> parse_cycles(const std::string& text) {
  std::string digits;
  for (const char c : text) {
    if (c != '_' && c != '\'') digits += c;
  }
  const auto amount = codec::Nat::from_decimal(digits);
  const auto value = amount ? amount->to_u128() : std::nullopt;
  if (!value) return usage_error("'" + text + "' is no amount of cycles");
  return *value;
}

/// What a deploy does to a canister that is in this state.
Result<InstallModeChoice, CommandFailure> choose_mode(const InstallOptions& options,
                                                      bool has_code) {
  if (options.mode == "install") return InstallModeChoice::kInstall;
  if (options.mode == "reinstall") return InstallModeChoice::kReinstall;
  if (options.mode == "upgrade") return InstallModeChoice::kUpgrade;
  if (options.mode == "auto")
    return has_code ? InstallModeChoice::kUpgrade : InstallModeChoice::kInstall;
  return usage_error("no mode '" + options.mode +
                     "': it is one of auto, install, reinstall, upgrade");
}

/// Asks before what drops state or breaks the canister's clients.
CommandResult confirm_install(const Subject& subject, const InstallOptions& options,
                              InstallModeChoice mode, const std::string& interface,
                              const Console& console) {
  if (mode == InstallModeChoice::kReinstall)
    TRY(must_confirm(options.yes, "Reinstalling drops all that the canister remembers.", console));
  const std::string before = canister_interface(subject.agent(), subject.canister);
  if (before.empty() || interface.empty()) return {};
  const auto compatible = candid_compatible(interface, before);
  if (compatible.ok()) return {};
  return must_confirm(
      options.yes,
      "The new module breaks clients of the installed one: " + compatible.error().message + ".",
      console);
}

CommandResult install_into(const Subject& subject, const InstallOptions& options,
                           const Slice& module, const Console& console) {
  const CandidUse init{candid_interface(module), ""};
  const Bytes arg = TRY(argument_of(options.canister, init));
  const bool has_code = TRY(module_hash(subject.agent(), subject.canister)).has_value();
  const InstallModeChoice mode = TRY(choose_mode(options, has_code));
  if (has_code) TRY(confirm_install(subject, options, mode, init.interface, console));
  {
    const Waiting waiting(console, "Installing " + options.canister.canister +
                                       ": every node compiles " + std::to_string(module.size()) +
                                       " bytes of code");
    TRY(install_module(subject.agent(), subject.canister, mode, module, arg));
  }
  constexpr std::array<const char*, 3> kDone = {"installed", "reinstalled", "upgraded"};
  console.remark(options.canister.canister + " is " + kDone[static_cast<std::size_t>(mode)] + ": " +
                 std::to_string(module.size()) + " bytes of code");
  console.line(subject.canister.text());
  return {};
}

CommandResult manage(const CanisterOptions& options, const Console& console,
                     const std::string& method, const std::string& done) {
  const Subject subject = TRY(open_subject(options, console));
  {
    const auto waiting = wait_for_certificate(method, console);
    (void)TRY(call_management(subject.agent(), method,
                              candid::encode_args(management::CanisterIdRecord{subject.canister}),
                              subject.canister));
  }
  console.remark(options.canister + " " + done);
  return {};
}

std::vector<types::Principal> controllers_in(ByteView leaf) {
  std::vector<types::Principal> controllers;
  const auto document = codec::cbor::Document::parse(leaf);
  if (!document.ok()) return controllers;
  const codec::cbor::Item list = document->root();
  for (auto item = list.first(); item; item = item->next_in(list)) {
    const auto bytes = item->bytes();
    const auto principal =
        bytes.ok() ? types::Principal::from_bytes(*bytes) : Result<types::Principal>(Err(""));
    if (principal.ok()) controllers.push_back(*principal);
  }
  return controllers;
}

std::string joined(const std::vector<types::Principal>& principals) {
  std::string text;
  for (const types::Principal& principal : principals)
    text += (text.empty() ? "" : ", ") + principal.text();
  return text.empty() ? "none" : text;
}

void print_status(const management::CanisterStatusResult& status, const Console& console) {
  constexpr std::array<const char*, 3> kStatus = {"running", "stopping", "stopped"};
  const auto& settings = status.settings;
  const auto nat = [](codec::Uint128 value) { return codec::to_decimal(value); };
  console.line(std::string("status               ") + kStatus[status.status.index()]);
  console.line("module hash          " +
               (status.module_hash ? to_hex(*status.module_hash) : std::string("no code")));
  console.line("controllers          " + joined(settings.controllers));
  console.line("cycles               " + nat(status.cycles));
  console.line("burned a day, idle   " + nat(status.idle_cycles_burned_per_day));
  console.line("memory               " + nat(status.memory_size) + " bytes (heap " +
               nat(status.memory_metrics.wasm_memory_size) + ", stable " +
               nat(status.memory_metrics.stable_memory_size) + ")");
  console.line("compute allocation   " + nat(settings.compute_allocation) + " %");
  console.line("memory allocation    " + nat(settings.memory_allocation) + " bytes");
  console.line("freezing threshold   " + nat(settings.freezing_threshold) + " s");
  console.line("version              " + std::to_string(status.version));
}

}  // namespace

CommandResult create_canister(const CyclesOptions& options, const Console& console) {
  std::optional<codec::Uint128> cycles;
  if (!options.amount.empty()) cycles = TRY(parse_cycles(options.amount));
  const auto session = TRY(Session::open(options.canister.target, console));
  const std::string& name = options.canister.canister;
  if (!name.empty() && TRY(session->names().find(name)))
    return Err(CommandFailure("there is a canister '" + name + "' already"));
  auto waiting = wait_for_certificate("the new canister", console);
  const CanisterId id = TRY(create_provisional(*session, cycles));
  waiting.reset();
  if (!name.empty()) TRY(session->names().set(name, id));
  console.line(id.text());
  return {};
}

CommandResult deploy_canister(const InstallOptions& options, const Console& console) {
  // A wrong file or argument is said before a canister is made for it.
  const Slice module(TRY(read_user_file(options.wasm, types::limits::kWasmModuleSizeMax)));
  (void)TRY(argument_of(options.canister, {candid_interface(module), ""}));
  Subject subject{TRY(Session::open(options.canister.target, console)), {}};
  const CanisterNames& names = subject.session->names();
  const auto known = TRY(names.find(options.canister.canister));
  if (known) {
    subject.canister = *known;
  } else {
    const auto waiting = wait_for_certificate("the new canister", console);
    subject.canister = TRY(create_provisional(*subject.session, std::nullopt));
    TRY(names.set(options.canister.canister, subject.canister));
  }
  return install_into(subject, options, module, console);
}

CommandResult install_canister(const InstallOptions& options, const Console& console) {
  const Slice module(TRY(read_user_file(options.wasm, types::limits::kWasmModuleSizeMax)));
  TRY(check_argument(options.canister));
  return install_into(TRY(open_subject(options.canister, console)), options, module, console);
}

CommandResult call_canister(const CanisterOptions& options, const Console& console) {
  TRY(check_argument(options));
  const Subject subject = TRY(open_subject(options, console));
  const CandidUse use{canister_interface(subject.agent(), subject.canister), options.method};
  Bytes arg = TRY(argument_of(options, use));
  auto waiting = wait_for_certificate(options.canister + "." + options.method, console);
  const Slice answer =
      TRY(subject.agent().update(Call::to(subject.canister, options.method, std::move(arg))));
  waiting.reset();
  print_answer(options, answer, use, console);
  if (!options.trace) return {};
  return print_trace_of(subject.session->network(), subject.agent().last_request(), console);
}

CommandResult query_canister(const CanisterOptions& options, const Console& console) {
  TRY(check_argument(options));
  const Subject subject = TRY(open_subject(options, console));
  const CandidUse use{canister_interface(subject.agent(), subject.canister), options.method};
  const Slice answer = TRY(subject.agent().query(
      Call::to(subject.canister, options.method, TRY(argument_of(options, use)))));
  print_answer(options, answer, use, console);
  return {};
}

CommandResult list_canisters(const CanisterOptions& options, const Console& console) {
  const NetworkTarget network = TRY(find_network(options.target.network, console));
  if (network.directory.empty())
    return Err(CommandFailure("a network known by its URL only has no names to list"));
  const auto names = TRY(CanisterNames(network.directory).all());
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& [name, id] : names) {
    json[name] = id.text();
    if (!options.json) console.line(id.text() + "  " + name);
  }
  if (options.json) console.line(json.dump());
  if (names.empty() && !options.json)
    console.remark("No canisters yet; icpd canister deploy NAME --wasm FILE makes one.");
  return {};
}

CommandResult show_canister_info(const CanisterOptions& options, const Console& console) {
  const Subject subject = TRY(open_subject(options, console));
  const Slice id = Slice::copy_of(subject.canister.view());
  const auto label = [](std::string_view text) { return Slice::copy_of(as_bytes(text)); };
  const auto tree = TRY(subject.agent().read_state(
      subject.canister, {{label("canister"), id, label("module_hash")},
                         {label("canister"), id, label("controllers")}}));
  const auto leaf = [&](std::string_view name) {
    return tree.lookup({as_bytes("canister"), id.view(), as_bytes(name)});
  };
  if (!leaf("controllers").found())
    return Err(CommandFailure("there is no canister " + subject.canister.text()));
  console.line("canister      " + subject.canister.text());
  console.line("module hash   " + (leaf("module_hash").found() ? to_hex(leaf("module_hash").value)
                                                               : std::string("no code")));
  console.line("controllers   " + joined(controllers_in(leaf("controllers").value)));
  return {};
}

CommandResult show_canister_status(const CanisterOptions& options, const Console& console) {
  const Subject subject = TRY(open_subject(options, console));
  const Slice reply = TRY(call_management(
      subject.agent(), "canister_status",
      candid::encode_args(management::CanisterIdRecord{subject.canister}), subject.canister));
  const auto status = TRY(candid::decode_arg<management::CanisterStatusResult>(reply));
  print_status(status, console);
  return {};
}

CommandResult change_settings(const SettingsOptions& options, const Console& console) {
  management::UpdateSettingsArgs args;
  if (!options.controllers.empty()) {
    args.settings.controllers.emplace();
    for (const std::string& text : options.controllers) {
      const auto principal = types::Principal::from_text(text);
      if (!principal.ok())
        return usage_error("--controller " + text + ": " + principal.error().message);
      args.settings.controllers->push_back(*principal);
    }
  }
  args.settings.compute_allocation = options.compute_allocation;
  args.settings.memory_allocation = options.memory_allocation;
  args.settings.freezing_threshold = options.freezing_threshold;
  const Subject subject = TRY(open_subject(options.canister, console));
  args.canister_id = subject.canister;
  auto waiting = wait_for_certificate("update_settings", console);
  (void)TRY(call_management(subject.agent(), "update_settings", candid::encode_args(args),
                            subject.canister));
  waiting.reset();
  console.remark(options.canister.canister + " has its new settings");
  return {};
}

CommandResult top_up_canister(const CyclesOptions& options, const Console& console) {
  management::ProvisionalTopUpArgs args;
  args.amount = TRY(parse_cycles(options.amount));
  const Subject subject = TRY(open_subject(options.canister, console));
  args.canister_id = subject.canister;
  auto waiting = wait_for_certificate("provisional_top_up_canister", console);
  (void)TRY(call_management(subject.agent(), "provisional_top_up_canister",
                            candid::encode_args(args), subject.canister));
  waiting.reset();
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
  TRY(must_confirm(options.yes, "Deleting drops the canister, its code and its cycles.", console));
  auto waiting = wait_for_certificate("delete_canister", console);
  (void)TRY(call_management(subject.agent(), "delete_canister",
                            candid::encode_args(management::CanisterIdRecord{subject.canister}),
                            subject.canister));
  waiting.reset();
  TRY(subject.session->names().remove(subject.canister));
  console.remark(options.canister.canister + " is deleted");
  return {};
}

CommandResult show_canister_logs(const CanisterOptions& options, const Console& console) {
  const Subject subject = TRY(open_subject(options, console));
  const Slice reply = TRY(subject.agent().query(
      {types::management_canister(), "fetch_canister_logs",
       candid::encode_args(management::CanisterIdRecord{subject.canister}), subject.canister}));
  const auto logs = TRY(candid::decode_arg<management::FetchLogsResult>(reply));
  for (const management::LogRecordResult& record : logs.canister_log_records)
    console.line("[" + std::to_string(record.idx) + "] " + options.canister + ": " +
                 std::string(as_text(record.content)));
  return {};
}

}  // namespace icpd::node
