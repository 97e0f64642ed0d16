#include "execution/wasm/acceptance.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include "execution/wasm/test_guest.hpp"

namespace icpd::execution::wasm {
namespace {

using testing::wat;

std::string verdict(Slice module) {
  const auto prepared = prepare(testing::engine(), std::move(module));
  if (prepared.ok()) return "accepted";
  EXPECT_EQ(prepared.error().code, types::ErrorCode::kCanisterInvalidWasm);
  const std::string_view prefix = "Canister's Wasm module is not valid: ";
  EXPECT_TRUE(prepared.error().message.starts_with(prefix));
  return prepared.error().message.substr(prefix.size());
}
std::string verdict(const std::string& text) {
  return verdict(Slice(wat(text)));
}
/// Of a module with these fields.
std::string of(const std::string& fields) {
  return verdict("(module " + fields + ")");
}

ModuleFacts facts_of(const std::string& fields) {
  return *prepare(testing::engine(), Slice(wat("(module " + fields + ")"))).value().facts;
}

std::string repeat(std::size_t n, const std::function<std::string(std::size_t)>& item) {
  std::string out;
  for (std::size_t i = 0; i < n; ++i)
    out += item(i);
  return out;
}

Bytes gzip(ByteView content) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  Bytes out(content.size() + 1000);
  stream.next_in = const_cast<Bytef*>(content.data());
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// -- Encoding and size --

TEST(Acceptance, only_wasm_and_gzip_are_modules) {
  for (const Bytes& bytes :
       {Bytes{}, Bytes{0}, to_bytes("not a module"), Bytes{0x1F, 0x8B, 0x09}}) {
    EXPECT_EQ(verdict(Slice(bytes)),
              "Failed to decode wasm module: unsupported canister module format.");
  }
}

TEST(Acceptance, a_gzipped_module_is_the_same_module) {
  const Bytes module = wat(R"((module (func (export "canister_update a"))))");
  const auto plain = prepare(testing::engine(), Slice(module));
  const auto zipped = prepare(testing::engine(), Slice(gzip(module)));
  ASSERT_TRUE(plain.ok() && zipped.ok());
  EXPECT_EQ(plain->metered_hash, zipped->metered_hash);
}

TEST(Acceptance, a_gzip_stream_must_hold_exactly_its_declared_size) {
  const Bytes module = wat("(module)");
  const Bytes good = gzip(module);
  for (const int change : {-1, +1, +100}) {
    Bytes bad = good;
    bad[bad.size() - 4] = static_cast<std::uint8_t>(bad[bad.size() - 4] + change);
    EXPECT_EQ(verdict(Slice(bad)),
              "Failed to decode wasm module: the gzip stream is damaged or not "
              "of its declared size.");
  }
  Bytes cut(good.begin(), good.begin() + 15);
  EXPECT_EQ(verdict(Slice(cut)), "Failed to decode wasm module: the gzip stream is too short.");
  Bytes damaged = good;
  damaged[12] ^= 0xFF;
  EXPECT_NE(verdict(Slice(damaged)), "accepted");
}

TEST(Acceptance, a_declared_size_over_the_limit_is_refused_before_inflating) {
  Bytes bomb = gzip(wat("(module)"));
  for (int i = 1; i <= 4; ++i)
    bomb[bomb.size() - static_cast<std::size_t>(i)] = 0xFF;
  EXPECT_EQ(verdict(Slice(bomb)),
            "Wasm module size of 4294967295 exceeds the maximum allowed size of 104857600.");
}

TEST(Acceptance, a_declared_size_that_no_stream_of_that_length_holds_is_refused) {
  Bytes bomb = gzip(wat("(module)"));
  bomb[bomb.size() - 2] = 0x60;  // 6 MiB
  EXPECT_EQ(verdict(Slice(bomb)),
            "Failed to decode wasm module: the gzip stream is shorter than its declared size.");
}

TEST(Acceptance, a_module_over_100_mib_is_refused) {
  Bytes large = wat("(module)");
  // A custom section without name that fills what is left.
  const std::size_t head = large.size() + 1 + 4;
  Emitter(large).section(0, Bytes(100 * kMiB - head));
  ASSERT_EQ(large.size(), 100 * kMiB);
  EXPECT_EQ(verdict(Slice(Bytes(large))), "accepted");
  large.push_back(0);
  EXPECT_EQ(verdict(Slice(std::move(large))),
            "Wasm module size of 104857601 exceeds the maximum allowed size of 104857600.");
}

TEST(Acceptance, a_code_section_over_12_mib_is_refused_before_validation) {
  const auto with_code = [](std::size_t size) {
    Bytes module = wat("(module)");
    Emitter(module).section(10, Bytes(size));
    return verdict(Slice(std::move(module)));
  };
  EXPECT_TRUE(with_code(12 * kMiB).starts_with("wasmtime::Module::validate() failed with "));
  EXPECT_EQ(with_code(12 * kMiB + 1),
            "Wasm module code section size of 12582913 exceeds the maximum allowed size of "
            "12582912.");
}

// -- Features --

TEST(Acceptance, accepts_the_features_of_the_platform) {
  for (const std::string fields : {
           "(memory 1) (data \"x\") (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)))",
           "(func (param externref) (drop (ref.null func)))",
           "(func (result i32) (i32.extend8_s (i32.const 1)))",
           "(func (result i32) (i32.trunc_sat_f32_s (f32.const 1)))",
           "(global (mut i32) (i32.const 1))",
           "(func (result i32 i64) (i32.const 1) (i64.const 2))",
           "(func (result v128) (v128.const i64x2 1 2))",
           "(func $f (return_call $f))",
           "(memory i64 1) (table i64 1 funcref)",
       }) {
    EXPECT_EQ(of(fields), "accepted") << fields;
  }
}

TEST(Acceptance, refuses_other_features) {
  for (const std::string fields : {
           "(memory 1) (memory 1)",
           "(memory 1 1 shared)",
           "(memory 1) (func (drop (i32.atomic.load (i32.const 0))))",
           "(tag)",
           "(type (struct))",
           "(func (param (ref func)))",
           "(func (result v128) (i8x16.relaxed_swizzle (v128.const i64x2 1 2) (v128.const i64x2 1 "
           "2)))",
           "(memory 1 (pagesize 1))",
       }) {
    EXPECT_TRUE(of(fields).starts_with("wasmtime::Module::validate() failed with ")) << fields;
  }
  EXPECT_EQ(of("(global i32 (i32.add (i32.const 1) (i32.const 2)))"),
            "Wasm module has an invalid global section. An initial value must be one operator.");
}

TEST(Acceptance, malformed_wasm_is_refused_by_the_engine) {
  Bytes module = wat("(module (func))");
  module.back() = 0;
  EXPECT_TRUE(verdict(Slice(module)).starts_with("wasmtime::Module::validate() failed with "));
}

// -- Imports --

TEST(Acceptance, imports_come_from_the_system_api) {
  EXPECT_EQ(of(R"((import "ic0" "time" (func (result i64))))"), "accepted");
  EXPECT_EQ(of(R"((import "env" "memory" (memory 1)) (import "env" "table" (table 1 funcref)))"),
            "accepted");
  EXPECT_EQ(of(R"((import "ic0" "subnet_self_node_count" (func (result i32))))"),
            "Wasm module has an invalid import section. Module imports function "
            "'subnet_self_node_count' from 'ic0' that is not exported by the runtime.");
  EXPECT_EQ(of(R"((import "env" "time" (func (result i64))))"),
            "Wasm module has an invalid import section. Module imports function 'time' from 'env' "
            "that is not exported by the runtime.");
  EXPECT_EQ(of(R"((import "__" "grow_heap" (func (param i32) (result i32))))"),
            "Wasm module has an invalid import section. Module imports function 'grow_heap' from "
            "'__' that is not exported by the runtime.");
}

TEST(Acceptance, the_width_of_the_memory_selects_the_signatures) {
  const std::string size32 = R"((import "ic0" "msg_caller_size" (func (result i32))))";
  const std::string size64 = R"((import "ic0" "msg_caller_size" (func (result i64))))";
  const std::string wrong =
      "Wasm module has an invalid import section. Module imports function 'msg_caller_size' from "
      "'ic0' with a signature that the runtime does not have.";
  EXPECT_EQ(of(size32), "accepted");
  EXPECT_EQ(of(size32 + "(memory 1)"), "accepted");
  EXPECT_EQ(of(size64 + "(memory i64 1)"), "accepted");
  EXPECT_EQ(of(size64), wrong);
  EXPECT_EQ(of(size32 + "(memory i64 1)"), wrong);
  EXPECT_EQ(of(R"((import "ic0" "stable_size" (func (result i32))))"), "accepted");
  EXPECT_EQ(of(R"((import "ic0" "stable_size" (func (result i32))) (memory i64 1))"),
            "Wasm module has an invalid import section. Module imports function 'stable_size' from "
            "'ic0' that is not exported by the runtime.");
}

TEST(Acceptance, nothing_else_is_imported) {
  for (const auto& [fields, what] : std::vector<std::pair<std::string, std::string>>{
           {R"((import "env" "mem" (memory 1)))", "'mem' from 'env'"},
           {R"((import "ic0" "table" (table 1 funcref)))", "'table' from 'ic0'"},
           {R"((import "env" "g" (global i32)))", "'g' from 'env'"}}) {
    EXPECT_EQ(of(fields),
              "Wasm module has an invalid import section. Only functions of 'ic0', the memory "
              "'env.memory' and the table 'env.table' may be imported, found " +
                  what + ".");
  }
}

// -- Exports --

TEST(Acceptance, reserved_names_are_not_exported) {
  for (const std::string name : {"canister counter_instructions", "canister counter_dirty_pages",
                                 "canister counter_accessed_pages", "canister_start",
                                 "stable_memory", "stable_bytemap_memory"}) {
    EXPECT_EQ(of("(func (export \"" + name + "\"))"),
              "Wasm module has an invalid export section. The name '" + name + "' is reserved.");
  }
  EXPECT_EQ(of("(memory 1) (export \"stable_memory\" (memory 0))"),
            "Wasm module has an invalid export section. The name 'stable_memory' is reserved.");
}

TEST(Acceptance, only_known_entry_points_begin_with_canister) {
  for (const std::string name :
       {"canister_foo", "canister_update", "canister_updatex", "canister_", "canister_query"}) {
    EXPECT_EQ(of("(func (export \"" + name + "\"))"),
              "Wasm module has an invalid export section. Exporting reserved function '" + name +
                  "' with \"canister_\" prefix.");
  }
  EXPECT_EQ(of(R"((memory 1) (export "canister_foo" (memory 0)) (func (export "foo")))"),
            "accepted");
  EXPECT_EQ(of(R"((func (export "canister_update ")) (func (export "canister_query  x y")))"),
            "accepted");
}

TEST(Acceptance, entry_points_have_no_parameters_and_no_results) {
  for (const std::string& name : {std::string("canister_init"), std::string("canister_update a")}) {
    for (const std::string type : {"(param i32)", "(result i32) (i32.const 1)"}) {
      EXPECT_EQ(of("(func (export \"" + name + "\") " + type + ")"),
                "Wasm module has an invalid function signature. The exported function '" + name +
                    "' must have no parameters and no results.");
    }
  }
}

TEST(Acceptance, a_method_name_is_used_once) {
  EXPECT_EQ(of(R"((func (export "canister_update foo") (export "canister_query foo")))"),
            "Wasm module has an invalid export section. Duplicate function 'foo' exported multiple "
            "times with different call types: update, query, or composite_query.");
}

TEST(Acceptance, at_most_1000_methods) {
  const auto module = [](std::size_t n) {
    return "(func $f)" + repeat(n, [](std::size_t i) {
             return "(export \"canister_query m" + std::to_string(i) + "\" (func $f))";
           });
  };
  EXPECT_EQ(of(module(1000)), "accepted");
  EXPECT_EQ(of(module(1001)),
            "Wasm module has an invalid export section. The number of exported functions called "
            "`canister_update <name>`, `canister_query <name>`, or `canister_composite_query "
            "<name>` exceeds 1000.");
}

TEST(Acceptance, method_names_have_at_most_20000_bytes_together) {
  const auto module = [](std::size_t n) {
    return "(func (export \"canister_query " + std::string(n, 'a') + "\"))";
  };
  EXPECT_EQ(of(module(20'000)), "accepted");
  EXPECT_EQ(of(module(20'001)),
            "Wasm module has an invalid export section. The sum of `<name>` lengths in exported "
            "functions called `canister_update <name>`, `canister_query <name>`, or "
            "`canister_composite_query <name>` exceeds 20000.");
}

// -- Tables, data, globals, functions, memory --

TEST(Acceptance, one_table_of_functions) {
  EXPECT_EQ(of("(table 1 externref)"),
            "Wasm module has an invalid table section. Elements must be function references.");
  EXPECT_EQ(of("(table 1 funcref) (table 1 funcref)"),
            "Wasm module has an invalid table section. More than one table.");
  EXPECT_EQ(of("(table 1000000 funcref)"), "accepted");
  EXPECT_EQ(of("(table 1000001 funcref)"),
            "Wasm module has an invalid table section. Table of 1000001 elements exceeds the "
            "maximum allowed number of 1000000.");
}

// Such a module would trap whenever it is instantiated.
TEST(Acceptance, active_elements_fit_the_table) {
  const auto with = [](const std::string& fields) { return of(fields + "(func $f)"); };
  EXPECT_EQ(with("(table 2 funcref) (elem (i32.const 1) $f)"), "accepted");
  EXPECT_EQ(with("(table 2 funcref) (elem (i32.const 2))"), "accepted");
  EXPECT_EQ(with("(import \"env\" \"table\" (table 2 funcref)) (elem (i32.const 1) $f)"),
            "accepted");
  EXPECT_EQ(with("(table 2 funcref) (elem (i32.const 1) $f $f)"),
            "Wasm module has an invalid element section. A segment of 2 elements at 1 does not fit "
            "the initial table of 2 elements.");
  EXPECT_EQ(with("(table 2 funcref) (elem (i32.const -1) $f)"),
            "Wasm module has an invalid element section. A segment of 1 elements at 4294967295 "
            "does not fit the initial table of 2 elements.");
  EXPECT_EQ(with("(table i64 2 funcref) (elem (i64.const 2) funcref (ref.null func))"),
            "Wasm module has an invalid element section. A segment of 1 elements at 2 does not fit "
            "the initial table of 2 elements.");
}

TEST(Acceptance, active_data_lies_at_a_constant_within_the_initial_memory) {
  EXPECT_EQ(of("(memory 1) (data (i32.const 65533) \"abc\")"), "accepted");
  EXPECT_EQ(of("(memory 1) (data (i32.const 65534) \"abc\")"),
            "Wasm module has an invalid data section. A segment of 3 bytes at 65534 does not fit "
            "the initial memory of 65536 bytes.");
  EXPECT_EQ(of("(memory 1) (data (i32.const -1) \"abc\")"),
            "Wasm module has an invalid data section. A segment of 3 bytes at 4294967295 does not "
            "fit the initial memory of 65536 bytes.");
  EXPECT_EQ(of("(memory 1) (data (i32.add (i32.const 1) (i32.const 2)) \"abc\")"),
            "Wasm module has an invalid data section. An active segment's offset must be one "
            "i32.const.");
  EXPECT_EQ(of("(memory i64 1) (data (i64.const 65533) \"abc\")"), "accepted");
  EXPECT_EQ(of("(memory i64 1) (data (i64.const -1) \"abc\")"),
            "Wasm module has an invalid data section. A segment of 3 bytes at 18446744073709551615 "
            "does not fit the initial memory of 65536 bytes.");
}

TEST(Acceptance, at_most_1000_globals_of_number_types) {
  const auto module = [](std::size_t n) {
    return repeat(n, [](std::size_t) { return "(global i32 (i32.const 1))"; });
  };
  EXPECT_EQ(of(module(1000)), "accepted");
  EXPECT_EQ(of(module(1001)),
            "Wasm module defined 1001 globals which exceeds the maximum number allowed 1000.");
  EXPECT_EQ(of("(global funcref (ref.null func))"),
            "Wasm module has an invalid global section. Globals must be numbers or vectors.");
}

TEST(Acceptance, at_most_50000_functions) {
  const auto module = [](std::size_t n) { return repeat(n, [](std::size_t) { return "(func)"; }); };
  EXPECT_EQ(of(module(50'000)), "accepted");
  EXPECT_EQ(of(module(50'001)),
            "Wasm module defined 50001 functions, which exceeds the maximum number allowed 50000.");
}

TEST(Acceptance, function_names_have_at_most_1_mib) {
  const auto module = [](std::size_t n) { return "(func $" + std::string(n, 'n') + ")"; };
  EXPECT_EQ(of(module(1'048'576)), "accepted");
  EXPECT_EQ(of(module(1'048'577)),
            "Wasm module contains a function at index 0 with name '" + std::string(100, 'n') +
                "...' of size 1048577 bytes that exceeds the maximum allowed size of 1048576 "
                "bytes.");
}

TEST(Acceptance, the_initial_memory_fits_the_platform) {
  EXPECT_EQ(of("(memory i64 98304)"), "accepted");
  EXPECT_EQ(of("(memory i64 98305)"),
            "Wasm module has an invalid memory section. Initial memory of 98305 pages exceeds the "
            "maximum allowed number of 98304 pages.");
  EXPECT_EQ(of("(memory 65536)"), "accepted");
}

TEST(Acceptance, the_maximum_memory_is_lowered_to_the_platforms) {
  EXPECT_EQ(facts_of("(memory 1)").heap_pages_max, 65'536);
  EXPECT_EQ(facts_of("(memory 1 7)").heap_pages_max, 7);
  EXPECT_EQ(facts_of("(memory i64 1)").heap_pages_max, 98'304);
  EXPECT_EQ(facts_of("(memory i64 1 1000000)").heap_pages_max, 98'304);
}

// -- Size and complexity of functions --

TEST(Acceptance, a_function_has_at_most_a_million_operators) {
  const auto module = [](std::size_t nops) {
    return "(func) (func " + repeat(nops, [](std::size_t) { return "nop "; }) + ")";
  };
  EXPECT_EQ(of(module(999'999)), "accepted");
  EXPECT_EQ(of(module(1'000'000)),
            "Wasm module contains a function at index 1 of size 1000001 that exceeds the maximum "
            "allowed size of 1000000.");
}

TEST(Acceptance, a_function_has_a_complexity_of_at_most_a_million) {
  // 50 for each block, 1 for each end, 1 for the function's end
  const auto module = [](std::size_t blocks) {
    return "(func " + repeat(blocks, [](std::size_t) { return "block end "; }) + ")";
  };
  EXPECT_EQ(of(module(19'607)), "accepted");
  EXPECT_EQ(of(module(19'608)),
            "Wasm module contains a function at index 0 with complexity 1000009 which exceeds the "
            "maximum complexity allowed 1000000.");
}

TEST(Acceptance, tables_are_not_changed_by_the_guest) {
  const std::string table = "(table 1 funcref) (elem $e func) ";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"(table.set (i32.const 0) (ref.null func))", "table.set"},
      {"(drop (table.grow (ref.null func) (i32.const 1)))", "table.grow"},
      {"(table.fill (i32.const 0) (ref.null func) (i32.const 1))", "table.fill"},
      {"(table.copy (i32.const 0) (i32.const 0) (i32.const 0))", "table.copy"},
      {"(table.init $e (i32.const 0) (i32.const 0) (i32.const 0))", "table.init"},
  };
  for (const auto& [code, name] : cases) {
    EXPECT_EQ(
        of(table + "(func " + code + ")"),
        "Wasm module contains a function at index 0 with the unsupported operator '" + name + "'.");
  }
}

// -- Custom sections --

TEST(Acceptance, metadata_is_public_or_private) {
  const ModuleFacts facts = facts_of(R"((@custom "icp:public candid:service" "abc")
      (@custom "icp:private  two words" "d") (@custom "icp:public " "e") (@custom "other" "f"))");
  ASSERT_EQ(facts.metadata.size(), 3);
  EXPECT_EQ(facts.metadata[0].name, "");
  EXPECT_EQ(facts.metadata[1].name, " two words");
  EXPECT_EQ(facts.metadata[1].visibility, MetadataSection::Visibility::kPrivate);
  EXPECT_EQ(as_text(facts.find_metadata("candid:service")->content), "abc");
  EXPECT_EQ(facts.find_metadata("other"), nullptr);
}

TEST(Acceptance, other_metadata_sections_are_refused) {
  for (const std::string name : {"icp:", "icp:public", "icp:secret x", "icp:publicx"}) {
    EXPECT_EQ(of("(@custom \"" + name + "\" \"\")"),
              "Wasm module has an invalid custom section. Section '" + name +
                  "' is neither 'icp:public <name>' nor 'icp:private <name>'.");
  }
  EXPECT_EQ(of(R"((@custom "icp:public a" "") (@custom "icp:private a" ""))"),
            "Wasm module has an invalid custom section. Name 'a' is used twice.");
}

TEST(Acceptance, metadata_is_bounded) {
  const auto sections = [](std::size_t n) {
    return repeat(n, [](std::size_t i) {
      return "(@custom \"icp:public n" + std::to_string(i) + "\" \"\")";
    });
  };
  EXPECT_EQ(of(sections(16)), "accepted");
  EXPECT_EQ(of(sections(17)),
            "Wasm module has an invalid custom section. The number of sections 17 exceeds the "
            "maximum allowed number of 16.");
  const auto sized = [](std::size_t n) {
    return "(@custom \"icp:public abc\" \"" + std::string(n - 3, 'x') + "\")";
  };
  EXPECT_EQ(of(sized(1'048'576)), "accepted");
  EXPECT_EQ(of(sized(1'048'577)),
            "Wasm module has an invalid custom section. The size of all sections 1048577 exceeds "
            "the maximum allowed size of 1048576.");
}

// -- Order and facts --

TEST(Acceptance, the_first_broken_rule_in_order_is_named) {
  const std::vector<std::string> broken = {
      R"((import "env" "f" (func)))",
      R"((func (export "canister_foo")))",
      "(table 1 externref)",
      "(memory 1) (data (i32.const 70000) \"x\")",
      "(global funcref (ref.null func))",
      "(func (table.set 0 (i32.const 0) (ref.null func)))",
      R"((@custom "icp:" ""))",
  };
  const std::vector<std::string> named = {"import section", "export section", "table section",
                                          "data section",   "global section", "table.set",
                                          "custom section"};
  for (std::size_t from = 0; from < broken.size(); ++from) {
    std::string fields = from > 2 && from < 6 ? "(table 1 funcref)" : "";
    for (std::size_t i = from; i < broken.size(); ++i) {
      const bool needs_funcref_table = i == 5 && from <= 2;
      if (!needs_funcref_table) fields += broken[i];
    }
    EXPECT_NE(of(fields).find(named[from]), std::string::npos) << of(fields);
  }
}

TEST(Acceptance, facts_are_those_of_the_module) {
  const ModuleFacts facts = facts_of(R"(
      (memory 3) (start $f) (func $f) (global (mut i64) (i64.const 1)) (global i32 (i32.const 1))
      (export "canister_query b" (func $f)) (export "canister_update a" (func $f))
      (export "canister_composite_query c" (func $f)) (export "canister_heartbeat" (func $f)))");
  EXPECT_EQ(facts.width, PointerWidth::k32);
  EXPECT_EQ(facts.heap_pages_initial, 3);
  EXPECT_EQ(facts.methods, (std::vector<Method>{{MethodKind::kUpdate, "a"},
                                                {MethodKind::kQuery, "b"},
                                                {MethodKind::kCompositeQuery, "c"}}));
  EXPECT_EQ(facts.method_kind("b"), MethodKind::kQuery);
  EXPECT_EQ(facts.method_kind("d"), std::nullopt);
  EXPECT_TRUE(facts.has(Hook::kStart));
  EXPECT_TRUE(facts.has(Hook::kHeartbeat));
  EXPECT_FALSE(facts.has(Hook::kInit));
  EXPECT_EQ(facts.mutable_globals, std::vector<ValueType>{ValueType::kI64});
  EXPECT_EQ(facts.operators, 1) << "one end";
  EXPECT_EQ(facts.compilation_units, 1 + 2 * 2);
}

TEST(Acceptance, globals_that_are_mutable_or_exported_are_listed_with_their_values) {
  const ModuleFacts facts = facts_of(R"(
      (global i32 (i32.const 1)) (global $a i32 (i32.const -2)) (global (mut i64) (i64.const -3))
      (global $b f32 (f32.const 1.5)) (global $c f64 (f64.const -2.5))
      (global $d v128 (v128.const i64x2 7 8))
      (export "a" (global $a)) (export "a2" (global $a)) (export "d" (global $d))
      (export "c" (global $c)) (export "b" (global $b)))");
  const std::vector<ListedGlobal> expected = {
      {false, {ValueType::kI32, 0xFFFFFFFE, 0}},
      {true, {ValueType::kI64, static_cast<std::uint64_t>(-3), 0}},
      {false, {ValueType::kF32, 0x3FC00000, 0}},
      {false, {ValueType::kF64, 0xC004000000000000, 0}},
      {false, {ValueType::kV128, 7, 8}},
  };
  EXPECT_EQ(facts.listed_globals, expected);
}

TEST(Acceptance, old_motoko_keeps_the_end_of_its_heap) {
  const std::string helper =
      R"((memory 1) (func (export "canister_update __motoko_async_helper")))";
  EXPECT_EQ(facts_of(helper).pages_reserved_for_upgrade, 16);
  EXPECT_EQ(facts_of(helper + R"((@custom "motoko:compiler" "0.7"))").pages_reserved_for_upgrade,
            0);
  EXPECT_EQ(facts_of("(memory 1)").pages_reserved_for_upgrade, 0);
}

TEST(Acceptance, every_prefix_of_a_module_is_refused_or_accepted_without_harm) {
  const Bytes module = wat(R"((module (import "ic0" "time" (func (result i64)))
      (memory 1) (table 2 funcref) (global (mut i32) (i32.const 1)) (data (i32.const 0) "abc") (elem (i32.const 0) $f)
      (func $f (export "canister_update a") (local i64) (local.set 0 (call 0)))
      (@custom "icp:public x" "y")))");
  for (std::size_t size = 0; size < module.size(); ++size) {
    const Slice prefix = Slice::copy_of(ByteView(module).first(size));
    const auto sections = parse_sections(prefix);
    if (sections.ok()) (void)accept_module(prefix, sections.value());
    (void)prepare(testing::engine(), prefix);
  }
}

}  // namespace
}  // namespace icpd::execution::wasm
