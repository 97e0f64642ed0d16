// Values for tests of the state and of what works on it.
#pragma once

#include <string>

#include "state/replicated_state.hpp"

namespace icpd::state::testing {

[[nodiscard]] inline types::CanisterId canister(std::uint64_t index) {
  return types::canister_id_from_index(index);
}
[[nodiscard]] inline types::UserId user(std::uint8_t n) {
  return types::UserId(types::Principal::self_authenticating(Bytes{n}));
}
[[nodiscard]] inline types::RequestId request_id(std::uint64_t n) {
  Bytes number;
  append_be(number, n);
  return *types::RequestId::from(crypto::sha256(number).view());
}

/// One application subnet, which is the root, with ids 0 to 2^20 - 1 and four nodes.
[[nodiscard]] inline Shared<NetworkTopology> topology() {
  NetworkTopology t;
  t.version = types::RegistryVersion{1};
  const types::SubnetId id(types::Principal::self_authenticating(as_bytes("subnet")));
  SubnetTopology subnet;
  subnet.public_key = Slice(to_bytes("public key"));
  for (std::uint8_t n = 0; n < 4; ++n)
    subnet.nodes[types::NodeId(user(n).principal)] = Slice(Bytes{n});
  subnet.ranges = {{0, types::limits::kCanisterIdsPerSubnet - 1}};
  t.subnets[id] = std::move(subnet);
  t.own_subnet = t.root_subnet = id;
  return Shared<NetworkTopology>(std::move(t));
}

/// Running, without code.
[[nodiscard]] inline Cow<CanisterState> make_canister(std::uint64_t index,
                                                      std::uint64_t balance = 1000) {
  CanisterState c;
  c.id = canister(index);
  c.balance = types::Cycles{balance};
  c.settings.write().controllers = {user(1).principal};
  return Cow<CanisterState>(std::move(c));
}

[[nodiscard]] inline Shared<Ingress> ingress(std::uint64_t n, std::uint64_t target,
                                             Time expiry = Time::max()) {
  return Shared<Ingress>(Ingress{.sender = user(1),
                                 .receiver = canister(target),
                                 .method_name = "go",
                                 .id = request_id(n),
                                 .expiry = expiry});
}

[[nodiscard]] inline types::Request make_request(std::uint64_t from, std::uint64_t to,
                                                 std::uint64_t callback, std::uint64_t payment = 0,
                                                 std::uint32_t deadline = 0) {
  return types::Request{.receiver = canister(to),
                        .sender = canister(from),
                        .callback = types::CallbackId{callback},
                        .payment = types::Cycles{payment},
                        .method_name = "m",
                        .deadline = types::CoarseTime{deadline}};
}
[[nodiscard]] inline types::Response make_reply(const types::Request& request,
                                                std::uint64_t refund = 0) {
  return types::Response{.originator = request.sender,
                         .respondent = request.receiver,
                         .callback = request.callback,
                         .refund = types::Cycles{refund},
                         .payload = types::Reply{},
                         .deadline = request.deadline};
}

}  // namespace icpd::state::testing
