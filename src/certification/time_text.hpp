// A time as people read it, for error texts: "2025-05-01 23:55:18.005285297 UTC", without a
// fraction if it is a whole second.
#pragma once

#include <string>

#include "base/units.hpp"

namespace icpd::certification {

[[nodiscard]] std::string time_text(Time time);

}  // namespace icpd::certification
