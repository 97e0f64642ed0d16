// Batch verification with small random exponents (Bellare, Garay, Rabin, EUROCRYPT 1998):
//
//   prod_i e(H(m_i), pk_i)^c_i == e(sum_i c_i·sig_i, g2)
//
// holds for random c_i only if each factor does. The order of every signature is checked on its
// own: the curve's cofactor has small factors that random coefficients would miss.
#include <algorithm>
#include <map>
#include <memory>

#include "crypto/detail/bls_points.hpp"
#include "crypto/hash.hpp"

namespace icpd::crypto {
namespace {

constexpr std::size_t kCoefficientBits = 128;
constexpr std::size_t kCoefficientBytes = kCoefficientBits / 8;

// Coefficients drawn by Fiat and Shamir: from a hash of everything that is being verified.
Bytes coefficients(std::span<const BlsCheck> checks) {
  Hasher all("icpd-bls-batch");
  for (const BlsCheck& check : checks)
    all.update(check.key->bytes()).sized(check.message).update(check.signature);
  const Digest seed = all.finish();
  Bytes result;
  result.reserve(checks.size() * kCoefficientBytes);
  for (std::size_t i = 0; i < checks.size(); ++i) {
    const Digest drawn = Hasher().update(seed).number(std::uint64_t{i}).finish();
    append(result, drawn.view().first(kCoefficientBytes));
  }
  return result;
}

ByteView coefficient(const Bytes& all, std::size_t i) {
  return ByteView(all).subspan(i * kCoefficientBytes, kCoefficientBytes);
}

// Places of the checks, grouped by key or by message.
using Groups = std::map<ByteView, std::vector<std::size_t>,
                        decltype([](ByteView a, ByteView b) { return compare(a, b) < 0; })>;

Groups group_by(std::span<const BlsCheck> checks, auto view_of) {
  Groups groups;
  for (std::size_t i = 0; i < checks.size(); ++i)
    groups[view_of(checks[i])].push_back(i);
  return groups;
}

struct Pair {
  blst_p2_affine in_g2;
  blst_p1_affine in_g1;
};

blst_p1_affine affine(const blst_p1& point) {
  blst_p1_affine result;
  blst_p1_to_affine(&result, &point);
  return result;
}
blst_p2_affine affine(const blst_p2& point) {
  blst_p2_affine result;
  blst_p2_to_affine(&result, &point);
  return result;
}

// One pair for each key: (pk, sum of c_i·H(m_i)).
std::vector<Pair> pairs_by_key(std::span<const BlsCheck> checks, const Groups& by_key,
                               const Bytes& weights) {
  std::vector<Pair> pairs;
  for (const auto& [key, places] : by_key) {
    std::vector<blst_p1_affine> hashes;
    Bytes group_weights;
    for (std::size_t i : places) {
      hashes.push_back(detail::hash_to_g1(checks[i].message));
      append(group_weights, coefficient(weights, i));
    }
    const blst_p1 sum = detail::weighted_sum(hashes, group_weights, kCoefficientBits);
    pairs.push_back({detail::to_blst(checks[places.front()].key->point()), affine(sum)});
  }
  return pairs;
}

// One pair for each message: (sum of c_i·pk_i, H(m)).
std::vector<Pair> pairs_by_message(std::span<const BlsCheck> checks, const Groups& by_message,
                                   const Bytes& weights) {
  std::vector<Pair> pairs;
  for (const auto& [message, places] : by_message) {
    std::vector<blst_p2_affine> keys;
    Bytes group_weights;
    for (std::size_t i : places) {
      keys.push_back(detail::to_blst(checks[i].key->point()));
      append(group_weights, coefficient(weights, i));
    }
    const blst_p2 sum = detail::weighted_sum(keys, group_weights, kCoefficientBits);
    pairs.push_back({affine(sum), detail::hash_to_g1(message)});
  }
  return pairs;
}

bool product_is_one(const std::vector<Pair>& pairs) {
  std::vector<const blst_p2_affine*> in_g2;
  std::vector<const blst_p1_affine*> in_g1;
  for (const Pair& pair : pairs) {
    in_g2.push_back(&pair.in_g2);
    in_g1.push_back(&pair.in_g1);
  }
  blst_fp12 product;
  blst_miller_loop_n(&product, in_g2.data(), in_g1.data(), pairs.size());
  blst_final_exp(&product, &product);
  return blst_fp12_is_one(&product);
}

bool batch_holds(std::span<const BlsCheck> checks, std::span<const blst_p1_affine> signatures) {
  if (checks.empty()) return true;
  if (checks.size() == 1)
    return detail::pairing_holds(detail::hash_to_g1(checks[0].message),
                                 detail::to_blst(checks[0].key->point()), signatures[0]);
  const Bytes weights = coefficients(checks);
  const Groups by_key =
      group_by(checks, [](const BlsCheck& check) { return check.key->bytes().view(); });
  const Groups by_message = group_by(checks, [](const BlsCheck& check) { return check.message; });
  std::vector<Pair> pairs = by_key.size() <= by_message.size()
                                ? pairs_by_key(checks, by_key, weights)
                                : pairs_by_message(checks, by_message, weights);
  const blst_p1 sum = detail::weighted_sum(signatures, weights, kCoefficientBits);
  pairs.push_back({BLS12_381_NEG_G2, affine(sum)});
  return product_is_one(pairs);
}

// Below it, checks one by one are cheaper than batches of halves.
constexpr std::size_t kOneByOneUpTo = 5;

struct Search {
  std::span<const BlsCheck> checks;
  std::span<const blst_p1_affine> signatures;
  std::span<const std::size_t> places;

