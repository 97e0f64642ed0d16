#include "certification/request_auth.hpp"

#include <algorithm>
#include <set>

#include "certification/canister_signature.hpp"
#include "certification/envelope.hpp"
#include "certification/time_text.hpp"
#include "crypto/user_signature.hpp"
#include "types/limits.hpp"

namespace icpd::certification {
namespace {

using types::Delegation;
using types::Envelope;

constexpr const char* kInvalidSignature = "Invalid signature";
constexpr const char* kInvalidDelegation = "Invalid delegation";
constexpr const char* kInvalidSenderInfo = "Invalid sender_info";

std::unexpected<AuthError> fail(AuthFailure failure, std::string message) {
  return Err(AuthError{failure, std::move(message)});
}
std::unexpected<AuthError> bad_delegation(const std::string& why) {
  return fail(AuthFailure::kDelegation, std::string(kInvalidDelegation) + ": " + why);
}

/// Calls may change the state; queries and reads may not.
bool is_call(const Envelope& envelope) {
  return std::holds_alternative<types::CallContent>(envelope.content);
}

/// The canister that a call or query names.
std::optional<types::CanisterId> called_canister(const Envelope& envelope) {
  if (const auto* call = std::get_if<types::CallContent>(&envelope.content))
    return call->canister_id;
  if (const auto* query = std::get_if<types::QueryContent>(&envelope.content))
    return query->canister_id;
  return std::nullopt;
}

class Authenticator {
 public:
  Authenticator(const Envelope& envelope, Time now, const TrustRoot& root)
      : envelope_(envelope), now_(now), root_(root) {}

  Result<Authentication, AuthError> run() {
    if (envelope_.base().sender.is_anonymous()) return anonymous();
    if (!envelope_.sender_public_key || !envelope_.sender_signature)
      return fail(AuthFailure::kMissingSignature, "Missing signature: sender " +
                                                      envelope_.base().sender.text() +
                                                      " needs sender_pubkey and sender_sig");
    TRY(check_sender());
    TRY(check_chain());
    TRY(check_target());
    TRY(check_sender_info());
    TRY(add_chain());
    return std::move(result_);
  }

 private:
  Result<Authentication, AuthError> anonymous() {
    if (envelope_.sender_public_key || envelope_.sender_signature || !envelope_.delegations.empty())
      return fail(AuthFailure::kAnonymousSigned, "The anonymous sender can't sign");
    if (envelope_.base().sender_info)
      return fail(AuthFailure::kSenderInfo,
                  std::string(kInvalidSenderInfo) + ": the anonymous sender has none");
    return std::move(result_);
  }

  [[nodiscard]] Status<AuthError> check_sender() const {
    const auto& sender = envelope_.base().sender;
    if (types::Principal::self_authenticating(*envelope_.sender_public_key) == sender) return {};
    return fail(AuthFailure::kSender,
                "The sender " + sender.text() + " is not the principal of sender_pubkey");
  }

  /// What holds of the delegations whatever their signatures.
  Status<AuthError> check_chain() {
    if (envelope_.delegations.size() > types::limits::kDelegationsMax)
      return bad_delegation("more than 20 delegations");
    std::set<Slice> keys{*envelope_.sender_public_key};
    for (const Delegation& delegation : envelope_.delegations) {
      if (!keys.insert(delegation.public_key).second)
        return bad_delegation("a key appears twice in the chain");
      if (delegation.expiration < now_)
        return fail(AuthFailure::kDelegationExpired, "Invalid delegation expiry: expired at " +
                                                         time_text(delegation.expiration) +
                                                         ", now is " + time_text(now_));
      TRY(check_permissions(delegation));
      TRY(restrict_targets(delegation));
    }
    return {};
  }

  [[nodiscard]] Status<AuthError> check_permissions(const Delegation& delegation) const {
    if (!delegation.permissions || *delegation.permissions == "all") return {};
    if (*delegation.permissions != "queries") return bad_delegation("unknown permissions");
    if (is_call(envelope_)) return bad_delegation("it permits queries only");
    return {};
  }

  Status<AuthError> restrict_targets(const Delegation& delegation) {
    if (!delegation.targets) return {};
    if (delegation.targets->size() > types::limits::kDelegationTargetsMax)
      return bad_delegation("more than 1000 targets");
    std::vector<types::CanisterId> targets = *delegation.targets;
    std::ranges::sort(targets);
    const auto repeated = std::ranges::unique(targets);
    targets.erase(repeated.begin(), repeated.end());
    if (result_.targets) {
      std::vector<types::CanisterId> both;
      std::ranges::set_intersection(targets, *result_.targets, std::back_inserter(both));
      targets = std::move(both);
    }
    result_.targets = std::move(targets);
    return {};
  }

