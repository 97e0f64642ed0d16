// The System API of one execution: reads what a message may see, stages what it asks for.
//
// Which function may be called in which context is the engine's table; here is what they mean.
// Nothing is changed but the staged effects and the room that the execution was given.
//
// Invariants
//  1. balance() + everything staged for calls, burned, reserved = balance at the start + accepted
//     + minted.
//  2. At most one response, and none if nobody waits for one.
//  3. A call under construction holds its cycles until it is performed or dropped.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "execution/message_effects.hpp"
#include "execution/resources.hpp"
#include "execution/wasm/host.hpp"
#include "state/history.hpp"
#include "state/ingress.hpp"
#include "state/queues.hpp"
#include "state/settings.hpp"

namespace icpd::execution {

/// The System API's numbers for a canister's status.
enum class ApiStatus : std::uint32_t { kRunning = 1, kStopping = 2, kStopped = 3 };

/// The subnet as canisters see it.
struct SubnetView {
  types::SubnetId id;
  FeeSchedule fees{1, ChargesCycles(false)};
  /// DER.
  Slice root_key;
  /// It is the root subnet and a system subnet: its Cycles Minting Canister is the network's.
  bool may_mint = false;
};

/// The canister as the execution found it. The pointers are valid while a slice runs.
struct CanisterView {
  types::CanisterId id;
  const state::Settings* settings = nullptr;
  const state::CanisterQueues* queues = nullptr;
  ApiStatus status = ApiStatus::kRunning;
  std::uint64_t version = 0;
  types::Cycles balance{0};
  types::Cycles reserved_balance{0};
  Time global_timer;
  ResourceUse use;
  /// Outstanding calls.
  std::size_t callbacks = 0;
  PointerWidth width = PointerWidth::k32;
};

/// The message.
struct MessageView {
  wasm::Context context = wasm::Context::kUpdate;
  Time time;
  types::Principal caller;
  std::optional<state::CallerInfo> caller_info;
  /// Argument, or the reply in a reply callback.
  Slice arg;
  std::string method_name;
  /// The response in callbacks; nothing for a reply.
  std::optional<types::Reject> reject;
  types::CoarseTime deadline;
  bool replicated = true;
  /// Somebody waits for a response that wasn't given yet.
  bool may_respond = false;
  std::size_t reply_size_max = types::limits::kReplySizeMax;
  types::Cycles available{0};
  types::Cycles refunded{0};
  std::uint64_t instructions_before = 0;
  /// Instructions that a callback of this canister may use; prepaid by each call.
  std::uint64_t callback_instructions = 0;
  /// Makes the certificate when it is read; empty: there is none.
  std::function<Slice()> certificate;
};

/// What an execution was told that changes though its canister's version doesn't.
struct Told {
  bool time = false;
  bool balance = false;
  bool certificate = false;
};

class MessageApi final : public wasm::SystemApi {
 public:
  MessageApi(SubnetView subnet, CanisterView canister, MessageView message, SubnetRoom room);

  /// Before the next slice of an execution that paused: the canister's values may lie elsewhere,
  /// and the room is that of another round, from which what was drawn before is drawn again.
  void rebind(const state::Settings& settings, const state::CanisterQueues& queues,
              SubnetRoom room);

  /// What the execution took of the room it was given.
  [[nodiscard]] const Drawn& drawn() const { return drawn_; }
  [[nodiscard]] const Told& told() const { return told_; }

  /// After the execution succeeded: drops an unfinished call and gives the effects.
  [[nodiscard]] MessageEffects take_effects();
  /// What is left of the balance, staged changes included.
  [[nodiscard]] types::Cycles balance() const { return balance_; }
  /// Adds a line to the canister's log, as traps do.
  void log(ByteView line);