  [[nodiscard]] Search part(std::size_t from, std::size_t size) const {
    return {checks.subspan(from, size), signatures.subspan(from, size), places.subspan(from, size)};
  }
  [[nodiscard]] bool holds() const { return batch_holds(checks, signatures); }
};

// Names the bad ones of a batch that doesn't hold.
void search_failing(const Search& failing, std::vector<std::size_t>& invalid) {
  const std::size_t size = failing.checks.size();
  if (size <= kOneByOneUpTo) {
    for (std::size_t i = 0; i < size; ++i) {
      if (!failing.part(i, 1).holds()) invalid.push_back(failing.places[i]);
    }
    return;
  }
  const Search left = failing.part(0, size / 2);
  const Search right = failing.part(size / 2, size - size / 2);
  const bool left_holds = left.holds();
  if (!left_holds) search_failing(left, invalid);
  if (left_holds || !right.holds()) search_failing(right, invalid);
}

// blst's own routines differ between the groups in name only.
struct G1Ops {
  using Affine = blst_p1_affine;
  using Point = blst_p1;
  static constexpr auto add_or_double = blst_p1_add_or_double;
  static constexpr auto from_affine = blst_p1_from_affine;
  static constexpr auto multiply = blst_p1_mult;
  static constexpr auto scratch_bytes = blst_p1s_mult_pippenger_scratch_sizeof;
  static constexpr auto multiply_many = blst_p1s_mult_pippenger;
};
struct G2Ops {
  using Affine = blst_p2_affine;
  using Point = blst_p2;
  static constexpr auto add_or_double = blst_p2_add_or_double;
  static constexpr auto from_affine = blst_p2_from_affine;
  static constexpr auto multiply = blst_p2_mult;
  static constexpr auto scratch_bytes = blst_p2s_mult_pippenger_scratch_sizeof;
  static constexpr auto multiply_many = blst_p2s_mult_pippenger;
};

// Below it, one multiplication after the other is faster than building the buckets.
constexpr std::size_t kPippengerFrom = 8;

template <typename Ops>
typename Ops::Point sum_of(std::span<const typename Ops::Affine> points, ByteView weights,
                           std::size_t bits) {
  const std::size_t stride = (bits + 7) / 8;
  ensure(!points.empty() && weights.size() == points.size() * stride);
  typename Ops::Point sum{};
  if (points.size() < kPippengerFrom) {
    for (std::size_t i = 0; i < points.size(); ++i) {
      typename Ops::Point term;
      Ops::from_affine(&term, &points[i]);
      Ops::multiply(&term, &term, weights.data() + i * stride, bits);
      if (i == 0)
        sum = term;
      else
        Ops::add_or_double(&sum, &sum, &term);
    }
    return sum;
  }
  const auto scratch =
      std::make_unique<limb_t[]>(Ops::scratch_bytes(points.size()) / sizeof(limb_t));
  const typename Ops::Affine* const point_list[] = {points.data(), nullptr};
  const byte* const weight_list[] = {weights.data(), nullptr};
  Ops::multiply_many(&sum, point_list, points.size(), weight_list, bits, scratch.get());
  return sum;
}

}  // namespace

blst_p1 detail::weighted_sum(std::span<const blst_p1_affine> points, ByteView weights,
                             std::size_t bits) {
  return sum_of<G1Ops>(points, weights, bits);
}
blst_p2 detail::weighted_sum(std::span<const blst_p2_affine> points, ByteView weights,
                             std::size_t bits) {
  return sum_of<G2Ops>(points, weights, bits);
}

bool bls_verify_batch(std::span<const BlsCheck> checks) {
  std::vector<blst_p1_affine> signatures;
  signatures.reserve(checks.size());
  for (const BlsCheck& check : checks) {
    const auto point = detail::signature_point(check.signature);
    if (!point) return false;
    signatures.push_back(*point);
  }
  return batch_holds(checks, signatures);
}

std::vector<std::size_t> bls_find_invalid(std::span<const BlsCheck> checks, KnownToFail known) {
  std::vector<std::size_t> invalid;
  std::vector<BlsCheck> decodable;
  std::vector<blst_p1_affine> signatures;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < checks.size(); ++i) {
    const auto point = detail::signature_point(checks[i].signature);
    if (!point) {
      invalid.push_back(i);
      continue;
    }
    decodable.push_back(checks[i]);
    signatures.push_back(*point);
    places.push_back(i);
  }
  const Search all{decodable, signatures, places};
  // A signature that is no point explains a failure; the rest may be good.
  const bool rest_fails = known && invalid.empty();
  if (rest_fails || !all.holds()) search_failing(all, invalid);
  std::ranges::sort(invalid);
  return invalid;
}

}  // namespace icpd::crypto
