// Arguments and results of the management canister, as ic.did (interface specification 0.66.0)
// declares them. Those of snapshots are in management_snapshot_types.hpp, those about the network
// in management_network_types.hpp.
//
// Blobs and texts in arguments are views into the message. Amounts are 128 bits wide: a larger
// `nat` is refused when it is read.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "codec/candid_mapping.hpp"
#include "types/ids.hpp"

namespace icpd::codec::candid {

template <>
struct Mapping<types::Principal> {
  static TypeRef type(TypeBuilder&) { return Op::kPrincipal; }
  static void write(Bytes& out, const types::Principal& value) {
    detail::append_principal(out, *PrincipalBytes::from(value.view()));
  }
  static Decoded<types::Principal> read(const Value& value) {
    auto principal = types::Principal::from_bytes(detail::content<PrincipalBytes>(value).view());
    if (!principal.ok()) return Err(DecodeError{"principal is too long", 0});
    return *principal;
  }
};
template <typename Tag>
struct Mapping<types::Id<Tag>> {
  static TypeRef type(TypeBuilder& builder) { return Mapping<types::Principal>::type(builder); }
  static void write(Bytes& out, const types::Id<Tag>& value) {
    Mapping<types::Principal>::write(out, value.principal);
  }
  static Decoded<types::Id<Tag>> read(const Value& value) {
    return types::Id<Tag>(TRY(Mapping<types::Principal>::read(value)));
  }
};

}  // namespace icpd::codec::candid