  // wasm::SystemApi
  wasm::HostResult<ByteView> msg_arg_data() override;
  wasm::HostResult<ByteView> msg_caller() override;
  wasm::HostResult<ByteView> msg_caller_info_data() override;
  wasm::HostResult<ByteView> msg_caller_info_signer() override;
  wasm::HostResult<std::uint32_t> msg_reject_code() override;
  wasm::HostResult<ByteView> msg_reject_msg() override;
  wasm::HostResult<std::uint64_t> msg_deadline() override;
  wasm::HostResult<ByteView> msg_method_name() override;
  wasm::HostResult<void> msg_reply_data_append(const wasm::GuestBytes& data) override;
  wasm::HostResult<void> msg_reply() override;
  wasm::HostResult<void> msg_reject(const wasm::GuestBytes& text) override;
  wasm::HostResult<void> accept_message() override;
  wasm::HostResult<Cycles> msg_cycles_available() override;
  wasm::HostResult<Cycles> msg_cycles_refunded() override;
  wasm::HostResult<Cycles> msg_cycles_accept(Cycles max_amount) override;
  wasm::HostResult<Cycles> cycles_burn(Cycles amount) override;
  wasm::HostResult<Cycles> canister_cycle_balance() override;
  wasm::HostResult<Cycles> canister_liquid_cycle_balance() override;
  wasm::HostResult<Cycles> mint_cycles(Cycles amount) override;
  wasm::HostResult<ByteView> canister_self() override;
  wasm::HostResult<ByteView> subnet_self() override;
  wasm::HostResult<std::uint32_t> canister_status() override;
  wasm::HostResult<std::uint64_t> canister_version() override;
  wasm::HostResult<bool> is_controller(const wasm::GuestBytes& principal) override;
  wasm::HostResult<bool> in_replicated_execution() override;
  wasm::HostResult<ByteView> root_key() override;
  wasm::HostResult<void> certified_data_set(const wasm::GuestBytes& data) override;
  wasm::HostResult<bool> data_certificate_present() override;
  wasm::HostResult<ByteView> data_certificate() override;
  wasm::HostResult<std::uint64_t> env_var_count() override;
  wasm::HostResult<ByteView> env_var_name(std::uint64_t index) override;
  wasm::HostResult<bool> env_var_name_exists(const wasm::GuestBytes& name) override;
  wasm::HostResult<ByteView> env_var_value(const wasm::GuestBytes& name) override;
  wasm::HostResult<std::uint64_t> time() override;
  wasm::HostResult<std::uint64_t> global_timer_set(std::uint64_t time_ns) override;
  std::uint64_t instructions_of_call_context_before() override;
  wasm::HostResult<void> call_new(const wasm::NewCall& call) override;
  wasm::HostResult<void> call_on_cleanup(wasm::Callback cleanup) override;
  wasm::HostResult<void> call_data_append(const wasm::GuestBytes& data) override;
  wasm::HostResult<void> call_with_best_effort_response(std::uint32_t timeout_seconds) override;
  wasm::HostResult<void> call_cycles_add(Cycles amount) override;
  wasm::HostResult<std::uint32_t> call_perform() override;
  wasm::HostResult<Cycles> cost_call(std::uint64_t method_name_size,
                                     std::uint64_t payload_size) override;
  wasm::HostResult<Cycles> cost_create_canister() override;
  wasm::HostResult<Cycles> cost_http_request(std::uint64_t request_size,
                                             std::uint64_t max_res_bytes) override;
  wasm::HostResult<Cycles> cost_http_request_v2(const wasm::GuestBytes& params) override;
  wasm::HostResult<wasm::SigningCost> cost_sign_with_ecdsa(const wasm::GuestBytes& key_name,
                                                           std::uint32_t curve) override;
  wasm::HostResult<wasm::SigningCost> cost_sign_with_schnorr(const wasm::GuestBytes& key_name,
                                                             std::uint32_t algorithm) override;
  wasm::HostResult<wasm::SigningCost> cost_vetkd_derive_key(const wasm::GuestBytes& key_name,
                                                            std::uint32_t curve) override;
  wasm::LogRoom log_room() override;
  void debug_print(const wasm::GuestBytes& text) override;
  wasm::Failure trap(const wasm::GuestBytes& text) override;
  wasm::HostResult<wasm::GrowAnswer> heap_grow(std::uint64_t current_pages,
                                               std::uint64_t delta_pages) override;
  wasm::HostResult<wasm::GrowAnswer> stable_grow(std::uint64_t current_pages,
                                                 std::uint64_t delta_pages) override;

 private:
  struct CallDraft {
    OutgoingCall call;
    bool has_timeout = false;
  };

  [[nodiscard]] Cycles liquid_balance() const;
  [[nodiscard]] bool is_composite() const;
  void drop_draft();
  /// Calls of composite queries cost nothing, but their number and size are limited.
  [[nodiscard]] bool keep_for_query(const OutgoingCall& call);
  [[nodiscard]] wasm::HostResult<CallDraft*> draft(const char* function);
  [[nodiscard]] wasm::HostResult<void> check_payload(const CallDraft& draft,
                                                     std::uint64_t more) const;
  /// Whether the draft can be paid for, and has room; takes both if so.
  [[nodiscard]] bool withdraw_for(OutgoingCall& call);
  /// A call of the management canister may say which version its sender has; it must be right.
  [[nodiscard]] wasm::HostResult<void> check_sender_version(const OutgoingCall& call) const;
  [[nodiscard]] wasm::HostResult<std::string_view> env_var_argument(
      const wasm::GuestBytes& name) const;
  void draw(const Drawn& more);
  [[nodiscard]] wasm::HostResult<wasm::GrowAnswer> grow(std::uint64_t bytes);
  [[nodiscard]] wasm::HostResult<wasm::SigningCost> signing_cost(const wasm::GuestBytes& key_name,
                                                                 bool algorithm_known) const;

  SubnetView subnet_;
  CanisterView canister_;
  MessageView message_;
  SubnetRoom room_;
  Drawn drawn_;

  Cycles balance_;
  Cycles reserved_;
  Cycles available_;
  ResourceUse use_;
  Time global_timer_;
  bool may_respond_;
  Bytes reply_;
  std::optional<CallDraft> draft_;
  /// How many of the staged calls go to whom.
  std::map<types::CanisterId, std::size_t> staged_to_;
  /// Logged so far, which prices further lines, and staged.
  std::uint64_t log_bytes_ = 0;
  std::uint64_t staged_log_bytes_ = 0;
  MessageEffects effects_;
  Told told_;
  std::optional<Slice> certificate_;
};

}  // namespace icpd::execution
