#include "execution/wasm/compiled_module.hpp"

#include <gtest/gtest.h>

#include "execution/wasm/assemble.hpp"
#include "execution/wasm/heap.hpp"
#include "execution/wasm/prepare.hpp"

namespace icpd::execution::wasm {
namespace {

const Engine& engine() {
  static const Engine engine;
  return engine;
}

/// Something of everything that facts hold.
Slice rich_module() {
  return Slice(assemble(R"((module
    (memory (export "memory") 2 7)
    (global (mut i32) (i32.const 1))
    (global (mut f64) (f64.const 2))
    (data (i32.const 5) "hello")
    (data (i32.const 100000) "another page")
    (@custom "icp:public candid:service" "service : {}")
    (@custom "icp:private notes" "x")
    (func (export "canister_init"))
    (func (export "canister_heartbeat"))
    (func (export "canister_update b"))
    (func (export "canister_query a"))
    (func (export "canister_composite_query c"))))")
                   .value());
}

void expect_equal(const ModuleFacts& a, const ModuleFacts& b) {
  EXPECT_EQ(a.width, b.width);
  EXPECT_EQ(a.has_memory, b.has_memory);
  EXPECT_EQ(a.heap_pages_initial, b.heap_pages_initial);
  EXPECT_EQ(a.heap_pages_max, b.heap_pages_max);
  EXPECT_EQ(a.methods, b.methods);
  EXPECT_EQ(a.hooks, b.hooks);
  EXPECT_EQ(a.mutable_globals, b.mutable_globals);
  EXPECT_EQ(a.listed_globals, b.listed_globals);
  ASSERT_EQ(a.metadata.size(), b.metadata.size());
  for (std::size_t i = 0; i < a.metadata.size(); ++i) {
    EXPECT_EQ(a.metadata[i].name, b.metadata[i].name);
    EXPECT_EQ(a.metadata[i].visibility, b.metadata[i].visibility);
    EXPECT_EQ(a.metadata[i].content, b.metadata[i].content);
  }
  EXPECT_EQ(a.compilation_units, b.compilation_units);
  EXPECT_EQ(a.operators, b.operators);
  EXPECT_EQ(a.pages_reserved_for_upgrade, b.pages_reserved_for_upgrade);
}

TEST(CompiledModule, comes_back_from_its_record_as_it_was) {
  const auto made = compile_module(engine(), rich_module());
  ASSERT_TRUE(made.ok()) << made.error().message;
  ASSERT_EQ(made->facts->metadata.size(), 2U);
  ASSERT_TRUE(made->facts->has(Hook::kInit) && made->facts->has(Hook::kHeartbeat));
  const auto again = decode_compiled(Slice(encode(made)));
  ASSERT_TRUE(again.ok() && again->ok());
  expect_equal((*again)->facts.get() == nullptr ? ModuleFacts{} : *(*again)->facts, *made->facts);
  EXPECT_EQ((*again)->machine_code, made->machine_code);
  ASSERT_EQ((*again)->data.size(), made->data.size());
  for (std::size_t i = 0; i < made->data.size(); ++i) {
    EXPECT_EQ((*again)->data[i].address, made->data[i].address);
    EXPECT_EQ((*again)->data[i].bytes, made->data[i].bytes);
  }
  EXPECT_TRUE(engine().load((*again)->facts, (*again)->machine_code).ok());
}

TEST(CompiledModule, a_refusal_comes_back_with_its_code_and_text) {
  const auto refused = compile_module(engine(), Slice::copy_of(as_bytes("nonsense")));
  ASSERT_FALSE(refused.ok());
  const auto again = decode_compiled(Slice(encode(refused)));
  ASSERT_TRUE(again.ok());
  ASSERT_FALSE(again->ok());
  EXPECT_EQ(again->error(), refused.error());
}

TEST(CompiledModule, a_cut_or_longer_record_is_an_error) {
  const Bytes record = encode(compile_module(engine(), rich_module()));
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{40}, record.size() / 2, record.size() - 1})
    EXPECT_FALSE(decode_compiled(Slice::copy_of(ByteView(record).first(size))).ok()) << size;
  Bytes longer = record;
  longer.push_back(0);
  EXPECT_FALSE(decode_compiled(Slice(longer)).ok());
}

TEST(CompiledModule, a_data_segment_ends_within_the_address_space) {
  auto made = compile_module(engine(), rich_module());
  ASSERT_TRUE(made.ok()) << made.error().message;
  made->data[0].address = UINT64_MAX;
  EXPECT_FALSE(decode_compiled(Slice(encode(made))).ok());
}

}  // namespace
}  // namespace icpd::execution::wasm
