// The System API without a guest: what each function does, and its limits at their boundaries.
#include "execution/message_api.hpp"

#include <gtest/gtest.h>

#include "codec/candid_mapping.hpp"
#include "execution/fees.hpp"

namespace icpd::execution {
namespace {

namespace limits = types::limits;
using types::CanisterId;
using wasm::Context;
using wasm::GuestBytes;

GuestBytes guest(ByteView bytes) {
  return {bytes, 0, bytes.size()};
}
GuestBytes guest(std::string_view text) {
  return guest(as_bytes(text));
}
/// Of a size only: limits are checked before anything is read.
GuestBytes of_size(std::uint64_t size) {
  return {ByteView(), 0, size};
}

template <typename T>
std::string text_of(const wasm::HostResult<T>& result) {
  if (result.ok()) return "done";
  return types::text(result.error().code) + ": " + result.error().message;
}

constexpr std::uint64_t kPage = limits::kWasmPageSize;
constexpr Cycles kTrillion{1'000'000'000'000};

/// A canister in the middle of an update; what a test changes, it changes before the first call.
class Api : public ::testing::Test {
 protected:
  Api() {
    subnet.fees = FeeSchedule(13, ChargesCycles(true));
    canister.id = types::canister_id_from_index(7);
    canister.balance = Cycles{100 * kTrillion.value};
    message.time = Time::from_seconds(1'700'000'000);
    message.callback_instructions = 40'000'000'000;
    message.may_respond = true;
  }
  /// Of another execution, as things are now.
  [[nodiscard]] MessageApi fresh() {
    canister.settings = &settings;
    canister.queues = &queues;
    return {subnet, canister, message, room};
  }
  MessageApi& api() {
    if (!api_) api_.emplace(fresh());
    return *api_;
  }
  wasm::HostResult<void> call_new(const CanisterId& callee = types::canister_id_from_index(8),
                                  std::string_view method = "foo") {
    return api().call_new({guest(callee.view()), guest(method), {1, 2}, {3, 4}});
  }
  std::uint32_t call() {
    EXPECT_EQ(text_of(call_new()), "done");
    return api().call_perform().value();
  }

  state::Settings settings;
  state::CanisterQueues queues;
  SubnetView subnet;
  CanisterView canister;
  MessageView message;
  SubnetRoom room{.memory_bytes = kGiB,
                  .message_memory_bytes = 100 * kGiB,
                  .callbacks = 100'000,
                  .memory_in_use = 0,
                  .memory_capacity = 2 * kTiB};

 private:
  std::optional<MessageApi> api_;
};

// -------------------------------------------------------------------------------------- responding

// Public execution-errors page, "msg_reply_data_append payload too large"; 2 MiB.
TEST_F(Api, a_reply_is_at_most_2_mib) {
  const Bytes large(limits::kReplySizeMax);
  EXPECT_EQ(text_of(api().msg_reply_data_append(guest(large))), "done");
  EXPECT_EQ(text_of(api().msg_reply_data_append(of_size(1))),
            "IC0504: Canister violated contract: ic0.msg_reply_data_append: application payload "
            "size (2097153) cannot be larger than 2097152.");
}

TEST_F(Api, a_querys_reply_is_at_most_3_mib) {
  message.context = Context::kNonReplicatedQuery;
  message.reply_size_max = limits::kQueryReplySizeMax;
  const Bytes large(3 * kMiB);
  EXPECT_EQ(text_of(api().msg_reply_data_append(guest(large))), "done");
  EXPECT_EQ(text_of(api().msg_reply_data_append(of_size(1))),
            "IC0504: Canister violated contract: ic0.msg_reply_data_append: application payload "
            "size (3145729) cannot be larger than 3145728.");
}

TEST_F(Api, a_reject_is_at_most_2_mib_of_utf8) {
  EXPECT_EQ(text_of(api().msg_reject(of_size(2 * kMiB + 1))),
            "IC0504: Canister violated contract: ic0.msg_reject: application payload size "
            "(2097153) cannot be larger than 2097152.");
  EXPECT_EQ(text_of(api().msg_reject(guest("\xFF"))),
            "IC0504: Canister violated contract: ic0.msg_reject: invalid UTF-8 string provided.");
  EXPECT_EQ(text_of(api().msg_reject(of_size(1))), "IC0502: Canister trapped: heap out of bounds");
  EXPECT_EQ(text_of(api().msg_reject(guest("no"))), "done");
  const MessageEffects effects = api().take_effects();
  EXPECT_EQ(std::get<types::Reject>(*effects.response),
            (types::Reject{types::RejectCode::kCanisterReject, "no"}));
}

// Interface specification, "Responding": once, and not if there is nothing to respond to.
TEST_F(Api, a_second_response_traps) {
  EXPECT_EQ(text_of(api().msg_reply_data_append(guest("yes"))), "done");
  EXPECT_EQ(text_of(api().msg_reply()), "done");
  EXPECT_EQ(text_of(api().msg_reply()),
            "IC0504: Canister violated contract: ic0.msg_reply: the call is already replied.");
  EXPECT_EQ(text_of(api().msg_reject(guest("no"))),
            "IC0504: Canister violated contract: ic0.msg_reject: the call is already replied.");
  EXPECT_EQ(text_of(api().msg_reply_data_append(guest("more"))),
            "IC0504: Canister violated contract: ic0.msg_reply_data_append: the call is already "
            "replied.");
  const MessageEffects effects = api().take_effects();
  EXPECT_EQ(as_text(std::get<types::Reply>(*effects.response).data.view()), "yes");
}

TEST_F(Api, where_nobody_waits_a_response_traps) {
  message.context = Context::kReplyCallback;
  message.may_respond = false;
  EXPECT_FALSE(api().msg_reply_data_append(guest("")).ok());
  EXPECT_FALSE(api().msg_reject(guest("")).ok());
  EXPECT_FALSE(api().msg_reply().ok());
}

TEST_F(Api, a_message_is_accepted_once) {
  message.context = Context::kInspectMessage;
  EXPECT_EQ(text_of(api().accept_message()), "done");
  EXPECT_EQ(text_of(api().accept_message()),
            "IC0504: Canister violated contract: ic0.accept_message: the function was already "
            "called.");
}

// ------------------------------------------------------------------------------- cycles of the
// call

// Interface specification, "ic0.msg_cycles_accept": at most max_amount, at most what is available;
// nothing is available after the response.
TEST_F(Api, cycles_are_accepted_as_far_as_there_are_some) {
  message.available = Cycles{1000};
  const Cycles before = canister.balance;
  EXPECT_EQ(*api().msg_cycles_accept(Cycles{300}), Cycles{300});
  EXPECT_EQ(*api().msg_cycles_available(), Cycles{700});
  EXPECT_EQ(*api().msg_cycles_accept(Cycles{600}), Cycles{600});
  EXPECT_EQ(*api().msg_cycles_accept(Cycles{600}), Cycles{100});
  EXPECT_EQ(*api().canister_cycle_balance(), before + 1000);
}

TEST_F(Api, after_the_response_no_cycles_are_left_to_accept) {
  message.available = Cycles{1000};
  EXPECT_EQ(text_of(api().msg_reply()), "done");
  EXPECT_EQ(*api().msg_cycles_available(), Cycles{0});
  EXPECT_EQ(*api().msg_cycles_accept(Cycles{1}), Cycles{0});
}

// Interface specification, "ic0.cycles_burn128": no more than liquid_balance.
TEST_F(Api, what_keeps_a_canister_from_freezing_is_not_burned) {
  canister.use = {.memory_usage = kGiB, .freezing_threshold_seconds = 2'592'000};
  const Cycles frozen = freezing_limit(subnet.fees, canister.use);
  const Cycles liquid{canister.balance - frozen};
  ASSERT_GT(frozen, Cycles{0});
  EXPECT_EQ(*api().canister_liquid_cycle_balance(), liquid);
  EXPECT_EQ(*api().cycles_burn(liquid + 1), liquid);
  EXPECT_EQ(*api().canister_cycle_balance(), frozen);
  EXPECT_EQ(*api().cycles_burn(Cycles{1}), Cycles{0});
}

// Reference, system-api.csv: only the Cycles Minting Canister, which is the root subnet's.
TEST_F(Api, cycles_are_minted_by_one_canister_of_the_network_only) {
  subnet.may_mint = true;
  const std::string refusal =
      "IC0504: Canister violated contract: ic0.mint_cycles128 cannot be executed on non Cycles "
      "Minting Canister";
  EXPECT_EQ(text_of(api().mint_cycles(Cycles{5})), refusal);
  canister.id = types::canister_id_from_index(4);
  ASSERT_EQ(canister.id.text(), "rkp4c-7iaaa-aaaaa-aaaca-cai");
  MessageApi minter = fresh();
  EXPECT_EQ(*minter.mint_cycles(Cycles{5}), Cycles{5});
  EXPECT_EQ(*minter.canister_cycle_balance(), canister.balance + 5);
  EXPECT_EQ(minter.take_effects().minted, Cycles{5});
  subnet.may_mint = false;
  EXPECT_EQ(text_of(fresh().mint_cycles(Cycles{5})), refusal);
}

// ------------------------------------------------------------------------------------------- calls

TEST_F(Api, a_call_is_made_as_it_was_built) {
  const CanisterId callee = types::canister_id_from_index(8);
  EXPECT_EQ(text_of(call_new(callee, "method\xFF")), "done");
  EXPECT_EQ(text_of(api().call_data_append(guest("ab"))), "done");
  EXPECT_EQ(text_of(api().call_data_append(guest("c"))), "done");
  EXPECT_EQ(text_of(api().call_on_cleanup({5, 6})), "done");
  EXPECT_EQ(text_of(api().call_cycles_add(Cycles{10})), "done");
  EXPECT_EQ(text_of(api().call_cycles_add(Cycles{20})), "done");
  EXPECT_EQ(text_of(api().call_with_best_effort_response(7)), "done");
  EXPECT_EQ(*api().call_perform(), 0U);
  const MessageEffects effects = api().take_effects();
  ASSERT_EQ(effects.calls.size(), 1U);
  const OutgoingCall& made = effects.calls[0];
  EXPECT_EQ(made.callee, callee);
  EXPECT_EQ(made.method_name, "method\xEF\xBF\xBD");
  EXPECT_EQ(as_text(made.arg), "abc");
  EXPECT_EQ(made.on_reply, (state::Closure{1, 2}));
  EXPECT_EQ(made.on_reject, (state::Closure{3, 4}));
  EXPECT_EQ(made.on_cleanup, (state::Closure{5, 6}));
  EXPECT_EQ(made.cycles, Cycles{30});
  EXPECT_EQ(made.deadline, types::CoarseTime{1'700'000'007});
}

// Interface specification, "ic0.call_perform": before call_new and after call_perform the other
// functions trap.
TEST_F(Api, attributes_need_a_call_under_construction) {
  const auto all_trap = [&] {
    const std::string end = " called when no call is under construction.";
    const std::string begin = "IC0504: Canister violated contract: ic0.";
    EXPECT_EQ(text_of(api().call_data_append(guest(""))), begin + "call_data_append" + end);
    EXPECT_EQ(text_of(api().call_on_cleanup({})), begin + "call_on_cleanup" + end);
    EXPECT_EQ(text_of(api().call_cycles_add(Cycles{0})), begin + "call_cycles_add" + end);
    EXPECT_EQ(text_of(api().call_with_best_effort_response(1)),
              begin + "call_with_best_effort_response" + end);
    EXPECT_EQ(text_of(api().call_perform()), begin + "call_perform" + end);
  };
  all_trap();
  EXPECT_EQ(call(), 0U);
  all_trap();
}

TEST_F(Api, cleanup_and_timeout_are_given_once) {
  EXPECT_EQ(text_of(call_new()), "done");
  EXPECT_EQ(text_of(api().call_on_cleanup({})), "done");
  EXPECT_EQ(text_of(api().call_on_cleanup({})),
            "IC0504: Canister violated contract: ic0.call_on_cleanup can be called at most once "
            "between `ic0.call_new` and `ic0.call_perform`.");
  EXPECT_EQ(text_of(api().call_with_best_effort_response(0)), "done");
  EXPECT_EQ(text_of(api().call_with_best_effort_response(1)),
            "IC0504: Canister violated contract: ic0.call_with_best_effort_response can be called "
            "at most once between `ic0.call_new` and `ic0.call_perform`.");
}

// "silently bounded from above by the MAX_CALL_TIMEOUT"
TEST_F(Api, a_timeout_is_at_most_300_seconds) {
  for (const auto& [seconds, deadline] :
       {std::pair(300U, 1'700'000'300U), std::pair(301U, 1'700'000'300U),
        std::pair(UINT32_MAX, 1'700'000'300U), std::pair(0U, 1'700'000'000U)}) {
    EXPECT_EQ(text_of(call_new()), "done");
    EXPECT_EQ(text_of(api().call_with_best_effort_response(seconds)), "done");
    EXPECT_EQ(*api().call_perform(), 0U);
    EXPECT_EQ(api().take_effects().calls.back().deadline, types::CoarseTime{deadline});
  }
}

TEST_F(Api, a_callee_is_a_principal_and_a_method_name_has_a_limit) {
  const Bytes long_id(30);
  EXPECT_EQ(text_of(api().call_new({guest(long_id), guest("foo"), {}, {}})),
            "IC0504: Canister provided invalid principal id");
  const std::string name(limits::kMethodNameSizeMax, 'x');
  EXPECT_EQ(text_of(call_new(canister.id, name)), "done");
  EXPECT_EQ(text_of(call_new(canister.id, name + "x")),
            "IC0504: Canister violated contract: Size of method_name 20001 exceeds the allowed "
            "limit of 20000.");
}

TEST_F(Api, name_and_argument_are_at_most_10_mib) {
  EXPECT_EQ(text_of(call_new()), "done");
  const Bytes most(10 * kMiB - 3);
  EXPECT_EQ(text_of(api().call_data_append(guest(most))), "done");
  EXPECT_EQ(
      text_of(api().call_data_append(of_size(1))),
      "IC0504: Canister violated contract: Request to " + types::canister_id_from_index(8).text() +
          ":foo has a payload size of 10485761, which exceeds the allowed limit of 10485760.");
}

// "moved back if the call cannot be performed (...)"
TEST_F(Api, cycles_of_a_call_that_is_not_made_come_back) {
  const Cycles before = canister.balance;
  EXPECT_EQ(text_of(call_new()), "done");
  EXPECT_EQ(text_of(api().call_cycles_add(Cycles{1000})), "done");
  EXPECT_EQ(*api().canister_cycle_balance(), Cycles{before - 1000});
  EXPECT_EQ(text_of(call_new()), "done");
  EXPECT_EQ(*api().canister_cycle_balance(), before);
  EXPECT_EQ(text_of(api().call_cycles_add(before)), "done");
  EXPECT_EQ(*api().call_perform(), 2U) << "nothing is left to pay for the call";
  EXPECT_EQ(*api().canister_cycle_balance(), before);
  EXPECT_EQ(text_of(call_new()), "done");
  EXPECT_EQ(text_of(api().call_cycles_add(Cycles{1000})), "done");
  EXPECT_TRUE(api().take_effects().calls.empty());
  EXPECT_EQ(*api().canister_cycle_balance(), before) << "returned without ic0.call_perform";
}

TEST_F(Api, no_more_than_the_liquid_balance_is_attached) {
  canister.use = {.memory_usage = kGiB, .freezing_threshold_seconds = 2'592'000};
  const Cycles liquid{canister.balance - freezing_limit(subnet.fees, canister.use)};
  EXPECT_EQ(text_of(call_new()), "done");
  EXPECT_EQ(text_of(api().call_cycles_add(liquid + 1)),
            "IC0504: Canister " + canister.id.text() + " is out of cycles");
  EXPECT_EQ(text_of(api().call_cycles_add(liquid)), "done");
}

// "the amount of cycles that a canister needs to be above the freezing threshold"
TEST_F(Api, a_call_needs_exactly_what_cost_call_says) {
  const Cycles cost = *fresh().cost_call(3, 0);
  canister.balance = Cycles{cost - 1};
  EXPECT_EQ(call(), 2U);
  EXPECT_EQ(*api().canister_cycle_balance(), canister.balance);
  canister.balance = cost;
  MessageApi enough = fresh();
  ASSERT_TRUE(enough.call_new({guest(canister.id.view()), guest("foo"), {}, {}}).ok());
  EXPECT_EQ(*enough.call_perform(), 0U);
  EXPECT_EQ(*enough.canister_cycle_balance(), Cycles{0});
}

TEST_F(Api, a_call_needs_room_in_the_queue_to_its_callee) {
  canister.balance = Cycles{1'000 * kTrillion.value};
  for (std::size_t i = 0; i < limits::kQueueCapacity; ++i)
    ASSERT_EQ(call(), 0U) << i;
  EXPECT_EQ(call(), 2U);
  EXPECT_EQ(text_of(call_new(types::canister_id_from_index(9))), "done");
  EXPECT_EQ(*api().call_perform(), 0U) << "to another callee there is room";
}

// Reference 4.1: callbacks, soft limit of the subnet, 50 guaranteed to each canister.
TEST_F(Api, fifty_callbacks_are_a_canisters_own) {
  room.callbacks = 0;
  canister.callbacks = 48;
  EXPECT_EQ(call(), 0U);
  EXPECT_EQ(call(), 0U);
  EXPECT_EQ(call(), 2U);
}

TEST_F(Api, a_guaranteed_response_needs_memory_on_the_subnet) {
  room.message_memory_bytes = 2 * kMiB;
  EXPECT_EQ(call(), 0U);
  EXPECT_EQ(call(), 2U);
  EXPECT_EQ(text_of(call_new()), "done");
  EXPECT_EQ(text_of(api().call_with_best_effort_response(1)), "done");
  EXPECT_EQ(*api().call_perform(), 0U) << "a best-effort response needs none";
}

TEST_F(Api, a_composite_query_calls_for_nothing_as_often_as_it_may) {
  message.context = Context::kCompositeQuery;
  canister.balance = Cycles{0};
  room = {.message_memory_bytes = kMiB, .callbacks = 2};
  EXPECT_EQ(call(), 0U);
  EXPECT_EQ(call(), 0U);
  EXPECT_EQ(call(), 2U);
}

// ------------------------------------------------------------------------------------------ memory

TEST_F(Api, memory_grows_as_far_as_the_subnet_has_room) {
  room.memory_bytes = 2 * kPage;
  EXPECT_EQ(*api().heap_grow(1, 1), wasm::GrowAnswer::kGranted);
  EXPECT_EQ(*api().stable_grow(0, 2), wasm::GrowAnswer::kRefused);
  EXPECT_EQ(*api().stable_grow(0, 1), wasm::GrowAnswer::kGranted);
  EXPECT_EQ(*api().stable_grow(1, 1), wasm::GrowAnswer::kRefused);
}

/// Public execution-errors page, "Insufficient cycles in memory grow"; reference 5.5: callbacks
/// don't fail because of the freezing threshold.
TEST_F(Api, growing_does_not_freeze_a_canister_but_in_its_callbacks) {
  canister.use = {.freezing_threshold_seconds = 1'000'000'000};
  ResourceUse grown = canister.use;
  grown.memory_usage = kPage;
  canister.balance = Cycles{freezing_limit(subnet.fees, grown) - 1};
  ASSERT_GT(canister.balance, Cycles{0});
  EXPECT_EQ(text_of(api().heap_grow(0, 1)),
            "IC0532: Canister cannot grow memory by 65536 bytes due to insufficient cycles.");
  for (const Context context :
       {Context::kReplyCallback, Context::kRejectCallback, Context::kCleanup}) {
    message.context = context;
    EXPECT_EQ(*fresh().heap_grow(0, 1), wasm::GrowAnswer::kGranted);
  }
  message.context = Context::kUpdate;
  canister.balance += 1;
  EXPECT_EQ(*fresh().heap_grow(0, 1), wasm::GrowAnswer::kGranted);
}

/// Public execution-errors page, "Reserved cycles limit exceeded in memory grow".
TEST_F(Api, growing_on_a_full_subnet_sets_cycles_aside_up_to_a_limit) {
  room.memory_in_use = kTiB;
  const Cycles needed = reservation_for_growth(subnet.fees, kTiB, room.memory_capacity, kPage);
  ASSERT_GT(needed, Cycles{0});
  settings.reserved_cycles_limit = Cycles{needed - 1};
  EXPECT_EQ(text_of(api().stable_grow(0, 1)),
            "IC0534: Canister cannot grow memory by 65536 bytes due to its reserved cycles limit. "
            "The current limit (" +
                types::to_text(settings.reserved_cycles_limit) + ") would be exceeded by 1.");
  settings.reserved_cycles_limit = needed;
  EXPECT_EQ(*api().stable_grow(0, 1), wasm::GrowAnswer::kGranted);
  EXPECT_EQ(*api().canister_cycle_balance(), Cycles{canister.balance - needed});
  EXPECT_EQ(api().take_effects().reserved, needed);
}

/// Public execution-errors page, "Wasm memory limit exceeded"; interface specification, "Message
/// execution": Wasm_memory_limit is zero for all but update methods.
TEST_F(Api, the_limit_of_the_heap_is_for_updates_and_installs) {
  settings.wasm_memory_limit = 2 * kPage;
  EXPECT_EQ(*api().heap_grow(1, 1), wasm::GrowAnswer::kGranted);
  const std::string answer = text_of(api().heap_grow(2, 1));
  EXPECT_TRUE(answer.starts_with(
      "IC0539: Canister exceeded its current Wasm memory limit of 131072 bytes. The peak Wasm "
      "memory usage was 196608 bytes. If the canister reaches 4GiB"))
      << answer;
  for (const wasm::ContextName& row : wasm::kContextNames) {
    using enum Context;
    message.context = row.context;
    const bool limited = row.context == kUpdate || row.context == kInit || row.context == kStart;
    EXPECT_EQ(fresh().heap_grow(2, 1).ok(), !limited) << row.letters;
  }
}

// ------------------------------------------------------------------- canister, environment, time

TEST_F(Api, a_controller_is_a_principal) {
  const types::Principal controller = types::canister_id_from_index(1).principal;
  settings.controllers = {controller};
  EXPECT_TRUE(*api().is_controller(guest(controller.view())));
  EXPECT_FALSE(*api().is_controller(guest("x")));
  const Bytes too_long(30);
  EXPECT_EQ(text_of(api().is_controller(guest(too_long))),
            "IC0504: Canister provided invalid principal id");
  EXPECT_EQ(text_of(api().is_controller(of_size(3))),
            "IC0502: Canister trapped: heap out of bounds");
}

/// Public execution-errors page, "certified_data_set payload too large".
TEST_F(Api, certified_data_is_at_most_32_bytes) {
  const Bytes most(32);
  EXPECT_EQ(text_of(api().certified_data_set(guest(most))), "done");
  EXPECT_EQ(text_of(api().certified_data_set(of_size(33))),
            "IC0504: Canister violated contract: ic0_certified_data_set failed because the passed "
            "data must be no larger than 32 bytes. Found 33 bytes.");
}

// Interface specification, "Environment Variables": sorted by name.
TEST_F(Api, environment_variables_are_found_by_index_and_by_name) {
  settings.environment_variables = {{"b", "2"}, {"a", "one"}};
  EXPECT_EQ(*api().env_var_count(), 2U);
  EXPECT_EQ(as_text(*api().env_var_name(0)), "a");
  EXPECT_EQ(as_text(*api().env_var_name(1)), "b");
  EXPECT_EQ(text_of(api().env_var_name(2)),
            "IC0504: Environment variable index 2 is out of bounds. The number of environment "
            "variables is 2.");
  EXPECT_TRUE(*api().env_var_name_exists(guest("a")));
  EXPECT_FALSE(*api().env_var_name_exists(guest("c")));
  EXPECT_EQ(as_text(*api().env_var_value(guest("a"))), "one");
  EXPECT_EQ(text_of(api().env_var_value(guest("c"))), "IC0504: Environment variable c not found.");
}

TEST_F(Api, a_name_of_an_environment_variable_is_short_utf8) {
  const std::string longest(limits::kEnvironmentVariableSizeMax, 'x');
  for (const bool value : {false, true}) {
    const auto ask = [&](const GuestBytes& name) {
      return value ? text_of(api().env_var_value(name)) : text_of(api().env_var_name_exists(name));
    };
    EXPECT_EQ(ask(guest(longest)),
              value ? "IC0504: Environment variable " + longest + " not found." : "done");
    EXPECT_EQ(ask(of_size(129)),
              "IC0504: Canister violated contract: Environment variable name of 129 bytes is "
              "longer than 128.");
    EXPECT_EQ(ask(guest("\xC0")),
              "IC0504: Canister violated contract: Environment variable name is not valid UTF-8.");
    EXPECT_EQ(ask(of_size(5)), "IC0502: Canister trapped: heap out of bounds");
  }
}

// Interface specification, "Global timer": the previous value, also of this execution.
TEST_F(Api, setting_the_timer_gives_what_it_was) {
  canister.global_timer = Time{5};
  EXPECT_EQ(*api().global_timer_set(7), 5U);
  EXPECT_EQ(*api().global_timer_set(0), 7U);
  EXPECT_EQ(*api().global_timer_set(9), 0U);
  EXPECT_EQ(api().take_effects().global_timer, Time{9});
}

TEST_F(Api, a_certificate_that_is_not_there_traps) {
  EXPECT_FALSE(*api().data_certificate_present());
  EXPECT_EQ(text_of(api().data_certificate()),
            "IC0504: Canister violated contract: ic0.data_certificate_size: no certificate is "
            "present.");
}

// ------------------------------------------------------------------------------------------- costs

// Interface specification, "Cycle cost calculation": 1 for the curve, then 2 for the key.
TEST_F(Api, a_signature_of_an_unknown_curve_or_key_has_no_price) {
  using wasm::CostAnswer;
  const auto answer = [](const wasm::HostResult<wasm::SigningCost>& cost) { return cost->answer; };
  EXPECT_EQ(answer(api().cost_sign_with_ecdsa(guest("key"), 0)), CostAnswer::kUnknownKey);
  EXPECT_EQ(answer(api().cost_sign_with_ecdsa(guest("key"), 1)),
            CostAnswer::kUnknownCurveOrAlgorithm);
  EXPECT_EQ(answer(api().cost_sign_with_schnorr(guest("key"), 1)), CostAnswer::kUnknownKey);
  EXPECT_EQ(answer(api().cost_sign_with_schnorr(guest("key"), 2)),
            CostAnswer::kUnknownCurveOrAlgorithm);
  EXPECT_EQ(answer(api().cost_vetkd_derive_key(guest("key"), 0)), CostAnswer::kUnknownKey);
  EXPECT_EQ(answer(api().cost_vetkd_derive_key(guest("key"), 1)),
            CostAnswer::kUnknownCurveOrAlgorithm);
  EXPECT_EQ(text_of(api().cost_sign_with_ecdsa(of_size(1), 9)),
            "IC0502: Canister trapped: heap out of bounds");
}

struct OutcallParams {
  std::uint64_t request_bytes = 1;
  std::uint64_t http_roundtrip_time_ms = 2;
  std::uint64_t raw_response_bytes = 3;
  std::uint64_t transformed_response_bytes = 4;
  std::uint64_t transform_instructions = 65;
  static constexpr auto kCandid = codec::candid::record(
      codec::candid::field<"request_bytes">(&OutcallParams::request_bytes),
      codec::candid::field<"http_roundtrip_time_ms">(&OutcallParams::http_roundtrip_time_ms),
      codec::candid::field<"raw_response_bytes">(&OutcallParams::raw_response_bytes),
      codec::candid::field<"transformed_response_bytes">(
          &OutcallParams::transformed_response_bytes),
      codec::candid::field<"transform_instructions">(&OutcallParams::transform_instructions));
};

TEST_F(Api, an_https_outcall_is_priced_by_its_use) {
  const Bytes params = codec::candid::encode_args(OutcallParams{});
  const Cycles empty = subnet.fees.http_outcall_cost_v2({});
  EXPECT_EQ(*api().cost_http_request_v2(guest(params)),
            empty + 13 * (50 * 1 + 300 * 2 + 50 * 3 + 780 * 4 + 5));
  EXPECT_EQ(text_of(api().cost_http_request_v2(guest("no candid"))),
            "IC0504: Canister violated contract: ic0.cost_http_request_v2: the parameters are not "
            "the Candid record they should be.");
}

}  // namespace
}  // namespace icpd::execution
