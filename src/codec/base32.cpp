#include "codec/base32.hpp"

#include "codec/radix.hpp"

namespace icpd::codec {
namespace {

constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
constexpr auto kTable = detail::make_radix_table(kAlphabet, true);

}  // namespace

std::string base32_encode(ByteView bytes) {
  return detail::radix_encode<5>(bytes, kAlphabet);
}

std::optional<Bytes> base32_decode(std::string_view text) {
  return detail::radix_decode<5>(text, kTable);
}

}  // namespace icpd::codec
