#include "crypto/pem.hpp"

#include <optional>

#include "codec/base64.hpp"
#include "codec/der.hpp"

namespace icpd::crypto {
namespace {

namespace der = codec::der;

constexpr std::array<std::uint8_t, 3> kOidEd25519 = {0x2b, 0x65, 0x70};
constexpr std::array<std::uint8_t, 7> kOidEcPublicKey = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};
constexpr std::array<std::uint8_t, 5> kOidSecp256k1 = {0x2b, 0x81, 0x04, 0x00, 0x0a};
constexpr std::size_t kLineWidth = 64;

constexpr std::string_view kPkcs8 = "PRIVATE KEY";
constexpr std::string_view kSec1 = "EC PRIVATE KEY";
constexpr std::string_view kEncrypted = "ENCRYPTED PRIVATE KEY";

/// DER bytes that are cleared with their owner.
struct SecretDer {
  Bytes bytes;
  SecretDer() = default;
  SecretDer(const SecretDer&) = delete;
  SecretDer& operator=(const SecretDer&) = delete;
  ~SecretDer() { clear(bytes); }
};

std::optional<std::string_view> block_body(std::string_view pem, std::string_view label) {
  const std::string begin = "-----BEGIN " + std::string(label) + "-----";
  const std::string end = "-----END " + std::string(label) + "-----";
  const std::size_t at = pem.find(begin);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = pem.substr(at + begin.size());
  const std::size_t stop = rest.find(end);
  if (stop == std::string_view::npos) return std::nullopt;
  return rest.substr(0, stop);
}

Status<> decode_body(std::string_view body, SecretDer& out) {
  std::string text;
  text.reserve(body.size());
  for (const char c : body) {
    if (c != '\n' && c != '\r' && c != ' ' && c != '\t') text.push_back(c);
  }
  auto bytes = codec::base64_decode(text);
  clear({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  if (!bytes) return Err("PEM: its content isn't Base64 (key files with headers are encrypted)");
  out.bytes = std::move(*bytes);
  return {};
}

Result<UserSecretKey> ed25519_key(ByteView octets) {
  der::Reader reader(octets);
  const ByteView seed = TRY(reader.take(der::Tag::kOctetString));
  TRY(reader.finish());
  if (seed.size() != 32) return Err("Ed25519 key: not 32 bytes");
  return UserSecretKey(Ed25519SecretKey(Ed25519SecretKey::Seed(seed)));
}

Status<> check_curve(ByteView oid) {
  if (equal(oid, kOidSecp256k1)) return {};
  return Err("an elliptic curve other than secp256k1: icpd signs with Ed25519 or secp256k1 keys");
}

Result<UserSecretKey> sec1_key(ByteView content) {
  der::Reader outer(content);
  der::Reader key(TRY(outer.take(der::Tag::kSequence)));
  TRY(outer.finish());
  const ByteView version = TRY(key.take_unsigned());
  if (version.size() != 1 || version[0] != 1) return Err("EC private key: not version 1");
  const ByteView scalar = TRY(key.take(der::Tag::kOctetString));
  if (const auto parameters = TRY(key.take_if(der::Tag::kContext0))) {
    der::Reader curve(*parameters);
    TRY(check_curve(TRY(curve.take(der::Tag::kOid))));
  }
  if (scalar.size() != 32) return Err("EC private key: not 32 bytes");
  return UserSecretKey(TRY(Secp256k1SecretKey::from_scalar(Secp256k1SecretKey::Scalar(scalar))));
}

Result<UserSecretKey> pkcs8_key(ByteView content) {
  der::Reader outer(content);
  der::Reader info(TRY(outer.take(der::Tag::kSequence)));
  TRY(outer.finish());
  const ByteView version = TRY(info.take_unsigned());
  if (version.size() > 1 || (version.size() == 1 && version[0] != 1))
    return Err("PKCS #8 key: neither version 1 nor 2");
  der::Reader algorithm(TRY(info.take(der::Tag::kSequence)));
  const ByteView oid = TRY(algorithm.take(der::Tag::kOid));
  const ByteView octets = TRY(info.take(der::Tag::kOctetString));
  if (equal(oid, kOidEd25519)) return ed25519_key(octets);
  if (!equal(oid, kOidEcPublicKey))
    return Err("a kind of key other than Ed25519 or secp256k1 (is it an RSA key?)");
  TRY(check_curve(TRY(algorithm.take(der::Tag::kOid))));
  return sec1_key(octets);
}

/// A SEC 1 file may name its curve only in the block in front of the key.
Status<> check_parameters(std::string_view pem) {
  const auto body = block_body(pem, "EC PARAMETERS");
  if (!body) return {};
  SecretDer parameters;
  TRY(decode_body(*body, parameters));
  der::Reader reader(parameters.bytes);
  return check_curve(TRY(reader.take(der::Tag::kOid)));
}

std::string armor(std::string_view label, ByteView der_bytes) {
  std::string base64 = codec::base64_encode(der_bytes);
  std::string out = "-----BEGIN " + std::string(label) + "-----\n";
  for (std::size_t at = 0; at < base64.size(); at += kLineWidth)
    out += base64.substr(at, kLineWidth) + "\n";
  out += "-----END " + std::string(label) + "-----\n";
  clear({reinterpret_cast<std::uint8_t*>(base64.data()), base64.size()});
  return out;
}

Bytes value(der::Tag tag, ByteView content) {
  Bytes out;
  der::append_value(out, tag, content);
  return out;
}

std::string pem_of_ed25519(const Ed25519SecretKey& key) {
  SecretDer inner, sequence, whole;
  inner.bytes = value(der::Tag::kOctetString, key.seed().view());
  der::append_unsigned(sequence.bytes, {});
  der::append_value(sequence.bytes, der::Tag::kSequence, value(der::Tag::kOid, kOidEd25519));
  der::append_value(sequence.bytes, der::Tag::kOctetString, inner.bytes);
  whole.bytes = value(der::Tag::kSequence, sequence.bytes);
  return armor(kPkcs8, whole.bytes);
}

std::string pem_of_secp256k1(const Secp256k1SecretKey& key) {
  SecretDer sequence, whole;
  der::append_unsigned(sequence.bytes, std::array<std::uint8_t, 1>{1});
  der::append_value(sequence.bytes, der::Tag::kOctetString, key.scalar().view());
  der::append_value(sequence.bytes, der::Tag::kContext0, value(der::Tag::kOid, kOidSecp256k1));
  Bytes bits = {0};  // no unused bits
  append(bits, key.public_key().view());
  der::append_value(sequence.bytes, der::Tag::kContext1, value(der::Tag::kBitString, bits));
  whole.bytes = value(der::Tag::kSequence, sequence.bytes);
  return armor(kSec1, whole.bytes);
}

}  // namespace

Result<UserSecretKey> parse_pem_key(std::string_view pem) {
  if (pem.size() > kPemSizeMax) return Err("PEM: too long for a key");
  if (block_body(pem, kEncrypted))
    return Err("the key is encrypted with a password; export it without one");
  SecretDer content;
  if (const auto body = block_body(pem, kPkcs8)) {
    TRY(decode_body(*body, content));
    return pkcs8_key(content.bytes);
  }
  if (const auto body = block_body(pem, kSec1)) {
    TRY(check_parameters(pem));
    TRY(decode_body(*body, content));
    return sec1_key(content.bytes);
  }
  return Err("no block \"BEGIN PRIVATE KEY\" or \"BEGIN EC PRIVATE KEY\" in it");
}

std::string pem_of(const UserSecretKey& key) {
  if (const auto* ed25519 = std::get_if<Ed25519SecretKey>(&key)) return pem_of_ed25519(*ed25519);
  return pem_of_secp256k1(std::get<Secp256k1SecretKey>(key));
}

Bytes public_key_der(const UserSecretKey& key) {
  if (const auto* ed25519 = std::get_if<Ed25519SecretKey>(&key))
    return der::wrap_public_key(der::KeyAlgorithm::kEd25519, ed25519->public_key());
  return der::wrap_public_key(der::KeyAlgorithm::kEcdsaSecp256k1,
                              std::get<Secp256k1SecretKey>(key).public_key());
}

}  // namespace icpd::crypto
