// Running canister code.
//
//   Engine engine;
//   auto prepared = prepare(engine, uploaded_bytes);      // gunzip, validate, meter (prepare.hpp)
//   auto code     = engine.compile(prepared->metered);    // machine code, may be kept in a file
//   auto module   = engine.load(prepared->facts, code);   // executable, shared by all threads
//
//   Execution execution(module, request, memories, api);  // one message
//   while (execution.run() == Progress::kPaused) ...      // a slice each; any thread, any time
//   later execution.outcome()
//
// What is consensus and what isn't: the instructions an execution uses, where it fails and with
// which text, its dirty pages, memories and globals depend on module, request, memories and the
// answers of `api` only. Machine code, thread, time, and how slices were cut don't matter, except
// that the slice limit decides when an execution pauses.
//
// A module is instantiated anew for each execution: only the heap, stable memory and the mutable
// globals live on, and they come in and go out here. Canister code reaches nothing else.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/shared.hpp"
#include "crypto/hash.hpp"
#include "execution/wasm/context.hpp"
#include "execution/wasm/failure.hpp"
#include "execution/wasm/host.hpp"
#include "execution/wasm/module_facts.hpp"
#include "io/guest_memory.hpp"

namespace icpd::execution::wasm {

namespace detail {
struct EngineState;
struct ModuleState;
struct ExecutionState;
}  // namespace detail

/// Executable code of one module. Copies share it; safe from any thread.
class Module {
 public:
  [[nodiscard]] const ModuleFacts& facts() const;
  /// Bytes of machine code.
  [[nodiscard]] std::size_t code_size() const;

 private:
  friend class Engine;
  friend struct detail::ExecutionState;
  explicit Module(std::shared_ptr<const detail::ModuleState> state) : state_(std::move(state)) {}
  std::shared_ptr<const detail::ModuleState> state_;
};

/// One for the process. All methods may be called from several threads.
class Engine {
 public:
  Engine();
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Whether a canister's module is valid Wasm in the accepted feature set (IC0505 if not).
  [[nodiscard]] HostResult<void> validate(ByteView module) const;

  /// Machine code for the metered module that prepare() made. The same on every machine of the same
  /// target. IC0505: the compiler can't take the module. A machine that lacks the memory ends the
  /// process: what it lacks is no property of the module.
  [[nodiscard]] HostResult<Bytes> compile(ByteView metered) const;

  /// `machine_code` must come from compile() of the same compatibility(); it is code that will be
  /// run: never load what an unprivileged writer could have touched.
  [[nodiscard]] Result<Module> load(Shared<ModuleFacts> facts, ByteView machine_code) const;
  /// As load(), mapping the file instead of copying it.
  [[nodiscard]] Result<Module> load_file(Shared<ModuleFacts> facts, const std::string& path) const;

  /// Hash of everything besides the module that machine code depends on: engine version, target,
  /// flags, metering version. Part of the key of every code cache.
  [[nodiscard]] crypto::Digest compatibility() const;

 private:
  friend class Execution;
  std::unique_ptr<detail::EngineState> state_;
};

/// After this a panic of the engine ends the process at once with this exit status instead of a
/// signal. For a process that does nothing but compile.
void exit_on_compiler_panic(int status);

/// Calls an exported method or hook, or a function of the table.
using Entry = std::variant<Hook, Method, Callback>;

/// In instructions. An execution that may not pause has slice == total.
struct InstructionLimits {
  std::uint64_t total = 0;
  std::uint64_t slice = 0;
};

/// In 4 KiB pages of stable memory, for one execution.
struct StablePageLimits {
  std::uint64_t accessed = 0;
  std::uint64_t modified = 0;
};

/// Whether the dirty heap pages are charged at the end (not in queries).
using ChargeDirtyPages = Flag<struct ChargeDirtyPagesTag>;

/// Asked about every `interval` instructions of an execution that may not pause; a failure ends it
/// there. For executions that no other node repeats (queries): where it ends them is a matter of
/// the machine.
struct Watch {
  std::uint64_t interval = 0;
  std::function<std::optional<Failure>()> ask;
};

struct Request {
  Entry entry;
  Context context = Context::kUpdate;
  InstructionLimits instructions;
  StablePageLimits stable_pages;
  ChargeDirtyPages charge_dirty_pages{true};
  /// Needs slice == total.
  std::optional<Watch> watch;
  /// Nothing: the values that the module's own initialisers give (install, upgrade).
  std::optional<Globals> globals;
};

/// The canister's memories. The heap's size is at least the module's initial one; stable memory is
/// tracked by the host (StoreTracking::kHostKnows). The engine arms both; the caller commits or
/// rolls back.
struct Memories {
  io::GuestMemory& heap;
  io::GuestMemory& stable;
};

enum class Progress : std::uint8_t {
  kFinished,  // the entry returned, or ended in a failure: see outcome()
  kPaused,    // the slice is used up; call run() for the next one, or drop the execution
};

struct Outcome {
  /// Nothing: success.
  std::optional<Failure> failure;
  /// Used by the whole execution, all charges included; at most the total limit.
  std::uint64_t instructions = 0;
  /// Pages stored to since the start, ascending; also after a failure, for rolling back.
  std::vector<io::PageIndex> heap_dirty;
  std::vector<io::PageIndex> stable_dirty;
  std::uint64_t heap_size_at_start = 0;
  std::uint64_t stable_size_at_start = 0;
  /// Stable pages read or written.
  std::uint64_t stable_pages_accessed = 0;
  /// Empty after a failure.
  Globals globals;
  /// Function names, innermost first, at most 20; after a trap of the guest only.
  std::vector<std::string> backtrace;
};

/// One message being executed. Movable between threads while paused. `memories` and `api` must
/// outlive it. Dropping a paused execution unwinds the guest; the caller rolls the memories back.
class Execution {
 public:
  Execution(const Engine& engine, Module module, Request request, Memories memories,
            SystemApi& api);
  ~Execution();
  Execution(Execution&&) noexcept;
  Execution& operator=(Execution&&) noexcept;

  /// Runs a slice. Needs: not finished.
  [[nodiscard]] Progress run();

  /// Instructions used by the last run(), for the round's budget.
  [[nodiscard]] std::uint64_t slice_instructions() const;
  /// Instructions used so far.
  [[nodiscard]] std::uint64_t instructions() const;

  /// Needs run() to have returned kFinished.
  [[nodiscard]] const Outcome& outcome() const;
  [[nodiscard]] Outcome take_outcome();

  /// Stored pages so far, for rolling back an execution that is dropped while paused.
  [[nodiscard]] std::vector<io::PageIndex> heap_dirty_so_far();
  [[nodiscard]] std::vector<io::PageIndex> stable_dirty_so_far() const;

 private:
  const detail::EngineState* engine_;
  std::unique_ptr<detail::ExecutionState> state_;
};

}  // namespace icpd::execution::wasm
