#include "types/ids.hpp"

#include "codec/base32.hpp"
#include "codec/crc32.hpp"
#include "crypto/hash.hpp"

namespace icpd::types {

namespace {

constexpr std::size_t kChecksumSize = 4;
constexpr std::size_t kGroupSize = 5;
/// 4 + 29 bytes are 53 base32 digits and 10 dashes.
constexpr std::size_t kTextSizeMax = 63;

}  // namespace

Result<Principal> Principal::from_bytes(ByteView bytes) {
  if (bytes.size() > kSizeMax) return Err("principal longer than 29 bytes");
  Principal principal;
  std::copy(bytes.begin(), bytes.end(), principal.bytes_.begin());
  principal.size_ = static_cast<std::uint8_t>(bytes.size());
  return principal;
}

Result<Principal> Principal::from_text(std::string_view text) {
  if (text.size() > kTextSizeMax) return Err("principal text longer than 63 characters");
  std::string digits;
  for (const char c : text) {
    if (c != '-') digits.push_back(c);
  }
  const auto decoded = codec::base32_decode(digits);
  if (!decoded || decoded->size() < kChecksumSize) return Err("principal text is not base32");
  const ByteView body = ByteView(*decoded).subspan(kChecksumSize);
  const Principal principal = TRY(from_bytes(body));
  // Printing again checks the checksum, the grouping and the case at once.
  if (principal.text() != text) return Err("principal text has a wrong checksum or form");
  return principal;
}

Principal Principal::anonymous() {
  Principal principal;
  principal.bytes_[0] = 0x04;
  principal.size_ = 1;
  return principal;
}

Principal Principal::self_authenticating(ByteView public_key_der) {
  const auto digest = crypto::sha224(public_key_der);
  static_assert(decltype(digest)::kSize + 1 == kSizeMax);
  Principal principal;
  std::copy(digest.bytes.begin(), digest.bytes.end(), principal.bytes_.begin());
  principal.bytes_[28] = 0x02;
  principal.size_ = kSizeMax;
  return principal;
}

std::string Principal::text() const {
  Bytes checked;
  append_be<std::uint32_t>(checked, codec::crc32(view()));
  append(checked, view());
  const std::string digits = codec::base32_encode(checked);
  std::string grouped;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i != 0 && i % kGroupSize == 0) grouped.push_back('-');
    grouped.push_back(digits[i]);
  }
  return grouped;
}

CanisterId canister_id_from_index(std::uint64_t index) {
  std::array<std::uint8_t, 10> bytes{};
  store_be(MutableByteView(bytes), index);
  bytes[8] = 0x01;
  bytes[9] = 0x01;
  return CanisterId(Principal::from_bytes(bytes).value());
}

Result<std::uint64_t> canister_index(const CanisterId& id) {
  const ByteView bytes = id.view();
  if (bytes.size() != 10 || bytes[8] != 0x01 || bytes[9] != 0x01)
    return Err("not a canister id that the system gives");
  return load_be<std::uint64_t>(bytes);
}

void record_write(codec::RecordWriter& out, const Principal& principal) {
  out.blob(principal.view());
}

Status<> record_read(codec::RecordReader& in, Principal& principal) {
  principal = TRY(Principal::from_bytes(TRY(in.blob())));
  return {};
}

}  // namespace icpd::types
