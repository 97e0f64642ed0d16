#include "certification/request_auth.hpp"

#include <gtest/gtest.h>

#include "certification/envelope.hpp"
#include "certification/test_subnet.hpp"
#include "certification/time_text.hpp"
#include "codec/der.hpp"
#include "crypto/ecdsa.hpp"
#include "crypto/ed25519.hpp"

namespace icpd::certification {
namespace {

using types::CanisterId;
using types::Delegation;
using types::Envelope;

constexpr Time kNow = Time::from_seconds(1'700'000'000);
constexpr Time kLater = kNow + Duration::minutes(60);
const CanisterId kTarget = types::canister_id_from_index(7);

/// A user: an Ed25519 key, found by its number.
struct User {
  crypto::Ed25519SecretKey key;
  explicit User(std::uint8_t number) : key(crypto::Ed25519SecretKey::Seed(Bytes(32, number))) {}
  [[nodiscard]] Slice der() const {
    return Slice(
        codec::der::wrap_public_key(codec::der::KeyAlgorithm::kEd25519, key.public_key().view()));
  }
  [[nodiscard]] types::Principal principal() const {
    return types::Principal::self_authenticating(der());
  }
  [[nodiscard]] Slice sign(ByteView message) const { return Slice::copy_of(key.sign(message)); }
  [[nodiscard]] Delegation delegate(const Slice& to, Time expiration = kLater) const {
    Delegation delegation{.public_key = to, .expiration = expiration};
    return signed_by_me(std::move(delegation));
  }
  [[nodiscard]] Delegation signed_by_me(Delegation delegation) const {
    delegation.signature = sign(delegation_message(delegation));
    return delegation;
  }
};

template <typename Content>
Content content_of(const types::Principal& sender) {
  Content content;
  content.sender = sender;
  content.ingress_expiry = kNow + Duration::minutes(4);
  if constexpr (requires { content.canister_id; }) {
    content.canister_id = kTarget;
    content.method_name = "m";
  }
  return content;
}

/// An envelope as a client sends it, read back.
Envelope sent(const types::RequestContent& content,
              const std::optional<EnvelopeSignature>& signature) {
  return parse_envelope(Slice(encode_envelope(content, signature))).value();
}
template <typename Content = types::CallContent>
Envelope sent_by(const User& user, const std::vector<Delegation>& chain, const User& signer) {
  const types::RequestContent content = content_of<Content>(user.principal());
  return sent(content, EnvelopeSignature{user.der(),
                                         signer.sign(request_message(request_id(content))), chain});
}

TrustRoot root() {
  return TestSubnet().root();
}

std::optional<AuthFailure> failure_of(const Envelope& envelope, Time now = kNow) {
  const auto result = verify_request(envelope, now, root());
  if (result.ok()) return std::nullopt;
  return result.error().failure;
}
std::string message_of(const Envelope& envelope, Time now = kNow) {
  const auto result = verify_request(envelope, now, root());
  return result.ok() ? "" : result.error().message;
}

TEST(RequestAuth, an_anonymous_request_needs_no_signature) {
  const Envelope envelope =
      sent(content_of<types::CallContent>(types::Principal::anonymous()), std::nullopt);
  const auto result = authenticate(envelope, kNow, root());
  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(result->checks.empty());
  EXPECT_TRUE(result->allows(kTarget));
}

TEST(RequestAuth, an_anonymous_request_must_not_be_signed) {
  const auto content = content_of<types::CallContent>(types::Principal::anonymous());
  EXPECT_EQ(failure_of(sent(content, EnvelopeSignature{User(1).der(), {}, {}})),
            AuthFailure::kAnonymousSigned);
  auto with_info = content;
  with_info.sender_info = types::SenderInfo{};
  EXPECT_EQ(failure_of(sent(with_info, std::nullopt)), AuthFailure::kSenderInfo);
}

TEST(RequestAuth, a_signed_request_verifies) {
  const Envelope envelope = sent_by(User(1), {}, User(1));
  const auto result = authenticate(envelope, kNow, root());
  ASSERT_TRUE(result.ok()) << result.error().message;
  ASSERT_EQ(result->checks.size(), 1u);
  EXPECT_TRUE(verify(result->checks[0]).ok());
  EXPECT_FALSE(result->targets.has_value());
}

TEST(RequestAuth, key_and_signature_must_both_be_there) {
  const types::RequestContent content = content_of<types::CallContent>(User(1).principal());
  EXPECT_EQ(failure_of(sent(content, std::nullopt)), AuthFailure::kMissingSignature);
  Envelope half = sent_by(User(1), {}, User(1));
  half.sender_signature.reset();
  EXPECT_EQ(failure_of(half), AuthFailure::kMissingSignature);
}

TEST(RequestAuth, the_sender_must_be_the_principal_of_the_key) {
  Envelope envelope = sent_by(User(1), {}, User(1));
  envelope.sender_public_key = User(2).der();
  EXPECT_EQ(failure_of(envelope), AuthFailure::kSender);
}

TEST(RequestAuth, a_signature_by_another_key_or_of_another_request_is_refused) {
  EXPECT_EQ(failure_of(sent_by(User(1), {}, User(2))), AuthFailure::kSignature);
  Envelope envelope = sent_by(User(1), {}, User(1));
  envelope.request_id.bytes[0] ^= 1;
  EXPECT_EQ(failure_of(envelope), AuthFailure::kSignature);
  EXPECT_EQ(message_of(envelope).find("Invalid signature: "), 0u);
}

TEST(RequestAuth, secp256k1_keys_sign_as_well) {
  const auto key =
      crypto::Secp256k1SecretKey::from_scalar(crypto::Secp256k1SecretKey::Scalar(Bytes(32, 5)))
          .value();
  const Slice der(
      codec::der::wrap_public_key(codec::der::KeyAlgorithm::kEcdsaSecp256k1, key.public_key()));
  const types::RequestContent content =
      content_of<types::QueryContent>(types::Principal::self_authenticating(der));
  const Slice signature = Slice::copy_of(key.sign(request_message(request_id(content))));
  EXPECT_EQ(message_of(sent(content, EnvelopeSignature{der, signature, {}})), "");
}

TEST(RequestAuth, a_key_of_no_known_scheme_is_refused) {
  const Slice der(codec::der::wrap_public_key(codec::der::KeyAlgorithm::kRsa, Bytes(10)));
  const types::RequestContent content =
      content_of<types::CallContent>(types::Principal::self_authenticating(der));
  EXPECT_EQ(failure_of(sent(content, EnvelopeSignature{der, Slice(Bytes(64)), {}})),
            AuthFailure::kSignature);
}

// ---------------------------------------------------------------------------------- delegations

TEST(RequestAuth, a_chain_of_delegations_leads_from_sender_to_signer) {
  const User a(1), b(2), c(3);
  const std::vector chain{a.delegate(b.der()), b.delegate(c.der())};
  EXPECT_EQ(message_of(sent_by(a, chain, c)), "");
  EXPECT_EQ(failure_of(sent_by(a, chain, b)), AuthFailure::kSignature);
  EXPECT_EQ(failure_of(sent_by(a, chain, a)), AuthFailure::kSignature);
  const auto checks = authenticate(sent_by(a, chain, c), kNow, root())->checks;
  EXPECT_EQ(checks.size(), 3u);
}

TEST(RequestAuth, a_delegation_signed_by_the_wrong_key_is_refused) {
  const User a(1), b(2), c(3);
  EXPECT_EQ(message_of(sent_by(a, {c.delegate(b.der())}, b)).find("Invalid delegation: "), 0u);
  Delegation changed = a.delegate(b.der());
  changed.expiration = kLater + Duration::seconds(1);
  EXPECT_EQ(message_of(sent_by(a, {changed}, b)).find("Invalid delegation: "), 0u);
}

TEST(RequestAuth, twenty_delegations_are_the_most) {
  std::vector<Delegation> chain;
  for (std::uint8_t i = 1; i <= 20; ++i)
    chain.push_back(User(i).delegate(User(i + 1).der()));
  EXPECT_EQ(message_of(sent_by(User(1), chain, User(21))), "");
  Envelope longer = sent_by(User(1), chain, User(21));
  longer.delegations.push_back(User(21).delegate(User(22).der()));
  EXPECT_EQ(failure_of(longer), AuthFailure::kDelegation);
}

TEST(RequestAuth, no_key_may_appear_twice_in_a_chain) {
  const User a(1), b(2), c(3);
  EXPECT_EQ(failure_of(sent_by(a, {a.delegate(a.der())}, a)), AuthFailure::kDelegation);
  EXPECT_EQ(failure_of(sent_by(a, {a.delegate(b.der()), b.delegate(a.der())}, a)),
            AuthFailure::kDelegation);
  EXPECT_EQ(
      failure_of(sent_by(a, {a.delegate(b.der()), b.delegate(c.der()), c.delegate(b.der())}, b)),
      AuthFailure::kDelegation);
}

TEST(RequestAuth, a_delegation_counts_until_its_expiration_included) {
  const User a(1), b(2);
  const Envelope envelope = sent_by(a, {a.delegate(b.der(), kNow)}, b);
  EXPECT_EQ(message_of(envelope, kNow), "");
  EXPECT_EQ(failure_of(envelope, kNow + Duration::nanoseconds(1)), AuthFailure::kDelegationExpired);
  EXPECT_EQ(message_of(envelope, kNow + Duration::nanoseconds(1)),
            "Invalid delegation expiry: expired at 2023-11-14 22:13:20 UTC, now is 2023-11-14 "
            "22:13:20.000000001 UTC");
}

Delegation narrowed(const User& from, const User& to, std::vector<CanisterId> targets) {
  Delegation delegation{.public_key = to.der(), .expiration = kLater};
  delegation.targets = std::move(targets);
  return from.signed_by_me(std::move(delegation));
}

TEST(RequestAuth, targets_must_contain_the_called_canister_in_every_delegation) {
  const User a(1), b(2), c(3);
  const CanisterId other = types::canister_id_from_index(8);
  EXPECT_EQ(message_of(sent_by(a, {narrowed(a, b, {other, kTarget})}, b)), "");
  EXPECT_EQ(failure_of(sent_by(a, {narrowed(a, b, {other})}, b)), AuthFailure::kTarget);
  EXPECT_EQ(failure_of(sent_by(a, {narrowed(a, b, {})}, b)), AuthFailure::kTarget);
  EXPECT_EQ(failure_of(sent_by<types::QueryContent>(a, {narrowed(a, b, {other})}, b)),
            AuthFailure::kTarget);
  EXPECT_EQ(failure_of(sent_by(a, {narrowed(a, b, {kTarget}), narrowed(b, c, {other})}, c)),
            AuthFailure::kTarget);
}

TEST(RequestAuth, a_read_gets_the_intersection_of_all_targets) {
  const User a(1), b(2), c(3);
  const auto id = types::canister_id_from_index;
  const auto result = authenticate(
      sent_by<types::ReadStateContent>(
          a, {narrowed(a, b, {id(3), id(1), id(2), id(1)}), narrowed(b, c, {id(4), id(3), id(2)})},
          c),
      kNow, root());
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(result->targets, (std::vector{id(2), id(3)}));
  EXPECT_TRUE(result->allows(id(3)));
  EXPECT_FALSE(result->allows(id(1)));
}

TEST(RequestAuth, permissions_allow_all_or_queries_only) {
  const User a(1), b(2), c(3);
  const auto with = [&](const User& from, const User& to, const char* permissions) {
    Delegation delegation{.public_key = to.der(), .expiration = kLater};
    delegation.permissions = permissions;
    return from.signed_by_me(std::move(delegation));
  };
  EXPECT_EQ(message_of(sent_by(a, {with(a, b, "all")}, b)), "");
  EXPECT_EQ(failure_of(sent_by(a, {with(a, b, "queries")}, b)), AuthFailure::kDelegation);
  EXPECT_EQ(failure_of(sent_by(a, {with(a, b, "queries"), with(b, c, "all")}, c)),
            AuthFailure::kDelegation);
  EXPECT_EQ(message_of(sent_by<types::QueryContent>(a, {with(a, b, "queries")}, b)), "");
  EXPECT_EQ(message_of(sent_by<types::ReadStateContent>(a, {with(a, b, "queries")}, b)), "");
  EXPECT_EQ(failure_of(sent_by<types::QueryContent>(a, {with(a, b, "Queries")}, b)),
            AuthFailure::kDelegation);
}

// ---------------------------------------------------------------------------- canister signatures

/// A user of a canister that signs for its users, as Internet Identity does.
struct CanisterUser {
  TestSubnet subnet;
  CanisterId canister = types::canister_id_from_index(0x150);
  Bytes seed = to_bytes("user 1");

  [[nodiscard]] Slice der() const { return Slice(CanisterSignatureKey{canister, seed}.der()); }
  [[nodiscard]] types::Principal principal() const {
    return types::Principal::self_authenticating(der());
  }
  [[nodiscard]] Slice sign(const Bytes& message) const {
    return Slice(subnet.canister_signature(canister, seed, message));
  }
};

TEST(RequestAuth, a_canister_delegates_to_a_session_key) {
  const CanisterUser user;
  const User session(9);
  Delegation delegation{.public_key = session.der(), .expiration = kLater};
  delegation.signature = user.sign(delegation_message(delegation));
  const types::RequestContent content = content_of<types::CallContent>(user.principal());
  const Slice signature = session.sign(request_message(request_id(content)));
  const Envelope envelope = sent(content, EnvelopeSignature{user.der(), signature, {delegation}});
  const auto result = authenticate(envelope, kNow, user.subnet.root());
  ASSERT_TRUE(result.ok()) << result.error().message;
  // The certificate's, its delegation's, and the session key's.
  EXPECT_EQ(result->checks.size(), 3u);
  EXPECT_TRUE(verify_all(result->checks).ok());

  Delegation other = delegation;
  other.expiration = kLater + Duration::seconds(1);
  EXPECT_EQ(message_of(sent(content, EnvelopeSignature{user.der(), signature, {other}})),
            "Invalid delegation: the canister didn't sign this payload");
}

TEST(RequestAuth, a_canister_may_sign_the_request_itself) {
  const CanisterUser user;
  const types::RequestContent content = content_of<types::CallContent>(user.principal());
  const Slice signature = user.sign(request_message(request_id(content)));
  EXPECT_EQ(message_of(sent(content, EnvelopeSignature{user.der(), signature, {}})), "");
}

types::CallContent with_info(const CanisterUser& user, ByteView info, const CanisterId& signer) {
  auto content = content_of<types::CallContent>(user.principal());
  content.sender_info = types::SenderInfo{Slice::copy_of(info), Slice::copy_of(signer.view()),
                                          user.sign(sender_info_message(info))};
  return content;
}
std::string info_refused(const CanisterUser& user, const types::CallContent& content) {
  const Slice signature = user.sign(request_message(request_id(content)));
  return message_of(sent(content, EnvelopeSignature{user.der(), signature, {}}));
}

TEST(RequestAuth, sender_info_is_signed_by_the_canister_of_the_key) {
  const CanisterUser user;
  EXPECT_EQ(info_refused(user, with_info(user, as_bytes("info"), user.canister)), "");
  EXPECT_EQ(info_refused(user, with_info(user, as_bytes("info"), kTarget)),
            "Invalid sender_info: signer is not the canister of sender_pubkey");
  auto changed = with_info(user, as_bytes("info"), user.canister);
  changed.sender_info->info = slice_of("other");
  EXPECT_EQ(info_refused(user, changed),
            "Invalid sender_info: the canister didn't sign this payload");
}

TEST(RequestAuth, users_with_keys_of_their_own_have_no_sender_info) {
  const User user(1);
  auto content = content_of<types::CallContent>(user.principal());
  content.sender_info = types::SenderInfo{};
  const Slice signature = user.sign(request_message(request_id(content)));
  EXPECT_EQ(failure_of(sent(content, EnvelopeSignature{user.der(), signature, {}})),
            AuthFailure::kSenderInfo);
}

// --------------------------------------------------------------------------------------- expiry

TEST(RequestAuth, a_request_counts_from_now_to_the_latest_expiry_both_included) {
  Envelope envelope = sent_by(User(1), {}, User(1));
  const Time expiry = envelope.base().ingress_expiry;
  EXPECT_TRUE(check_expiry(envelope, expiry, expiry).ok());
  EXPECT_FALSE(check_expiry(envelope, expiry + Duration::nanoseconds(1), kLater).ok());
  EXPECT_FALSE(check_expiry(envelope, kNow, expiry - Duration::nanoseconds(1)).ok());
  EXPECT_EQ(latest_expiry(kNow), kNow + Duration::seconds(330));
}

// Agents recognize the text: it begins as theirs expect and shows the three times.
TEST(RequestAuth, a_bad_expiry_is_told_in_the_words_that_agents_know) {
  const Envelope envelope = sent_by(User(1), {}, User(1));
  const auto status = check_expiry(envelope, kLater, latest_expiry(kLater));
  EXPECT_EQ(status.error().failure, AuthFailure::kExpiry);
  EXPECT_EQ(status.error().message,
            "Invalid request expiry: Specified ingress_expiry not within expected range: Minimum "
            "allowed expiry: 2023-11-14 23:13:20 UTC, Maximum allowed expiry: 2023-11-14 23:18:50 "
            "UTC, Provided expiry: 2023-11-14 22:17:20 UTC");
}

TEST(RequestAuth, anonymous_queries_and_reads_may_carry_any_expiry) {
  const auto anonymous = types::Principal::anonymous();
  EXPECT_TRUE(
      check_expiry(sent(content_of<types::QueryContent>(anonymous), {}), kLater, kLater).ok());
  EXPECT_TRUE(
      check_expiry(sent(content_of<types::ReadStateContent>(anonymous), {}), kLater, kLater).ok());
  EXPECT_FALSE(
      check_expiry(sent(content_of<types::CallContent>(anonymous), {}), kLater, kLater).ok());
  EXPECT_FALSE(
      check_expiry(sent_by<types::QueryContent>(User(1), {}, User(1)), kLater, kLater).ok());
}

TEST(TimeText, shows_the_fraction_only_if_there_is_one) {
  EXPECT_EQ(time_text(Time{0}), "1970-01-01 00:00:00 UTC");
  EXPECT_EQ(time_text(Time{1746143718005285297}), "2025-05-01 23:55:18.005285297 UTC");
  EXPECT_EQ(time_text(Time::max()), "2554-07-21 23:34:33.709551615 UTC");
}

// ------------------------------------------------------------------------------- order of checks

TEST(RequestAuth, checks_come_in_the_stated_order) {
  const User a(1), b(2);
  Envelope envelope = sent_by(a, {a.delegate(b.der(), kNow)}, b);
  envelope.sender_signature = Slice(Bytes{1});                  // form of the signature
  envelope.delegations[0].targets = std::vector<CanisterId>{};  // target
  envelope.delegations[0].permissions = "other";                // permissions
  const Time after = kNow + Duration::seconds(1);               // expiry of the delegation
  envelope.delegations.push_back(a.delegate(a.der()));          // key twice
  const Slice sender_key = *envelope.sender_public_key;
  envelope.sender_public_key = b.der();  // sender

  EXPECT_EQ(failure_of(envelope, after), AuthFailure::kSender);
  envelope.sender_public_key = sender_key;
  EXPECT_EQ(failure_of(envelope, after), AuthFailure::kDelegationExpired) << "of the first one";
  EXPECT_EQ(message_of(envelope, kNow), "Invalid delegation: unknown permissions");
  envelope.delegations[0].permissions.reset();
  EXPECT_EQ(message_of(envelope, kNow), "Invalid delegation: a key appears twice in the chain");
  envelope.delegations.pop_back();
  EXPECT_EQ(failure_of(envelope, kNow), AuthFailure::kTarget);
  envelope.delegations[0].targets.reset();
  EXPECT_EQ(message_of(envelope, kNow).find("Invalid signature: "), 0u);
}

}  // namespace
}  // namespace icpd::certification
