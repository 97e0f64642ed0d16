// What executions share on one machine, and what must never change a result: compiled code,
// memories that are kept warm, native stacks of paused executions.
//
// Everything here can be thrown away at any time (a restart does) and is made again from the
// replicated state: code from the module's bytes, memories from the page maps. Only what a paused
// execution has done so far is lost; it then begins anew, which all nodes must do together: the
// state says whether an execution is paused, and a checkpoint unpauses all of them.
//
// The batch processor's rounds and the query workers share one environment. Code and memories may
// be asked for from several threads; paused executions belong to the batch processor and its
// workers.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "base/units.hpp"
#include "execution/wasm/compiled_module.hpp"
#include "execution/wasm/engine.hpp"
#include "execution/wasm/heap.hpp"
#include "io/guest_memory.hpp"
#include "io/worker_pool.hpp"
#include "state/execution_state.hpp"
#include "types/ids.hpp"

namespace icpd::execution {

class PausedExecution;

/// Makes modules executable outside of this core: in a process of its own, or from a cache.
class ModuleCompiler {
 public:
  virtual ~ModuleCompiler() = default;
  /// What wasm::compile_module() gives for these bytes, however long that takes. Called from
  /// several threads. A machine that can't make it stops the node: the answer is part of what all
  /// nodes agree on.
  [[nodiscard]] virtual wasm::HostResult<wasm::CompiledModule> compile(const state::Blob& code) = 0;
};

/// Heap and stable memory of one canister, mapped, with the content of the page maps beside them.
/// Exclusive while it is held; goes back to the environment when it is destroyed.
struct Memories {
  std::unique_ptr<io::GuestMemory> heap;
  std::unique_ptr<io::GuestMemory> stable;
  /// What the memories hold while nothing is being executed in them.
  state::PageMap heap_pages;
  state::PageMap stable_pages;
};

/// A module with what a fresh heap of it holds.
struct NewModule {
  wasm::Module module;
  std::vector<wasm::InitialPage> initial_heap;
};

struct EnvironmentOptions {
  /// Memories kept warm; over it, those not used for longest go.
  std::size_t warm_memories_max = 512;
  /// Modules kept compiled in memory, and how many bytes of code and data they may have together;
  /// over either, those not used for longest go. One may have more than that, alone.
  std::size_t modules_max = 256;
  std::uint64_t modules_bytes_max = 1 * kGiB;
};

class Environment {
 public:
  /// All three outlive the environment. Without a compiler modules are compiled where they are
  /// asked for, by the calling thread.
  Environment(io::GuestMemorySpace& space, io::WorkerPool& workers,
              ModuleCompiler* compiler = nullptr, EnvironmentOptions options = {});
  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  [[nodiscard]] const wasm::Engine& engine() const;
  [[nodiscard]] io::WorkerPool& workers() const { return workers_; }

  /// The executable code of an installed module; made on first use.
  [[nodiscard]] wasm::Module module(const state::Blob& code);
  /// Validates a module that is to be installed. IC0505 for an invalid one.
  [[nodiscard]] wasm::HostResult<NewModule> new_module(const state::Blob& code);

  /// Memories that hold these contents, at these sizes.
  [[nodiscard]] Memories take_memories(const types::CanisterId& canister, wasm::PointerWidth width,
                                       const state::Memory& heap, const state::Memory& stable);
  /// Keeps them warm for the next execution. Needs them to hold what heap_pages and stable_pages
  /// say.
  void keep_memories(const types::CanisterId& canister, Memories memories);

  // -- Paused executions, at most one for each canister --
  void pause(const types::CanisterId& canister, std::unique_ptr<PausedExecution> execution);
  /// Null if there is none.
  [[nodiscard]] std::unique_ptr<PausedExecution> resume(const types::CanisterId& canister);
  /// Drops it, if there is one, and rolls its memories back.
  void abort(const types::CanisterId& canister);
  void abort_all();
  [[nodiscard]] std::size_t paused_count() const;

 private:
  class CodeCache;
  class MemoryPool;
  struct Paused;

  io::WorkerPool& workers_;
  std::unique_ptr<CodeCache> code_;
  std::unique_ptr<MemoryPool> memories_;
  std::unique_ptr<Paused> paused_;
};

}  // namespace icpd::execution
