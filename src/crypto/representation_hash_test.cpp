#include "crypto/representation_hash.hpp"

#include <gtest/gtest.h>

namespace icpd::crypto {
namespace {

namespace cbor = codec::cbor;

Bytes hex(std::string_view text) {
  return from_hex(text).value();
}

constexpr std::uint64_t kExpiry = 1685570400000000000;

Digest hash_of_cbor(const Bytes& bytes) {
  const auto document = cbor::Document::parse(bytes);
  return hash_of_map(document->root()).value();
}

// Interface specification, "Request ids": the example calculation.
TEST(RepresentationHash, gives_the_request_id_of_the_specification) {
  const Digest id = MapHash()
                        .text("request_type", "call")
                        .blob("sender", hex("04"))
                        .nat("ingress_expiry", kExpiry)
                        .blob("canister_id", hex("00000000000004d2"))
                        .text("method_name", "hello")
                        .blob("arg", hex("4449444c00fd2a"))
                        .finish();
  EXPECT_EQ(id.hex(), "1d1091364d6bb8a6c16b203ee75467d59ead468f523eb058880ae8ec80e2b101");
}

// The steps of the same example.
TEST(RepresentationHash, hashes_names_and_values_as_the_example_shows) {
  EXPECT_EQ(hash_of_nat(kExpiry).hex(),
            "db8e57abc8cda1525d45fdd2637af091bc1f28b35819a40df71517d1501f2c76");
  EXPECT_EQ(hash_of_text("request_type").hex(),
            "769e6f87bdda39c859642b74ce9763cdd37cb1cd672733e8c54efaa33ab78af9");
  EXPECT_EQ(hash_of_blob(hex("00000000000004d2")).hex(),
            "4d8c47c3c1c837964011441882d745f7e92d10a40cef0520447c63029eafe396");
}

// Reference sheet routing-state.md, 6.7: computed by its author with a second implementation.
TEST(RepresentationHash, hashes_arrays_of_arrays) {
  const Digest time = hash_of_array(std::array{hash_of_blob(as_bytes("time"))});
  const Digest subnet = hash_of_array(std::array{hash_of_blob(as_bytes("subnet"))});
  const Digest id = MapHash()
                        .text("request_type", "read_state")
                        .blob("sender", hex("04"))
                        .nat("ingress_expiry", kExpiry)
                        .digest("paths", hash_of_array(std::array{time, subnet}))
                        .finish();
  EXPECT_EQ(id.hex(), "76b3c85dc257d286145d5d9d489a22f35c6882b454635663a4b47b6589a678a6");
}

// Reference sheet routing-state.md, 6.5: an answer to a query.
TEST(RepresentationHash, hashes_maps_in_maps) {
  const Digest answer = MapHash()
                            .text("status", "replied")
                            .digest("reply", MapHash().blob("arg", hex("4449444c0000")).finish())
                            .nat("timestamp", 1)
                            .blob("request_id", Bytes(32, 0))
                            .finish();
  EXPECT_EQ(answer.hex(), "48d83ae265cd11782a652cf44ede6d742d0e352c50ca63ac851258d7d6a7fd1e");
}

// The specification's own examples of LEB128 forms.
TEST(RepresentationHash, hashes_numbers_in_their_shortest_form) {
  EXPECT_EQ(hash_of_nat(0), sha256(hex("00")));
  EXPECT_EQ(hash_of_nat(624485), sha256(hex("e58e26")));
  EXPECT_EQ(hash_of_int(0), sha256(hex("00")));
  EXPECT_EQ(hash_of_int(-123456), sha256(hex("c0bb78")));
}

TEST(RepresentationHash, of_cbor_equals_that_of_the_same_data) {
  cbor::Writer out;
  out.map(5);
  out.text("paths").array(2).bytes(as_bytes("a")).text("b");
  out.text("expiry").unsigned_integer(kExpiry);
  out.text("offset").integer(-123456);
  out.text("delegation").map(1).text("pubkey").bytes(as_bytes("k"));
  out.text("kind").text("query");
  const Digest expected =
      MapHash()
          .digest("delegation", MapHash().blob("pubkey", as_bytes("k")).finish())
          .nat("expiry", kExpiry)
          .text("kind", "query")
          .integer("offset", -123456)
          .digest("paths", hash_of_array(std::array{hash_of_text("a"), hash_of_text("b")}))
          .finish();
  EXPECT_EQ(hash_of_cbor(std::move(out).finish()), expected);
}

TEST(RepresentationHash, of_cbor_does_not_depend_on_the_order_of_fields) {
  cbor::Writer one;
  one.map(2).text("a").unsigned_integer(1).text("b").unsigned_integer(2);
  cbor::Writer other;
  other.map(2).text("b").unsigned_integer(2).text("a").unsigned_integer(1);
  EXPECT_EQ(hash_of_cbor(std::move(one).finish()), hash_of_cbor(std::move(other).finish()));
}

TEST(RepresentationHash, of_cbor_refuses_what_has_none) {
  const auto refused = [](const Bytes& bytes) {
    const auto document = cbor::Document::parse(bytes);
    return std::string(hash_of_map(document->root()).error().what);
  };
  const std::string no_hash = "a value of this kind has no representation-independent hash";
  EXPECT_EQ(refused(hex("80")), "not a map");
  EXPECT_EQ(refused(hex("a16161f6")), no_hash);        // {"a": null}
  EXPECT_EQ(refused(hex("a16161f5")), no_hash);        // {"a": true}
  EXPECT_EQ(refused(hex("a1616181f93c00")), no_hash);  // {"a": [1.0]}
  EXPECT_FALSE(refused(hex("a10102")).empty());        // {1: 2}
}

}  // namespace
}  // namespace icpd::crypto
