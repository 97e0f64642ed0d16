#include "state/replicated_state.hpp"

#include <gtest/gtest.h>
#include <set>

#include "base/prng.hpp"
#include "state/induction.hpp"
#include "state/testing.hpp"

namespace icpd::state {
namespace {

using testing::canister;
using testing::make_reply;
using testing::make_request;

/// The index that one gets by looking at every canister.
struct Naive {
  std::set<types::CanisterId> work, output, heartbeats, stopping;
  std::set<std::pair<Time, types::CanisterId>> timers, deadlines, ingress;
  Totals totals;
};
Naive look_at_all(const ReplicatedState& state) {
  Naive naive;
  for (const auto& [id, shared] : state.canisters()) {
    const CanisterState& c = *shared;
    if (c.queues->has_input()) naive.work.insert(id);
    if (c.queues->has_output()) naive.output.insert(id);
    if (c.is_stopping()) naive.stopping.insert(id);
    if (c.is_running() && c.has_code()) {
      naive.heartbeats.insert(id);
      if (c.global_timer.has_value()) naive.timers.emplace(*c.global_timer, id);
    }
    if (const auto expiry = c.queues->next_expiry())
      naive.deadlines.emplace(Time::from_seconds(expiry->value + 1), id);
    if (const auto expiry = c.queues->first_ingress_expiry()) naive.ingress.emplace(*expiry, id);
    naive.totals.state_bytes += c.memory_usage();
    naive.totals.memory_bytes += std::max(c.memory_usage(), c.settings->memory_allocation);
    naive.totals.guaranteed_message_bytes += c.queues->guaranteed_memory_bytes();
    naive.totals.best_effort_message_bytes += c.queues->best_effort_memory_bytes();
    naive.totals.compute_allocation += c.settings->compute_allocation;
    if (c.has_code())
      naive.totals.custom_section_bytes += (*c.execution)->module->metadata_size_bytes();
  }
  return naive;
}

std::set<types::CanisterId> members(const CanisterSet& set) {
  std::set<types::CanisterId> result;
  for (const auto& [id, nothing] : set)
    result.insert(id);
  return result;
}
std::set<std::pair<Time, types::CanisterId>> members(const DueSet& set) {
  std::set<std::pair<Time, types::CanisterId>> result;
  for (const auto& [key, nothing] : set)
    result.emplace(key.time(), key.canister());
  return result;
}

void give_code(CanisterState& c) {
  Module module{.code = Blob::of(Slice(Bytes{1, 2, 3}))};
  module.system_methods.fill(true);
  module.metadata["note"].content = Slice(Bytes(3));
  ExecutionState execution;
  execution.module = seal(std::move(module));
  execution.heap.size_bytes = 65536;
  c.execution = Cow<ExecutionState>(std::move(execution));
}

void change_at_random(CanisterState& c, Prng& prng) {
  const std::uint64_t n = prng.next();
  switch (prng.below(9)) {
    case 0:
      c.queues.write().push_ingress(testing::ingress(n, 0, Time::from_seconds(prng.below(50))));
      break;
    case 1:
      static_cast<void>(c.queues.write().pop_input());
      break;
    case 2:
      static_cast<void>(c.queues.write().push_request_in(
          SharedRequest(make_request(prng.below(5), 0, n, 0, prng.below(3))), SenderIs::kLocal));
      break;
    case 3:
      static_cast<void>(c.queues.write().push_request_out(
          SharedRequest(make_request(0, prng.below(5), n, 0, prng.below(30))), Time{}));
      break;
    case 4:
      c.global_timer = prng.chance(1, 2) ? std::optional(Time{prng.below(99)}) : std::nullopt;
      break;
    case 5:
      if (c.has_code())
        c.execution.reset();
      else
        give_code(c);
      break;
    case 6:
      c.settings.write().memory_allocation = prng.below(200'000);
      c.settings.write().compute_allocation = prng.below(100);
      break;
    case 7:
      static_cast<void>(c.queues.write().time_out(types::CoarseTime{15}));
      break;
    default:
      if (c.is_running())
        c.status = Stopping{};
      else
        c.status = Running{};
  }
}

TEST(ReplicatedState, index_is_what_one_sees_by_looking_at_every_canister) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    Prng prng(seed);
    ReplicatedState state(testing::topology());
    std::vector<ReplicatedState> snapshots;
    for (int step = 0; step < 300; ++step) {
      const std::uint64_t i = prng.below(6);
      if (!state.contains(canister(i)))
        state.put(testing::make_canister(i));
      else if (prng.chance(1, 30))
        state.remove(canister(i));
      else if (prng.chance(1, 2))
        state.update(canister(i), [&](CanisterState& c) { change_at_random(c, prng); });
      else {
        Cow<CanisterState> c = state.share(canister(i));
        change_at_random(c.write(), prng);
        state.put(std::move(c));
      }
      if (step % 20 == 0) snapshots.push_back(state);
    }
    snapshots.push_back(state);
    for (const ReplicatedState& s : snapshots) {
      const Naive naive = look_at_all(s);
      EXPECT_EQ(members(s.index().with_work()), naive.work) << seed;
      EXPECT_EQ(members(s.index().with_output()), naive.output) << seed;
      EXPECT_EQ(members(s.index().heartbeats()), naive.heartbeats) << seed;
      EXPECT_EQ(members(s.index().stopping()), naive.stopping) << seed;
      EXPECT_EQ(members(s.index().timers()), naive.timers) << seed;
      EXPECT_EQ(members(s.index().deadlines()), naive.deadlines) << seed;
      EXPECT_EQ(members(s.index().ingress_expiries()), naive.ingress) << seed;
      EXPECT_EQ(s.index().totals(), naive.totals) << seed;
    }
  }
}

TEST(ReplicatedState, canister_ids_pass_over_those_that_are_taken) {
  ReplicatedState state(testing::topology());
  state.put(testing::make_canister(1));
  EXPECT_EQ(state.next_canister_id(), canister(0));
  EXPECT_EQ(state.next_canister_id(), canister(2));
}

TEST(ReplicatedState, canister_ids_end_with_the_ranges) {
  NetworkTopology topology = *testing::topology();
  topology.subnets.at(topology.own_subnet).ranges = {{5, 6}, {9, 9}};
  ReplicatedState state{Shared<NetworkTopology>(std::move(topology))};
  EXPECT_EQ(state.next_canister_id(), canister(5));
  EXPECT_EQ(state.next_canister_id(), canister(6));
  EXPECT_EQ(state.next_canister_id(), canister(9));
  EXPECT_FALSE(state.next_canister_id().has_value());
}

// ---- Induction: one row of its table each ----

ReplicatedState two_canisters() {
  ReplicatedState state(testing::topology());
  state.write_metadata().batch_time = Time::from_seconds(1000);
  for (const std::uint64_t i : {0U, 1U})
    state.put(testing::make_canister(i));
  return state;
}

/// Canister 0 calls `to` with 50 cycles.
types::Request call(ReplicatedState& state, std::uint64_t to, std::uint32_t deadline = 0) {
  return state.update(canister(0), [&](CanisterState& c) {
    const auto context = c.calls.write().open({});
    types::Request request = make_request(0, to, c.calls->next_callback().value, 50, deadline);
    c.calls.write().add_callback(
        {.context = context, .respondent = request.receiver, .deadline = request.deadline});
    EXPECT_TRUE(c.queues.write().push_request_out(SharedRequest(request), state.time()).ok());
    c.balance -= 50;
    return request;
  });
}

InputMessage next_input(ReplicatedState& state, std::uint64_t i) {
  return state.update(canister(i), [](CanisterState& c) {
    auto input = c.queues.write().pop_input();
    EXPECT_TRUE(input.has_value());
    return *input;
  });
}

TEST(Induction, delivers_a_request_and_its_response) {
  ReplicatedState state = two_canisters();
  const types::Request request = call(state, 1);
  EXPECT_EQ(induct_local_messages(state), (InductionReport{.delivered = 1}));
  EXPECT_EQ(*std::get<SharedRequest>(next_input(state, 1)), request);
  state.update(canister(1), [&](CanisterState& c) {
    c.queues.write().push_response_out(SharedResponse(make_reply(request, 50)));
  });
  EXPECT_EQ(induct_local_messages(state), (InductionReport{.delivered = 1}));
  EXPECT_EQ(std::get<SharedResponse>(next_input(state, 0))->refund, types::Cycles{50});
}

types::Reject rejected(ReplicatedState& state) {
  EXPECT_EQ(induct_local_messages(state).rejected, 1U);
  const auto response = std::get<SharedResponse>(next_input(state, 0));
  EXPECT_EQ(response->refund, types::Cycles{50});
  return std::get<types::Reject>(response->payload);
}

TEST(Induction, rejects_a_request_to_nobody) {
  ReplicatedState state = two_canisters();
  call(state, 7);
  EXPECT_EQ(rejected(state).code, types::RejectCode::kDestinationInvalid);
}

TEST(Induction, rejects_a_request_to_a_stopped_or_stopping_canister) {
  for (const CanisterStatus& status : {CanisterStatus(Stopped{}), CanisterStatus(Stopping{})}) {
    ReplicatedState state = two_canisters();
    state.update(canister(1), [&](CanisterState& c) { c.status = status; });
    call(state, 1);
    EXPECT_EQ(rejected(state).code, types::RejectCode::kCanisterError);
  }
}

TEST(Induction, calls_of_the_management_canister_or_of_the_subnet_reach_the_subnet) {
  const types::CanisterId subnet(testing::topology()->own_subnet.principal);
  for (const types::CanisterId& receiver : {types::management_canister(), subnet}) {
    ReplicatedState state = two_canisters();
    types::Request request = make_request(0, 1, 1);
    request.receiver = receiver;
    state.update(canister(0), [&](CanisterState& c) {
      EXPECT_TRUE(c.queues.write().push_request_out(SharedRequest(request), state.time()).ok());
    });
    EXPECT_EQ(induct_local_messages(state).delivered, 1U);
    EXPECT_TRUE(state.subnet_queues().has_input());
  }
}

TEST(Induction, a_full_input_queue_holds_requests_back_in_order) {
  ReplicatedState state = two_canisters();
  state.update(canister(1), [&](CanisterState& c) {
    for (std::uint64_t n = 0; n < 499; ++n)
      EXPECT_TRUE(
          c.queues.write()
              .push_request_in(SharedRequest(make_request(0, 1, 10'000 + n)), SenderIs::kLocal)
              .ok());
  });
  const types::Request first = call(state, 1);
  const types::Request second = call(state, 1);
  EXPECT_EQ(induct_local_messages(state), (InductionReport{.delivered = 1}));
  EXPECT_TRUE(state.find(canister(0))->queues->has_output());
  const auto* waiting = state.find(canister(0))->queues->front_output(canister(1));
  EXPECT_EQ(*std::get<SharedRequest>(*waiting), second);
}

TEST(Induction, an_expired_call_is_answered_once_and_a_late_response_is_credited) {
  ReplicatedState state = two_canisters();
  const types::Request request = call(state, 1, 1010);
  induct_local_messages(state);
  static_cast<void>(next_input(state, 1));
  state.write_metadata().batch_time = Time::from_seconds(1011);
  time_out_messages(state);
  const auto response = std::get<SharedResponse>(next_input(state, 0));
  EXPECT_EQ(std::get<types::Reject>(response->payload),
            (types::Reject{types::RejectCode::kSysUnknown, "Call deadline has expired."}));
  state.update(canister(0), [&](CanisterState& c) {
    EXPECT_TRUE(c.calls.write().take_callback(request.callback).has_value());
  });
  const types::Cycles before = state.find(canister(0))->balance;
  state.update(canister(1), [&](CanisterState& c) {
    c.queues.write().push_response_out(SharedResponse(make_reply(request, 20)));
  });
  induct_local_messages(state);
  EXPECT_FALSE(state.find(canister(0))->queues->has_input());
  EXPECT_EQ(state.find(canister(0))->balance - before, 20U);
}

}  // namespace
}  // namespace icpd::state
