#include "crypto/ecdsa.hpp"

#include <gtest/gtest.h>

namespace icpd::crypto {
namespace {

Bytes hex(std::string_view text) {
  return from_hex(text).value();
}
EcdsaSignature signature_of(std::string_view rs) {
  return *EcdsaSignature::from(hex(rs));
}
Sec1Point point_of(std::string_view point) {
  return *Sec1Point::from(hex(point));
}

using Verify = bool (*)(const Sec1Point&, ByteView, const EcdsaSignature&);

// One valid signature of each curve, with the curve's order.
struct Curve {
  const char* name;
  Verify verify;
  const char* key;
  const char* message;
  const char* signature;
  const char* order;
};
constexpr Curve kCurves[] = {
    // RFC 6979, A.2.5, SHA-256, "sample".
    {"P-256", p256_verify,
     "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
     "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
     "sample",
     "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
     "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
     "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"},
    // Secret key 1, RFC 6979 nonce, "Satoshi Nakamoto": the vector that Bitcoin libraries share
    // (https://bitcointalk.org/index.php?topic=285142.40).
    {"secp256k1", secp256k1_verify,
     "0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
     "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8",
     "Satoshi Nakamoto",
     "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8"
     "2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5",
     "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"},
};

// order - number, both big-endian.
Bytes negated(const Bytes& order, ByteView number) {
  Bytes result(32);
  int borrow = 0;
  for (std::size_t i = 32; i-- > 0;) {
    const int digit = order[i] - number[i] - borrow;
    borrow = digit < 0;
    result[i] = static_cast<std::uint8_t>(digit + 256 * borrow);
  }
  return result;
}

EcdsaSignature joined(ByteView r, ByteView s) {
  Bytes rs = to_bytes(r);
  append(rs, s);
  return *EcdsaSignature::from(rs);
}

TEST(Ecdsa, verifies_the_published_signatures) {
  for (const Curve& curve : kCurves) {
    SCOPED_TRACE(curve.name);
    EXPECT_TRUE(
        curve.verify(point_of(curve.key), as_bytes(curve.message), signature_of(curve.signature)));
  }
}

// Interface specification, "Ed25519 and ECDSA signatures": both s and n - s verify.
TEST(Ecdsa, accepts_the_low_and_the_high_s) {
  for (const Curve& curve : kCurves) {
    SCOPED_TRACE(curve.name);
    const EcdsaSignature good = signature_of(curve.signature);
    const EcdsaSignature other =
        joined(good.view().first(32), negated(hex(curve.order), good.view().last(32)));
    EXPECT_NE(other, good);
    EXPECT_TRUE(curve.verify(point_of(curve.key), as_bytes(curve.message), other));
  }
}

TEST(Ecdsa, refuses_changed_bits_and_other_messages) {
  for (const Curve& curve : kCurves) {
    SCOPED_TRACE(curve.name);
    const Sec1Point key = point_of(curve.key);
    EXPECT_FALSE(curve.verify(key, as_bytes("other"), signature_of(curve.signature)));
    for (const std::size_t at : {0u, 31u, 32u, 63u}) {
      EcdsaSignature bad = signature_of(curve.signature);
      bad.bytes[at] ^= 1;
      EXPECT_FALSE(curve.verify(key, as_bytes(curve.message), bad)) << at;
    }
  }
}

TEST(Ecdsa, refuses_r_and_s_out_of_range) {
  for (const Curve& curve : kCurves) {
    SCOPED_TRACE(curve.name);
    const EcdsaSignature good = signature_of(curve.signature);
    const ByteView r = good.view().first(32);
    const ByteView s = good.view().last(32);
    const Bytes zero(32, 0);
    const Bytes order = hex(curve.order);
    const Bytes largest(32, 0xff);
    const Sec1Point key = point_of(curve.key);
    const ByteView message = as_bytes(curve.message);
    for (const Bytes& number : {zero, order, largest}) {
      EXPECT_FALSE(curve.verify(key, message, joined(number, s)));
      EXPECT_FALSE(curve.verify(key, message, joined(r, number)));
      EXPECT_FALSE(curve.verify(key, message, joined(number, number)));
    }
  }
}

TEST(Ecdsa, refuses_keys_off_the_curve_and_in_other_forms) {
  for (const Curve& curve : kCurves) {
    SCOPED_TRACE(curve.name);
    const ByteView message = as_bytes(curve.message);
    const EcdsaSignature good = signature_of(curve.signature);
    Sec1Point off = point_of(curve.key);
    off.bytes[64] ^= 1;
    EXPECT_FALSE(curve.verify(off, message, good));
    EXPECT_FALSE(curve.verify(Sec1Point{}, message, good));
    for (const std::uint8_t form : {0, 2, 3, 5, 6, 7}) {
      Sec1Point other = point_of(curve.key);
      other.bytes[0] = form;
      EXPECT_FALSE(curve.verify(other, message, good)) << int{form};
    }
  }
}

TEST(Secp256k1, signs_as_rfc_6979_says) {
  Bytes one(32, 0);
  one[31] = 1;
  const auto secret = Secp256k1SecretKey::from_scalar(Secp256k1SecretKey::Scalar(one)).value();
  const Curve& curve = kCurves[1];
  EXPECT_EQ(secret.public_key(), point_of(curve.key));
  EXPECT_EQ(secret.sign(as_bytes(curve.message)), signature_of(curve.signature));
  EXPECT_EQ(secret.clone().public_key(), secret.public_key());
}

TEST(Secp256k1, refuses_secret_scalars_that_are_zero_or_too_large) {
  const auto from = [](const Bytes& bytes) {
    return Secp256k1SecretKey::from_scalar(Secp256k1SecretKey::Scalar(bytes)).ok();
  };
  EXPECT_FALSE(from(Bytes(32, 0)));
  EXPECT_FALSE(from(hex(kCurves[1].order)));
}

TEST(Secp256k1, parses_compressed_and_uncompressed_keys) {
  const Bytes uncompressed = hex(kCurves[1].key);
  EXPECT_EQ(secp256k1_parse_key(uncompressed).value(), point_of(kCurves[1].key));
  Bytes compressed(uncompressed.begin(), uncompressed.begin() + 33);
  compressed[0] = 0x02;  // y is even
  EXPECT_EQ(secp256k1_parse_key(compressed).value(), point_of(kCurves[1].key));
  compressed[0] = 0x03;
  EXPECT_NE(secp256k1_parse_key(compressed).value(), point_of(kCurves[1].key));
}

TEST(Secp256k1, refuses_to_parse_other_forms_and_points_off_the_curve) {
  const auto refused = [](const Bytes& key) { return secp256k1_parse_key(key).error().message; };
  const std::string form = "secp256k1 key: neither 02 or 03 with x nor 04 with x and y";
  Bytes key = hex(kCurves[1].key);
  key[0] = 6;
  EXPECT_EQ(refused(key), form);
  EXPECT_EQ(refused({}), form);
  key[0] = 4;
  key[64] ^= 1;
  EXPECT_EQ(refused(key), "secp256k1 key: not on the curve");
}

}  // namespace
}  // namespace icpd::crypto
