// Stacks for executions, used again and again.
//
// An execution runs on a stack of its own. Making and dropping one for each message would cost more
// than a short message itself: two system calls, and all processors forget address translations.
// Below each stack lies an inaccessible page. A stack isn't cleared between two executions: guest
// code cannot see it.
//
// May be used from several threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace icpd::io::memory {

class StackPool {
 public:
  /// More than these aren't kept: one for each thread that executes is enough.
  static constexpr std::size_t kKeptMax = 8;

  struct Stack {
    StackPool& pool;
    /// The lowest usable byte.
    std::uint8_t* base = nullptr;
    std::size_t size = 0;
    [[nodiscard]] std::uint8_t* top() const { return base + size; }
  };

  StackPool() = default;
  /// All stacks were given back.
  ~StackPool();
  StackPool(const StackPool&) = delete;
  StackPool& operator=(const StackPool&) = delete;

  /// At least `size` bytes, in whole pages. Ends the process if there is no memory.
  [[nodiscard]] Stack* take(std::size_t size);
  static void give_back(Stack* stack);

 private:
  std::mutex mutex_;
  std::vector<Stack*> kept_;
};

}  // namespace icpd::io::memory
