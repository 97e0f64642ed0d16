// What a distributed key generation ends with: the public half of a key that a committee shares.
//
// The committee holds a polynomial a_0 + a_1·x + ... + a_(t-1)·x^(t-1) that nobody knows. The
// member with index i holds its value at x = i + 1; any t members can sign, fewer learn nothing
// (Shamir, CACM 22(11), 1979). The transcript publishes A_k = a_k·g2 (Feldman, FOCS 1987): A_0 is
// the public key of the committee, and the public key of each member follows.
//
// Who dealt the key doesn't show: a local dealer (deal, crypto/threshold.hpp) and non-interactive
// distributed key generation give the same transcript. Members are named by index; which node has
// which index is the committee's order in the layer that made the transcript.
#pragma once

#include <cstdint>
#include <tuple>
#include <vector>

#include "base/result.hpp"
#include "base/strong.hpp"
#include "crypto/bls.hpp"
#include "crypto/hash.hpp"

namespace icpd::crypto {

/// A member's place in its committee, from 0.
using MemberIndex = Strong<struct MemberIndexTag, std::uint32_t>;

/// Largest committee of a transcript or quorum certificate. Mainnet's largest has 40 members.
inline constexpr std::uint32_t kCommitteeMax = 128;

/// Which of a subnet's keys. With f faulty members: low needs f + 1 shares (random beacon and
/// tape), high n - f (certifications and catch-up packages). Numbers as in the registry.
enum class ThresholdTag : std::uint8_t { kLow = 1, kHigh = 2 };
[[nodiscard]] constexpr bool is_valid(ThresholdTag tag) {
  return tag == ThresholdTag::kLow || tag == ThresholdTag::kHigh;
}

struct Transcript {
  ThresholdTag tag = ThresholdTag::kLow;
  std::uint32_t committee_size = 0;
  /// Shares needed to sign; also the number of coefficients.
  std::uint32_t threshold = 0;
  /// The registry version that named the committee.
  std::uint64_t registry_version = 0;
  /// A_0 first. As they came: ThresholdPublicKey::from checks them.
  std::vector<BlsPublicKeyBytes> coefficients;

  /// A canonical record (codec/record.hpp) of these, in this order.
  static constexpr auto kFields =
      std::tuple(&Transcript::tag, &Transcript::committee_size, &Transcript::threshold,
                 &Transcript::registry_version, &Transcript::coefficients);
  friend bool operator==(const Transcript&, const Transcript&) = default;
};

/// Error unless 1 <= threshold <= committee_size <= kCommitteeMax and there are `threshold`
/// coefficients. Doesn't look at the points.
[[nodiscard]] Status<> check_sizes(const Transcript& transcript);

/// SHA-256 of the canonical record in the domain "icpd-transcript".
[[nodiscard]] Digest digest_of(const Transcript& transcript);

}  // namespace icpd::crypto
