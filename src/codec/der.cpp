#include "codec/der.hpp"

#include <algorithm>

namespace icpd::codec::der {
namespace {

/// More would be a value over 4 GiB.
constexpr std::size_t kLengthBytesMax = 4;

struct AlgorithmRow {
  KeyAlgorithm algorithm;
  /// The content of the AlgorithmIdentifier: OID and parameters, each with tag and length.
  std::string_view identifier;
};

// Lengths are given because some identifiers contain zero bytes.
#define ICPD_DER(text) std::string_view(text, sizeof(text) - 1)
constexpr std::array<AlgorithmRow, 7> kAlgorithms{{
    {KeyAlgorithm::kEd25519, ICPD_DER("\x06\x03\x2b\x65\x70")},
    {KeyAlgorithm::kEcdsaP256, ICPD_DER("\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"
                                        "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07")},
    {KeyAlgorithm::kEcdsaSecp256k1, ICPD_DER("\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"
                                             "\x06\x05\x2b\x81\x04\x00\x0a")},
    {KeyAlgorithm::kIcBls, ICPD_DER("\x06\x0d\x2b\x06\x01\x04\x01\x82\xdc\x7c\x05\x03\x01\x02\x01"
                                    "\x06\x0c\x2b\x06\x01\x04\x01\x82\xdc\x7c\x05\x03\x02\x01")},
    {KeyAlgorithm::kCose, ICPD_DER("\x06\x0a\x2b\x06\x01\x04\x01\x83\xb8\x43\x01\x01")},
    {KeyAlgorithm::kCanisterSignature,
     ICPD_DER("\x06\x0a\x2b\x06\x01\x04\x01\x83\xb8\x43\x01\x02")},
    {KeyAlgorithm::kRsa, ICPD_DER("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00")},
}};
#undef ICPD_DER

void append_length(Bytes& out, std::size_t length) {
  if (length < 0x80) {
    out.push_back(static_cast<std::uint8_t>(length));
    return;
  }
  std::array<std::uint8_t, 8> big_endian;
  store_be(MutableByteView(big_endian), static_cast<std::uint64_t>(length));
  const auto first = std::ranges::find_if(big_endian, [](std::uint8_t byte) { return byte != 0; });
  out.push_back(static_cast<std::uint8_t>(0x80 | (big_endian.end() - first)));
  out.insert(out.end(), first, big_endian.end());
}

/// Big-endian without leading zeros.
ByteView significant(ByteView big_endian) {
  while (!big_endian.empty() && big_endian.front() == 0)
    big_endian = big_endian.subspan(1);
  return big_endian;
}

}  // namespace

Decoded<Reader::Value> Reader::take_value() {
  const std::uint8_t tag = TRY(in_.byte());
  if ((tag & 0x1f) == 0x1f) return Err(in_.error("DER tag of more than one byte"));
  const std::uint8_t first = TRY(in_.byte());
  if (first < 0x80) return Value{tag, TRY(in_.take(first))};
  const std::size_t size = first & 0x7f;
  if (size == 0 || size > kLengthBytesMax) return Err(in_.error("DER length form not allowed"));
  std::uint64_t length = 0;
  const ByteView length_bytes = TRY(in_.take(size));
  for (const std::uint8_t byte : length_bytes)
    length = (length << 8) | byte;
  if (length < 0x80 || (length >> (8 * (size - 1))) == 0)
    return Err(in_.error("DER length is not shortest"));
  return Value{tag, TRY(in_.take(length))};
}

Decoded<ByteView> Reader::take(Tag tag) {
  const std::size_t start = in_.offset();
  const Value value = TRY(take_value());
  if (value.tag != static_cast<std::uint8_t>(tag))
    return Err(DecodeError{"unexpected DER tag", start});
  return value.content;
}

Decoded<std::optional<ByteView>> Reader::take_if(Tag tag) {
  if (in_.done() || in_.rest().front() != static_cast<std::uint8_t>(tag))
    return std::optional<ByteView>();
  return std::optional(TRY(take(tag)));
}

Decoded<ByteView> Reader::take_any() {
  const ByteView rest = in_.rest();
  TRY(take_value());
  return rest.first(rest.size() - in_.remaining());
}

Decoded<ByteView> Reader::take_bit_string() {
  const ByteView content = TRY(take(Tag::kBitString));
  if (content.empty() || content.front() != 0) return Err(in_.error("bit string of odd bits"));
  return content.subspan(1);
}

Decoded<ByteView> Reader::take_unsigned() {
  const ByteView content = TRY(take(Tag::kInteger));
  if (content.empty()) return Err(in_.error("DER integer without content"));
  if ((content.front() & 0x80) != 0) return Err(in_.error("negative DER integer"));
  if (content.front() != 0) return content;
  if (content.size() > 1 && (content[1] & 0x80) == 0)
    return Err(in_.error("DER integer is not shortest"));
  return content.subspan(1);
}

Status<DecodeError> Reader::finish() const {
  if (!in_.done()) return Err(in_.error("bytes behind a DER value"));
  return {};
}

void append_value(Bytes& out, Tag tag, ByteView content) {
  out.push_back(static_cast<std::uint8_t>(tag));
  append_length(out, content.size());
  append(out, content);
}

void append_unsigned(Bytes& out, ByteView big_endian) {
  const ByteView digits = significant(big_endian);
  Bytes content;
  content.reserve(digits.size() + 1);
  if (digits.empty() || (digits.front() & 0x80) != 0) content.push_back(0);
  append(content, digits);
  append_value(out, Tag::kInteger, content);
}

Decoded<PublicKey> parse_public_key(ByteView der) {
  if (der.size() > kPublicKeyDerMax) return Err(DecodeError{"public key is too long", 0});
  Reader outer(der);
  Reader inner(TRY(outer.take(Tag::kSequence)));
  TRY(outer.finish());
  const ByteView identifier = TRY(inner.take(Tag::kSequence));
  const ByteView key = TRY(inner.take_bit_string());
  TRY(inner.finish());
  for (const AlgorithmRow& row : kAlgorithms)
    if (equal(identifier, as_bytes(row.identifier))) return PublicKey{row.algorithm, key};
  return Err(inner.error("unknown public key algorithm"));
}

Bytes wrap_public_key(KeyAlgorithm algorithm, ByteView key) {
  const auto& row = kAlgorithms[static_cast<std::size_t>(algorithm)];
  ensure(row.algorithm == algorithm);
  Bytes content;
  append_value(content, Tag::kSequence, as_bytes(row.identifier));
  Bytes bits{0};
  append(bits, key);
  append_value(content, Tag::kBitString, bits);
  Bytes out;
  append_value(out, Tag::kSequence, content);
  return out;
}

Decoded<EcdsaRs> parse_ecdsa_signature(ByteView der) {
  Reader outer(der);
  Reader inner(TRY(outer.take(Tag::kSequence)));
  TRY(outer.finish());
  EcdsaRs rs{};
  for (std::size_t end : {std::size_t{32}, std::size_t{64}}) {
    const ByteView number = TRY(inner.take_unsigned());
    if (number.size() > 32) return Err(inner.error("ECDSA number is too large"));
    std::ranges::copy(number, rs.begin() + static_cast<std::ptrdiff_t>(end - number.size()));
  }
  TRY(inner.finish());
  return rs;
}

Bytes encode_ecdsa_signature(const EcdsaRs& rs) {
  Bytes content;
  append_unsigned(content, ByteView(rs).first(32));
  append_unsigned(content, ByteView(rs).last(32));
  Bytes out;
  append_value(out, Tag::kSequence, content);
  return out;
}

}  // namespace icpd::codec::der
