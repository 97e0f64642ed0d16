#include "execution/wasm/detail/stack_creator.hpp"

namespace icpd::execution::wasm {
namespace {

using io::memory::StackPool;

std::uint8_t* on_get(void* environment, std::size_t* size) noexcept {
  const auto* stack = static_cast<const StackPool::Stack*>(environment);
  *size = stack->size;
  return stack->top();
}

void on_drop(void* environment) noexcept {
  StackPool::give_back(static_cast<StackPool::Stack*>(environment));
}

wasmtime_error_t* on_new(void* environment, std::size_t size, bool,
                         wasmtime_stack_memory_t* out) noexcept {
  *out = {static_cast<StackPool*>(environment)->take(size), on_get, on_drop};
  return nullptr;
}

}  // namespace

wasmtime_stack_creator_t stack_creator(io::memory::StackPool& pool) {
  return {&pool, on_new, nullptr};
}

}  // namespace icpd::execution::wasm
