// Base32, Base64 and CRC-32: the forms in which bytes become text.
#include <gtest/gtest.h>

#include "base/prng.hpp"
#include "codec/base32.hpp"
#include "codec/base64.hpp"
#include "codec/crc32.hpp"

namespace icpd::codec {
namespace {

// RFC 4648, section 10, in lower case and without padding.
TEST(Base32, matches_rfc_4648) {
  const std::pair<const char*, const char*> rows[] = {{"", ""},
                                                      {"f", "my"},
                                                      {"fo", "mzxq"},
                                                      {"foo", "mzxw6"},
                                                      {"foob", "mzxw6yq"},
                                                      {"fooba", "mzxw6ytb"},
                                                      {"foobar", "mzxw6ytboi"}};
  for (const auto& [plain, text] : rows) {
    EXPECT_EQ(base32_encode(as_bytes(plain)), text);
    EXPECT_EQ(base32_decode(text), to_bytes(std::string_view(plain)));
  }
}

TEST(Base32, reads_both_cases) {
  EXPECT_EQ(base32_decode("MZXW6yTB"), to_bytes("fooba"));
}

TEST(Base32, rejects_texts_that_no_bytes_have) {
  for (const char* text : {"m", "mzx", "mzxw6y", "mz", "m1", "my======", "m y", "m0"})
    EXPECT_FALSE(base32_decode(text).has_value()) << text;
}

// RFC 4648, section 10.
TEST(Base64, matches_rfc_4648) {
  const std::pair<const char*, const char*> rows[] = {{"", ""},
                                                      {"f", "Zg=="},
                                                      {"fo", "Zm8="},
                                                      {"foo", "Zm9v"},
                                                      {"foob", "Zm9vYg=="},
                                                      {"fooba", "Zm9vYmE="},
                                                      {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, text] : rows) {
    EXPECT_EQ(base64_encode(as_bytes(plain)), text);
    EXPECT_EQ(base64_decode(text), to_bytes(std::string_view(plain)));
  }
}

TEST(Base64, rejects_wrong_padding_and_foreign_characters) {
  for (const char* text : {"Zg", "Zg=", "Zg===", "=", "====", "Zh==", "Zm9v====", "Zm-_", "Zm9v\n"})
    EXPECT_FALSE(base64_decode(text).has_value()) << text;
}

TEST(Base64, the_url_form_has_its_own_alphabet_and_no_padding) {
  EXPECT_EQ(base64url_encode(Bytes{0xfb, 0xff}), "-_8");
  EXPECT_EQ(base64url_decode("-_8"), (Bytes{0xfb, 0xff}));
  for (const char* text : {"-_8=", "+/8", "-", "-_9"})
    EXPECT_FALSE(base64url_decode(text).has_value()) << text;
}

// The check value of the CRC catalogue ("CRC-32/ISO-HDLC") and the interface specification,
// "Textual representation of principals".
TEST(Crc32, matches_the_published_values) {
  EXPECT_EQ(crc32(as_bytes("123456789")), 0xCBF43926u);
  EXPECT_EQ(crc32(Bytes{0xAB, 0xCD, 0x01}), 0x233FF206u);
  EXPECT_EQ(crc32({}), 0u);
}

TEST(BaseN, round_trips_random_bytes) {
  Prng prng(2);
  for (int i = 0; i < 5'000; ++i) {
    const Bytes bytes = prng.bytes(prng.below(70));
    EXPECT_EQ(base32_decode(base32_encode(bytes)), bytes);
    EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
    EXPECT_EQ(base64url_decode(base64url_encode(bytes)), bytes);
  }
}

}  // namespace
}  // namespace icpd::codec
