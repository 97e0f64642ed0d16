#include "state/state_hash.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <string>

#include "state/testing.hpp"

namespace icpd::state {
namespace {

const std::string kVectors = std::string(ICPD_VECTORS) + "/state/";

TEST(StateHash, page_maps_have_the_digests_of_the_vectors) {
  std::ifstream file(kVectors + "page_map.txt");
  int maps = 0;
  for (std::string line; std::getline(file, line); ++maps) {
    std::istringstream words(line);
    std::string digest;
    words >> digest;
    PageMap map;
    for (std::string word; words >> word;) {
      const std::size_t colon = word.find(':');
      map.write_page(
          std::stoull(word.substr(0, colon)),
          Bytes(kPageSize, static_cast<std::uint8_t>(std::stoul(word.substr(colon + 1)))));
    }
    EXPECT_EQ(map.digest().hex(), digest) << line;
  }
  EXPECT_EQ(maps, 6);
}

/// SHA-256 in a domain, written out once more.
crypto::Digest h(std::string_view domain, std::initializer_list<ByteView> parts) {
  Bytes all{static_cast<std::uint8_t>(domain.size())};
  append(all, domain);
  for (const ByteView part : parts)
    append(all, part);
  return crypto::sha256(all);
}

TEST(StateHash, is_composed_as_its_page_says) {
  ReplicatedState state(testing::topology());
  state.put(testing::make_canister(5));
  state.set_ingress(*testing::ingress(1, 5), IngressReceived{});
  const CanisterState& canister = *state.find(testing::canister(5));

  const Bytes one = *from_hex("0000000000000001");
  const auto canisters =
      h("icpd-state-canisters", {one, *from_hex("000000000000000a"), canister.id.view(),
                                 h("icpd-state-canister", {codec::to_record(canister)})});
  const Bytes status = codec::to_record(*state.ingress().find(testing::request_id(1)));
  Bytes status_size;
  append_be(status_size, static_cast<std::uint64_t>(status.size()));
  const auto ingress = h("icpd-state-ingress", {one, testing::request_id(1), status_size, status});
  const auto expected =
      h("icpd-state",
        {*from_hex("00000003"), h("icpd-state-metadata", {codec::to_record(state.metadata())}),
         h("icpd-state-subnet-queues", {codec::to_record(state.subnet_queues())}), canisters,
         ingress});
  EXPECT_EQ(state_hash(state).hex(), expected.hex());
}

// A change of any record's form must raise kStateHashVersion and this vector.
TEST(StateHash, has_the_form_of_version_3) {
  static_assert(kStateHashVersion == 3);
  ReplicatedState state(testing::topology());
  state.put(testing::make_canister(5));
  state.set_ingress(*testing::ingress(1, 5), IngressReceived{});
  std::ifstream file(kVectors + "state.txt");
  std::string expected;
  file >> expected;
  EXPECT_EQ(state_hash(state).hex(), expected);
}

}  // namespace
}  // namespace icpd::state
