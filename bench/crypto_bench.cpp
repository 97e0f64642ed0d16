// What the protocol spends on cryptography. Times are CPU time of one thread.
#include <benchmark/benchmark.h>

#include "crypto/bls.hpp"
#include "crypto/detail/bls_points.hpp"
#include "crypto/ecdsa.hpp"
#include "crypto/ed25519.hpp"
#include "crypto/hash.hpp"
#include "crypto/quorum.hpp"
#include "crypto/random.hpp"
#include "crypto/representation_hash.hpp"
#include "crypto/rsa.hpp"
#include "crypto/threshold.hpp"

namespace icpd::crypto {
namespace {

using benchmark::DoNotOptimize;
using benchmark::State;

const Bytes kMessage(100, 7);

// Committee sizes, and what is needed of them when f = (n - 1) / 3 are faulty.
void committees(benchmark::internal::Benchmark* bench) {
  for (int n : {4, 13, 40})
    bench->Arg(n);
}
std::uint32_t high(std::uint32_t n) {
  return n - (n - 1) / 3;
}

void Sha256(State& state) {
  Bytes input(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    const Digest digest = sha256(input);
    input[0] = digest.bytes[0];
  }
}
BENCHMARK(Sha256)->Arg(64)->Arg(1024)->Arg(4096);

void TreeForkHash(State& state) {
  Digest left;
  for (auto _ : state)
    left = hash_in_domain("ic-hashtree-fork", {left, left});
}
BENCHMARK(TreeForkHash);

void SeededRandomBelow(State& state) {
  SeededRandom random(Bytes(32, 1));
  for (auto _ : state)
    DoNotOptimize(random.below(40));
}
BENCHMARK(SeededRandomBelow);

void Ed25519Sign(State& state) {
  const Ed25519SecretKey key(Ed25519SecretKey::Seed(Bytes(32, 1)));
  for (auto _ : state)
    DoNotOptimize(key.sign(kMessage));
}
BENCHMARK(Ed25519Sign);

void Ed25519Verify(State& state) {
  const Ed25519SecretKey key(Ed25519SecretKey::Seed(Bytes(32, 1)));
  const Ed25519Signature signature = key.sign(kMessage);
  for (auto _ : state)
    DoNotOptimize(ed25519_verify(key.public_key(), kMessage, signature));
}
BENCHMARK(Ed25519Verify);

void Secp256k1Verify(State& state) {
  const auto key = Secp256k1SecretKey::from_scalar(Secp256k1SecretKey::Scalar(Bytes(32, 1)));
  const Sec1Point point = key->public_key();
  const EcdsaSignature signature = key->sign(kMessage);
  for (auto _ : state)
    DoNotOptimize(secp256k1_verify(point, kMessage, signature));
}
BENCHMARK(Secp256k1Verify);

// RFC 6979, A.2.5, SHA-256, "sample".
void P256Verify(State& state) {
  const auto point = Sec1Point::from(
      *from_hex("0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99"
                "a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"));
  const auto signature = EcdsaSignature::from(
      *from_hex("efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716f7cb1c942d657c41d4"
                "36c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"));
  for (auto _ : state) {
    if (!p256_verify(*point, as_bytes("sample"), *signature)) state.SkipWithError("must verify");
  }
}
BENCHMARK(P256Verify);

// A wrong signature costs what a right one does.
void RsaVerify(State& state) {
  const Bytes modulus(static_cast<std::size_t>(state.range(0)) / 8, 0xff);
  const Bytes signature(modulus.size(), 0x7f);
  const Bytes exponent = {1, 0, 1};
  for (auto _ : state)
    DoNotOptimize(rsa_verify({modulus, exponent}, kMessage, signature));
}
BENCHMARK(RsaVerify)->Arg(2048)->Arg(8192);

void RequestId(State& state) {
  const Bytes argument(250, 1);
  for (auto _ : state)
    DoNotOptimize(MapHash()
                      .text("request_type", "call")
                      .blob("sender", argument)
                      .nat("ingress_expiry", 1685570400000000000)
                      .blob("canister_id", Bytes(10, 1))
                      .text("method_name", "increment")
                      .blob("nonce", Bytes(16, 1))
                      .blob("arg", argument)
                      .finish());
}
BENCHMARK(RequestId);

BlsSecretKey bls_key(std::size_t i) {
  return BlsSecretKey::from_seed(Bytes(32, static_cast<std::uint8_t>(i)));
}

void BlsSign(State& state) {
  const BlsSecretKey key = bls_key(1);
  for (auto _ : state)
    DoNotOptimize(key.sign(kMessage));
}
BENCHMARK(BlsSign);

void BlsDecodeKey(State& state) {
  const BlsPublicKeyBytes bytes = bls_key(1).public_key().bytes();
  for (auto _ : state)
    DoNotOptimize(BlsPublicKey::decode(bytes));
}
BENCHMARK(BlsDecodeKey);

void BlsPrepareKey(State& state) {
  const BlsPublicKey key = bls_key(1).public_key();
  for (auto _ : state)
    DoNotOptimize(PreparedBlsKey(key));
}
BENCHMARK(BlsPrepareKey);

void BlsVerify(State& state) {
  const BlsSecretKey secret = bls_key(1);
  const BlsPublicKey key = secret.public_key();
  const BlsSignature signature = secret.sign(kMessage);
  for (auto _ : state)
    DoNotOptimize(key.verify(kMessage, signature));
}
BENCHMARK(BlsVerify);

void BlsVerifyPrepared(State& state) {
  const BlsSecretKey secret = bls_key(1);
  const PreparedBlsKey key(secret.public_key());
  const BlsSignature signature = secret.sign(kMessage);
  for (auto _ : state)
    DoNotOptimize(key.verify(kMessage, signature));
}
BENCHMARK(BlsVerifyPrepared);

void BlsBatchOneKey(State& state) {
  const BlsSecretKey secret = bls_key(1);
  const BlsPublicKey key = secret.public_key();
  std::vector<Bytes> messages;
  std::vector<BlsCheck> checks;
  for (int i = 0; i < state.range(0); ++i)
    messages.push_back(Bytes(32, static_cast<std::uint8_t>(i)));
  for (const Bytes& message : messages)
    checks.push_back({&key, message, secret.sign(message)});
  for (auto _ : state)
    DoNotOptimize(bls_verify_batch(checks));
}
BENCHMARK(BlsBatchOneKey)->Arg(4)->Arg(13)->Arg(40);

void BlsBatchOneMessage(State& state) {
  std::vector<BlsPublicKey> keys;
  std::vector<BlsCheck> checks;
  for (std::size_t i = 0; i < static_cast<std::size_t>(state.range(0)); ++i)
    keys.push_back(bls_key(i).public_key());
  for (std::size_t i = 0; i < keys.size(); ++i)
    checks.push_back({&keys[i], kMessage, bls_key(i).sign(kMessage)});
  for (auto _ : state)
    DoNotOptimize(bls_verify_batch(checks));
}
BENCHMARK(BlsBatchOneMessage)->Arg(4)->Arg(13)->Arg(40);

struct Committee {
  Dealt dealt;
  ThresholdPublicKey key;
  std::vector<SignatureShare> shares;

