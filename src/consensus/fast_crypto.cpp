#include "consensus/fast_crypto.hpp"

#include <algorithm>
#include <set>

namespace icpd::consensus {

namespace {

template <typename Signature>
Signature spread(const crypto::Digest& digest) {
  Signature signature;
  for (std::size_t i = 0; i < Signature::kSize; ++i)
    signature.bytes[i] = digest.bytes[i % crypto::Digest::kSize];
  return signature;
}

crypto::Ed25519Signature basic(const crypto::Ed25519PublicKey& key, ByteView message) {
  return spread<crypto::Ed25519Signature>(
      crypto::Hasher("icpd-fast-signature").update(key).update(message).finish());
}
crypto::BlsSignature share_of(const crypto::Transcript& transcript, crypto::MemberIndex signer,
                              ByteView message) {
  return spread<crypto::BlsSignature>(crypto::Hasher("icpd-fast-share")
                                          .number(static_cast<std::uint8_t>(transcript.tag))
                                          .number(signer.value)
                                          .update(message)
                                          .finish());
}
crypto::BlsSignature combined_of(const crypto::Transcript& transcript, ByteView message) {
  return spread<crypto::BlsSignature>(crypto::Hasher("icpd-fast-combined")
                                          .number(static_cast<std::uint8_t>(transcript.tag))
                                          .update(message)
                                          .finish());
}

class FastCrypto final : public Crypto {
 public:
  Result<Shared<ThresholdKey>> load(Shared<crypto::Transcript> transcript) const override {
    return Shared<ThresholdKey>(ThresholdKey{std::move(transcript), std::nullopt});
  }
  bool verify(const crypto::Ed25519PublicKey& key, ByteView message,
              const crypto::Ed25519Signature& signature) const override {
    return basic(key, message) == signature;
  }
  bool verify(const VerifyQuorum& job) const override {
    const auto members = crypto::members_of(job.certificate.signers);
    if (members.size() < job.keys->threshold) return false;
    if (members.size() != job.certificate.signatures.size()) return false;
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (members[i].value >= job.keys->keys.size()) return false;
      if (!verify(job.keys->keys[members[i].value], job.message, job.certificate.signatures[i]))
        return false;
    }
    return true;
  }
  bool verify(const VerifyThreshold& job) const override {
    return std::all_of(job.all.begin(), job.all.end(), [](const VerifyThreshold::One& one) {
      return combined_of(*one.key->transcript, one.message) == one.signature;
    });
  }
  crypto::QuorumCombined combine(const CombineQuorum& job) const override {
    std::vector<crypto::QuorumShare> shares = job.shares;
    std::sort(shares.begin(), shares.end(),
              [](const auto& a, const auto& b) { return a.signer < b.signer; });
    crypto::QuorumCombined result;
    crypto::QuorumCertificate certificate;
    for (const crypto::QuorumShare& share : shares) {
      const crypto::MemberSet bit = crypto::MemberSet{1} << share.signer.value;
      if (certificate.signatures.size() == job.keys->threshold) break;
      if (share.signer.value >= job.keys->keys.size() || (certificate.signers & bit) != 0) continue;
      if (!verify(job.keys->keys[share.signer.value], job.message, share.signature)) {
        result.liars.push_back(share.signer);
        continue;
      }
      certificate.signers |= bit;
      certificate.signatures.push_back(share.signature);
    }
    if (certificate.signatures.size() == job.keys->threshold)
      result.certificate = std::move(certificate);
    return result;
  }
  crypto::Combined combine(const CombineThreshold& job) const override {
    const crypto::Transcript& transcript = *job.key->transcript;
    crypto::Combined result;
    std::set<crypto::MemberIndex> good;
    for (const crypto::SignatureShare& share : job.shares) {
      if (share.signer.value >= transcript.committee_size) continue;
      if (share_of(transcript, share.signer, job.message) == share.signature)
        good.insert(share.signer);
      else
        result.liars.push_back(share.signer);
    }
    std::sort(result.liars.begin(), result.liars.end());
    if (good.size() >= transcript.threshold)
      result.signature = combined_of(transcript, job.message);
    return result;
  }
};

class FastSigner final : public Signer {
 public:
  FastSigner(crypto::Ed25519PublicKey key, crypto::MemberIndex index) : key_(key), index_(index) {}
  crypto::Ed25519Signature sign(ByteView message) const override { return basic(key_, message); }
  std::optional<crypto::BlsSignature> sign_share(const crypto::Transcript& transcript,
                                                 ByteView message) const override {
    if (index_.value >= transcript.committee_size) return std::nullopt;
    return share_of(transcript, index_, message);
  }

 private:
  crypto::Ed25519PublicKey key_;
  crypto::MemberIndex index_;
};

}  // namespace

std::unique_ptr<Crypto> make_fast_crypto() {
  return std::make_unique<FastCrypto>();
}
std::unique_ptr<Signer> make_fast_signer(crypto::Ed25519PublicKey key, crypto::MemberIndex index) {
  return std::make_unique<FastSigner>(key, index);
}

}  // namespace icpd::consensus
