#include "message_routing/batch.hpp"

#include <gtest/gtest.h>

#include "base/prng.hpp"
#include "message_routing/testing.hpp"
#include "state/induction.hpp"

namespace icpd::message_routing {
namespace {

using state::CanisterState;
using state::ReplicatedState;
using testing::call;
using testing::canister;
using testing::request_id;

/// The registry that the tests' topology has; its version is the state's, so nothing is replaced.
registry::Snapshot registry_snapshot() {
  registry::Snapshot snapshot;
  snapshot.version = types::RegistryVersion{1};
  return snapshot;
}

types::Batch batch(std::uint64_t height, std::vector<SharedIngress> ingress = {}) {
  types::Batch b;
  b.height = types::Height{height};
  b.next_checkpoint = types::Height{500};
  b.interval_length = 499;
  b.time = Time::from_seconds(1000 + height);
  b.registry_version = types::RegistryVersion{1};
  b.ingress = std::move(ingress);
  return b;
}

execution::RoundReport no_execution(ReplicatedState&, const execution::RoundInput&) {
  return {};
}

/// Answers every ingress message with its argument.
execution::RoundReport echo(ReplicatedState& state, const execution::RoundInput&) {
  std::vector<types::CanisterId> ids;
  for (const auto& [id, nothing] : state.index().with_work())
    ids.push_back(id);
  for (const auto& id : ids) {
    const auto message =
        state.update(id, [](CanisterState& c) { return c.queues.write().pop_input(); });
    const auto& ingress = *std::get<Shared<state::Ingress>>(*message);
    state.set_ingress(ingress, state::IngressReplied{ingress.arg});
  }
  return {};
}

TEST(Batch, a_valid_message_is_received_queued_and_paid_for) {
  auto state = testing::state_with(1);
  const auto before = state.find(canister(0))->balance;
  const auto outcome = process_batch(state, batch(1, {call(1)}), registry_snapshot(), no_execution);
  EXPECT_EQ(outcome.ingress, (InductionCounts{.inducted = 1}));
  EXPECT_EQ(state.ingress().find(request_id(1))->state,
            state::IngressState(state::IngressReceived{}));
  EXPECT_EQ(state.find(canister(0))->queues->ingress_count(), 1U);
  EXPECT_EQ(before - state.find(canister(0))->balance, 1'204'000ULL * 4 / 13);
  EXPECT_TRUE(outcome.work.now);
}

TEST(Batch, a_message_is_executed_at_most_once) {
  auto state = testing::state_with(1);
  static_cast<void>(process_batch(state, batch(1, {call(1)}), registry_snapshot(), echo));
  const auto outcome =
      process_batch(state, batch(2, {call(1), call(1)}), registry_snapshot(), echo);
  EXPECT_EQ(outcome.ingress, (InductionCounts{.duplicates = 2}));
  EXPECT_TRUE(outcome.finished.empty());
}

TEST(Batch, names_the_calls_that_finished) {
  auto state = testing::state_with(1);
  const auto outcome =
      process_batch(state, batch(1, {call(1), call(2, {.target = 9})}), registry_snapshot(), echo);
  std::vector<types::RequestId> expected{request_id(1), request_id(2)};
  std::ranges::sort(expected);
  EXPECT_EQ(outcome.finished, expected);
}

TEST(Batch, a_message_to_a_missing_canister_fails_with_ic0301) {
  auto state = testing::state_with(0);
  static_cast<void>(process_batch(state, batch(1, {call(1)}), registry_snapshot(), echo));
  const auto& failed = std::get<state::IngressFailed>(state.ingress().find(request_id(1))->state);
  EXPECT_EQ(failed.error.code, types::ErrorCode::kCanisterNotFound);
}

TEST(Batch, a_message_that_cannot_be_paid_for_fails_with_ic0207) {
  auto state = testing::state_with(1);
  state.update(canister(0), [](CanisterState& c) { c.balance = types::Cycles{1}; });
  static_cast<void>(process_batch(state, batch(1, {call(1)}), registry_snapshot(), echo));
  const auto& failed = std::get<state::IngressFailed>(state.ingress().find(request_id(1))->state);
  EXPECT_EQ(failed.error.code, types::ErrorCode::kCanisterOutOfCycles);
  EXPECT_EQ(state.find(canister(0))->balance, types::Cycles{1});
}

// Reference 4.1: the ingress history. A refused message is remembered like another.
TEST(Batch, a_message_that_finds_the_history_full_fails_with_ic0204) {
  auto state = testing::state_with(1);
  const auto outcome = process_batch(state, batch(1, {call(1), call(2), call(3)}),
                                     registry_snapshot(), no_execution, 2);
  EXPECT_EQ(outcome.ingress, (InductionCounts{.inducted = 2, .refused = 1}));
  const auto& failed = std::get<state::IngressFailed>(state.ingress().find(request_id(3))->state);
  EXPECT_EQ(failed.error,
            (types::UserError{types::ErrorCode::kIngressHistoryFull, "Ingress history is full."}));
}

TEST(Batch, roots_form_a_chain_and_are_the_same_on_every_node) {
  auto one = testing::state_with(3);
  auto other = testing::state_with(3);
  types::StateRoot last{};
  for (std::uint64_t h = 1; h <= 5; ++h) {
    const auto b = batch(h, {call(h, {.target = h % 3})});
    const auto outcome = process_batch(one, b, registry_snapshot(), echo);
    const ReplicatedState snapshot = other;  // sharing storage changes nothing
    EXPECT_EQ(process_batch(other, b, registry_snapshot(), echo).root, outcome.root);
    EXPECT_NE(outcome.root, last);
    if (h > 1) {
      EXPECT_EQ(one.metadata().previous_root, last);
    }
    last = outcome.root;
  }
}

TEST(Batch, time_never_goes_backwards) {
  auto state = testing::state_with(0);
  auto b = batch(1);
  b.time = Time::from_seconds(1);
  static_cast<void>(process_batch(state, b, registry_snapshot(), no_execution));
  EXPECT_EQ(state.time(), Time::from_seconds(1000));
}

TEST(Batch, a_subnet_without_work_says_so) {
  auto state = testing::state_with(2);
  const auto outcome = process_batch(state, batch(1), registry_snapshot(), no_execution);
  EXPECT_EQ(outcome.work, WorkReport{});
}

/// Canister `n` has a timer, that fires at `when`.
void set_timer(ReplicatedState& state, std::uint64_t n, Time when) {
  state.update(canister(n), [&](CanisterState& c) {
    state::Module module;
    module.system_methods[static_cast<std::size_t>(state::SystemMethod::kGlobalTimer)] = true;
    state::ExecutionState execution;
    execution.module = state::seal(std::move(module));
    c.execution = Cow<state::ExecutionState>(std::move(execution));
    c.global_timer = when;
  });
}

// A frozen canister's timer stays set; it must not make a subnet produce blocks without a pause.
TEST(Batch, a_timer_that_was_tried_in_vain_is_due_again_with_the_next_heartbeats) {
  auto state = testing::state_with(2);
  const Time now = Time::from_seconds(1001);
  set_timer(state, 0, Time::from_seconds(900));
  set_timer(state, 1, Time::from_seconds(5000));
  const auto all = process_batch(state, batch(1), registry_snapshot(), no_execution);
  EXPECT_EQ(all.work, (WorkReport{false, now + kHeartbeatInterval}));
  const auto cut_short = [](ReplicatedState&, const execution::RoundInput&) {
    return execution::RoundReport{.cut_short = true};
  };
  const auto some = process_batch(state, batch(2), registry_snapshot(), cut_short);
  EXPECT_EQ(some.work, (WorkReport{false, Time::from_seconds(900)}));
  state.update(canister(0), [](CanisterState& c) { c.global_timer.reset(); });
  const auto later = process_batch(state, batch(3), registry_snapshot(), no_execution);
  EXPECT_EQ(later.work, (WorkReport{false, Time::from_seconds(5000)}));
}

TEST(Batch, heartbeats_are_due_once_a_second) {
  auto state = testing::state_with(0);
  std::vector<bool> due;
  const auto record = [&](ReplicatedState&, const execution::RoundInput& input) {
    due.push_back(input.heartbeats_due);
    return execution::RoundReport{};
  };
  for (std::uint64_t h = 1; h <= 4; ++h) {
    auto b = batch(h);
    b.time = Time::from_seconds(1000) + Duration::milliseconds(static_cast<std::int64_t>(h) * 500);
    static_cast<void>(process_batch(state, b, registry_snapshot(), record));
  }
  EXPECT_EQ(due, (std::vector<bool>{true, false, true, false}));
}

/// Makes calls between canisters, answers them, and lets everything time out at random.
execution::RoundReport random_calls(ReplicatedState& state, Prng& prng) {
  for (std::uint64_t i = 0; i < 4; ++i) {
    state.update(canister(i), [&](CanisterState& c) {
      while (auto input = c.queues.write().pop_input()) {
        if (auto* request = std::get_if<state::SharedRequest>(&*input)) {
          const types::Cycles kept{prng.below(5)};
          const types::Cycles taken = std::min(kept, (*request)->payment);
          c.balance += taken.value;
          c.queues.write().push_response_out(state::SharedResponse(testing::make_reply(
              **request, static_cast<std::uint64_t>(((*request)->payment - taken)))));
        } else if (auto* response = std::get_if<state::SharedResponse>(&*input)) {
          ASSERT_TRUE(c.calls.write().take_callback((*response)->callback).has_value());
          c.balance += (*response)->refund.value;
        }
        if (prng.chance(1, 3)) break;
      }
      for (std::uint64_t n = prng.below(4); n > 0; --n) {
        const types::Cycles payment{prng.below(10)};
        if (c.balance < payment) continue;
        const auto to = prng.below(6);  // two of them aren't there
        const auto now = static_cast<std::uint32_t>(state.time().seconds());
        const std::uint32_t deadline =
            prng.chance(1, 2) ? 0 : now + static_cast<std::uint32_t>(prng.below(4));
        types::Request request =
            testing::make_request(i, to, c.calls->next_callback().value,
                                  static_cast<std::uint64_t>(payment.value), deadline);
        if (!c.queues->can_send_to(request.receiver)) continue;
        if (c.calls->contexts().empty()) static_cast<void>(c.calls.write().open({}));
        c.calls.write().add_callback({.context = c.calls->contexts().begin()->first,
                                      .respondent = request.receiver,
                                      .cycles_sent = payment,
                                      .deadline = request.deadline});
        ASSERT_TRUE(c.queues.write()
                        .push_request_out(state::SharedRequest(std::move(request)), state.time())
                        .ok());
        c.balance -= payment.value;
      }
    });
    if (prng.chance(1, 3)) state::induct_local_messages(state);
  }
  return {};
}

TEST(Batch, cycles_are_neither_made_nor_lost_by_routing) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    Prng prng(seed);
    auto state = testing::state_with(4);
    for (std::uint64_t h = 1; h <= 40; ++h) {
      const types::Cycles before = state.total_cycles();
      auto b = batch(h);
      b.is_checkpoint = h % 10 == 0;
      static_cast<void>(process_batch(
          state, b, registry_snapshot(),
          [&](ReplicatedState& s, const execution::RoundInput&) { return random_calls(s, prng); }));
      ASSERT_EQ(state.total_cycles(), before) << "seed " << seed << " height " << h;
    }
    // Every call gets exactly one answer: nothing is left to wait for in the end.
    for (std::uint64_t h = 41; h <= 80; ++h) {
      static_cast<void>(process_batch(
          state, batch(h), registry_snapshot(),
          [&](ReplicatedState& s, const execution::RoundInput&) {
            for (std::uint64_t i = 0; i < 4; ++i)
              s.update(canister(i), [&](CanisterState& c) {
                while (auto input = c.queues.write().pop_input()) {
                  if (auto* request = std::get_if<state::SharedRequest>(&*input)) {
                    c.queues.write().push_response_out(state::SharedResponse(testing::make_reply(
                        **request, static_cast<std::uint64_t>((*request)->payment.value))));
                  } else if (auto* response = std::get_if<state::SharedResponse>(&*input)) {
                    ASSERT_TRUE(c.calls.write().take_callback((*response)->callback).has_value());
                  }
                }
              });
            return execution::RoundReport{};
          }));
    }
    for (std::uint64_t i = 0; i < 4; ++i) {
      const CanisterState& c = *state.find(canister(i));
      EXPECT_TRUE(c.calls->callbacks().empty()) << "seed " << seed;
      EXPECT_TRUE(c.queues->empty()) << "seed " << seed;
      EXPECT_EQ(c.queues->guaranteed_reservations(), 0U) << "seed " << seed;
    }
    EXPECT_EQ(state.index().totals().callbacks, 0U);
  }
}

}  // namespace
}  // namespace icpd::message_routing
