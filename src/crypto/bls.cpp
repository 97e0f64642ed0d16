#include "crypto/bls.hpp"

#include <blst.h>

#include "crypto/detail/bls_points.hpp"

namespace icpd::crypto {
namespace {

constexpr std::size_t kLineCount = 68;

constexpr std::array<std::uint8_t, kBlsDerBytes - BlsPublicKeyBytes::kSize> kDerPrefix = {
    0x30, 0x81, 0x82, 0x30, 0x1d,                                            // SEQUENCE, SEQUENCE
    0x06, 0x0d, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0xdc, 0x7c, 0x05, 0x03,  // OID ...5.3.1.2.1
    0x01, 0x02, 0x01,                                                        //
    0x06, 0x0c, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0xdc, 0x7c, 0x05, 0x03,  // OID ...5.3.2.1
    0x02, 0x01,                                                              //
    0x03, 0x61, 0x00};                                                       // BIT STRING

struct LineTable {
  std::array<blst_fp6, kLineCount> lines;

  explicit LineTable(const blst_p2_affine& point) { blst_precompute_lines(lines.data(), &point); }
};

const LineTable& negated_generator_lines() {
  static const LineTable table(BLS12_381_NEG_G2);
  return table;
}

blst_scalar to_blst(const BlsSecretKey::Scalar& scalar) {
  blst_scalar result;
  blst_scalar_from_bendian(&result, scalar.view().data());
  return result;
}

void clear_scalar(blst_scalar& scalar) {
  clear(MutableByteView(scalar.b));
}

}  // namespace

namespace detail {

blst_p1_affine hash_to_g1(ByteView message) {
  blst_p1 point;
  const ByteView dst = as_bytes(kBlsDst);
  blst_hash_to_g1(&point, message.data(), message.size(), dst.data(), dst.size());
  blst_p1_affine affine;
  blst_p1_to_affine(&affine, &point);
  return affine;
}

std::optional<blst_p1_affine> signature_on_curve(const BlsSignature& bytes) {
  blst_p1_affine point;
  if (blst_p1_uncompress(&point, bytes.bytes.data()) != BLST_SUCCESS) return std::nullopt;
  if (blst_p1_affine_is_inf(&point)) return std::nullopt;
  return point;
}

std::optional<blst_p1_affine> signature_point(const BlsSignature& bytes) {
  std::optional<blst_p1_affine> point = signature_on_curve(bytes);
  if (point && !blst_p1_affine_in_g1(&*point)) return std::nullopt;
  return point;
}

BlsSignature compress(const blst_p1& point) {
  BlsSignature signature;
  blst_p1_compress(signature.bytes.data(), &point);
  return signature;
}

bool pairing_holds(const blst_p1_affine& hash, const blst_p2_affine& key,
                   const blst_p1_affine& signature) {
  const blst_p2_affine* const in_g2[] = {&key, &BLS12_381_NEG_G2};
  const blst_p1_affine* const in_g1[] = {&hash, &signature};
  blst_fp12 product;
  blst_miller_loop_n(&product, in_g2, in_g1, 2);
  blst_final_exp(&product, &product);
  return blst_fp12_is_one(&product);
}

}  // namespace detail

Result<BlsPublicKey> BlsPublicKey::decode(ByteView bytes) {
  const auto fixed = BlsPublicKeyBytes::from(bytes);
  if (!fixed) return Err("BLS public key: needs 96 bytes, has " + std::to_string(bytes.size()));
  blst_p2_affine point;
  if (blst_p2_uncompress(&point, fixed->bytes.data()) != BLST_SUCCESS)
    return Err("BLS public key: not the encoding of a point");
  if (blst_p2_affine_is_inf(&point)) return Err("BLS public key: the point at infinity");
  if (!blst_p2_affine_in_g2(&point)) return Err("BLS public key: not in the prime-order group");
  return BlsPublicKey(*fixed, detail::from_blst(point));
}

Result<BlsPublicKey> BlsPublicKey::decode_der(ByteView der) {
  if (der.size() != kBlsDerBytes)
    return Err("BLS public key in DER: needs 133 bytes, has " + std::to_string(der.size()));
  if (!equal(der.first(kDerPrefix.size()), kDerPrefix))
    return Err("BLS public key in DER: other algorithm identifiers");
  return decode(der.subspan(kDerPrefix.size()));
}

Bytes BlsPublicKey::der_of(const BlsPublicKeyBytes& bytes) {
  Bytes der;
  der.reserve(kBlsDerBytes);
  append(der, ByteView(kDerPrefix));
  append(der, bytes);
  return der;
}

bool BlsPublicKey::verify(ByteView message, const BlsSignature& signature) const {
  const auto point = detail::signature_point(signature);
  return point &&
         detail::pairing_holds(detail::hash_to_g1(message), detail::to_blst(point_), *point);
}

struct PreparedBlsKey::Lines : LineTable {
  using LineTable::LineTable;
};

PreparedBlsKey::PreparedBlsKey(const BlsPublicKey& key)
    : key_(key), lines_(std::make_shared<const Lines>(detail::to_blst(key.point()))) {}

bool PreparedBlsKey::verify(ByteView message, const BlsSignature& signature) const {
  const auto point = detail::signature_point(signature);
  if (!point) return false;
  const blst_p1_affine hash = detail::hash_to_g1(message);
  blst_fp12 of_key;
  blst_fp12 of_signature;
  blst_miller_loop_lines(&of_key, lines_->lines.data(), &hash);
  blst_miller_loop_lines(&of_signature, negated_generator_lines().lines.data(), &*point);
  blst_fp12_mul(&of_key, &of_key, &of_signature);
  blst_final_exp(&of_key, &of_key);
  return blst_fp12_is_one(&of_key);
}

BlsSecretKey BlsSecretKey::from_seed(ByteView seed, ByteView info) {
  ensure(seed.size() >= 32, "a key needs 256 bits of seed");
  blst_scalar scalar;
  blst_keygen(&scalar, seed.data(), seed.size(), info.data(), info.size());
  Scalar bytes;
  blst_bendian_from_scalar(bytes.write().data(), &scalar);
  clear_scalar(scalar);
  return BlsSecretKey(std::move(bytes));
}

Result<BlsSecretKey> BlsSecretKey::from_scalar(const Scalar& scalar) {
  blst_scalar checked = to_blst(scalar);
  const bool valid = blst_sk_check(&checked);
  clear_scalar(checked);
  if (!valid) return Err("BLS secret key: zero or not below the group order");
  return BlsSecretKey(scalar.clone());
}

BlsPublicKey BlsSecretKey::public_key() const {
  blst_scalar scalar = to_blst(scalar_);
  blst_p2 point;
  blst_sk_to_pk_in_g2(&point, &scalar);
  clear_scalar(scalar);
  blst_p2_affine affine;
  blst_p2_to_affine(&affine, &point);
  BlsPublicKeyBytes bytes;
  blst_p2_affine_compress(bytes.bytes.data(), &affine);
  return BlsPublicKey(bytes, detail::from_blst(affine));
}

BlsSignature BlsSecretKey::sign(ByteView message) const {
  const blst_p1_affine hash = detail::hash_to_g1(message);
  blst_p1 point;
  blst_p1_from_affine(&point, &hash);
  blst_scalar scalar = to_blst(scalar_);
  blst_sign_pk_in_g2(&point, &point, &scalar);
  clear_scalar(scalar);
  return detail::compress(point);
}

}  // namespace icpd::crypto
