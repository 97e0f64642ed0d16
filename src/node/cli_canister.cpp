#include "node/cli_canister.hpp"

#include <array>
#include <nlohmann/json.hpp>

#include "node/cli_candid.hpp"
#include "node/cli_files.hpp"
#include "node/cli_health.hpp"
#include "node/cli_management.hpp"
#include "node/cli_text.hpp"
#include "node/cli_trace.hpp"
#include "node/detail/canister_commands.hpp"
#include "node/management_interface.hpp"
#include "types/effective_canister.hpp"
#include "types/limits.hpp"

namespace icpd::node {
namespace {

namespace candid = codec::candid;
using detail::must_confirm;
using detail::open_subject;
using detail::Subject;
using detail::wait_for_certificate;
using nlohmann::ordered_json;
using types::CanisterId;

constexpr std::uint64_t kArgSizeMax = 2 * kMiB;
/// What of an argument an error shows.
constexpr std::size_t kEchoMax = 80;
/// The parser quotes what it doesn't understand.
constexpr std::size_t kReasonMax = 400;
/// What of an answer that isn't Candid is shown without being asked for.
constexpr std::size_t kUnreadableMax = 128;

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
  if (!message.ok())
    return usage_error("argument " + brief(options.arg, kEchoMax) + ": " +
                       brief(message.error().message, kReasonMax));
  return std::move(*message);
}

/// The interface of a called method; of the management canister the specification's.
CandidUse use_of(const Subject& subject, const std::string& method) {
  if (subject.canister == types::management_canister())
    return {std::string(management_interface()), method};
  return {canister_interface(subject.agent(), subject.canister), method};
}

/// Of a call that was certified: only such a one has a trace.
bool was_executed(const AgentResult<Slice>& answer) {
  return answer.ok() || answer.error().kind == AgentError::Kind::kRejected;
}

/// The call, sent to where the canister is that it is about.
Result<Call, CommandFailure> make_call(const Subject& subject, const CanisterOptions& options,
                                       const CandidUse& use) {
  Bytes arg = TRY(argument_of(options, use));
  const auto about = types::effective_canister_id(subject.canister, options.method, arg);
  if (!about.ok()) return Err(CommandFailure(about.error().message));
  return Call{subject.canister, options.method, std::move(arg),
              about->value_or(subject.session->network().some_canister)};
}

void print_unreadable(ByteView answer, const Error& why, const Console& console) {
  const bool is_long = answer.size() > kUnreadableMax;
  console.line(to_hex(is_long ? answer.first(kUnreadableMax) : answer) + (is_long ? "..." : ""));
  console.remark("The answer isn't Candid (" + printable(brief(why.message, kEchoMax)) +
                 "), so it is shown in hexadecimal" +
                 (is_long ? ", the first " + std::to_string(kUnreadableMax) + " of its " +
                                grouped(answer.size()) + " bytes. All of it: --hex"
                          : std::string()));
}

void print_answer(const CanisterOptions& options, ByteView answer, const CandidUse& use,
                  const Console& console) {
  if (options.hex) return console.line(to_hex(answer));
  const auto text = candid_text(answer, use);
  // An answer may be of any form; only most are Candid.
  if (!text.ok()) return print_unreadable(answer, text.error(), console);
  console.line(printable(*text));
}

/// `request` is there for calls that have one to be traced with.
void print_answer_json(const Subject& subject, const Call& call, ByteView answer,
                       const CandidUse& use, const std::optional<types::RequestId>& request,
                       const Console& console) {
  const auto text = candid_text(answer, use);
  ordered_json json = {{"canister", subject.canister.text()}, {"method", call.method}};
  if (request) json["request"] = request->hex();
  json["reply"] = text.ok() ? ordered_json(*text) : ordered_json();
  json["reply_hex"] = to_hex(answer);
  console.line(json.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
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
                                       ": every node compiles " + grouped(module.size()) +
                                       " bytes of code");
    TRY(install_module(subject.agent(), subject.canister, mode, module, arg));
  }
  constexpr std::array<const char*, 3> kDone = {"installed", "reinstalled", "upgraded"};
  const char* done = kDone[static_cast<std::size_t>(mode)];
  if (options.canister.json) {
    console.line(ordered_json{{"canister", subject.canister.text()}, {"done", done}}.dump());
    return {};
  }
  console.remark(options.canister.canister + " is " + done + ": " + grouped(module.size()) +
                 " bytes of code");
  console.line(subject.canister.text());
  return {};
}

/// Before a canister of this name is looked for or made.
Result<PartLock> claim_name(const CanisterNames& names, const std::string& name,
                            const Console& console) {
  return names.claim(name, [&] {
    console.remark("Waiting for another command that makes or installs '" + name + "' ...");
  });
}

