// What a block carries: built by its maker, checked by everybody else.
//
// A payload is judged against fixed things only, the state certified at context.certified_height
// and the payloads of the blocks after it, so that all honest nodes say the same. Rules
//  1. At most 1,000 messages and 4 MiB of signed bytes; one message at most 2 MiB.
//  2. A message's expiry is at or after the block's time, and at most 5 minutes later.
//  3. Its request id is neither in the certified ingress history, nor in one of the blocks since,
//     nor earlier in this payload. Together with rule 2 and the history's 5 minutes: executed at
//     most once.
//  4. It may enter the subnet (ingress_rules.hpp), and its canister can pay for it on top of what
//     it pays for the messages of rule 3.
// Answers of consensus have rules of their own (response_rules.hpp).
// Who sent a message and whether the signature holds is checked by the caller, for each message of
// each payload: what the HTTP door checked counts for nothing in a block.
#pragma once

#include <span>
#include <vector>

#include "base/shared.hpp"
#include "state/replicated_state.hpp"
#include "types/block.hpp"
#include "types/requests.hpp"

namespace icpd::message_routing {

using SharedIngress = Shared<types::IngressMessage>;

struct PayloadBase {
  /// Certified at context.certified_height.
  const state::ReplicatedState& certified;
  types::ValidationContext context;
  /// Messages of the blocks above context.certified_height up to the parent, in their order.
  std::span<const SharedIngress> past;
};

/// `pool` in the order of arrival; messages that break a rule are left out. Canisters take turns,
/// and within a canister the first come is the first taken. Cost: O(pool).
[[nodiscard]] types::DataPayload build_payload(const PayloadBase& base,
                                               std::span<const SharedIngress> pool);

/// `bodies` are the payload's messages, in its order. The error says which rule is broken. Needs
/// bodies.size() == payload.ingress.size() and equal hashes.
[[nodiscard]] Status<> check_payload(const PayloadBase& base, const types::DataPayload& payload,
                                     std::span<const SharedIngress> bodies);

}  // namespace icpd::message_routing
