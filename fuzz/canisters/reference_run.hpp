// Running a random canister in a bare engine: no metering, no pausing, no page tracking, memories
// of the engine's own, and a System API of a few lines.
#pragma once

#include <optional>

#include "seen.hpp"

namespace icpd::fuzz {

/// The messages of a counting module (counting_module.hpp) and of the module as it was uploaded.
/// The second knows no instructions and no pages, and ends before the first message that exceeds
/// the limit.
struct ReferenceRun {
  std::vector<Seen> counted;
  std::vector<Seen> plain;
};

/// Needs a module of RandomModule's.
[[nodiscard]] ReferenceRun run_reference(ByteView module);

}  // namespace icpd::fuzz
