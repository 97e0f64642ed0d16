// For tests of HTTPS outcalls: a subnet that allows them, calls as canisters make them, and what
// consensus answers.
#pragma once

#include <gtest/gtest.h>

#include "execution/http_outcall_types.hpp"
#include "execution/http_outcalls.hpp"
#include "execution/test_subnet.hpp"

namespace icpd::execution::testing {

inline management::HttpRequestArgs small_request() {
  management::HttpRequestArgs args;
  args.url = "https://example.com/";
  return args;
}

inline Bytes candid_response(std::uint64_t status, std::string_view body = {}) {
  management::HttpRequestResult result;
  result.status = status;
  result.body = as_bytes(body);
  return codec::candid::encode_args(result);
}
inline types::ResponsePayload reply(Bytes data) {
  return types::Reply{Slice(std::move(data))};
}
inline types::ResponsePayload reject(std::string text) {
  return types::Reject{types::RejectCode::kSysTransient, std::move(text)};
}
inline types::ConsensusResponse agreed(types::SubnetCallId call, types::ResponsePayload payload) {
  return {.call = call, .answer = types::AgreedAnswer{std::move(payload)}, .spending = {}};
}

/// "reply", "rejected 4: text".
inline std::string text(const types::ResponsePayload& payload) {
  if (const auto* said = std::get_if<types::Reply>(&payload))
    return "reply " + std::string(as_text(said->data));
  const auto& reject = std::get<types::Reject>(payload);
  return "rejected " + std::to_string(static_cast<int>(reject.code)) + ": " + reject.message;
}

class OutcallSubnet {
 public:
  explicit OutcallSubnet(SubnetOptions options = {}) : subnet_(with_outcalls(options)) {}

  TestSubnet& operator*() { return subnet_; }
  TestSubnet* operator->() { return &subnet_; }

  /// Does something as a round would, outside of one.
  template <typename F>
  void within(F&& work) {
    RoundOutput out;
    RoundContext round = round_context(subnet_.state, subnet_.environment);
    round.randomness.bytes.fill(randomness);
    ManagementScope scope{subnet_.state, round, out};
    work(scope);
  }

  /// The management canister gets this call of `caller`, whatever its queues say.
  template <typename Args>
  void call(std::string method, const Args& args, std::uint64_t cycles) {
    types::Request request{.receiver = types::management_canister(),
                           .sender = caller,
                           .callback = types::CallbackId{++callbacks_},
                           .payment = Cycles{cycles},
                           .method_name = std::move(method),
                           .arg = Slice(codec::candid::encode_args(args))};
    subnet_.minted += cycles;
    auto& queues = subnet_.state.write_subnet_queues();
    ASSERT_TRUE(
        queues.push_request_in(Shared<types::Request>(std::move(request)), state::SenderIs::kLocal)
            .ok());
    within([&](ManagementScope& scope) {
      auto message = subnet_.state.write_subnet_queues().pop_input();
      handle_management_call(scope, std::get<state::SharedRequest>(*message));
    });
    check_cycles();
  }

  /// What the management canister answered since last asked; its cycles leave the subnet.
  std::optional<types::Response> answer() {
    auto& queues = subnet_.state.write_subnet_queues();
    if (!queues.has_output()) return std::nullopt;
    const auto message = queues.pop_output(caller);
    const types::Response response = *std::get<state::SharedResponse>(message);
    subnet_.minted -= response.refund.value;
    check_cycles();
    return response;
  }
  /// The text of the answer to a call that is answered at once.
  template <typename Args>
  std::string refusal(std::string method, const Args& args, std::uint64_t cycles = 1'000'000'000) {
    call(std::move(method), args, cycles);
    const auto said = answer();
    if (!said) return "waits";
    EXPECT_EQ(said->refund, Cycles{cycles}) << "what is refused costs nothing";
    return text(said->payload);
  }

  void take(types::ConsensusResponses responses) {
    within([&](ManagementScope& scope) { take_consensus_responses(scope, responses); });
    check_cycles();
  }
  void take(types::ConsensusResponse response) {
    take(types::ConsensusResponses{.responses = {std::move(response)}, .late = {}});
  }
  void let_time_pass(Duration time) {
    subnet_.state.write_metadata().batch_time = subnet_.state.time() + time;
    within([](ManagementScope& scope) { end_overdue_outcalls(scope); });
    check_cycles();
  }

  [[nodiscard]] const state::HttpOutcalls& outcalls() const {
    return *subnet_.state.metadata().calls.http_outcalls;
  }
  /// The newest outcall that waits.
  [[nodiscard]] types::SubnetCallId id() const { return outcalls().waiting.rbegin()->first; }
  [[nodiscard]] const state::HttpOutcall& outcall() const {
    return *outcalls().waiting.rbegin()->second;
  }
  [[nodiscard]] Cycles consumed() const {
    const auto& uses = *subnet_.state.find(caller)->consumed;
    const auto found = uses.find(state::CyclesUse::kHttpOutcalls);
    return found == uses.end() ? Cycles{0} : found->second;
  }
  [[nodiscard]] Cycles balance() const { return subnet_.state.find(caller)->balance; }
  void check_cycles() { EXPECT_EQ(subnet_.cycles_accounted_for(), subnet_.minted); }

  std::uint8_t randomness = 1;

 private:
  static SubnetOptions with_outcalls(SubnetOptions options) {
    options.parameters.http_requests = true;
    return options;
  }

  TestSubnet subnet_;
  std::uint64_t callbacks_ = 1000;

 public:
  CanisterId caller = subnet_.deploy(kProxy);
};

}  // namespace icpd::execution::testing
