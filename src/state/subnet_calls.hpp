// Calls of the management canister that are answered later than in the round they begin in.
#pragma once

#include <cstdint>
#include <deque>
#include <map>

#include "base/strong.hpp"
#include "base/units.hpp"
#include "state/ingress.hpp"
#include "types/ids.hpp"
#include "types/numbers.hpp"

namespace icpd::state {

using SubnetCallId = Strong<struct SubnetCallIdTag, std::uint64_t>;

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

  /// An id that was never used.
  [[nodiscard]] SubnetCallId new_id() {
    const SubnetCallId id = next_id;
    ++next_id;
    return id;
  }
  [[nodiscard]] bool empty() const {
    return install_code.empty() && stop_canister.empty() && raw_rand.empty();
  }
  static constexpr auto kFields = std::tuple(&SubnetCalls::next_id, &SubnetCalls::install_code,
                                             &SubnetCalls::stop_canister, &SubnetCalls::raw_rand);
};

}  // namespace icpd::state
