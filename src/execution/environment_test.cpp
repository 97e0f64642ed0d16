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

class CountingStore final : public CodeStore {
 public:
  std::optional<Bytes> get(const crypto::Digest& key) override {
    const auto found = codes.find(key);
    if (found == codes.end()) return std::nullopt;
    ++hits;
    return found->second;
  }
  void put(const crypto::Digest& key, ByteView code) override {
    codes[key] = to_bytes(code);
    ++puts;
  }
  std::map<crypto::Digest, Bytes> codes;
  int hits = 0;
  int puts = 0;
};

TEST(Environment, code_is_compiled_once_and_found_in_the_store_afterwards) {
  CountingStore store;
  io::InlineWorkers workers;
  const state::Blob blob = state::Blob::of(Slice(wat(kCounter)));
  {
    Environment environment(memory_space(), workers, &store);
    ASSERT_TRUE(environment.new_module(blob).ok());
    ASSERT_TRUE(environment.new_module(blob).ok());
    static_cast<void>(environment.module(blob));
    EXPECT_EQ(store.puts, 1);
    EXPECT_EQ(store.hits, 0);
  }
  Environment environment(memory_space(), workers, &store);
  static_cast<void>(environment.module(blob));
  EXPECT_EQ(store.puts, 1);
  EXPECT_EQ(store.hits, 1);
}

TEST(Environment, an_invalid_module_is_refused_and_not_stored) {
  CountingStore store;
  io::InlineWorkers workers;
  Environment environment(memory_space(), workers, &store);
  const auto made = environment.new_module(state::Blob::of(Slice::copy_of(as_bytes("nonsense"))));
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().code, types::ErrorCode::kCanisterInvalidWasm);
  EXPECT_EQ(store.puts, 0);
}

}  // namespace
}  // namespace icpd::execution
