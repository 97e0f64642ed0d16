#include "codec/candid_mapping.hpp"

#include <gtest/gtest.h>

namespace icpd::codec::candid {
namespace {

Bytes hex(std::string_view text) {
  return *from_hex(text);
}

template <typename T>
void round_trip(const T& value) {
  const Bytes message = encode_args(value);
  const auto back = decode_arg<T>(message);
  ASSERT_TRUE(back.ok()) << back.error().what << ' ' << to_hex(message);
  EXPECT_TRUE(*back == value) << to_hex(message);
}

struct Header {
  std::string name;
  std::string value;
  static constexpr auto kCandid =
      record(field<"name">(&Header::name), field<"value">(&Header::value));
  friend bool operator==(const Header&, const Header&) = default;
};

using Visibility = Variants<Case<"controllers">, Case<"public">,
                            Case<"allowed_viewers", std::vector<PrincipalBytes>>>;

struct Settings {
  std::optional<std::vector<PrincipalBytes>> controllers;
  std::optional<Nat> freezing_threshold;
  std::optional<Visibility> log_visibility;
  static constexpr auto kCandid = record(field<"controllers">(&Settings::controllers),
                                         field<"freezing_threshold">(&Settings::freezing_threshold),
                                         field<"log_visibility">(&Settings::log_visibility));
  friend bool operator==(const Settings&, const Settings&) = default;
};

struct Tree {
  std::uint8_t label = 0;
  std::vector<Tree> children;
  static constexpr auto kCandid =
      record(field<"label">(&Tree::label), field<"children">(&Tree::children));
  friend bool operator==(const Tree&, const Tree&) = default;
};

using Transform = Func<std::tuple<Header>, std::tuple<Header>, kQuery>;

struct FooBar {
  Int foo;
  bool bar = false;
  static constexpr auto kCandid = record(field<"foo">(&FooBar::foo), field<"bar">(&FooBar::bar));
};

struct Other {
  std::string name;
  std::string value;
  static constexpr auto kCandid =
      record(field<"name">(&Other::name), field<"value">(&Other::value));
};

struct NewerSettings {
  std::optional<Nat> freezing_threshold;
  std::string note;
  static constexpr auto kCandid =
      record(field<"freezing_threshold">(&NewerSettings::freezing_threshold),
             field<"note">(&NewerSettings::note));
};

using Wider = Variants<Case<"public">, Case<"nobody">>;
struct WiderSettings {
  std::optional<Wider> log_visibility;
  static constexpr auto kCandid = record(field<"log_visibility">(&WiderSettings::log_visibility));
};

PrincipalBytes principal(std::string_view text) {
  return *PrincipalBytes::from(hex(text));
}

TEST(CandidMapping, round_trips_every_kind_of_type) {
  round_trip(true);
  round_trip(std::uint8_t{200});
  round_trip(std::uint16_t{60000});
  round_trip(std::uint32_t{4'000'000'000});
  round_trip(UINT64_MAX);
  round_trip(std::int8_t{-100});
  round_trip(std::int16_t{-30000});
  round_trip(std::int32_t{-2'000'000'000});
  round_trip(INT64_MIN);
  round_trip(1.5F);
  round_trip(-2.25);
  round_trip(Nat(static_cast<Uint128>(1) << 127));
  round_trip(Int(-5));
  round_trip(static_cast<Uint128>(1) << 127);
  round_trip(-(static_cast<Int128>(1) << 126));
  round_trip(std::string("text"));
  round_trip(Bytes{1, 2, 3});
  round_trip(std::optional<std::optional<bool>>(std::optional<bool>()));
  round_trip(std::vector<std::string>{"a", "", "b"});
  round_trip(principal("abcd01"));
  round_trip(Null{});
  round_trip(Reserved{});
  round_trip(std::tuple<std::string, Bytes>("a", {1}));
  round_trip(std::pair<std::string, bool>("a", true));
  round_trip(Header{"a", "b"});
  round_trip(Visibility(Case<"public">{}));
  round_trip(Visibility(Case<"allowed_viewers", std::vector<PrincipalBytes>>{{principal("04")}}));
  round_trip(Settings{{{principal("04")}}, Nat(7), Case<"controllers">{}});
  round_trip(Tree{1, {Tree{2, {}}, Tree{3, {Tree{4, {}}}}}});
  round_trip(Transform{principal("abcd01"), "transform"});
}

// Candid specification, test data: construct.test.did, "record: named fields" and "variant:
// result".
TEST(CandidMapping, sorts_fields_and_cases_by_their_ids) {
  EXPECT_EQ(to_hex(encode_args(FooBar{Int(42), true})),
            "4449444c016c02d3e3aa027e868eb7027c0100012a");
  using Result = Variants<Case<"Ok", std::string>, Case<"Err", std::string>>;
  EXPECT_EQ(to_hex(encode_args(Result(Case<"Ok", std::string>{"good"}))),
            "4449444c016b02bc8a0171c5fed20171010000"
            "04676f6f64");
}

TEST(CandidMapping, writes_each_type_once) {
  // vec text is used twice, and Bytes and ByteView are one type.
  const Bytes message = encode_args(std::vector<std::string>{}, Bytes{}, ByteView{},
                                    std::tuple<std::vector<std::string>, Bytes>{});
  EXPECT_EQ(to_hex(message),
            "4449444c03"
            "6d71"
            "6d7b"
            "6c0200000101"
            "0400010102"
            "0000000000");
  // Two structs of the same shape are one type as well.
  EXPECT_EQ((arg_types<Header, Other, Header>().table.size()), 1u);
}

TEST(CandidMapping, recursive_types_have_a_finite_table) {
  EXPECT_EQ(arg_types<Tree>().table.size(), 2u);
  EXPECT_EQ(arg_types<std::vector<Tree>>().table.size(), 2u);
}

TEST(CandidMapping, the_empty_list_is_the_shortest_message) {
  EXPECT_EQ(to_hex(encode_args()), "4449444c0000");
  EXPECT_TRUE(decode_args<>(hex("4449444c0000")).ok());
}

TEST(CandidMapping, missing_optional_fields_and_unknown_fields_are_fine) {
  const Bytes message = encode_args(NewerSettings{Nat(3), "ignored"});
  const auto settings = decode_arg<Settings>(message);
  ASSERT_TRUE(settings.ok());
  EXPECT_EQ(*settings, (Settings{{}, Nat(3), {}}));
}

TEST(CandidMapping, an_unknown_case_under_an_optional_is_null) {
  EXPECT_EQ(decode_arg<Settings>(encode_args(WiderSettings{Case<"nobody">{}}))->log_visibility,
            std::nullopt);
  EXPECT_EQ(decode_arg<Settings>(encode_args(WiderSettings{Case<"public">{}}))->log_visibility,
            Visibility(Case<"public">{}));
  EXPECT_FALSE(decode_arg<Visibility>(encode_args(Wider(Case<"nobody">{}))).ok());
}

TEST(CandidMapping, views_borrow_from_the_message) {
  const Bytes message = encode_args(Bytes{1, 2, 3}, std::string("abc"));
  const auto [blob, text] = decode_args<ByteView, std::string_view>(message).value();
  EXPECT_EQ(blob.data() + 3, message.data() + message.size() - 4);
  EXPECT_EQ(text, "abc");
}

TEST(CandidMapping, numbers_beyond_128_bits_are_refused_where_128_are_wanted) {
  const Nat big = *Nat::from_decimal("340282366920938463463374607431768211456");
  EXPECT_TRUE(decode_arg<Nat>(encode_args(big)).ok());
  EXPECT_FALSE(decode_arg<Uint128>(encode_args(big)).ok());
  EXPECT_FALSE(decode_arg<Int128>(encode_args(big)).ok());
  EXPECT_TRUE(decode_arg<Int>(encode_args(big)).ok());
}

TEST(CandidMapping, functions_are_checked_against_the_expected_type) {
  using Plain = Func<std::tuple<Header>, std::tuple<Header>>;
  const Bytes message = encode_args(Transform{principal("01"), "f"});
  EXPECT_TRUE(decode_arg<Transform>(message).ok());
  EXPECT_FALSE(decode_arg<Plain>(message).ok());
}

}  // namespace
}  // namespace icpd::codec::candid
