#include "execution/wasm/detail/memory_creator.hpp"

#include "execution/wasm/detail/execution_state.hpp"

namespace icpd::execution::wasm {
namespace {

io::GuestMemory& memory_of(void* environment) {
  return *static_cast<io::GuestMemory*>(environment);
}

std::uint8_t* on_get(void* environment, std::size_t* size, std::size_t* capacity) noexcept {
  const io::GuestMemory& memory = memory_of(environment);
  *size = memory.size_bytes();
  *capacity = memory.reserved_bytes();
  return memory.base();
}

wasmtime_error_t* on_grow(void* environment, std::size_t new_size) noexcept {
  memory_of(environment).grow(new_size);
  return nullptr;
}

wasmtime_error_t* on_new(void*, const wasm_memorytype_t*, std::size_t minimum, std::size_t,
                         std::size_t reserved, std::size_t,
                         wasmtime_linear_memory_t* out) noexcept {
  const auto* execution = detail::ExecutionState::current();
  ensure(execution != nullptr, "modules are instantiated by executions only");
  io::GuestMemory& heap = execution->heap;
  ensure(heap.size_bytes() >= minimum, "the heap is as large as the module asks at least");
  ensure(heap.reserved_bytes() >= reserved, "a heap has room to grow in place");
  *out = {&heap, on_get, on_grow, nullptr};
  return nullptr;
}

}  // namespace

wasmtime_memory_creator_t memory_creator() {
  return {nullptr, on_new, nullptr};
}

}  // namespace icpd::execution::wasm
