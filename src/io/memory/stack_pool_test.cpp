#include "io/memory/stack_pool.hpp"

#include <gtest/gtest.h>

namespace icpd::io::memory {
namespace {

constexpr std::size_t kSize = 100'000;

TEST(StackPool, gives_whole_pages_that_can_be_written) {
  StackPool pool;
  StackPool::Stack* stack = pool.take(kSize);
  EXPECT_EQ(stack->size, 102'400U);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(stack->base) % 4096, 0U);
  *stack->base = 1;
  *(stack->top() - 1) = 2;
  StackPool::give_back(stack);
}

TEST(StackPool, hands_a_stack_out_again_once_it_is_given_back) {
  StackPool pool;
  StackPool::Stack* first = pool.take(kSize);
  std::uint8_t* const base = first->base;
  StackPool::Stack* second = pool.take(kSize);
  EXPECT_NE(second->base, base);
  StackPool::give_back(first);
  first = pool.take(kSize);
  EXPECT_EQ(first->base, base);
  StackPool::give_back(first);
  StackPool::give_back(second);
}

TEST(StackPool, takes_back_more_than_it_keeps) {
  StackPool pool;
  std::vector<StackPool::Stack*> stacks;
  for (std::size_t i = 0; i < 2 * StackPool::kKeptMax; ++i)
    stacks.push_back(pool.take(kSize));
  for (StackPool::Stack* stack : stacks)
    StackPool::give_back(stack);
}

TEST(StackPool, the_page_below_a_stack_is_inaccessible) {
  StackPool pool;
  StackPool::Stack* stack = pool.take(kSize);
  EXPECT_DEATH(*(stack->base - 1) = 1, "");
  StackPool::give_back(stack);
}

}  // namespace
}  // namespace icpd::io::memory
