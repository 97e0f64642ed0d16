#include "state/certified_tree.hpp"

#include <gtest/gtest.h>

#include "base/prng.hpp"
#include "codec/leb128.hpp"
#include "state/testing.hpp"

namespace icpd::state {
namespace {

using certification::HashTree;
using certification::Lookup;
using certification::PathSet;
using testing::canister;
using testing::request_id;

Cow<CanisterState> with_code(std::uint64_t index) {
  Cow<CanisterState> c = testing::make_canister(index);
  Module module{.code = Blob::of(Slice(to_bytes("wasm")))};
  module.metadata["candid:service"] = {MetadataVisibility::kPublic, Slice(to_bytes("service {}"))};
  ExecutionState execution;
  execution.module = seal(std::move(module));
  c.write().execution = Cow<ExecutionState>(std::move(execution));
  c.write().certified_data = Slice(to_bytes("certified"));
  return c;
}

ReplicatedState some_state() {
  ReplicatedState state(testing::topology());
  state.write_metadata().batch_time = Time::from_seconds(1000);
  for (std::uint64_t i = 0; i < 10; ++i)
    state.put(i % 2 == 0 ? with_code(i) : testing::make_canister(i));
  state.set_ingress(*testing::ingress(1, 2), IngressReplied{Slice(to_bytes("DIDL"))});
  state.set_ingress(*testing::ingress(2, 2),
                    IngressFailed{{types::ErrorCode::kCanisterTrapped, "boom"}});
  return state;
}

HashTree show(const ReplicatedState& state, std::initializer_list<ByteView> path) {
  PathSet paths;
  paths.add(path);
  return witness(state, paths);
}

TEST(CertifiedTree, witness_has_the_root_of_the_state) {
  ReplicatedState state = some_state();
  const types::StateRoot root = hash_state(state);
  const auto tree = show(state, {as_bytes("time")});
  EXPECT_EQ(tree.digest().view().size(), 32U);
  EXPECT_TRUE(equal(tree.digest(), root));
  const auto time = tree.lookup({as_bytes("time")});
  ASSERT_TRUE(time.found());
  EXPECT_EQ(to_bytes(time.value), codec::encode_leb128(1'000'000'000'000));
}

TEST(CertifiedTree, whole_tree_has_the_root_of_the_state) {
  ReplicatedState state = some_state();
  const types::StateRoot root = hash_state(state);
  EXPECT_TRUE(equal(show(state, {}).digest(), root));
  EXPECT_TRUE(show(state, {}).is_well_formed());
}

TEST(CertifiedTree, shows_a_replied_request) {
  ReplicatedState state = some_state();
  const types::StateRoot root = hash_state(state);
  const auto id = request_id(1);
  const auto tree = show(state, {as_bytes("request_status"), id});
  EXPECT_TRUE(equal(tree.digest(), root));
  EXPECT_EQ(as_text(tree.lookup({as_bytes("request_status"), id, as_bytes("status")}).value),
            "replied");
  EXPECT_EQ(as_text(tree.lookup({as_bytes("request_status"), id, as_bytes("reply")}).value),
            "DIDL");
  EXPECT_EQ(tree.lookup({as_bytes("time")}).kind, Lookup::Kind::kUnknown);
}

TEST(CertifiedTree, shows_a_rejected_request_with_its_codes) {
  ReplicatedState state = some_state();
  static_cast<void>(hash_state(state));
  const auto id = request_id(2);
  const auto tree = show(state, {as_bytes("request_status"), id});
  const auto leaf = [&](const char* label) {
    return tree.lookup({as_bytes("request_status"), id, as_bytes(label)}).value;
  };
  EXPECT_EQ(as_text(leaf("status")), "rejected");
  EXPECT_EQ(to_bytes(leaf("reject_code")), Bytes{5});
  EXPECT_EQ(as_text(leaf("reject_message")), "boom");
  EXPECT_EQ(as_text(leaf("error_code")), "IC0502");
}

TEST(CertifiedTree, proves_that_a_request_is_unknown) {
  ReplicatedState state = some_state();
  const types::StateRoot root = hash_state(state);
  const auto id = request_id(77);
  const auto tree = show(state, {as_bytes("request_status"), id});
  EXPECT_TRUE(equal(tree.digest(), root));
  EXPECT_EQ(tree.lookup({as_bytes("request_status"), id}).kind, Lookup::Kind::kAbsent);
}

TEST(CertifiedTree, shows_module_hash_and_metadata_of_a_canister_with_code) {
  ReplicatedState state = some_state();
  const types::StateRoot root = hash_state(state);
  const auto id = canister(4);
  const auto tree = show(state, {as_bytes("canister"), id.view()});
  EXPECT_TRUE(equal(tree.digest(), root));
  const auto at = [&](std::initializer_list<ByteView> rest) {
    std::vector<ByteView> path{as_bytes("canister"), id.view()};
    path.insert(path.end(), rest);
    return tree.lookup(path);
  };
  EXPECT_EQ(to_bytes(at({as_bytes("module_hash")}).value), to_bytes(crypto::sha256("wasm").view()));
  EXPECT_EQ(as_text(at({as_bytes("metadata"), as_bytes("candid:service")}).value), "service {}");
  EXPECT_EQ(as_text(at({as_bytes("certified_data")}).value), "certified");
}

TEST(CertifiedTree, an_empty_canister_has_no_module_hash) {
  ReplicatedState state = some_state();
  static_cast<void>(hash_state(state));
  const auto id = canister(3);
  const auto tree = show(state, {as_bytes("canister"), id.view(), as_bytes("module_hash")});
  EXPECT_EQ(tree.lookup({as_bytes("canister"), id.view(), as_bytes("module_hash")}).kind,
            Lookup::Kind::kAbsent);
}

TEST(CertifiedTree, shows_ranges_keys_and_nodes_of_the_subnet) {
  ReplicatedState state = some_state();
  static_cast<void>(hash_state(state));
  const auto subnet = state.topology().own_subnet;
  const auto tree = show(state, {as_bytes("subnet")});
  EXPECT_EQ(as_text(tree.lookup({as_bytes("subnet"), subnet.view(), as_bytes("public_key")}).value),
            "public key");
  EXPECT_EQ(as_text(tree.lookup({as_bytes("subnet"), subnet.view(), as_bytes("type")}).value),
            "application");
  // Tag 55799, one range of two ids of ten bytes.
  const std::string range = "d9d9f781824a000000000000000001014a00000000000fffff0101";
  EXPECT_EQ(
      to_hex(tree.lookup({as_bytes("subnet"), subnet.view(), as_bytes("canister_ranges")}).value),
      range);
  const auto ranges = show(state, {as_bytes("canister_ranges"), subnet.view()});
  EXPECT_EQ(
      to_hex(ranges.lookup({as_bytes("canister_ranges"), subnet.view(), canister(0).view()}).value),
      range);
}

TEST(CertifiedTree, snapshots_keep_their_root_while_the_tip_goes_on) {
  ReplicatedState tip = some_state();
  const types::StateRoot before = hash_state(tip);
  const ReplicatedState snapshot = tip;
  tip.update(canister(0), [](CanisterState& c) { c.certified_data = Slice(to_bytes("new")); });
  const types::StateRoot after = hash_state(tip);
  EXPECT_NE(before, after);
  EXPECT_TRUE(equal(show(snapshot, {as_bytes("canister")}).digest(), before));
  EXPECT_TRUE(equal(show(tip, {as_bytes("canister")}).digest(), after));
}

}  // namespace
}  // namespace icpd::state
