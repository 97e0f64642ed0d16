// Gives the engine stacks of a pool.
#pragma once

#include "execution/wasm/detail/wasmtime_handles.hpp"
#include "io/memory/stack_pool.hpp"

namespace icpd::execution::wasm {

/// The pool must outlive the engine and its stores.
[[nodiscard]] wasmtime_stack_creator_t stack_creator(io::memory::StackPool& pool);

}  // namespace icpd::execution::wasm
