// From uploaded bytes to a metered module and its facts: gunzip, all acceptance rules, metering.
//
// Order of checks (the first failure wins, all are IC0505): magic bytes and gzip → module size →
// code section size → engine validation → imports → exports → tables → data segments → globals →
// functions and names → initial memory → size and complexity of each function → custom sections.
#pragma once

#include "base/bytes.hpp"
#include "base/shared.hpp"
#include "crypto/hash.hpp"
#include "execution/wasm/engine.hpp"
#include "execution/wasm/failure.hpp"
#include "execution/wasm/module_facts.hpp"

namespace icpd::execution::wasm {

struct PreparedModule {
  Shared<ModuleFacts> facts;
  /// What a fresh heap begins with (heap.hpp, initial_heap()); parts of the module's bytes.
  std::vector<DataSegment> data;
  /// The module with metering built in; what Engine::compile takes.
  Slice metered;
  /// Identifies `metered`; part of the key of a code cache.
  crypto::Digest metered_hash;
};

/// Total and bounded: any bytes give a module or IC0505 "Canister's Wasm module is not valid: ...".
/// Memory: at most the uncompressed size (100 MiB) plus a small multiple of the code section.
[[nodiscard]] HostResult<PreparedModule> prepare(const Engine& engine, Slice uploaded);

/// The uncompressed module: `uploaded` itself, or what its gzip stream holds.
[[nodiscard]] HostResult<Slice> uncompressed(Slice uploaded);

}  // namespace icpd::execution::wasm
