#include "execution/environment.hpp"

#include <gtest/gtest.h>

#include "base/prng.hpp"
#include "execution/test_subnet.hpp"

namespace icpd::execution {
namespace {

using namespace testing;

std::string ask(TestSubnet& subnet, const state::ReplicatedState& state, const CanisterId& id) {
  return TestSubnet::text(execution::execute_query(
      state, {kAlice, std::nullopt, id, "get", Slice()}, std::nullopt, subnet.environment));
}

/// Counts in the heap, and spreads what it writes over pages.
std::string heap_counter() {
  return with_imports(R"(
    (func $cell (result i32) (i32.mul (i32.const 4096) (i32.load8_u (i32.const 7))))
    (func (export "canister_update inc")
      (i32.store8 (i32.const 7) (i32.add (i32.load8_u (i32.const 7)) (i32.const 1)))
      (i32.store8 offset=9 (call $cell) (i32.load8_u (i32.const 7)))
      (if (i32.eqz (i32.rem_u (i32.load8_u (i32.const 7)) (i32.const 4)))
        (then (drop (memory.grow (i32.const 1)))))
      (call $reply))
    (func (export "canister_query get")
      (call $reply_byte (i32.add (i32.const 48)
        (i32.load8_u offset=9 (call $cell))))))");
}

TEST(Environment, queries_see_the_state_that_they_are_asked_about) {
  TestSubnet subnet;
  const CanisterId id = subnet.deploy(heap_counter());
  std::vector<state::ReplicatedState> states{subnet.state};
  for (int i = 0; i < 9; ++i) {
    subnet.call(kAlice, id, "inc");
    states.push_back(subnet.state);
  }
  Prng prng(4);
  for (int i = 0; i < 200; ++i) {
    const std::uint64_t which = prng.below(states.size());
    EXPECT_EQ(ask(subnet, states[which], id), "reply: " + std::to_string(which));
    if (i % 40 == 0) subnet.call(kAlice, id, "inc");
  }
}

class CountingCompiler final : public ModuleCompiler {
 public:
  wasm::HostResult<wasm::CompiledModule> compile(const state::Blob& code) override {
    ++calls;
    return wasm::compile_module(engine, code.bytes);
  }
  wasm::Engine engine;
  int calls = 0;
};

state::Blob module_with_data(std::size_t bytes) {
  return state::Blob::of(
      Slice(wat("(module (memory 16) (data (i32.const 8) \"" + std::string(bytes, 'x') + "\"))")));
}

TEST(Environment, a_module_is_compiled_once_while_it_is_kept) {
  CountingCompiler compiler;
  io::InlineWorkers workers;
  const state::Blob blob = state::Blob::of(Slice(wat(kCounter)));
  Environment environment(memory_space(), workers, &compiler);
  ASSERT_TRUE(environment.new_module(blob).ok());
  ASSERT_TRUE(environment.new_module(blob).ok());
  static_cast<void>(environment.module(blob));
  EXPECT_EQ(compiler.calls, 1);
}

TEST(Environment, a_module_from_memory_begins_with_the_same_heap) {
  io::InlineWorkers workers;
  Environment environment(memory_space(), workers);
  const state::Blob blob = module_with_data(100);
  const auto first = environment.new_module(blob);
  const auto second = environment.new_module(blob);
  ASSERT_TRUE(first.ok() && second.ok());
  ASSERT_EQ(first->initial_heap.size(), 1U);
  ASSERT_EQ(second->initial_heap.size(), 1U);
  EXPECT_EQ(first->initial_heap[0].content[107], 'x');
  EXPECT_EQ(first->initial_heap[0].content, second->initial_heap[0].content);
}

TEST(Environment, keeps_no_more_modules_and_bytes_than_it_may) {
  io::InlineWorkers workers;
  const std::array blobs = {module_with_data(1000), module_with_data(2000), module_with_data(3000)};
  const auto calls = [&](const EnvironmentOptions& options) {
    CountingCompiler compiler;
    Environment environment(memory_space(), workers, &compiler, options);
    for (const int which : {0, 1, 0, 2, 0, 1})
      static_cast<void>(environment.module(blobs[static_cast<std::size_t>(which)]));
    return compiler.calls;
  };
  EXPECT_EQ(calls({}), 3);
  EXPECT_EQ(calls({.modules_max = 2}), 4);        // 1 went for 2, the least recently used
  EXPECT_EQ(calls({.modules_bytes_max = 1}), 6);  // each alone is more than that
}

TEST(Environment, an_invalid_module_is_refused) {
  CountingCompiler compiler;
  io::InlineWorkers workers;
  Environment environment(memory_space(), workers, &compiler);
  const auto made = environment.new_module(state::Blob::of(Slice::copy_of(as_bytes("nonsense"))));
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().code, types::ErrorCode::kCanisterInvalidWasm);
}

}  // namespace
}  // namespace icpd::execution
