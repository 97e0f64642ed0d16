#include "crypto/webauthn.hpp"

#include "codec/base64.hpp"
#include "codec/cbor.hpp"
#include "codec/der.hpp"
#include "crypto/detail/client_data.hpp"
#include "crypto/hash.hpp"
#include "crypto/rsa.hpp"

namespace icpd::crypto {
namespace {

namespace cbor = codec::cbor;

// A key or signature is one flat map.
constexpr cbor::Limits kLimits{.depth_max = 4, .items_max = 64};

// Labels and values of RFC 9052, section 7.1, and RFC 9053, sections 2 and 7.
constexpr std::int64_t kKty = 1;
constexpr std::int64_t kAlg = 3;
constexpr std::int64_t kCurve = -1;
constexpr std::int64_t kX = -2;
constexpr std::int64_t kY = -3;
constexpr std::int64_t kModulus = -1;
constexpr std::int64_t kExponent = -2;

codec::Decoded<std::int64_t> integer_at(const cbor::Item& map, std::int64_t label) {
  return TRY(map.get(label)).i64();
}
codec::Decoded<ByteView> bytes_at(const cbor::Item& map, std::int64_t label) {
  return TRY(map.get(label)).bytes();
}

Result<CoseKey> parse_p256(const cbor::Item& map) {
  if (TRY(integer_at(map, kCurve)) != 1) return Err("COSE key: curve is not P-256");
  const ByteView x = TRY(bytes_at(map, kX));
  const ByteView y = TRY(bytes_at(map, kY));
  if (x.size() != 32 || y.size() != 32) return Err("COSE key: a coordinate has not 32 bytes");
  Bytes point = {0x04};
  append(point, x);
  append(point, y);
  return CoseKey{*Sec1Point::from(point)};
}

Result<CoseKey> parse_rsa(const cbor::Item& map) {
  CoseRsaKey key{to_bytes(TRY(bytes_at(map, kModulus))), to_bytes(TRY(bytes_at(map, kExponent)))};
  TRY(rsa_check_key({key.modulus, key.exponent}));
  return CoseKey{std::move(key)};
}

Result<CoseKey> parse_ed25519(const cbor::Item& map) {
  if (TRY(integer_at(map, kCurve)) != 6) return Err("COSE key: curve is not Ed25519");
  const auto key = Ed25519PublicKey::from(TRY(bytes_at(map, kX)));
  if (!key) return Err("COSE key: x has not 32 bytes");
  return CoseKey{*key};
}

struct Algorithm {
  std::int64_t kty;
  std::int64_t alg;
  Result<CoseKey> (*parse)(const cbor::Item&);
};
constexpr Algorithm kAlgorithms[] = {
    {2, -7, parse_p256}, {3, -257, parse_rsa}, {1, -8, parse_ed25519}};

bool signature_holds(const Sec1Point& key, ByteView message, ByteView signature) {
  const auto rs = codec::der::parse_ecdsa_signature(signature);
  return rs.ok() && p256_verify(key, message, EcdsaSignature{*rs});
}
bool signature_holds(const CoseRsaKey& key, ByteView message, ByteView signature) {
  return rsa_verify({key.modulus, key.exponent}, message, signature);
}
bool signature_holds(const Ed25519PublicKey& key, ByteView message, ByteView signature) {
  const auto fixed = Ed25519Signature::from(signature);
  return fixed && ed25519_verify(key, message, *fixed);
}

codec::Decoded<ByteView> text_or_bytes(const cbor::Item& item) {
  if (item.is(cbor::Kind::kBytes)) return item.bytes();
  return as_bytes(TRY(item.text()));
}

Status<> check_client_data(ByteView json, ByteView payload) {
  const ClientData data = TRY(parse_client_data(json));
  if (data.type != "webauthn.get") return Err("WebAuthn: the client data is not of an assertion");
  if (data.challenge != codec::base64url_encode(payload))
    return Err("WebAuthn: the challenge is not the payload");
  return {};
}

}  // namespace

Result<CoseKey> parse_cose_key(ByteView bytes) {
  const cbor::Document document = TRY(cbor::Document::parse(bytes, kLimits));
  const cbor::Item map = document.root();
  const std::int64_t kty = TRY(integer_at(map, kKty));
  const std::int64_t alg = TRY(integer_at(map, kAlg));
  for (const Algorithm& algorithm : kAlgorithms) {
    if (algorithm.kty == kty && algorithm.alg == alg) return algorithm.parse(map);
  }
  return Err("COSE key: key type " + std::to_string(kty) + " with algorithm " +
             std::to_string(alg) + " is not one of ES256, RS256 and EdDSA");
}

Status<> webauthn_verify(const CoseKey& key, ByteView payload, ByteView signature) {
  const cbor::Document document = TRY(cbor::Document::parse(signature, kLimits));
  const cbor::Item map = document.root();
  const ByteView authenticator = TRY(TRY(map.get("authenticator_data")).bytes());
  const ByteView client_data = TRY(text_or_bytes(TRY(map.get("client_data_json"))));
  const ByteView inner = TRY(TRY(map.get("signature")).bytes());
  TRY(check_client_data(client_data, payload));

  Bytes message = to_bytes(authenticator);
  append(message, sha256(client_data));
  const bool holds =
      std::visit([&](const auto& k) { return signature_holds(k, message, inner); }, key);
  if (!holds) return Err("WebAuthn: the signature is not valid");
  return {};
}

}  // namespace icpd::crypto
