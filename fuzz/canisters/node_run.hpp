// Running a random canister as a node does: metered, in the node's memories, whole or in slices.
#pragma once

#include "seen.hpp"

#include "execution/wasm/compiled_module.hpp"
#include "execution/wasm/engine.hpp"
#include "execution/wasm/meter.hpp"
#include "io/guest_memory.hpp"

namespace icpd::fuzz {

/// Memories between messages: the same mapping again, or a fresh one with the committed content.
enum class Between : std::uint8_t { kWarm, kFresh };
/// Who resumes a paused execution.
enum class ResumedBy : std::uint8_t { kSameThread, kAnotherThread };

struct NodeRunOptions {
  io::GuestMemorySpace* space = nullptr;
  Between between = Between::kWarm;
  std::uint64_t slice = kInstructionsMax;
  ResumedBy resumed_by = ResumedBy::kSameThread;
};

struct NodeRun {
  std::vector<Seen> messages;
  std::uint64_t pauses = 0;
};

[[nodiscard]] const wasm::Engine& engine();

/// Executable code of a module that the node accepts, counted in one of its styles.
[[nodiscard]] wasm::Module compiled(const wasm::CompiledModule& module);
[[nodiscard]] wasm::CompiledModule compile(ByteView module, wasm::Style style);

[[nodiscard]] NodeRun run_on_node(const wasm::CompiledModule& compiled, const wasm::Module& module,
                                  const NodeRunOptions& options);

}  // namespace icpd::fuzz
