// What compiling costs at worst: processor time and peak memory for modules that the rules of
// acceptance let through and that are as bad for the compiler as we know how to make them.
//
//   compile_costs            lists the kinds
//   compile_costs KIND SIZE [VALUES]   one module, compiled in this process: one process a row
//
// docs/adr/0006 has the figures, and node/compile_process.hpp the limits that follow from them.
#include <array>
#include <charconv>
#include <functional>
#include <iostream>
#include <string>
#include <sys/resource.h>

#include "execution/wasm/compiled_module.hpp"
#include "execution/wasm/emit.hpp"
#include "execution/wasm/sections.hpp"

namespace {

using namespace icpd;
using namespace icpd::execution::wasm;

/// Values that type 1 takes and gives.
std::size_t values_of_type = 900;

/// A function: its type, locals and code.
struct Function {
  std::uint32_t signature = 0;
  std::uint32_t locals = 0;
  std::uint8_t type = value_type::kI64;
  Bytes code;
};
using Functions = std::vector<Function>;

Bytes counted(std::size_t n, ByteView items) {
  Bytes content;
  Emitter(content).u64(n);
  append(content, items);
  return content;
}

Bytes module_of(const Functions& functions) {
  Bytes module = {0, 'a', 's', 'm', 1, 0, 0, 0};
  Emitter sections(module);
  const Bytes values(values_of_type, value_type::kI64);
  Bytes signatures = {0x60, 0, 0, 0x60};
  Emitter(signatures).sized(values);
  Emitter(signatures).sized(values);
  sections.section(1, counted(2, signatures));
  Bytes types;
  for (const Function& function : functions)
    Emitter(types).u32(function.signature);
  sections.section(3, counted(functions.size(), types));
  sections.section(5, counted(1, std::to_array<std::uint8_t>({0, 1})));
  Bytes exports;
  Emitter(exports).name("canister_update go");
  Emitter(exports).byte(0);
  Emitter(exports).u32(0);
  sections.section(7, counted(1, exports));
  Bytes bodies;
  for (const Function& function : functions) {
    Bytes body;
    Emitter out(body);
    out.u32(function.locals > 0 ? 1 : 0);
    if (function.locals > 0) {
      out.u32(function.locals);
      out.byte(function.type);
    }
    out.bytes(function.code);
    out.byte(op::kEnd);
    Emitter(bodies).sized(body);
  }
  sections.section(10, counted(functions.size(), bodies));
  return module;
}

Functions copies(std::size_t n, const Function& function) {
  return Functions(n, function);
}

/// SIZE functions, each declaring as many locals as the engine takes.
Functions locals_without_use(std::uint64_t size) {
  Function function{.locals = 49'000};
  CodeEmitter(function.code).local_get(48'999);
  function.code.push_back(0x1A);
  return copies(size, function);
}

/// SIZE functions of a million operators: additions of locals.
Functions straight_code(std::uint64_t size) {
  Function function{.locals = 4};
  CodeEmitter code(function.code);
  code.local_get(0);
  for (std::uint32_t i = 0; i < 499'000; ++i) {
    code.local_get(i % 4);
    code.plain(op::kI64Add);
  }
  code.local_set(1);
  return copies(size, function);
}

/// A function that pushes SIZE loaded values before it adds them up: all are live at once.
Functions deep_stack(std::uint64_t size) {
  Function function{.locals = 2};
  CodeEmitter code(function.code);
  Emitter raw(function.code);
  for (std::uint64_t i = 0; i < size; ++i) {
    code.local_get(0);
    code.plain(op::kI32WrapI64);
    raw.byte(0x29);  // i64.load
    raw.byte(0);
    raw.u64(8 * i);
  }
  for (std::uint64_t i = 1; i < size; ++i)
    code.plain(op::kI64Add);
  code.local_set(1);
  return {function};
}

/// One br_table with SIZE targets.
Functions targets(std::uint64_t size) {
  Function function{.locals = 1};
  CodeEmitter code(function.code);
  Emitter raw(function.code);
  code.begin_block(CodeEmitter::kNoResult);
  code.local_get(0);
  code.plain(op::kI32WrapI64);
  code.plain(op::kBrTable);
  raw.u64(size);
  for (std::uint64_t i = 0; i <= size; ++i)
    raw.u32(i % 2 == 0 ? 0 : 1);
  code.plain(op::kEnd);
  return {function};
}

/// SIZE blocks in each other.
Functions nested_blocks(std::uint64_t size) {
  Function function{.locals = 1};
  CodeEmitter code(function.code);
  for (std::uint64_t i = 0; i < size; ++i)
    code.begin_block(CodeEmitter::kNoResult);
  for (std::uint64_t i = 0; i < size; ++i)
    code.plain(op::kEnd);
  return {function};
}

/// Loops in each other, and locals that change in the innermost: each loop header has a value for
/// each local.
Functions locals_in_loops(std::uint64_t size, std::uint64_t loops) {
  Function function{.locals = static_cast<std::uint32_t>(size)};
  CodeEmitter code(function.code);
  for (std::uint32_t i = 0; i < size; ++i) {
    function.code.push_back(op::kI32Const);
    function.code.push_back(0);
    function.code.push_back(0x29);  // i64.load
    function.code.push_back(0);
    Emitter(function.code).u32(8 * i);
    code.local_set(i);
  }
  for (std::uint64_t i = 0; i < loops; ++i) {
    code.plain(op::kLoop);
    function.code.push_back(CodeEmitter::kNoResult);
  }
  for (std::uint32_t i = 0; i < size; ++i) {
    code.local_get(i);
    code.i64_const(3);
    code.plain(op::kI64Mul);
    code.local_set((i + 1) % static_cast<std::uint32_t>(size));
  }
  for (std::uint64_t i = 0; i < loops; ++i) {
    code.local_get(static_cast<std::uint32_t>(i % size));
    code.plain(op::kI32WrapI64);
    code.with_index(op::kBrIf, 0);
    code.plain(op::kEnd);
  }
  return {function};
}
Functions locals_in_nested_loops(std::uint64_t size) {
  return locals_in_loops(size, size);
}
Functions locals_in_100_loops(std::uint64_t size) {
  return locals_in_loops(size, 100);
}
Functions hundred_locals_in_loops(std::uint64_t size) {
  return locals_in_loops(100, size);
}

/// SIZE conditions one after the other over SIZE locals of which each changes in one of them; all
/// are loaded before and stored behind.
Functions locals_in_many_arms(std::uint64_t size) {
  const auto n = static_cast<std::uint32_t>(size);
  Function function{.locals = n};
  CodeEmitter code(function.code);
  Emitter raw(function.code);
  const auto access = [&](std::uint8_t op_code, std::uint32_t i) {
    raw.byte(op_code);
    raw.byte(0);
    raw.u32(8 * i);
  };
  const auto zero = [&] { raw.bytes(std::to_array<std::uint8_t>({op::kI32Const, 0})); };
  for (std::uint32_t i = 0; i < n; ++i) {
    zero();
    access(0x29, i);
    code.local_set(i);
  }
  for (std::uint32_t i = 0; i < n; ++i) {
    code.local_get((i * 7 + 1) % n);
    code.plain(op::kI32WrapI64);
    code.begin_if();
    code.local_get((i * 13 + 5) % n);
    code.local_set(i);
    code.plain(op::kEnd);
  }
  for (std::uint32_t i = 0; i < n; ++i) {
    zero();
    code.local_get(i);
    access(0x37, i);
  }
  return {function};
}

/// SIZE calls of the same function with nothing else.
Functions calls(std::uint64_t size) {
  Function function{.locals = 1};
  for (std::uint64_t i = 0; i < size; ++i)
    CodeEmitter(function.code).call(1);
  return {function, Function{}};
}

/// SIZE calls that hand on VALUES values.
Functions values_in_calls(std::uint64_t size) {
  Function function{.signature = 1};
  CodeEmitter code(function.code);
  for (std::uint32_t i = 0; i < values_of_type; ++i)
    code.local_get(i);
  for (std::uint64_t i = 0; i < size; ++i)
    code.call(1);
  return {Function{}, function};
}

/// The same through blocks in each other.
Functions values_in_blocks(std::uint64_t size) {
  Function function{.signature = 1};
  CodeEmitter code(function.code);
  for (std::uint32_t i = 0; i < values_of_type; ++i)
    code.local_get(i);
  for (std::uint64_t i = 0; i < size; ++i) {
    code.begin_block_of_type(1);
    code.local_get(static_cast<std::uint32_t>(i % values_of_type));
    code.plain(op::kI32WrapI64);
    code.with_index(op::kBrIf, 0);
  }
  for (std::uint64_t i = 0; i < size; ++i)
    code.plain(op::kEnd);
  return {Function{}, function};
}

/// SIZE functions as bad as one may be.
Functions many_of_many_arms(std::uint64_t size) {
  constexpr std::uint64_t kArms = 7000;
  return copies(size, locals_in_many_arms(kArms).front());
}

/// Loads and stores of SIMD, which become many instructions: SIZE functions of 600 KB.
Functions shuffles(std::uint64_t size) {
  Function function{.locals = 3, .type = value_type::kV128};
  CodeEmitter code(function.code);
  Emitter raw(function.code);
  code.local_get(0);
  for (std::uint32_t i = 0; i < 200'000; ++i) {
    code.local_get(i % 3);
    raw.byte(0xFD);
    raw.u32(i % 2 == 0 ? 0xD5 : 0x62);  // i64x2.mul, i8x16.popcnt behind it
    if (i % 2 == 1) {
      code.local_set(2);
    }
  }
  code.local_set(1);
  return copies(size, function);
}

/// SIZE functions of a million operators that load and store.
Functions stores(std::uint64_t size) {
  Function function{.locals = 2};
  CodeEmitter code(function.code);
  Emitter raw(function.code);
  for (std::uint32_t i = 0; i < 190'000; ++i) {
    code.local_get(0);
    code.plain(op::kI32WrapI64);
    code.local_get(i % 2);
    raw.byte(0x3C);  // i64.store8
    raw.byte(0);
    raw.u32(i % 100);
  }
  return copies(size, function);
}

/// SIZE functions of nothing.
Functions small_functions(std::uint64_t size) {
  return copies(size, Function{});
}

struct Kind {
  std::string_view name;
  Functions (*make)(std::uint64_t size);
};
constexpr auto kKinds = std::to_array<Kind>({
    {"locals_without_use", locals_without_use},
    {"straight_code", straight_code},
    {"deep_stack", deep_stack},
    {"targets", targets},
    {"nested_blocks", nested_blocks},
    {"locals_in_nested_loops", locals_in_nested_loops},
    {"locals_in_100_loops", locals_in_100_loops},
    {"hundred_locals_in_loops", hundred_locals_in_loops},
    {"locals_in_many_arms", locals_in_many_arms},
    {"calls", calls},
    {"values_in_calls", values_in_calls},
    {"values_in_blocks", values_in_blocks},
    {"many_of_many_arms", many_of_many_arms},
    {"shuffles", shuffles},
    {"stores", stores},
    {"small_functions", small_functions},
});

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

int measure(const Kind& kind, std::uint64_t size) {
  const Bytes module = module_of(kind.make(size));
  const Engine engine;
  rusage before{};
  getrusage(RUSAGE_SELF, &before);
  const auto answer = compile_module(engine, Slice::copy_of(module));
  rusage after{};
  getrusage(RUSAGE_SELF, &after);
  const double time = seconds(after.ru_utime) + seconds(after.ru_stime) - seconds(before.ru_utime) -
                      seconds(before.ru_stime);
  const double mib = static_cast<double>(after.ru_maxrss) / 1024;
  std::cout << kind.name << ' ' << size << ": module " << module.size() << " bytes, " << time
            << " s, " << mib << " MiB, " << time * 1e6 / static_cast<double>(module.size())
            << " us a byte, " << mib * 1024 * 1024 / static_cast<double>(module.size())
            << " bytes a byte, ";
  if (answer.ok()) {
    std::cout << "code " << answer->machine_code.size() << " bytes\n";
  } else {
    std::cout << answer.error().message << '\n';
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4) values_of_type = std::stoul(argv[3]);
  if (argc >= 3) {
    for (const Kind& kind : kKinds) {
      if (kind.name == argv[1]) return measure(kind, std::stoull(argv[2]));
    }
  }
  std::cerr << "usage: compile_costs KIND SIZE [VALUES]\nkinds:";
  for (const Kind& kind : kKinds)
    std::cerr << ' ' << kind.name;
  std::cerr << '\n';
  return 2;
}
