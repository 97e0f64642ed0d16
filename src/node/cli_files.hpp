// Whole files, named by the user on the command line or kept in a user's directories, where other
// commands may use them at the same moment.
#pragma once

#include <functional>
#include <string>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace icpd::node {

/// The last bytes of a file, at most so many; empty if it can't be read.
[[nodiscard]] std::string last_bytes(const std::string& path, std::size_t size_max);

/// Errors name the file: not there, not readable, a directory, longer than `size_max`.
[[nodiscard]] Result<Bytes> read_user_file(const std::string& path, std::uint64_t size_max);

/// Replaces the file at once or not at all, also when several do it together; it is on the disk
/// when this returns. What is no file (/dev/stdout) is written to. `mode` is that of a new file.
[[nodiscard]] Status<> write_user_file(const std::string& path, ByteView content,
                                       unsigned mode = 0644);

/// Makes the file, whole, unless there is one. False: there is one, which stays as it is.
[[nodiscard]] Result<bool> create_user_file(const std::string& path, ByteView content,
                                            unsigned mode);

/// Error: write_user_file(path, ...) would fail. Leaves what is there alone.
[[nodiscard]] Status<> check_writable(const std::string& path);

/// Part of a lock file, held by one holder at a time until the value goes or the process ends,
/// however it ends. Parts that don't overlap don't hinder each other. The file stays.
class PartLock {
 public:
  struct Part {
    std::uint64_t first = 0;
    std::uint64_t size = 1;
  };
  /// Holds nothing.
  PartLock() = default;
  /// Waits for as long as another holds it, and says so first to `on_wait`, which may be empty.
  [[nodiscard]] static Result<PartLock> take(const std::string& path, Part part,
                                             const std::function<void()>& on_wait = {});
  PartLock(PartLock&& other) noexcept;
  PartLock& operator=(PartLock&& other) noexcept;
  ~PartLock();

 private:
  explicit PartLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

}  // namespace icpd::node
