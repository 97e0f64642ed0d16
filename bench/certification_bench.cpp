// What a request costs before it is believed: reading, hashing, and the checks around signatures.
#include <benchmark/benchmark.h>

#include "certification/canister_signature.hpp"
#include "certification/envelope.hpp"
#include "certification/request_auth.hpp"
#include "codec/candid_mapping.hpp"
#include "codec/cbor.hpp"
#include "codec/der.hpp"
#include "crypto/ed25519.hpp"

namespace {

using namespace icpd;
using namespace icpd::certification;

types::CallContent call_of(std::size_t arg_bytes, const types::Principal& sender) {
  types::CallContent call;
  call.sender = sender;
  call.ingress_expiry = Time::from_seconds(1'700'000'000);
  call.nonce = Slice(Bytes(16, 5));
  call.canister_id = types::canister_id_from_index(7);
  call.method_name = "increment";
  call.arg = Slice(Bytes(arg_bytes, 7));
  return call;
}

Slice signed_call(std::size_t arg_bytes) {
  const crypto::Ed25519SecretKey key{crypto::Ed25519SecretKey::Seed(Bytes(32, 1))};
  const Slice der(
      codec::der::wrap_public_key(codec::der::KeyAlgorithm::kEd25519, key.public_key().view()));
  const types::RequestContent content =
      call_of(arg_bytes, types::Principal::self_authenticating(der));
  const Slice signature = Slice::copy_of(key.sign(request_message(request_id(content))));
  return Slice(encode_envelope(content, EnvelopeSignature{der, signature, {}}));
}

void cbor_document(benchmark::State& state) {
  const Slice bytes = signed_call(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state)
    benchmark::DoNotOptimize(codec::cbor::Document::parse(bytes));
}
BENCHMARK(cbor_document)->Arg(250)->Arg(100'000);

void envelope_parse(benchmark::State& state) {
  const Slice bytes = signed_call(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state)
    benchmark::DoNotOptimize(parse_envelope(bytes));
}
BENCHMARK(envelope_parse)->Arg(250)->Arg(100'000);

void request_authenticate(benchmark::State& state) {
  const auto envelope = parse_envelope(signed_call(250)).value();
  const TrustRoot root{crypto::BlsSecretKey::from_seed(Bytes(32, 1)).public_key()};
  for (auto _ : state)
    benchmark::DoNotOptimize(authenticate(envelope, Time{1}, root));
}
BENCHMARK(request_authenticate);

void request_verify(benchmark::State& state) {
  const auto envelope = parse_envelope(signed_call(250)).value();
  const TrustRoot root{crypto::BlsSecretKey::from_seed(Bytes(32, 1)).public_key()};
  for (auto _ : state)
    benchmark::DoNotOptimize(verify_request(envelope, Time{1}, root));
}
BENCHMARK(request_verify);

/// A certificate of `range(0)` labels of one level, as a certificate shows a request's status.
HashTree level_of(std::int64_t labels) {
  std::vector<HashTree> children;
  for (std::int64_t i = 0; i < labels; ++i) {
    Bytes label;
    append_be(label, static_cast<std::uint64_t>(i));
    children.push_back(
        HashTree::labeled(Slice(std::move(label)), HashTree::leaf(Slice(Bytes(32)))));
  }
  return HashTree::level(std::move(children));
}

void hash_tree_digest(benchmark::State& state) {
  const HashTree tree = level_of(state.range(0));
  for (auto _ : state)
    benchmark::DoNotOptimize(tree.digest());
}
BENCHMARK(hash_tree_digest)->Arg(10)->Arg(1000);

void hash_tree_decode(benchmark::State& state) {
  const Slice bytes(level_of(state.range(0)).encode());
  for (auto _ : state)
    benchmark::DoNotOptimize(HashTree::decode(bytes));
}
BENCHMARK(hash_tree_decode)->Arg(10)->Arg(1000);

struct Record {
  std::string name;
  codec::Nat amount;
  std::optional<Bytes> memo;
  static constexpr auto kCandid = codec::candid::record(
      codec::candid::field<"name">(&Record::name), codec::candid::field<"amount">(&Record::amount),
      codec::candid::field<"memo">(&Record::memo));
};

void candid_encode(benchmark::State& state) {
  const Record record{"a name", codec::Nat(1'000'000'000), Bytes(32)};
  for (auto _ : state)
    benchmark::DoNotOptimize(codec::candid::encode_args(record));
}
BENCHMARK(candid_encode);

void candid_decode(benchmark::State& state) {
  const Bytes bytes =
      codec::candid::encode_args(Record{"a name", codec::Nat(1'000'000'000), Bytes(32)});
  for (auto _ : state)
    benchmark::DoNotOptimize(codec::candid::decode_arg<Record>(bytes));
}
BENCHMARK(candid_decode);

}  // namespace
