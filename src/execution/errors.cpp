#include "execution/errors.hpp"

#include <array>

#include "types/limits.hpp"
#include "types/requests.hpp"

namespace icpd::execution {
namespace {

std::string number(std::uint64_t value) {
  return std::to_string(value);
}
std::string number(Cycles value) {
  return types::to_text(value);
}

UserError error(ErrorCode code, std::string message) {
  return UserError{code, std::move(message)};
}

/// True in the middle of a UTF-8 character.
bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

}  // namespace

UserError from_canister(const CanisterId& canister, const UserError& failure) {
  return error(failure.code, "Error from Canister " + canister.text() + ": " + failure.message);
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> kUnits = {" bytes", " KiB", " MiB", " GiB", " TiB"};
  std::uint64_t unit = 1;
  std::size_t name = 0;
  for (; name + 1 < kUnits.size() && bytes / unit >= 1024; ++name)
    unit *= 1024;
  std::string text = number(bytes / unit);
  // In 128 bits, so that a rest just below a TiB doesn't overflow.
  const auto hundredths =
      static_cast<std::uint64_t>(static_cast<unsigned __int128>(bytes % unit) * 100 / unit);
  if (hundredths != 0) {
    text += '.';
    text += static_cast<char>('0' + hundredths / 10);
    if (hundredths % 10 != 0) text += static_cast<char>('0' + hundredths % 10);
  }
  return text + std::string(kUnits[name]);
}

std::string shortened(std::string text) {
  constexpr std::size_t kMax = types::limits::kRejectMessageSizeMax;
  constexpr std::string_view kGap = "...";
  if (text.size() <= kMax) return text;
  std::size_t head = kMax / 2;
  while (head > 0 && continues_character(text[head]))
    --head;
  std::size_t tail = text.size() - (kMax - kMax / 2 - kGap.size());
  while (tail < text.size() && continues_character(text[tail]))
    ++tail;
  return text.substr(0, head) + std::string(kGap) + text.substr(tail);
}

UserError no_wasm_module() {
  return error(ErrorCode::kCanisterWasmModuleNotFound,
               "Attempted to execute a message, but the canister contains no Wasm module.");
}
UserError method_not_found(std::string_view kind, std::string_view method) {
  return error(ErrorCode::kCanisterMethodNotFound,
               "Canister has no " + std::string(kind) + " method '" + std::string(method) + "'.");
}
UserError did_not_reply() {
  return error(ErrorCode::kCanisterDidNotReply, "Canister did not reply to the call");
}
UserError cannot_grow_memory() {
  return error(ErrorCode::kCanisterOutOfMemory, "Canister cannot grow its memory usage.");
}
UserError grow_out_of_cycles(std::uint64_t bytes) {
  return error(
      ErrorCode::kInsufficientCyclesInMemoryGrow,
      "Canister cannot grow memory by " + number(bytes) + " bytes due to insufficient cycles.");
}
UserError grow_over_reserved_limit(std::uint64_t bytes, Cycles limit, Cycles over) {
  return error(ErrorCode::kReservedCyclesLimitExceededInMemoryGrow,
               "Canister cannot grow memory by " + number(bytes) +
                   " bytes due to its reserved cycles limit. The current limit (" + number(limit) +
                   ") would be exceeded by " + number(over) + ".");
}
UserError wasm_memory_limit_exceeded(std::uint64_t usage, std::uint64_t limit) {
  return error(
      ErrorCode::kCanisterWasmMemoryLimitExceeded,
      "Canister exceeded its current Wasm memory limit of " + number(limit) +
          " bytes. The peak Wasm memory usage was " + number(usage) +
          " bytes. If the canister reaches 4GiB, then it may stop functioning and may become "
          "unrecoverable. Please reach out to the canister owner to investigate the reason for the "
          "increased memory usage. It might be necessary to move data from the Wasm memory to the "
          "stable memory. If such high Wasm memory usage is expected and safe, then the developer "
          "can increase the Wasm memory limit in the canister settings.");
}
UserError insufficient_cycles_in_call(const CanisterId& canister) {
  return error(ErrorCode::kCanisterContractViolation,
               "Canister " + canister.text() + " is out of cycles");
}
UserError callback_out_of_cycles(const CanisterId& canister) {
  return error(ErrorCode::kCanisterOutOfCycles,
               "Canister " + canister.text() + " is out of cycles");
}
UserError invalid_principal() {
  return error(ErrorCode::kCanisterContractViolation, "Canister provided invalid principal id");
}
UserError no_environment_variable_at(std::uint64_t index, std::uint64_t count) {
  return error(ErrorCode::kCanisterContractViolation,
               "Environment variable index " + number(index) +
                   " is out of bounds. The number of environment variables is " + number(count) +
                   ".");
}
UserError no_environment_variable(std::string_view name) {
  return error(ErrorCode::kCanisterContractViolation,
               "Environment variable " + std::string(name) + " not found.");
}

UserError canister_not_found(const CanisterId& canister) {
  return error(ErrorCode::kCanisterNotFound, "Canister " + canister.text() + " not found.");
}
UserError canister_stopped(const CanisterId& canister) {
  return error(ErrorCode::kCanisterStopped, "Canister " + canister.text() + " is stopped");
}
UserError canister_stopping(const CanisterId& canister) {
  return error(ErrorCode::kCanisterStopping, "Canister " + canister.text() + " is stopping");
}
UserError out_of_cycles(const CanisterId& canister, Cycles missing) {
  return error(ErrorCode::kCanisterOutOfCycles,
               "Canister " + canister.text() +
                   " is out of cycles: please top up the canister with at least " +
                   number(missing) + " additional cycles");
}
UserError balance_fell(Cycles missing) {
  return error(ErrorCode::kCanisterOutOfCycles,
               "The canister's balance fell during a long execution to " + number(missing) +
                   " cycles less than the execution spent.");
}
UserError install_out_of_cycles(const CanisterId& canister, Cycles missing) {
  return error(
      ErrorCode::kCanisterOutOfCycles,
      "Canister installation failed with `" + out_of_cycles(canister, missing).message + "`.");
}
UserError too_few_cycles_for_call(const CanisterId& canister, Cycles attached, Cycles minimum) {
  return error(ErrorCode::kInsufficientCyclesInCall,
               "Canister " + canister.text() + " requires at least " + number(minimum) +
                   " cycles to be attached to calls of other canisters, but only " +
                   number(attached) + " were attached.");
}
UserError composite_query_in_replicated_mode(std::string_view method) {
  return error(
      ErrorCode::kCompositeQueryCalledInReplicatedMode,
      "Composite query cannot be called in replicated mode: '" + std::string(method) + "'");
}
UserError query_too_deep(std::size_t depth_max) {
  return error(ErrorCode::kQueryCallGraphTooDeep, "Composite query calls are nested more than " +
                                                      std::to_string(depth_max) + " deep.");
}
UserError query_over_total_instructions() {
  return error(ErrorCode::kQueryCallGraphTotalInstructionLimitExceeded,
               "Composite query and the calls it makes exceeded their total instruction limit.");
}
UserError query_out_of_time() {
  return error(ErrorCode::kQueryTimeLimitExceeded,
               "Query and the calls it makes exceeded their time limit.");
}
UserError query_over_memory(std::uint64_t bytes_max) {
  return error(ErrorCode::kCanisterMemoryAccessLimitExceeded,
               "Composite query and the calls it makes stored to more than " + number(bytes_max) +
                   " bytes of memory.");
}
UserError query_of_other_subnet(const CanisterId& caller, const CanisterId& callee) {
  return from_canister(
      caller, wasm::contract_violation("a composite query cannot call canister " + callee.text() +
                                       ", which is not on the same subnet."));
}
UserError frozen_for_queries(const CanisterId& canister) {
  return error(ErrorCode::kCanisterOutOfCycles,
               "Canister " + canister.text() +
                   " is unable to process query calls because it's frozen. Please top up the "
                   "canister with cycles and try again.");
}
UserError ingress_expired(const types::RequestId& request) {
  return error(ErrorCode::kIngressMessageTimeout,
               "Ingress message 0x" + request.hex() + " timed out waiting to start executing.");
}
UserError refused_by_inspection(const CanisterId& canister) {
  return error(ErrorCode::kCanisterRejectedMessage,
               "Canister " + canister.text() + " rejected the message");
}

UserError not_controller(const CanisterId& canister, const types::Principal& sender,
                         const state::Settings& settings) {
  std::string list;
  for (const types::Principal& controller : settings.controllers)
    list += (list.empty() ? "" : " ") + controller.text();
  return error(ErrorCode::kCanisterInvalidController,
               "Only the controllers of the canister " + canister.text() +
                   " can control it.\nCanister's controllers: " + list +
                   "\nSender's ID: " + sender.text());
}
UserError invalid_argument(std::string_view why) {
  return error(ErrorCode::kInvalidManagementPayload, "Error decoding candid: " + std::string(why));
}
UserError unknown_management_method(std::string_view method) {
  return error(ErrorCode::kCanisterMethodNotFound,
               "Management canister has no method '" + std::string(method) + "'");
}
UserError management_method_not_offered(std::string_view method) {
  return error(ErrorCode::kCanisterRejectedMessage,
               "The method '" + std::string(method) +
                   "' of the management canister is not available on this subnet.");
}
UserError only_for_canisters(std::string_view method) {
  return error(ErrorCode::kCanisterRejectedMessage,
               "Only canisters can call ic00 method " + std::string(method));
}
UserError not_empty(const CanisterId& canister) {
  return error(ErrorCode::kCanisterNonEmpty,
               "Canister " + canister.text() +
                   " cannot be installed because the canister is not empty. Try installing with "
                   "mode='reinstall' instead.");
}
UserError must_be_stopped(const CanisterId& canister) {
  return error(ErrorCode::kCanisterNotStopped,
               "Canister " + canister.text() + " must be stopped before it is deleted.");
}
UserError cannot_delete_itself(const CanisterId& canister) {
  return error(ErrorCode::kCanisterInvalidController,
               "Canister " + canister.text() + " cannot delete itself.");
}
UserError queues_not_empty(const CanisterId& canister) {
  return error(ErrorCode::kCanisterQueueNotEmpty,
               "Canister " + canister.text() +
                   " has messages in its queues and cannot be deleted now. Please retry after some "
                   "time.");
}
UserError rate_limited(const CanisterId& canister) {
  return error(ErrorCode::kCanisterInstallCodeRateLimited,
               "Canister " + canister.text() +
                   " is rate limited because it executed too many instructions in the previous "
                   "install_code messages. Please retry installation after several minutes.");
}
UserError missing_upgrade_option() {
  return error(ErrorCode::kCanisterContractViolation,
               "Missing upgrade option: Enhanced orthogonal persistence requires the "
               "`wasm_memory_persistence` upgrade option.");
}
UserError invalid_upgrade_option() {
  return error(ErrorCode::kCanisterContractViolation,
               "Invalid upgrade option: The `wasm_memory_persistence: opt Keep` upgrade option "
               "requires that the new canister module supports enhanced orthogonal persistence.");
}
UserError kept_heap_too_large(std::uint64_t bytes, std::uint64_t max) {
  return error(ErrorCode::kCanisterContractViolation,
               "Invalid upgrade option: The Wasm memory to keep has " + number(bytes) +
                   " bytes, but that of the new canister module can have at most " + number(max) +
                   " bytes.");
}
UserError invalid_settings(std::string_view why) {
  return error(ErrorCode::kInvalidManagementPayload,
               "Could not validate the settings: Invalid settings: " + std::string(why));
}
UserError too_few_cycles_to_create(Cycles fee, Cycles received) {
  return error(ErrorCode::kInsufficientCyclesForCreateCanister,
               "Creating a canister requires a fee of " + number(fee) +
                   " that is deducted from the canister's initial balance but only " +
                   number(received) + " cycles were received with the create_canister request.");
}
UserError no_canister_ids_left() {
  return error(ErrorCode::kSubnetOversubscribed,
               "Could not create canister. Subnet has surpassed its canister ID allocation.");
}
UserError canister_count_limit(const types::SubnetId& subnet, std::uint64_t limit) {
  return error(ErrorCode::kMaxNumberOfCanistersReached,
               "Subnet " + subnet.text() + " has reached the allowed canister limit of " +
                   number(limit) + " canisters. Retry creating the canister.");
}
UserError canister_id_taken(const CanisterId& canister) {
  return error(ErrorCode::kCanisterIdAlreadyExists,
               "Canister " + canister.text() + " already exists.");
}
UserError canister_id_used(const CanisterId& canister) {
  return error(ErrorCode::kCanisterIdAlreadyExists,
               "Canister " + canister.text() + " was deleted, and its id cannot be reused.");
}
UserError only_with_admins(std::string_view method) {
  return error(ErrorCode::kCanisterRejectedMessage,
               std::string(method) + " is only available on subnets with subnet admins");
}
UserError only_for_admins(std::string_view method, const types::Principal& sender) {
  return error(ErrorCode::kCanisterInvalidController, "Only the admins of the subnet can call " +
                                                          std::string(method) +
                                                          ".\nSender's ID: " + sender.text());
}
UserError compute_oversubscribed(std::uint64_t requested, std::uint64_t remaining) {
  return error(ErrorCode::kSubnetOversubscribed,
               "Canister requested a compute allocation of " + number(requested) +
                   "% which cannot be satisfied because the Subnet's remaining compute capacity "
                   "is " +
                   number(remaining) + "%.");
}
UserError memory_oversubscribed(std::uint64_t requested, std::uint64_t remaining) {
  return error(ErrorCode::kSubnetOversubscribed, "Canister requested " + size_text(requested) +
                                                     " of memory but only " + size_text(remaining) +
                                                     " are available in the subnet.");
}
UserError custom_sections_oversubscribed(std::uint64_t requested, std::uint64_t remaining) {
  return error(ErrorCode::kSubnetOversubscribed, "Canister requested " + size_text(requested) +
                                                     " of Wasm custom sections memory but only " +
                                                     size_text(remaining) +
                                                     " are available in the subnet.");
}
UserError compute_allocation_out_of_cycles(std::uint64_t percent, Cycles missing) {
  return error(ErrorCode::kInsufficientCyclesInComputeAllocation,
               "Cannot increase compute allocation to " + number(percent) +
                   " due to insufficient cycles. At least " + number(missing) +
                   " additional cycles are required.");
}
UserError memory_allocation_out_of_cycles(std::uint64_t bytes, Cycles missing) {
  return error(ErrorCode::kInsufficientCyclesInMemoryAllocation,
               "Cannot increase memory allocation to " + number(bytes) +
                   " due to insufficient cycles. At least " + number(missing) +
                   " additional cycles are required.");
}
UserError allocation_over_reserved_limit(std::uint64_t bytes, Cycles limit, Cycles over) {
  return error(ErrorCode::kReservedCyclesLimitExceededInMemoryAllocation,
               "Cannot increase memory allocation to " + number(bytes) +
                   " due to its reserved cycles limit. The current limit (" + number(limit) +
                   ") would be exceeded by " + number(over) + ".");
}
UserError reserved_limit_too_low(Cycles limit, Cycles reserved) {
  return error(ErrorCode::kReservedCyclesLimitIsTooLow,
               "Cannot set the reserved cycles limit " + number(limit) +
                   " below the reserved cycles balance of the canister " + number(reserved) + ".");
}
UserError chunk_store(std::string_view why) {
  return error(ErrorCode::kCanisterRejectedMessage,
               "Error from Wasm chunk store: " + std::string(why));
}
UserError start_cancelled_stop(const CanisterId& canister) {
  return error(ErrorCode::kCanisterStoppingCancelled,
               "Canister " + canister.text() + " was restarted before it stopped.");
}
UserError stop_timed_out() {
  return error(ErrorCode::kStopCanisterRequestTimeout, "Stop canister request timed out");
}
UserError canister_uninstalled() {
  return error(ErrorCode::kCanisterRejectedMessage, "Canister has been uninstalled.");
}
UserError too_many_provisional_cycles(Cycles most) {
  return error(ErrorCode::kInvalidManagementPayload,
               "At most " + number(most) + " cycles can be provided at once.");
}
UserError long_execution_in_progress(const CanisterId& canister) {
  return error(
      ErrorCode::kCanisterRejectedMessage,
      "The canister " + canister.text() + " is currently executing a long-running message.");
}
UserError no_module_for_metadata(const CanisterId& canister) {
  return error(ErrorCode::kCanisterRejectedMessage,
               "The canister " + canister.text() +
                   " has no Wasm module and hence no metadata is available.");
}
UserError no_metadata_section(const CanisterId& canister, std::string_view name) {
  return error(ErrorCode::kCanisterRejectedMessage, "The canister " + canister.text() +
                                                        " has no metadata section with the name " +
                                                        std::string(name) + ".");
}
UserError cannot_store_more(std::uint64_t bytes, Cycles missing) {
  UserError text = grow_out_of_cycles(bytes);
  text.message += " At least " + number(missing) + " additional cycles are required.";
  return text;
}
UserError heap_delta_rate_limited(const CanisterId& canister, std::uint64_t debit,
                                  std::uint64_t limit) {
  return error(ErrorCode::kCanisterHeapDeltaRateLimited,
               "Canister " + canister.text() +
                   " is heap delta rate limited: current delta debit is " + number(debit) +
                   ", but limit is " + number(limit) + ".");
}
UserError wrong_sender_version(std::uint64_t given, std::uint64_t actual) {
  return error(ErrorCode::kCanisterContractViolation,
               "Canister violated contract: sender_canister_version is " + number(given) +
                   ", but the sender's version is " + number(actual) + ".");
}

UserError subnet_not_found(const types::Principal& subnet) {
  return error(ErrorCode::kSubnetNotFound, "Subnet " + subnet.text() + " not found.");
}
UserError no_such_key(std::string_view method, std::string_view key) {
  return error(ErrorCode::kCanisterRejectedMessage,
               "The method '" + std::string(method) + "' needs the threshold key '" +
                   std::string(key) + "', which no subnet of this network has.");
}
UserError no_bitcoin_network(std::string_view method, std::string_view network) {
  return error(ErrorCode::kCanisterRejectedMessage,
               "The method '" + std::string(method) + "' needs the Bitcoin network '" +
                   std::string(network) + "', to which this network is not connected.");
}

UserError snapshot_not_found(const state::SnapshotId& id, const CanisterId& canister) {
  return error(ErrorCode::kCanisterSnapshotNotFound, "Could not find the snapshot ID " + id.text() +
                                                         " for canister " + canister.text() + ".");
}
UserError snapshot_of_another(const state::SnapshotId& id, const CanisterId& canister) {
  return error(
      ErrorCode::kCanisterRejectedMessage,
      "The snapshot " + id.text() + " does not belong to canister " + canister.text() + ".");
}
UserError snapshot_not_controller() {
  return error(ErrorCode::kCanisterRejectedMessage,
               "Only a controller of the canister that the snapshot belongs to can load it.");
}
UserError snapshot_limit_reached(const CanisterId& canister, std::uint64_t limit) {
  return error(ErrorCode::kCanisterRejectedMessage,
               "Canister " + canister.text() + " has " + number(limit) +
                   " snapshots and can have no more. Replace one or delete one.");
}
UserError nothing_to_snapshot(const CanisterId& canister) {
  return error(ErrorCode::kCanisterRejectedMessage,
               "Canister " + canister.text() +
                   " is empty, so there is nothing that a snapshot could be taken of.");
}
UserError snapshot_not_loadable(const state::SnapshotId& id, std::string_view why) {
  return error(ErrorCode::kCanisterRejectedMessage,
               "The snapshot " + id.text() + " cannot be loaded: " + std::string(why));
}
UserError snapshot_immutable(const state::SnapshotId& id) {
  return error(ErrorCode::kCanisterSnapshotImmutable,
               "The snapshot " + id.text() +
                   " was taken from a canister. Only snapshots made by metadata upload can be "
                   "changed.");
}
UserError invalid_snapshot(std::string_view why) {
  return error(ErrorCode::kInvalidManagementPayload, "Invalid snapshot: " + std::string(why));
}

}  // namespace icpd::execution
