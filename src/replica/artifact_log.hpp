// The artifact log: what a node must find again after a crash, in the order in which it was made
// durable. Append-only files over io::Disk; the pool writer's thread owns it.
//
//   pool/<number>.segment    two slots of 512 bytes, then records
//   keys/watermark           the id of the log that belongs to these keys
//
//   slot     magic · log id · sequence of the last record · of the last one that is known to be
//            durable · of the last one before this segment · watermark · SHA-256 of the slot
//   record   length (4 bytes, little-endian) · SHA-256 of the rest, first 8 bytes · sequence (8) ·
//            canonical record of a LogRecord
//
// Each append writes one record at the end and, alternating, one of the two slots of the same file,
// then syncs the file once; so the watermark needs no sync of its own. The other slot then says
// without a sync that the record is durable, which the disk learns sooner or later.
//
// A record at the end that is torn is dropped. There are two cases.
//  - Nothing says that it was durable: its append was under way when the machine stopped. Nothing
//    left the node on its strength, so its watermark doesn't count either. It must not: after a
//    power cut of all nodes, more than f of them would sign nothing at that height, for ever.
//  - It was durable: the disk lost what it had promised to keep. The slots still say what was
//    signed, and consensus signs nothing at or below (consensus/watermark.hpp), not even where
//    other shares of the height are left: the watermark of finalizations is raised to that of
//    notarizations.
// Keys whose log is gone are refused.
//
// A segment holds about one checkpoint interval; purging deletes whole segments.
//
// Errors: those of the disk; a log that doesn't belong to the keys; a damaged record that isn't the
// last one, which the slots betray even where all after it is unreadable. The text names the file
// and says what to do.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "consensus/watermark.hpp"
#include "io/disk.hpp"
#include "types/artifact.hpp"

namespace icpd::replica {

using LogId = FixedBytes<struct LogIdTag, 32>;

struct RecoveredLog {
  std::vector<Shared<types::EncodedArtifact>> artifacts;
  consensus::Watermark watermark;
  /// A record at the end was dropped because it was torn.
  bool tail_dropped = false;
};

class ArtifactLog {
 public:
  static constexpr const char* kDirectory = "pool";
  static constexpr const char* kWatermarkFile = "keys/watermark";
  /// A record, at most: everything one step may persist.
  static constexpr std::size_t kRecordSizeMax = 256 * kMiB;

  /// For keys that never signed: makes the log and binds it to them. Error if the keys have one.
  [[nodiscard]] static Status<> create(io::Disk& disk, const LogId& id);
  /// What open() looks at first, changing nothing: the keys have a watermark, and there is a log.
  [[nodiscard]] static Status<> check(io::Disk& disk);
  /// Reads everything and opens the log for appending. The disk outlives the log.
  [[nodiscard]] static Result<std::unique_ptr<ArtifactLog>> open(io::Disk& disk,
                                                                 RecoveredLog& recovered);

  /// Durable when it returns without an error. After an error the log must not be used again: what
  /// is on disk is known only after opening it anew.
  [[nodiscard]] Status<> append(const std::vector<Shared<types::EncodedArtifact>>& artifacts,
                                const consensus::Watermark& watermark);
  /// Begins a new segment and deletes those with nothing at or above `below`.
  [[nodiscard]] Status<> purge(types::Height below);

  [[nodiscard]] std::uint64_t size_bytes() const;

 private:
  struct Segment {
    std::uint64_t number = 0;
    std::uint64_t size = 0;
    /// Sequence of the last record before it.
    std::uint64_t before = 0;
    /// Highest artifact in it.
    types::Height top;
  };

  struct Found;
  [[nodiscard]] static Result<Found> find(io::Disk& disk);

  explicit ArtifactLog(io::Disk& disk) : disk_(disk) {}
  [[nodiscard]] Status<> begin_segment();
  [[nodiscard]] Status<> write_slot(std::uint64_t place, std::uint64_t durable);
  /// Cuts off what was lost, and makes the slots say so; they keep the watermark.
  [[nodiscard]] Status<> drop_tail(io::File& file, const Segment& segment) const;
  [[nodiscard]] Status<> read_segment(std::uint64_t number, bool is_last, RecoveredLog& recovered);

  io::Disk& disk_;
  LogId id_;
  std::uint64_t sequence_ = 0;
  consensus::Watermark watermark_;
  std::vector<Segment> segments_;
  /// The last segment.
  std::unique_ptr<io::File> file_;
};

}  // namespace icpd::replica
