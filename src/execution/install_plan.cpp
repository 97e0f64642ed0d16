#include "execution/install_plan.hpp"

#include "execution/install_run.hpp"

namespace icpd::execution {
namespace {

using namespace management;

constexpr std::string_view kPersistenceSection = "enhanced-orthogonal-persistence";

void set_mode(InstallPlan& plan, const InstallMode& mode) {
  plan.mode = static_cast<state::InstallMode>(mode.index());
  const auto* upgrade = std::get_if<2>(&mode);
  if (upgrade == nullptr || !upgrade->value) return;
  plan.skip_pre_upgrade = upgrade->value->skip_pre_upgrade.value_or(false);
  if (const auto& persistence = upgrade->value->wasm_memory_persistence)
    plan.keep_heap = persistence->index() == 0;
}

bool is_chunked(const ManagementCall& call) {
  return call.method == "install_chunked_code";
}

Result<InstallPlan, UserError> read_chunked(const ManagementScope& scope,
                                            const ManagementCall& call) {
  const auto args = TRY(decode_argument<InstallChunkedCodeArgs>(call));
  const CanisterId store_id = args.store_canister.value_or(args.target_canister);
  const state::CanisterState* store = scope.state.find(store_id);
  if (store == nullptr) return Err(canister_not_found(store_id));
  if (call.caller != store_id.principal && !store->is_controller(call.caller))
    return Err(not_controller(store_id, call.caller, *store->settings));
  InstallPlan plan;
  set_mode(plan, args.mode);
  plan.module = TRY(assemble_chunks(*store, args));
  plan.arg = call.arg.part(args.arg);
  plan.sender_version = args.sender_canister_version;
  plan.assembly_instructions = args.chunk_hashes_list.size() * types::limits::kWasmChunkSizeMax;
  return plan;
}

Result<InstallPlan, UserError> read_whole(const ManagementCall& call) {
  const auto args = TRY(decode_argument<InstallCodeArgs>(call));
  InstallPlan plan;
  set_mode(plan, args.mode);
  plan.module = call.arg.part(args.wasm_module);
  plan.arg = call.arg.part(args.arg);
  plan.sender_version = args.sender_canister_version;
  return plan;
}

}  // namespace

Shared<state::Module> module_record(state::Blob uploaded, const wasm::ModuleFacts& facts) {
  static_assert(state::kSystemMethods == wasm::kHookCount);
  state::Module record;
  record.code = std::move(uploaded);
  record.system_methods = facts.hooks;
  for (const wasm::MetadataSection& section : facts.metadata)
    record.metadata.emplace(
        section.name, state::Metadata{static_cast<state::MetadataVisibility>(section.visibility),
                                      section.content});
  return state::seal(std::move(record));
}

Result<CanisterId, UserError> install_target(const ManagementCall& call) {
  if (is_chunked(call)) return TRY(decode_argument<InstallChunkedCodeArgs>(call)).target_canister;
  return TRY(decode_argument<InstallCodeArgs>(call)).canister_id;
}

Result<Slice, UserError> assemble_chunks(const state::CanisterState& store,
                                         const InstallChunkedCodeArgs& args) {
  if (args.chunk_hashes_list.size() > types::limits::kWasmChunksMax)
    return Err(chunk_store(
        "the list of chunks has " + std::to_string(args.chunk_hashes_list.size()) +
        " entries, but can have at most " + std::to_string(types::limits::kWasmChunksMax) + "."));
  Bytes module;
  for (const ChunkHash& chunk : args.chunk_hashes_list) {
    const auto hash = crypto::Digest::from(chunk.hash);
    const auto found = hash ? store.chunks->find(*hash) : store.chunks->end();
    if (found == store.chunks->end())
      return Err(chunk_store("Chunk hash " + to_hex(chunk.hash) + " was not found."));
    append(module, found->second.bytes.view());
  }
  if (!equal(crypto::sha256(module).view(), args.wasm_module_hash))
    return Err(chunk_store("the hash of the assembled module is " + crypto::sha256(module).hex() +
                           ", but " + to_hex(args.wasm_module_hash) + " was expected."));
  return Slice(std::move(module));
}

Result<InstallPlan, UserError> plan_install(const ManagementScope& scope,
                                            const ManagementCall& call,
                                            const state::CanisterState& canister) {
  (void)TRY(target_of(scope, call, canister.id));
  InstallPlan plan = is_chunked(call) ? TRY(read_chunked(scope, call)) : TRY(read_whole(call));
  plan.caller = call.caller;
  if (plan.mode == state::InstallMode::kInstall && canister.has_code())
    return Err(not_empty(canister.id));
  if (plan.mode == state::InstallMode::kUpgrade && !canister.has_code())
    return Err(from_canister(canister.id, no_wasm_module()));
  if (scope.round.subnet.fees.charges() && install_debit(canister, scope.round.round) > 0)
    return Err(rate_limited(canister.id));
  return plan;
}

Status<UserError> check_custom_sections(const state::ReplicatedState& state,
                                        const state::CanisterState& canister,
                                        const state::Module& next) {
  const std::uint64_t own =
      canister.has_code() ? (*canister.execution)->module->metadata_size_bytes() : 0;
  const std::uint64_t in_use = state.index().totals().custom_section_bytes;
  ensure(own <= in_use, "the sum over all canisters has this one's part");
  const std::uint64_t wanted = next.metadata_size_bytes();
  const std::uint64_t growth = wanted > own ? wanted - own : 0;
  const std::uint64_t left = types::limits::kSubnetCustomSectionsMax > in_use
                                 ? types::limits::kSubnetCustomSectionsMax - in_use
                                 : 0;
  if (growth > left) return Err(custom_sections_oversubscribed(growth, left));
  return {};
}

Status<UserError> check_persistence(const InstallPlan& plan, const state::CanisterState& canister,
                                    const wasm::ModuleFacts& module) {
  if (plan.mode != state::InstallMode::kUpgrade) return {};
  const auto& old = (*canister.execution)->module->metadata;
  const auto was = old.find(std::string(kPersistenceSection));
  const bool was_persistent =
      was != old.end() && was->second.visibility == state::MetadataVisibility::kPrivate;
  if (was_persistent && !plan.keep_heap) return Err(missing_upgrade_option());
  const wasm::MetadataSection* is = module.find_metadata(kPersistenceSection);
  const bool is_persistent =
      is != nullptr && is->visibility == wasm::MetadataSection::Visibility::kPrivate;
  if (plan.keep_heap.value_or(false) && !is_persistent) return Err(invalid_upgrade_option());
  return {};
}

}  // namespace icpd::execution