namespace icpd::execution::management {

namespace candid = codec::candid;
using candid::Case;
using candid::field;
using candid::record;
using candid::Variants;
using codec::Uint128;
using types::CanisterId;
using types::Principal;

// ------------------------------------------------------------------------------------- settings

using VisibilityArg =
    Variants<Case<"controllers">, Case<"public">, Case<"allowed_viewers", std::vector<Principal>>>;

struct EnvironmentVariableArg {
  std::string name;
  std::string value;
  static constexpr auto kCandid = record(field<"name">(&EnvironmentVariableArg::name),
                                         field<"value">(&EnvironmentVariableArg::value));
};

struct SettingsArg {
  std::optional<std::vector<Principal>> controllers;
  std::optional<Uint128> compute_allocation;
  std::optional<Uint128> memory_allocation;
  std::optional<Uint128> freezing_threshold;
  std::optional<Uint128> reserved_cycles_limit;
  std::optional<Uint128> minimum_incoming_canister_call_cycles;
  std::optional<VisibilityArg> log_visibility;
  std::optional<VisibilityArg> snapshot_visibility;
  std::optional<VisibilityArg> status_visibility;
  std::optional<Uint128> wasm_memory_limit;
  std::optional<Uint128> wasm_memory_threshold;
  std::optional<std::vector<EnvironmentVariableArg>> environment_variables;
  static constexpr auto kCandid =
      record(field<"controllers">(&SettingsArg::controllers),
             field<"compute_allocation">(&SettingsArg::compute_allocation),
             field<"memory_allocation">(&SettingsArg::memory_allocation),
             field<"freezing_threshold">(&SettingsArg::freezing_threshold),
             field<"reserved_cycles_limit">(&SettingsArg::reserved_cycles_limit),
             field<"minimum_incoming_canister_call_cycles">(
                 &SettingsArg::minimum_incoming_canister_call_cycles),
             field<"log_visibility">(&SettingsArg::log_visibility),
             field<"snapshot_visibility">(&SettingsArg::snapshot_visibility),
             field<"status_visibility">(&SettingsArg::status_visibility),
             field<"wasm_memory_limit">(&SettingsArg::wasm_memory_limit),
             field<"wasm_memory_threshold">(&SettingsArg::wasm_memory_threshold),
             field<"environment_variables">(&SettingsArg::environment_variables));
};

struct DefiniteSettings {
  std::vector<Principal> controllers;
  Uint128 compute_allocation = 0;
  Uint128 memory_allocation = 0;
  Uint128 freezing_threshold = 0;
  Uint128 reserved_cycles_limit = 0;
  Uint128 minimum_incoming_canister_call_cycles = 0;
  VisibilityArg log_visibility;
  VisibilityArg snapshot_visibility;
  VisibilityArg status_visibility;
  Uint128 wasm_memory_limit = 0;
  Uint128 wasm_memory_threshold = 0;
  std::vector<EnvironmentVariableArg> environment_variables;
  static constexpr auto kCandid =
      record(field<"controllers">(&DefiniteSettings::controllers),
             field<"compute_allocation">(&DefiniteSettings::compute_allocation),
             field<"memory_allocation">(&DefiniteSettings::memory_allocation),
             field<"freezing_threshold">(&DefiniteSettings::freezing_threshold),
             field<"reserved_cycles_limit">(&DefiniteSettings::reserved_cycles_limit),
             field<"minimum_incoming_canister_call_cycles">(
                 &DefiniteSettings::minimum_incoming_canister_call_cycles),
             field<"log_visibility">(&DefiniteSettings::log_visibility),
             field<"snapshot_visibility">(&DefiniteSettings::snapshot_visibility),
             field<"status_visibility">(&DefiniteSettings::status_visibility),
             field<"wasm_memory_limit">(&DefiniteSettings::wasm_memory_limit),
             field<"wasm_memory_threshold">(&DefiniteSettings::wasm_memory_threshold),
             field<"environment_variables">(&DefiniteSettings::environment_variables));
};

// ------------------------------------------------------------------------------------ lifecycle

struct CreateCanisterArgs {
  std::optional<SettingsArg> settings;
  std::optional<std::uint64_t> sender_canister_version;
  static constexpr auto kCandid =
      record(field<"settings">(&CreateCanisterArgs::settings),
             field<"sender_canister_version">(&CreateCanisterArgs::sender_canister_version));
};

struct ProvisionalCreateArgs {
  std::optional<Uint128> amount;
  std::optional<SettingsArg> settings;
  std::optional<Principal> specified_id;
  std::optional<std::uint64_t> sender_canister_version;
  static constexpr auto kCandid =
      record(field<"amount">(&ProvisionalCreateArgs::amount),
             field<"settings">(&ProvisionalCreateArgs::settings),
             field<"specified_id">(&ProvisionalCreateArgs::specified_id),
             field<"sender_canister_version">(&ProvisionalCreateArgs::sender_canister_version));
};

/// Arguments that name a canister and nothing else; also a result.
struct CanisterIdRecord {
  CanisterId canister_id;
  static constexpr auto kCandid = record(field<"canister_id">(&CanisterIdRecord::canister_id));
};

struct CanisterIdRange {
  CanisterId start;
  CanisterId end;
  static constexpr auto kCandid =
      record(field<"start">(&CanisterIdRange::start), field<"end">(&CanisterIdRange::end));
};
struct ListCanistersResult {
  std::vector<CanisterIdRange> canisters;
  static constexpr auto kCandid = record(field<"canisters">(&ListCanistersResult::canisters));
};

struct ProvisionalTopUpArgs {
  CanisterId canister_id;
  Uint128 amount = 0;
  static constexpr auto kCandid = record(field<"canister_id">(&ProvisionalTopUpArgs::canister_id),
                                         field<"amount">(&ProvisionalTopUpArgs::amount));
};

struct UpdateSettingsArgs {
  CanisterId canister_id;
  SettingsArg settings;
  std::optional<std::uint64_t> sender_canister_version;
  static constexpr auto kCandid =
      record(field<"canister_id">(&UpdateSettingsArgs::canister_id),
             field<"settings">(&UpdateSettingsArgs::settings),
             field<"sender_canister_version">(&UpdateSettingsArgs::sender_canister_version));
};

struct UninstallCodeArgs {
  CanisterId canister_id;
  std::optional<std::uint64_t> sender_canister_version;
  static constexpr auto kCandid =
      record(field<"canister_id">(&UninstallCodeArgs::canister_id),
             field<"sender_canister_version">(&UninstallCodeArgs::sender_canister_version));
};

// ----------------------------------------------------------------------------------------- code

using PersistenceArg = Variants<Case<"keep">, Case<"replace">>;

struct UpgradeOptions {
  std::optional<bool> skip_pre_upgrade;
  std::optional<PersistenceArg> wasm_memory_persistence;
  static constexpr auto kCandid =
      record(field<"skip_pre_upgrade">(&UpgradeOptions::skip_pre_upgrade),
             field<"wasm_memory_persistence">(&UpgradeOptions::wasm_memory_persistence));
};

using InstallMode =
    Variants<Case<"install">, Case<"reinstall">, Case<"upgrade", std::optional<UpgradeOptions>>>;

struct InstallCodeArgs {
  InstallMode mode;
  CanisterId canister_id;
  ByteView wasm_module;
  ByteView arg;
  std::optional<std::uint64_t> sender_canister_version;
  static constexpr auto kCandid = record(
      field<"mode">(&InstallCodeArgs::mode), field<"canister_id">(&InstallCodeArgs::canister_id),
      field<"wasm_module">(&InstallCodeArgs::wasm_module), field<"arg">(&InstallCodeArgs::arg),
      field<"sender_canister_version">(&InstallCodeArgs::sender_canister_version));
};

struct ChunkHash {
  ByteView hash;
  static constexpr auto kCandid = record(field<"hash">(&ChunkHash::hash));
};

struct InstallChunkedCodeArgs {
  InstallMode mode;
  CanisterId target_canister;
  std::optional<CanisterId> store_canister;
  std::vector<ChunkHash> chunk_hashes_list;
  ByteView wasm_module_hash;
  ByteView arg;
  std::optional<std::uint64_t> sender_canister_version;
  static constexpr auto kCandid =
      record(field<"mode">(&InstallChunkedCodeArgs::mode),
             field<"target_canister">(&InstallChunkedCodeArgs::target_canister),
             field<"store_canister">(&InstallChunkedCodeArgs::store_canister),
             field<"chunk_hashes_list">(&InstallChunkedCodeArgs::chunk_hashes_list),
             field<"wasm_module_hash">(&InstallChunkedCodeArgs::wasm_module_hash),
             field<"arg">(&InstallChunkedCodeArgs::arg),
             field<"sender_canister_version">(&InstallChunkedCodeArgs::sender_canister_version));
};

struct UploadChunkArgs {
  CanisterId canister_id;
  ByteView chunk;
  static constexpr auto kCandid = record(field<"canister_id">(&UploadChunkArgs::canister_id),
                                         field<"chunk">(&UploadChunkArgs::chunk));
};

// --------------------------------------------------------------------------------------- status

using StatusVariant = Variants<Case<"running">, Case<"stopping">, Case<"stopped">>;

struct MemoryMetrics {
  Uint128 wasm_memory_size = 0;
  Uint128 stable_memory_size = 0;
  Uint128 global_memory_size = 0;
  Uint128 wasm_binary_size = 0;
  Uint128 custom_sections_size = 0;
  Uint128 canister_history_size = 0;
  Uint128 wasm_chunk_store_size = 0;
  Uint128 snapshots_size = 0;
  static constexpr auto kCandid =
      record(field<"wasm_memory_size">(&MemoryMetrics::wasm_memory_size),
             field<"stable_memory_size">(&MemoryMetrics::stable_memory_size),
             field<"global_memory_size">(&MemoryMetrics::global_memory_size),
             field<"wasm_binary_size">(&MemoryMetrics::wasm_binary_size),
             field<"custom_sections_size">(&MemoryMetrics::custom_sections_size),
             field<"canister_history_size">(&MemoryMetrics::canister_history_size),
             field<"wasm_chunk_store_size">(&MemoryMetrics::wasm_chunk_store_size),
             field<"snapshots_size">(&MemoryMetrics::snapshots_size));
};

struct QueryStats {
  Uint128 num_calls_total = 0;
  Uint128 num_instructions_total = 0;
  Uint128 request_payload_bytes_total = 0;
  Uint128 response_payload_bytes_total = 0;
  static constexpr auto kCandid =
      record(field<"num_calls_total">(&QueryStats::num_calls_total),
             field<"num_instructions_total">(&QueryStats::num_instructions_total),
             field<"request_payload_bytes_total">(&QueryStats::request_payload_bytes_total),
             field<"response_payload_bytes_total">(&QueryStats::response_payload_bytes_total));
};

struct CanisterStatusResult {
  StatusVariant status;
  bool ready_for_migration = false;
  std::uint64_t version = 0;
  DefiniteSettings settings;
  std::optional<Bytes> module_hash;
  Uint128 memory_size = 0;
  MemoryMetrics memory_metrics;
  Uint128 cycles = 0;
  Uint128 reserved_cycles = 0;
  Uint128 idle_cycles_burned_per_day = 0;
  QueryStats query_stats;
  static constexpr auto kCandid =
      record(field<"status">(&CanisterStatusResult::status),
             field<"ready_for_migration">(&CanisterStatusResult::ready_for_migration),
             field<"version">(&CanisterStatusResult::version),
             field<"settings">(&CanisterStatusResult::settings),
             field<"module_hash">(&CanisterStatusResult::module_hash),
             field<"memory_size">(&CanisterStatusResult::memory_size),
             field<"memory_metrics">(&CanisterStatusResult::memory_metrics),
             field<"cycles">(&CanisterStatusResult::cycles),
             field<"reserved_cycles">(&CanisterStatusResult::reserved_cycles),
             field<"idle_cycles_burned_per_day">(&CanisterStatusResult::idle_cycles_burned_per_day),
             field<"query_stats">(&CanisterStatusResult::query_stats));
};

// -------------------------------------------------------------------------------------- history

struct FromUser {
  Principal user_id;
  static constexpr auto kCandid = record(field<"user_id">(&FromUser::user_id));
};
struct FromCanister {
  CanisterId canister_id;
  std::optional<std::uint64_t> canister_version;
  static constexpr auto kCandid =
      record(field<"canister_id">(&FromCanister::canister_id),
             field<"canister_version">(&FromCanister::canister_version));
};
using ChangeOrigin = Variants<Case<"from_user", FromUser>, Case<"from_canister", FromCanister>>;

struct CreationDetails {
  std::vector<Principal> controllers;
  std::optional<Bytes> environment_variables_hash;
  static constexpr auto kCandid =
      record(field<"controllers">(&CreationDetails::controllers),
             field<"environment_variables_hash">(&CreationDetails::environment_variables_hash));
};
struct CodeDeploymentDetails {
  using Mode = Variants<Case<"install">, Case<"reinstall">, Case<"upgrade">>;
  Mode mode;
  Bytes module_hash;
  static constexpr auto kCandid = record(field<"mode">(&CodeDeploymentDetails::mode),
                                         field<"module_hash">(&CodeDeploymentDetails::module_hash));
};
struct ControllersChangeDetails {
  std::vector<Principal> controllers;
  static constexpr auto kCandid =
      record(field<"controllers">(&ControllersChangeDetails::controllers));
};
/// With a snapshot's id as bytes (state::SnapshotId).
struct LoadSnapshotDetails {
  using Source = Variants<Case<"taken_from_canister", candid::Reserved>,
                          Case<"metadata_upload", candid::Reserved>>;
  /// If the snapshot isn't the canister's own.
  std::optional<Principal> from_canister_id;
  Bytes snapshot_id;
  std::uint64_t canister_version = 0;
  std::uint64_t taken_at_timestamp = 0;
  Source source;
  static constexpr auto kCandid =
      record(field<"from_canister_id">(&LoadSnapshotDetails::from_canister_id),
             field<"snapshot_id">(&LoadSnapshotDetails::snapshot_id),
             field<"canister_version">(&LoadSnapshotDetails::canister_version),
             field<"taken_at_timestamp">(&LoadSnapshotDetails::taken_at_timestamp),
             field<"source">(&LoadSnapshotDetails::source));
};
/// Without rename_canister: ids don't change here, and a variant with fewer cases is a subtype.
using ChangeDetails = Variants<Case<"creation", CreationDetails>, Case<"code_uninstall">,
                               Case<"code_deployment", CodeDeploymentDetails>,
                               Case<"controllers_change", ControllersChangeDetails>,
                               Case<"load_snapshot", LoadSnapshotDetails>>;

struct Change {
  std::uint64_t timestamp_nanos = 0;
  std::uint64_t canister_version = 0;
  ChangeOrigin origin;
  ChangeDetails details;
  static constexpr auto kCandid =
      record(field<"timestamp_nanos">(&Change::timestamp_nanos),
             field<"canister_version">(&Change::canister_version), field<"origin">(&Change::origin),
             field<"details">(&Change::details));
};

struct CanisterInfoArgs {
  CanisterId canister_id;
  std::optional<std::uint64_t> num_requested_changes;
  static constexpr auto kCandid =
      record(field<"canister_id">(&CanisterInfoArgs::canister_id),
             field<"num_requested_changes">(&CanisterInfoArgs::num_requested_changes));
};
struct CanisterInfoResult {
  std::uint64_t total_num_changes = 0;
  std::vector<Change> recent_changes;
  std::optional<Bytes> module_hash;
  std::vector<Principal> controllers;
  static constexpr auto kCandid =
      record(field<"total_num_changes">(&CanisterInfoResult::total_num_changes),
             field<"recent_changes">(&CanisterInfoResult::recent_changes),
             field<"module_hash">(&CanisterInfoResult::module_hash),
             field<"controllers">(&CanisterInfoResult::controllers));
};

struct CanisterMetadataArgs {
  CanisterId canister_id;
  std::string name;
  static constexpr auto kCandid = record(field<"canister_id">(&CanisterMetadataArgs::canister_id),
                                         field<"name">(&CanisterMetadataArgs::name));
};
struct CanisterMetadataResult {
  ByteView value;
  static constexpr auto kCandid = record(field<"value">(&CanisterMetadataResult::value));
};

// ----------------------------------------------------------------------------------------- logs

struct LogRecordResult {
  std::uint64_t idx = 0;
  std::uint64_t timestamp_nanos = 0;
  Bytes content;
  static constexpr auto kCandid =
      record(field<"idx">(&LogRecordResult::idx),
             field<"timestamp_nanos">(&LogRecordResult::timestamp_nanos),
             field<"content">(&LogRecordResult::content));
};
struct FetchLogsResult {
  std::vector<LogRecordResult> canister_log_records;
  static constexpr auto kCandid =
      record(field<"canister_log_records">(&FetchLogsResult::canister_log_records));
};

}  // namespace icpd::execution::management
