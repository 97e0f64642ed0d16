#include "types/ids.hpp"

#include <gtest/gtest.h>

#include "types/error_code.hpp"
#include "types/numbers.hpp"

namespace icpd::types {
namespace {

// Interface specification, "Textual representation of principals": the example abcd01 and the
// well-known names.
TEST(Principal, text_follows_the_specification) {
  EXPECT_EQ(Principal::from_bytes(*from_hex("abcd01"))->text(), "em77e-bvlzu-aq");
  EXPECT_EQ(Principal().text(), "aaaaa-aa");
  EXPECT_EQ(Principal::anonymous().text(), "2vxsx-fae");
  EXPECT_EQ(canister_id_from_index(1).text(), "rrkah-fqaaa-aaaaa-aaaaq-cai");
}

TEST(Principal, text_round_trips) {
  for (std::size_t size = 0; size <= Principal::kSizeMax; ++size) {
    const Principal principal = Principal::from_bytes(Bytes(size, 0xA7)).value();
    const auto back = Principal::from_text(principal.text());
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(*back, principal);
  }
}

TEST(Principal, parsing_accepts_only_the_form_that_printing_gives) {
  EXPECT_FALSE(Principal::from_text("em77e-bvlzu-ar").ok()) << "checksum";
  EXPECT_FALSE(Principal::from_text("EM77E-BVLZU-AQ").ok()) << "case";
  EXPECT_FALSE(Principal::from_text("em77ebvlzuaq").ok()) << "grouping";
  EXPECT_FALSE(Principal::from_text("em77e-bvlzu-a").ok());
  EXPECT_FALSE(Principal::from_text("").ok());
  EXPECT_FALSE(Principal::from_text(std::string(1000, 'a')).ok());
}

TEST(Principal, is_at_most_29_bytes) {
  EXPECT_TRUE(Principal::from_bytes(Bytes(29)).ok());
  EXPECT_FALSE(Principal::from_bytes(Bytes(30)).ok());
}

TEST(Principal, order_is_that_of_labels) {
  const auto of = [](const char* hex) { return Principal::from_bytes(*from_hex(hex)).value(); };
  EXPECT_LT(of("01"), of("0100"));
  EXPECT_LT(of("7f"), of("80"));
}

TEST(CanisterIndex, is_the_inverse_of_the_id_and_refuses_other_principals) {
  EXPECT_EQ(canister_index(canister_id_from_index(1'048'577)).value(), 1'048'577u);
  EXPECT_FALSE(canister_index(management_canister()).ok());
  EXPECT_FALSE(canister_index(CanisterId(Principal::anonymous())).ok());
}

TEST(ErrorCode, the_hundreds_digit_is_the_reject_code) {
  EXPECT_EQ(text(ErrorCode::kCanisterCalledTrap), "IC0503");
  EXPECT_EQ(name(ErrorCode::kCanisterCalledTrap), "CanisterCalledTrap");
  EXPECT_EQ(reject_code(ErrorCode::kCanisterNotFound), RejectCode::kDestinationInvalid);
  EXPECT_EQ(reject_code(ErrorCode::kDeadlineExpired), RejectCode::kSysUnknown);
  EXPECT_FALSE(is_valid(static_cast<ErrorCode>(500)));
}

TEST(Cycles, are_printed_in_decimal_up_to_the_largest) {
  EXPECT_EQ(to_text(Cycles{0}), "0");
  EXPECT_EQ(to_text(Cycles{~static_cast<unsigned __int128>(0)}),
            "340282366920938463463374607431768211455");
}

}  // namespace
}  // namespace icpd::types
