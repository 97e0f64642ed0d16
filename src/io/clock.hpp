// Time from outside. The shell reads it and hands it to the cores as a value.
#pragma once

#include "base/units.hpp"

namespace icpd::io {

class Clock {
 public:
  virtual ~Clock() = default;
  /// Wall clock, UTC. May jump either way.
  [[nodiscard]] virtual Time now() = 0;
  /// Never goes back; stands for elapsed time only. Counts through a suspend of the machine.
  [[nodiscard]] virtual Duration monotonic() = 0;
};

}  // namespace icpd::io
