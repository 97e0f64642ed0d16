// A root subnet and one below it with known keys, for tests: signs certificates, delegations and
// canister signatures as the real ones do.
#pragma once

#include "certification/canister_signature.hpp"
#include "certification/certificate.hpp"
#include "codec/leb128.hpp"

namespace icpd::certification {

inline Slice slice_of(std::string_view text) {
  return Slice::copy_of(as_bytes(text));
}

/// label -> leaf
inline HashTree entry(std::string_view label, ByteView value) {
  return HashTree::labeled(slice_of(label), HashTree::leaf(Slice::copy_of(value)));
}
inline HashTree branch(ByteView label, std::vector<HashTree> below) {
  return HashTree::labeled(Slice::copy_of(label), HashTree::level(std::move(below)));
}
inline HashTree time_entry(Time time) {
  return entry("time", codec::encode_leb128(time.ns));
}

struct TestSubnet {
  crypto::BlsSecretKey root_key = crypto::BlsSecretKey::from_seed(Bytes(32, 1));
  crypto::BlsSecretKey key = crypto::BlsSecretKey::from_seed(Bytes(32, 2));
  types::SubnetId id{types::Principal::self_authenticating(key.public_key().der())};
  std::vector<PrincipalRange> ranges = {{types::canister_id_from_index(0x100).principal,
                                         types::canister_id_from_index(0x1ff).principal}};
  /// Value of /subnet/<id>/type; absent if empty.
  std::string type = "application";
  /// Where the delegation shows the ranges.
  enum class Ranges : std::uint8_t { kFlat, kSharded, kNone } form = Ranges::kFlat;

  [[nodiscard]] TrustRoot root() const { return {root_key.public_key()}; }

  [[nodiscard]] static Certificate signed_by(const crypto::BlsSecretKey& key, HashTree tree) {
    Certificate certificate;
    certificate.signature = key.sign(certified_message(tree.digest()));
    certificate.tree = std::move(tree);
    return certificate;
  }
  /// Of the root subnet.
  [[nodiscard]] Certificate root_certificate(HashTree tree) const {
    return signed_by(root_key, std::move(tree));
  }
  /// Of the subnet below, with its delegation.
  [[nodiscard]] Certificate certificate(HashTree tree) const {
    Certificate result = signed_by(key, std::move(tree));
    result.delegation = delegation();
    return result;
  }
  [[nodiscard]] HashTree delegation_tree() const {
    const Bytes leaf = encode_ranges(ranges);
    std::vector<HashTree> subnet;
    if (form == Ranges::kFlat) subnet.push_back(entry("canister_ranges", leaf));
    subnet.push_back(entry("public_key", key.public_key().der()));
    if (!type.empty()) subnet.push_back(entry("type", as_bytes(type)));
    std::vector<HashTree> top;
    if (form == Ranges::kSharded) {
      HashTree shard = HashTree::labeled(Slice::copy_of(ranges.front().first.view()),
                                         HashTree::leaf(Slice::copy_of(leaf)));
      top.push_back(branch(as_bytes("canister_ranges"), {branch(id.view(), {std::move(shard)})}));
    }
    top.push_back(branch(as_bytes("subnet"), {branch(id.view(), std::move(subnet))}));
    top.push_back(time_entry(Time{5}));
    return HashTree::level(std::move(top));
  }
  [[nodiscard]] CertificateDelegation delegation() const {
    return {id, Slice(root_certificate(delegation_tree()).encode())};
  }
  /// A canister signature of `canister`, which this subnet (or the root subnet) hosts.
  [[nodiscard]] Bytes canister_signature(const types::CanisterId& canister, ByteView seed,
                                         ByteView payload, bool on_root = false) const {
    const HashTree marks = canister_signature_tree(seed, payload);
    HashTree data = branch(canister.view(), {entry("certified_data", marks.digest())});
    HashTree tree =
        HashTree::level({branch(as_bytes("canister"), {std::move(data)}), time_entry(Time{7})});
    const Certificate cert =
        on_root ? root_certificate(std::move(tree)) : certificate(std::move(tree));
    return encode_canister_signature(cert.encode(), marks);
  }
};

}  // namespace icpd::certification