/// A new canister. If its name can't be kept, its id is at least said.
Result<CanisterId, CommandFailure> make_named(Session& session, const std::string& name,
                                              std::optional<codec::Uint128> cycles,
                                              const Console& console) {
  auto waiting = wait_for_certificate(session, "the new canister", console);
  const CanisterId id = TRY(create_provisional(session, cycles));
  waiting.reset();
  if (name.empty()) return id;
  const auto kept = session.names().set(name, id);
  if (!kept.ok())
    return Err(CommandFailure("canister " + id.text() +
                              " is made, but its name isn't kept: " + kept.error().message));
  return id;
}

}  // namespace

namespace detail {

Result<Subject> open_subject(const CanisterOptions& options, const Console& console) {
  Subject subject{TRY(Session::open(options.target, console)), {}};
  subject.canister = TRY(subject.session->names().resolve(options.canister));
  return subject;
}

std::unique_ptr<Waiting> wait_for_certificate(const Session& session, const std::string& call,
                                              const Console& console) {
  return std::make_unique<Waiting>(console, "Waiting for the certificate of " + call,
                                   [url = session.network().url] { return why_unhealthy(url); });
}

CommandResult must_confirm(bool yes, const std::string& what, const Console& console) {
  if (yes) return {};
  if (!console.confirm) return Err(CommandFailure(what + " Nothing was done; to do it, add --yes"));
  if (console.confirm(what + " Go on?")) return {};
  return Err(CommandFailure("nothing was done"));
}

}  // namespace detail

CommandResult create_canister(const CreateOptions& options, const Console& console) {
  const std::string& name = options.canister.canister;
  const auto session = TRY(Session::open(options.canister.target, console));
  PartLock claimed;
  if (!name.empty()) {
    claimed = TRY(claim_name(session->names(), name, console));
    if (TRY(session->names().find(name)))
      return Err(CommandFailure("there is a canister '" + name + "' already"));
  }
  const CanisterId id = TRY(make_named(*session, name, options.cycles, console));
  ordered_json json;
  json["canister"] = id.text();
  console.line(options.canister.json ? json.dump() : id.text());
  return {};
}

CommandResult deploy_canister(const InstallOptions& options, const Console& console) {
  // A wrong file or argument is said before a canister is made for it.
  const Slice module(TRY(read_user_file(options.wasm, types::limits::kWasmModuleSizeMax)));
  (void)TRY(argument_of(options.canister, {candid_interface(module), ""}));
  const std::string& name = options.canister.canister;
  Subject subject{TRY(Session::open(options.canister.target, console)), {}};
  const CanisterNames& names = subject.session->names();
  const PartLock claimed = TRY(claim_name(names, name, console));
  const auto known = TRY(names.find(name));
  if (!known) {
    const auto good = check_name(name);
    if (!good.ok()) return usage_error(good.error().message);
  }
  subject.canister =
      known ? *known : TRY(make_named(*subject.session, name, std::nullopt, console));
  return install_into(subject, options, module, console);
}

CommandResult install_canister(const InstallOptions& options, const Console& console) {
  const Slice module(TRY(read_user_file(options.wasm, types::limits::kWasmModuleSizeMax)));
  TRY(check_argument(options.canister));
  return install_into(TRY(open_subject(options.canister, console)), options, module, console);
}

CommandResult call_canister(const CanisterOptions& options, const Console& console) {
  TRY(check_argument(options));
  if (options.json && options.trace)
    return usage_error("--json and --trace exclude each other; a call's trace: icpd trace REQUEST");
  const Subject subject = TRY(open_subject(options, console));
  const CandidUse use = use_of(subject, options.method);
  const Call call = TRY(make_call(subject, options, use));
  auto waiting =
      wait_for_certificate(*subject.session, options.canister + "." + options.method, console);
  const auto answer = subject.agent().update(call);
  waiting.reset();
  const types::RequestId& request = subject.agent().last_request();
  if (answer.ok() && options.json)
    print_answer_json(subject, call, *answer, use, request, console);
  else if (answer.ok())
    print_answer(options, *answer, use, console);
  if (options.trace && was_executed(answer))
    TRY(print_trace_of(subject.session->network(), request, console));
  if (!answer.ok()) return Err(CommandFailure(answer.error()));
  return {};
}

CommandResult query_canister(const CanisterOptions& options, const Console& console) {
  TRY(check_argument(options));
  const Subject subject = TRY(open_subject(options, console));
  const CandidUse use = use_of(subject, options.method);
  const Call call = TRY(make_call(subject, options, use));
  const Slice answer = TRY(subject.agent().query(call));
  if (options.json)
    print_answer_json(subject, call, answer, use, std::nullopt, console);
  else
    print_answer(options, answer, use, console);
  return {};
}

}  // namespace icpd::node