  // The members who sign are spread over the committee.
  explicit Committee(std::uint32_t n)
      : dealt(deal(Bytes(32, 1), {ThresholdTag::kHigh, n, high(n), 1})),
        key(ThresholdPublicKey::from(dealt.transcript).value()) {
    for (const ThresholdShare& share : dealt.shares)
      shares.push_back(share.sign(kMessage));
    SeededRandom(Bytes(32, 1)).shuffle(std::span(shares));
  }
};

void ThresholdDecode(State& state) {
  const Committee committee(static_cast<std::uint32_t>(state.range(0)));
  for (auto _ : state)
    DoNotOptimize(ThresholdPublicKey::from(committee.dealt.transcript));
}
BENCHMARK(ThresholdDecode)->Apply(committees);

void ThresholdCombine(State& state) {
  const Committee committee(static_cast<std::uint32_t>(state.range(0)));
  for (auto _ : state)
    DoNotOptimize(combine_unverified(committee.key, committee.shares));
}
BENCHMARK(ThresholdCombine)->Apply(committees);

void ThresholdCombineAndVerify(State& state) {
  const Committee committee(static_cast<std::uint32_t>(state.range(0)));
  for (auto _ : state)
    DoNotOptimize(combine_and_verify(committee.key, kMessage, committee.shares));
}
BENCHMARK(ThresholdCombineAndVerify)->Apply(committees);

void ThresholdCombineWithOneLiar(State& state) {
  Committee committee(static_cast<std::uint32_t>(state.range(0)));
  committee.shares[0].signature = bls_key(9).sign(kMessage);
  for (auto _ : state)
    DoNotOptimize(combine_and_verify(committee.key, kMessage, committee.shares));
}
BENCHMARK(ThresholdCombineWithOneLiar)->Apply(committees);

void QuorumVerify(State& state) {
  const auto n = static_cast<std::uint32_t>(state.range(0));
  std::vector<Ed25519PublicKey> keys;
  std::vector<QuorumShare> shares;
  for (std::uint32_t i = 0; i < n; ++i) {
    const Ed25519SecretKey key(Ed25519SecretKey::Seed(Bytes(32, static_cast<std::uint8_t>(i))));
    keys.push_back(key.public_key());
    shares.push_back({MemberIndex{i}, key.sign(kMessage)});
  }
  const QuorumRule rule{keys, high(n)};
  const auto certificate = quorum_combine_verified(rule, shares);
  for (auto _ : state)
    DoNotOptimize(quorum_verify(rule, kMessage, *certificate));
}
BENCHMARK(QuorumVerify)->Apply(committees);

// The alternative to Ed25519 quorum certificates (docs/adr/0001-quorum-certificates.md): the sum of
// n - f BLS signatures over one message, verified under the sum of the signers' keys. Keys carry a
// proof of possession, checked once, so that plain sums are safe.
void BlsMultiSignatureCombine(State& state) {
  const auto n = high(static_cast<std::uint32_t>(state.range(0)));
  std::vector<BlsSignature> signatures;
  for (std::uint32_t i = 0; i < n; ++i)
    signatures.push_back(bls_key(i).sign(kMessage));
  for (auto _ : state) {
    blst_p1 sum{};
    for (const BlsSignature& signature : signatures) {
      const auto point = detail::signature_on_curve(signature);
      blst_p1_add_or_double_affine(&sum, &sum, &*point);
    }
    DoNotOptimize(detail::compress(sum));
  }
}
BENCHMARK(BlsMultiSignatureCombine)->Apply(committees);

void BlsMultiSignatureVerify(State& state) {
  const auto n = high(static_cast<std::uint32_t>(state.range(0)));
  std::vector<blst_p2_affine> keys;
  blst_p1 sum{};
  for (std::uint32_t i = 0; i < n; ++i) {
    keys.push_back(detail::to_blst(bls_key(i).public_key().point()));
    const auto point = detail::signature_point(bls_key(i).sign(kMessage));
    blst_p1_add_or_double_affine(&sum, &sum, &*point);
  }
  const BlsSignature combined = detail::compress(sum);
  for (auto _ : state) {
    blst_p2 key{};
    for (const blst_p2_affine& member : keys)
      blst_p2_add_or_double_affine(&key, &key, &member);
    blst_p2_affine affine;
    blst_p2_to_affine(&affine, &key);
    const auto point = detail::signature_point(combined);
    const bool valid = detail::pairing_holds(detail::hash_to_g1(kMessage), affine, *point);
    if (!valid) state.SkipWithError("must verify");
  }
}
BENCHMARK(BlsMultiSignatureVerify)->Apply(committees);

}  // namespace
}  // namespace icpd::crypto
