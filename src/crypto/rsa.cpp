#include "crypto/rsa.hpp"

#include <bit>

#include "crypto/detail/openssl.hpp"
#include "crypto/hash.hpp"

namespace icpd::crypto {
namespace {

ByteView without_leading_zeros(ByteView number) {
  while (!number.empty() && number.front() == 0)
    number = number.subspan(1);
  return number;
}

std::size_t bits_of(ByteView number) {
  number = without_leading_zeros(number);
  if (number.empty()) return 0;
  return (number.size() - 1) * 8 + static_cast<std::size_t>(std::bit_width(number.front()));
}

bool is_odd(ByteView number) {
  return !number.empty() && (number.back() & 1) != 0;
}

detail::Bignum bignum(ByteView number) {
  return detail::Bignum(BN_bin2bn(number.data(), static_cast<int>(number.size()), nullptr));
}

detail::EvpKey parse(const RsaPublicKey& key) {
  const detail::Bignum modulus = bignum(without_leading_zeros(key.modulus));
  const detail::Bignum exponent = bignum(without_leading_zeros(key.exponent));
  const detail::ParamBuilder builder(OSSL_PARAM_BLD_new());
  ensure(builder != nullptr);
  ensure(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) == 1);
  ensure(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) == 1);
  const detail::Params params(OSSL_PARAM_BLD_to_param(builder.get()));
  ensure(params != nullptr);
  return detail::public_key_from("RSA", params.get());
}

}  // namespace

Status<> rsa_check_key(const RsaPublicKey& key) {
  const std::size_t modulus_bits = bits_of(key.modulus);
  if (modulus_bits < kRsaModulusBitsMin || modulus_bits > kRsaModulusBitsMax)
    return Err("RSA key: a modulus of " + std::to_string(modulus_bits) +
               " bits is not within 2048 and 8192");
  if (!is_odd(key.modulus)) return Err("RSA key: even modulus");
  const std::size_t exponent_bits = bits_of(key.exponent);
  if (exponent_bits < 2 || exponent_bits > kRsaExponentBitsMax || !is_odd(key.exponent))
    return Err("RSA key: the exponent is not an odd number of 2 to 32 bits");
  return {};
}

bool rsa_verify(const RsaPublicKey& key, ByteView message, ByteView signature) {
  if (!rsa_check_key(key).ok()) return false;
  if (signature.size() != (bits_of(key.modulus) + 7) / 8) return false;
  const detail::EvpKey parsed = parse(key);
  return parsed != nullptr && detail::verify_digest(parsed.get(), sha256(message), signature);
}

}  // namespace icpd::crypto
