// One execution under way: what the imported functions find when the guest calls them.
#pragma once

#include <optional>

#include "execution/wasm/detail/engine_state.hpp"
#include "execution/wasm/detail/wasmtime_handles.hpp"
#include "execution/wasm/engine.hpp"
#include "execution/wasm/slices.hpp"
#include "execution/wasm/stable_memory.hpp"

namespace icpd::execution::wasm::detail {

struct ExecutionState {
  ExecutionState(const Module& with, Request what, Memories where, SystemApi& host);
  ExecutionState(const ExecutionState&) = delete;
  ExecutionState& operator=(const ExecutionState&) = delete;
  ~ExecutionState();

  Progress run(const EngineState& engine);

  // -- For imported functions --

  /// The execution that runs on this thread; null outside of run().
  static ExecutionState* current();

  /// Ends the execution: remembers why and gives the trap to return to the engine.
  [[nodiscard]] wasm_trap_t* fail(Failure why);
  /// Takes instructions; a failure if the execution can't go on.
  [[nodiscard]] std::optional<Failure> charge(std::uint64_t instructions);
  [[nodiscard]] ByteView heap_bytes() const { return {heap.base(), heap.size_bytes()}; }
  /// memory.grow: the previous size in pages, or nothing for "no".
  [[nodiscard]] HostResult<std::optional<std::uint64_t>> grow_heap(std::uint64_t delta_pages);
  /// The count is below zero: a failure, or nothing and `count` is that of the next slice.
  [[nodiscard]] std::optional<Failure> end_slice();
  /// As end_slice() for an execution that can't pause, whose watch may end it.
  [[nodiscard]] std::optional<Failure> be_watched();
  [[nodiscard]] std::int64_t read_counter() const;
  void write_counter(std::int64_t value) const;

  Module module;
  Request request;
  io::GuestMemory& heap;
  io::GuestMemory& stable_memory;
  SystemApi& api;
  SliceBudget budget;
  StableMemory stable;
  /// Instructions left, as of the last host call or the end; in between the guest has it.
  std::int64_t count = 0;
  bool suspended = false;

 private:
  enum class Phase : std::uint8_t { kNew, kRunning, kCopying, kFinished };

  [[nodiscard]] const ModuleState& code() const { return *module.state_; }
  [[nodiscard]] Pausing pausing() const {
    return budget.may_pause() ? Pausing::kPossible : Pausing::kNever;
  }
  void start(const EngineState& engine);
  void instantiate();
  void set_globals();
  [[nodiscard]] std::optional<Failure> resolve_entry();
  [[nodiscard]] std::optional<Failure> resolve_callback(const Callback& callback);
  void call();
  void call_without_pauses();
  Progress poll_from(const EngineState& engine);
  Progress returned();
  Progress finish(std::optional<Failure> failure);
  void read_globals();
  [[nodiscard]] Failure failure_of_guest();
  void note_backtrace(const wasm_frame_vec_t& frames);
  /// How far a heap may grow in theory, without its reserved end.
  [[nodiscard]] std::uint64_t module_pages_without(std::uint64_t reserved) const;
  [[nodiscard]] wasmtime_extern_t exported(std::string_view name) const;

  Phase phase_ = Phase::kNew;
  StoreHandle store_;
  wasmtime_context_t* context_ = nullptr;
  wasmtime_instance_t instance_{};
  wasmtime_memory_t memory_{};
  wasmtime_global_t counter_{};
  wasmtime_func_t entry_{};
  std::array<wasmtime_val_t, 2> arguments_{};
  std::size_t argument_count_ = 0;
  std::array<wasmtime_val_t, 1> results_{};
  FutureHandle future_;
  wasm_trap_t* trap_ = nullptr;
  wasmtime_error_t* error_ = nullptr;
  std::optional<Failure> failure_;
  std::uint64_t used_before_slice_ = 0;
  std::uint64_t slice_instructions_ = 0;
  Outcome outcome_;

  friend class icpd::execution::wasm::Execution;
};

}  // namespace icpd::execution::wasm::detail
