// Calls of the management canister that are answered later than in the round they begin in.
#pragma once

#include <cstdint>
#include <deque>
#include <map>

#include "base/shared.hpp"
#include "base/units.hpp"
#include "state/http_outcalls.hpp"
#include "state/ingress.hpp"
#include "types/consensus_responses.hpp"
#include "types/ids.hpp"
#include "types/numbers.hpp"

namespace icpd::state {

using types::SubnetCallId;

/// An install_code or install_chunked_code that takes several rounds.
struct InstallCodeCall {
  SubnetMessage message;
  types::CanisterId target;
  Time time;
  static constexpr auto kFields =
      std::tuple(&InstallCodeCall::message, &InstallCodeCall::target, &InstallCodeCall::time);
};

/// A stop_canister that waits for open call contexts. Rejected with IC0206 after
/// kStopCanisterTimeout; the canister stays stopping.
struct StopCanisterCall {
  SubnetMessage message;
  types::CanisterId target;
  Time time;
  static constexpr auto kFields =
      std::tuple(&StopCanisterCall::message, &StopCanisterCall::target, &StopCanisterCall::time);
};
inline constexpr Duration kStopCanisterTimeout = Duration::minutes(5);

/// A raw_rand; answered with the randomness of a later round than `height`, so that nobody knows
/// the answer when asking.
struct RawRandCall {
  Shared<types::Request> request;
  types::Height height;
  static constexpr auto kFields = std::tuple(&RawRandCall::request, &RawRandCall::height);
};

struct SubnetCalls {
  SubnetCallId next_id{1};
  std::map<SubnetCallId, InstallCodeCall> install_code;
  /// Ids grow with time, so the first is the first to time out.
  std::map<SubnetCallId, StopCanisterCall> stop_canister;
  std::deque<RawRandCall> raw_rand;
  Cow<HttpOutcalls> http_outcalls;

  /// An id that was never used.
  [[nodiscard]] SubnetCallId new_id() {
    const SubnetCallId id = next_id;
    ++next_id;
    return id;
  }
  static constexpr auto kFields =
      std::tuple(&SubnetCalls::next_id, &SubnetCalls::install_code, &SubnetCalls::stop_canister,
                 &SubnetCalls::raw_rand, &SubnetCalls::http_outcalls);
};

}  // namespace icpd::state
