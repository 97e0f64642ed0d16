#include "certification/canister_signature.hpp"

#include "codec/der.hpp"

namespace icpd::certification {
namespace {

constexpr std::string_view kCloudEngine = "cloud_engine";

Status<> check_subnet(const Certifier& certifier, const types::CanisterId& canister) {
  if (!certifier.delegated) return {};
  if (!certifier.speaks_for(canister))
    return Err("the certificate's subnet doesn't speak for the signing canister");
  const auto& [subnet, certificate] = *certifier.delegated;
  const Lookup type =
      certificate.tree.lookup({as_bytes("subnet"), subnet.view(), as_bytes("type")});
  if (!type.found()) return Err("the delegation doesn't show the subnet's type");
  if (as_text(type.value) == kCloudEngine) return Err("canisters of a cloud engine can't sign");
  return {};
}

Status<> check_tree(const HashTree& tree, ByteView seed, ByteView payload) {
  const Lookup mark = tree.lookup({as_bytes("sig"), crypto::sha256(seed), crypto::sha256(payload)});
  if (!mark.found()) return Err("the canister didn't sign this payload");
  if (!mark.value.empty()) return Err("the mark of a canister signature must be empty");
  return {};
}

}  // namespace

Result<CanisterSignatureKey> CanisterSignatureKey::parse(ByteView raw) {
  if (raw.empty() || raw.front() > raw.size() - 1)
    return Err("public key of a canister signature is cut short");
  const std::size_t size = raw.front();
  const auto canister = TRY(types::Principal::from_bytes(raw.subspan(1, size)));
  return CanisterSignatureKey{types::CanisterId(canister), raw.subspan(1 + size)};
}

Bytes CanisterSignatureKey::der() const {
  Bytes raw;
  raw.push_back(static_cast<std::uint8_t>(canister.view().size()));
  append(raw, canister.view());
  append(raw, seed);
  return codec::der::wrap_public_key(codec::der::KeyAlgorithm::kCanisterSignature, raw);
}

Result<std::vector<SignatureCheck>> check_canister_signature(const CanisterSignatureKey& key,
                                                             ByteView payload,
                                                             const Slice& signature,
                                                             const TrustRoot& root) {
  const auto document = TRY(codec::cbor::Document::parse(signature, kTreeCborLimits));
  if (!document.self_described()) return Err("canister signature lacks its CBOR tag");
  const auto item = document.root();
  const ByteView bytes = TRY(TRY(item.get("certificate")).bytes());
  const HashTree tree = TRY(HashTree::decode(TRY(item.get("tree")), signature));
  TRY(check_tree(tree, key.seed, payload));

  const Certificate certificate = TRY(Certificate::decode(share(signature, bytes)));
  const Certifier certifier = TRY(certifier_of(certificate, root));
  TRY(check_subnet(certifier, key.canister));
  const Lookup data = certificate.tree.lookup(
      {as_bytes("canister"), key.canister.view(), as_bytes("certified_data")});
  if (!data.found()) return Err("the certificate doesn't show the canister's certified data");
  if (!equal(data.value, tree.digest()))
    return Err("the certified data isn't the digest of the signature's tree");
  return signature_checks(certificate, certifier, root);
}

HashTree canister_signature_tree(ByteView seed, ByteView payload) {
  HashTree mark = HashTree::labeled(Slice::copy_of(crypto::sha256(payload)), HashTree::leaf({}));
  HashTree seeds = HashTree::labeled(Slice::copy_of(crypto::sha256(seed)), std::move(mark));
  return HashTree::labeled(Slice::copy_of(as_bytes("sig")), std::move(seeds));
}

Bytes encode_canister_signature(ByteView certificate, const HashTree& tree) {
  codec::cbor::Writer out;
  out.self_describe().map(2).text("certificate").bytes(certificate).text("tree");
  tree.encode(out);
  return std::move(out).finish();
}

}  // namespace icpd::certification
