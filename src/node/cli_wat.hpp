// `icpd wat`: WebAssembly text to a module, so that an example canister needs no other compiler.
#pragma once

#include "node/cli_console.hpp"

namespace icpd::node {

struct WatOptions {
  std::string input;
  std::string output;
};

[[nodiscard]] CommandResult assemble_file(const WatOptions& options, const Console& console);

}  // namespace icpd::node
