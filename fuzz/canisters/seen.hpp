// What one message of a random canister does, as far as nodes must agree on it.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "execution/wasm/module_facts.hpp"
#include "io/guest_memory.hpp"

namespace icpd::fuzz {

namespace wasm = execution::wasm;

/// One message may use this many instructions.
inline constexpr std::uint64_t kInstructionsMax = 1'000'000;
/// And this many pages of stable memory.
inline constexpr std::uint64_t kStablePagesAccessedMax = 3;
inline constexpr std::uint64_t kStablePagesModifiedMax = 2;
/// Messages that each canister is sent, one after the other.
inline constexpr std::size_t kMessages = 3;

/// What FakeHost and the reference answer.
inline const Bytes kArgument(100, 9);
inline const Bytes kCaller = {1, 2, 3};

struct Seen {
  /// Empty: success. Contract violations and page limits without their details.
  std::string failure;
  std::uint64_t instructions = 0;
  /// After a success only, as what follows up to the memories.
  wasm::Globals globals;
  std::vector<io::PageIndex> heap_dirty;
  std::vector<io::PageIndex> stable_dirty;
  std::uint64_t stable_accessed = 0;
  /// After the message was committed or rolled back.
  Bytes heap;
  Bytes stable;
  Bytes reply;

  bool operator==(const Seen&) const = default;
};

inline constexpr std::string_view kLimitExceeded =
    "Canister exceeded the instruction limit for single message execution.";

/// A failure's text as Seen keeps it.
[[nodiscard]] inline std::string failure_text(std::string_view message) {
  if (message.starts_with("Canister violated contract")) return "contract";
  if (message.starts_with("Canister exceeded memory access limits")) return "stable pages";
  return std::string(message);
}
/// A slice may be too short for what the whole message could do.
[[nodiscard]] inline bool is_slice_overrun(const Seen& seen) {
  return seen.failure.find("exceeded the slice limit") != std::string::npos;
}

[[nodiscard]] inline std::string text(const std::vector<io::PageIndex>& pages) {
  std::string all;
  for (const io::PageIndex page : pages)
    all += " " + std::to_string(page);
  return all;
}

/// The first field in which two differ, empty if none.
[[nodiscard]] inline std::string difference(const Seen& a, const Seen& b) {
  if (a.heap_dirty != b.heap_dirty)
    return "dirty heap pages" + text(a.heap_dirty) + " and" + text(b.heap_dirty);
  if (a.failure != b.failure) return "failure '" + a.failure + "' and '" + b.failure + "'";
  if (a.instructions != b.instructions)
    return "instructions " + std::to_string(a.instructions) + " and " +
           std::to_string(b.instructions) + " ('" + a.failure + "')";
  if (a.globals != b.globals) return "globals";
  if (a.stable_dirty != b.stable_dirty) return "dirty stable pages";
  if (a.stable_accessed != b.stable_accessed) return "accessed stable pages";
  if (a.heap != b.heap) return "the heap";
  if (a.stable != b.stable) return "stable memory";
  if (a.reply != b.reply) return "the reply";
  return "";
}

}  // namespace icpd::fuzz
