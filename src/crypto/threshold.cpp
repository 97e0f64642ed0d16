#include "crypto/threshold.hpp"

#include <algorithm>
#include <bit>

#include "codec/record.hpp"
#include "crypto/detail/bls_points.hpp"
#include "crypto/detail/lagrange.hpp"

namespace icpd::crypto {
namespace {

std::uint32_t point_of(MemberIndex member) {
  return member.value + 1;
}

// factor·point for a public factor of few bits.
blst_p2 times_small(const blst_p2& point, std::uint32_t factor) {
  ensure(factor > 0);
  blst_p2 result = point;
  for (int bit = std::bit_width(factor) - 2; bit >= 0; --bit) {
    blst_p2_double(&result, &result);
    if ((factor >> bit & 1) != 0) blst_p2_add_or_double(&result, &result, &point);
  }
  return result;
}

blst_p2 evaluate(std::span<const blst_p2_affine> coefficients, std::uint32_t x) {
  blst_p2 value;
  blst_p2_from_affine(&value, &coefficients.back());
  for (std::size_t k = coefficients.size() - 1; k-- > 0;) {
    value = times_small(value, x);
    blst_p2_add_or_double_affine(&value, &value, &coefficients[k]);
  }
  return value;
}

blst_fr field_of(std::uint64_t value) {
  const std::array<std::uint64_t, 4> limbs = {value, 0, 0, 0};
  blst_fr result;
  blst_fr_from_uint64(&result, limbs.data());
  return result;
}

// The polynomial's value at x, as a key. Nothing if it is zero.
std::optional<BlsSecretKey> evaluate(std::span<const BlsSecretKey> coefficients, std::uint32_t x) {
  const blst_fr point = field_of(x);
  blst_fr value = field_of(0);
  blst_scalar scalar;
  for (std::size_t k = coefficients.size(); k-- > 0;) {
    blst_scalar_from_bendian(&scalar, coefficients[k].scalar().view().data());
    blst_fr coefficient;
    blst_fr_from_scalar(&coefficient, &scalar);
    blst_fr_mul(&value, &value, &point);
    blst_fr_add(&value, &value, &coefficient);
    clear({reinterpret_cast<std::uint8_t*>(&coefficient), sizeof coefficient});
  }
  blst_scalar_from_fr(&scalar, &value);
  BlsSecretKey::Scalar bytes;
  blst_bendian_from_scalar(bytes.write().data(), &scalar);
  clear(MutableByteView(scalar.b));
  clear({reinterpret_cast<std::uint8_t*>(&value), sizeof value});
  Result<BlsSecretKey> key = BlsSecretKey::from_scalar(bytes);
  if (!key) return std::nullopt;
  return std::move(key).value();
}

// Below it, one chain of doublings for all points beats building buckets.
constexpr std::size_t kBucketsFrom = 12;

// Doubles once for all points and adds those whose weight has the bit (Straus).
blst_p1 interleaved_sum(std::span<const blst_p1_affine> points, ByteView weights,
                        std::size_t bits) {
  const std::size_t stride = (bits + 7) / 8;
  blst_p1 sum{};
  for (std::size_t bit = bits; bit-- > 0;) {
    blst_p1_double(&sum, &sum);
    for (std::size_t i = 0; i < points.size(); ++i) {
      if ((weights[i * stride + bit / 8] >> (bit % 8) & 1) != 0)
        blst_p1_add_or_double_affine(&sum, &sum, &points[i]);
    }
  }
  return sum;
}

blst_p1 interpolate(std::span<const std::uint32_t> xs, std::vector<blst_p1_affine> points) {
  const detail::LagrangeWeights weights = detail::lagrange_at_zero(xs);
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (weights.negative[i]) blst_fp_cneg(&points[i].y, &points[i].y, true);
  }
  blst_p1 sum = points.size() < kBucketsFrom
                    ? interleaved_sum(points, weights.magnitudes, weights.bits)
                    : detail::weighted_sum(points, weights.magnitudes, weights.bits);
  if (!weights.common_is_one) blst_p1_mult(&sum, &sum, weights.common.b, detail::kScalarBits);
  return sum;
}

}  // namespace

Status<> check_sizes(const Transcript& transcript) {
  if (transcript.committee_size > kCommitteeMax) return Err("transcript: committee too large");
  if (transcript.threshold == 0 || transcript.threshold > transcript.committee_size)
    return Err("transcript: threshold not within 1 and the committee's size");
  if (transcript.coefficients.size() != transcript.threshold)
    return Err("transcript: as many coefficients as the threshold are needed");
  return {};
}

Digest digest_of(const Transcript& transcript) {
  return hash_in_domain("icpd-transcript", {codec::to_record(transcript)});
}

struct ThresholdPublicKey::Keys {
  std::uint32_t threshold;
  PreparedBlsKey committee;
  std::vector<BlsPublicKey> members;
};

Result<ThresholdPublicKey> ThresholdPublicKey::from(const Transcript& transcript) {
  TRY(check_sizes(transcript));
  std::vector<blst_p2_affine> coefficients;
  for (const BlsPublicKeyBytes& bytes : transcript.coefficients)
    coefficients.push_back(detail::to_blst(TRY(BlsPublicKey::decode(bytes)).point()));

  std::vector<BlsPublicKey> members;
  members.reserve(transcript.committee_size);
  for (std::uint32_t i = 0; i < transcript.committee_size; ++i) {
    const blst_p2 point = evaluate(coefficients, point_of(MemberIndex{i}));
    if (blst_p2_is_inf(&point)) return Err("transcript: a member's key is the point at infinity");
    blst_p2_affine affine;
    blst_p2_to_affine(&affine, &point);
    BlsPublicKeyBytes bytes;
    blst_p2_affine_compress(bytes.bytes.data(), &affine);
    members.push_back(BlsPublicKey(bytes, detail::from_blst(affine)));
  }
  const BlsPublicKey committee(transcript.coefficients[0], detail::from_blst(coefficients[0]));
  return ThresholdPublicKey(std::make_shared<const Keys>(
      Keys{transcript.threshold, PreparedBlsKey(committee), std::move(members)}));
}

