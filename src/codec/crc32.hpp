// CRC-32 of ISO 3309 and ITU-T V.42 (reflected polynomial 0xEDB88320), as in the textual form of
// principals: crc32("123456789") == 0xCBF43926.
#pragma once

#include "base/bytes.hpp"

namespace icpd::codec {

/// About 0.4 GB/s: made for short inputs.
[[nodiscard]] std::uint32_t crc32(ByteView bytes);

}  // namespace icpd::codec
