// A module that counts for itself what the node counts: instructions and stored heap pages.
//
// Written from the rules alone, in the plainest way, to be compared with the node's metering and
// page tracking. It shares with them only the reader of the binary format. Weights come from the
// reference table (tests/vectors/execution/wasm-weights.csv).
//
//   at each charge point:  count += cost; at the entry and behind loop headers: stop if over limit
//   before bulk memory:    count += length; stop if over limit
//   behind each store:     marks[page of the first byte] = marks[page of the last byte] = 1
//
// Exports "count" (mutable i64) and "marks" (a memory with a byte for each 4 KiB page of the heap).
// Stopping sets the bit kStopped of the count, then traps.
#pragma once

#include "base/bytes.hpp"

namespace icpd::fuzz {

inline constexpr std::uint64_t kStopped = std::uint64_t{1} << 60;
/// Lengths beyond any memory count as this.
inline constexpr std::uint64_t kLongLength = std::uint64_t{1} << 40;

/// Needs a module that has a memory of at most 64 MiB, globals and exports.
[[nodiscard]] Bytes counting_module(ByteView module, std::uint64_t limit);

}  // namespace icpd::fuzz
