#include "types/error_code.hpp"

namespace icpd::types {

bool is_valid(ErrorCode code) {
  return !name(code).empty();
}

std::string_view name(ErrorCode code) {
  switch (code) {
#define ICPD_NAME(number, text) \
  case ErrorCode::k##text:      \
    return #text;
    ICPD_ERROR_CODES(ICPD_NAME)
#undef ICPD_NAME
  }
  return {};
}

std::string text(ErrorCode code) {
  const std::string digits = std::to_string(static_cast<std::uint16_t>(code));
  return "IC" + std::string(4 - digits.size(), '0') + digits;
}

}  // namespace icpd::types
