#include "codec/cbor.hpp"

#include <cmath>
#include <gtest/gtest.h>

#include "base/prng.hpp"

namespace icpd::codec::cbor {
namespace {

Bytes hex(std::string_view text) {
  return *from_hex(text);
}

bool accepts(std::string_view text, Limits limits = {}) {
  const Bytes bytes = hex(text);
  return Document::parse(bytes, limits).ok();
}
std::string reason(std::string_view text, Limits limits = {}) {
  const Bytes bytes = hex(text);
  auto document = Document::parse(bytes, limits);
  return document.ok() ? "accepted" : document.error().what;
}

// RFC 8949, appendix A.
TEST(Cbor, reads_the_integers_of_rfc_8949) {
  const std::pair<const char*, std::int64_t> rows[] = {{"00", 0},
                                                       {"17", 23},
                                                       {"1818", 24},
                                                       {"1864", 100},
                                                       {"1903e8", 1000},
                                                       {"1a000f4240", 1000000},
                                                       {"1b000000e8d4a51000", 1000000000000},
                                                       {"20", -1},
                                                       {"29", -10},
                                                       {"3863", -100},
                                                       {"3903e7", -1000},
                                                       {"3b7fffffffffffffff", INT64_MIN}};
  for (const auto& [text, value] : rows) {
    const Bytes bytes = hex(text);
    const auto document = Document::parse(bytes);
    ASSERT_TRUE(document.ok()) << text;
    EXPECT_EQ(document->root().i64().value(), value);
    EXPECT_EQ(to_hex(std::move(Writer().integer(value)).finish()), text);
  }
  const Bytes most = hex("1bffffffffffffffff");
  const auto document = Document::parse(most);
  EXPECT_EQ(document->root().u64().value(), UINT64_MAX);
  EXPECT_FALSE(document->root().i64().ok());
  EXPECT_EQ(std::move(Writer().unsigned_integer(UINT64_MAX)).finish(), most);
}

TEST(Cbor, reads_the_floats_of_rfc_8949) {
  const std::pair<const char*, double> rows[] = {{"f90000", 0.0},
                                                 {"f93c00", 1.0},
                                                 {"f93e00", 1.5},
                                                 {"f97bff", 65504.0},
                                                 {"f90001", 5.960464477539063e-8},
                                                 {"f90400", 6.103515625e-5},
                                                 {"f9c400", -4.0},
                                                 {"fa47c35000", 100000.0},
                                                 {"fb3ff199999999999a", 1.1},
                                                 {"f97c00", INFINITY},
                                                 {"f9fc00", -INFINITY},
                                                 {"fa7f800000", INFINITY}};
  for (const auto& [text, value] : rows) {
    const Bytes bytes = hex(text);
    const auto document = Document::parse(bytes);
    ASSERT_TRUE(document.ok()) << text;
    EXPECT_EQ(document->root().floating().value(), value) << text;
  }
  const Bytes nan = hex("f97e00");
  EXPECT_TRUE(std::isnan(Document::parse(nan)->root().floating().value()));
}

// RFC 8949, appendix A: definite and indefinite forms of the same values.
TEST(Cbor, reads_indefinite_lengths_like_definite_ones) {
  for (const char* text : {"826161a161626163", "9f6161a161626163ff", "826161bf61626163ff",
                           "9f7f6161ffbf7f6162ff7f606163ffffff"}) {
    SCOPED_TRACE(text);
    const Bytes bytes = hex(text);
    const auto document = Document::parse(bytes);
    ASSERT_TRUE(document.ok()) << document.error().what;
    const Item root = document->root();
    ASSERT_EQ(root.size(), 2u);
    EXPECT_EQ(root.first()->text().value(), "a");
    const Item map = *root.first()->next_in(root);
    ASSERT_EQ(map.size(), 1u);
    EXPECT_EQ(map.get("b").value().text().value(), "c");
  }
}

TEST(Cbor, joins_strings_that_come_in_pieces) {
  const Bytes bytes = hex("825f42010243030405ff7f657374726561646d696e67ff");
  const auto document = Document::parse(bytes);
  ASSERT_TRUE(document.ok()) << document.error().what;
  EXPECT_EQ(to_hex(document->root().first()->bytes().value()), "0102030405");
  EXPECT_EQ(document->root().first()->next_in(document->root())->text().value(), "streaming");
}

TEST(Cbor, strings_are_views_into_the_input) {
  const Bytes bytes = hex("43010203");
  const auto document = Document::parse(bytes);
  EXPECT_EQ(document->root().bytes().value().data(), bytes.data() + 1);
}

TEST(Cbor, the_self_describing_tag_is_seen_through) {
  const Bytes tagged = hex("d9d9f701");
  const auto document = Document::parse(tagged);
  EXPECT_TRUE(document->self_described());
  EXPECT_EQ(document->root().u64().value(), 1u);
  const Bytes plain = hex("01");
  EXPECT_FALSE(Document::parse(plain)->self_described());
  const Bytes other = hex("c001");
  const auto tag = Document::parse(other);
  EXPECT_EQ(tag->root().tag(), 0u);
  EXPECT_EQ(tag->root().first()->u64().value(), 1u);
}

TEST(Cbor, finds_keys_of_both_kinds) {
  const Bytes bytes = hex("a4016161200263786162036178f5");
  const auto document = Document::parse(bytes);
  ASSERT_TRUE(document.ok()) << document.error().what;
  const Item root = document->root();
  EXPECT_EQ(root.get(1).value().text().value(), "a");
  EXPECT_EQ(root.get(-1).value().u64().value(), 2u);
  EXPECT_TRUE(root.get("x").value().boolean().value());
  EXPECT_FALSE(root.find("y").value().has_value());
  EXPECT_FALSE(root.find(7).value().has_value());
  EXPECT_FALSE(root.get("y").ok());
  EXPECT_FALSE(root.get(1).value().get("y").ok());
}

TEST(Cbor, accessors_reject_other_kinds) {
  const Bytes bytes =
      hex("85016161"
          "41ff"
          "f5f6");
  const auto list = Document::parse(bytes);
  ASSERT_TRUE(list.ok());
  EXPECT_FALSE(list->root().u64().ok());
  EXPECT_FALSE(list->root().first()->text().ok());
  EXPECT_FALSE(list->root().first()->bytes().ok());
  EXPECT_FALSE(list->root().first()->boolean().ok());
  EXPECT_FALSE(list->root().first()->floating().ok());
}

TEST(Cbor, rejects_malformed_input) {
  const std::pair<const char*, const char*> rows[] = {
      {"", "input ends too early"},
      {"0001", "bytes behind the CBOR item"},
      {"18", "input ends too early"},
      {"1c", "reserved CBOR length form"},
      {"1f", "integer of indefinite length"},
      {"dfff", "tag of indefinite length"},
      {"4401", "input ends too early"},
      {"5bffffffffffffffff", "input ends too early"},
      {"9bffffffffffffffff", "input ends too early"},
      {"bb8000000000000000", "input ends too early"},
      {"61ff", "text is not UTF-8"},
      {"7f61ffff", "text is not UTF-8"},
      {"5f6161ff", "wrong piece of a string"},
      {"5f5f4101ffff", "wrong piece of a string"},
      {"ff", "unknown CBOR simple value"},
      {"81ff", "unknown CBOR simple value"},
      {"f0", "unknown CBOR simple value"},
      {"f8ff", "unknown CBOR simple value"},
      {"bf01ff", "key without a value"},
      {"d9d9f7", "input ends too early"},
  };
  for (const auto& [text, what] : rows)
    EXPECT_EQ(reason(text), what) << text;
}

// Interface specification, "CBOR encoding of requests": duplicate keys are prohibited.
TEST(Cbor, rejects_duplicate_keys_in_small_and_big_maps) {
  EXPECT_EQ(reason("a2616101616102"), "duplicate map key");
  EXPECT_EQ(reason("a2616101"
                   "7f6161ff"
                   "02"),
            "duplicate map key")
      << "in pieces";
  EXPECT_EQ(reason("a20101180102"), "duplicate map key") << "in a longer form";
  EXPECT_TRUE(accepts("a2416101616102")) << "a text is not a byte string";
  Bytes big{0xb8, 100};
  for (std::uint8_t i = 0; i < 100; ++i) {
    big.insert(big.end(), {0x18, i, 0x00});
  }
  EXPECT_TRUE(Document::parse(big).ok());
  big[big.size() - 2] = 5;
  EXPECT_EQ(Document::parse(big).error().what, std::string_view("duplicate map key"));
}

TEST(Cbor, rejects_keys_that_are_containers_or_floats) {
  EXPECT_EQ(reason("a18000"), "map key is neither integer nor string");
  EXPECT_EQ(reason("a1f93c0000"), "map key is neither integer nor string");
}

TEST(Cbor, bounds_depth_and_items) {
  const Limits limits{.depth_max = 3, .items_max = 5};
  EXPECT_TRUE(accepts("81818101", limits));
  EXPECT_EQ(reason("8181818101", limits), "CBOR is nested too deeply");
  EXPECT_TRUE(accepts("8401020304", limits));
  EXPECT_EQ(reason("850102030405", limits), "too many CBOR items");
  EXPECT_EQ(reason("9f0102030405ff", limits), "too many CBOR items");
}

TEST(Cbor, a_megabyte_of_open_arrays_is_refused) {
  const Bytes arrays(1 << 20, 0x81);
  EXPECT_EQ(Document::parse(arrays).error().what, std::string("CBOR is nested too deeply"));
  const Bytes indefinite(1 << 20, 0x9f);
  EXPECT_FALSE(Document::parse(indefinite).ok());
}

TEST(Cbor, writes_containers_and_simple_values) {
  Writer writer;
  writer.self_describe().map(3).text("a").array(2).boolean(true).null();
  writer.text("b").bytes(Bytes{1}).integer(-1).raw_item(Bytes{0x80});
  EXPECT_EQ(to_hex(std::move(writer).finish()), "d9d9f7a3616182f5f6616241012080");
}

TEST(CborDeathTest, a_container_that_lacks_or_exceeds_its_elements_is_a_bug) {
  EXPECT_DEATH((void)std::move(Writer().array(1)).finish(), "lacks elements");
  EXPECT_DEATH(Writer().null().null(), "no container asked for");
}

void write_random(Prng& prng, Writer& writer, unsigned depth) {
  switch (prng.below(depth == 0 ? 6 : 9)) {
    case 0:
      writer.unsigned_integer(prng.next() >> prng.below(64));
      return;
    case 1:
      writer.integer(static_cast<std::int64_t>(prng.next()) >> prng.below(64));
      return;
    case 2:
      writer.bytes(prng.bytes(prng.below(40)));
      return;
    case 3:
      writer.text(std::string(prng.below(300), 'x'));
      return;
    case 4:
      writer.boolean(prng.chance(1, 2));
      return;
    case 5:
      writer.null();
      return;
    case 6: {
      const std::uint64_t size = prng.below(5);
      writer.array(size);
      for (std::uint64_t i = 0; i < size; ++i)
        write_random(prng, writer, depth - 1);
      return;
    }
    case 7: {
      const std::uint64_t size = prng.below(20);
      writer.map(size);
      for (std::uint64_t i = 0; i < size; ++i) {
        writer.text("key " + std::to_string(i));
        write_random(prng, writer, depth - 1);
      }
      return;
    }
    default:
      writer.tag(prng.next() >> prng.below(64));
      write_random(prng, writer, depth - 1);
  }
}

void rewrite(const Item& item, Writer& writer) {
  switch (item.kind()) {
    case Kind::kUnsigned:
      writer.unsigned_integer(item.u64().value());
      return;
    case Kind::kNegative:
      writer.integer(item.i64().value());
      return;
    case Kind::kBytes:
      writer.bytes(item.bytes().value());
      return;
    case Kind::kText:
      writer.text(item.text().value());
      return;
    case Kind::kBool:
      writer.boolean(item.boolean().value());
      return;
    case Kind::kNull:
      writer.null();
      return;
    case Kind::kArray:
      writer.array(item.size());
      break;
    case Kind::kMap:
      writer.map(item.size());
      break;
    case Kind::kTag:
      writer.tag(item.tag());
      break;
    default:
      FAIL() << "a kind that was not written";
  }
  for (auto child = item.first(); child; child = child->next_in(item))
    rewrite(*child, writer);
}

TEST(Cbor, reading_and_writing_again_gives_the_same_bytes) {
  Prng prng(4);
  for (int i = 0; i < 3'000; ++i) {
    Writer writer;
    write_random(prng, writer, 4);
    const Bytes bytes = std::move(writer).finish();
    const auto document = Document::parse(bytes);
    ASSERT_TRUE(document.ok()) << document.error().what << ' ' << to_hex(bytes);
    Writer again;
    if (document->self_described()) again.self_describe();
    rewrite(document->root(), again);
    ASSERT_EQ(std::move(again).finish(), bytes);
  }
}

TEST(Cbor, damaged_input_is_refused_or_read_but_never_breaks_the_reader) {
  Prng prng(5);
  for (int i = 0; i < 20'000; ++i) {
    Writer writer;
    write_random(prng, writer, 3);
    Bytes bytes = std::move(writer).finish();
    for (std::uint64_t n = prng.between(1, 3); n > 0; --n)
      bytes[prng.below(bytes.size())] = static_cast<std::uint8_t>(prng.next());
    if (prng.chance(1, 4)) bytes.resize(prng.below(bytes.size() + 1));
    const auto document = Document::parse(bytes);
    if (document.ok())
      EXPECT_LE(document->root().offset(), bytes.size());
    else
      EXPECT_LE(document.error().offset, bytes.size());
  }
}

}  // namespace
}  // namespace icpd::codec::cbor
