// The canister that `icpd load` calls.
//
//   service : { increment : (blob) -> () } and a query "certified", neither of them in Candid: any
//   argument is taken and not read, and the query answers with a certificate in which
//   /canister/<id>/certified_data is the counter, 8 bytes, little-endian.
#pragma once

#include "node/cli_target.hpp"

namespace icpd::node {

inline constexpr const char* kLoadMethod = "increment";
inline constexpr const char* kLoadCounterQuery = "certified";

/// Makes a canister and installs the counter.
[[nodiscard]] AgentResult<types::CanisterId> deploy_load_canister(Session& session);

/// What a certificate that the query gave says the counter is, believed without looking at its
/// signature.
[[nodiscard]] Result<std::uint64_t> counter_in_unverified(const Slice& certificate,
                                                          const types::CanisterId& canister);
/// The same of a certificate that verifies.
[[nodiscard]] Result<std::uint64_t> counter_in(const Slice& certificate,
                                               const types::CanisterId& canister,
                                               const certification::TrustRoot& root);

}  // namespace icpd::node
