#include "certification/signature_check.hpp"

#include "crypto/user_signature.hpp"

namespace icpd::certification {
namespace {

/// A BLS check with its key decoded.
struct DecodedBls {
  crypto::BlsPublicKey key;
  crypto::BlsSignature signature;
};

Result<DecodedBls> decode_bls(const SignatureCheck& check) {
  const auto signature = crypto::BlsSignature::from(check.signature);
  if (!signature) return Err("a BLS signature has 48 bytes");
  return DecodedBls{TRY(crypto::BlsPublicKey::decode(check.key)), *signature};
}

Status<> verify_bls(const SignatureCheck& check) {
  const DecodedBls bls = TRY(decode_bls(check));
  if (!bls.key.verify(check.message, bls.signature)) return Err("BLS signature is not valid");
  return {};
}

}  // namespace

crypto::Digest SignatureCheck::name() const {
  return crypto::Hasher("icpd-signature-check")
      .number(static_cast<std::uint8_t>(scheme))
      .sized(key)
      .sized(message)
      .sized(signature)
      .finish();
}

Status<> verify(const SignatureCheck& check) {
  const auto verified =
      check.scheme == SignatureCheck::Scheme::kBls
          ? verify_bls(check)
          : crypto::verify_user_signature(check.key, check.message, check.signature);
  if (!verified.ok()) return Err(verified.error().within(check.failure));
  return {};
}

Status<> verify_all(std::span<const SignatureCheck> checks) {
  std::vector<const SignatureCheck*> bls;
  for (const SignatureCheck& check : checks) {
    if (check.scheme == SignatureCheck::Scheme::kBls) {
      bls.push_back(&check);
    } else {
      TRY(verify(check));
    }
  }
  if (bls.size() < 2) return bls.empty() ? Status<>() : verify(*bls.front());
  std::vector<DecodedBls> decoded;
  decoded.reserve(bls.size());
  for (const SignatureCheck* check : bls)
    decoded.push_back(TRY(decode_bls(*check)));
  std::vector<crypto::BlsCheck> batch;
  for (std::size_t i = 0; i < bls.size(); ++i)
    batch.push_back({&decoded[i].key, bls[i]->message, decoded[i].signature});
  if (!crypto::bls_verify_batch(batch))
    return Err(std::string(bls.front()->failure) + ": a BLS signature is not valid");
  return {};
}

}  // namespace icpd::certification
