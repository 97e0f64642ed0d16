// Messages and states for tests of routing.
#pragma once

#include "message_routing/payload.hpp"
#include "state/testing.hpp"

namespace icpd::message_routing::testing {

using namespace state::testing;

struct CallOptions {
  std::uint64_t target = 0;
  Time expiry = Time::from_seconds(1060);
  std::size_t arg_size = 0;
  std::string method = "go";
  /// Tells envelopes of one request apart.
  std::uint8_t envelope = 0;
};
/// The n-th message; its request id depends on n alone.
[[nodiscard]] inline SharedIngress call(std::uint64_t n, CallOptions options = {}) {
  types::CallContent content;
  content.sender = user(1).principal;
  content.ingress_expiry = options.expiry;
  content.canister_id = canister(options.target);
  content.method_name = options.method;
  content.arg = Slice(Bytes(options.arg_size));
  types::IngressMessage message;
  message.envelope.request_id = request_id(n);
  Bytes bytes(options.arg_size + 100, options.envelope);
  append_be(bytes, n);
  message.envelope.bytes = Slice(std::move(bytes));
  message.envelope.content = std::move(content);
  message.hash = *types::IngressHash::from(crypto::sha256(message.envelope.bytes).view());
  return SharedIngress(std::move(message));
}

/// At height 0 and time 1000 s, with `count` running canisters that can pay for anything.
[[nodiscard]] inline state::ReplicatedState state_with(std::uint64_t count) {
  state::ReplicatedState state(topology());
  state.write_metadata().batch_time = Time::from_seconds(1000);
  for (std::uint64_t i = 0; i < count; ++i)
    state.put(make_canister(i, 1'000'000'000'000));
  return state;
}

}  // namespace icpd::message_routing::testing
