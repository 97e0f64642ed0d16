#include "crypto/hash.hpp"

#include <gtest/gtest.h>

namespace icpd::crypto {
namespace {

Bytes hex(std::string_view text) {
  return from_hex(text).value();
}

// FIPS 180-4 examples (NIST "Examples with Intermediate Values", SHA256.pdf, SHA224.pdf).
TEST(Hash, gives_the_sha256_examples_of_fips_180) {
  EXPECT_EQ(sha256("").hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc").hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq").hex(),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Hash, gives_the_sha224_examples_of_fips_180) {
  EXPECT_EQ(sha224({}).hex(), "d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f");
  EXPECT_EQ(sha224(as_bytes("abc")).hex(),
            "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7");
}

TEST(Hash, of_parts_equals_that_of_their_concatenation) {
  EXPECT_EQ(sha256_concat({as_bytes("a"), {}, as_bytes("bc")}), sha256("abc"));
  EXPECT_EQ(sha256_concat({}), sha256(""));
}

TEST(Hash, in_a_domain_begins_with_the_length_byte_and_the_name) {
  EXPECT_EQ(hash_in_domain("ic-request", {as_bytes("xy")}), sha256("\x0Aic-requestxy"));
  EXPECT_EQ(to_hex(message_in_domain("ab", as_bytes("c"))), "02616263");
}

// RFC 4231, test cases 1, 2 and 6 (key longer than a block).
TEST(Hash, gives_the_hmac_examples_of_rfc_4231) {
  EXPECT_EQ(hmac_sha256(Bytes(20, 0x0b), as_bytes("Hi There")).hex(),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?")).hex(),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hmac_sha256(Bytes(131, 0xaa),
                        as_bytes("Test Using Larger Than Block-Size Key - Hash Key First"))
                .hex(),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Hasher, equals_the_one_shot_hash_over_several_blocks) {
  Bytes input;
  Hasher hasher;
  for (int i = 0; i < 300; ++i) {
    const Bytes piece(static_cast<std::size_t>(i % 7), static_cast<std::uint8_t>(i));
    append(input, piece);
    hasher.update(piece);
  }
  EXPECT_EQ(hasher.finish(), sha256(input));
}

TEST(Hasher, writes_numbers_big_endian_and_lengths_before_sized_fields) {
  Hasher hasher("d");
  hasher.number(std::uint8_t{1}).number(std::uint32_t{2}).sized("ab");
  EXPECT_EQ(hasher.finish(), sha256(hex("0164"
                                        "01"
                                        "00000002"
                                        "0000000000000002"
                                        "6162")));
}

TEST(Hasher, copies_go_on_from_the_same_point) {
  Hasher first;
  first.update("a");
  Hasher second = first;
  first.update("b");
  second.update("c");
  EXPECT_EQ(first.finish(), sha256("ab"));
  EXPECT_EQ(second.finish(), sha256("ac"));
}

}  // namespace
}  // namespace icpd::crypto
