#include "codec/base64.hpp"

#include "codec/radix.hpp"

namespace icpd::codec {
namespace {

constexpr std::string_view kStandard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr auto kStandardTable = detail::make_radix_table(kStandard, false);
constexpr auto kUrlTable = detail::make_radix_table(kUrl, false);

}  // namespace

std::string base64_encode(ByteView bytes) {
  std::string out = detail::radix_encode<6>(bytes, kStandard);
  out.resize((out.size() + 3) / 4 * 4, '=');
  return out;
}

std::optional<Bytes> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  const std::size_t end = text.find_last_not_of('=');
  const std::size_t digits = end == std::string_view::npos ? 0 : end + 1;
  if (text.size() - digits > 2) return std::nullopt;
  return detail::radix_decode<6>(text.substr(0, digits), kStandardTable);
}

std::string base64url_encode(ByteView bytes) {
  return detail::radix_encode<6>(bytes, kUrl);
}

std::optional<Bytes> base64url_decode(std::string_view text) {
  return detail::radix_decode<6>(text, kUrlTable);
}

}  // namespace icpd::codec
