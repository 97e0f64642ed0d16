// The sixteen contexts in which canister code runs (interface specification, "Overview of
// imports"): they decide which System API functions are allowed.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace icpd::execution::wasm {

enum class Context : std::uint8_t {
  kInit,                     // I: canister_init, canister_post_upgrade
  kPreUpgrade,               // G
  kUpdate,                   // U
  kReplicatedQuery,          // RQ
  kNonReplicatedQuery,       // NRQ
  kTransform,                // TQ
  kCompositeQuery,           // CQ
  kReplyCallback,            // Ry
  kRejectCallback,           // Rt
  kCompositeReplyCallback,   // CRy
  kCompositeRejectCallback,  // CRt
  kCleanup,                  // C
  kCompositeCleanup,         // CC
  kInspectMessage,           // F
  kSystemTask,               // T: heartbeat, global timer, on low Wasm memory
  kStart,                    // s
};
inline constexpr std::size_t kContextCount = 16;

struct ContextName {
  Context context;
  std::string_view letters;  // as in the specification's table
  std::string_view mode;     // as in `cannot be executed in <mode> mode`
};
inline constexpr std::array<ContextName, kContextCount> kContextNames = {{
    {Context::kInit, "I", "init"},
    {Context::kPreUpgrade, "G", "pre upgrade"},
    {Context::kUpdate, "U", "update"},
    {Context::kReplicatedQuery, "RQ", "replicated query"},
    {Context::kNonReplicatedQuery, "NRQ", "non-replicated query"},
    {Context::kTransform, "TQ", "transform"},
    {Context::kCompositeQuery, "CQ", "composite query"},
    {Context::kReplyCallback, "Ry", "reply callback"},
    {Context::kRejectCallback, "Rt", "reject callback"},
    {Context::kCompositeReplyCallback, "CRy", "composite reply callback"},
    {Context::kCompositeRejectCallback, "CRt", "composite reject callback"},
    {Context::kCleanup, "C", "cleanup"},
    {Context::kCompositeCleanup, "CC", "composite cleanup"},
    {Context::kInspectMessage, "F", "inspect message"},
    {Context::kSystemTask, "T", "system task"},
    {Context::kStart, "s", "start"},
}};

using ContextSet = std::uint16_t;
[[nodiscard]] constexpr ContextSet bit(Context context) {
  return static_cast<ContextSet>(1U << static_cast<unsigned>(context));
}
[[nodiscard]] constexpr std::string_view mode(Context context) {
  return kContextNames[static_cast<std::size_t>(context)].mode;
}

}  // namespace icpd::execution::wasm
