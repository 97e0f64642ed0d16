// `icpd version`: what this program is, for bug reports and for scripts.
#pragma once

#include "node/cli_console.hpp"

namespace icpd::node {

/// The commit this program was built from, "-dirty" if the tree had changes.
extern const char* const kBuildVersion;

struct VersionOptions {
  bool json = false;
};

/// Version, compatibility of compiled canister code, and how stored pages are found here.
[[nodiscard]] CommandResult show_version(const VersionOptions& options, const Console& console);

}  // namespace icpd::node
