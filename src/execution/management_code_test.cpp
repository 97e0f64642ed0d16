// Chunk stores: who may use one, what a chunk costs, and what can be installed from one (interface
// specification, "upload_chunk", "clear_chunk_store", "stored_chunks", "install_chunked_code").
#include <gtest/gtest.h>

#include "execution/canister_cycles.hpp"
#include "execution/test_subnet.hpp"

namespace icpd::execution {
namespace {

using namespace testing;
using namespace management;

std::string done() {
  return "reply: " + std::string(as_text(codec::candid::encode_args()));
}
crypto::Digest hash_of(std::string_view chunk) {
  return crypto::sha256(as_bytes(chunk));
}

class ChunkStores : public ::testing::Test {
 protected:
  template <typename... Args>
  std::string as(const types::UserId& who, std::string method, const Args&... args) {
    return subnet_.text(subnet_.manage(who, std::move(method), args...));
  }
  std::string upload(const types::UserId& who, std::string_view chunk) {
    return as(who, "upload_chunk", UploadChunkArgs{id_, as_bytes(chunk)});
  }
  static std::string hash_reply(std::string_view chunk) {
    return "reply: " +
           std::string(as_text(codec::candid::encode_args(ChunkHash{hash_of(chunk).view()})));
  }

  TestSubnet subnet_;
  CanisterId id_ = subnet_.create();
};

TEST_F(ChunkStores, list_what_was_uploaded_until_they_are_cleared) {
  EXPECT_EQ(upload(kAlice, "one"), hash_reply("one"));
  EXPECT_EQ(upload(kAlice, "two"), hash_reply("two"));
  EXPECT_EQ(upload(kAlice, "one"), hash_reply("one")) << "once is enough";
  std::vector<crypto::Digest> hashes = {hash_of("one"), hash_of("two")};
  std::ranges::sort(hashes);
  const std::vector<ChunkHash> both = {{hashes[0].view()}, {hashes[1].view()}};
  EXPECT_EQ(as(kAlice, "stored_chunks", CanisterIdRecord{id_}),
            "reply: " + std::string(as_text(codec::candid::encode_args(both))));
  EXPECT_EQ(as(kAlice, "clear_chunk_store", CanisterIdRecord{id_}), done());
  EXPECT_EQ(as(kAlice, "stored_chunks", CanisterIdRecord{id_}),
            "reply: " + std::string(as_text(codec::candid::encode_args(std::vector<ChunkHash>{}))));
}

TEST_F(ChunkStores, are_for_controllers_and_the_canister_itself) {
  for (const std::string& refused :
       {upload(kBob, "one"), as(kBob, "stored_chunks", CanisterIdRecord{id_}),
        as(kBob, "clear_chunk_store", CanisterIdRecord{id_})})
    EXPECT_TRUE(refused.starts_with("IC0512: ")) << refused;
  const CanisterId self = subnet_.deploy(kProxy);
  const Bytes arg = codec::candid::encode_args(UploadChunkArgs{self, as_bytes("one")});
  const auto answer = subnet_.call(kAlice, self, "proxy",
                                   proxy_arg(types::management_canister(), "upload_chunk", arg));
  EXPECT_TRUE(subnet_.text(answer).starts_with("reply: ok:DIDL")) << subnet_.text(answer);
  EXPECT_TRUE(subnet_.at(self).chunks->contains(hash_of("one")));
}

// "Error from Wasm chunk store: Cannot upload chunk. At least ... additional cycles are required."
TEST_F(ChunkStores, a_chunk_is_paid_for_and_leaves_the_canister_unfrozen) {
  const Cycles before = subnet_.at(id_).balance;
  upload(kAlice, "one");
  // 200 million instructions of one cycle each, and seconds of storage.
  const Cycles paid = subnet_.at(id_).consumed->at(state::CyclesUse::kInstructions);
  EXPECT_EQ(paid, Cycles{200'000'000});
  EXPECT_GE(before - subnet_.at(id_).balance, paid.value);
  EXPECT_EQ(subnet_.at(id_).chunk_store_bytes(), kMiB) << "accounted as a whole chunk";
  subnet_.state.update(id_, [&](state::CanisterState& canister) {
    subnet_.minted -= (canister.balance - Cycles{200'000'000});
    canister.balance = Cycles{200'000'000};
  });
  const std::string refused = upload(kAlice, "two");
  EXPECT_TRUE(
      refused.starts_with("IC0406: Error from Wasm chunk store: Cannot upload chunk. At least "))
      << refused;
  EXPECT_TRUE(refused.ends_with(" additional cycles are required.")) << refused;
  EXPECT_EQ(subnet_.at(id_).chunks->size(), 1U);
  const ProvisionalTopUpArgs more{id_, 1'000'000'000'000};
  subnet_.minted += 1'000'000'000'000;
  EXPECT_EQ(as(kBob, "provisional_top_up_canister", more), done());
  EXPECT_EQ(upload(kAlice, "two"), hash_reply("two"));
}

// "memory_allocation": memory that the canister "is guaranteed to be allowed to use in total".
TEST_F(ChunkStores, a_chunk_within_the_allocation_needs_no_room_in_the_subnet) {
  TestSubnet subnet({.parameters = {.subnet_memory_max = kGiB, .provisional_methods = true}});
  const CanisterId rich = subnet.create();
  const CanisterId poor = subnet.create();
  UpdateSettingsArgs settings;
  settings.canister_id = rich;
  settings.settings.memory_allocation = kGiB - kMiB;
  ASSERT_EQ(subnet.text(subnet.manage(kAlice, "update_settings", settings)), done());
  const auto upload_to = [&](const CanisterId& id) {
    return subnet.text(
        subnet.manage(kAlice, "upload_chunk", UploadChunkArgs{id, as_bytes("chunk")}));
  };
  EXPECT_EQ(upload_to(rich), hash_reply("chunk"));
  const std::string refused = upload_to(poor);
  EXPECT_TRUE(refused.starts_with("IC0101: Canister requested 1 MiB of memory but only "))
      << refused;
}

// "An operation that allocates resources [...] will fail if the new value of reserved_cycles
// exceeds this limit."
TEST_F(ChunkStores, a_chunk_on_a_nearly_full_subnet_sets_cycles_aside) {
  subnet_.state.update(subnet_.create(), [](state::CanisterState& canister) {
    canister.settings.write().memory_allocation = kTiB;
  });
  UpdateSettingsArgs settings;
  settings.canister_id = id_;
  settings.settings.reserved_cycles_limit = 1;
  ASSERT_EQ(as(kAlice, "update_settings", settings), done());
  const std::string refused = upload(kAlice, "one");
  EXPECT_TRUE(
      refused.starts_with("IC0534: Canister cannot grow memory by 1048576 bytes due to its "
                          "reserved cycles limit."))
      << refused;
  settings.settings.reserved_cycles_limit = 5'000'000'000'000;
  ASSERT_EQ(as(kAlice, "update_settings", settings), done());
  EXPECT_EQ(upload(kAlice, "one"), hash_reply("one"));
  EXPECT_GT(subnet_.at(id_).reserved_balance, Cycles{0});
}

class ChunkedInstall : public ChunkStores {
 protected:
  ChunkedInstall() {
    args_.target_canister = subnet_.create();
    args_.store_canister = id_;
    upload(kAlice, text());
    args_.chunk_hashes_list = {ChunkHash{hash_.view()}};
    args_.wasm_module_hash = hash_.view();
  }
  [[nodiscard]] std::string_view text() const { return as_text(module_); }
  std::string install(const types::UserId& who) { return as(who, "install_chunked_code", args_); }

