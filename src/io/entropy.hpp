// Unpredictable bytes from the operating system: keys, nonces, session secrets.
#pragma once

#include "base/bytes.hpp"

namespace icpd::io {

class Entropy {
 public:
  virtual ~Entropy() = default;
  virtual void fill(MutableByteView out) = 0;
};

}  // namespace icpd::io
