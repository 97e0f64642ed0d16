#include "crypto/quorum.hpp"

#include <algorithm>
#include <bit>

namespace icpd::crypto {
namespace {

void check_rule(const QuorumRule& rule) {
  ensure(rule.keys.size() <= kCommitteeMax);
  ensure(rule.threshold >= 1 && rule.threshold <= rule.keys.size());
}

MemberSet bit_of(MemberIndex member) {
  return MemberSet{1} << member.value;
}

// The first share of each member of the committee, ascending by signer.
std::vector<QuorumShare> one_per_member(const QuorumRule& rule,
                                        std::span<const QuorumShare> shares) {
  std::vector<QuorumShare> result;
  MemberSet seen = 0;
  for (const QuorumShare& share : shares) {
    if (share.signer.value >= rule.keys.size() || (seen & bit_of(share.signer)) != 0) continue;
    seen |= bit_of(share.signer);
    result.push_back(share);
  }
  std::ranges::sort(result, {}, &QuorumShare::signer);
  return result;
}

// Adds the share of a signer above all signers so far.
void add(QuorumCertificate& certificate, const QuorumShare& share) {
  ensure(certificate.signers < bit_of(share.signer));
  certificate.signers |= bit_of(share.signer);
  certificate.signatures.push_back(share.signature);
}

}  // namespace

std::vector<MemberIndex> members_of(MemberSet set) {
  std::vector<MemberIndex> members;
  for (std::uint32_t i = 0; i < kCommitteeMax; ++i) {
    if ((set >> i & 1) != 0) members.push_back(MemberIndex{i});
  }
  return members;
}

bool quorum_verify_share(const QuorumRule& rule, ByteView message, const QuorumShare& share) {
  return share.signer.value < rule.keys.size() &&
         ed25519_verify(rule.keys[share.signer.value], message, share.signature);
}

QuorumCombined quorum_combine(const QuorumRule& rule, ByteView message,
                              std::span<const QuorumShare> shares) {
  check_rule(rule);
  QuorumCombined result;
  QuorumCertificate certificate;
  for (const QuorumShare& share : one_per_member(rule, shares)) {
    if (certificate.signatures.size() == rule.threshold) break;
    if (quorum_verify_share(rule, message, share))
      add(certificate, share);
    else
      result.liars.push_back(share.signer);
  }
  if (certificate.signatures.size() == rule.threshold) result.certificate = std::move(certificate);
  return result;
}

std::optional<QuorumCertificate> quorum_combine_verified(const QuorumRule& rule,
                                                         std::span<const QuorumShare> shares) {
  check_rule(rule);
  const std::vector<QuorumShare> usable = one_per_member(rule, shares);
  if (usable.size() < rule.threshold) return std::nullopt;
  QuorumCertificate certificate;
  for (const QuorumShare& share : std::span(usable).first(rule.threshold))
    add(certificate, share);
  return certificate;
}

Status<> quorum_verify(const QuorumRule& rule, ByteView message,
                       const QuorumCertificate& certificate) {
  check_rule(rule);
  const std::vector<MemberIndex> signers = members_of(certificate.signers);
  if (!signers.empty() && signers.back().value >= rule.keys.size())
    return Err("quorum certificate: signer " + to_string(signers.back()) +
               " is not in the committee");
  if (signers.size() < rule.threshold)
    return Err("quorum certificate: " + std::to_string(signers.size()) + " signers of " +
               std::to_string(rule.threshold) + " needed");
  if (signers.size() != certificate.signatures.size())
    return Err("quorum certificate: not one signature for each signer");
  for (std::size_t i = 0; i < signers.size(); ++i) {
    if (!quorum_verify_share(rule, message, {signers[i], certificate.signatures[i]}))
      return Err("quorum certificate: the signature of member " + to_string(signers[i]) +
                 " is not valid");
  }
  return {};
}

}  // namespace icpd::crypto
