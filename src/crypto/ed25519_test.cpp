#include "crypto/ed25519.hpp"

#include <gtest/gtest.h>

namespace icpd::crypto {
namespace {

Bytes hex(std::string_view text) {
  return from_hex(text).value();
}
Ed25519PublicKey key_of(std::string_view text) {
  return Ed25519PublicKey::from(hex(text)).value();
}

struct Rfc8032 {
  const char* seed;
  const char* key;
  const char* message;
  const char* signature;
};
// RFC 8032, section 7.1, tests 1 to 3 and "SHA(abc)".
constexpr Rfc8032 kRfc8032[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b"
     "4"
     "6bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11"
     "d"
     "8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc"
     "6"
     "594a7c15e9716ed28dc027beceea1ec40a"},
    {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3fee"
     "b"
     "bd454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e"
     "0"
     "303dca179c138ac17ad9bef1177331a704"},
};

TEST(Ed25519, gives_the_keys_and_signatures_of_rfc_8032) {
  for (const Rfc8032& row : kRfc8032) {
    SCOPED_TRACE(row.seed);
    const Ed25519SecretKey secret(Ed25519SecretKey::Seed(hex(row.seed)));
    const Bytes message = hex(row.message);
    const Ed25519Signature signature = secret.sign(message);
    EXPECT_EQ(secret.public_key().hex(), row.key);
    EXPECT_EQ(signature.hex(), row.signature);
    EXPECT_TRUE(ed25519_verify(secret.public_key(), message, signature));
    EXPECT_TRUE(ed25519_is_valid_key(secret.public_key()));
  }
}

TEST(Ed25519, refuses_a_changed_bit_of_message_key_or_signature) {
  const Ed25519SecretKey secret(Ed25519SecretKey::Seed(Bytes(32, 1)));
  const Bytes message = to_bytes("increment");
  const Ed25519Signature good = secret.sign(message);
  for (std::size_t i = 0; i < good.bytes.size(); ++i) {
    Ed25519Signature bad = good;
    bad.bytes[i] ^= 0x10;
    EXPECT_FALSE(ed25519_verify(secret.public_key(), message, bad)) << i;
  }
  Ed25519PublicKey other = secret.public_key();
  other.bytes[3] ^= 1;
  EXPECT_FALSE(ed25519_verify(other, message, good));
  EXPECT_FALSE(ed25519_verify(secret.public_key(), to_bytes("incremenT"), good));
}

// s and s + L satisfy the same equation; only the smaller one counts (RFC 8032, section 5.1.7).
TEST(Ed25519, refuses_s_that_is_not_below_the_group_order) {
  const Bytes order = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  const Ed25519SecretKey secret(Ed25519SecretKey::Seed(Bytes(32, 1)));
  Ed25519Signature signature = secret.sign(as_bytes("m"));
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += signature.bytes[32 + i] + order[i];
    signature.bytes[32 + i] = static_cast<std::uint8_t>(carry);
    carry >>= 8;
  }
  EXPECT_FALSE(ed25519_verify(secret.public_key(), as_bytes("m"), signature));
}

// With the neutral element as key, R = [s]B signs every message.
TEST(Ed25519, refuses_keys_of_small_order_and_encodings_that_are_not_canonical) {
  const Ed25519PublicKey neutral =
      key_of("0100000000000000000000000000000000000000000000000000000000000000");
  const Ed25519PublicKey not_canonical =
      key_of("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
  const Ed25519PublicKey not_on_the_curve =
      key_of("0200000000000000000000000000000000000000000000000000000000000000");
  Ed25519Signature forged;
  forged.bytes[0] = 1;  // R neutral, s = 0
  for (const Ed25519PublicKey& key : {neutral, not_canonical, not_on_the_curve}) {
    EXPECT_FALSE(ed25519_verify(key, as_bytes("any"), forged)) << key.hex();
    EXPECT_FALSE(ed25519_is_valid_key(key)) << key.hex();
  }
}

TEST(Ed25519, makes_the_same_key_again_from_its_seed) {
  const Ed25519SecretKey secret(Ed25519SecretKey::Seed(Bytes(32, 9)));
  EXPECT_EQ(secret.clone().public_key(), secret.public_key());
  EXPECT_EQ(to_hex(secret.seed().view()), to_hex(Bytes(32, 9)));
}

}  // namespace
}  // namespace icpd::crypto
