#include "certification/certificate.hpp"

#include <algorithm>

#include "codec/leb128.hpp"

namespace icpd::certification {
namespace {

using codec::Decoded;
using codec::cbor::Document;
using codec::cbor::Item;
using codec::cbor::Writer;

constexpr codec::cbor::Limits kRangesLimits{.depth_max = 4, .items_max = 1 << 18};

Decoded<CertificateDelegation> decode_delegation(const Item& item, const Slice& source) {
  const Item subnet = TRY(item.get("subnet_id"));
  auto id = types::Principal::from_bytes(TRY(subnet.bytes()));
  if (!id.ok()) return Err(subnet.error("principal is too long"));
  const ByteView certificate = TRY(TRY(item.get("certificate")).bytes());
  return CertificateDelegation{types::SubnetId(*id), share(source, certificate)};
}

Result<types::Principal> principal_of(const Item& item) {
  return types::Principal::from_bytes(TRY(item.bytes()));
}

/// Any of the ranges that these leaves hold.
bool any_range_contains(std::span<const Slice> leaves, const types::Principal& id) {
  for (const Slice& leaf : leaves) {
    const auto ranges = decode_ranges(leaf);
    if (!ranges.ok()) return false;
    if (std::ranges::any_of(*ranges, [&](const auto& range) { return range.contains(id); }))
      return true;
  }
  return false;
}

SignatureCheck check_of(const Certificate& certificate, ByteView key) {
  return {SignatureCheck::Scheme::kBls, Slice::copy_of(key),
          certified_message(certificate.tree.digest()), Slice::copy_of(certificate.signature)};
}

}  // namespace

Decoded<Certificate> Certificate::decode(const Slice& source) {
  const auto document = TRY(Document::parse(source, kTreeCborLimits));
  const Item root = document.root();
  Certificate certificate;
  certificate.tree = TRY(HashTree::decode(TRY(root.get("tree")), source));
  const Item signature = TRY(root.get("signature"));
  const auto bytes = crypto::BlsSignature::from(TRY(signature.bytes()));
  if (!bytes) return Err(signature.error("a BLS signature has 48 bytes"));
  certificate.signature = *bytes;
  // Some encoders write null for a delegation that isn't there.
  const auto delegation = TRY(root.find("delegation"));
  if (delegation && !delegation->is(codec::cbor::Kind::kNull))
    certificate.delegation = TRY(decode_delegation(*delegation, source));
  return certificate;
}

Bytes Certificate::encode() const {
  Writer out;
  out.self_describe().map(delegation ? 3 : 2).text("tree");
  tree.encode(out);
  out.text("signature").bytes(signature);
  if (delegation) {
    out.text("delegation").map(2);
    out.text("subnet_id").bytes(delegation->subnet.view());
    out.text("certificate").bytes(delegation->certificate);
  }
  return std::move(out).finish();
}

Result<Time> Certificate::time() const {
  const Lookup found = tree.lookup({as_bytes("time")});
  if (!found.found()) return Err("certificate shows no time");
  return Time{TRY(codec::decode_leb128_canonical(found.value))};
}

Bytes certified_message(const Digest& root) {
  return crypto::message_in_domain("ic-state-root", root);
}

Bytes encode_ranges(std::span<const PrincipalRange> ranges) {
  Writer out;
  out.self_describe().array(ranges.size());
  for (const auto& [first, last] : ranges)
    out.array(2).bytes(first.view()).bytes(last.view());
  return std::move(out).finish();
}

Result<std::vector<PrincipalRange>> decode_ranges(ByteView leaf) {
  const auto document = TRY(Document::parse(leaf, kRangesLimits));
  std::vector<PrincipalRange> ranges;
  const Item list = document.root();
  if (!list.is(codec::cbor::Kind::kArray)) return Err(Error(list.error("not a list of ranges")));
  for (auto pair = list.first(); pair; pair = pair->next_in(list)) {
    if (!pair->is(codec::cbor::Kind::kArray) || pair->size() != 2)
      return Err(Error(pair->error("not a range")));
    const Item first = *pair->first();
    ranges.push_back({TRY(principal_of(first)), TRY(principal_of(*first.next_in(*pair)))});
  }
  return ranges;
}

bool Certifier::speaks_for(const types::CanisterId& canister) const {
  if (!delegated) return true;
  const HashTree& tree = delegated->certificate.tree;
  const ByteView subnet = delegated->subnet.view();
  std::vector<Slice> leaves;
  if (const auto shards = tree.find({as_bytes("canister_ranges"), subnet}))
    leaves = shards->all_values();
  const Lookup flat = tree.lookup({as_bytes("subnet"), subnet, as_bytes("canister_ranges")});
  if (flat.found()) leaves.push_back(flat.value);
  return any_range_contains(leaves, canister.principal);
}

Result<Certifier> certifier_of(const Certificate& certificate, const TrustRoot& root) {
  if (!certificate.delegation) return Certifier{root.key.bytes(), std::nullopt};
  const auto& [subnet, bytes] = *certificate.delegation;
  auto inner = Certificate::decode(bytes);
  if (!inner.ok()) return Err(Error(inner.error()).within("delegation"));
  if (inner->delegation) return Err("the certificate of a delegation has a delegation itself");
  const Lookup key =
      inner->tree.lookup({as_bytes("subnet"), subnet.view(), as_bytes("public_key")});
  if (!key.found()) return Err("the delegation doesn't show the subnet's public key");
  const auto decoded = TRY(crypto::BlsPublicKey::decode_der(key.value));
  return Certifier{decoded.bytes(), Certifier::Delegated{subnet, std::move(inner).value()}};
}

std::vector<SignatureCheck> signature_checks(const Certificate& certificate,
                                             const Certifier& certifier, const TrustRoot& root) {
  std::vector<SignatureCheck> checks;
  if (certifier.delegated)
    checks.push_back(check_of(certifier.delegated->certificate, root.key.bytes()));
  checks.push_back(check_of(certificate, certifier.key));
  return checks;
}

Result<Certifier> verify_certificate(const Certificate& certificate, const TrustRoot& root) {
  Certifier certifier = TRY(certifier_of(certificate, root));
  TRY(verify_all(signature_checks(certificate, certifier, root)));
  return certifier;
}

}  // namespace icpd::certification
