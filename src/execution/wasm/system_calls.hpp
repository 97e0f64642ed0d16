// The functions that a metered module imports, as the engine calls them.
#pragma once

#include "execution/wasm/engine_state.hpp"

namespace icpd::execution::wasm {

/// Defines all imports of metered modules of one width and style.
[[nodiscard]] LinkerHandle make_linker(wasm_engine_t& engine, PointerWidth width, Style style,
                                       Pausing pausing);

}  // namespace icpd::execution::wasm