  [[nodiscard]] Status<AuthError> check_target() const {
    const auto called = called_canister(envelope_);
    if (!called || result_.allows(*called)) return {};
    return fail(AuthFailure::kTarget,
                "Invalid delegation: it isn't for canister " + called->text());
  }

  /// Only a user whose key is a canister's may carry a statement, and of that canister.
  Status<AuthError> check_sender_info() {
    const auto& info = envelope_.base().sender_info;
    if (!info) return {};
    const std::string invalid = std::string(kInvalidSenderInfo) + ": ";
    const auto key = crypto::parse_user_key(*envelope_.sender_public_key);
    if (!key.ok() || key->kind != crypto::UserKeyKind::kCanisterSignature)
      return fail(AuthFailure::kSenderInfo, invalid + "sender_pubkey is no canister signature key");
    const auto canister = CanisterSignatureKey::parse(key->key);
    if (!canister.ok()) return fail(AuthFailure::kSenderInfo, invalid + canister.error().message);
    if (!equal(info->signer, canister->canister.view()))
      return fail(AuthFailure::kSenderInfo,
                  invalid + "signer is not the canister of sender_pubkey");
    return add(AuthFailure::kSenderInfo, kInvalidSenderInfo, *envelope_.sender_public_key,
               sender_info_message(info->info), info->signature);
  }

  Status<AuthError> add_chain() {
    Slice key = *envelope_.sender_public_key;
    for (const Delegation& delegation : envelope_.delegations) {
      TRY(add(AuthFailure::kDelegation, kInvalidDelegation, key, delegation_message(delegation),
              delegation.signature));
      key = delegation.public_key;
    }
    return add(AuthFailure::kSignature, kInvalidSignature, key,
               request_message(envelope_.request_id), *envelope_.sender_signature);
  }

  /// Checks the form of a key and adds the signatures that `signature` stands for.
  Status<AuthError> add(AuthFailure failure, const char* what, const Slice& key_der,
                        const Bytes& message, const Slice& signature) {
    const auto refuse = [&](const Error& error) {
      return fail(failure, error.within(what).message);
    };
    const auto key = crypto::parse_user_key(key_der);
    if (!key.ok()) return refuse(key.error());
    if (key->kind != crypto::UserKeyKind::kCanisterSignature) {
      result_.checks.push_back({SignatureCheck::Scheme::kUser, key_der, message, signature, what});
      return {};
    }
    const auto canister = CanisterSignatureKey::parse(key->key);
    if (!canister.ok()) return refuse(canister.error());
    auto checks = check_canister_signature(*canister, message, signature, root_);
    if (!checks.ok()) return refuse(checks.error());
    for (SignatureCheck& check : *checks) {
      check.failure = what;
      result_.checks.push_back(std::move(check));
    }
    return {};
  }

  const Envelope& envelope_;
  Time now_;
  const TrustRoot& root_;
  Authentication result_;
};

}  // namespace

Status<AuthError> check_expiry(const Envelope& envelope, Time now, Time latest) {
  const auto& base = envelope.base();
  if (base.sender.is_anonymous() && !is_call(envelope)) return {};
  if (now <= base.ingress_expiry && base.ingress_expiry <= latest) return {};
  return fail(AuthFailure::kExpiry,
              "Invalid request expiry: Specified ingress_expiry not within expected range: "
              "Minimum allowed expiry: " +
                  time_text(now) + ", Maximum allowed expiry: " + time_text(latest) +
                  ", Provided expiry: " + time_text(base.ingress_expiry));
}

Time latest_expiry(Time now) {
  return now + types::limits::kIngressTtlMax + types::limits::kIngressClockDrift;
}

bool Authentication::allows(const types::CanisterId& canister) const {
  return !targets || std::ranges::binary_search(*targets, canister);
}

Result<Authentication, AuthError> authenticate(const Envelope& envelope, Time now,
                                               const TrustRoot& root) {
  return Authenticator(envelope, now, root).run();
}

Result<Authentication, AuthError> verify_request(const Envelope& envelope, Time now,
                                                 const TrustRoot& root) {
  Authentication authentication = TRY(authenticate(envelope, now, root));
  for (const SignatureCheck& check : authentication.checks) {
    const auto verified = verify(check);
    if (!verified.ok()) return fail(AuthFailure::kSignature, verified.error().message);
  }
  return authentication;
}

}  // namespace icpd::certification
