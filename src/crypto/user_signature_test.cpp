#include "crypto/user_signature.hpp"

#include <gtest/gtest.h>

#include "codec/der.hpp"
#include "crypto/bls.hpp"
#include "crypto/detail/p256_test_signer.hpp"
#include "crypto/ecdsa.hpp"
#include "crypto/ed25519.hpp"

namespace icpd::crypto {
namespace {

using codec::der::KeyAlgorithm;
using codec::der::wrap_public_key;

Bytes hex(std::string_view text) {
  return from_hex(text).value();
}
const ByteView kMessage = as_bytes("\x0Aic-request and 32 bytes of request id");

struct Signed {
  Bytes key_der;
  Bytes signature;
};
Signed ed25519() {
  const Ed25519SecretKey secret(Ed25519SecretKey::Seed(Bytes(32, 1)));
  return {wrap_public_key(KeyAlgorithm::kEd25519, secret.public_key()),
          to_bytes(secret.sign(kMessage).view())};
}
Signed secp256k1() {
  const auto secret = Secp256k1SecretKey::from_scalar(Secp256k1SecretKey::Scalar(Bytes(32, 1)));
  return {wrap_public_key(KeyAlgorithm::kEcdsaSecp256k1, secret->public_key()),
          to_bytes(secret->sign(kMessage).view())};
}

Signed p256() {
  const detail::P256TestSigner secret;
  return {wrap_public_key(KeyAlgorithm::kEcdsaP256, secret.public_key()),
          to_bytes(secret.sign(kMessage).view())};
}

std::string refused(ByteView key, ByteView message, ByteView signature) {
  return verify_user_signature(key, message, signature).error().message;
}

TEST(UserSignature, verifies_each_scheme_under_its_own_key_only) {
  const Signed all[] = {ed25519(), secp256k1(), p256()};
  for (std::size_t k = 0; k < std::size(all); ++k) {
    for (std::size_t s = 0; s < std::size(all); ++s)
      EXPECT_EQ(verify_user_signature(all[k].key_der, kMessage, all[s].signature).ok(), k == s);
  }
}

TEST(UserSignature, refuses_another_message) {
  EXPECT_EQ(refused(ed25519().key_der, as_bytes("m"), ed25519().signature),
            "Ed25519 signature: not valid");
  EXPECT_EQ(refused(secp256k1().key_der, as_bytes("m"), secp256k1().signature),
            "ECDSA signature: not valid");
}

TEST(UserSignature, refuses_signatures_of_another_length) {
  EXPECT_EQ(refused(ed25519().key_der, kMessage, Bytes(63)), "Ed25519 signature: not 64 bytes");
  EXPECT_EQ(refused(secp256k1().key_der, kMessage, Bytes(65)), "ECDSA signature: not 64 bytes");
}

// The published assertion of webauthn_test.cpp, by a YubiKey over "hello".
TEST(UserSignature, verifies_webauthn_under_a_wrapped_cose_key) {
  const Bytes key =
      hex("305e300c060a2b0601040183b8430101034e00a5010203262001215820b487d183dc4806058eb31a29bedefd"
          "7bcca987b77a381a3684871d8449c183942258202a122cc711a80453678c3032de4b6fff2c86342e82d1e7ad"
          "b617c4165c43ce5e");
  const Bytes signature =
      hex("d9d9f7a37261757468656e74696361746f725f646174615825bfabc37432958b063360d3ad6461c9c4735ae7"
          "f8edd46592a5e0f01452b2e4b5010000000170636c69656e745f646174615f6a736f6e58517b227479706522"
          "3a2022776562617574686e2e676574222c20226368616c6c656e6765223a202261475673624738222c20226f"
          "726967696e223a202268747470733a2f2f6578616d706c652e6f7267227d697369676e617475726558463044"
          "022063627c69661048fb111b13dec2f3675010493c1c276c6a144f44e1fabab01d300220517d3cbd70658933"
          "dab63fd23cf05f7274aea6afad206be04d4ec5e268b471d2");
  EXPECT_TRUE(verify_user_signature(key, as_bytes("hello"), signature).ok());
  EXPECT_EQ(parse_user_key(key)->kind, UserKeyKind::kWebAuthn);
}

TEST(UserSignature, tells_canister_signatures_apart_and_refuses_to_verify_them) {
  const Bytes key = wrap_public_key(KeyAlgorithm::kCanisterSignature, hex("0100ab"));
  EXPECT_EQ(parse_user_key(key)->kind, UserKeyKind::kCanisterSignature);
  EXPECT_EQ(to_hex(parse_user_key(key)->key), "0100ab");
  EXPECT_EQ(refused(key, kMessage, {}), "a canister signature needs a certificate to be verified");
}

TEST(UserSignature, refuses_keys_of_other_algorithms) {
  const std::string refusal = "public key: of an algorithm that users can't sign with";
  const Bytes bls = BlsSecretKey::from_seed(Bytes(32, 1)).public_key().der();
  EXPECT_EQ(parse_user_key(bls).error().message, refusal);
  EXPECT_EQ(parse_user_key(wrap_public_key(KeyAlgorithm::kRsa, hex("3000"))).error().message,
            refusal);
  EXPECT_FALSE(parse_user_key({}).ok());
  EXPECT_FALSE(parse_user_key(hex("3000")).ok());
}

// Interface specification, "Ed25519 and ECDSA signatures": points in uncompressed form.
TEST(UserSignature, refuses_keys_of_the_wrong_length_or_compressed) {
  EXPECT_EQ(parse_user_key(wrap_public_key(KeyAlgorithm::kEd25519, Bytes(31))).error().message,
            "public key: Ed25519 needs 32 bytes, has 31");
  const std::string compressed = "public key: an ECDSA point must be uncompressed, 04 and 64 bytes";
  Bytes short_point(33, 1);
  short_point[0] = 2;
  Bytes hybrid(65, 1);
  hybrid[0] = 6;
  for (const KeyAlgorithm algorithm : {KeyAlgorithm::kEcdsaP256, KeyAlgorithm::kEcdsaSecp256k1}) {
    EXPECT_EQ(parse_user_key(wrap_public_key(algorithm, short_point)).error().message, compressed);
    EXPECT_EQ(parse_user_key(wrap_public_key(algorithm, hybrid)).error().message, compressed);
  }
}

}  // namespace
}  // namespace icpd::crypto
