#include "crypto/quorum.hpp"

#include <gtest/gtest.h>

#include "codec/record.hpp"

namespace icpd::crypto {
namespace {

const Bytes kMessage = to_bytes("block 7 is final");

// A committee of n with threshold n - f whose members all signed.
struct Committee {
  std::vector<Ed25519PublicKey> keys;
  std::vector<QuorumShare> shares;
  std::uint32_t threshold;

  explicit Committee(std::uint32_t n) : threshold(n - (n - 1) / 3) {
    for (std::uint32_t i = 0; i < n; ++i) {
      const Ed25519SecretKey secret(
          Ed25519SecretKey::Seed(Bytes(32, static_cast<std::uint8_t>(i))));
      keys.push_back(secret.public_key());
      shares.push_back({MemberIndex{i}, secret.sign(kMessage)});
    }
  }
  [[nodiscard]] QuorumRule rule() const { return {keys, threshold}; }
  [[nodiscard]] QuorumCertificate certificate() const {
    return quorum_combine(rule(), kMessage, shares).certificate.value();
  }
  [[nodiscard]] std::string refused(const QuorumCertificate& certificate) const {
    return quorum_verify(rule(), kMessage, certificate).error().message;
  }
};

TEST(Quorum, certificate_of_enough_members_verifies) {
  for (const std::uint32_t n : {1u, 4u, 13u, 40u, kCommitteeMax}) {
    const Committee committee(n);
    const QuorumCombined combined = quorum_combine(committee.rule(), kMessage, committee.shares);
    ASSERT_TRUE(combined.certificate.has_value()) << n;
    EXPECT_TRUE(combined.liars.empty());
    EXPECT_EQ(combined.certificate->signatures.size(), committee.threshold);
    EXPECT_TRUE(quorum_verify(committee.rule(), kMessage, *combined.certificate).ok());
    EXPECT_EQ(quorum_combine_verified(committee.rule(), committee.shares), combined.certificate);
  }
}

TEST(Quorum, combining_does_not_depend_on_the_order_of_shares) {
  const Committee committee(4);
  const std::vector<QuorumShare> reversed(committee.shares.rbegin(), committee.shares.rend());
  EXPECT_EQ(quorum_combine(committee.rule(), kMessage, reversed).certificate,
            committee.certificate());
}

TEST(Quorum, combining_names_the_liars_and_takes_others) {
  const Committee committee(4);
  std::vector<QuorumShare> shares = committee.shares;
  shares[1].signature = shares[2].signature;
  const QuorumCombined combined = quorum_combine(committee.rule(), kMessage, shares);
  ASSERT_TRUE(combined.certificate.has_value());
  EXPECT_EQ(members_of(combined.certificate->signers),
            (std::vector{MemberIndex{0}, MemberIndex{2}, MemberIndex{3}}));
  EXPECT_EQ(combined.liars, std::vector{MemberIndex{1}});
}

TEST(Quorum, combining_gives_nothing_below_the_threshold) {
  const Committee committee(4);
  std::vector<QuorumShare> shares(committee.shares.begin(), committee.shares.begin() + 2);
  shares.push_back(shares[0]);                                  // a signer counts once
  shares.push_back({MemberIndex{4}, shares[0].signature});      // outside
  shares.push_back({MemberIndex{4'000}, shares[0].signature});  // far outside
  EXPECT_FALSE(quorum_combine(committee.rule(), kMessage, shares).certificate.has_value());
  EXPECT_FALSE(quorum_combine_verified(committee.rule(), shares).has_value());
}

TEST(Quorum, share_of_an_outsider_or_over_another_message_is_refused) {
  const Committee committee(4);
  EXPECT_TRUE(quorum_verify_share(committee.rule(), kMessage, committee.shares[3]));
  EXPECT_FALSE(quorum_verify_share(committee.rule(), as_bytes("other"), committee.shares[3]));
  EXPECT_FALSE(quorum_verify_share(committee.rule(), kMessage,
                                   {MemberIndex{4}, committee.shares[3].signature}));
}

TEST(Quorum, certificate_with_a_signer_outside_is_refused) {
  const Committee committee(4);
  QuorumCertificate bad = committee.certificate();
  bad.signers |= MemberSet{1} << 4;
  EXPECT_EQ(committee.refused(bad), "quorum certificate: signer 4 is not in the committee");
}

TEST(Quorum, certificate_with_too_few_signers_is_refused) {
  const Committee committee(4);
  QuorumCertificate bad = committee.certificate();
  bad.signers &= ~MemberSet{1};
  bad.signatures.erase(bad.signatures.begin());
  EXPECT_EQ(committee.refused(bad), "quorum certificate: 2 signers of 3 needed");
  EXPECT_EQ(committee.refused({}), "quorum certificate: 0 signers of 3 needed");
}

TEST(Quorum, certificate_with_more_or_fewer_signatures_than_signers_is_refused) {
  const Committee committee(4);
  QuorumCertificate bad = committee.certificate();
  bad.signatures.push_back(bad.signatures[0]);
  EXPECT_EQ(committee.refused(bad), "quorum certificate: not one signature for each signer");
  bad.signatures.resize(2);
  EXPECT_EQ(committee.refused(bad), "quorum certificate: not one signature for each signer");
}

TEST(Quorum, certificate_with_one_wrong_signature_is_refused_by_name) {
  const Committee committee(4);
  QuorumCertificate bad = committee.certificate();
  std::swap(bad.signatures[1], bad.signatures[2]);
  EXPECT_EQ(committee.refused(bad), "quorum certificate: the signature of member 1 is not valid");
}

TEST(Quorum, certificate_has_one_encoding) {
  for (const auto& [n, size] : {std::pair{4u, 194u}, {40u, 1733u}}) {
    const QuorumCertificate certificate = Committee(n).certificate();
    const Bytes encoded = codec::to_record(certificate);
    EXPECT_EQ(encoded.size(), size);
    EXPECT_EQ(codec::from_record<QuorumCertificate>(Slice(encoded)).value(), certificate);
  }
}

}  // namespace
}  // namespace icpd::crypto
