// A disk that crashes: what a crash keeps is what the barriers promised, and of the rest what luck
// decides.
//
// Each file has its durable content and the writes since its last sync. At a crash every such write
// is kept, lost, or torn: each sector of 512 bytes is there or not. New names, renames and removals
// are durable after sync_directory; before that a crash keeps or undoes them, in their order.
// io/disk.hpp promises exactly this much.
//
// stop_after() lets the machine stop in the midst of what it does: so many writes, syncs and
// changes of names still happen, all others fail and leave no trace.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/prng.hpp"
#include "io/disk.hpp"

namespace icpd::sim {

struct CrashFigures {
  std::uint64_t writes_lost = 0;
  std::uint64_t writes_torn = 0;
};

class SimDisk final : public io::Disk {
 public:
  /// So many operations from now the machine stops; until the crash.
  void stop_after(std::uint64_t operations) { left_ = operations; }
  /// The machine has stopped: drops what wasn't synced. Files that were open before must not be
  /// used any more.
  CrashFigures crash(Prng& random);
  /// Only the process has ended: what was written stays in the machine's memory.
  void go_on() { left_.reset(); }
  /// A byte at the end of a directory's last file, by name, becomes another; not of its first
  /// `keep` bytes. False if there is none. Not while the file is open.
  bool rot_end_of(const std::string& directory, std::size_t keep, Prng& random);
  /// A failing medium: changes a bit of what the file holds durably. Needs the file, not empty.
  void flip_bit(const std::string& path, Prng& random);

  Result<std::unique_ptr<io::File>> open(const std::string& path, io::OpenMode mode) override;
  Status<> make_directory(const std::string& path) override;
  Status<> rename(const std::string& from, const std::string& to) override;
  Status<> link(const std::string& from, const std::string& to) override;
  Status<> remove(const std::string& path) override;
  Status<> remove_tree(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& path) override;
  bool exists(const std::string& path) override;
  Status<> sync_directory(const std::string& path) override;

 private:
  struct Write {
    std::uint64_t offset = 0;
    Bytes bytes;
    /// A truncation to `offset` instead.
    bool truncates = false;
  };
  struct Content {
    Bytes durable;
    Bytes current;
    std::vector<Write> unsynced;
  };
  using Shared = std::shared_ptr<Content>;
  class OpenFile;
  /// A change of names: path, and what it names afterwards (null: nothing).
  struct NameChange {
    std::string path;
    Shared content;
    /// Part of one rename with the change after it: both or none.
    bool with_next = false;
  };

  void change_name(const std::string& path, Shared content, bool with_next = false);
  static void apply(Bytes& content, const Write& write);
  static void apply_torn(Bytes& content, const Write& write, Prng& random);
  static void settle(Content& content, Prng& random, CrashFigures& figures);
  /// One operation; an error once the machine has stopped.
  [[nodiscard]] Status<> use_up();

  std::optional<std::uint64_t> left_;
  std::map<std::string, Shared> names_;
  std::map<std::string, Shared> durable_names_;
  std::vector<NameChange> unsynced_names_;
};

}  // namespace icpd::sim
