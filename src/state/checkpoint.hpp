// Checkpoints: a state on disk, from which a node goes on after a restart.
//
//   checkpoints/<height>.state   records, where each page and blob lies, state hash, checksum
//   files/<height>.pages         pages written since the checkpoint before
//   files/<height>.blobs         modules and chunks that are new
//
// Heights as 16 hexadecimal digits. Files never change once they are there; several checkpoints
// share them. A page that several memories of the state share is written once. The .state file is
// written last, aside, synced and renamed: a checkpoint is there whole or not at all. Pages of an
// old file of which less than half is still used move to the new one, so disk use stays below about
// twice the state. What checkpoints don't need is removed by keep_from().
//
// Loading checks everything: checksum, every page and blob against the digests in the records, and
// the state hash. A checkpoint that fails is passed over for the one before.
//
// Errors are those of the disk. One thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "io/disk.hpp"
#include "state/page_map.hpp"
#include "state/replicated_state.hpp"
#include "types/block.hpp"
#include "types/numbers.hpp"

namespace icpd::state {

namespace detail {
struct CheckpointRecord;
}

/// A page that a checkpoint wrote: the tip may forget its copy in memory.
struct WrittenPage {
  PageIndex page = 0;
  PageLocation location;
};
/// Which of a canister's memories: its own, or one of a snapshot's.
enum class MapKind : std::uint8_t { kHeap, kStable, kModule };
struct MapName {
  std::optional<std::uint64_t> snapshot;
  MapKind kind = MapKind::kHeap;
};
struct WrittenMap {
  types::CanisterId canister;
  MapName name;
  PageMap pages;  // as it was written
  std::vector<WrittenPage> written;
};

struct Checkpoint {
  types::Height height;
  types::StateHash hash;
  std::uint64_t bytes_written = 0;
  std::vector<WrittenMap> maps;
};

struct LoadedCheckpoint {
  ReplicatedState state;
  types::StateHash hash;
};
struct FoundCheckpoint {
  /// The newest one that is whole.
  std::optional<LoadedCheckpoint> newest;
  /// Why the newer ones can't be used.
  std::vector<std::string> damaged;
};

class CheckpointStore {
 public:
  /// The disk outlives the store.
  explicit CheckpointStore(io::Disk& disk) : disk_(disk) {}

  /// Writes the state of a checkpoint height. Replaces a checkpoint of the same height. Needs no
  /// execution to be paused. May run beside the tip's thread on a copy.
  [[nodiscard]] Result<Checkpoint> write(const ReplicatedState& state);

  /// Looks for a checkpoint at or below `height_max`.
  [[nodiscard]] Result<FoundCheckpoint> load(types::Height height_max = types::Height::max());

  /// Heights of the checkpoints that are there, whole or not, ascending.
  [[nodiscard]] Result<std::vector<types::Height>> heights();
  /// Removes checkpoints below `height`, but never the newest one, and the files that none of the
  /// others needs; also what an interrupted write left.
  [[nodiscard]] Status<> keep_from(types::Height height);

 private:
  struct BlobPlace {
    std::uint64_t file = 0;
    std::uint64_t offset = 0;
  };
  /// Numbers of the files that a checkpoint needs.
  struct FilesOf {
    std::set<std::uint64_t> pages;
    std::set<std::uint64_t> blobs;
  };

  [[nodiscard]] Status<> write_pages(const ReplicatedState& state, Checkpoint& checkpoint,
                                     detail::CheckpointRecord& record);
  [[nodiscard]] Status<> write_blobs(const ReplicatedState& state, detail::CheckpointRecord& record,
                                     Checkpoint& checkpoint);
  [[nodiscard]] Result<LoadedCheckpoint> load_one(types::Height height);
  [[nodiscard]] Result<std::shared_ptr<PageFile>> open_pages(std::uint64_t number,
                                                             std::uint64_t pages);
  [[nodiscard]] Result<detail::CheckpointRecord> read_record(types::Height height);
  void remember(const detail::CheckpointRecord& record);
  [[nodiscard]] Status<> remove_unused_files();

  io::Disk& disk_;
  /// Open page files by number.
  std::map<std::uint64_t, std::weak_ptr<PageFile>> page_files_;
  /// Where the blobs of the checkpoint last written or loaded are.
  std::map<crypto::Digest, BlobPlace> blobs_;
  std::map<types::Height, FilesOf> files_of_;
};

/// Lets the tip read from the checkpoint's files what it still holds in memory unchanged. Cost:
/// O(pages written by the checkpoint).
void adopt(ReplicatedState& tip, const Checkpoint& checkpoint);

}  // namespace icpd::state
