#include "execution/message_api.hpp"

#include <algorithm>
#include <array>

#include "codec/candid_mapping.hpp"
#include "execution/errors.hpp"
#include "types/limits.hpp"

namespace icpd::execution {
namespace {

namespace limits = types::limits;
using wasm::contract_violation;
using wasm::Failure;
using wasm::GrowAnswer;
using wasm::GuestBytes;
using wasm::HostResult;

constexpr std::string_view kCyclesMinter = "rkp4c-7iaaa-aaaaa-aaaca-cai";
/// So that no sum of balances overflows.
constexpr Cycles kMintedAtOnceMax{codec::Uint128{1} << 96};
/// Callers' texts in logs.
constexpr std::string_view kOutOfBoundsLine = "(debug_print message out of memory bounds)";

/// What ic0.cost_http_request_v2 is asked about.
struct HttpOutcallParams {
  std::uint64_t request_bytes = 0;
  std::uint64_t http_roundtrip_time_ms = 0;
  std::uint64_t raw_response_bytes = 0;
  std::uint64_t transformed_response_bytes = 0;
  std::uint64_t transform_instructions = 0;
  static constexpr auto kCandid = codec::candid::record(
      codec::candid::field<"request_bytes">(&HttpOutcallParams::request_bytes),
      codec::candid::field<"http_roundtrip_time_ms">(&HttpOutcallParams::http_roundtrip_time_ms),
      codec::candid::field<"raw_response_bytes">(&HttpOutcallParams::raw_response_bytes),
      codec::candid::field<"transformed_response_bytes">(
          &HttpOutcallParams::transformed_response_bytes),
      codec::candid::field<"transform_instructions">(&HttpOutcallParams::transform_instructions));
};

struct SenderVersion {
  std::optional<std::uint64_t> version;
  static constexpr auto kCandid = codec::candid::record(
      codec::candid::field<"sender_canister_version">(&SenderVersion::version));
};

state::Closure closure(const wasm::Callback& callback) {
  return {callback.function, callback.environment};
}

/// Bytes that aren't UTF-8 become the replacement character, one each.
std::string lossy_text(ByteView bytes) {
  if (is_utf8(bytes)) return std::string(as_text(bytes));
  std::string text;
  std::size_t at = 0;
  while (at < bytes.size()) {
    std::size_t length = 1;
    while (length < 4 && at + length < bytes.size() && !is_utf8(bytes.subspan(at, length)))
      ++length;
    const bool valid = is_utf8(bytes.subspan(at, length));
    text += valid ? as_text(bytes.subspan(at, length)) : std::string_view("\xEF\xBF\xBD");
    at += valid ? length : 1;
  }
  return text;
}

std::string too_large(std::string_view function, std::uint64_t size, std::uint64_t limit) {
  return "ic0." + std::string(function) + ": application payload size (" + std::to_string(size) +
         ") cannot be larger than " + std::to_string(limit) + ".";
}

wasm::ContextSet contexts(std::initializer_list<wasm::Context> list) {
  wasm::ContextSet set = 0;
  for (const wasm::Context context : list)
    set |= wasm::bit(context);
  return set;
}
bool in(wasm::Context context, wasm::ContextSet set) {
  return (wasm::bit(context) & set) != 0;
}

/// Growth is kept, so cycles are set aside for it at once. Installing does it at its end.
bool reserves_for_growth(wasm::Context context) {
  using enum wasm::Context;
  return in(context, contexts({kUpdate, kSystemTask, kReplyCallback, kRejectCallback, kCleanup}));
}
/// Callbacks must not fail because a canister is nearly frozen (reference 5.5).
bool growth_respects_freezing(wasm::Context context) {
  using enum wasm::Context;
  return in(context, contexts({kUpdate, kSystemTask}));
}
bool obeys_wasm_memory_limit(wasm::Context context) {
  using enum wasm::Context;
  return in(context, contexts({kStart, kInit, kUpdate}));
}
/// Growth that nobody keeps takes no room of the subnet.
bool keeps_memory(wasm::Context context) {
  using enum wasm::Context;
  return !in(context, contexts({kReplicatedQuery, kNonReplicatedQuery, kTransform, kCompositeQuery,
                                kCompositeReplyCallback, kCompositeRejectCallback,
                                kCompositeCleanup, kInspectMessage}));
}

}  // namespace

MessageApi::MessageApi(SubnetView subnet, CanisterView canister, MessageView message,
                       SubnetRoom room)
    : subnet_(std::move(subnet)),
      canister_(std::move(canister)),
      message_(std::move(message)),
      room_(room),
      balance_(canister_.balance),
      reserved_(canister_.reserved_balance),
      available_(message_.available),
      use_(canister_.use),
      global_timer_(canister_.global_timer),
      may_respond_(message_.may_respond) {
  ensure(canister_.settings != nullptr && canister_.queues != nullptr);
}

void MessageApi::rebind(const state::Settings& settings, const state::CanisterQueues& queues,
                        SubnetRoom room) {
  canister_.settings = &settings;
  canister_.queues = &queues;
  room_ = room.after(drawn_);
}

MessageEffects MessageApi::take_effects() {
  drop_draft();
  return std::move(effects_);
}

void MessageApi::log(ByteView line) {
  using state::CanisterLog;
  const std::uint64_t capacity = CanisterLog::capacity_bytes();
  const ByteView kept = line.first(std::min<std::uint64_t>(line.size(), capacity));
  log_bytes_ += kept.size();
  staged_log_bytes_ += CanisterLog::record_size_bytes(kept.size());
  effects_.log.push_back(to_bytes(kept));
  // The newest line stays, however long it is: the canister's log cuts it.
  while (staged_log_bytes_ > capacity && effects_.log.size() > 1) {
    staged_log_bytes_ -= CanisterLog::record_size_bytes(effects_.log.front().size());
    effects_.log.pop_front();
  }
}

Cycles MessageApi::liquid_balance() const {
  return liquid(balance_, frozen_part(subnet_.fees, use_, reserved_));
}

bool MessageApi::is_composite() const {
  using enum wasm::Context;
  return in(message_.context,
            contexts({kCompositeQuery, kCompositeReplyCallback, kCompositeRejectCallback}));
}

// ------------------------------------------------------------------------------------- message

HostResult<ByteView> MessageApi::msg_arg_data() {
  return message_.arg.view();
}
HostResult<ByteView> MessageApi::msg_caller() {
  return message_.caller.view();
}
HostResult<ByteView> MessageApi::msg_caller_info_data() {
  return message_.caller_info ? message_.caller_info->data.view() : ByteView();
}
HostResult<ByteView> MessageApi::msg_caller_info_signer() {
  return message_.caller_info ? message_.caller_info->signer.view() : ByteView();
}
HostResult<std::uint32_t> MessageApi::msg_reject_code() {
  return message_.reject ? static_cast<std::uint32_t>(message_.reject->code) : 0U;
}
HostResult<ByteView> MessageApi::msg_reject_msg() {
  if (!message_.reject)
    return Err(contract_violation("ic0.msg_reject_msg_size: there is no reject message."));
  return as_bytes(message_.reject->message);
}
HostResult<std::uint64_t> MessageApi::msg_deadline() {
  return Time::from_seconds(message_.deadline.value).ns;
}
HostResult<ByteView> MessageApi::msg_method_name() {
  return as_bytes(message_.method_name);
}

HostResult<void> MessageApi::msg_reply_data_append(const GuestBytes& data) {
  if (!may_respond_)
    return Err(contract_violation("ic0.msg_reply_data_append: the call is already replied."));
  const std::uint64_t room = message_.reply_size_max - reply_.size();
  if (data.size() > room)
    return Err(contract_violation(too_large("msg_reply_data_append",
                                            reply_.size() + std::min(data.size(), UINT64_MAX / 2),
                                            message_.reply_size_max)));
  append(reply_, TRY(data.read()));
  return {};
}

HostResult<void> MessageApi::msg_reply() {
  if (!may_respond_) return Err(contract_violation("ic0.msg_reply: the call is already replied."));
  may_respond_ = false;
  available_ = Cycles{0};
  effects_.response = types::Reply{Slice(std::move(reply_))};
  reply_.clear();
  return {};
}

HostResult<void> MessageApi::msg_reject(const GuestBytes& text) {
  if (!may_respond_) return Err(contract_violation("ic0.msg_reject: the call is already replied."));
  if (text.size() > message_.reply_size_max)
    return Err(contract_violation(too_large("msg_reject", text.size(), message_.reply_size_max)));
  const ByteView bytes = TRY(text.read());
  if (!is_utf8(bytes))
    return Err(contract_violation("ic0.msg_reject: invalid UTF-8 string provided."));
  may_respond_ = false;
  available_ = Cycles{0};
  reply_.clear();
  effects_.response =
      types::Reject{types::RejectCode::kCanisterReject, shortened(std::string(as_text(bytes)))};
  return {};
}

HostResult<void> MessageApi::accept_message() {
  if (effects_.ingress_accepted)
    return Err(contract_violation("ic0.accept_message: the function was already called."));
  effects_.ingress_accepted = true;
  return {};
}

// -------------------------------------------------------------------------------------- cycles

HostResult<Cycles> MessageApi::msg_cycles_available() {
  return available_;
}
HostResult<Cycles> MessageApi::msg_cycles_refunded() {
  return message_.refunded;
}

HostResult<Cycles> MessageApi::msg_cycles_accept(Cycles max_amount) {
  const Cycles amount = std::min(max_amount, available_);
  available_ -= amount.value;
  balance_ += amount.value;
  effects_.accepted += amount.value;
  return amount;
}

HostResult<Cycles> MessageApi::cycles_burn(Cycles amount) {
  const Cycles burned = std::min(amount, liquid_balance());
  balance_ -= burned.value;
  effects_.burned += burned.value;
  return burned;
}

HostResult<Cycles> MessageApi::canister_cycle_balance() {
  told_.balance = true;
  return balance_;
}
HostResult<Cycles> MessageApi::canister_liquid_cycle_balance() {
  told_.balance = true;
  return liquid_balance();
}

HostResult<Cycles> MessageApi::mint_cycles(Cycles amount) {
  if (!subnet_.may_mint || canister_.id.text() != kCyclesMinter)
    return Err(
        contract_violation("ic0.mint_cycles128 cannot be executed on non Cycles Minting Canister"));
  const Cycles minted = std::min(amount, kMintedAtOnceMax);
  balance_ += minted.value;
  effects_.minted += minted.value;
  return minted;
}

// -------------------------------------------------------------------------- canister and subnet

HostResult<ByteView> MessageApi::canister_self() {
  return canister_.id.view();
}
HostResult<ByteView> MessageApi::subnet_self() {
  return subnet_.id.view();
}
HostResult<std::uint32_t> MessageApi::canister_status() {
  return static_cast<std::uint32_t>(canister_.status);
}
HostResult<std::uint64_t> MessageApi::canister_version() {
  return canister_.version;
}

HostResult<bool> MessageApi::is_controller(const GuestBytes& principal) {
  const auto parsed = types::Principal::from_bytes(TRY(principal.read()));
  if (!parsed.ok()) return Err(invalid_principal());
  return canister_.settings->controllers.contains(*parsed);
}

HostResult<bool> MessageApi::in_replicated_execution() {
  return message_.replicated;
}
HostResult<ByteView> MessageApi::root_key() {
  return subnet_.root_key.view();
}

HostResult<void> MessageApi::certified_data_set(const GuestBytes& data) {
  if (data.size() > limits::kCertifiedDataSizeMax)
    return Err(contract_violation(
        "ic0_certified_data_set failed because the passed data must be no larger than 32 bytes. "
        "Found " +
        std::to_string(data.size()) + " bytes."));
  effects_.certified_data = to_bytes(TRY(data.read()));
  return {};
}

HostResult<bool> MessageApi::data_certificate_present() {
  return message_.certificate != nullptr;
}
HostResult<ByteView> MessageApi::data_certificate() {
  if (message_.certificate == nullptr)
    return Err(contract_violation("ic0.data_certificate_size: no certificate is present."));
  told_.certificate = true;
  if (!certificate_) certificate_ = message_.certificate();
  return certificate_->view();
}

HostResult<std::uint64_t> MessageApi::env_var_count() {
  return canister_.settings->environment_variables.size();
}

HostResult<ByteView> MessageApi::env_var_name(std::uint64_t index) {
  const auto& variables = canister_.settings->environment_variables;
  if (index >= variables.size()) return Err(no_environment_variable_at(index, variables.size()));
  return as_bytes(std::next(variables.begin(), static_cast<std::ptrdiff_t>(index))->first);
}

HostResult<std::string_view> MessageApi::env_var_argument(const GuestBytes& name) const {
  if (name.size() > limits::kEnvironmentVariableSizeMax)
    return Err(contract_violation("Environment variable name of " + std::to_string(name.size()) +
                                  " bytes is longer than " +
                                  std::to_string(limits::kEnvironmentVariableSizeMax) + "."));
  const ByteView bytes = TRY(name.read());
  if (!is_utf8(bytes))
    return Err(contract_violation("Environment variable name is not valid UTF-8."));
  return as_text(bytes);
}

HostResult<bool> MessageApi::env_var_name_exists(const GuestBytes& name) {
  return canister_.settings->environment_variables.contains(
      std::string(TRY(env_var_argument(name))));
}

HostResult<ByteView> MessageApi::env_var_value(const GuestBytes& name) {
  const std::string key(TRY(env_var_argument(name)));
  const auto found = canister_.settings->environment_variables.find(key);
  if (found == canister_.settings->environment_variables.end())
    return Err(no_environment_variable(key));
  return as_bytes(found->second);
}

HostResult<std::uint64_t> MessageApi::time() {
  told_.time = true;
  return message_.time.ns;
}

HostResult<std::uint64_t> MessageApi::global_timer_set(std::uint64_t time_ns) {
  const Time previous = std::exchange(global_timer_, Time{time_ns});
  effects_.global_timer = global_timer_;
  return previous.ns;
}

std::uint64_t MessageApi::instructions_of_call_context_before() {
  return message_.instructions_before;
}

// --------------------------------------------------------------------------------------- calls

void MessageApi::drop_draft() {
  if (draft_) balance_ += draft_->call.cycles.value;
  draft_.reset();
}

HostResult<MessageApi::CallDraft*> MessageApi::draft(const char* function) {
  if (!draft_)
    return Err(
        contract_violation(std::string(function) + " called when no call is under construction."));
  return &*draft_;
}

HostResult<void> MessageApi::call_new(const wasm::NewCall& call) {
  drop_draft();
  if (call.method.size() > limits::kMethodNameSizeMax)
    return Err(contract_violation("Size of method_name " + std::to_string(call.method.size()) +
                                  " exceeds the allowed limit of " +
                                  std::to_string(limits::kMethodNameSizeMax) + "."));
  const auto callee = types::Principal::from_bytes(TRY(call.callee.read()));
  if (!callee.ok()) return Err(invalid_principal());
  CallDraft draft;
  draft.call.callee = types::CanisterId(*callee);
  draft.call.method_name = lossy_text(TRY(call.method.read()));
  draft.call.on_reply = closure(call.on_reply);
  draft.call.on_reject = closure(call.on_reject);
  draft_ = std::move(draft);
  return {};
}

HostResult<void> MessageApi::call_on_cleanup(wasm::Callback cleanup) {
  CallDraft* current = TRY(draft("ic0.call_on_cleanup"));
  if (current->call.on_cleanup)
    return Err(
        contract_violation("ic0.call_on_cleanup can be called at most once between "
                           "`ic0.call_new` and `ic0.call_perform`."));
  current->call.on_cleanup = closure(cleanup);
  return {};
}

HostResult<void> MessageApi::check_payload(const CallDraft& draft, std::uint64_t more) const {
  const std::uint64_t size = draft.call.method_name.size() + draft.call.arg.size();
  if (more <= limits::kSameSubnetPayloadSizeMax && size + more <= limits::kSameSubnetPayloadSizeMax)
    return {};
  const std::uint64_t total = size + std::min(more, UINT64_MAX / 2);
  return Err(contract_violation("Request to " + draft.call.callee.text() + ":" +
                                draft.call.method_name + " has a payload size of " +
                                std::to_string(total) + ", which exceeds the allowed limit of " +
                                std::to_string(limits::kSameSubnetPayloadSizeMax) + "."));
}

HostResult<void> MessageApi::call_data_append(const GuestBytes& data) {
  CallDraft* current = TRY(draft("ic0.call_data_append"));
  TRY(check_payload(*current, data.size()));
  append(current->call.arg, TRY(data.read()));
  return {};
}

HostResult<void> MessageApi::call_with_best_effort_response(std::uint32_t timeout_seconds) {
  CallDraft* current = TRY(draft("ic0.call_with_best_effort_response"));
  if (current->has_timeout)
    return Err(
        contract_violation("ic0.call_with_best_effort_response can be called at most once "
                           "between `ic0.call_new` and `ic0.call_perform`."));
  constexpr std::uint64_t kMax = Time{limits::kCallTimeoutMax.ns}.seconds();
  const std::uint64_t timeout = std::min<std::uint64_t>(timeout_seconds, kMax);
  const std::uint64_t deadline = message_.time.seconds() + timeout;
  // Zero stands for no deadline, so a call at the very beginning of time is given a second.
  current->call.deadline = types::CoarseTime{
      static_cast<std::uint32_t>(std::clamp<std::uint64_t>(deadline, 1, UINT32_MAX))};
  current->has_timeout = true;
  return {};
}

HostResult<void> MessageApi::call_cycles_add(Cycles amount) {
  CallDraft* current = TRY(draft("ic0.call_cycles_add"));
  if (amount > liquid_balance()) return Err(insufficient_cycles_in_call(canister_.id));
  balance_ -= amount.value;
  current->call.cycles += amount.value;
  return {};
}

bool MessageApi::withdraw_for(OutgoingCall& call) {
  std::size_t& staged = staged_to_[call.callee];
  if (canister_.queues->room_to(call.callee) <= staged) return false;
  // A canister's first callbacks don't depend on what others have.
  const std::size_t callbacks = canister_.callbacks + effects_.calls.size();
  if (room_.callbacks == 0 && callbacks >= limits::kGuaranteedCallbacksPerCanister) return false;

  const bool guaranteed = call.deadline == types::kNoDeadline;
  const std::uint64_t payload = call.method_name.size() + call.arg.size();
  const std::uint64_t memory =
      guaranteed ? std::max<std::uint64_t>(limits::kInterCanisterPayloadSizeMax, payload) : 0;
  if (memory > room_.message_memory_bytes) return false;

  const FeeSchedule& fees = subnet_.fees;
  call.prepaid_execution = fees.execution_cost(message_.callback_instructions, canister_.width);
  call.prepaid_transmission = fees.response_prepayment();
  const Cycles request = fees.request_cost(payload);
  const Cycles total = request + call.prepaid_execution.value + call.prepaid_transmission.value;
  ResourceUse use = use_;
  use.message_memory += memory;
  if (liquid(balance_, frozen_part(fees, use, reserved_)) < total) return false;

  use_ = use;
  balance_ -= total.value;
  draw(Drawn{.message_memory_bytes = memory, .callbacks = 1});
  effects_.transmission_paid += request.value;
  ++staged;
  return true;
}

HostResult<void> MessageApi::check_sender_version(const OutgoingCall& call) const {
  constexpr std::array<std::string_view, 6> kMethods = {
      "create_canister",      "update_settings", "install_code",
      "install_chunked_code", "uninstall_code",  "provisional_create_canister_with_cycles"};
  if (call.callee != types::management_canister()) return {};
  if (std::ranges::find(kMethods, call.method_name) == kMethods.end()) return {};
  const auto sender = codec::candid::decode_arg<SenderVersion>(call.arg);
  // An argument that doesn't decode is rejected by the management canister itself.
  if (!sender.ok() || !sender->version || *sender->version == canister_.version) return {};
  return Err(wrong_sender_version(*sender->version, canister_.version));
}

bool MessageApi::keep_for_query(const OutgoingCall& call) {
  const std::uint64_t bytes = call.method_name.size() + call.arg.size();
  if (room_.callbacks == 0 || bytes > room_.message_memory_bytes) return false;
  draw(Drawn{.message_memory_bytes = bytes, .callbacks = 1});
  return true;
}

HostResult<std::uint32_t> MessageApi::call_perform() {
  constexpr std::uint32_t kDone = 0;
  constexpr std::uint32_t kNotPossible = 2;
  CallDraft* current = TRY(draft("ic0.call_perform"));
  TRY(check_sender_version(current->call));
  if (!(is_composite() ? keep_for_query(current->call) : withdraw_for(current->call))) {
    drop_draft();
    return kNotPossible;
  }
  effects_.calls.push_back(std::move(current->call));
  draft_.reset();
  return kDone;
}

// --------------------------------------------------------------------------------------- costs

HostResult<Cycles> MessageApi::cost_call(std::uint64_t method_name_size,
                                         std::uint64_t payload_size) {
  const std::uint64_t size =
      payload_size > UINT64_MAX - method_name_size ? UINT64_MAX : payload_size + method_name_size;
  const FeeSchedule& fees = subnet_.fees;
  return fees.request_cost(size) + fees.response_prepayment().value +
         fees.execution_cost(message_.callback_instructions, canister_.width).value;
}
HostResult<Cycles> MessageApi::cost_create_canister() {
  return subnet_.fees.fee(Fee::kCanisterCreation);
}
HostResult<Cycles> MessageApi::cost_http_request(std::uint64_t request_size,
                                                 std::uint64_t max_res_bytes) {
  return subnet_.fees.http_outcall_cost(request_size, max_res_bytes);
}
HostResult<Cycles> MessageApi::cost_http_request_v2(const GuestBytes& params) {
  const auto use = codec::candid::decode_arg<HttpOutcallParams>(TRY(params.read()));
  if (!use.ok())
    return Err(contract_violation(
        "ic0.cost_http_request_v2: the parameters are not the Candid record they should be."));
  return subnet_.fees.http_outcall_cost_v2({
      .request_bytes = use->request_bytes,
      .round_trip_ms = use->http_roundtrip_time_ms,
      .response_bytes = use->raw_response_bytes,
      .transformed_bytes = use->transformed_response_bytes,
      .transform_instructions = use->transform_instructions,
  });
}

HostResult<wasm::SigningCost> MessageApi::signing_cost(const GuestBytes& key_name,
                                                       bool algorithm_known) const {
  TRY(key_name.read());
  if (!algorithm_known) return wasm::SigningCost{wasm::CostAnswer::kUnknownCurveOrAlgorithm};
  // No subnet of the network holds threshold keys for canisters.
  return wasm::SigningCost{wasm::CostAnswer::kUnknownKey};
}
HostResult<wasm::SigningCost> MessageApi::cost_sign_with_ecdsa(const GuestBytes& key_name,
                                                               std::uint32_t curve) {
  return signing_cost(key_name, curve == 0);
}
HostResult<wasm::SigningCost> MessageApi::cost_sign_with_schnorr(const GuestBytes& key_name,
                                                                 std::uint32_t algorithm) {
  return signing_cost(key_name, algorithm <= 1);
}
HostResult<wasm::SigningCost> MessageApi::cost_vetkd_derive_key(const GuestBytes& key_name,
                                                                std::uint32_t curve) {
  return signing_cost(key_name, curve == 0);
}

// ----------------------------------------------------------------------------------------- log

wasm::LogRoom MessageApi::log_room() {
  wasm::LogRoom room;
  room.capacity_bytes = state::CanisterLog::capacity_bytes();
  room.remaining_bytes = room.capacity_bytes - std::min(room.capacity_bytes, log_bytes_);
  return room;
}

void MessageApi::debug_print(const GuestBytes& text) {
  const auto bytes = text.read();
  log(bytes.ok() ? *bytes : as_bytes(kOutOfBoundsLine));
}

Failure MessageApi::trap(const GuestBytes& text) {
  const auto bytes = text.read();
  const std::string message =
      bytes.ok() ? lossy_text(bytes->first(std::min(bytes->size(), limits::kRejectMessageSizeMax)))
                 : std::string("(trap message out of memory bounds)");
  return wasm::called_trap(message);
}

// -------------------------------------------------------------------------------------- memory

void MessageApi::draw(const Drawn& more) {
  room_ = room_.after(more);
  drawn_ = drawn_.plus(more);
}

HostResult<GrowAnswer> MessageApi::grow(std::uint64_t bytes) {
  if (!keeps_memory(message_.context)) return GrowAnswer::kGranted;
  // What lies within the allocation was set aside for the canister when it was made.
  const std::uint64_t usage = use_.memory_usage + bytes;
  const std::uint64_t charged_before = std::max(use_.memory_allocation, use_.memory_usage);
  const std::uint64_t growth = usage > charged_before ? usage - charged_before : 0;
  if (growth > room_.memory_bytes) return GrowAnswer::kRefused;

  const FeeSchedule& fees = subnet_.fees;
  Cycles reservation{0};
  if (reserves_for_growth(message_.context)) {
    reservation = reservation_for_growth(fees, room_.memory_in_use, room_.memory_capacity, growth);
    const Cycles limit = canister_.settings->reserved_cycles_limit;
    if (reserved_ + reservation.value > limit)
      return Err(grow_over_reserved_limit(
          bytes, limit, (reserved_ + reservation.value).minus_or_zero(limit.value)));
  }
  ResourceUse use = use_;
  use.memory_usage = usage;
  if (reservation > balance_) return Err(grow_out_of_cycles(bytes));
  if (growth_respects_freezing(message_.context) && growth > 0) {
    const Cycles frozen = frozen_part(fees, use, reserved_ + reservation.value);
    if (balance_ < frozen + reservation.value) return Err(grow_out_of_cycles(bytes));
  }
  use_ = use;
  balance_ -= reservation.value;
  reserved_ += reservation.value;
  effects_.reserved += reservation.value;
  draw(Drawn{.memory_bytes = growth});
  return GrowAnswer::kGranted;
}

HostResult<GrowAnswer> MessageApi::heap_grow(std::uint64_t current_pages,
                                             std::uint64_t delta_pages) {
  const std::uint64_t bytes = (current_pages + delta_pages) * limits::kWasmPageSize;
  const std::uint64_t limit = canister_.settings->wasm_memory_limit;
  if (limit != 0 && bytes > limit && obeys_wasm_memory_limit(message_.context))
    return Err(wasm_memory_limit_exceeded(bytes, limit));
  return grow(delta_pages * limits::kWasmPageSize);
}

HostResult<GrowAnswer> MessageApi::stable_grow(std::uint64_t, std::uint64_t delta_pages) {
  return grow(delta_pages * limits::kWasmPageSize);
}

}  // namespace icpd::execution
