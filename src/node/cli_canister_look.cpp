#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "codec/cbor.hpp"
#include "node/cli_canister.hpp"
#include "node/cli_management.hpp"
#include "node/cli_text.hpp"
#include "node/detail/canister_commands.hpp"

namespace icpd::node {
namespace {

namespace candid = codec::candid;
using detail::open_subject;
using detail::Subject;
using nlohmann::ordered_json;
using types::CanisterId;

/// Between two looks at a canister's log.
constexpr auto kLookAgain = std::chrono::seconds(1);

std::string nat(codec::Uint128 value) {
  return codec::to_decimal(value);
}

std::string dump(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

// ----------------------------------------------------------------------------------------- info

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

ordered_json json_of(const std::vector<types::Principal>& principals) {
  ordered_json list = ordered_json::array();
  for (const types::Principal& principal : principals)
    list.push_back(principal.text());
  return list;
}

struct CanisterInfo {
  std::optional<Slice> module_hash;
  std::vector<types::Principal> controllers;
};

Result<CanisterInfo, CommandFailure> certified_info(const Subject& subject) {
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
  CanisterInfo info{{}, controllers_in(leaf("controllers").value)};
  if (leaf("module_hash").found()) info.module_hash = leaf("module_hash").value;
  return info;
}

// --------------------------------------------------------------------------------------- status

constexpr std::array<const char*, 3> kStatus = {"running", "stopping", "stopped"};

ordered_json json_of(const management::VisibilityArg& visibility) {
  if (visibility.index() == 0) return "controllers";
  if (visibility.index() == 1) return "public";
  return json_of(std::get<2>(visibility).value);
}

std::string text_of(const management::VisibilityArg& visibility) {
  if (visibility.index() == 2) return joined(std::get<2>(visibility).value);
  return json_of(visibility).get<std::string>();
}

ordered_json json_of(const management::DefiniteSettings& settings) {
  ordered_json environment = ordered_json::object();
  for (const auto& variable : settings.environment_variables)
    environment[variable.name] = variable.value;
  return {{"controllers", json_of(settings.controllers)},
          {"compute_allocation", nat(settings.compute_allocation)},
          {"memory_allocation", nat(settings.memory_allocation)},
          {"freezing_threshold", nat(settings.freezing_threshold)},
          {"reserved_cycles_limit", nat(settings.reserved_cycles_limit)},
          {"minimum_incoming_canister_call_cycles",
           nat(settings.minimum_incoming_canister_call_cycles)},
          {"wasm_memory_limit", nat(settings.wasm_memory_limit)},
          {"wasm_memory_threshold", nat(settings.wasm_memory_threshold)},
          {"log_visibility", json_of(settings.log_visibility)},
          {"snapshot_visibility", json_of(settings.snapshot_visibility)},
          {"status_visibility", json_of(settings.status_visibility)},
          {"environment_variables", environment}};
}

ordered_json json_of(const management::MemoryMetrics& memory) {
  return {{"wasm_memory_size", nat(memory.wasm_memory_size)},
          {"stable_memory_size", nat(memory.stable_memory_size)},
          {"global_memory_size", nat(memory.global_memory_size)},
          {"wasm_binary_size", nat(memory.wasm_binary_size)},
          {"custom_sections_size", nat(memory.custom_sections_size)},
          {"canister_history_size", nat(memory.canister_history_size)},
          {"wasm_chunk_store_size", nat(memory.wasm_chunk_store_size)},
          {"snapshots_size", nat(memory.snapshots_size)}};
}

ordered_json json_of(const CanisterId& canister, const management::CanisterStatusResult& status) {
  return {{"canister", canister.text()},
          {"status", kStatus[status.status.index()]},
          {"version", status.version},
          {"module_hash", status.module_hash ? ordered_json(to_hex(*status.module_hash)) : nullptr},
          {"cycles", nat(status.cycles)},
          {"reserved_cycles", nat(status.reserved_cycles)},
          {"idle_cycles_burned_per_day", nat(status.idle_cycles_burned_per_day)},
          {"memory_size", nat(status.memory_size)},
          {"memory_metrics", json_of(status.memory_metrics)},
          {"settings", json_of(status.settings)}};
}

void print_settings(const management::DefiniteSettings& settings, const Console& console) {
  console.line("compute allocation   " + nat(settings.compute_allocation) + " %");
  console.line("memory allocation    " + nat(settings.memory_allocation) + " bytes");
  console.line("freezing threshold   " + nat(settings.freezing_threshold) + " s");
  console.line("reserved at most     " + nat(settings.reserved_cycles_limit) + " cycles");
  console.line("heap at most         " + nat(settings.wasm_memory_limit) +
               " bytes, low when fewer than " + nat(settings.wasm_memory_threshold) + " are left");
  console.line("calls carry          " + nat(settings.minimum_incoming_canister_call_cycles) +
               " cycles at least");
  console.line("logs seen by         " + text_of(settings.log_visibility));
  console.line("snapshots seen by    " + text_of(settings.snapshot_visibility));
  console.line("status seen by       " + text_of(settings.status_visibility));
  for (const auto& variable : settings.environment_variables)
    console.line("environment          " + printable(variable.name + "=" + variable.value));
}

void print_status(const management::CanisterStatusResult& status, const Console& console) {
  console.line(std::string("status               ") + kStatus[status.status.index()]);
  console.line("module hash          " +
               (status.module_hash ? to_hex(*status.module_hash) : std::string("no code")));
  console.line("controllers          " + joined(status.settings.controllers));
  console.line("cycles               " + nat(status.cycles));
  console.line("burned a day, idle   " + nat(status.idle_cycles_burned_per_day));
  console.line("memory               " + nat(status.memory_size) + " bytes (heap " +
               nat(status.memory_metrics.wasm_memory_size) + ", stable " +
               nat(status.memory_metrics.stable_memory_size) + ")");
  print_settings(status.settings, console);
  console.line("version              " + std::to_string(status.version));
}

// ----------------------------------------------------------------------------------------- logs

/// The lines of a record after its first stand below it, so that none can look like another record.
std::string indented(const std::string& text) {
  std::string out;
  for (const char c : text)
    out += c == '\n' ? std::string("\n    ") : std::string(1, c);
  return out;
}

void print_record(const LogsOptions& options, const management::LogRecordResult& record,
                  const Console& console) {
  const std::string_view content = as_text(record.content);
  if (!options.canister.json)
    return console.line(utc_text(Time{record.timestamp_nanos}) + " [" + std::to_string(record.idx) +
                        "] " + options.canister.canister + ": " + indented(printable(content)));
  ordered_json json = {
      {"index", record.idx}, {"time", utc_text(Time{record.timestamp_nanos})}, {"text", content}};
  if (!is_utf8(record.content)) json["text_hex"] = to_hex(record.content);
  console.line(dump(json));
}

AgentResult<management::FetchLogsResult> fetch_logs(const Subject& subject) {
  const Slice reply = TRY(subject.agent().query(
      {types::management_canister(), "fetch_canister_logs",
       candid::encode_args(management::CanisterIdRecord{subject.canister}), subject.canister}));
  auto logs = candid::decode_arg<management::FetchLogsResult>(reply);
  if (logs.ok()) return std::move(logs).value();
  return Err(AgentError{
      AgentError::Kind::kUnreachable, "the log can't be read: " + Error(logs.error()).message, {}});
}

/// The records from number `next` on, which becomes the one after the last.
void print_new(const LogsOptions& options, const management::FetchLogsResult& logs,
               std::uint64_t& next, const Console& console) {
  for (const management::LogRecordResult& record : logs.canister_log_records) {
    if (record.idx < next) continue;
    if (next != 0 && record.idx > next)
      console.remark(std::to_string(record.idx - next) +
                     " records are missing: the canister wrote faster than they were fetched");
    print_record(options, record, console);
    next = record.idx + 1;
  }
}

}  // namespace

CommandResult list_canisters(const CanisterOptions& options, const Console& console) {
  const NetworkTarget network = TRY(find_network(options.target.network, console));
  if (network.directory.empty())
    return Err(CommandFailure("a network known by its URL only has no names to list"));
  const auto names = TRY(CanisterNames(network.directory).all());
  ordered_json json = ordered_json::object();
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
  const CanisterInfo info = TRY(certified_info(subject));
  const ordered_json hash =
      info.module_hash ? ordered_json(to_hex(*info.module_hash)) : ordered_json();
  if (options.json) {
    console.line(dump({{"canister", subject.canister.text()},
                       {"module_hash", hash},
                       {"controllers", json_of(info.controllers)}}));
    return {};
  }
  console.line("canister      " + subject.canister.text());
  console.line("module hash   " +
               (hash.is_null() ? std::string("no code") : hash.get<std::string>()));
  console.line("controllers   " + joined(info.controllers));
  return {};
}

CommandResult show_canister_status(const CanisterOptions& options, const Console& console) {
  const Subject subject = TRY(open_subject(options, console));
  const Slice reply = TRY(call_management(
      subject.agent(), "canister_status",
      candid::encode_args(management::CanisterIdRecord{subject.canister}), subject.canister));
  const auto status = TRY(candid::decode_arg<management::CanisterStatusResult>(reply));
  if (options.json)
    console.line(dump(json_of(subject.canister, status)));
  else
    print_status(status, console);
  return {};
}

CommandResult show_canister_logs(const LogsOptions& options, const Console& console) {
  const Subject subject = TRY(open_subject(options.canister, console));
  std::uint64_t next = 0;
  bool answered = false;
  bool is_away = false;
  for (;;) {
    const auto logs = fetch_logs(subject);
    // Whoever follows a log wants to see it go on after the network was restarted.
    const bool may_come_back = options.follow && answered && !logs.ok() &&
                               logs.error().kind == AgentError::Kind::kUnreachable;
    if (!logs.ok() && !may_come_back) return Err(CommandFailure(logs.error()));
    if (!logs.ok() && !is_away) console.remark(logs.error().message + "; trying again ...");
    is_away = !logs.ok();
    answered = answered || logs.ok();
    if (logs.ok()) print_new(options, *logs, next, console);
    if (!options.follow) return {};
    std::this_thread::sleep_for(kLookAgain);
  }
}

}  // namespace icpd::node
