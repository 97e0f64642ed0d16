// Running random canisters in rounds of a subnet: scheduler, pauses, checkpoints, restarts,
// threads.
#pragma once

#include <string>
#include <vector>

#include "execution/wasm/compiled_module.hpp"
#include "io/guest_memory.hpp"
#include "io/worker_pool.hpp"
#include "types/block.hpp"

namespace icpd::fuzz {

/// A module as it is uploaded, and what it compiles to.
struct Uploaded {
  Bytes module;
  execution::wasm::CompiledModule compiled;
};

/// Whether compiled code and warm memories are thrown away at each checkpoint.
enum class AtCheckpoints : std::uint8_t { kGoOn, kRestart };

struct RoundRunOptions {
  io::GuestMemorySpace* space = nullptr;
  io::WorkerPool* workers = nullptr;
  AtCheckpoints at_checkpoints = AtCheckpoints::kGoOn;
  std::uint64_t slice = 0;
};

struct RoundRun {
  /// Of each message, canister after canister.
  std::vector<std::string> answers;
  /// Digests of heap and stable memory of each canister.
  std::vector<crypto::Digest> memories;
  /// Of each round.
  std::vector<std::uint64_t> instructions;
  std::vector<std::uint64_t> dirty_pages;
  types::StateRoot root;
  types::StateHash hash;
  bool operator==(const RoundRun&) const = default;
};

/// Installs the modules, sends each kMessages messages and runs rounds until all are answered.
[[nodiscard]] RoundRun run_rounds(const std::vector<Uploaded>& canisters,
                                  const RoundRunOptions& options);

}  // namespace icpd::fuzz
