// What a running canister may ask of its surroundings: the System API as one abstract interface.
//
// The engine (engine.hpp) owns everything about Wasm: signatures, 32 and 64 bit, the guest's
// memory, instruction charges, and the check that a function is allowed in the current context.
// An implementation of SystemApi owns what the functions mean. It is given values and gives values
// back; it never sees an engine type nor an address.
//
// For each call the engine does, in this order:
//   1. takes the function's charge (system_api_table.hpp: fixed + per byte); below zero in total
//      ends the execution with the instruction limit;
//   2. refuses a context in which the table doesn't allow the function: IC0504
//      `"ic0.<name>" cannot be executed in <mode> mode`;
//   3. calls the method below;
//   4. copies results into the guest's memory; out of bounds traps "heap out of bounds".
// Blobs that the specification gives as a pair foo_size/foo_copy are one method foo(): the engine
// does the slicing and its bounds checks.
//
// Whatever an execution did is discarded by the owner of the SystemApi if it ends in a Failure.
// Methods may not throw and may not run a guest.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "execution/wasm/context.hpp"
#include "execution/wasm/failure.hpp"
#include "types/numbers.hpp"

namespace icpd::execution::wasm {

/// A range of the guest's memory that a System API function was given. Reading it can fail, so
/// that an implementation decides which of several errors comes first.
class GuestBytes {
 public:
  GuestBytes(ByteView memory, std::uint64_t address, std::uint64_t size)
      : memory_(memory), address_(address), size_(size) {}

  /// As the guest said; not checked against anything.
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] bool in_bounds() const {
    return size_ <= memory_.size() && address_ <= memory_.size() - size_;
  }
  /// "heap out of bounds" unless in_bounds(). The view is valid until the method returns.
  [[nodiscard]] HostResult<ByteView> read() const {
    if (!in_bounds()) return Err(trapped(TrapCode::kHeapOutOfBounds));
    return memory_.subspan(address_, size_);
  }

 private:
  ByteView memory_;
  std::uint64_t address_;
  std::uint64_t size_;
};

/// A function of the guest's table and the value it will be called with. Table indexes above
/// 2^32 - 1 arrive as 2^32 - 1, which no table has.
struct Callback {
  std::uint32_t function = 0;
  std::uint64_t environment = 0;
  bool operator==(const Callback&) const = default;
};

struct NewCall {
  GuestBytes callee;
  GuestBytes method;
  Callback on_reply;
  Callback on_reject;
};

/// Answer to a guest that wants more memory: yes, or "not now" (the guest gets -1). A Failure ends
/// the execution.
enum class GrowAnswer : std::uint8_t { kGranted, kRefused };

/// Answers 1 and 2 leave the guest's memory as it is.
enum class CostAnswer : std::uint32_t { kOk = 0, kUnknownCurveOrAlgorithm = 1, kUnknownKey = 2 };
struct SigningCost {
  CostAnswer answer = CostAnswer::kOk;
  types::Cycles cycles{0};
};

/// What ic0.debug_print and ic0.trap are charged for (reference system-api-costs, "note").
struct LogRoom {
  std::uint64_t capacity_bytes = 0;
  std::uint64_t remaining_bytes = 0;
  bool copied_to_node_log = false;
};

class SystemApi {
 public:
  virtual ~SystemApi() = default;
  using Cycles = types::Cycles;

  // -- Message: argument, caller, reject --
  [[nodiscard]] virtual HostResult<ByteView> msg_arg_data() = 0;
  [[nodiscard]] virtual HostResult<ByteView> msg_caller() = 0;
  [[nodiscard]] virtual HostResult<ByteView> msg_caller_info_data() = 0;
  [[nodiscard]] virtual HostResult<ByteView> msg_caller_info_signer() = 0;
  [[nodiscard]] virtual HostResult<std::uint32_t> msg_reject_code() = 0;
  [[nodiscard]] virtual HostResult<ByteView> msg_reject_msg() = 0;
  [[nodiscard]] virtual HostResult<std::uint64_t> msg_deadline() = 0;
  [[nodiscard]] virtual HostResult<ByteView> msg_method_name() = 0;

  // -- Responding --
  [[nodiscard]] virtual HostResult<void> msg_reply_data_append(const GuestBytes& data) = 0;
  [[nodiscard]] virtual HostResult<void> msg_reply() = 0;
  [[nodiscard]] virtual HostResult<void> msg_reject(const GuestBytes& text) = 0;
  [[nodiscard]] virtual HostResult<void> accept_message() = 0;

  // -- Cycles. The 64-bit forms of the table are made from these by the engine. --
  [[nodiscard]] virtual HostResult<Cycles> msg_cycles_available() = 0;
  [[nodiscard]] virtual HostResult<Cycles> msg_cycles_refunded() = 0;
  [[nodiscard]] virtual HostResult<Cycles> msg_cycles_accept(Cycles max_amount) = 0;
  [[nodiscard]] virtual HostResult<Cycles> cycles_burn(Cycles amount) = 0;
  [[nodiscard]] virtual HostResult<Cycles> canister_cycle_balance() = 0;
  [[nodiscard]] virtual HostResult<Cycles> canister_liquid_cycle_balance() = 0;
  [[nodiscard]] virtual HostResult<Cycles> mint_cycles(Cycles amount) = 0;

