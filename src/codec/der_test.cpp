#include "codec/der.hpp"

#include <gtest/gtest.h>

#include "base/prng.hpp"

namespace icpd::codec::der {
namespace {

Bytes hex(std::string_view text) {
  return *from_hex(text);
}

/// RFC 8410, section 10.1.
constexpr std::string_view kEd25519Example =
    "302a300506032b657003210019bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1";
/// Interface specification, "Web Authentication".
constexpr std::string_view kCoseExample =
    "305e300c060a2b0601040183b8430101034e00a501020326200121582"
    "07ffd83632072fd1bfeaf3fbaa43146e0ef"
    "95c3f55e3994a41bbf2b5174d771da22582032497eed0a7f6f000928765b83181"
    "62cfd80a94e525a6a368c2363063d"
    "04e6ed";
/// The root key of the public Internet Computer, as every agent carries it.
constexpr std::string_view kRootKey =
    "308182301d060d2b0601040182dc7c0503010201060c2b0601040182dc7c05030201036100814c0e6ec71fab583b08"
    "bd81"
    "373c255c3c371b2e84863c98a4f1e08b74235d14fb5d9c0cd546d9685f913a0c0b2cc5341583bf4b4392e467db96d6"
    "5b9b"
    "b4cb717112f8472e0d5a4d14505ffd7484b01291091c5f87b98883463f98091a0baaae";

TEST(Der, parses_published_public_keys) {
  const std::tuple<std::string_view, KeyAlgorithm, std::size_t> rows[] = {
      {kEd25519Example, KeyAlgorithm::kEd25519, 32},
      {kCoseExample, KeyAlgorithm::kCose, 77},
      {kRootKey, KeyAlgorithm::kIcBls, 96}};
  for (const auto& [text, algorithm, size] : rows) {
    const Bytes der = hex(text);
    const auto key = parse_public_key(der);
    ASSERT_TRUE(key.ok()) << key.error().what;
    EXPECT_EQ(key->algorithm, algorithm);
    EXPECT_EQ(key->key.size(), size);
    EXPECT_EQ(wrap_public_key(algorithm, key->key), der);
  }
}

TEST(Der, wraps_and_parses_every_algorithm) {
  Prng prng(3);
  for (int i = 0; i <= static_cast<int>(KeyAlgorithm::kRsa); ++i)
    for (const std::size_t size : {0, 1, 65, 126, 127, 128, 255, 256, 1000}) {
      const auto algorithm = static_cast<KeyAlgorithm>(i);
      const Bytes key = prng.bytes(size);
      const Bytes der = wrap_public_key(algorithm, key);
      const auto parsed = parse_public_key(der);
      ASSERT_TRUE(parsed.ok());
      EXPECT_EQ(parsed->algorithm, algorithm);
      EXPECT_TRUE(equal(parsed->key, key));
    }
}

TEST(Der, rejects_every_truncation_and_extension_of_a_key) {
  const Bytes der = hex(kRootKey);
  for (std::size_t size = 0; size < der.size(); ++size)
    EXPECT_FALSE(parse_public_key(ByteView(der).first(size)).ok()) << size;
  Bytes longer = der;
  longer.push_back(0);
  EXPECT_FALSE(parse_public_key(longer).ok());
}

TEST(Der, rejects_other_forms_of_the_same_key) {
  const std::string body = std::string(kEd25519Example.substr(4));
  EXPECT_FALSE(parse_public_key(hex("30812a" + body)).ok()) << "long form of a short length";
  EXPECT_FALSE(parse_public_key(hex("3080" + body + "0000")).ok()) << "indefinite length";
  EXPECT_FALSE(parse_public_key(hex("31"
                                    "2a" +
                                    body))
                   .ok())
      << "another tag";
  // Algorithm with a superfluous NULL parameter (RFC 8410: parameters must be absent).
  EXPECT_FALSE(parse_public_key(hex("302c300706032b65700500032100" + body.substr(18))).ok());
  // A bit string with unused bits.
  EXPECT_FALSE(parse_public_key(hex("302a300506032b6570032101" + body.substr(20))).ok());
}

TEST(Der, rejects_an_unknown_algorithm_and_an_overlong_key) {
  EXPECT_FALSE(parse_public_key(hex("3009300506032b656e0300")).ok());
  EXPECT_FALSE(
      parse_public_key(wrap_public_key(KeyAlgorithm::kCanisterSignature, Bytes(kPublicKeyDerMax)))
          .ok());
}

TEST(Der, converts_ecdsa_signatures_both_ways) {
  EcdsaRs rs{};
  rs[31] = 1;
  rs[32] = 0x80;
  const Bytes der = encode_ecdsa_signature(rs);
  EXPECT_EQ(to_hex(der),
            "3026020101022100"
            "80" +
                std::string(62, '0'));
  EXPECT_EQ(parse_ecdsa_signature(der).value(), rs);
}

TEST(Der, rejects_ecdsa_signatures_in_other_forms) {
  EXPECT_TRUE(parse_ecdsa_signature(hex("3006020101020101")).ok());
  EXPECT_FALSE(parse_ecdsa_signature(hex("300702020001020101")).ok()) << "leading zero";
  EXPECT_FALSE(parse_ecdsa_signature(hex("3006020181020101")).ok()) << "negative";
  EXPECT_FALSE(parse_ecdsa_signature(hex("30050200020101")).ok()) << "no content";
  EXPECT_FALSE(parse_ecdsa_signature(hex("3003020101")).ok()) << "one number";
  EXPECT_FALSE(parse_ecdsa_signature(hex("3009020101020101020101")).ok()) << "three numbers";
  EXPECT_FALSE(parse_ecdsa_signature(hex("3026022101" + std::string(64, '0') + "020101")).ok())
      << "33 bytes";
}

TEST(Der, optional_values_are_taken_only_if_they_are_there) {
  const Bytes bytes = hex("a0030201050500");
  Reader in(bytes);
  EXPECT_FALSE(in.take_if(Tag::kContext1).value().has_value());
  EXPECT_EQ(to_hex(*in.take_if(Tag::kContext0).value()), "020105");
  EXPECT_EQ(to_hex(in.take_any().value()), "0500");
  EXPECT_FALSE(in.take_if(Tag::kNull).value().has_value());
  EXPECT_TRUE(in.finish().ok());
}

}  // namespace
}  // namespace icpd::codec::der
