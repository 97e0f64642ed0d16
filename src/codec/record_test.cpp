#include "codec/record.hpp"

#include <gtest/gtest.h>

#include "base/prng.hpp"

namespace icpd::codec {
namespace {

using Height = Strong<struct HeightTag, std::uint64_t>;

enum class Colour : std::uint8_t { kRed, kBlue };
bool is_valid(Colour colour) {
  return colour <= Colour::kBlue;
}

struct Everything {
  bool flag = false;
  std::uint8_t small = 0;
  unsigned __int128 large = 0;
  std::int64_t negative = 0;
  Height height;
  Colour colour = Colour::kRed;
  FixedBytes<struct T, 3> fixed;
  Slice slice;
  std::string text;
  std::optional<std::uint32_t> maybe;
  std::vector<std::uint16_t> list;
  std::map<std::uint32_t, std::string> map;
  std::variant<std::uint8_t, std::string> either;
  Shared<std::string> shared{std::string()};

  static constexpr auto kFields =
      std::tuple(&Everything::flag, &Everything::small, &Everything::large, &Everything::negative,
                 &Everything::height, &Everything::colour, &Everything::fixed, &Everything::slice,
                 &Everything::text, &Everything::maybe, &Everything::list, &Everything::map,
                 &Everything::either, &Everything::shared);
};

Everything sample() {
  Everything e;
  e.flag = true;
  e.small = 255;
  e.large = static_cast<unsigned __int128>(1) << 127;
  e.negative = INT64_MIN;
  e.height = Height{300};
  e.colour = Colour::kBlue;
  e.fixed = *FixedBytes<struct T, 3>::from(Bytes{1, 2, 3});
  e.slice = Slice(to_bytes("slice"));
  e.text = "text";
  e.maybe = 7;
  e.list = {1, 2, 300};
  e.map = {{1, "a"}, {2, "b"}};
  e.either = std::string("x");
  e.shared = Shared<std::string>(std::string("s"));
  return e;
}

template <typename T>
Result<T> decode(std::initializer_list<std::uint8_t> bytes) {
  return from_record<T>(Slice(Bytes(bytes)));
}

TEST(Record, gives_back_every_kind_of_field) {
  const Bytes bytes = to_record(sample());
  const auto back = from_record<Everything>(Slice(bytes));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(to_record(*back), bytes);
  EXPECT_EQ(back->negative, INT64_MIN);
  EXPECT_EQ(back->large, sample().large);
  EXPECT_EQ(as_text(back->slice), "slice");
}

// The format, byte by byte: changing it is a new format version.
TEST(Record, has_the_documented_form) {
  EXPECT_EQ(to_hex(to_record(std::uint64_t{300})), "ac02");
  EXPECT_EQ(to_hex(to_record(std::int64_t{-1})), "01");
  EXPECT_EQ(to_hex(to_record(std::string("ab"))), "026162");
  EXPECT_EQ(to_hex(to_record(std::optional<std::uint8_t>{})), "00");
  EXPECT_EQ(to_hex(to_record(std::vector<std::uint8_t>{5, 6})), "020506");
  EXPECT_EQ(to_hex(to_record(std::variant<std::uint8_t, bool>{true})), "0101");
}

TEST(Record, accepts_only_the_one_encoding_of_a_value) {
  EXPECT_FALSE((decode<std::uint64_t>({0x80, 0x00}).ok())) << "longer than needed";
  EXPECT_FALSE((decode<std::uint8_t>({0x80, 0x02}).ok())) << "256 is no byte";
  EXPECT_FALSE(decode<bool>({2}).ok());
  EXPECT_FALSE(decode<Colour>({2}).ok());
  EXPECT_FALSE((decode<std::optional<std::uint8_t>>({2, 0}).ok()));
  EXPECT_FALSE((decode<std::map<std::uint8_t, bool>>({2, 2, 0, 1, 0}).ok())) << "keys descend";
  EXPECT_FALSE((decode<std::map<std::uint8_t, bool>>({2, 1, 0, 1, 0}).ok())) << "key twice";
  EXPECT_FALSE((decode<std::variant<std::uint8_t, bool>>({2, 0}).ok()));
  EXPECT_FALSE((decode<std::uint8_t>({1, 1}).ok())) << "bytes left over";
}

TEST(Record, a_count_beyond_the_input_is_refused_before_anything_is_allocated) {
  EXPECT_FALSE((decode<std::vector<Everything>>({0xFF, 0xFF, 0xFF, 0xFF, 0x0F}).ok()));
  EXPECT_FALSE(decode<Bytes>({0xFF, 0xFF, 0xFF, 0xFF, 0x0F}).ok());
}

TEST(Record, decoded_slices_share_the_input) {
  const Slice input(to_record(Slice(to_bytes("abc"))));
  const auto slice = from_record<Slice>(input);
  ASSERT_TRUE(slice.ok());
  EXPECT_EQ(slice->data(), input.data() + 1);
}

TEST(Record, every_cut_and_every_flipped_bit_is_an_error_or_another_exact_value) {
  const Bytes bytes = to_record(sample());
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    EXPECT_FALSE(from_record<Everything>(Slice(Bytes(bytes.begin(), bytes.begin() + cut))).ok());
  }
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    Bytes flipped = bytes;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    const auto value = from_record<Everything>(Slice(flipped));
    if (value.ok()) {
      EXPECT_EQ(to_record(*value), flipped);
    }
  }
}

TEST(Record, random_bytes_never_decode_to_something_that_encodes_differently) {
  Prng prng(7);
  for (int i = 0; i < 20'000; ++i) {
    const Bytes bytes = prng.bytes(prng.below(40));
    const auto value = from_record<Everything>(Slice(bytes));
    if (value.ok()) {
      EXPECT_EQ(to_record(*value), bytes);
    }
  }
}

}  // namespace
}  // namespace icpd::codec
