// What the parts of a round share: its constants, and what running canisters hands back.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "execution/environment.hpp"
#include "execution/limits.hpp"
#include "execution/message_api.hpp"
#include "state/canister_state.hpp"
#include "state/ingress_history.hpp"
#include "types/batch.hpp"

namespace icpd::execution {

/// The same for all canisters of a round.
struct RoundContext {
  Environment& environment;
  SubnetView subnet;
  MessageLimits limits;
  state::SubnetParameters parameters;
  Time time;
  types::Height round;
  /// Zero outside of rounds.
  types::Randomness randomness;
};

/// A new status of a user's call. Applied to the history after the cores are done.
struct IngressUpdate {
  types::RequestId id;
  types::CanisterId receiver;
  types::UserId user;
  state::IngressState state;
};

/// What one user's call did, for traces: "execution (instructions, pages)".
struct MessageTrace {
  types::RequestId request;
  types::CanisterId canister;
  std::string method;
  std::uint64_t instructions = 0;
  std::uint64_t dirty_pages = 0;
};

/// What one execution wrote into its canister's log: debug prints, and "[TRAP]: ..." if it failed.
/// For people who watch; the log itself is in the canister's state.
struct LogLines {
  types::CanisterId canister;
  /// "increment", "canister_init", "callback of increment"; never empty.
  std::string function;
  std::deque<Bytes> lines;
};

/// Collected while canisters run; in the order in which things happened on one core.
struct RoundOutput {
  std::vector<IngressUpdate> ingress;
  std::vector<MessageTrace> traces;
  std::vector<LogLines> log;
};

}  // namespace icpd::execution
