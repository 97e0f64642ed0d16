// io::Disk on a directory of a Linux file system.
//
// Every path is taken relative to the open root directory; a path that is absolute, empty or has
// ".." in it is refused, so nothing outside is touched whatever the names are made of.
//
// sync() is fdatasync: content and size, not times. Directories are made with mode 0700 and files
// with 0600: what a node stores is its user's alone.
#pragma once

#include <memory>
#include <string>

#include "io/disk.hpp"

namespace icpd::io::linux {

/// The disk whose root is this directory, which is made (with its parents) if it isn't there.
[[nodiscard]] Result<std::unique_ptr<Disk>> open_disk(const std::string& root);

/// Error, with the command that puts it right: the file or directory isn't this process's user's,
/// or others may read, write or enter it.
[[nodiscard]] Status<> check_private(const std::string& path);

/// One process at a time: an advisory lock on a file, held until the value goes or the process
/// ends, however it ends. The file stays.
class FileLock {
 public:
  /// An error that says so if another process holds it.
  [[nodiscard]] static Result<FileLock> try_take(const std::string& path);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

}  // namespace icpd::io::linux
