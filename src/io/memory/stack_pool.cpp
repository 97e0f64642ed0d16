#include "io/memory/stack_pool.hpp"

#include <sys/mman.h>

#include "base/ensure.hpp"

namespace icpd::io::memory {

namespace {

constexpr std::size_t kPageSize = 4096;

void unmap(StackPool::Stack* stack) {
  const int failed = ::munmap(stack->base - kPageSize, stack->size + kPageSize);
  ensure(failed == 0, "a stack can be unmapped");
  delete stack;
}

}  // namespace

StackPool::~StackPool() {
  for (Stack* stack : kept_)
    unmap(stack);
}

StackPool::Stack* StackPool::take(std::size_t size) {
  const std::size_t rounded = (size + kPageSize - 1) / kPageSize * kPageSize;
  {
    const std::lock_guard lock(mutex_);
    if (!kept_.empty() && kept_.back()->size == rounded) {
      Stack* stack = kept_.back();
      kept_.pop_back();
      return stack;
    }
  }
  void* mapping = ::mmap(nullptr, rounded + kPageSize, PROT_NONE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  ensure(mapping != MAP_FAILED, "there is address space for a stack");
  std::uint8_t* base = static_cast<std::uint8_t*>(mapping) + kPageSize;
  const int failed = ::mprotect(base, rounded, PROT_READ | PROT_WRITE);
  ensure(failed == 0, "there is memory for a stack");
  return new Stack{*this, base, rounded};
}

void StackPool::give_back(Stack* stack) {
  StackPool& pool = stack->pool;
  {
    const std::lock_guard lock(pool.mutex_);
    if (pool.kept_.size() < kKeptMax) {
      pool.kept_.push_back(stack);
      return;
    }
  }
  unmap(stack);
}

}  // namespace icpd::io::memory
