// What stands behind Engine and Module.
#pragma once

#include <array>

#include "execution/wasm/body_writer.hpp"
#include "execution/wasm/detail/wasmtime_handles.hpp"
#include "execution/wasm/engine.hpp"
#include "io/memory/stack_pool.hpp"

namespace icpd::execution::wasm {

/// Whether running out of a slice suspends the guest's stack, or can only end the execution.
enum class Pausing : std::uint8_t { kNever, kPossible };
inline constexpr std::array kPausings = {Pausing::kNever, Pausing::kPossible};

/// Defines all imports of metered modules of one width and style.
[[nodiscard]] LinkerHandle make_linker(wasm_engine_t& engine, PointerWidth width, Style style,
                                       Pausing pausing);

namespace detail {

struct EngineState {
  /// Before the engine, so that it goes after it.
  io::memory::StackPool stacks;
  EngineHandle engine;
  crypto::Digest compatibility;
  /// The imports of a metered module, by [width][style][pausing].
  std::array<std::array<std::array<LinkerHandle, 2>, 2>, 2> linkers;

  [[nodiscard]] LinkerHandle& linker(PointerWidth width, Style style, Pausing pausing) {
    return linkers[static_cast<std::size_t>(width)][static_cast<std::size_t>(style)]
                  [static_cast<std::size_t>(pausing)];
  }
};

struct ModuleState {
  Shared<ModuleFacts> facts;
  Style style = Style::kThreaded;
  ModuleHandle module;
  std::array<InstancePreHandle, 2> instance;  // by Pausing
  std::size_t code_size = 0;
  /// Export names of the mutable globals, ascending by index.
  std::vector<std::string> global_exports;
};

}  // namespace detail
}  // namespace icpd::execution::wasm
