#include <gtest/gtest.h>

#include "execution/management_network_types.hpp"
#include "execution/test_subnet.hpp"
#include "types/replica_version.hpp"

namespace icpd::execution {
namespace {

using namespace testing;
using namespace management;

class ManagementNetwork : public ::testing::Test {
 protected:
  template <typename Args>
  std::string ask(std::string_view method, const Args& args) {
    return subnet_.text(subnet_.call(kAlice, proxy_, "proxy",
                                     proxy_arg(types::management_canister(), method,
                                               codec::candid::encode_args(args), 30'000'000'000)));
  }

  TestSubnet subnet_;
  CanisterId proxy_ = subnet_.deploy(kProxy);
};

std::string no_key(std::string_view method, std::string_view key) {
  return "reply: rejected 4: The method '" + std::string(method) + "' needs the threshold key '" +
         std::string(key) + "', which no subnet of this network has.";
}
std::string invalid(std::string_view why) {
  return "reply: rejected 4: Error decoding candid: " + std::string(why);
}

TEST_F(ManagementNetwork, a_subnet_tells_its_version) {
  const std::string answer =
      ask("subnet_info", SubnetInfoArgs{subnet_.state.topology().own_subnet.principal});
  ASSERT_TRUE(answer.starts_with("reply: ok:")) << answer;
  const auto info =
      codec::candid::decode_arg<SubnetInfoResult>(as_bytes(std::string_view(answer).substr(10)));
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->replica_version, types::kReplicaVersion);
  EXPECT_EQ(info->registry_version, subnet_.state.topology().version.value);
  EXPECT_EQ(ask("subnet_info", SubnetInfoArgs{kBob.principal}),
            "reply: rejected 4: Subnet " + kBob.principal.text() + " not found.");
}

// Interface specification, "IC method node_metrics_history"; how samples come about is tested in
// state/node_metrics_test.cpp.
TEST_F(ManagementNetwork, a_subnet_tells_who_made_blocks_and_who_failed_to) {
  const types::SubnetId own = subnet_.state.topology().own_subnet;
  const types::NodeId maker(kAlice.principal);
  const types::NodeId failed(kBob.principal);
  constexpr Duration kDay = Duration::minutes(24 * 60);
  const Time yesterday = subnet_.state.time() - kDay;
  auto& metrics = subnet_.state.write_metadata().node_metrics;
  metrics.observe(yesterday, maker, {});
  metrics.observe(yesterday + kDay, maker, std::vector{failed});
  const auto history = [&](Time start) {
    const std::string answer =
        ask("node_metrics_history", NodeMetricsHistoryArgs{own.principal, start.ns});
    EXPECT_TRUE(answer.starts_with("reply: ok:")) << answer;
    return codec::candid::decode_arg<NodeMetricsHistoryResult>(
               as_bytes(std::string_view(answer).substr(10)))
        .value();
  };
  const auto all = history(Time{});
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].timestamp_nanos, yesterday.ns);
  ASSERT_EQ(all[0].node_metrics.size(), 1U);
  EXPECT_EQ(all[0].node_metrics[0].node_id, maker.principal);
  ASSERT_EQ(all[1].node_metrics.size(), 2U);
  for (const NodeMetrics& node : all[1].node_metrics) {
    const bool is_maker = node.node_id == maker.principal;
    EXPECT_EQ(node.num_blocks_proposed_total, is_maker ? 2U : 0U);
    EXPECT_EQ(node.num_block_failures_total, is_maker ? 0U : 1U);
  }
  EXPECT_EQ(history(yesterday + Duration::nanoseconds(1)).size(), 1U);
  EXPECT_EQ(ask("node_metrics_history", NodeMetricsHistoryArgs{kBob.principal, 0}),
            "reply: rejected 4: Subnet " + kBob.principal.text() + " not found.");
}

// Interface specification: "requires that a key with ID key_id was generated. Otherwise, the call
// is rejected." What was attached comes back with the reject: the cycles are counted each round.
TEST_F(ManagementNetwork, calls_that_need_a_key_are_refused_by_its_name) {
  const Bytes hash(32);
  const EcdsaKeyId ecdsa{{}, "key_1"};
  const SchnorrKeyId schnorr{{}, "key_1"};
  SchnorrKeyId ed25519 = schnorr;
  ed25519.algorithm.emplace<1>();
  const VetKdKeyId vetkd{{}, "key_1"};
  EXPECT_EQ(ask("ecdsa_public_key", EcdsaPublicKeyArgs{std::nullopt, {}, ecdsa}),
            no_key("ecdsa_public_key", "ecdsa:secp256k1:key_1"));
  EXPECT_EQ(ask("sign_with_ecdsa", SignWithEcdsaArgs{hash, {}, ecdsa}),
            no_key("sign_with_ecdsa", "ecdsa:secp256k1:key_1"));
  EXPECT_EQ(ask("schnorr_public_key", SchnorrPublicKeyArgs{std::nullopt, {}, ed25519}),
            no_key("schnorr_public_key", "schnorr:ed25519:key_1"));
  EXPECT_EQ(ask("sign_with_schnorr", SignWithSchnorrArgs{hash, {}, schnorr, std::nullopt}),
            no_key("sign_with_schnorr", "schnorr:bip340secp256k1:key_1"));
  EXPECT_EQ(ask("vetkd_public_key", VetKdPublicKeyArgs{std::nullopt, {}, vetkd}),
            no_key("vetkd_public_key", "vetkd:bls12_381_g2:key_1"));
  EXPECT_EQ(ask("vetkd_derive_key", VetKdDeriveKeyArgs{{}, {}, {}, vetkd}),
            no_key("vetkd_derive_key", "vetkd:bls12_381_g2:key_1"));
}

TEST_F(ManagementNetwork, arguments_are_checked_before_keys) {
  const Bytes short_hash(31);
  EXPECT_EQ(ask("sign_with_ecdsa", SignWithEcdsaArgs{short_hash, {}, {}}),
            invalid("message_hash has 32 bytes"));
  EXPECT_EQ(ask("ecdsa_public_key", EcdsaPublicKeyArgs{std::nullopt, DerivationPath(256), {}}),
            invalid("a derivation path has at most 255 elements"));
  SignWithSchnorrArgs args;
  args.aux.emplace();
  std::get<0>(*args.aux).value.merkle_root_hash = short_hash;
  EXPECT_EQ(ask("sign_with_schnorr", args), invalid("merkle_root_hash has 32 bytes or none"));
  args.key_id.algorithm.emplace<1>();
  EXPECT_EQ(ask("sign_with_schnorr", args), invalid("bip341 goes with bip340secp256k1 only"));
  EXPECT_TRUE(ask("vetkd_derive_key", SubnetInfoArgs{}).starts_with(invalid("")));
}

TEST_F(ManagementNetwork, calls_that_need_bitcoin_are_refused_by_the_network_s_name) {
  const auto refused = [](std::string_view method, std::string_view network) {
    return "reply: rejected 4: The method '" + std::string(method) +
           "' needs the Bitcoin network '" + std::string(network) +
           "', to which this network is not connected.";
  };
  BitcoinNetwork testnet;
  testnet.emplace<1>();
  EXPECT_EQ(ask("bitcoin_get_balance", BitcoinGetBalanceArgs{}),
            refused("bitcoin_get_balance", "mainnet"));
  EXPECT_EQ(ask("bitcoin_get_utxos", BitcoinGetUtxosArgs{{}, testnet, std::nullopt}),
            refused("bitcoin_get_utxos", "testnet"));
  EXPECT_EQ(ask("bitcoin_send_transaction", BitcoinSendTransactionArgs{{}, testnet}),
            refused("bitcoin_send_transaction", "testnet"));
  EXPECT_EQ(ask("bitcoin_get_current_fee_percentiles", BitcoinFeePercentilesArgs{}),
            refused("bitcoin_get_current_fee_percentiles", "mainnet"));
  EXPECT_EQ(ask("bitcoin_get_block_headers", BitcoinGetBlockHeadersArgs{}),
            refused("bitcoin_get_block_headers", "mainnet"));
}

}  // namespace
}  // namespace icpd::execution
