// Snapshots of a canister (interface specification, "take_canister_snapshot" and what follows).
//
// A snapshot is taken from the canister, and then never changes, or it is made from uploaded
// metadata and filled in piece by piece. It belongs to the canister and goes with it. Memories are
// shared with the canister's own until either is written, so taking one costs no copy.
//
// An id names the canister and a number that this canister never gives twice:
//
//   number (8 bytes, big-endian) · canister id          as text: "5-rwlgt-iiaaa-aaaaa-aaaaa-cai"
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/shared.hpp"
#include "base/units.hpp"
#include "state/execution_state.hpp"
#include "types/ids.hpp"
#include "types/limits.hpp"

namespace icpd::state {

/// Uploaded chunks of modules, by hash. At most types::limits::kWasmChunksMax.
using ChunkStore = std::map<crypto::Digest, Blob>;
/// What a chunk store counts for: each chunk as a whole one.
[[nodiscard]] inline std::uint64_t size_bytes(const ChunkStore& chunks) {
  return chunks.size() * types::limits::kWasmChunkSizeMax;
}

enum class LowMemoryHook : std::uint8_t { kConditionNotSatisfied, kReady, kExecuted };
[[nodiscard]] constexpr bool is_valid(LowMemoryHook hook) {
  return hook <= LowMemoryHook::kExecuted;
}

enum class SnapshotSource : std::uint8_t { kTakenFromCanister, kMetadataUpload };
[[nodiscard]] constexpr bool is_valid(SnapshotSource source) {
  return source <= SnapshotSource::kMetadataUpload;
}

struct SnapshotId {
  types::CanisterId canister;
  std::uint64_t number = 0;

  [[nodiscard]] Bytes bytes() const;
  [[nodiscard]] std::string text() const;
  /// Nothing if these bytes name no snapshot of any canister.
  [[nodiscard]] static std::optional<SnapshotId> from_bytes(ByteView bytes);
  bool operator==(const SnapshotId&) const = default;
  static constexpr auto kFields = std::tuple(&SnapshotId::canister, &SnapshotId::number);
};

/// A module that is uploaded in pieces: zero where nothing was uploaded.
struct ModuleDraft {
  PageMap pages;
  std::uint64_t size_bytes = 0;
  static constexpr auto kFields = std::tuple(&ModuleDraft::pages, &ModuleDraft::size_bytes);
};

struct Snapshot {
  SnapshotSource source = SnapshotSource::kTakenFromCanister;
  Time taken_at;
  /// Of the canister when the snapshot was made.
  std::uint64_t canister_version = 0;
  /// A draft in uploaded snapshots only.
  std::variant<Blob, ModuleDraft> module;
  Memory heap;
  Memory stable;
  /// The module's mutable or exported globals, ascending by index.
  std::vector<Global> globals;
  Cow<ChunkStore> chunks;
  Slice certified_data;
  /// Absent in uploads that don't say; inside, absent is an inactive timer.
  std::optional<std::optional<Time>> global_timer;
  std::optional<LowMemoryHook> low_memory_hook;

  [[nodiscard]] std::uint64_t module_size_bytes() const;
  /// [offset, offset + size) of the module. Needs it to lie within.
  [[nodiscard]] Bytes module_part(std::uint64_t offset, std::uint64_t size) const;
  /// What it counts for in the canister's memory usage. Doesn't depend on how much of it is
  /// uploaded, but for chunks.
  [[nodiscard]] std::uint64_t size_bytes() const;

  static constexpr auto kFields = std::tuple(
      &Snapshot::source, &Snapshot::taken_at, &Snapshot::canister_version, &Snapshot::module,
      &Snapshot::heap, &Snapshot::stable, &Snapshot::globals, &Snapshot::chunks,
      &Snapshot::certified_data, &Snapshot::global_timer, &Snapshot::low_memory_hook);
};

/// The snapshots of one canister.
class Snapshots {
 public:
  /// Keeps it under a number that was never used. Needs fewer than
  /// types::limits::kSnapshotsPerCanisterMax.
  std::uint64_t add(Snapshot snapshot);
  /// Needs the snapshot to exist.
  void remove(std::uint64_t number);
  /// Forgets the snapshots, not which numbers were used.
  void clear() { by_number_.clear(); }
  /// Needs the snapshot to exist.
  [[nodiscard]] Snapshot& write(std::uint64_t number);

  [[nodiscard]] const Snapshot* find(std::uint64_t number) const;
  /// Oldest first.
  [[nodiscard]] const std::map<std::uint64_t, Cow<Snapshot>>& all() const { return by_number_; }
  [[nodiscard]] std::uint64_t size_bytes() const;

 private:
  std::uint64_t next_ = 0;
  std::map<std::uint64_t, Cow<Snapshot>> by_number_;

 public:
  static constexpr auto kFields = std::tuple(&Snapshots::next_, &Snapshots::by_number_);
};

}  // namespace icpd::state
