#include "crypto/threshold.hpp"

#include <algorithm>
#include <gtest/gtest.h>

#include "base/prng.hpp"
#include "codec/record.hpp"

namespace icpd::crypto {
namespace {

struct Size {
  std::uint32_t members;
  std::uint32_t threshold;
};
// Committees and thresholds of subnets with 1, 4, 13 and 40 nodes: f + 1 and n - f.
constexpr Size kSizes[] = {{1, 1}, {4, 2}, {4, 3}, {13, 5}, {13, 9}, {40, 14}, {40, 27}};

Dealt deal_of(Size size) {
  return deal(Bytes(32, 1), {.tag = ThresholdTag::kHigh,
                             .committee_size = size.members,
                             .threshold = size.threshold,
                             .registry_version = 7});
}

std::vector<SignatureShare> sign_all(const Dealt& dealt, ByteView message) {
  std::vector<SignatureShare> shares;
  for (const ThresholdShare& share : dealt.shares)
    shares.push_back(share.sign(message));
  return shares;
}

void shuffle(std::vector<SignatureShare>& shares, Prng& prng) {
  for (std::size_t i = shares.size(); i > 1; --i)
    std::swap(shares[i - 1], shares[prng.below(i)]);
}

TEST(Threshold, gives_one_signature_whichever_members_sign) {
  Prng prng(1);
  for (const Size size : kSizes) {
    SCOPED_TRACE(std::to_string(size.threshold) + " of " + std::to_string(size.members));
    const Dealt dealt = deal_of(size);
    const auto key = ThresholdPublicKey::from(dealt.transcript).value();
    std::vector<SignatureShare> shares = sign_all(dealt, as_bytes("m"));
    const BlsSignature first = combine_unverified(key, shares).value();
    EXPECT_TRUE(key.verify(as_bytes("m"), first));
    EXPECT_TRUE(key.public_key().verify(as_bytes("m"), first));
    for (int i = 0; i < 3; ++i) {
      shuffle(shares, prng);
      EXPECT_EQ(combine_unverified(key, shares).value(), first);
    }
  }
}

// Points so far apart that their weights need more than 128 bits take another path.
TEST(Threshold, combines_in_the_largest_committee) {
  const Dealt dealt = deal_of({kCommitteeMax, 85});
  const auto key = ThresholdPublicKey::from(dealt.transcript).value();
  std::vector<SignatureShare> shares = sign_all(dealt, as_bytes("m"));
  Prng prng(2);
  shuffle(shares, prng);
  EXPECT_TRUE(key.verify(as_bytes("m"), combine_unverified(key, shares).value()));
}

TEST(Threshold, member_keys_follow_from_the_transcript) {
  for (const Size size : {Size{4, 3}, Size{13, 9}}) {
    const Dealt dealt = deal_of(size);
    const auto key = ThresholdPublicKey::from(dealt.transcript).value();
    EXPECT_EQ(key.committee_size(), size.members);
    EXPECT_EQ(key.threshold(), size.threshold);
    EXPECT_EQ(key.public_key().bytes(), dealt.transcript.coefficients[0]);
    for (const ThresholdShare& share : dealt.shares)
      EXPECT_EQ(key.member_key(share.index()), share.key().public_key());
  }
}

TEST(Threshold, verifies_shares_under_their_own_signer_only) {
  const Dealt dealt = deal_of({4, 3});
  const auto key = ThresholdPublicKey::from(dealt.transcript).value();
  SignatureShare share = dealt.shares[1].sign(as_bytes("m"));
  EXPECT_TRUE(key.verify_share(as_bytes("m"), share));
  EXPECT_FALSE(key.verify_share(as_bytes("n"), share));
  share.signer = MemberIndex{2};
  EXPECT_FALSE(key.verify_share(as_bytes("m"), share));
  share.signer = MemberIndex{4};
  EXPECT_FALSE(key.verify_share(as_bytes("m"), share));
}

TEST(Threshold, refuses_to_combine_too_few_repeated_or_foreign_shares) {
  const Dealt dealt = deal_of({4, 3});
  const auto key = ThresholdPublicKey::from(dealt.transcript).value();
  std::vector<SignatureShare> shares = sign_all(dealt, as_bytes("m"));
  EXPECT_EQ(combine_unverified(key, std::span(shares).first(2)).error().message,
            "fewer shares than the threshold");
  shares[1] = shares[0];
  EXPECT_EQ(combine_unverified(key, shares).error().message, "two shares of one signer");
  shares[1].signer = MemberIndex{4};
  EXPECT_EQ(combine_unverified(key, shares).error().message, "share of a signer outside");
  shares[1] = {MemberIndex{1}, BlsSignature{}};
  EXPECT_EQ(combine_unverified(key, shares).error().message,
            "a share is not the encoding of a point");
}

TEST(Threshold, combines_and_verifies_without_accusing_anybody_when_all_is_well) {
  const Dealt dealt = deal_of({4, 3});
  const auto key = ThresholdPublicKey::from(dealt.transcript).value();
  const Combined combined = combine_and_verify(key, as_bytes("m"), sign_all(dealt, as_bytes("m")));
  ASSERT_TRUE(combined.signature.has_value());
  EXPECT_TRUE(key.verify(as_bytes("m"), *combined.signature));
  EXPECT_TRUE(combined.liars.empty());
}

TEST(Threshold, names_the_liars_and_combines_the_rest) {
  const Dealt dealt = deal_of({13, 9});
  const auto key = ThresholdPublicKey::from(dealt.transcript).value();
  std::vector<SignatureShare> shares = sign_all(dealt, as_bytes("m"));
  shares[0].signature = BlsSignature{};
  shares[4] = dealt.shares[4].sign(as_bytes("other"));
  shares[8].signature = shares[7].signature;
  std::ranges::reverse(shares);
  const Combined combined = combine_and_verify(key, as_bytes("m"), shares);
  ASSERT_TRUE(combined.signature.has_value());
  EXPECT_TRUE(key.verify(as_bytes("m"), *combined.signature));
  EXPECT_EQ(combined.liars, (std::vector{MemberIndex{0}, MemberIndex{4}, MemberIndex{8}}));
}

TEST(Threshold, gives_no_signature_when_too_few_shares_are_good) {
  const Dealt dealt = deal_of({4, 3});
  const auto key = ThresholdPublicKey::from(dealt.transcript).value();
  std::vector<SignatureShare> shares = sign_all(dealt, as_bytes("m"));
  shares.pop_back();
  shares[1] = dealt.shares[1].sign(as_bytes("other"));
  const Combined combined = combine_and_verify(key, as_bytes("m"), shares);
  EXPECT_FALSE(combined.signature.has_value());
  EXPECT_EQ(combined.liars, std::vector{MemberIndex{1}});
  EXPECT_FALSE(combine_and_verify(key, as_bytes("m"), std::span(shares).first(2)).signature);
}

TEST(Threshold, counts_the_first_share_of_each_signer_and_no_outsider) {
  const Dealt dealt = deal_of({4, 3});
  const auto key = ThresholdPublicKey::from(dealt.transcript).value();
  std::vector<SignatureShare> shares = sign_all(dealt, as_bytes("m"));
  shares = {shares[0], shares[0], {MemberIndex{9}, shares[1].signature}, shares[2]};
  EXPECT_FALSE(combine_and_verify(key, as_bytes("m"), shares).signature.has_value());
  shares.push_back(dealt.shares[3].sign(as_bytes("m")));
  EXPECT_TRUE(combine_and_verify(key, as_bytes("m"), shares).signature.has_value());
}

TEST(Transcript, has_one_encoding) {
  const Transcript transcript = deal_of({4, 3}).transcript;
  const Bytes encoded = codec::to_record(transcript);
  EXPECT_EQ(encoded.size(), 1 + 1 + 1 + 1 + 1 + 3 * 96u);
  EXPECT_EQ(to_hex(ByteView(encoded).first(5)), "0204030703");
  EXPECT_EQ(codec::from_record<Transcript>(Slice(encoded)).value(), transcript);
  EXPECT_EQ(digest_of(transcript), hash_in_domain("icpd-transcript", {encoded}));
}

TEST(Transcript, with_impossible_sizes_is_refused) {
  const Transcript good = deal_of({4, 3}).transcript;
  const auto refused = [&](auto change) {
    Transcript bad = good;
    change(bad);
    return ThresholdPublicKey::from(bad).error().message;
  };
  EXPECT_EQ(refused([](Transcript& t) { t.committee_size = kCommitteeMax + 1; }),
            "transcript: committee too large");
  EXPECT_EQ(refused([](Transcript& t) { t.threshold = 0; }),
            "transcript: threshold not within 1 and the committee's size");
  EXPECT_EQ(refused([](Transcript& t) { t.threshold = 5; }),
            "transcript: threshold not within 1 and the committee's size");
  EXPECT_EQ(refused([](Transcript& t) { t.coefficients.pop_back(); }),
            "transcript: as many coefficients as the threshold are needed");
  EXPECT_EQ(refused([](Transcript& t) { t.coefficients[1] = {}; }),
            "BLS public key: not the encoding of a point");
}

TEST(Transcript, whose_polynomial_is_zero_at_a_member_is_refused) {
  // a_0 = k, a_1 = -k: the value at x = 1 is zero.
  Transcript transcript{ThresholdTag::kLow, 2, 2, 1, {}};
  BlsPublicKeyBytes point = BlsSecretKey::from_seed(Bytes(32, 1)).public_key().bytes();
  transcript.coefficients.push_back(point);
  point.bytes[0] ^= 0x20;  // the sign bit of the compressed form
  transcript.coefficients.push_back(point);
  EXPECT_EQ(ThresholdPublicKey::from(transcript).error().message,
            "transcript: a member's key is the point at infinity");
}

}  // namespace
}  // namespace icpd::crypto
