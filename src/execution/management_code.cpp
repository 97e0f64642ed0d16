#include "crypto/hash.hpp"
#include "execution/canister_cycles.hpp"
#include "execution/install_plan.hpp"
#include "execution/management_handlers.hpp"
#include "execution/management_storage.hpp"

namespace icpd::execution {
namespace {

using namespace management;

Bytes hash_reply(const crypto::Digest& hash) {
  return candid::encode_args(ChunkHash{hash.view()});
}

/// Memory and cycles for one more chunk.
Status<UserError> pay_for_chunk(const ManagementScope& scope, state::CanisterState& canister) {
  ResourceUse after = resource_use(canister);
  after.memory_usage += types::limits::kWasmChunkSizeMax;
  const StorageBill bill = TRY(bill_for(scope, kUploadChunkInstructions, after, canister));
  if (bill.lacking != Cycles{0})
    return Err(chunk_store("Cannot upload chunk. At least " + types::to_text(bill.lacking) +
                           " additional cycles are required."));
  pay(bill, canister);
  return {};
}

}  // namespace

ManagementResult install_code(ManagementScope& scope, ManagementCall& call) {
  const CanisterId target = TRY(install_target(call));
  (void)TRY(target_of(scope, call, target));
  state::SubnetCalls& calls = scope.state.write_metadata().calls;
  calls.install_code.emplace(calls.new_id(),
                             state::InstallCodeCall{call.message, target, scope.round.time});
  if (const auto* ingress = std::get_if<Shared<state::Ingress>>(&call.message))
    scope.state.set_ingress(**ingress, state::IngressProcessing{});
  return Later{};
}

ManagementResult upload_chunk(ManagementScope& scope, ManagementCall& call) {
  const auto args = TRY(decode_argument<UploadChunkArgs>(call));
  auto canister = TRY(target_of(scope, call, args.canister_id));
  if (args.chunk.size() > types::limits::kWasmChunkSizeMax)
    return Err(chunk_store("Wasm chunk size " + std::to_string(args.chunk.size()) +
                           " exceeds the maximum chunk size of " +
                           std::to_string(types::limits::kWasmChunkSizeMax) + "."));
  state::CanisterState& changed = canister.write();
  // A slice of its own: the chunk must not keep the whole message in memory.
  const state::Blob chunk = state::Blob::of(Slice::copy_of(args.chunk));
  if (changed.chunks->contains(chunk.hash)) return hash_reply(chunk.hash);
  if (changed.chunks->size() >= types::limits::kWasmChunksMax)
    return Err(chunk_store("Chunk store has already reached maximum capacity of " +
                           std::to_string(types::limits::kWasmChunksMax) + " chunks."));
  TRY(pay_for_chunk(scope, changed));
  changed.chunks.write().emplace(chunk.hash, chunk);
  put_back(scope, std::move(canister));
  return hash_reply(chunk.hash);
}

ManagementResult clear_chunk_store(ManagementScope& scope, ManagementCall& call) {
  const auto args = TRY(decode_argument<CanisterIdRecord>(call));
  auto canister = TRY(target_of(scope, call, args.canister_id));
  canister.write().chunks = Cow<state::ChunkStore>();
  put_back(scope, std::move(canister));
  return no_values();
}

ManagementResult stored_chunks(ManagementScope& scope, ManagementCall& call) {
  const auto args = TRY(decode_argument<CanisterIdRecord>(call));
  const auto canister = TRY(target_of(scope, call, args.canister_id));
  std::vector<ChunkHash> hashes;
  for (const auto& [hash, chunk] : *canister->chunks)
    hashes.push_back({hash.view()});
  return candid::encode_args(hashes);
}

}  // namespace icpd::execution
