#include "crypto/webauthn.hpp"

#include <gtest/gtest.h>

#include "codec/base64.hpp"
#include "codec/cbor.hpp"
#include "codec/der.hpp"
#include "crypto/hash.hpp"

namespace icpd::crypto {
namespace {

namespace cbor = codec::cbor;

// DER-wrapped COSE keys and assertions over "hello" of a YubiKey (ECDSA) and of Windows Hello
// (RSA), published in github.com/dfinity/ic, rs/validator/src/webauthn.rs. The first carries its
// client data as a byte string, the second as text.
constexpr std::string_view kYubiKey =
    "305e300c060a2b0601040183b8430101034e00a5010203262001215820b487d183dc4806058eb31a29bedefd"
    "7bcca987b77a381a3684871d8449c183942258202a122cc711a80453678c3032de4b6fff2c86342e82d1e7ad"
    "b617c4165c43ce5e";
constexpr std::string_view kYubiKeySignature =
    "d9d9f7a37261757468656e74696361746f725f646174615825bfabc37432958b063360d3ad6461c9c4735ae7"
    "f8edd46592a5e0f01452b2e4b5010000000170636c69656e745f646174615f6a736f6e58517b227479706522"
    "3a2022776562617574686e2e676574222c20226368616c6c656e6765223a202261475673624738222c20226f"
    "726967696e223a202268747470733a2f2f6578616d706c652e6f7267227d697369676e617475726558463044"
    "022063627c69661048fb111b13dec2f3675010493c1c276c6a144f44e1fabab01d300220517d3cbd70658933"
    "dab63fd23cf05f7274aea6afad206be04d4ec5e268b471d2";
constexpr std::string_view kWindowsHello =
    "30820123300c060a2b0601040183b84301010382011100a401030339010020590100c6b690341eef02719f6d"
    "1dfce2db1f77ac9bd632ba70efcee92bae2073c09927ee3670a6696eec0cee96189ddb448d04ec4e4674e940"
    "af9f905e893b4ce25821ada8b45c6cd11f2ee0cda668c7c2a2a8a56d5e1f23f5ca0bb6e193c1d34ead16d84c"
    "c4b72e26763711fcf49fac3b508715dc9f494ec1379ed5a95c53b9b1edcc027d7013248bbe6d1e1445912a5a"
    "21b27168db7f60aa73253e981c33f54f61c67dbce3d9c10d5f0e6af1c112a65c8ce64a1d01ae1e31a53e3d45"
    "25addcece402f1e62208d42ebde528830f93bebc898901947ec0fb218a96a53968d07e09b8a067e5a4c82563"
    "2e24e450c4c9ef8138dcc91f9f9168a603c13bd4f2f8a0d3ee6b2143010001";
constexpr std::string_view kWindowsHelloSignature =
    "d9d9f7a3697369676e617475726559010001dac0ad9ee89c9b9d3f772bb8dd79bc16839a026bf4378629789b"
    "ede8e5e284bce9c59e2c5b2fd5d8daff964d4eec1a43eb6f083595f1ce42c9f78445dba95146e3338680ca72"
    "f7720371d88d56ab6578a67f9791954787d54e4c5687bb0d3379a268dbaa9dc8dd550187953c349e10e454c0"
    "950cfeaf37c5f01ff09a5b581fb81de8bfe9be21a8baa5f96653fce6eaf485d8726e1f620454c145fa542756"
    "e7b606f1ab9439a081bb01fec8be7679c72e2ce110655a36a01bde34be7be9e6270334d9b3f242ff12852992"
    "eeb515b13989245d049500629a5ac38c40f09dd218e8e1a790d3034418b7c3b59a6ac73e91b5bf4cf7c62d8e"
    "6de2dbaf00117045c070636c69656e745f646174615f6a736f6e786a7b2274797065223a2277656261757468"
    "6e2e676574222c226368616c6c656e6765223a2261475673624738222c226f726967696e223a226874747073"
    "3a2f2f6333656634366165616437622e6e67726f6b2e696f222c2263726f73734f726967696e223a66616c73"
    "657d7261757468656e74696361746f725f6461746158252f8ceaf48dec5b53d9ddacaaf8b66392ded1691211"
    "f24e687badad8049b59ef60500000001";
// Interface specification, "Web Authentication": the example of a key.
constexpr std::string_view kSpecificationKey =
    "305e300c060a2b0601040183b8430101034e00a50102032620012158207ffd83632072fd1bfeaf3fbaa43146"
    "e0ef95c3f55e3994a41bbf2b5174d771da22582032497eed0a7f6f000928765b8318162cfd80a94e525a6a36"
    "8c2363063d04e6ed";

Bytes hex(std::string_view text) {
  return from_hex(text).value();
}

CoseKey key_of(std::string_view der) {
  const Bytes bytes = hex(der);
  const auto wrapped = codec::der::parse_public_key(bytes);
  return parse_cose_key(wrapped->key).value();
}

std::string refused(const CoseKey& key, ByteView payload, const Bytes& signature) {
  return webauthn_verify(key, payload, signature).error().message;
}

// An authenticator with an Ed25519 key.
class Authenticator {
 public:
  [[nodiscard]] CoseKey key() const { return secret_.public_key(); }
  [[nodiscard]] Bytes sign(std::string_view client_data) const {
    const Bytes data(37, 1);
    Bytes message = data;
    append(message, sha256(client_data));
    cbor::Writer out;
    out.map(3).text("authenticator_data").bytes(data);
    out.text("client_data_json").text(client_data);
    out.text("signature").bytes(secret_.sign(message));
    return std::move(out).finish();
  }

