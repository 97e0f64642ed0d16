#include "consensus/crypto.hpp"

namespace icpd::consensus {

namespace {

class RealCrypto final : public Crypto {
 public:
  Result<Shared<ThresholdKey>> load(Shared<crypto::Transcript> transcript) const override {
    auto decoded = TRY(crypto::ThresholdPublicKey::from(*transcript));
    return Shared<ThresholdKey>(ThresholdKey{std::move(transcript), std::move(decoded)});
  }
  bool verify(const crypto::Ed25519PublicKey& key, ByteView message,
              const crypto::Ed25519Signature& signature) const override {
    return crypto::ed25519_verify(key, message, signature);
  }
  bool verify(const VerifyQuorum& job) const override {
    return crypto::quorum_verify(job.keys->rule(), job.message, job.certificate).ok();
  }
  bool verify(const VerifyThreshold& job) const override {
    std::vector<crypto::BlsCheck> checks;
    checks.reserve(job.all.size());
    for (const auto& one : job.all)
      checks.push_back({&one.key->decoded->public_key(), one.message, one.signature});
    return crypto::bls_verify_batch(checks);
  }
  crypto::QuorumCombined combine(const CombineQuorum& job) const override {
    return crypto::quorum_combine(job.keys->rule(), job.message, job.shares);
  }
  crypto::Combined combine(const CombineThreshold& job) const override {
    return crypto::combine_and_verify(*job.key->decoded, job.message, job.shares);
  }
};

class NodeSigner final : public Signer {
 public:
  NodeSigner(crypto::Ed25519SecretKey key, std::vector<KeyShare> shares)
      : key_(std::move(key)), shares_(std::move(shares)) {}

  crypto::Ed25519Signature sign(ByteView message) const override { return key_.sign(message); }
  std::optional<crypto::BlsSignature> sign_share(const crypto::Transcript& transcript,
                                                 ByteView message) const override {
    const crypto::Digest digest = crypto::digest_of(transcript);
    for (const KeyShare& one : shares_) {
      if (one.transcript == digest) return one.share.sign(message).signature;
    }
    return std::nullopt;
  }

 private:
  crypto::Ed25519SecretKey key_;
  std::vector<KeyShare> shares_;
};

struct Runner {
  const Crypto& crypto;

  CryptoVerdict operator()(const VerifySignatures& job) const {
    for (const auto& one : job.all) {
      if (!crypto.verify(one.key, one.message, one.signature)) return {};
    }
    return {.valid = true};
  }
  CryptoVerdict operator()(const VerifyQuorum& job) const { return {.valid = crypto.verify(job)}; }
  CryptoVerdict operator()(const VerifyThreshold& job) const {
    return {.valid = crypto.verify(job)};
  }
  CryptoVerdict operator()(const VerifyRange& job) const {
    return {.valid = crypto.verify(job.finalization) && (*this)(job.makers).valid &&
                     crypto.verify(job.randomness)};
  }
  CryptoVerdict operator()(const CombineQuorum& job) const {
    auto combined = crypto.combine(job);
    const bool valid = combined.certificate.has_value();
    return {.valid = valid,
            .quorum = std::move(combined.certificate),
            .liars = std::move(combined.liars)};
  }
  CryptoVerdict operator()(const CombineThreshold& job) const {
    auto combined = crypto.combine(job);
    return {.valid = combined.signature.has_value(),
            .threshold = combined.signature,
            .liars = std::move(combined.liars)};
  }
};

}  // namespace

CryptoVerdict run(const Crypto& crypto, const CryptoJob& job) {
  return std::visit(Runner{crypto}, job);
}

std::unique_ptr<Crypto> make_crypto() {
  return std::make_unique<RealCrypto>();
}

std::unique_ptr<Signer> make_signer(crypto::Ed25519SecretKey key, std::vector<KeyShare> shares) {
  return std::make_unique<NodeSigner>(std::move(key), std::move(shares));
}

}  // namespace icpd::consensus
