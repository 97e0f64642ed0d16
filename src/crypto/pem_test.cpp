#include "crypto/pem.hpp"

#include <gtest/gtest.h>

#include "crypto/hash.hpp"

namespace icpd::crypto {
namespace {

std::string public_key_of(std::string_view pem) {
  const auto key = parse_pem_key(pem);
  EXPECT_TRUE(key.ok()) << key.error().message;
  return key.ok() ? to_hex(public_key_der(*key)) : "";
}
std::string refusal(std::string_view pem) {
  const auto key = parse_pem_key(pem);
  EXPECT_FALSE(key.ok());
  return key.ok() ? "" : key.error().message;
}

// openssl genpkey -algorithm ed25519; openssl pkey -pubout -outform DER
constexpr std::string_view kEd25519Pem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIGpQwLqj9Z7X/IzFdGuuVstz34z9R+VXR2+EYmzG/1+F\n"
    "-----END PRIVATE KEY-----\n";
constexpr std::string_view kEd25519Public =
    "302a300506032b6570032100ef4e6b52be0a3fa2c22b13f6b2fa4eef7c0eddbb028f0a5dadd3e94c6d416b14";

// openssl ecparam -name secp256k1 -genkey; the same through openssl pkcs8 -topk8 -nocrypt
constexpr std::string_view kSecp256k1Pem =
    "-----BEGIN EC PARAMETERS-----\n"
    "BgUrgQQACg==\n"
    "-----END EC PARAMETERS-----\n"
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MHQCAQEEINSRDEFFtuSIefvnLRi/B8z4DZxZoPxHfhoww9SJk8uXoAcGBSuBBAAK\n"
    "oUQDQgAEIBFV5Lev6Z4NyKQSsivl8H263SJs4W7CLvrYC3QBCQbcaG6w0sKFUnSp\n"
    "eCB/uvJ/UWgva5dIQztN9TV7ITHNyg==\n"
    "-----END EC PRIVATE KEY-----\n";
constexpr std::string_view kSecp256k1Pkcs8 =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQg1JEMQUW25Ih5++ctGL8H\n"
    "zPgNnFmg/Ed+GjDD1ImTy5ehRANCAAQgEVXkt6/png3IpBKyK+XwfbrdImzhbsIu\n"
    "+tgLdAEJBtxobrDSwoVSdKl4IH+68n9RaC9rl0hDO031NXshMc3K\n"
    "-----END PRIVATE KEY-----\n";
constexpr std::string_view kSecp256k1Public =
    "3056301006072a8648ce3d020106052b8104000a034200"
    "04201155e4b7afe99e0dc8a412b22be5f07dbadd226ce16ec22efad80b740109"
    "06dc686eb0d2c2855274a978207fbaf27f51682f6b9748433b4df5357b2131cdca";

TEST(Pem, reads_keys_that_openssl_wrote) {
  EXPECT_EQ(public_key_of(kEd25519Pem), kEd25519Public);
  EXPECT_EQ(public_key_of(kSecp256k1Pem), kSecp256k1Public);
  EXPECT_EQ(public_key_of(kSecp256k1Pkcs8), kSecp256k1Public);
}

// RFC 8410, section 10.3: version 2, with an attribute and the public key.
TEST(Pem, reads_an_ed25519_key_with_its_public_half) {
  EXPECT_EQ(public_key_of("-----BEGIN PRIVATE KEY-----\n"
                          "MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
                          "oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB\n"
                          "Z9w7lshQhqowtrbLDFw4rXAxZuE=\n"
                          "-----END PRIVATE KEY-----\n"),
            "302a300506032b657003210019bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad7031"
            "66e1");
}

TEST(Pem, writes_what_openssl_wrote) {
  EXPECT_EQ(pem_of(*parse_pem_key(kEd25519Pem)), kEd25519Pem);
  EXPECT_EQ(pem_of(*parse_pem_key(kSecp256k1Pem)),
            kSecp256k1Pem.substr(kSecp256k1Pem.find("-----BEGIN EC PRIVATE KEY")));
}

TEST(Pem, accepts_windows_line_ends) {
  std::string text;
  for (const char c : kEd25519Pem)
    text += c == '\n' ? "\r\n" : std::string(1, c);
  EXPECT_EQ(public_key_of(text), kEd25519Public);
}

TEST(Pem, refuses_other_keys_by_name) {
  // openssl ecparam -name prime256v1 -genkey -noout
  EXPECT_NE(refusal("-----BEGIN EC PRIVATE KEY-----\n"
                    "MHcCAQEEINxNSimnwZRM3qD9olvmoD/KLtptwMau6BXshMLCYFrqoAoGCCqGSM49\n"
                    "AwEHoUQDQgAEyervxGMFDr2RoYUw0KKrd05BMzwpu++AKpWJL4iqFNEVXpRnS9tw\n"
                    "9WJbYFguhxVyArS/e8ERUMNkAscFpxjI9Q==\n"
                    "-----END EC PRIVATE KEY-----\n")
                .find("other than secp256k1"),
            std::string::npos);
  EXPECT_NE(refusal("-----BEGIN ENCRYPTED PRIVATE KEY-----\n-----END ENCRYPTED PRIVATE KEY-----\n")
                .find("password"),
            std::string::npos);
  EXPECT_NE(refusal("hello").find("no block"), std::string::npos);
}

TEST(Pem, refuses_every_text_with_a_byte_missing) {
  for (std::size_t at = 28; at < 92; ++at) {
    std::string cut(kEd25519Pem);
    cut.erase(at, 1);
    EXPECT_FALSE(parse_pem_key(cut).ok()) << at;
  }
}

}  // namespace
}  // namespace icpd::crypto
