#include "base/ensure.hpp"

#include <cstdio>
#include <cstdlib>

namespace icpd::detail {

void ensure_failed(const char* condition, const char* message, const char* file,
                   int line) noexcept {
  std::fprintf(stderr, "%s:%d: invariant broken: %s%s%s\n", file, line, condition,
               *message != '\0' ? ": " : "", message);
  std::fflush(stderr);
  std::abort();
}

}  // namespace icpd::detail
