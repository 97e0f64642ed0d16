// OpenSSL's low-level SHA-2: the EVP interface costs two allocations and a locked lookup for each
// digest, several times the hash of one block.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/hash.hpp"

#include <new>
#include <openssl/crypto.h>
#include <openssl/sha.h>

namespace icpd::crypto {
namespace {

constexpr std::size_t kBlockBytes = 64;
constexpr std::uint8_t kInnerPad = 0x36;
constexpr std::uint8_t kOuterPad = 0x5c;

void begin(SHA256_CTX& context) {
  ensure(SHA256_Init(&context) == 1);
}
void add(SHA256_CTX& context, ByteView bytes) {
  ensure(SHA256_Update(&context, bytes.data(), bytes.size()) == 1);
}
Digest end(SHA256_CTX& context) {
  Digest digest;
  ensure(SHA256_Final(digest.bytes.data(), &context) == 1);
  return digest;
}
void add_domain(SHA256_CTX& context, std::string_view domain) {
  ensure(domain.size() <= 255, "a domain's length is one byte");
  const auto length = static_cast<std::uint8_t>(domain.size());
  add(context, ByteView(&length, 1));
  add(context, as_bytes(domain));
}

}  // namespace

Digest sha256(ByteView bytes) {
  SHA256_CTX context;
  begin(context);
  add(context, bytes);
  return end(context);
}

Digest224 sha224(ByteView bytes) {
  SHA256_CTX context;
  ensure(SHA224_Init(&context) == 1);
  ensure(SHA224_Update(&context, bytes.data(), bytes.size()) == 1);
  Digest224 digest;
  ensure(SHA224_Final(digest.bytes.data(), &context) == 1);
  return digest;
}

Digest sha256_concat(std::initializer_list<ByteView> parts) {
  SHA256_CTX context;
  begin(context);
  for (ByteView part : parts)
    add(context, part);
  return end(context);
}

Digest hash_in_domain(std::string_view domain, std::initializer_list<ByteView> parts) {
  SHA256_CTX context;
  begin(context);
  add_domain(context, domain);
  for (ByteView part : parts)
    add(context, part);
  return end(context);
}

Bytes message_in_domain(std::string_view domain, ByteView message) {
  ensure(domain.size() <= 255, "a domain's length is one byte");
  Bytes result;
  result.reserve(1 + domain.size() + message.size());
  result.push_back(static_cast<std::uint8_t>(domain.size()));
  append(result, domain);
  append(result, message);
  return result;
}

Digest hmac_sha256(ByteView key, ByteView message) {
  std::array<std::uint8_t, kBlockBytes> block{};
  if (key.size() > kBlockBytes) {
    const Digest short_key = sha256(key);
    std::memcpy(block.data(), short_key.bytes.data(), Digest::kSize);
  } else if (!key.empty()) {
    std::memcpy(block.data(), key.data(), key.size());
  }
  for (std::uint8_t& b : block)
    b ^= kInnerPad;
  const Digest inner = sha256_concat({block, message});
  for (std::uint8_t& b : block)
    b ^= kInnerPad ^ kOuterPad;
  const Digest outer = sha256_concat({block, inner});
  OPENSSL_cleanse(block.data(), block.size());
  return outer;
}

Hasher::Hasher() {
  static_assert(sizeof(SHA256_CTX) == kStateBytes && alignof(SHA256_CTX) <= 8);
  begin(*new (state_.data()) SHA256_CTX);
}

Hasher::Hasher(std::string_view domain) : Hasher() {
  add_domain(*std::launder(reinterpret_cast<SHA256_CTX*>(state_.data())), domain);
}

Hasher& Hasher::update(ByteView bytes) {
  add(*std::launder(reinterpret_cast<SHA256_CTX*>(state_.data())), bytes);
  return *this;
}

Digest Hasher::finish() const {
  SHA256_CTX context;
  std::memcpy(&context, state_.data(), kStateBytes);
  return end(context);
}

}  // namespace icpd::crypto
