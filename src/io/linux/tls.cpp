#include "io/linux/detail/tls.hpp"

#include <memory>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

namespace icpd::io::linux {

namespace {

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;

Error openssl_error(const char* what) {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  return Error{std::string(what) + ": " + text.data()};
}

Key key_from(const std::array<std::uint8_t, 32>& seed) {
  Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()));
  ensure(key != nullptr, "every seed is a key");
  return key;
}

LinkKey public_part(const EVP_PKEY* key) {
  LinkKey result;
  std::size_t size = LinkKey::kSize;
  const int ok = EVP_PKEY_get_raw_public_key(key, result.bytes.data(), &size);
  ensure(ok == 1 && size == LinkKey::kSize);
  return result;
}

/// Names and dates are fixed: only the key means something.
Certificate self_signed(EVP_PKEY* key) {
  Certificate certificate(X509_new());
  if (certificate == nullptr) return nullptr;
  X509* x509 = certificate.get();
  X509_NAME* name = X509_get_subject_name(x509);
  const auto* common_name = reinterpret_cast<const unsigned char*>("icpd node");
  const bool ok =
      X509_set_version(x509, X509_VERSION_3) == 1 &&
      ASN1_INTEGER_set(X509_get_serialNumber(x509), 1) == 1 &&
      ASN1_TIME_set_string_X509(X509_getm_notBefore(x509), "20200101000000Z") == 1 &&
      ASN1_TIME_set_string_X509(X509_getm_notAfter(x509), "99991231235959Z") == 1 &&
      X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common_name, -1, -1, 0) == 1 &&
      X509_set_issuer_name(x509, name) == 1 && X509_set_pubkey(x509, key) == 1 &&
      X509_sign(x509, key, nullptr) > 0;
  return ok ? std::move(certificate) : nullptr;
}

/// The handshake itself proves that the peer has the key of its certificate. Whose key that is, is
/// looked at afterwards, before anything is read or sent.
int accept_any_certificate(X509_STORE_CTX*, void*) {
  return 1;
}

}  // namespace

LinkKey link_key_of(const std::array<std::uint8_t, 32>& secret_seed) {
  return public_part(key_from(secret_seed).get());
}

namespace detail {

Result<boost::asio::ssl::context> make_tls_context(
    const std::array<std::uint8_t, 32>& secret_seed) {
  SSL_CTX* native = SSL_CTX_new(TLS_method());
  if (native == nullptr) return Err(openssl_error("TLS context"));
  boost::asio::ssl::context context(native);  // takes it over
  const Key key = key_from(secret_seed);
  const Certificate certificate = self_signed(key.get());
  if (certificate == nullptr) return Err(openssl_error("link certificate"));
  const bool ok =
      SSL_CTX_set_min_proto_version(native, TLS1_3_VERSION) == 1 &&
      SSL_CTX_set_max_proto_version(native, TLS1_3_VERSION) == 1 &&
      SSL_CTX_set_ciphersuites(native, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384") == 1 &&
      SSL_CTX_set1_sigalgs_list(native, "ed25519") == 1 &&
      SSL_CTX_set_num_tickets(native, 0) == 1 &&
      SSL_CTX_use_certificate(native, certificate.get()) == 1 &&
      SSL_CTX_use_PrivateKey(native, key.get()) == 1;
  if (!ok) return Err(openssl_error("TLS context"));
  SSL_CTX_set_options(native, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  // Idle connections give their buffers back: two for each peer add up.
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_verify(native, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(native, accept_any_certificate, nullptr);
  return context;
}

std::optional<LinkKey> proven_key(SSL* ssl) {
  const Certificate certificate(SSL_get1_peer_certificate(ssl));
  if (certificate == nullptr) return std::nullopt;
  const EVP_PKEY* key = X509_get0_pubkey(certificate.get());
  if (key == nullptr || EVP_PKEY_get_id(key) != EVP_PKEY_ED25519) return std::nullopt;
  return public_part(key);
}

}  // namespace detail

}  // namespace icpd::io::linux
