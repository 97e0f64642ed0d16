// Base64 of RFC 4648: the standard alphabet with padding (PEM, JSON interfaces) and the URL
// alphabet without padding (WebAuthn challenges).
//
// Decoders are strict: every byte string has exactly one text in each form. White space and
// missing or superfluous padding are refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace icpd::codec {

[[nodiscard]] std::string base64_encode(ByteView bytes);
[[nodiscard]] std::optional<Bytes> base64_decode(std::string_view text);

[[nodiscard]] std::string base64url_encode(ByteView bytes);
[[nodiscard]] std::optional<Bytes> base64url_decode(std::string_view text);

}  // namespace icpd::codec
