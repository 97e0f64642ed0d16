// Base32 of RFC 4648 section 6, without padding. Printed in lower case, read in both.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace icpd::codec {

[[nodiscard]] std::string base32_encode(ByteView bytes);
/// Nothing for another character, a length that no bytes have, or bits left over that aren't 0:
/// every byte string has exactly one text (up to case).
[[nodiscard]] std::optional<Bytes> base32_decode(std::string_view text);

}  // namespace icpd::codec
