#include "certification/certificate.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

#include "certification/test_subnet.hpp"
#include "codec/cbor.hpp"
#include "crypto/representation_hash.hpp"

namespace icpd::certification {
namespace {

ByteView b(std::string_view text) {
  return as_bytes(text);
}

/// The public Internet Computer's root key, as every agent carries it.
TrustRoot mainnet() {
  return {
      crypto::BlsPublicKey::decode(
          *from_hex("814c0e6ec71fab583b08bd81373c255c3c371b2e84863c98a4f1e08b74235d14fb5d9c0cd546d9"
                    "685f913a0c0b2cc5341583bf4b4392e467db96d65b9bb4cb717112f8472e0d5a4d14505ffd7484"
                    "b01291091c5f87b98883463f98091a0baaae"))
          .value()};
}
const types::CanisterId kIvg37{types::Principal::from_text("ivg37-qiaaa-aaaab-aaaga-cai").value()};

Bytes vector_bytes(const std::string& name) {
  std::ifstream file(ICPD_VECTORS "/certification/" + name + ".hex");
  std::stringstream text;
  for (std::string line; file >> line;)
    text << line;
  return from_hex(text.str()).value();
}
/// The certificate inside a read_state answer.
Certificate answer(const std::string& name) {
  const Bytes bytes = vector_bytes(name);
  const auto document = codec::cbor::Document::parse(bytes).value();
  const ByteView inner = document.root().get("certificate")->bytes().value();
  return Certificate::decode(Slice::copy_of(inner)).value();
}

TEST(Certificate, of_mainnet_verify_with_ranges_in_both_forms) {
  for (const char* name : {"ivg37_time", "ivg37_delegated_v2"}) {
    SCOPED_TRACE(name);
    const auto certifier = verify_certificate(answer(name), mainnet());
    ASSERT_TRUE(certifier.ok()) << certifier.error().message;
    EXPECT_TRUE(certifier->speaks_for(kIvg37));
    EXPECT_FALSE(certifier->speaks_for(
        types::CanisterId(types::Principal::from_text("ryjl3-tyaaa-aaaaa-aaaba-cai").value())));
  }
}

TEST(Certificate, of_mainnet_with_pruned_ranges_speaks_for_nobody) {
  for (const char* name : {"ivg37_time_pruned_ranges", "ivg37_delegated_v2_pruned_subnet"}) {
    SCOPED_TRACE(name);
    const auto certifier = certifier_of(answer(name), mainnet());
    ASSERT_TRUE(certifier.ok()) << certifier.error().message;
    EXPECT_FALSE(certifier->speaks_for(kIvg37));
  }
}

TEST(Certificate, of_mainnet_show_time_status_and_node_keys) {
  EXPECT_EQ(answer("ivg37_time").time()->ns, 1763796896688941908u);
  const Bytes request =
      *from_hex("edad510eaaa08ed2acd4781324e6446269da6753ec17760f206bbe81c465ff52");
  const Certificate call = answer("ivg37_delegated_v2");
  EXPECT_EQ(as_text(call.tree.lookup({b("request_status"), request, b("status")}).value),
            "rejected");
  EXPECT_EQ(call.tree.lookup({b("request_status"), request, b("reply")}).kind,
            Lookup::Kind::kAbsent);
  const Certificate nodes = answer("uzr34_node_keys");
  EXPECT_TRUE(verify_certificate(nodes, mainnet()).ok());
}

TEST(Certificate, encoding_gives_the_bytes_that_were_decoded) {
  const Certificate certificate = answer("ivg37_time");
  const Bytes bytes = certificate.encode();
  const auto again = Certificate::decode(Slice::copy_of(bytes));
  EXPECT_EQ(again->encode(), bytes);
  EXPECT_EQ(again->tree, certificate.tree);
}

TEST(Certificate, of_the_root_subnet_needs_no_delegation_and_speaks_for_all) {
  const TestSubnet subnet;
  const auto certifier = verify_certificate(
      subnet.root_certificate(HashTree::level({time_entry(Time{3})})), subnet.root());
  ASSERT_TRUE(certifier.ok());
  EXPECT_TRUE(certifier->speaks_for(types::canister_id_from_index(12345)));
}

TEST(Certificate, a_delegated_one_speaks_for_the_ranges_of_its_delegation) {
  TestSubnet subnet;
  for (const auto form : {TestSubnet::Ranges::kFlat, TestSubnet::Ranges::kSharded}) {
    subnet.form = form;
    const auto certifier = verify_certificate(
        subnet.certificate(HashTree::level({time_entry(Time{3})})), subnet.root());
    ASSERT_TRUE(certifier.ok()) << certifier.error().message;
    EXPECT_EQ(certifier->delegated->subnet, subnet.id);
    EXPECT_TRUE(certifier->speaks_for(types::canister_id_from_index(0x100)));
    EXPECT_TRUE(certifier->speaks_for(types::canister_id_from_index(0x1ff)));
    EXPECT_FALSE(certifier->speaks_for(types::canister_id_from_index(0x200)));
    EXPECT_FALSE(certifier->speaks_for(types::canister_id_from_index(0xff)));
  }
}

TEST(Certificate, is_refused_if_either_signature_is_wrong) {
  const TestSubnet subnet;
  const HashTree tree = HashTree::level({time_entry(Time{3})});
  Certificate outer = subnet.certificate(tree);
  outer.signature = subnet.root_certificate(tree).signature;
  EXPECT_FALSE(verify_certificate(outer, subnet.root()).ok());

  Certificate inner = subnet.certificate(tree);
  inner.delegation->certificate =
      Slice(TestSubnet::signed_by(subnet.key, subnet.delegation_tree()).encode());
  EXPECT_FALSE(verify_certificate(inner, subnet.root()).ok());

  Certificate undelegated = subnet.certificate(tree);
  undelegated.delegation.reset();
  EXPECT_FALSE(verify_certificate(undelegated, subnet.root()).ok());
}

TEST(Certificate, a_delegation_inside_a_delegation_is_refused) {
  const TestSubnet subnet;
  Certificate inner = subnet.root_certificate(subnet.delegation_tree());
  inner.delegation = subnet.delegation();
  Certificate outer = subnet.certificate(HashTree::level({time_entry(Time{3})}));
  outer.delegation->certificate = Slice(inner.encode());
  EXPECT_EQ(certifier_of(outer, subnet.root()).error().message,
            "the certificate of a delegation has a delegation itself");
}

TEST(Certificate, a_delegation_must_show_the_key_of_its_own_subnet) {
  const TestSubnet subnet;
  Certificate certificate = subnet.certificate(HashTree::level({time_entry(Time{3})}));
  certificate.delegation->subnet = types::SubnetId(types::Principal::anonymous());
  EXPECT_EQ(certifier_of(certificate, subnet.root()).error().message,
            "the delegation doesn't show the subnet's public key");
}

TEST(Certificate, decoding_refuses_other_forms) {
  const TestSubnet subnet;
  const Bytes good = subnet.certificate(HashTree::level({time_entry(Time{3})})).encode();
  ASSERT_TRUE(Certificate::decode(Slice::copy_of(good)).ok());
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(Certificate::decode(Slice::copy_of(ByteView(good).first(size))).ok()) << size;
  for (const char* text :
       {"a0", "80", "a1647472656581 00", "a264747265658100697369676e617475726541 00"}) {
    std::string compact(text);
    std::erase(compact, ' ');
    EXPECT_FALSE(Certificate::decode(Slice(*from_hex(compact))).ok()) << text;
  }
}

TEST(Certificate, time_must_be_shown_and_canonical) {
  Certificate certificate;
  EXPECT_FALSE(certificate.time().ok());
  certificate.tree = entry("time", Bytes{0x80, 0x00});
  EXPECT_FALSE(certificate.time().ok());
  certificate.tree = entry("time", Bytes{0x05});
  EXPECT_EQ(certificate.time()->ns, 5u);
}

// Interface specification, "Subnet information": CBOR of canister ranges; the leaf is mainnet's.
TEST(Certificate, ranges_have_the_published_form) {
  const std::string leaf = "d9d9f781824a000000000020000001014a00000000002fffff0101";
  const auto ranges = decode_ranges(*from_hex(leaf)).value();
  ASSERT_EQ(ranges.size(), 1u);
  EXPECT_TRUE(ranges[0].contains(kIvg37.principal));
  EXPECT_EQ(to_hex(encode_ranges(ranges)), leaf);
  for (const char* text : {"a0", "818141ff", "81834100410041 00", "8182410001"}) {
    std::string compact(text);
    std::erase(compact, ' ');
    EXPECT_FALSE(decode_ranges(*from_hex(compact)).ok()) << text;
  }
}

// ---------------------------------------------------------------------------- canister signatures

const types::CanisterId kSigner = types::canister_id_from_index(0x123);
const Bytes kSeed = to_bytes("seed");
const Bytes kPayload = to_bytes("\x05payload");

std::string signature_refused(const TestSubnet& subnet, const Bytes& signature,
                              const types::CanisterId& canister = kSigner,
                              const Bytes& seed = kSeed, const Bytes& payload = kPayload) {
  const auto checks =
      check_canister_signature({canister, seed}, payload, Slice::copy_of(signature), subnet.root());
  if (!checks.ok()) return checks.error().message;
  const auto verified = verify_all(*checks);
  return verified.ok() ? "" : verified.error().message;
}

TEST(CanisterSignature, verifies_on_the_root_subnet_and_below) {
  TestSubnet subnet;
  for (const bool on_root : {true, false})
    EXPECT_EQ(
        signature_refused(subnet, subnet.canister_signature(kSigner, kSeed, kPayload, on_root)),
        "");
  subnet.form = TestSubnet::Ranges::kSharded;
  EXPECT_EQ(signature_refused(subnet, subnet.canister_signature(kSigner, kSeed, kPayload)), "");
}

TEST(CanisterSignature, is_for_one_canister_seed_and_payload) {
  const TestSubnet subnet;
  const Bytes signature = subnet.canister_signature(kSigner, kSeed, kPayload);
  EXPECT_EQ(signature_refused(subnet, signature, types::canister_id_from_index(0x124)),
            "the certificate doesn't show the canister's certified data");
  EXPECT_EQ(signature_refused(subnet, signature, kSigner, to_bytes("other")),
            "the canister didn't sign this payload");
  EXPECT_EQ(signature_refused(subnet, signature, kSigner, kSeed, to_bytes("other")),
            "the canister didn't sign this payload");
}

TEST(CanisterSignature, of_a_canister_outside_the_delegated_ranges_is_refused) {
  TestSubnet subnet;
  const auto outside = types::canister_id_from_index(0x200);
  const char* refused = "the certificate's subnet doesn't speak for the signing canister";
  EXPECT_EQ(signature_refused(subnet, subnet.canister_signature(outside, kSeed, kPayload), outside),
            refused);
  subnet.form = TestSubnet::Ranges::kNone;
  EXPECT_EQ(signature_refused(subnet, subnet.canister_signature(kSigner, kSeed, kPayload)),
            refused);
}

TEST(CanisterSignature, needs_a_shown_subnet_type_other_than_cloud_engine) {
  TestSubnet subnet;
  subnet.type = "cloud_engine";
  EXPECT_EQ(signature_refused(subnet, subnet.canister_signature(kSigner, kSeed, kPayload)),
            "canisters of a cloud engine can't sign");
  subnet.type = "";
  EXPECT_EQ(signature_refused(subnet, subnet.canister_signature(kSigner, kSeed, kPayload)),
            "the delegation doesn't show the subnet's type");
}

TEST(CanisterSignature, needs_the_certified_data_of_its_own_tree_and_an_empty_mark) {
  const TestSubnet subnet;
  const HashTree marks = canister_signature_tree(kSeed, kPayload);
  const auto certificate_for = [&](const Digest& data) {
    HashTree canister = branch(kSigner.view(), {entry("certified_data", data)});
    return subnet.certificate(branch(as_bytes("canister"), {std::move(canister)})).encode();
  };
  EXPECT_EQ(signature_refused(subnet, encode_canister_signature(certificate_for({}), marks)),
            "the certified data isn't the digest of the signature's tree");

  const Digest seed = crypto::sha256(kSeed);
  const Digest payload = crypto::sha256(kPayload);
  HashTree mark = HashTree::labeled(Slice::copy_of(payload), HashTree::leaf(slice_of("x")));
  const HashTree odd = branch(as_bytes("sig"), {branch(seed, {std::move(mark)})});
  EXPECT_EQ(
      signature_refused(subnet, encode_canister_signature(certificate_for(odd.digest()), odd)),
      "the mark of a canister signature must be empty");
}

// Interface specification, "Canister signatures": the tag is part of the form.
TEST(CanisterSignature, without_the_cbor_tag_or_cut_short_is_refused) {
  const TestSubnet subnet;
  const Bytes signature = subnet.canister_signature(kSigner, kSeed, kPayload);
  EXPECT_EQ(signature_refused(subnet, Bytes(signature.begin() + 3, signature.end())),
            "canister signature lacks its CBOR tag");
  for (std::size_t size = 0; size < signature.size(); size += 7)
    EXPECT_NE(
        signature_refused(subnet, Bytes(signature.begin(),
                                        signature.begin() + static_cast<std::ptrdiff_t>(size))),
        "");
}

TEST(CanisterSignature, a_wrong_certificate_signature_shows_when_the_checks_are_verified) {
  TestSubnet subnet;
  const Bytes signature = subnet.canister_signature(kSigner, kSeed, kPayload);
  subnet.root_key = crypto::BlsSecretKey::from_seed(Bytes(32, 9));
  EXPECT_EQ(signature_refused(subnet, signature),
            "invalid certificate: a BLS signature is not valid");
}

TEST(CanisterSignature, keys_have_one_form) {
  const CanisterSignatureKey key{kSigner, kSeed};
  const Bytes der = key.der();
  EXPECT_EQ(to_hex(der),
            "3020300c060a2b0601040183b84301020310000a00000000000001230101"
            "73656564");
  EXPECT_FALSE(CanisterSignatureKey::parse({}).ok());
  EXPECT_FALSE(CanisterSignatureKey::parse(Bytes{2, 1}).ok());
  EXPECT_FALSE(CanisterSignatureKey::parse(Bytes(40, 30)).ok());
  EXPECT_TRUE(CanisterSignatureKey::parse(Bytes{0})->seed.empty());
}

// tests/vectors/certification: a signature that Internet Identity made in 2024. Its delegation is
// of before subnet types were shown, so that all but that condition holds.
TEST(CanisterSignature, of_internet_identity_fails_only_for_its_age) {
  const Slice signature(vector_bytes("internet_identity_signature"));
  const Bytes key_der = *from_hex(
      "303c300c060a2b0601040183b8430102032c000a00000000006000270101f3ffab2278616508ad5ebfa0cb"
      "79a21e08dbb7132f6875b95f81e72067f31302");
  const auto key = CanisterSignatureKey::parse(ByteView(key_der).subspan(19)).value();
  EXPECT_EQ(key.canister.text(), "fgte5-ciaaa-aaaad-aaatq-cai");
  EXPECT_EQ(key.der(), key_der);
  const Bytes payload = crypto::message_in_domain(
      "ic-request-auth-delegation",
      crypto::MapHash()
          .blob("pubkey",
                *from_hex(
                    "e7875e69ce7beda6fc7b6dfbd9b75be1c6f6d5debae3ae1ed7c7f873de1b6f9f75e9e7dcddcf37"
                    "efaddcdf6f7b69a7b57377b5ddaef87dee386ddd75e39e9cd39d7d77debc79df1b7b469df36eb8"
                    "e7cef47b4d5cefa7f5df67dbefc73debdf5c"))
          .nat("expiration", 0x17b5b384762bfd21)
          .finish());
  EXPECT_EQ(check_canister_signature(key, payload, signature, mainnet()).error().message,
            "the delegation doesn't show the subnet's type");

  const auto document = codec::cbor::Document::parse(signature).value();
  const ByteView inner = document.root().get("certificate")->bytes().value();
  const Certificate certificate = Certificate::decode(share(signature, inner)).value();
  const auto certifier = verify_certificate(certificate, mainnet());
  ASSERT_TRUE(certifier.ok()) << certifier.error().message;
  EXPECT_TRUE(certifier->speaks_for(key.canister));
}

}  // namespace
}  // namespace icpd::certification
