// Snapshots piece by piece: reading them out, and making them anew from what was read.

#include <bit>

#include "execution/canister_cycles.hpp"
#include "execution/canister_run.hpp"
#include "execution/management_handlers.hpp"
#include "execution/management_snapshot_types.hpp"
#include "execution/management_storage.hpp"
#include "execution/snapshot_rules.hpp"
#include "execution/wasm/acceptance.hpp"

namespace icpd::execution {
namespace {

namespace limits = types::limits;
using namespace management;
using state::CanisterState;
using state::Snapshot;

// ------------------------------------------------------------------------------------- metadata

template <std::size_t I, typename V>
V alternative(std::variant_alternative_t<I, V> value = {}) {
  return V(std::in_place_index<I>, std::move(value));
}

GlobalVariant to_arg(const state::Global& global) {
  switch (global.type) {
    case state::GlobalType::kI32:
      return alternative<0, GlobalVariant>({static_cast<std::int32_t>(global.low)});
    case state::GlobalType::kI64:
      return alternative<1, GlobalVariant>({static_cast<std::int64_t>(global.low)});
    case state::GlobalType::kF32:
      return alternative<2, GlobalVariant>(
          {std::bit_cast<float>(static_cast<std::uint32_t>(global.low))});
    case state::GlobalType::kF64:
      return alternative<3, GlobalVariant>({std::bit_cast<double>(global.low)});
    case state::GlobalType::kV128:
      return alternative<4, GlobalVariant>({Uint128{global.high} << 64 | global.low});
  }
  unreachable_state("a global type outside its enumeration");
}

state::Global to_state(const GlobalVariant& global) {
  state::Global result;
  result.type = static_cast<state::GlobalType>(global.index());
  if (const auto* i32 = std::get_if<0>(&global))
    result.low = static_cast<std::uint32_t>(i32->value);
  else if (const auto* i64 = std::get_if<1>(&global))
    result.low = static_cast<std::uint64_t>(i64->value);
  else if (const auto* f32 = std::get_if<2>(&global))
    result.low = std::bit_cast<std::uint32_t>(f32->value);
  else if (const auto* f64 = std::get_if<3>(&global))
    result.low = std::bit_cast<std::uint64_t>(f64->value);
  else if (const auto* v128 = std::get_if<4>(&global)) {
    result.low = static_cast<std::uint64_t>(v128->value);
    result.high = static_cast<std::uint64_t>(v128->value >> 64);
  }
  return result;
}

TimerVariant to_arg(const std::optional<Time>& timer) {
  if (!timer) return alternative<0, TimerVariant>();
  return alternative<1, TimerVariant>({timer->ns});
}

HookVariant to_arg(state::LowMemoryHook hook) {
  switch (hook) {
    case state::LowMemoryHook::kConditionNotSatisfied:
      return alternative<0, HookVariant>();
    case state::LowMemoryHook::kReady:
      return alternative<1, HookVariant>();
    case state::LowMemoryHook::kExecuted:
      return alternative<2, HookVariant>();
  }
  unreachable_state("a hook status outside its enumeration");
}

SourceVariant to_arg(state::SnapshotSource source) {
  if (source == state::SnapshotSource::kTakenFromCanister) return alternative<0, SourceVariant>();
  return alternative<1, SourceVariant>();
}

Status<UserError> check_memory(const char* name, std::uint64_t bytes, std::uint64_t max) {
  if (bytes > max)
    return Err(invalid_snapshot("the " + std::string(name) + " has " + std::to_string(bytes) +
                                " bytes, but can have at most " + std::to_string(max) + "."));
  if (bytes % limits::kWasmPageSize != 0)
    return Err(invalid_snapshot("the " + std::string(name) + " has " + std::to_string(bytes) +
                                " bytes, which is no whole number of pages."));
  return {};
}

Status<UserError> check_metadata(const UploadSnapshotMetadataArgs& args) {
  TRY(check_memory("Wasm memory", args.wasm_memory_size, limits::kHeapSizeMax64));
  TRY(check_memory("stable memory", args.stable_memory_size, limits::kStableSizeMax));
  if (args.wasm_module_size > limits::kWasmModuleSizeMax)
    return Err(invalid_snapshot("the module has " + std::to_string(args.wasm_module_size) +
                                " bytes, but can have at most " +
                                std::to_string(limits::kWasmModuleSizeMax) + "."));
  if (args.certified_data.size() > limits::kCertifiedDataSizeMax)
    return Err(invalid_snapshot(
        "the certified data has " + std::to_string(args.certified_data.size()) +
        " bytes, but can have at most " + std::to_string(limits::kCertifiedDataSizeMax) + "."));
  if (args.globals.size() > wasm::module_limits::kGlobalsMax)
    return Err(invalid_snapshot("there are " + std::to_string(args.globals.size()) +
                                " globals, but there can be at most " +
                                std::to_string(wasm::module_limits::kGlobalsMax) + "."));
  return {};
}

/// All zero as yet.
Snapshot snapshot_of(const UploadSnapshotMetadataArgs& args, Time now, std::uint64_t version) {
  Snapshot snapshot;
  snapshot.source = state::SnapshotSource::kMetadataUpload;
  snapshot.taken_at = now;
  snapshot.canister_version = version;
  snapshot.module = state::ModuleDraft{{}, args.wasm_module_size};
  snapshot.heap.size_bytes = args.wasm_memory_size;
  snapshot.stable.size_bytes = args.stable_memory_size;
  for (const GlobalVariant& global : args.globals)
    snapshot.globals.push_back(to_state(global));
  snapshot.certified_data = Slice::copy_of(args.certified_data);
  if (args.global_timer) {
    const auto* active = std::get_if<1>(&*args.global_timer);
    snapshot.global_timer.emplace(active == nullptr ? std::nullopt
                                                    : std::optional(Time{active->value}));
  }
  if (args.on_low_wasm_memory_hook_status)
    snapshot.low_memory_hook =
        static_cast<state::LowMemoryHook>(args.on_low_wasm_memory_hook_status->index());
  return snapshot;
}

// ----------------------------------------------------------------------------------------- data

Status<UserError> check_range(const char* name, std::uint64_t offset, std::uint64_t size,
                              std::uint64_t within) {
  if (offset <= within && size <= within - offset) return {};
  return Err(invalid_snapshot(std::to_string(size) + " bytes at " + std::to_string(offset) +
                              " do not lie within the " + name + " of " + std::to_string(within) +
                              " bytes."));
}

Result<Bytes, UserError> read_chunk(const Snapshot& snapshot, const ChunkHash& wanted) {
  const auto hash = crypto::Digest::from(wanted.hash);
  const auto found = hash ? snapshot.chunks->find(*hash) : snapshot.chunks->end();
  if (found == snapshot.chunks->end())
    return Err(chunk_store("Chunk hash " + to_hex(wanted.hash) + " was not found."));
  return to_bytes(found->second.bytes.view());
}

Result<Bytes, UserError> read_memory(const char* name, const state::Memory& memory,
                                     const SnapshotRange& range) {
  TRY(check_range(name, range.offset, range.size, memory.size_bytes));
  Bytes part(range.size);
  memory.pages.read(range.offset, part);
  return part;
}

Status<UserError> check_slice(const SnapshotRange& range) {
  if (range.size <= limits::kSnapshotSliceSizeMax) return {};
  return Err(invalid_snapshot(std::to_string(range.size) + " bytes are asked for, but at most " +
                              std::to_string(limits::kSnapshotSliceSizeMax) +
                              " can be read at once."));
}

Result<Bytes, UserError> read_part(const Snapshot& snapshot,
                                   const ReadSnapshotDataArgs::Kind& kind) {
  if (const auto* chunk = std::get_if<3>(&kind)) return read_chunk(snapshot, chunk->value);
  if (const auto* module = std::get_if<0>(&kind)) {
    const SnapshotRange& range = module->value;
    TRY(check_slice(range));
    TRY(check_range("module", range.offset, range.size, snapshot.module_size_bytes()));
    return snapshot.module_part(range.offset, range.size);
  }
  if (const auto* heap = std::get_if<1>(&kind)) {
    TRY(check_slice(heap->value));
    return read_memory("Wasm memory", snapshot.heap, heap->value);
  }
  const SnapshotRange& range = std::get<2>(kind).value;
  TRY(check_slice(range));
  return read_memory("stable memory", snapshot.stable, range);
}

std::uint64_t pages_touched(std::uint64_t offset, std::uint64_t size) {
  if (size == 0) return 0;
  return (offset + size - 1) / state::kPageSize - offset / state::kPageSize + 1;
}

/// Writes the piece into the snapshot. Gives the bytes of pages that it touched.
Result<std::uint64_t, UserError> write_part(const UploadSnapshotDataArgs& args,
                                            Snapshot& snapshot) {
  const auto write = [&](const char* name, state::PageMap& pages, std::uint64_t size,
                         const SnapshotOffset& at) -> Result<std::uint64_t, UserError> {
    TRY(check_range(name, at.offset, args.chunk.size(), size));
    pages.write(at.offset, args.chunk);
    return pages_touched(at.offset, args.chunk.size()) * state::kPageSize;
  };
  if (const auto* module = std::get_if<0>(&args.kind)) {
    auto& draft = std::get<state::ModuleDraft>(snapshot.module);
    return write("module", draft.pages, draft.size_bytes, module->value);
  }
  if (const auto* heap = std::get_if<1>(&args.kind))
    return write("Wasm memory", snapshot.heap.pages, snapshot.heap.size_bytes, heap->value);
  if (const auto* stable = std::get_if<2>(&args.kind))
    return write("stable memory", snapshot.stable.pages, snapshot.stable.size_bytes, stable->value);

  if (args.chunk.size() > limits::kWasmChunkSizeMax)
    return Err(chunk_store("Wasm chunk size " + std::to_string(args.chunk.size()) +
                           " exceeds the maximum chunk size of " +
                           std::to_string(limits::kWasmChunkSizeMax) + "."));
  // A slice of its own: the chunk must not keep the whole message in memory.
  const state::Blob chunk = state::Blob::of(Slice::copy_of(args.chunk));
  if (snapshot.chunks->contains(chunk.hash)) return std::uint64_t{0};
  if (snapshot.chunks->size() >= limits::kWasmChunksMax)
    return Err(chunk_store("Chunk store has already reached maximum capacity of " +
                           std::to_string(limits::kWasmChunksMax) + " chunks."));
  snapshot.chunks.write().emplace(chunk.hash, chunk);
  return std::uint64_t{limits::kWasmChunkSizeMax};
}

}  // namespace

ManagementResult read_canister_snapshot_metadata(ManagementScope& scope, ManagementCall& call) {
  const auto args = TRY(decode_argument<SnapshotArgs>(call));
  const auto canister = TRY(target_of(scope, call, args.canister_id));
  const std::uint64_t number = TRY(find_snapshot(*canister, args.snapshot_id));
  const Snapshot& snapshot = *canister->snapshots->find(number);
  SnapshotMetadata result;
  result.source = to_arg(snapshot.source);
  result.taken_at_timestamp = snapshot.taken_at.ns;
  result.wasm_module_size = snapshot.module_size_bytes();
  for (const state::Global& global : snapshot.globals)
    result.globals.push_back(to_arg(global));
  result.wasm_memory_size = snapshot.heap.size_bytes;
  result.stable_memory_size = snapshot.stable.size_bytes;
  for (const auto& [hash, chunk] : *snapshot.chunks)
    result.wasm_chunk_store.push_back({hash.view()});
  result.canister_version = snapshot.canister_version;
  result.certified_data = snapshot.certified_data.view();
  if (snapshot.global_timer) result.global_timer = to_arg(*snapshot.global_timer);
  if (snapshot.low_memory_hook)
    result.on_low_wasm_memory_hook_status = to_arg(*snapshot.low_memory_hook);
  return candid::encode_args(result);
}

ManagementResult read_canister_snapshot_data(ManagementScope& scope, ManagementCall& call) {
  const auto args = TRY(decode_argument<ReadSnapshotDataArgs>(call));
  auto canister = TRY(target_of(scope, call, args.canister_id));
  const std::uint64_t number = TRY(find_snapshot(*canister, args.snapshot_id));
  ReadSnapshotDataResult result;
  result.chunk = TRY(read_part(*canister->snapshots->find(number), args.kind));
  const std::uint64_t instructions = kSnapshotDataInstructions + result.chunk.size();
  TRY(pay_for(scope, instructions, resource_use(*canister), canister.write()));
  call.instructions = instructions;
  put_back(scope, std::move(canister));
  return candid::encode_args(result);
}

ManagementResult upload_canister_snapshot_metadata(ManagementScope& scope, ManagementCall& call) {
  const auto args = TRY(decode_argument<UploadSnapshotMetadataArgs>(call));
  auto canister = TRY(target_of(scope, call, args.canister_id));
  TRY(check_metadata(args));
  CanisterState after = *canister;
  const state::SnapshotId id = TRY(add_snapshot(
      after, snapshot_of(args, scope.round.time, canister->version), args.replace_snapshot));
  CanisterState& changed = canister.write();
  TRY(pay_for(scope, kSnapshotDataInstructions, resource_use(after), changed));
  call.instructions = kSnapshotDataInstructions;
  changed.snapshots = after.snapshots;
  put_back(scope, std::move(canister));
  return candid::encode_args(UploadSnapshotMetadataResult{id.bytes()});
}

ManagementResult upload_canister_snapshot_data(ManagementScope& scope, ManagementCall& call) {
  const auto args = TRY(decode_argument<UploadSnapshotDataArgs>(call));
  auto canister = TRY(target_of(scope, call, args.canister_id));
  const std::uint64_t number = TRY(find_snapshot(*canister, args.snapshot_id));
  if (canister->snapshots->find(number)->source != state::SnapshotSource::kMetadataUpload)
    return Err(snapshot_immutable({args.canister_id, number}));
  TRY(check_heap_delta_rate(scope.round, *canister));
  CanisterState after = *canister;
  const std::uint64_t written = TRY(write_part(args, after.snapshots.write().write(number)));
  const std::uint64_t instructions = kSnapshotDataInstructions + args.chunk.size();
  CanisterState& changed = canister.write();
  TRY(pay_for(scope, instructions, resource_use(after), changed));
  call.instructions = instructions;
  changed.snapshots = after.snapshots;
  add_debits(changed, scope.round.round, {.heap_delta_bytes = written});
  scope.state.write_metadata().heap_delta_bytes += written;
  put_back(scope, std::move(canister));
  return no_values();
}

}  // namespace icpd::execution