std::uint32_t ThresholdPublicKey::committee_size() const {
  return static_cast<std::uint32_t>(keys_->members.size());
}
std::uint32_t ThresholdPublicKey::threshold() const {
  return keys_->threshold;
}
const BlsPublicKey& ThresholdPublicKey::public_key() const {
  return keys_->committee.key();
}
const BlsPublicKey& ThresholdPublicKey::member_key(MemberIndex member) const {
  ensure(member.value < keys_->members.size(), "not a member");
  return keys_->members[member.value];
}
bool ThresholdPublicKey::verify(ByteView message, const BlsSignature& signature) const {
  return keys_->committee.verify(message, signature);
}
bool ThresholdPublicKey::verify_share(ByteView message, const SignatureShare& share) const {
  return share.signer.value < committee_size() &&
         member_key(share.signer).verify(message, share.signature);
}

Dealt deal(ByteView seed, const DealOptions& options) {
  ensure(options.committee_size <= kCommitteeMax);
  ensure(options.threshold >= 1 && options.threshold <= options.committee_size);
  std::vector<BlsSecretKey> coefficients;
  for (std::uint32_t k = 0; k < options.threshold; ++k) {
    const Digest info = Hasher("icpd-deal")
                            .number(static_cast<std::uint8_t>(options.tag))
                            .number(options.registry_version)
                            .number(options.committee_size)
                            .number(k)
                            .finish();
    coefficients.push_back(BlsSecretKey::from_seed(seed, info));
  }
  Dealt dealt{
      {options.tag, options.committee_size, options.threshold, options.registry_version, {}}, {}};
  for (const BlsSecretKey& coefficient : coefficients)
    dealt.transcript.coefficients.push_back(coefficient.public_key().bytes());
  for (std::uint32_t i = 0; i < options.committee_size; ++i) {
    std::optional<BlsSecretKey> key = evaluate(coefficients, point_of(MemberIndex{i}));
    ensure(key.has_value(), "a random polynomial is zero at a given point once in 2^255");
    dealt.shares.emplace_back(MemberIndex{i}, std::move(*key));
  }
  return dealt;
}

Result<BlsSignature> combine_unverified(const ThresholdPublicKey& key,
                                        std::span<const SignatureShare> shares) {
  if (shares.size() < key.threshold()) return Err("fewer shares than the threshold");
  std::vector<std::uint32_t> xs;
  std::vector<blst_p1_affine> points;
  for (const SignatureShare& share : shares.first(key.threshold())) {
    if (share.signer.value >= key.committee_size()) return Err("share of a signer outside");
    if (std::ranges::find(xs, point_of(share.signer)) != xs.end())
      return Err("two shares of one signer");
    const auto point = detail::signature_on_curve(share.signature);
    if (!point) return Err("a share is not the encoding of a point");
    xs.push_back(point_of(share.signer));
    points.push_back(*point);
  }
  return detail::compress(interpolate(xs, std::move(points)));
}

namespace {

std::vector<SignatureShare> one_per_member(const ThresholdPublicKey& key,
                                           std::span<const SignatureShare> shares) {
  std::vector<SignatureShare> result;
  std::vector<bool> seen(key.committee_size(), false);
  for (const SignatureShare& share : shares) {
    if (share.signer.value >= key.committee_size() || seen[share.signer.value]) continue;
    seen[share.signer.value] = true;
    result.push_back(share);
  }
  return result;
}

std::optional<BlsSignature> try_combine(const ThresholdPublicKey& key, ByteView message,
                                        std::span<const SignatureShare> shares) {
  Result<BlsSignature> sum = combine_unverified(key, shares);
  if (!sum || !key.verify(message, *sum)) return std::nullopt;
  return *sum;
}

std::vector<std::size_t> bad_shares(const ThresholdPublicKey& key, ByteView message,
                                    std::span<const SignatureShare> shares) {
  std::vector<BlsCheck> checks;
  for (const SignatureShare& share : shares)
    checks.push_back({&key.member_key(share.signer), message, share.signature});
  return bls_find_invalid(checks, KnownToFail{true});
}

}  // namespace

Combined combine_and_verify(const ThresholdPublicKey& key, ByteView message,
                            std::span<const SignatureShare> shares) {
  std::vector<SignatureShare> candidates = one_per_member(key, shares);
  Combined result;
  if (candidates.size() < key.threshold()) return result;
  result.signature = try_combine(key, message, candidates);
  if (result.signature) return result;

  const std::vector<std::size_t> bad = bad_shares(key, message, candidates);
  std::vector<SignatureShare> good;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (std::ranges::binary_search(bad, i))
      result.liars.push_back(candidates[i].signer);
    else
      good.push_back(candidates[i]);
  }
  std::ranges::sort(result.liars);
  if (good.size() >= key.threshold()) result.signature = try_combine(key, message, good);
  return result;
}

}  // namespace icpd::crypto
