// Who sent a request, and whether that may count (interface specification, "Authentication").
//
// The sender of a request is the anonymous principal, which signs nothing, or the
// self-authenticating principal of sender_pubkey. Then sender_sig is a signature of the request id
// under that key, or under the last key of a chain of delegations that begins with it:
//
//   sender_pubkey ── signs ─▶ delegation 1 {pubkey, expiration, ? targets, ? permissions}
//   its pubkey    ── signs ─▶ delegation 2 ...
//   last pubkey   ── signs ─▶ request id
//
// Checked here, in this order: expiry of the request (check_expiry); then by authenticate: an
// anonymous request has no signature, any other has key and signature; sender = key's principal;
// at most 20 delegations; for each of them in turn: a key that the chain hasn't had, unexpired,
// permissions known and enough; targets that contain the called canister; sender_info; the form of
// each key. The signatures themselves are returned to be verified (signature_check.hpp): nothing is
// proved until they are.
//
// Pure: the time comes from the caller, the clock for a request at the door, the block's context
// for one in a block.
#pragma once

#include <optional>
#include <vector>

#include "base/units.hpp"
#include "certification/signature_check.hpp"
#include "types/requests.hpp"

namespace icpd::certification {

enum class AuthFailure : std::uint8_t {
  kExpiry,           // the request's ingress_expiry
  kAnonymousSigned,  // the anonymous sender with a key, a signature or delegations
  kMissingSignature,
  kSender,      // not the principal of the key
  kDelegation,  // too long a chain, a key twice, permissions, a key or signature of bad form
  kDelegationExpired,
  kTarget,     // the called canister is not among the targets
  kSignature,  // key or signature of bad form
  kSenderInfo,
};

struct AuthError {
  AuthFailure failure = AuthFailure::kSignature;
  /// For the client. Agents know the beginnings "Invalid request expiry: ", "Invalid signature: "
  /// and "Invalid delegation: ".
  std::string message;

  operator Error() const { return Error{message}; }  // NOLINT: so that TRY passes it on
};

/// Error unless now <= ingress_expiry <= latest. Anonymous queries and reads may carry any expiry.
[[nodiscard]] Status<AuthError> check_expiry(const types::Envelope& envelope, Time now,
                                             Time latest);
/// The latest expiry that a node accepts at its door: five minutes ahead, and 30 s for clocks that
/// differ.
[[nodiscard]] Time latest_expiry(Time now);

struct Authentication {
  /// The canisters that the request may be for, sorted; absent: any. For calls and queries the
  /// called canister is among them; a read of request status must be for one of them.
  std::optional<std::vector<types::CanisterId>> targets;
  /// Signatures that must verify: one for each delegation, the request's own, sender_info's; each
  /// canister signature stands for the BLS signatures of its certificate.
  std::vector<SignatureCheck> checks;

  [[nodiscard]] bool allows(const types::CanisterId& canister) const;
};

/// `now` is compared with the expiry of delegations, not with that of the request.
[[nodiscard]] Result<Authentication, AuthError> authenticate(const types::Envelope& envelope,
                                                             Time now, const TrustRoot& root);

/// All of it, for those who don't batch.
[[nodiscard]] Result<Authentication, AuthError> verify_request(const types::Envelope& envelope,
                                                               Time now, const TrustRoot& root);

}  // namespace icpd::certification
