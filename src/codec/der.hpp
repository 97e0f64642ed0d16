// DER (ITU-T X.690): what public keys and ECDSA signatures are wrapped in.
//
// A value is tag, length, content. DER has one form for each value: definite lengths in the fewest
// bytes. Reader refuses every other form, so that no key has two encodings, and thus no user two
// principals by accident.
//
// Public keys are X.509 SubjectPublicKeyInfo (RFC 5280, section 4.1):
//
//   SEQUENCE { SEQUENCE { OID algorithm, parameters }, BIT STRING key }
//
// with the algorithms of the interface specification, "Signatures" and "Certification".
#pragma once

#include <optional>

#include "base/bytes.hpp"
#include "codec/cursor.hpp"

namespace icpd::codec::der {

enum class Tag : std::uint8_t {
  kInteger = 0x02,
  kBitString = 0x03,
  kOctetString = 0x04,
  kNull = 0x05,
  kOid = 0x06,
  kSequence = 0x30,
  /// [0] and [1], constructed: optional fields of private keys.
  kContext0 = 0xa0,
  kContext1 = 0xa1,
};

/// Walks the values of one level; contents are views into the input.
class Reader {
 public:
  explicit Reader(ByteView input) : in_(input) {}

  [[nodiscard]] bool done() const { return in_.done(); }
  /// The content of the next value, which must have this tag.
  [[nodiscard]] Decoded<ByteView> take(Tag tag);
  /// The content if the next value has this tag; nothing, and nothing taken, if it has another or
  /// there is none.
  [[nodiscard]] Decoded<std::optional<ByteView>> take_if(Tag tag);
  /// The next value whole: tag, length and content.
  [[nodiscard]] Decoded<ByteView> take_any();
  /// A bit string of whole bytes.
  [[nodiscard]] Decoded<ByteView> take_bit_string();
  /// A positive or zero integer without its leading zero, big-endian; empty for zero.
  [[nodiscard]] Decoded<ByteView> take_unsigned();
  [[nodiscard]] Status<DecodeError> finish() const;
  [[nodiscard]] DecodeError error(const char* what) const { return in_.error(what); }

 private:
  struct Value {
    std::uint8_t tag;
    ByteView content;
  };
  Decoded<Value> take_value();

  Cursor in_;
};

/// Appends one value.
void append_value(Bytes& out, Tag tag, ByteView content);
/// Appends a positive integer given big-endian, leading zeros allowed.
void append_unsigned(Bytes& out, ByteView big_endian);

/// What a public key is for; each has one row in the table of algorithm identifiers.
enum class KeyAlgorithm : std::uint8_t {
  kEd25519,            // RFC 8410: 1.3.101.112; key: 32 bytes
  kEcdsaP256,          // RFC 5480: 1.2.840.10045.2.1 with 1.2.840.10045.3.1.7; key: SEC1 point
  kEcdsaSecp256k1,     // RFC 5480: 1.2.840.10045.2.1 with 1.3.132.0.10; key: SEC1 point
  kIcBls,              // 1.3.6.1.4.1.44668.5.3.1.2.1 with ...5.3.2.1; key: 96 bytes of G2
  kCose,               // 1.3.6.1.4.1.56387.1.1; key: COSE_Key in CBOR
  kCanisterSignature,  // 1.3.6.1.4.1.56387.1.2; key: length . canister id . seed
  kRsa,                // RFC 3279: 1.2.840.113549.1.1.1 with NULL; key: DER RSAPublicKey
};

struct PublicKey {
  KeyAlgorithm algorithm;
  /// The content of the bit string: a view into the DER bytes.
  ByteView key;
};

/// Bound on the input: nothing of the interface needs a longer key (RSA-8192 has 1,062 bytes; seeds
/// of canister signatures are free, but keys above this are refused).
inline constexpr std::size_t kPublicKeyDerMax = 4096;

/// Only the algorithms above, each with exactly its parameters; the key itself is not checked.
[[nodiscard]] Decoded<PublicKey> parse_public_key(ByteView der);
[[nodiscard]] Bytes wrap_public_key(KeyAlgorithm algorithm, ByteView key);

/// An ECDSA-Sig-Value (RFC 3279, section 2.2.3), SEQUENCE { r, s }, as r . s of 32 bytes each.
/// Fails if a number has more than 32 bytes.
using EcdsaRs = std::array<std::uint8_t, 64>;
[[nodiscard]] Decoded<EcdsaRs> parse_ecdsa_signature(ByteView der);
[[nodiscard]] Bytes encode_ecdsa_signature(const EcdsaRs& rs);

}  // namespace icpd::codec::der
