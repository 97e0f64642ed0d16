#include "sim/network.hpp"

#include <map>

#include "execution/http_outcall_types.hpp"
#include "execution/wasm/assemble.hpp"
#include "io/memory/guest_memory_space.hpp"
#include "message_routing/topology.hpp"
#include "state/certified_tree.hpp"
#include "state/state_hash.hpp"

namespace icpd::sim {

namespace {

// Memory: 0 increments, 8 notes, 16 timers that fired, 24 who it is, 48 what outcalls gave, 64 and
// 80 names of methods, 256 what an outcall asks for.
constexpr std::string_view kCounter = R"((module
  (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
  (import "ic0" "msg_reply" (func $reply))
  (import "ic0" "certified_data_set" (func $certify (param i32 i32)))
  (import "ic0" "canister_self_size" (func $self_size (result i32)))
  (import "ic0" "canister_self_copy" (func $self_copy (param i32 i32 i32)))
  (import "ic0" "call_new" (func $call_new (param i32 i32 i32 i32 i32 i32 i32 i32)))
  (import "ic0" "call_data_append" (func $call_data (param i32 i32)))
  (import "ic0" "call_cycles_add128" (func $call_cycles (param i64 i64)))
  (import "ic0" "call_perform" (func $call_perform (result i32)))
  (import "ic0" "msg_arg_data_size" (func $arg_size (result i32)))
  (import "ic0" "msg_reject_msg_size" (func $reject_size (result i32)))
  (import "ic0" "time" (func $time (result i64)))
  (import "ic0" "global_timer_set" (func $timer_set (param i64) (result i64)))
  (memory (export "memory") 1)
  (data (i32.const 64) "note")
  (data (i32.const 80) "http_request")
  (data (i32.const 256) "REQUEST")
  (table funcref (elem $answer_notes $answer_reply $answer_reject))
  (func $add_one (param $at i32)
    (i64.store (local.get $at) (i64.add (i64.load (local.get $at)) (i64.const 1)))
    (call $certify (i32.const 0) (i32.const 24)))
  (func $answer (param $at i32) (call $append (local.get $at) (i32.const 8)) (call $reply))
  (func $answer_notes (param i32) (call $answer (i32.const 8)))
  ;; The sum depends on every answer and on their order.
  (func $answer_outcall (param $size i32)
    (i64.store (i32.const 48) (i64.add (i64.mul (i64.load (i32.const 48)) (i64.const 31))
      (i64.extend_i32_u (local.get $size))))
    (call $answer (i32.const 48)))
  (func $answer_reply (param i32) (call $answer_outcall (call $arg_size)))
  (func $answer_reject (param i32) (call $answer_outcall (call $reject_size)))
  (func (export "canister_update increment")
    (call $add_one (i32.const 0))
    (call $answer (i32.const 0)))
  (func (export "canister_update note")
    (call $add_one (i32.const 8))
    (call $answer (i32.const 8)))
  (func (export "canister_update relay")
    (call $self_copy (i32.const 24) (i32.const 0) (call $self_size))
    (call $call_new (i32.const 24) (call $self_size) (i32.const 64) (i32.const 4)
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
    (if (i32.ne (call $call_perform) (i32.const 0)) (then unreachable))
    (drop (call $timer_set (i64.add (call $time) (i64.const 300000000)))))
  (func (export "canister_update outcall")
    (call $call_new (i32.const 0) (i32.const 0) (i32.const 80) (i32.const 12)
      (i32.const 1) (i32.const 0) (i32.const 2) (i32.const 0))
    (call $call_data (i32.const 256) (i32.const SIZE))
    (call $call_cycles (i64.const 0) (i64.const 1000000000))
    (if (i32.ne (call $call_perform) (i32.const 0)) (then unreachable)))
  (func (export "canister_global_timer") (call $add_one (i32.const 16)))
  (func (export "canister_query get") (call $answer (i32.const 0)))))";

/// With the argument of its outcall.
std::string counter_text() {
  execution::management::HttpRequestArgs args;
  args.url = "https://example.com/";
  args.max_response_bytes = 1000;
  args.pricing_version = 2;
  const Bytes request = codec::candid::encode_args(args);
  std::string data;
  for (const std::uint8_t byte : request)
    data += "\\" + to_hex(ByteView(&byte, 1));
  std::string text(kCounter);
  const auto put = [&](std::string_view mark, const std::string& what) {
    text.replace(text.find(mark), mark.size(), what);
  };
  put("REQUEST", data);
  put("SIZE", std::to_string(request.size()));
  return text;
}

crypto::Dealt dealt(crypto::ThresholdTag tag, std::size_t nodes, std::size_t threshold) {
  return crypto::deal(Bytes(32, static_cast<std::uint8_t>(tag)),
                      {.tag = tag,
                       .committee_size = static_cast<std::uint32_t>(nodes),
                       .threshold = static_cast<std::uint32_t>(threshold),
                       .registry_version = 1});
}

/// Sorted by id.
std::map<types::NodeId, crypto::Ed25519PublicKey> node_keys(std::size_t nodes) {
  std::map<types::NodeId, crypto::Ed25519PublicKey> keys;
  for (std::size_t i = 0; i < nodes; ++i) {
    const auto key =
        *crypto::Ed25519PublicKey::from(crypto::sha256("simulated node " + std::to_string(i)));
    keys.emplace(types::NodeId(types::Principal::self_authenticating(key)), key);
  }
  return keys;
}

registry::SubnetRecord subnet_record(const SubnetPlan& plan) {
  const auto low =
      dealt(crypto::ThresholdTag::kLow, plan.nodes, registry::low_threshold(plan.nodes));
  const auto high =
      dealt(crypto::ThresholdTag::kHigh, plan.nodes, registry::high_threshold(plan.nodes));
  registry::SubnetRecord record;
  record.public_key = high.transcript.coefficients.front();
  record.initial_transcripts = {Shared<crypto::Transcript>(low.transcript),
                                Shared<crypto::Transcript>(high.transcript)};
  record.pacing.dkg_interval_length = plan.interval_length;
  record.pacing.interval_time_min = plan.interval_time_min;
  record.provisional_methods = true;
  record.http_requests = true;
  record.query_stats_epoch_heights = plan.query_stats_epoch_heights;
  return record;
}

class CompilerWithMemory final : public execution::ModuleCompiler {
 public:
  execution::wasm::HostResult<execution::wasm::CompiledModule> compile(
      const state::Blob& code) override {
    auto known = answers_.find(code.hash);
    if (known == answers_.end())
      known =
          answers_.emplace(code.hash, execution::wasm::compile_module(engine_, code.bytes)).first;
    return known->second;
  }

