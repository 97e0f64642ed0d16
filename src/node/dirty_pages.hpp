// Which backend finds the pages that canisters store to, as ICPD_DIRTY_PAGES chooses it: a name of
// io/memory/guest_memory_space.hpp, or empty or unset for the first that works on this kernel. The
// backend never changes a result; choosing one is for comparing and debugging.
#pragma once

#include <memory>

#include "io/guest_memory.hpp"

namespace icpd::node {

/// Error: the variable names no backend, or one that doesn't work here, or none works.
[[nodiscard]] Result<std::unique_ptr<io::GuestMemorySpace>> open_guest_memory();

}  // namespace icpd::node
