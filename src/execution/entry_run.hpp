// One entry of a canister being executed: code, memories, System API, brought together.
//
//   EntryRun run(environment, EntryInput{...});
//   while (run.run() == wasm::Progress::kPaused) ...
//   EntryOutcome outcome = run.finish();
//
// The canister's state isn't touched: a successful outcome carries the new memories and globals,
// and the effects that the caller applies. Dropping a run that didn't finish leaves no trace.
#pragma once

#include <memory>
#include <optional>

#include "execution/environment.hpp"
#include "execution/message_api.hpp"
#include "state/execution_state.hpp"

namespace icpd::execution {

/// Whether memory and globals live on if the execution succeeds.
using KeepsState = Flag<struct KeepsStateTag>;

struct EntryInput {
  types::CanisterId canister;
  wasm::Module module;
  wasm::Entry entry;
  wasm::InstructionLimits instructions;
  wasm::StablePageLimits stable_pages;
  wasm::ChargeDirtyPages charge_dirty_pages{true};
  std::optional<wasm::Watch> watch = std::nullopt;
  KeepsState keeps_state{true};
  /// What the execution starts from. No globals: the module's own initial values.
  state::Memory heap;
  state::Memory stable;
  std::vector<state::Global> globals;
};

struct EntryOutcome {
  /// Nothing: success. The text is complete but for the "Error from Canister" prefix.
  std::optional<types::UserError> failure;
  std::uint64_t instructions = 0;
  /// Heap and stable pages that were stored to; counted whether or not they are kept.
  std::uint64_t dirty_pages = 0;
  MessageEffects effects;
  Drawn drawn;
  Told told;
  /// As before after a failure, or if state isn't kept.
  state::Memory heap;
  state::Memory stable;
  std::vector<state::Global> globals;
};

class EntryRun {
 public:
  EntryRun(Environment& environment, EntryInput input, SubnetView subnet, CanisterView canister,
           MessageView message, SubnetRoom room);
  ~EntryRun();
  EntryRun(const EntryRun&) = delete;
  EntryRun& operator=(const EntryRun&) = delete;

  /// A slice. Needs: not finished.
  [[nodiscard]] wasm::Progress run();
  [[nodiscard]] std::uint64_t slice_instructions() const;
  /// See MessageApi::rebind().
  void rebind(const state::Settings& settings, const state::CanisterQueues& queues,
              SubnetRoom room) {
    api_.rebind(settings, queues, room);
  }
  /// Once, after run() has finished.
  [[nodiscard]] EntryOutcome finish();

 private:
  void roll_back(const std::vector<io::PageIndex>& heap_dirty,
                 const std::vector<io::PageIndex>& stable_dirty);
  void commit(wasm::Outcome& outcome);

  Environment& environment_;
  EntryInput input_;
  MessageApi api_;
  Memories memories_;
  std::uint64_t heap_size_at_start_;
  std::uint64_t stable_size_at_start_;
  std::optional<wasm::Execution> execution_;
};

}  // namespace icpd::execution
