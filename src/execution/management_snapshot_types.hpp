// Arguments and results of the snapshot methods, as ic.did (interface specification 0.66.0)
// declares them. What management_types.hpp says of views and amounts holds here.
#pragma once

#include "execution/management_types.hpp"

namespace icpd::execution::management {

struct TakeSnapshotArgs {
  CanisterId canister_id;
  std::optional<ByteView> replace_snapshot;
  std::optional<bool> uninstall_code;
  std::optional<std::uint64_t> sender_canister_version;
  static constexpr auto kCandid =
      record(field<"canister_id">(&TakeSnapshotArgs::canister_id),
             field<"replace_snapshot">(&TakeSnapshotArgs::replace_snapshot),
             field<"uninstall_code">(&TakeSnapshotArgs::uninstall_code),
             field<"sender_canister_version">(&TakeSnapshotArgs::sender_canister_version));
};
struct SnapshotResult {
  Bytes id;
  std::uint64_t taken_at_timestamp = 0;
  std::uint64_t total_size = 0;
  static constexpr auto kCandid =
      record(field<"id">(&SnapshotResult::id),
             field<"taken_at_timestamp">(&SnapshotResult::taken_at_timestamp),
             field<"total_size">(&SnapshotResult::total_size));
};

struct LoadSnapshotArgs {
  CanisterId canister_id;
  ByteView snapshot_id;
  std::optional<std::uint64_t> sender_canister_version;
  static constexpr auto kCandid =
      record(field<"canister_id">(&LoadSnapshotArgs::canister_id),
             field<"snapshot_id">(&LoadSnapshotArgs::snapshot_id),
             field<"sender_canister_version">(&LoadSnapshotArgs::sender_canister_version));
};

/// Arguments that name a snapshot and nothing else.
struct SnapshotArgs {
  CanisterId canister_id;
  ByteView snapshot_id;
  static constexpr auto kCandid = record(field<"canister_id">(&SnapshotArgs::canister_id),
                                         field<"snapshot_id">(&SnapshotArgs::snapshot_id));
};

// ------------------------------------------------------------------------------------- metadata

using SourceVariant = LoadSnapshotDetails::Source;
/// In the order of state::GlobalType.
using GlobalVariant = Variants<Case<"i32", std::int32_t>, Case<"i64", std::int64_t>,
                               Case<"f32", float>, Case<"f64", double>, Case<"v128", Uint128>>;
using TimerVariant = Variants<Case<"inactive">, Case<"active", std::uint64_t>>;
/// In the order of state::LowMemoryHook.
using HookVariant = Variants<Case<"condition_not_satisfied">, Case<"ready">, Case<"executed">>;

struct SnapshotMetadata {
  SourceVariant source;
  std::uint64_t taken_at_timestamp = 0;
  std::uint64_t wasm_module_size = 0;
  std::vector<GlobalVariant> globals;
  std::uint64_t wasm_memory_size = 0;
  std::uint64_t stable_memory_size = 0;
  std::vector<ChunkHash> wasm_chunk_store;
  std::uint64_t canister_version = 0;
  ByteView certified_data;
  std::optional<TimerVariant> global_timer;
  std::optional<HookVariant> on_low_wasm_memory_hook_status;
  static constexpr auto kCandid = record(
      field<"source">(&SnapshotMetadata::source),
      field<"taken_at_timestamp">(&SnapshotMetadata::taken_at_timestamp),
      field<"wasm_module_size">(&SnapshotMetadata::wasm_module_size),
      field<"globals">(&SnapshotMetadata::globals),
      field<"wasm_memory_size">(&SnapshotMetadata::wasm_memory_size),
      field<"stable_memory_size">(&SnapshotMetadata::stable_memory_size),
      field<"wasm_chunk_store">(&SnapshotMetadata::wasm_chunk_store),
      field<"canister_version">(&SnapshotMetadata::canister_version),
      field<"certified_data">(&SnapshotMetadata::certified_data),
      field<"global_timer">(&SnapshotMetadata::global_timer),
      field<"on_low_wasm_memory_hook_status">(&SnapshotMetadata::on_low_wasm_memory_hook_status));
};

struct UploadSnapshotMetadataArgs {
  CanisterId canister_id;
  std::optional<ByteView> replace_snapshot;
  std::uint64_t wasm_module_size = 0;
  std::vector<GlobalVariant> globals;
  std::uint64_t wasm_memory_size = 0;
  std::uint64_t stable_memory_size = 0;
  ByteView certified_data;
  std::optional<TimerVariant> global_timer;
  std::optional<HookVariant> on_low_wasm_memory_hook_status;
  static constexpr auto kCandid =
      record(field<"canister_id">(&UploadSnapshotMetadataArgs::canister_id),
             field<"replace_snapshot">(&UploadSnapshotMetadataArgs::replace_snapshot),
             field<"wasm_module_size">(&UploadSnapshotMetadataArgs::wasm_module_size),
             field<"globals">(&UploadSnapshotMetadataArgs::globals),
             field<"wasm_memory_size">(&UploadSnapshotMetadataArgs::wasm_memory_size),
             field<"stable_memory_size">(&UploadSnapshotMetadataArgs::stable_memory_size),
             field<"certified_data">(&UploadSnapshotMetadataArgs::certified_data),
             field<"global_timer">(&UploadSnapshotMetadataArgs::global_timer),
             field<"on_low_wasm_memory_hook_status">(
                 &UploadSnapshotMetadataArgs::on_low_wasm_memory_hook_status));
};
struct UploadSnapshotMetadataResult {
  Bytes snapshot_id;
  static constexpr auto kCandid =
      record(field<"snapshot_id">(&UploadSnapshotMetadataResult::snapshot_id));
};

// ----------------------------------------------------------------------------------------- data

struct SnapshotRange {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  static constexpr auto kCandid =
      record(field<"offset">(&SnapshotRange::offset), field<"size">(&SnapshotRange::size));
};
struct SnapshotOffset {
  std::uint64_t offset = 0;
  static constexpr auto kCandid = record(field<"offset">(&SnapshotOffset::offset));
};

struct ReadSnapshotDataArgs {
  using Kind = Variants<Case<"wasm_module", SnapshotRange>, Case<"wasm_memory", SnapshotRange>,
                        Case<"stable_memory", SnapshotRange>, Case<"wasm_chunk", ChunkHash>>;
  CanisterId canister_id;
  ByteView snapshot_id;
  Kind kind;
  static constexpr auto kCandid = record(field<"canister_id">(&ReadSnapshotDataArgs::canister_id),
                                         field<"snapshot_id">(&ReadSnapshotDataArgs::snapshot_id),
                                         field<"kind">(&ReadSnapshotDataArgs::kind));
};
struct ReadSnapshotDataResult {
  Bytes chunk;
  static constexpr auto kCandid = record(field<"chunk">(&ReadSnapshotDataResult::chunk));
};

struct UploadSnapshotDataArgs {
  using Kind = Variants<Case<"wasm_module", SnapshotOffset>, Case<"wasm_memory", SnapshotOffset>,
                        Case<"stable_memory", SnapshotOffset>, Case<"wasm_chunk">>;
  CanisterId canister_id;
  ByteView snapshot_id;
  Kind kind;
  ByteView chunk;
  static constexpr auto kCandid = record(field<"canister_id">(&UploadSnapshotDataArgs::canister_id),
                                         field<"snapshot_id">(&UploadSnapshotDataArgs::snapshot_id),
                                         field<"kind">(&UploadSnapshotDataArgs::kind),
                                         field<"chunk">(&UploadSnapshotDataArgs::chunk));
};

}  // namespace icpd::execution::management