 private:
  Ed25519SecretKey secret_{Ed25519SecretKey::Seed(Bytes(32, 1))};
};

Bytes cose(std::int64_t kty, std::int64_t alg, std::int64_t curve, const Bytes& x) {
  cbor::Writer out;
  out.map(5).integer(1).integer(kty).integer(3).integer(alg).integer(-1).integer(curve);
  out.integer(-2).bytes(x).integer(-3).bytes(Bytes(32, 2));
  return std::move(out).finish();
}

TEST(WebAuthn, verifies_the_published_assertions) {
  EXPECT_TRUE(webauthn_verify(key_of(kYubiKey), as_bytes("hello"), hex(kYubiKeySignature)).ok());
  EXPECT_TRUE(
      webauthn_verify(key_of(kWindowsHello), as_bytes("hello"), hex(kWindowsHelloSignature)).ok());
}

TEST(WebAuthn, refuses_another_payload) {
  EXPECT_EQ(refused(key_of(kYubiKey), as_bytes("hallo"), hex(kYubiKeySignature)),
            "WebAuthn: the challenge is not the payload");
}

TEST(WebAuthn, refuses_another_key) {
  const std::string invalid = "WebAuthn: the signature is not valid";
  EXPECT_EQ(refused(key_of(kSpecificationKey), as_bytes("hello"), hex(kYubiKeySignature)), invalid);
  EXPECT_EQ(refused(key_of(kWindowsHello), as_bytes("hello"), hex(kYubiKeySignature)), invalid);
  EXPECT_EQ(refused(key_of(kYubiKey), as_bytes("hello"), hex(kWindowsHelloSignature)), invalid);
}

TEST(WebAuthn, refuses_a_changed_byte_of_the_authenticator_data) {
  Bytes signature = hex(kYubiKeySignature);
  signature[30] ^= 1;
  EXPECT_EQ(refused(key_of(kYubiKey), as_bytes("hello"), signature),
            "WebAuthn: the signature is not valid");
}

TEST(WebAuthn, verifies_ed25519_with_client_data_as_text_and_without_the_tag) {
  const Authenticator authenticator;
  const Bytes payload(43, 9);
  const std::string client_data = R"({"challenge":")" + codec::base64url_encode(payload) +
                                  R"(","type":"webauthn.get","crossOrigin":false})";
  EXPECT_TRUE(webauthn_verify(authenticator.key(), payload, authenticator.sign(client_data)).ok());
}

