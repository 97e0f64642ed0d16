// For tests and benchmarks: a System API that answers everything, remembers what it was asked, and
// can be told to fail.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "execution/wasm/host.hpp"

namespace icpd::execution::wasm::testing {

class FakeHost : public SystemApi {
 public:
  Bytes argument;
  Bytes caller = {1, 2, 3};
  Bytes reply;
  std::vector<std::string> log;
  std::vector<std::string> calls;
  std::optional<Failure> fail_next;
  GrowAnswer grow_answer = GrowAnswer::kGranted;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> heap_grows;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> stable_grows;
  Cycles balance{1'000'000};
  Bytes certified_data;
  std::uint64_t instructions_before = 0;
  LogRoom room;

  HostResult<ByteView> msg_arg_data() override { return view("msg_arg_data", argument); }
  HostResult<ByteView> msg_caller() override { return view("msg_caller", caller); }
  HostResult<ByteView> msg_caller_info_data() override { return view("info_data", caller); }
  HostResult<ByteView> msg_caller_info_signer() override { return view("info_signer", caller); }
  HostResult<std::uint32_t> msg_reject_code() override { return answer("reject_code", 4U); }
  HostResult<ByteView> msg_reject_msg() override { return view("reject_msg", caller); }
  HostResult<std::uint64_t> msg_deadline() override { return answer("deadline", 5UL); }
  HostResult<ByteView> msg_method_name() override { return view("method_name", caller); }
  HostResult<void> msg_reply_data_append(const GuestBytes& data) override {
    append(reply, TRY(data.read()));
    return done("msg_reply_data_append");
  }
  HostResult<void> msg_reply() override { return done("msg_reply"); }
  HostResult<void> msg_reject(const GuestBytes& text) override {
    append(reply, TRY(text.read()));
    return done("msg_reject");
  }
  HostResult<void> accept_message() override { return done("accept_message"); }
  HostResult<Cycles> msg_cycles_available() override { return answer("available", balance); }
  HostResult<Cycles> msg_cycles_refunded() override { return answer("refunded", balance); }
  HostResult<Cycles> msg_cycles_accept(Cycles max) override { return answer("accept", max); }
  HostResult<Cycles> cycles_burn(Cycles amount) override { return answer("burn", amount); }
  HostResult<Cycles> canister_cycle_balance() override { return answer("balance", balance); }
  HostResult<Cycles> canister_liquid_cycle_balance() override { return answer("liquid", balance); }
  HostResult<Cycles> mint_cycles(Cycles amount) override { return answer("mint", amount); }
  HostResult<ByteView> canister_self() override { return view("self", caller); }
  HostResult<ByteView> subnet_self() override { return view("subnet", caller); }
  HostResult<std::uint32_t> canister_status() override { return answer("status", 1U); }
  HostResult<std::uint64_t> canister_version() override { return answer("version", 7UL); }
  HostResult<bool> is_controller(const GuestBytes& principal) override {
    return answer("is_controller", TRY(principal.read()).size() == 3);
  }
  HostResult<bool> in_replicated_execution() override { return answer("replicated", true); }
  HostResult<ByteView> root_key() override { return view("root_key", caller); }
  HostResult<void> certified_data_set(const GuestBytes& data) override {
    certified_data = to_bytes(TRY(data.read()));
    return done("certified_data_set");
  }
  HostResult<bool> data_certificate_present() override { return answer("present", false); }
  HostResult<ByteView> data_certificate() override { return view("certificate", caller); }
  HostResult<std::uint64_t> env_var_count() override { return answer("env_count", 2UL); }
  HostResult<ByteView> env_var_name(std::uint64_t) override { return view("env_name", caller); }
  HostResult<bool> env_var_name_exists(const GuestBytes& name) override {
    return answer("env_exists", TRY(name.read()).empty());
  }
  HostResult<ByteView> env_var_value(const GuestBytes& name) override {
    TRY(name.read());
    return view("env_value", caller);
  }
  HostResult<std::uint64_t> time() override { return answer("time", 1'000'000'007UL); }
  HostResult<std::uint64_t> global_timer_set(std::uint64_t t) override {
    return answer("timer", t);
  }
  std::uint64_t instructions_of_call_context_before() override { return instructions_before; }
  HostResult<void> call_new(const NewCall& call) override {
    calls.push_back("call_new " + std::to_string(call.on_reply.function) + " " +
                    std::to_string(call.on_reply.environment) + " " +
                    std::to_string(call.on_reject.function) + " " +
                    std::to_string(call.on_reject.environment) + " " +
                    to_hex(TRY(call.callee.read())) + " " + to_hex(TRY(call.method.read())));
    return {};
  }
  HostResult<void> call_on_cleanup(Callback cleanup) override {
    return done("cleanup " + std::to_string(cleanup.function));
  }
  HostResult<void> call_data_append(const GuestBytes& data) override {
    return done("data " + to_hex(TRY(data.read())));
  }
  HostResult<void> call_with_best_effort_response(std::uint32_t s) override {
    return done("best_effort " + std::to_string(s));
  }
  HostResult<void> call_cycles_add(Cycles amount) override {
    return done("cycles " + types::to_text(amount));
  }
  HostResult<std::uint32_t> call_perform() override { return answer("perform", 0U); }
  HostResult<Cycles> cost_call(std::uint64_t name, std::uint64_t payload) override {
    return answer("cost_call", Cycles{name + payload});
  }
  HostResult<Cycles> cost_create_canister() override { return answer("cost_create", balance); }
  HostResult<Cycles> cost_http_request(std::uint64_t a, std::uint64_t b) override {
    return answer("cost_http", Cycles{a + b});
  }
  HostResult<Cycles> cost_http_request_v2(const GuestBytes& p) override {
    return answer("cost_http_v2", Cycles{TRY(p.read()).size()});
  }
  HostResult<SigningCost> cost_sign_with_ecdsa(const GuestBytes&, std::uint32_t curve) override {
    return signing(curve);
  }
  HostResult<SigningCost> cost_sign_with_schnorr(const GuestBytes&, std::uint32_t a) override {
    return signing(a);
  }
  HostResult<SigningCost> cost_vetkd_derive_key(const GuestBytes&, std::uint32_t c) override {
    return signing(c);
  }
  LogRoom log_room() override { return room; }
  void debug_print(const GuestBytes& text) override {
    const auto bytes = text.read();
    log.emplace_back(bytes.ok() ? as_text(bytes.value()) : "(out of bounds)");
  }
  Failure trap(const GuestBytes& text) override {
    const auto bytes = text.read();
    return called_trap(bytes.ok() ? as_text(bytes.value()) : "");
  }
  HostResult<GrowAnswer> heap_grow(std::uint64_t current, std::uint64_t delta) override {
    heap_grows.emplace_back(current, delta);
    return answer("heap_grow", grow_answer);
  }
  HostResult<GrowAnswer> stable_grow(std::uint64_t current, std::uint64_t delta) override {
    stable_grows.emplace_back(current, delta);
    return answer("stable_grow", grow_answer);
  }

 private:
  template <typename T>
  HostResult<T> answer(const std::string& what, T value) {
    calls.push_back(what);
    if (fail_next) return Err(*std::exchange(fail_next, std::nullopt));
    return value;
  }
  HostResult<ByteView> view(const std::string& what, const Bytes& bytes) {
    return answer(what, ByteView(bytes));
  }
  HostResult<void> done(const std::string& what) {
    calls.push_back(what);
    if (fail_next) return Err(*std::exchange(fail_next, std::nullopt));
    return {};
  }
  HostResult<SigningCost> signing(std::uint32_t variant) {
    if (variant > 1) return SigningCost{CostAnswer::kUnknownCurveOrAlgorithm, Cycles{0}};
    return SigningCost{CostAnswer::kOk, balance};
  }
};

}  // namespace icpd::execution::wasm::testing
