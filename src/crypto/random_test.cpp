#include "crypto/random.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <numeric>
#include <vector>

namespace icpd::crypto {
namespace {

// RFC 8439, appendix A.1, test vectors 1 and 2: key and nonce zero, blocks 0 and 1.
TEST(SeededRandom, gives_the_key_stream_of_rfc_8439) {
  SeededRandom random(Bytes(32, 0));
  Bytes stream(128);
  random.fill(stream);
  EXPECT_EQ(to_hex(ByteView(stream).first(64)),
            "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
            "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586");
  EXPECT_EQ(to_hex(ByteView(stream).last(64)),
            "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
            "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f");
}

TEST(SeededRandom, gives_the_same_stream_in_pieces_of_any_size) {
  SeededRandom whole(Bytes(32, 7));
  SeededRandom pieces(Bytes(32, 7));
  Bytes expected(1000);
  whole.fill(expected);
  Bytes got(1000);
  std::size_t at = 0;
  for (std::size_t size = 1; at < got.size(); ++size) {
    const std::size_t take = std::min(size, got.size() - at);
    pieces.fill(MutableByteView(got).subspan(at, take));
    at += take;
  }
  EXPECT_EQ(got, expected);
}

TEST(SeededRandom, reads_numbers_little_endian) {
  SeededRandom random(Bytes(32, 0));
  EXPECT_EQ(random.next(), 0x903df1a0ade0b876u);
}

TEST(SeededRandom, draws_every_number_below_the_bound_and_none_above) {
  SeededRandom random(Bytes(32, 1));
  std::vector<int> seen(7, 0);
  for (int i = 0; i < 700; ++i)
    seen.at(random.below(7)) += 1;
  for (int count : seen)
    EXPECT_GT(count, 50);
  EXPECT_EQ(random.below(1), 0u);
}

TEST(SeededRandom, shuffles_into_a_permutation_that_the_seed_alone_decides) {
  std::vector<int> first(40);
  std::iota(first.begin(), first.end(), 0);
  std::vector<int> second = first;
  const std::vector<int> sorted = first;
  SeededRandom(Bytes(32, 2)).shuffle(std::span(first));
  SeededRandom(Bytes(32, 2)).shuffle(std::span(second));
  EXPECT_EQ(first, second);
  EXPECT_NE(first, sorted);
  std::sort(first.begin(), first.end());
  EXPECT_EQ(first, sorted);
}

}  // namespace
}  // namespace icpd::crypto
