// What consensus asks of cryptography: signing at once, verifying and combining as jobs.
//
//   Signer   this node's secret keys; called within a step (17 µs Ed25519, 160 µs BLS)
//   Crypto   public keys and checks; a CryptoJob is a value that any thread may run
//
// A job goes out as an action and its verdict comes back as an input, so that the protocol thread
// never waits for a pairing. The simulator exchanges both for FastCrypto
// (consensus/fast_crypto.hpp); no rule of the protocol depends on which one is used.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/shared.hpp"
#include "crypto/quorum.hpp"
#include "crypto/threshold.hpp"
#include "crypto/transcript.hpp"
#include "types/ids.hpp"

namespace icpd::consensus {

/// A transcript with its decoded public keys, where the provider needs them.
struct ThresholdKey {
  Shared<crypto::Transcript> transcript;
  std::optional<crypto::ThresholdPublicKey> decoded;
};

/// The node keys of a committee, by member index, and how many must sign.
struct QuorumKeys {
  std::vector<crypto::Ed25519PublicKey> keys;
  std::uint32_t threshold = 0;
  [[nodiscard]] crypto::QuorumRule rule() const { return {keys, threshold}; }
};

struct VerifySignatures {
  struct One {
    crypto::Ed25519PublicKey key;
    Bytes message;
    crypto::Ed25519Signature signature;
  };
  std::vector<One> all;
};
struct VerifyQuorum {
  Shared<QuorumKeys> keys;
  Bytes message;
  crypto::QuorumCertificate certificate;
};
struct CombineQuorum {
  Shared<QuorumKeys> keys;
  Bytes message;
  std::vector<crypto::QuorumShare> shares;
};
struct VerifyThreshold {
  struct One {
    Shared<ThresholdKey> key;
    Bytes message;
    crypto::BlsSignature signature;
  };
  std::vector<One> all;
};
struct CombineThreshold {
  Shared<ThresholdKey> key;
  Bytes message;
  std::vector<crypto::SignatureShare> shares;
};
/// One finalization, and makers' signatures and randomness of the heights below it.
struct VerifyRange {
  VerifyQuorum finalization;
  VerifySignatures makers;
  VerifyThreshold randomness;
};

using CryptoJob = std::variant<VerifySignatures, VerifyQuorum, CombineQuorum, VerifyThreshold,
                               CombineThreshold, VerifyRange>;

/// Which of the fields are meant depends on the job.
struct CryptoVerdict {
  /// Everything that was to be verified is good.
  bool valid = false;
  /// The combined signature; nothing if too few shares were good.
  std::optional<crypto::QuorumCertificate> quorum;
  std::optional<crypto::BlsSignature> threshold;
  /// Signers whose shares were looked at and found bad, ascending.
  std::vector<crypto::MemberIndex> liars;
};

class Signer {
 public:
  virtual ~Signer() = default;
  [[nodiscard]] virtual crypto::Ed25519Signature sign(ByteView message) const = 0;
  /// Nothing if this node holds no share of the transcript's key.
  [[nodiscard]] virtual std::optional<crypto::BlsSignature> sign_share(
      const crypto::Transcript& transcript, ByteView message) const = 0;
};

/// Stateless and safe to call from several threads.
class Crypto {
 public:
  virtual ~Crypto() = default;
  /// Error: the transcript's points are no keys.
  [[nodiscard]] virtual Result<Shared<ThresholdKey>> load(Shared<crypto::Transcript> t) const = 0;
  [[nodiscard]] virtual bool verify(const crypto::Ed25519PublicKey& key, ByteView message,
                                    const crypto::Ed25519Signature& signature) const = 0;
  [[nodiscard]] virtual bool verify(const VerifyQuorum& job) const = 0;
  [[nodiscard]] virtual bool verify(const VerifyThreshold& job) const = 0;
  [[nodiscard]] virtual crypto::QuorumCombined combine(const CombineQuorum& job) const = 0;
  [[nodiscard]] virtual crypto::Combined combine(const CombineThreshold& job) const = 0;
};

/// Does the job.
[[nodiscard]] CryptoVerdict run(const Crypto& crypto, const CryptoJob& job);

/// The real thing: Ed25519 and threshold BLS of src/crypto.
[[nodiscard]] std::unique_ptr<Crypto> make_crypto();

/// Signs with a node's own keys. `shares` are this node's shares, one for each transcript it knows.
struct KeyShare {
  crypto::Digest transcript;  // crypto::digest_of
  crypto::ThresholdShare share;
};
[[nodiscard]] std::unique_ptr<Signer> make_signer(crypto::Ed25519SecretKey key,
                                                  std::vector<KeyShare> shares);

}  // namespace icpd::consensus
