// WebAssembly text to WebAssembly: what `icpd wat` is.
#pragma once

#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace icpd::execution::wasm {

/// The binary module of a text, with its custom sections (`@custom`). The error shows the line.
[[nodiscard]] Result<Bytes> assemble(std::string_view text);

}  // namespace icpd::execution::wasm
