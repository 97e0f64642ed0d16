// What a message asks of the world through the System API, staged until it is known to succeed.
//
// If the execution fails only `log` is kept (interface specification, "System API": a trap discards
// every effect); instructions are charged in any case.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "state/call_contexts.hpp"
#include "types/messages.hpp"

namespace icpd::execution {

/// A call that ic0.call_perform accepted. Its cycles and prepayments have left the balance.
struct OutgoingCall {
  types::CanisterId callee;
  std::string method_name;
  Bytes arg;
  state::Closure on_reply;
  state::Closure on_reject;
  std::optional<state::Closure> on_cleanup;
  types::Cycles cycles{0};
  types::CoarseTime deadline;
  types::Cycles prepaid_execution{0};
  types::Cycles prepaid_transmission{0};
};

struct MessageEffects {
  std::optional<types::ResponsePayload> response;
  std::vector<OutgoingCall> calls;
  /// Taken from the call's available cycles.
  types::Cycles accepted{0};
  types::Cycles burned{0};
  /// Made out of nothing by the Cycles Minting Canister.
  types::Cycles minted{0};
  /// Paid for sending requests, not given back.
  types::Cycles transmission_paid{0};
  /// Moved from the main balance to the reserved balance.
  types::Cycles reserved{0};
  std::optional<Bytes> certified_data;
  /// Zero deactivates.
  std::optional<Time> global_timer;
  bool ingress_accepted = false;
  /// The latest lines, no more than a canister's log can hold.
  std::deque<Bytes> log;

  /// What leaves the main balance, less what came into it.
  [[nodiscard]] types::Cycles spent() const {
    types::Cycles sum = burned + transmission_paid.value + reserved.value;
    for (const OutgoingCall& call : calls)
      sum += call.cycles.value + call.prepaid_execution.value + call.prepaid_transmission.value;
    return sum.minus_or_zero(accepted.value + minted.value);
  }
  /// Everything that a failed execution leaves.
  [[nodiscard]] MessageEffects after_failure() && {
    MessageEffects kept;
    kept.log = std::move(log);
    return kept;
  }
};

}  // namespace icpd::execution
