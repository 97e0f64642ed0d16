#include "node/code_store.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <unistd.h>
#include <vector>

namespace icpd::node {
namespace {

namespace fs = std::filesystem;

constexpr const char* kKeyFile = "key";
constexpr std::string_view kEntryEnd = ".code";
constexpr std::string_view kPartEnd = ".part";
constexpr std::string_view kMagic = "ICPDCODE";
constexpr std::size_t kHeadBytes = kMagic.size() + crypto::Digest::kSize;
/// A part that nobody has written to for so long belongs to a process that is gone.
constexpr auto kLeftoverAge = std::chrono::hours(1);

/// For all entries together: that two share one only makes one wait for the other.
constexpr unsigned kLocks = 16;

std::string entry_name(const crypto::Digest& key) {
  return key.hex() + std::string(kEntryEnd);
}

/// A name that no other writer uses, in this process or another.
std::string part_name(const std::string& name) {
  static std::atomic<std::uint64_t> parts = 0;
  return name + "." + std::to_string(::getpid()) + "-" + std::to_string(parts.fetch_add(1)) +
         std::string(kPartEnd);
}

Status<> write_file(io::Disk& disk, const std::string& name, ByteView head, ByteView content) {
  const auto file = TRY(disk.open(name, io::OpenMode::kCreateNew));
  TRY(file->write_at(0, head));
  return file->write_at(head.size(), content);
}

std::string lock_name(unsigned number) {
  return "lock-" + std::to_string(number);
}

struct Entry {
  fs::path path;
  fs::file_time_type used;
  std::uint64_t bytes = 0;
};

/// Files whose names end like this. Those that go meanwhile are left out.
std::vector<Entry> files_in(const std::string& directory, std::string_view end) {
  std::vector<Entry> entries;
  std::error_code failed;
  for (fs::directory_iterator it(directory, failed), last; !failed && it != last;
       it.increment(failed)) {
    if (!it->path().filename().string().ends_with(end)) continue;
    std::error_code gone;
    const Entry entry{it->path(), fs::last_write_time(it->path(), gone),
                      gone ? 0 : fs::file_size(it->path(), gone)};
    if (!gone) entries.push_back(entry);
  }
  return entries;
}

}  // namespace

Result<std::unique_ptr<CodeStore>> CodeStore::open(const std::string& directory,
                                                   io::Entropy& entropy, std::uint64_t bytes_max) {
  auto disk = TRY(io::linux::open_disk(directory));
  TRY(io::linux::check_private(directory));
  std::unique_ptr<CodeStore> store(new CodeStore(directory, std::move(disk), bytes_max));
  TRY(store->take_key(entropy));
  // Made here, so that a full disk later doesn't look like a lock that somebody holds.
  for (unsigned number = 0; number < kLocks; ++number) {
    if (!store->disk_->exists(lock_name(number)))
      std::ignore = TRY(store->disk_->open(lock_name(number), io::OpenMode::kCreate));
  }
  store->remove_leftovers();
  store->evict();
  return store;
}

Status<> CodeStore::take_key(io::Entropy& entropy) {
  constexpr std::size_t kSize = decltype(key_)::kSize;
  // A key of another size is a damaged one; the entries under it are misses.
  if (const auto old = io::read_file(*disk_, kKeyFile, kSize); !old.ok() || old->size() != kSize) {
    if (disk_->exists(kKeyFile)) TRY(disk_->remove(kKeyFile));
    crypto::SecretBytes<kSize> fresh;
    entropy.fill(fresh.write());
    const std::string part = part_name(kKeyFile);
    TRY(write_file(*disk_, part, {}, fresh.view()));
    // Fails if another process was first: its key is everybody's.
    std::ignore = disk_->link(part, kKeyFile);
    TRY(disk_->remove(part));
  }
  Bytes key = TRY(io::read_file(*disk_, kKeyFile, kSize));
  if (key.size() != kSize) return Err(directory_ + "/" + kKeyFile + ": isn't a key");
  key_ = crypto::SecretBytes<kSize>(key);
  crypto::clear(key);
  return {};
}

crypto::Digest CodeStore::mac(const crypto::Digest& key, ByteView content) const {
  Bytes text = to_bytes(key.view());
  append(text, crypto::sha256(content).view());
  return crypto::hmac_sha256(key_.view(), text);
}

std::optional<Slice> CodeStore::get(const crypto::Digest& key) {
  const std::string name = entry_name(key);
  auto bytes = io::read_file(*disk_, name, bytes_max_ / 2 + kHeadBytes);
  if (!bytes.ok()) return std::nullopt;
  const Slice file(std::move(bytes).value());
  const bool has_head =
      file.size() >= kHeadBytes && as_text(file.view().first(kMagic.size())) == kMagic;
  if (!has_head ||
      !crypto::constant_time_equal(mac(key, file.view().subspan(kHeadBytes)).view(),
                                   file.view().subspan(kMagic.size(), crypto::Digest::kSize))) {
    // Nobody can use it. If it stays, it is in the way of eviction only.
    std::ignore = disk_->remove(name);
    return std::nullopt;
  }
  // The order of eviction is by time of use. That it can't be noted costs this entry its place.
  std::error_code failed;
  fs::last_write_time(directory_ + "/" + name, fs::file_time_type::clock::now(), failed);
  return file.part(kHeadBytes, file.size() - kHeadBytes);
}

Status<> CodeStore::put(const crypto::Digest& key, ByteView content) {
  if (content.size() > bytes_max_ / 2)
    return Err("too large to be kept: " + std::to_string(content.size()) + " bytes");
  Bytes head = to_bytes(kMagic);
  append(head, mac(key, content).view());
  const std::string part = part_name(entry_name(key));
  Status<> written = write_file(*disk_, part, head, content);
  if (written.ok()) written = disk_->rename(part, entry_name(key));
  if (!written.ok()) {
    std::ignore = disk_->remove(part);
    return written;
  }
  evict();
  return {};
}

std::optional<io::linux::FileLock> CodeStore::try_lock(const crypto::Digest& key) {
  auto lock = io::linux::FileLock::try_take(directory_ + "/" + lock_name(key.bytes[0] % kLocks));
  if (!lock.ok()) return std::nullopt;
  return std::move(lock).value();
}

std::uint64_t CodeStore::bytes() const {
  std::uint64_t sum = 0;
  for (const Entry& entry : files_in(directory_, kEntryEnd))
    sum += entry.bytes;
  return sum;
}

void CodeStore::evict() {
  std::vector<Entry> entries = files_in(directory_, kEntryEnd);
  std::ranges::sort(entries, {},
                    [](const Entry& entry) { return std::pair(entry.used, entry.path); });
  std::uint64_t sum = 0;
  for (const Entry& entry : entries)
    sum += entry.bytes;
  for (const Entry& entry : entries) {
    if (sum <= bytes_max_) return;
    std::error_code failed;
    fs::remove(entry.path, failed);
    sum -= entry.bytes;
  }
}

void CodeStore::remove_leftovers() {
  const auto now = fs::file_time_type::clock::now();
  for (const Entry& part : files_in(directory_, kPartEnd)) {
    std::error_code failed;
    if (now - part.used > kLeftoverAge) fs::remove(part.path, failed);
  }
}

}  // namespace icpd::node
