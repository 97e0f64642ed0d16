#include "crypto/bls.hpp"

#include <algorithm>
#include <gtest/gtest.h>

#include "crypto/hash.hpp"

namespace icpd::crypto {
namespace {

Bytes hex(std::string_view text) {
  return from_hex(text).value();
}

BlsSecretKey key_of(std::uint8_t seed) {
  return BlsSecretKey::from_seed(Bytes(32, seed));
}

// The group order, big-endian (draft-irtf-cfrg-pairing-friendly-curves, section 4.2.1).
constexpr std::string_view kOrder =
    "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001";

// Signatures that others made. The first: github.com/dfinity/agent-js, packages/bls-verify, test
// "verify". The others: the mainnet certificate of that test file, from February 2022; the messages
// are the root hashes of its trees behind "ic-state-root". Its delegation is signed with the root
// key of the Internet Computer, its own tree with the key of the subnet.
struct Published {
  std::string_view key;
  Bytes message;
  std::string_view signature;
};
const Published kPublished[] = {
    {"a7623a93cdb56c4d23d99c14216afaab3dfd6d4f9eb3db23d038280b6d5cb2caaee2a19dd92c9df7001dede23bf03"
     "6"
     "bc0f33982dfb41e8fa9b8e96b5dc3e83d55ca4dd146c7eb2e8b6859cb5a5db815db86810b8d12cee1588b5dbf34a4"
     "d"
     "c9a5",
     to_bytes("hello"),
     "b89e13a212c830586eaa9ad53946cd968718ebecc27eda849d9232673dcd4f440e8b5df39bf14a88048c15e16cbca"
     "a"
     "be"},
    {"814c0e6ec71fab583b08bd81373c255c3c371b2e84863c98a4f1e08b74235d14fb5d9c0cd546d9685f913a0c0b2cc"
     "5"
     "341583bf4b4392e467db96d65b9bb4cb717112f8472e0d5a4d14505ffd7484b01291091c5f87b98883463f98091a0"
     "b"
     "aaae",
     message_in_domain("ic-state-root",
                       hex("e6c01e909b4923345ce5970962bcfe3004bfd8474a21dae28f50692502f46d90")),
     "ace9fcdd9bc977e05d6328f889dc4e7c99114c737a494653cb27a1f55c06f4555e0f160980af5ead098acc195010b"
     "2"
     "f7"},
    {"9933e1f89e8a3c4d7fdcccdbd518089e2bd4d8180a261f18d9c247a52768ebce98dc7328a39814a8f911086a1dd50"
     "c"
     "be015e2a53b7bf78b55288893daa15c346640e8831d72a12bdedd979d28470c34823b8d1c3f4795d9c3984a247132"
     "e"
     "94fe",
     message_in_domain("ic-state-root",
                       hex("b294b418b11ebe5dd7dd1dcb099e4e0372b9a42aef7a7a37fb4f25667d705ea9")),
     "89a2be21b5fa8ac9fab1527e041327ce899d7da971436a1f2165393947b4d942365bfe5488710e61a619ba48388a2"
     "1"
     "b1"},
};

TEST(Bls, verifies_signatures_of_the_internet_computer) {
  std::vector<BlsPublicKey> keys;
  for (const Published& row : kPublished)
    keys.push_back(BlsPublicKey::decode(hex(row.key)).value());
  std::vector<BlsCheck> checks;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const BlsSignature signature = BlsSignature::from(hex(kPublished[i].signature)).value();
    EXPECT_TRUE(keys[i].verify(kPublished[i].message, signature)) << i;
    EXPECT_TRUE(PreparedBlsKey(keys[i]).verify(kPublished[i].message, signature)) << i;
    EXPECT_FALSE(keys[i].verify(as_bytes("hallo"), signature)) << i;
    checks.push_back({&keys[i], kPublished[i].message, signature});
  }
  EXPECT_TRUE(bls_verify_batch(checks));
}

TEST(Bls, verifies_what_it_signs_and_nothing_else) {
  const BlsSecretKey secret = key_of(1);
  const BlsPublicKey key = secret.public_key();
  const BlsSignature signature = secret.sign(as_bytes("m"));
  EXPECT_TRUE(key.verify(as_bytes("m"), signature));
  EXPECT_FALSE(key.verify(as_bytes("n"), signature));
  EXPECT_FALSE(key_of(2).public_key().verify(as_bytes("m"), signature));
  EXPECT_FALSE(key.verify(as_bytes("m"), secret.sign(as_bytes("n"))));
}

TEST(Bls, prepared_keys_answer_like_plain_ones) {
  const BlsSecretKey secret = key_of(3);
  const PreparedBlsKey key(secret.public_key());
  const BlsSignature signature = secret.sign(as_bytes("m"));
  EXPECT_TRUE(key.verify(as_bytes("m"), signature));
  EXPECT_FALSE(key.verify(as_bytes("n"), signature));
  EXPECT_FALSE(key.verify(as_bytes("m"), key_of(4).sign(as_bytes("m"))));
  EXPECT_FALSE(key.verify(as_bytes("m"), BlsSignature{}));
}

TEST(Bls, decodes_its_own_keys_from_bytes_and_der) {
  const BlsPublicKey key = key_of(1).public_key();
  EXPECT_EQ(BlsPublicKey::decode(key.bytes()).value(), key);
  EXPECT_EQ(key.der().size(), kBlsDerBytes);
  EXPECT_EQ(BlsPublicKey::decode_der(key.der()).value(), key);
}

TEST(Bls, refuses_keys_that_are_no_points_of_the_group) {
  const Bytes good = to_bytes(key_of(1).public_key().bytes().view());
  const auto refused = [](const Bytes& bytes) {
    return BlsPublicKey::decode(bytes).error().message;
  };

  Bytes longer = good;
  longer.push_back(0);
  EXPECT_EQ(refused(longer), "BLS public key: needs 96 bytes, has 97");
  EXPECT_EQ(refused({}), "BLS public key: needs 96 bytes, has 0");

  Bytes infinity(96, 0);
  infinity[0] = 0xc0;
  EXPECT_EQ(refused(infinity), "BLS public key: the point at infinity");

  Bytes uncompressed = good;
  uncompressed[0] &= 0x7f;
  EXPECT_EQ(refused(uncompressed), "BLS public key: not the encoding of a point");
  EXPECT_EQ(refused(Bytes(96, 0xff)), "BLS public key: not the encoding of a point");

  // Small x coordinates: about half are on the curve, none of those in the group.
  int on_the_curve = 0;
  for (std::uint8_t x = 1; x < 20; ++x) {
    Bytes point(96, 0);
    point[0] = 0x80;
    point[95] = x;
    const auto decoded = BlsPublicKey::decode(point);
    ASSERT_FALSE(decoded.ok());
    on_the_curve += decoded.error().message == "BLS public key: not in the prime-order group";
  }
  EXPECT_GT(on_the_curve, 0);
}

TEST(Bls, refuses_der_of_other_lengths_and_algorithms) {
  Bytes der = key_of(1).public_key().der();
  der[20] ^= 1;
  EXPECT_EQ(BlsPublicKey::decode_der(der).error().message,
            "BLS public key in DER: other algorithm identifiers");
  der.pop_back();
  EXPECT_EQ(BlsPublicKey::decode_der(der).error().message,
            "BLS public key in DER: needs 133 bytes, has 132");
}

TEST(Bls, refuses_signatures_that_are_no_points_of_the_group) {
  const BlsPublicKey key = key_of(1).public_key();
  BlsSignature infinity;
  infinity.bytes[0] = 0xc0;
  EXPECT_FALSE(key.verify(as_bytes("m"), infinity));
  EXPECT_FALSE(key.verify(as_bytes("m"), BlsSignature{}));
  for (std::uint8_t x = 1; x < 20; ++x) {
    BlsSignature small;
    small.bytes[0] = 0x80;
    small.bytes[47] = x;
    EXPECT_FALSE(key.verify(as_bytes("m"), small));
  }
}

TEST(Bls, refuses_secret_scalars_that_are_zero_or_too_large) {
  const auto from = [](const Bytes& bytes) {
    return BlsSecretKey::from_scalar(BlsSecretKey::Scalar(bytes)).ok();
  };
  EXPECT_FALSE(from(Bytes(32, 0)));
  EXPECT_FALSE(from(hex(kOrder)));
  Bytes largest = hex(kOrder);
  largest.back() -= 1;
  EXPECT_TRUE(from(largest));
}

TEST(Bls, makes_the_same_key_again_from_seed_and_from_scalar) {
  const BlsSecretKey secret = key_of(5);
  EXPECT_EQ(key_of(5).public_key(), secret.public_key());
  EXPECT_EQ(BlsSecretKey::from_scalar(secret.scalar()).value().public_key(), secret.public_key());
  EXPECT_NE(BlsSecretKey::from_seed(Bytes(32, 5), as_bytes("a")).public_key(), secret.public_key());
}

// A batch of `keys` keys and `messages` messages, every combination.
struct Batch {
  std::vector<BlsPublicKey> keys;
  std::vector<Bytes> messages;
  std::vector<BlsCheck> checks;

