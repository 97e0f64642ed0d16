// Gives the engine the guest memory of the execution that is instantiating a module.
#pragma once

#include "execution/wasm/detail/wasmtime_handles.hpp"

namespace icpd::execution::wasm {

[[nodiscard]] wasmtime_memory_creator_t memory_creator();

}  // namespace icpd::execution::wasm
