// Quorum certificates: proof that enough members of a committee signed one message. Notarizations
// and finalizations are such certificates.
//
// A certificate lists the signers as a set of indices and their Ed25519 signatures in ascending
// order of index. For committees up to 40 this costs each node less than BLS multi-signatures do
// (docs/adr/0001-quorum-certificates.md), a wrong share names its signer at once, and the keys are
// the node keys that the registry has anyway. Two nodes may hold different certificates for the
// same message; what is certified is the message, so nothing hashes a certificate.
//
// Why it is safe: with n members, f = (n - 1) / 3 of them faulty and a threshold of n - f, any two
// certificates share at least n - 2f > f signers, so at least one honest one; an honest member
// doesn't sign two conflicting messages.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <tuple>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "crypto/ed25519.hpp"
#include "crypto/transcript.hpp"

namespace icpd::crypto {

/// A set of members: bit i is the member with index i.
using MemberSet = unsigned __int128;
static_assert(kCommitteeMax <= 128);

/// One member's signature; valid or not.
struct QuorumShare {
  MemberIndex signer;
  Ed25519Signature signature;

  static constexpr auto kFields = std::tuple(&QuorumShare::signer, &QuorumShare::signature);
  friend bool operator==(const QuorumShare&, const QuorumShare&) = default;
};

/// As it came; valid or not. A canonical record (codec/record.hpp) of its fields: 3 of 4 signatures
/// take 194 bytes, 27 of 40 at most 1735.
struct QuorumCertificate {
  MemberSet signers = 0;
  /// One for each signer, in ascending order of index.
  std::vector<Ed25519Signature> signatures;

  static constexpr auto kFields =
      std::tuple(&QuorumCertificate::signers, &QuorumCertificate::signatures);
  friend bool operator==(const QuorumCertificate&, const QuorumCertificate&) = default;
};

/// Who may sign, by index, and how many must. Keys are borrowed.
struct QuorumRule {
  /// At most kCommitteeMax.
  std::span<const Ed25519PublicKey> keys;
  /// 1 <= threshold <= keys.size().
  std::uint32_t threshold = 0;
};

/// The members of a set, ascending.
[[nodiscard]] std::vector<MemberIndex> members_of(MemberSet set);

/// False also for a signer outside the committee. 50 µs.
[[nodiscard]] bool quorum_verify_share(const QuorumRule& rule, ByteView message,
                                       const QuorumShare& share);

struct QuorumCombined {
  /// Holds exactly `threshold` signatures; nothing if fewer shares are good.
  std::optional<QuorumCertificate> certificate;
  /// Signers of shares that were looked at and found bad, ascending.
  std::vector<MemberIndex> liars;
};

/// Verifies shares in ascending order of signer until the threshold is reached; the rest isn't
/// looked at. Shares of signers outside the committee are ignored, and of several shares of one
/// signer all but the first.
[[nodiscard]] QuorumCombined quorum_combine(const QuorumRule& rule, ByteView message,
                                            std::span<const QuorumShare> shares);

/// As quorum_combine for shares that quorum_verify_share accepted before; verifies nothing. Nothing
/// if there are fewer than the threshold.
[[nodiscard]] std::optional<QuorumCertificate> quorum_combine_verified(
    const QuorumRule& rule, std::span<const QuorumShare> shares);

/// Errors: a signer outside the committee; fewer signers than the threshold; not one signature for
/// each signer; a signature that doesn't verify. At most keys.size() · 50 µs.
[[nodiscard]] Status<> quorum_verify(const QuorumRule& rule, ByteView message,
                                     const QuorumCertificate& certificate);

}  // namespace icpd::crypto