 private:
  execution::wasm::Engine engine_;
  std::map<crypto::Digest, execution::wasm::HostResult<execution::wasm::CompiledModule>> answers_;
};

}  // namespace

Subnet make_subnet(const SubnetPlan& plan) {
  registry::Snapshot snapshot;
  snapshot.version = types::RegistryVersion{1};
  registry::SubnetRecord record = subnet_record(plan);
  Subnet subnet;
  for (const auto& [id, key] : node_keys(plan.nodes)) {
    subnet.nodes.push_back(id);
    subnet.keys.push_back(key);
    record.members.push_back(id);
    snapshot.nodes[id] = {.signing_key = key, .link_key = key};
  }
  const auto root_key = crypto::BlsPublicKey::decode(record.public_key);
  ensure(root_key.ok());
  subnet.trust_root = certification::TrustRoot{*root_key};
  subnet.id = types::SubnetId(types::Principal::self_authenticating(root_key->der()));
  snapshot.root_subnet = subnet.id;
  snapshot.subnets.emplace(subnet.id, std::move(record));
  snapshot.routing_table.push_back({0, types::limits::kCanisterIdsPerSubnet - 1, subnet.id});
  ensure(registry::check(snapshot).ok());
  subnet.registry = Shared<registry::Snapshot>(std::move(snapshot));

  state::ReplicatedState state(message_routing::network_topology(*subnet.registry, subnet.id));
  subnet.genesis_root = state::hash_state(state);
  subnet.genesis_hash = state::state_hash(state);
  subnet.genesis_state = replica::Snapshot(std::move(state));
  subnet.genesis = consensus::genesis_package(*subnet.registry, subnet.id,
                                              {subnet.genesis_hash, subnet.genesis_root});
  return subnet;
}

const Bytes& counter_module() {
  static const Bytes module = execution::wasm::assemble(counter_text()).value();
  return module;
}

types::QueryStats queries_counted(std::size_t node, std::uint64_t epoch) {
  const std::uint64_t calls = 1 + (node * 7 + epoch * 3) % 50;
  return {.calls = calls,
          .instructions = calls * 1'000 + node,
          .request_bytes = (epoch + node) % 5,
          .response_bytes = calls * 8};
}

execution::ModuleCompiler& shared_compiler() {
  static CompilerWithMemory compiler;
  return compiler;
}

io::GuestMemorySpace& shared_memory_space() {
  static const auto space = io::memory::make_guest_memory_space().value();
  return *space;
}

}  // namespace icpd::sim
