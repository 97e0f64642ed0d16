// What a module becomes before it can run: its facts, what a fresh heap holds, its machine code; or
// the reason why it isn't accepted.
//
//   auto answer = compile_module(engine, uploaded);      // prepare.hpp, then the compiler
//   auto bytes  = encode(answer);                        // to a cache, or to another process
//   auto again  = decode_compiled(bytes);
//   auto module = engine.load(again->facts, again->machine_code);
//
// The answer depends on the uploaded bytes and on this build only: the rules of acceptance, the
// weights and the compiler. So a canonical record of it may stand for the work: what another
// process made, or this one earlier. Whoever loads machine code runs it, and must know that nobody
// else could have written the record.
#pragma once

#include <vector>

#include "base/bytes.hpp"
#include "base/shared.hpp"
#include "execution/wasm/engine.hpp"
#include "execution/wasm/failure.hpp"
#include "execution/wasm/module_facts.hpp"

namespace icpd::execution::wasm {

struct CompiledModule {
  Shared<ModuleFacts> facts;
  /// What a fresh heap begins with (heap.hpp, initial_heap()).
  std::vector<DataSegment> data;
  /// What Engine::load takes.
  Slice machine_code;
};

/// Total: any bytes give a module or IC0505. Seconds of processor time for the largest modules.
[[nodiscard]] HostResult<CompiledModule> compile_module(const Engine& engine, Slice uploaded);

[[nodiscard]] Bytes encode(const HostResult<CompiledModule>& answer);
/// Parts of the result share `record`. Total, but doesn't look into machine code.
[[nodiscard]] Result<HostResult<CompiledModule>> decode_compiled(Slice record);

}  // namespace icpd::execution::wasm