TEST(WebAuthn, refuses_client_data_of_a_registration) {
  const Authenticator authenticator;
  EXPECT_EQ(refused(authenticator.key(), as_bytes("hello"),
                    authenticator.sign(R"({"type":"webauthn.create","challenge":"aGVsbG8"})")),
            "WebAuthn: the client data is not of an assertion");
}

TEST(WebAuthn, refuses_a_challenge_with_padding) {
  const Authenticator authenticator;
  EXPECT_EQ(refused(authenticator.key(), as_bytes("hello"),
                    authenticator.sign(R"({"type":"webauthn.get","challenge":"aGVsbG8="})")),
            "WebAuthn: the challenge is not the payload");
}

TEST(WebAuthn, refuses_signatures_with_a_missing_field_or_of_another_kind) {
  const CoseKey key = Authenticator().key();
  EXPECT_FALSE(webauthn_verify(key, {}, {}).ok());
  EXPECT_FALSE(webauthn_verify(key, {}, hex("80")).ok());
  EXPECT_FALSE(webauthn_verify(key, {}, hex("a0")).ok());
  EXPECT_FALSE(webauthn_verify(key, {}, hex("d9d9f7a1697369676e617475726540")).ok());
}

TEST(CoseKey, of_the_specification_is_a_point_of_p256) {
  const auto point = std::get<Sec1Point>(key_of(kSpecificationKey));
  EXPECT_EQ(point.hex().substr(0, 18), "047ffd83632072fd1b");
}

TEST(CoseKey, of_another_algorithm_or_curve_is_refused) {
  const auto refused = [](const Bytes& key) { return parse_cose_key(key).error().message; };
  const Bytes x(32, 1);
  EXPECT_EQ(refused(cose(2, -35, 2, x)),
            "COSE key: key type 2 with algorithm -35 is not one of ES256, RS256 and EdDSA");
  EXPECT_EQ(refused(cose(1, -7, 1, x)),
            "COSE key: key type 1 with algorithm -7 is not one of ES256, RS256 and EdDSA");
  EXPECT_EQ(refused(cose(2, -7, 2, x)), "COSE key: curve is not P-256");
  EXPECT_EQ(refused(cose(1, -8, 7, x)), "COSE key: curve is not Ed25519");
}

TEST(CoseKey, with_numbers_of_the_wrong_size_is_refused) {
  const auto refused = [](const Bytes& key) { return parse_cose_key(key).error().message; };
  EXPECT_EQ(refused(cose(2, -7, 1, Bytes(31, 1))), "COSE key: a coordinate has not 32 bytes");
  EXPECT_EQ(refused(cose(1, -8, 6, Bytes(33, 1))), "COSE key: x has not 32 bytes");
  cbor::Writer rsa;
  rsa.map(4).integer(1).integer(3).integer(3).integer(-257);
  rsa.integer(-1).bytes(Bytes(128, 0xff)).integer(-2).bytes(hex("010001"));
  EXPECT_EQ(refused(std::move(rsa).finish()),
            "RSA key: a modulus of 1024 bits is not within 2048 and 8192");
}

TEST(CoseKey, that_is_no_map_or_lacks_a_field_is_refused) {
  EXPECT_FALSE(parse_cose_key({}).ok());
  EXPECT_FALSE(parse_cose_key(hex("80")).ok());
  EXPECT_FALSE(parse_cose_key(hex("a10102")).ok());
  EXPECT_FALSE(parse_cose_key(hex("a3010203262001")).ok());
}

}  // namespace
}  // namespace icpd::crypto