  Batch(std::uint8_t key_count, std::uint8_t message_count) {
    std::vector<BlsSecretKey> secrets;
    for (std::uint8_t k = 0; k < key_count; ++k) {
      secrets.push_back(key_of(k));
      keys.push_back(secrets.back().public_key());
    }
    for (std::uint8_t m = 0; m < message_count; ++m)
      messages.push_back(Bytes(1, m));
    for (std::size_t k = 0; k < keys.size(); ++k) {
      for (const Bytes& message : messages)
        checks.push_back({&keys[k], message, secrets[k].sign(message)});
    }
  }
};

TEST(BlsBatch, holds_for_one_key_one_message_and_mixtures) {
  EXPECT_TRUE(bls_verify_batch({}));
  for (const auto& [keys, messages] : {std::pair{1, 1}, {1, 9}, {9, 1}, {3, 2}, {2, 3}}) {
    const Batch batch(static_cast<std::uint8_t>(keys), static_cast<std::uint8_t>(messages));
    EXPECT_TRUE(bls_verify_batch(batch.checks)) << keys << " keys, " << messages << " messages";
    EXPECT_TRUE(bls_find_invalid(batch.checks).empty());
  }
}

TEST(BlsBatch, refuses_two_signatures_that_are_wrong_in_opposite_ways) {
  Batch batch(1, 2);
  std::swap(batch.checks[0].signature, batch.checks[1].signature);  // their plain sum is right
  EXPECT_FALSE(bls_verify_batch(batch.checks));
  EXPECT_EQ(bls_find_invalid(batch.checks), (std::vector<std::size_t>{0, 1}));
}

TEST(BlsBatch, names_exactly_the_invalid_checks) {
  Batch batch(12, 1);
  batch.checks[2].signature = BlsSignature{};                       // not a point
  batch.checks[7].signature = batch.checks[8].signature;            // another's
  batch.checks[11].signature = key_of(11).sign(as_bytes("other"));  // another message
  EXPECT_FALSE(bls_verify_batch(batch.checks));
  EXPECT_EQ(bls_find_invalid(batch.checks), (std::vector<std::size_t>{2, 7, 11}));
}

}  // namespace
}  // namespace icpd::crypto