  // -- The canister and its subnet --
  [[nodiscard]] virtual HostResult<ByteView> canister_self() = 0;
  [[nodiscard]] virtual HostResult<ByteView> subnet_self() = 0;
  [[nodiscard]] virtual HostResult<std::uint32_t> canister_status() = 0;
  [[nodiscard]] virtual HostResult<std::uint64_t> canister_version() = 0;
  [[nodiscard]] virtual HostResult<bool> is_controller(const GuestBytes& principal) = 0;
  [[nodiscard]] virtual HostResult<bool> in_replicated_execution() = 0;
  [[nodiscard]] virtual HostResult<ByteView> root_key() = 0;
  [[nodiscard]] virtual HostResult<void> certified_data_set(const GuestBytes& data) = 0;
  [[nodiscard]] virtual HostResult<bool> data_certificate_present() = 0;
  [[nodiscard]] virtual HostResult<ByteView> data_certificate() = 0;
  [[nodiscard]] virtual HostResult<std::uint64_t> env_var_count() = 0;
  [[nodiscard]] virtual HostResult<ByteView> env_var_name(std::uint64_t index) = 0;
  [[nodiscard]] virtual HostResult<bool> env_var_name_exists(const GuestBytes& name) = 0;
  [[nodiscard]] virtual HostResult<ByteView> env_var_value(const GuestBytes& name) = 0;

  // -- Time --
  [[nodiscard]] virtual HostResult<std::uint64_t> time() = 0;
  /// Returns the previous value, 0 if none.
  [[nodiscard]] virtual HostResult<std::uint64_t> global_timer_set(std::uint64_t time_ns) = 0;
  /// Instructions that earlier executions of this call context used; the engine adds this one's
  /// (ic0.performance_counter of type 1).
  [[nodiscard]] virtual std::uint64_t instructions_of_call_context_before() = 0;

  // -- Calls --
  [[nodiscard]] virtual HostResult<void> call_new(const NewCall& call) = 0;
  [[nodiscard]] virtual HostResult<void> call_on_cleanup(Callback cleanup) = 0;
  [[nodiscard]] virtual HostResult<void> call_data_append(const GuestBytes& data) = 0;
  [[nodiscard]] virtual HostResult<void> call_with_best_effort_response(
      std::uint32_t timeout_seconds) = 0;
  [[nodiscard]] virtual HostResult<void> call_cycles_add(Cycles amount) = 0;
  /// 0 done, 2 not possible.
  [[nodiscard]] virtual HostResult<std::uint32_t> call_perform() = 0;

  // -- Costs --
  [[nodiscard]] virtual HostResult<Cycles> cost_call(std::uint64_t method_name_size,
                                                     std::uint64_t payload_size) = 0;
  [[nodiscard]] virtual HostResult<Cycles> cost_create_canister() = 0;
  [[nodiscard]] virtual HostResult<Cycles> cost_http_request(std::uint64_t request_size,
                                                             std::uint64_t max_res_bytes) = 0;
  [[nodiscard]] virtual HostResult<Cycles> cost_http_request_v2(const GuestBytes& params) = 0;
  [[nodiscard]] virtual HostResult<SigningCost> cost_sign_with_ecdsa(const GuestBytes& key_name,
                                                                     std::uint32_t curve) = 0;
  [[nodiscard]] virtual HostResult<SigningCost> cost_sign_with_schnorr(const GuestBytes& key_name,
                                                                       std::uint32_t algorithm) = 0;
  [[nodiscard]] virtual HostResult<SigningCost> cost_vetkd_derive_key(const GuestBytes& key_name,
                                                                      std::uint32_t curve) = 0;

  // -- Log --
  [[nodiscard]] virtual LogRoom log_room() = 0;
  /// Never fails; out of bounds is logged as a text of its own.
  virtual void debug_print(const GuestBytes& text) = 0;
  /// The failure to end with (called_trap()); may log.
  [[nodiscard]] virtual Failure trap(const GuestBytes& text) = 0;

  // -- Memory. Asked before pages are added; the engine has checked the maxima of the memory. --
  /// Heap: after Wasm's own rules allow `delta_pages` more 64 KiB pages (not zero).
  [[nodiscard]] virtual HostResult<GrowAnswer> heap_grow(std::uint64_t current_pages,
                                                         std::uint64_t delta_pages) = 0;
  [[nodiscard]] virtual HostResult<GrowAnswer> stable_grow(std::uint64_t current_pages,
                                                           std::uint64_t delta_pages) = 0;
};

}  // namespace icpd::execution::wasm
