// Files, as little as the store and the checkpoints need, so that the simulator can stand in and
// tear, lose and corrupt writes.
//
// Durability: what a successful File::sync() covers survives a crash of the machine; anything else
// may be there, be missing or be torn at 512-byte sectors. A rename is atomic and durable after
// sync_directory() of its directory. Paths are relative to the disk's root, '/'-separated, never
// with "..".
//
// Errors: full disk, permission, a failing device; the message names path and reason.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace icpd::io {

class File {
 public:
  virtual ~File() = default;
  [[nodiscard]] virtual Result<std::uint64_t> size() = 0;
  /// Reads until `out` is full or the file ends; gives the number of bytes read.
  [[nodiscard]] virtual Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) = 0;
  /// Writes all of it or fails; a failed write may have written a part.
  [[nodiscard]] virtual Status<> write_at(std::uint64_t offset, ByteView bytes) = 0;
  [[nodiscard]] virtual Status<> truncate(std::uint64_t size) = 0;
  /// Reserves space without changing content, so that later writes there don't fail for space.
  [[nodiscard]] virtual Status<> reserve(std::uint64_t size) = 0;
  [[nodiscard]] virtual Status<> sync() = 0;
  /// The descriptor for mapping it into memory, or -1 where there is none (simulated disks).
  [[nodiscard]] virtual int descriptor() = 0;
};

enum class OpenMode : std::uint8_t {
  kRead,       // must exist
  kReadWrite,  // must exist
  kCreate,     // made or emptied
  kCreateNew,  // must not exist
};

class Disk {
 public:
  virtual ~Disk() = default;
  [[nodiscard]] virtual Result<std::unique_ptr<File>> open(const std::string& path,
                                                           OpenMode mode) = 0;
  /// Makes the directory and its parents; fine if it is there.
  [[nodiscard]] virtual Status<> make_directory(const std::string& path) = 0;
  /// Replaces `to` if it is a file.
  [[nodiscard]] virtual Status<> rename(const std::string& from, const std::string& to) = 0;
  /// A second name for the same immutable file.
  [[nodiscard]] virtual Status<> link(const std::string& from, const std::string& to) = 0;
  /// Fine if it isn't there.
  [[nodiscard]] virtual Status<> remove(const std::string& path) = 0;
  /// Removes a directory with all that is in it; fine if it isn't there.
  [[nodiscard]] virtual Status<> remove_tree(const std::string& path) = 0;
  /// Names in a directory, sorted; an error if there is no such directory.
  [[nodiscard]] virtual Result<std::vector<std::string>> list(const std::string& path) = 0;
  [[nodiscard]] virtual bool exists(const std::string& path) = 0;
  [[nodiscard]] virtual Status<> sync_directory(const std::string& path) = 0;
};

/// The whole file; an error if it is longer than `size_max`.
[[nodiscard]] Result<Bytes> read_file(Disk& disk, const std::string& path, std::uint64_t size_max);
/// Writes aside, syncs, renames into place and syncs the directory: afterwards the file has either
/// its old content or all of the new one, whatever happens.
[[nodiscard]] Status<> replace_file(Disk& disk, const std::string& path, ByteView content);

}  // namespace icpd::io
