// Arguments of methods about the network and what it is connected to: subnets, threshold keys,
// Bitcoin; as ic.did (interface specification 0.66.0) declares them. What management_types.hpp says
// of views and amounts holds here.
#pragma once

#include "execution/management_types.hpp"

namespace icpd::execution::management {

// -------------------------------------------------------------------------------------- subnets

struct SubnetInfoArgs {
  Principal subnet_id;
  static constexpr auto kCandid = record(field<"subnet_id">(&SubnetInfoArgs::subnet_id));
};
struct SubnetInfoResult {
  std::string replica_version;
  std::uint64_t registry_version = 0;
  static constexpr auto kCandid =
      record(field<"replica_version">(&SubnetInfoResult::replica_version),
             field<"registry_version">(&SubnetInfoResult::registry_version));
};

struct NodeMetricsHistoryArgs {
  Principal subnet_id;
  std::uint64_t start_at_timestamp_nanos = 0;
  static constexpr auto kCandid =
      record(field<"subnet_id">(&NodeMetricsHistoryArgs::subnet_id),
             field<"start_at_timestamp_nanos">(&NodeMetricsHistoryArgs::start_at_timestamp_nanos));
};
struct NodeMetrics {
  Principal node_id;
  std::uint64_t num_blocks_proposed_total = 0;
  std::uint64_t num_block_failures_total = 0;
  static constexpr auto kCandid =
      record(field<"node_id">(&NodeMetrics::node_id),
             field<"num_blocks_proposed_total">(&NodeMetrics::num_blocks_proposed_total),
             field<"num_block_failures_total">(&NodeMetrics::num_block_failures_total));
};
struct NodeMetricsSample {
  std::uint64_t timestamp_nanos = 0;
  std::vector<NodeMetrics> node_metrics;
  static constexpr auto kCandid =
      record(field<"timestamp_nanos">(&NodeMetricsSample::timestamp_nanos),
             field<"node_metrics">(&NodeMetricsSample::node_metrics));
};
using NodeMetricsHistoryResult = std::vector<NodeMetricsSample>;

// --------------------------------------------------------------------------------- threshold keys

using DerivationPath = std::vector<ByteView>;

struct EcdsaKeyId {
  Variants<Case<"secp256k1">> curve;
  std::string name;
  static constexpr auto kCandid =
      record(field<"curve">(&EcdsaKeyId::curve), field<"name">(&EcdsaKeyId::name));
  [[nodiscard]] std::string text() const { return "ecdsa:secp256k1:" + name; }
};
struct SchnorrKeyId {
  Variants<Case<"bip340secp256k1">, Case<"ed25519">> algorithm;
  std::string name;
  static constexpr auto kCandid =
      record(field<"algorithm">(&SchnorrKeyId::algorithm), field<"name">(&SchnorrKeyId::name));
  [[nodiscard]] std::string text() const {
    return (algorithm.index() == 0 ? "schnorr:bip340secp256k1:" : "schnorr:ed25519:") + name;
  }
};
struct VetKdKeyId {
  Variants<Case<"bls12_381_g2">> curve;
  std::string name;
  static constexpr auto kCandid =
      record(field<"curve">(&VetKdKeyId::curve), field<"name">(&VetKdKeyId::name));
  [[nodiscard]] std::string text() const { return "vetkd:bls12_381_g2:" + name; }
};

struct EcdsaPublicKeyArgs {
  std::optional<CanisterId> canister_id;
  DerivationPath derivation_path;
  EcdsaKeyId key_id;
  static constexpr auto kCandid =
      record(field<"canister_id">(&EcdsaPublicKeyArgs::canister_id),
             field<"derivation_path">(&EcdsaPublicKeyArgs::derivation_path),
             field<"key_id">(&EcdsaPublicKeyArgs::key_id));
};
struct SignWithEcdsaArgs {
  ByteView message_hash;
  DerivationPath derivation_path;
  EcdsaKeyId key_id;
  static constexpr auto kCandid =
      record(field<"message_hash">(&SignWithEcdsaArgs::message_hash),
             field<"derivation_path">(&SignWithEcdsaArgs::derivation_path),
             field<"key_id">(&SignWithEcdsaArgs::key_id));
};

struct SchnorrPublicKeyArgs {
  std::optional<CanisterId> canister_id;
  DerivationPath derivation_path;
  SchnorrKeyId key_id;
  static constexpr auto kCandid =
      record(field<"canister_id">(&SchnorrPublicKeyArgs::canister_id),
             field<"derivation_path">(&SchnorrPublicKeyArgs::derivation_path),
             field<"key_id">(&SchnorrPublicKeyArgs::key_id));
};
struct Bip341 {
  ByteView merkle_root_hash;
  static constexpr auto kCandid = record(field<"merkle_root_hash">(&Bip341::merkle_root_hash));
};
struct SignWithSchnorrArgs {
  ByteView message;
  DerivationPath derivation_path;
  SchnorrKeyId key_id;
  std::optional<Variants<Case<"bip341", Bip341>>> aux;
  static constexpr auto kCandid = record(
      field<"message">(&SignWithSchnorrArgs::message),
      field<"derivation_path">(&SignWithSchnorrArgs::derivation_path),
      field<"key_id">(&SignWithSchnorrArgs::key_id), field<"aux">(&SignWithSchnorrArgs::aux));
};

struct VetKdPublicKeyArgs {
  std::optional<CanisterId> canister_id;
  ByteView context;
  VetKdKeyId key_id;
  static constexpr auto kCandid = record(field<"canister_id">(&VetKdPublicKeyArgs::canister_id),
                                         field<"context">(&VetKdPublicKeyArgs::context),
                                         field<"key_id">(&VetKdPublicKeyArgs::key_id));
};
struct VetKdDeriveKeyArgs {
  ByteView input;
  ByteView context;
  ByteView transport_public_key;
  VetKdKeyId key_id;
  static constexpr auto kCandid = record(
      field<"input">(&VetKdDeriveKeyArgs::input), field<"context">(&VetKdDeriveKeyArgs::context),
      field<"transport_public_key">(&VetKdDeriveKeyArgs::transport_public_key),
      field<"key_id">(&VetKdDeriveKeyArgs::key_id));
};

// ---------------------------------------------------------------------------------------- Bitcoin

using BitcoinNetwork = Variants<Case<"mainnet">, Case<"testnet">>;

struct BitcoinGetUtxosArgs {
  using Filter = Variants<Case<"min_confirmations", std::uint32_t>, Case<"page", ByteView>>;
  std::string address;
  BitcoinNetwork network;
  std::optional<Filter> filter;
  static constexpr auto kCandid = record(field<"address">(&BitcoinGetUtxosArgs::address),
                                         field<"network">(&BitcoinGetUtxosArgs::network),
                                         field<"filter">(&BitcoinGetUtxosArgs::filter));
};
struct BitcoinGetBalanceArgs {
  std::string address;
  BitcoinNetwork network;
  std::optional<std::uint32_t> min_confirmations;
  static constexpr auto kCandid =
      record(field<"address">(&BitcoinGetBalanceArgs::address),
             field<"network">(&BitcoinGetBalanceArgs::network),
             field<"min_confirmations">(&BitcoinGetBalanceArgs::min_confirmations));
};
struct BitcoinFeePercentilesArgs {
  BitcoinNetwork network;
  static constexpr auto kCandid = record(field<"network">(&BitcoinFeePercentilesArgs::network));
};
struct BitcoinSendTransactionArgs {
  ByteView transaction;
  BitcoinNetwork network;
  static constexpr auto kCandid =
      record(field<"transaction">(&BitcoinSendTransactionArgs::transaction),
             field<"network">(&BitcoinSendTransactionArgs::network));
};
struct BitcoinGetBlockHeadersArgs {
  std::uint32_t start_height = 0;
  std::optional<std::uint32_t> end_height;
  BitcoinNetwork network;
  static constexpr auto kCandid =
      record(field<"start_height">(&BitcoinGetBlockHeadersArgs::start_height),
             field<"end_height">(&BitcoinGetBlockHeadersArgs::end_height),
             field<"network">(&BitcoinGetBlockHeadersArgs::network));
};

}  // namespace icpd::execution::management
