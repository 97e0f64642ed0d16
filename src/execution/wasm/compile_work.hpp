// How much work a function is for the compiler, beyond what its size says.
//
// The compiler's time and memory grow with the number of values that live where control flow
// splits or joins. A few kilobytes can ask for hours and for more memory than machines have, which
// would stop every node that must compile them: 10,000 locals that change in 10,000 arms; loops
// 10,000 deep; a thousand results handed through 10,000 calls. The rules that other networks have
// (operators and complexity of a function) leave all of these open.
//
// The measure counts, for
//   the entry                    locals, parameters included
//   block, loop, if              locals; a quarter of (parameters and results x depth of blocks)
//   loop                         besides, a sixteenth of the square of the depth of loops
//   br, br_if                    locals and eight times the values carried
//   br_table                     the same for each label it has, once
//   all calls together           the square of their parameters and results, divided by 400
//
// A unit took at most 0.45 us and 38 bytes where it was measured (bench/compile_costs.cpp; figures
// in docs/adr/0006). A function has at most 20,000 control operators and calls, by its complexity;
// so one with up to 2,500 locals, loops less than 1,300 deep, and calls with seven values each is
// never too much.
#pragma once

#include <cstdint>

#include "execution/wasm/sections.hpp"

namespace icpd::execution::wasm {

/// Up to 1.9 GB of the compiler's memory, and 23 s.
inline constexpr std::uint64_t kFunctionCompileWorkMax = 50'000'000;
/// Up to four minutes of processor time over all functions.
inline constexpr std::uint64_t kModuleCompileWorkMax = 500'000'000;

/// Of the local function at `index`. Total; means something for modules that the engine found
/// valid. Needs index < sections.bodies.size().
[[nodiscard]] std::uint64_t compile_work(const Sections& sections, std::size_t index);

}  // namespace icpd::execution::wasm