  Bytes module_ = wat(kCounter);
  crypto::Digest hash_ = crypto::sha256(module_);
  InstallChunkedCodeArgs args_;
};

TEST_F(ChunkedInstall, takes_chunks_from_the_store_of_another_canister) {
  EXPECT_EQ(install(kAlice), done());
  EXPECT_EQ((*subnet_.at(args_.target_canister).execution)->module->hash(), hash_);
}

// "the caller must be a controller of store_canister or store_canister itself"
TEST_F(ChunkedInstall, needs_a_controller_of_both_canisters) {
  EXPECT_TRUE(install(kBob).starts_with("IC0512: "));
  UpdateSettingsArgs settings;
  settings.canister_id = args_.target_canister;
  settings.settings.controllers = {kAlice.principal, kBob.principal};
  ASSERT_EQ(as(kAlice, "update_settings", settings), done());
  const std::string refused = install(kBob);
  EXPECT_TRUE(refused.starts_with("IC0512: Only the controllers of the canister " + id_.text()))
      << refused;
  settings.canister_id = id_;
  ASSERT_EQ(as(kAlice, "update_settings", settings), done());
  EXPECT_EQ(install(kBob), done());
}

TEST_F(ChunkedInstall, names_the_store_the_chunk_or_the_hash_that_is_wrong) {
  const crypto::Digest other = hash_of("other");
  args_.wasm_module_hash = other.view();
  EXPECT_EQ(install(kAlice),
            "IC0406: Error from Wasm chunk store: the hash of the assembled module is " +
                hash_.hex() + ", but " + other.hex() + " was expected.");
  args_.chunk_hashes_list.push_back({other.view()});
  EXPECT_EQ(install(kAlice),
            "IC0406: Error from Wasm chunk store: Chunk hash " + other.hex() + " was not found.");
  const CanisterId nobody = types::canister_id_from_index(77'777);
  args_.store_canister = nobody;
  EXPECT_EQ(install(kAlice), "IC0301: Canister " + nobody.text() + " not found.");
}

// Reference 2.5: an instruction for each byte of whole chunks, beside compiling.
TEST_F(ChunkedInstall, counts_the_bytes_of_its_chunks) {
  const CanisterId whole = subnet_.create();
  ASSERT_EQ(subnet_.text(subnet_.install(whole, module_)), done());
  ASSERT_EQ(install(kAlice), done());
  const auto instructions = [&](const CanisterId& id) {
    return subnet_.at(id).consumed->at(state::CyclesUse::kInstructions);
  };
  EXPECT_EQ(instructions(args_.target_canister), instructions(whole) + kMiB);
}

}  // namespace
}  // namespace icpd::execution
