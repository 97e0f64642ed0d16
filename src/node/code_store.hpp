// Compiled modules on disk, beyond the life of a process and for all nodes of a local network.
//
//   DIR/key            32 random bytes; who makes it first has made it for all
//   DIR/<64 hex>.code  an entry: "ICPDCODE" · HMAC-SHA256 under the key, of name and content ·
//   content DIR/<64 hex>.code.<n>.part   being written DIR/lock-<0 to 15> who works on an entry
//   (try_lock())
//
// **Entries are machine code that the node will run.** Whoever can write one unnoticed has the
// node's rights. So DIR belongs to the node's user alone (open() refuses it otherwise, and makes it
// so), and an entry counts only if its code of authentication is right for its content and its
// name. That makes anything else a miss and nothing worse: files that were damaged, cut, renamed,
// copied from another machine, or left by whatever else wrote here. It doesn't keep out somebody
// with the user's rights, who could read the keys of the node as well.
//
// Bounded: an entry is at most half of all; when all together are over the bound, those not used
// for longest go. A full disk costs nothing but the next start's time: what can't be written isn't
// kept. Nothing is synced, because a torn entry is a miss.
//
// Several processes and threads may use one directory at the same time.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/units.hpp"
#include "crypto/hash.hpp"
#include "crypto/secret.hpp"
#include "io/disk.hpp"
#include "io/entropy.hpp"
#include "io/linux/files.hpp"

namespace icpd::node {

inline constexpr std::uint64_t kCodeStoreBytesMax = 2 * kGiB;

class CodeStore {
 public:
  /// Makes the directory if it isn't there. An error, with the command that puts it right, if
  /// others may reach it.
  [[nodiscard]] static Result<std::unique_ptr<CodeStore>> open(
      const std::string& directory, io::Entropy& entropy,
      std::uint64_t bytes_max = kCodeStoreBytesMax);

  /// What was put under this key, or nothing.
  [[nodiscard]] std::optional<Slice> get(const crypto::Digest& key);
  /// May fail, or be dropped later; the error is for people.
  [[nodiscard]] Status<> put(const crypto::Digest& key, ByteView content);

  /// Held while one makes the entry, so that others wait for it instead of making it too. Nothing
  /// if another process or thread holds it.
  [[nodiscard]] std::optional<io::linux::FileLock> try_lock(const crypto::Digest& key);

  /// Of all entries.
  [[nodiscard]] std::uint64_t bytes() const;

 private:
  CodeStore(std::string directory, std::unique_ptr<io::Disk> disk, std::uint64_t bytes_max)
      : directory_(std::move(directory)), disk_(std::move(disk)), bytes_max_(bytes_max) {}

  [[nodiscard]] Status<> take_key(io::Entropy& entropy);
  void remove_leftovers();
  void evict();
  [[nodiscard]] crypto::Digest mac(const crypto::Digest& key, ByteView content) const;

  std::string directory_;
  std::unique_ptr<io::Disk> disk_;
  std::uint64_t bytes_max_;
  crypto::SecretBytes<32> key_;
};

}  // namespace icpd::node
