#include "replica/ingress_pool.hpp"

#include <gtest/gtest.h>

#include "certification/envelope.hpp"
#include "crypto/hash.hpp"

namespace icpd::replica {
namespace {

constexpr Time kNow = Time::from_seconds(1'000);

SharedIngress message(std::uint8_t nonce, Time expiry) {
  types::CallContent call;
  call.sender = types::Principal::anonymous();
  call.canister_id = types::canister_id_from_index(0);
  call.method_name = "go";
  call.nonce = Slice(Bytes{nonce});
  call.ingress_expiry = expiry;
  const Slice bytes(certification::encode_envelope(call, std::nullopt));
  return SharedIngress(types::IngressMessage{certification::parse_envelope(bytes).value(),
                                             *types::IngressHash::from(crypto::sha256(bytes))});
}

PoolEntry entry(const SharedIngress& message, bool is_required) {
  return {.message = message,
          .artifact = types::encode(types::IngressArtifact{message->envelope.bytes}),
          .is_required = is_required,
          .received = kNow};
}

TEST(IngressPool, drops_a_message_once_it_has_expired) {
  IngressPool pool;
  const auto call = message(1, kNow + Duration::seconds(5));
  ASSERT_TRUE(pool.add(entry(call, false)));
  EXPECT_EQ(pool.next_expiry(), kNow + Duration::seconds(5));
  EXPECT_TRUE(pool.remove_expired(kNow + Duration::seconds(5)).empty());
  EXPECT_EQ(pool.remove_expired(kNow + Duration::seconds(6)).size(), 1u);
  EXPECT_FALSE(pool.contains(call->hash));
  EXPECT_EQ(pool.bytes(), 0u);
}

/// A block from before the expiry may name it, and each node's clock says something else.
TEST(IngressPool, keeps_what_a_block_names_although_it_has_expired) {
  IngressPool pool;
  const auto expired = message(1, kNow - Duration::seconds(5));
  ASSERT_TRUE(pool.add(entry(expired, true)));
  ASSERT_TRUE(pool.pin(expired->hash));
  ASSERT_TRUE(pool.pin(expired->hash));
  EXPECT_TRUE(pool.remove_expired(kNow + Duration::minutes(9)).empty());
  pool.unpin(expired->hash);
  EXPECT_TRUE(pool.remove_expired(kNow + Duration::minutes(9)).empty());
  pool.unpin(expired->hash);
  EXPECT_EQ(pool.remove_expired(kNow).size(), 1u);
  EXPECT_FALSE(pool.pin(expired->hash)) << "it isn't here";
}

TEST(IngressPool, forgets_when_a_removed_message_would_have_left) {
  IngressPool pool;
  const auto call = message(1, kNow - Duration::seconds(5));
  ASSERT_TRUE(pool.add(entry(call, true)));
  EXPECT_TRUE(pool.remove(call->hash).has_value());
  EXPECT_EQ(pool.next_expiry(), std::nullopt);
}

}  // namespace
}  // namespace icpd::replica
