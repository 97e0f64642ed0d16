// Methods about the network. Those that need a threshold key or a connection to Bitcoin check what
// they are given and then say that this network has none.

#include "execution/management_handlers.hpp"
#include "execution/management_network_types.hpp"
#include "types/replica_version.hpp"

namespace icpd::execution {
namespace {

using namespace management;

constexpr std::size_t kDerivationPathMax = 255;
constexpr std::size_t kMessageHashSize = 32;

template <typename Args>
Status<UserError> check(const Args& args) {
  if constexpr (requires { args.derivation_path; }) {
    if (args.derivation_path.size() > kDerivationPathMax)
      return Err(invalid_argument("a derivation path has at most 255 elements"));
  }
  if constexpr (requires { args.message_hash; }) {
    if (args.message_hash.size() != kMessageHashSize)
      return Err(invalid_argument("message_hash has 32 bytes"));
  }
  if constexpr (requires { args.aux; }) {
    if (!args.aux) return {};
    const std::size_t size = std::get<0>(*args.aux).value.merkle_root_hash.size();
    if (args.key_id.algorithm.index() != 0)
      return Err(invalid_argument("bip341 goes with bip340secp256k1 only"));
    if (size != 0 && size != crypto::Digest::kSize)
      return Err(invalid_argument("merkle_root_hash has 32 bytes or none"));
  }
  return {};
}

/// A method that needs the threshold key that its argument names.
template <typename Args>
ManagementResult need_key(ManagementScope&, ManagementCall& call) {
  const auto args = TRY(decode_argument<Args>(call));
  TRY(check(args));
  return Err(no_such_key(call.method, args.key_id.text()));
}

/// A method that needs the Bitcoin network that its argument names.
template <typename Args>
ManagementResult need_bitcoin(ManagementScope&, ManagementCall& call) {
  const auto args = TRY(decode_argument<Args>(call));
  return Err(no_bitcoin_network(call.method, args.network.index() == 0 ? "mainnet" : "testnet"));
}

}  // namespace

ManagementResult subnet_info(ManagementScope& scope, ManagementCall& call) {
  const auto args = TRY(decode_argument<SubnetInfoArgs>(call));
  const state::NetworkTopology& topology = scope.state.topology();
  if (args.subnet_id != topology.own_subnet.principal) return Err(subnet_not_found(args.subnet_id));
  return candid::encode_args(
      SubnetInfoResult{std::string(types::kReplicaVersion), topology.version.value});
}

ManagementResult node_metrics_history(ManagementScope& scope, ManagementCall& call) {
  const auto args = TRY(decode_argument<NodeMetricsHistoryArgs>(call));
  if (args.subnet_id != scope.state.topology().own_subnet.principal)
    return Err(subnet_not_found(args.subnet_id));
  NodeMetricsHistoryResult result;
  const Time start{args.start_at_timestamp_nanos};
  for (const auto& sample : scope.state.metadata().node_metrics.since(start)) {
    NodeMetricsSample told{sample.time.ns, {}};
    for (const auto& [node, counts] : sample.nodes)
      told.node_metrics.push_back({node.principal, counts.proposed, counts.failed});
    result.push_back(std::move(told));
  }
  return candid::encode_args(result);
}

ManagementResult ecdsa_public_key(ManagementScope& scope, ManagementCall& call) {
  return need_key<EcdsaPublicKeyArgs>(scope, call);
}
ManagementResult sign_with_ecdsa(ManagementScope& scope, ManagementCall& call) {
  return need_key<SignWithEcdsaArgs>(scope, call);
}
ManagementResult schnorr_public_key(ManagementScope& scope, ManagementCall& call) {
  return need_key<SchnorrPublicKeyArgs>(scope, call);
}
ManagementResult sign_with_schnorr(ManagementScope& scope, ManagementCall& call) {
  return need_key<SignWithSchnorrArgs>(scope, call);
}
ManagementResult vetkd_public_key(ManagementScope& scope, ManagementCall& call) {
  return need_key<VetKdPublicKeyArgs>(scope, call);
}
ManagementResult vetkd_derive_key(ManagementScope& scope, ManagementCall& call) {
  return need_key<VetKdDeriveKeyArgs>(scope, call);
}

ManagementResult bitcoin_get_balance(ManagementScope& scope, ManagementCall& call) {
  return need_bitcoin<BitcoinGetBalanceArgs>(scope, call);
}
ManagementResult bitcoin_get_utxos(ManagementScope& scope, ManagementCall& call) {
  return need_bitcoin<BitcoinGetUtxosArgs>(scope, call);
}
ManagementResult bitcoin_send_transaction(ManagementScope& scope, ManagementCall& call) {
  return need_bitcoin<BitcoinSendTransactionArgs>(scope, call);
}
ManagementResult bitcoin_get_current_fee_percentiles(ManagementScope& scope, ManagementCall& call) {
  return need_bitcoin<BitcoinFeePercentilesArgs>(scope, call);
}
ManagementResult bitcoin_get_block_headers(ManagementScope& scope, ManagementCall& call) {
  return need_bitcoin<BitcoinGetBlockHeadersArgs>(scope, call);
}

}  // namespace icpd::execution
