#include "io/linux/files.hpp"

#include <algorithm>
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "io/linux/detail/descriptor.hpp"

namespace icpd::io::linux {

namespace {

using detail::Descriptor;
using detail::retry_interrupted;
using detail::system_error;

constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kFileMode = 0600;

/// The parts of a path, "." left out; an error if it leaves the root.
Result<std::vector<std::string>> parts_of(const std::string& path) {
  if (path.empty() || path.front() == '/') return Err("path '" + path + "' isn't relative");
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string part = path.substr(begin, end - begin);
    if (part == ".." || part.find('\0') != std::string::npos)
      return Err("path '" + path + "' leaves its disk");
    if (!part.empty() && part != ".") parts.push_back(part);
    begin = end + 1;
  }
  return parts;
}

Result<std::string> checked(const std::string& path) {
  const auto parts = TRY(parts_of(path));
  std::string joined;
  for (const std::string& part : parts)
    joined += (joined.empty() ? "" : "/") + part;
  return joined.empty() ? std::string(".") : joined;
}

class LinuxFile final : public File {
 public:
  LinuxFile(Descriptor descriptor, std::string path)
      : descriptor_(std::move(descriptor)), path_(std::move(path)) {}

  Result<std::uint64_t> size() override {
    struct stat status{};
    if (::fstat(descriptor_.get(), &status) != 0) return Err(system_error(path_));
    return static_cast<std::uint64_t>(status.st_size);
  }

  Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) override {
    std::size_t done = 0;
    while (done < out.size()) {
      const ssize_t n = retry_interrupted([&] {
        return ::pread(descriptor_.get(), out.data() + done, out.size() - done,
                       static_cast<off_t>(offset + done));
      });
      if (n < 0) return Err(system_error(path_ + ": read"));
      if (n == 0) break;
      done += static_cast<std::size_t>(n);
    }
    return done;
  }

  Status<> write_at(std::uint64_t offset, ByteView bytes) override {
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t n = retry_interrupted([&] {
        return ::pwrite(descriptor_.get(), bytes.data() + done, bytes.size() - done,
                        static_cast<off_t>(offset + done));
      });
      if (n < 0) return Err(system_error(path_ + ": write"));
      if (n == 0) return Err(path_ + ": write stopped");
      done += static_cast<std::size_t>(n);
    }
    return {};
  }

  Status<> truncate(std::uint64_t size) override {
    if (retry_interrupted(
            [&] { return ::ftruncate(descriptor_.get(), static_cast<off_t>(size)); }) != 0)
      return Err(system_error(path_ + ": truncate"));
    return {};
  }

  Status<> reserve(std::uint64_t size) override {
    if (retry_interrupted([&] {
          return ::fallocate(descriptor_.get(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size));
        }) == 0)
      return {};
    // A file system without reservations: later writes there may fail for space, and say so.
    if (errno == EOPNOTSUPP) return {};
    return Err(system_error(path_ + ": reserve"));
  }

  Status<> sync() override {
    if (retry_interrupted([&] { return ::fdatasync(descriptor_.get()); }) != 0)
      return Err(system_error(path_ + ": sync"));
    return {};
  }

  int descriptor() override { return descriptor_.get(); }

 private:
  Descriptor descriptor_;
  std::string path_;
};

constexpr int flags_of(OpenMode mode) {
  switch (mode) {
    case OpenMode::kRead:
      return O_RDONLY;
    case OpenMode::kReadWrite:
      return O_RDWR;
    case OpenMode::kCreate:
      return O_RDWR | O_CREAT | O_TRUNC;
    case OpenMode::kCreateNew:
      return O_RDWR | O_CREAT | O_EXCL;
  }
  unreachable_state("unknown open mode");
}

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

/// Names in the directory, without "." and "..", in no order. Takes the descriptor over.
Result<std::vector<std::string>> names_in(int descriptor, const std::string& path) {
  const std::unique_ptr<DIR, CloseDirectory> directory(::fdopendir(descriptor));
  if (directory == nullptr) {
    ::close(descriptor);
    return Err(system_error(path));
  }
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(directory.get());
    if (entry == nullptr) break;
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  if (errno != 0) return Err(system_error(path));
  return names;
}

/// Removes an entry of an open directory with all that is in it. Doesn't follow links.
Status<> remove_entry(int parent, const std::string& name) {
  if (::unlinkat(parent, name.c_str(), 0) == 0 || errno == ENOENT) return {};
  if (errno != EISDIR && errno != EPERM) return Err(system_error(name));
  const Descriptor directory(
      ::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory.is_open()) return Err(system_error(name));
  for (const std::string& child : TRY(names_in(::fcntl(directory.get(), F_DUPFD_CLOEXEC, 0), name)))
    TRY(remove_entry(directory.get(), child));
  if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) != 0) return Err(system_error(name));
  return {};
}

class LinuxDisk final : public Disk {
 public:
  LinuxDisk(Descriptor root, std::string name) : root_(std::move(root)), name_(std::move(name)) {}

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    const std::string inside = TRY(checked(path));
    Descriptor descriptor(retry_interrupted([&] {
      return ::openat(root_.get(), inside.c_str(), flags_of(mode) | O_CLOEXEC, kFileMode);
    }));
    if (!descriptor.is_open()) return Err(system_error(full(path)));
    return std::unique_ptr<File>(std::make_unique<LinuxFile>(std::move(descriptor), full(path)));
  }

  Status<> make_directory(const std::string& path) override {
    std::string so_far;
    for (const std::string& part : TRY(parts_of(path))) {
      so_far += (so_far.empty() ? "" : "/") + part;
      if (::mkdirat(root_.get(), so_far.c_str(), kDirectoryMode) != 0 && errno != EEXIST)
        return Err(system_error(full(so_far)));
    }
    struct stat status{};
    if (::fstatat(root_.get(), TRY(checked(path)).c_str(), &status, 0) != 0)
      return Err(system_error(full(path)));
    if (!S_ISDIR(status.st_mode)) return Err(full(path) + ": is no directory");
    return {};
  }

  Status<> rename(const std::string& from, const std::string& to) override {
    if (::renameat(root_.get(), TRY(checked(from)).c_str(), root_.get(),
                   TRY(checked(to)).c_str()) != 0)
      return Err(system_error(full(from) + ": rename to " + to));
    return {};
  }

  Status<> link(const std::string& from, const std::string& to) override {
    if (::linkat(root_.get(), TRY(checked(from)).c_str(), root_.get(), TRY(checked(to)).c_str(),
                 0) != 0)
      return Err(system_error(full(from) + ": link to " + to));
    return {};
  }

  Status<> remove(const std::string& path) override {
    if (::unlinkat(root_.get(), TRY(checked(path)).c_str(), 0) != 0 && errno != ENOENT)
      return Err(system_error(full(path) + ": remove"));
    return {};
  }

  Status<> remove_tree(const std::string& path) override {
    const std::string inside = TRY(checked(path));
    if (inside == ".") return Err("won't remove the root of a disk");
    return remove_entry(root_.get(), inside).map_error([&](Error error) {
      return error.within(full(path) + ": remove");
    });
  }

  Result<std::vector<std::string>> list(const std::string& path) override {
    const int descriptor =
        ::openat(root_.get(), TRY(checked(path)).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return Err(system_error(full(path)));
    std::vector<std::string> names = TRY(names_in(descriptor, full(path)));
    std::sort(names.begin(), names.end());
    return names;
  }

  bool exists(const std::string& path) override {
    const auto inside = checked(path);
    return inside.ok() && ::faccessat(root_.get(), inside->c_str(), F_OK, 0) == 0;
  }

  Status<> sync_directory(const std::string& path) override {
    const Descriptor directory(
        ::openat(root_.get(), TRY(checked(path)).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory.is_open()) return Err(system_error(full(path)));
    if (retry_interrupted([&] { return ::fsync(directory.get()); }) != 0)
      return Err(system_error(full(path) + ": sync"));
    return {};
  }

 private:
  [[nodiscard]] std::string full(const std::string& path) const { return name_ + "/" + path; }

  Descriptor root_;
  std::string name_;
};

/// Makes the directory with its parents.
Status<> make_root(const std::string& root) {
  for (std::size_t end = 0; end != std::string::npos;) {
    end = root.find('/', end + 1);
    const std::string part = root.substr(0, end);
    if (::mkdir(part.c_str(), kDirectoryMode) != 0 && errno != EEXIST)
      return Err(system_error(part));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Disk>> open_disk(const std::string& root) {
  if (root.empty()) return Err("a disk needs a directory");
  TRY(make_root(root));
  Descriptor descriptor(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!descriptor.is_open()) return Err(system_error(root));
  return std::unique_ptr<Disk>(std::make_unique<LinuxDisk>(std::move(descriptor), root));
}

Status<> check_private(const std::string& path) {
  constexpr mode_t kOthers = S_IRWXG | S_IRWXO;
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return Err(system_error(path));
  if (status.st_uid != ::geteuid())
    return Err(path + ": belongs to user " + std::to_string(status.st_uid) +
               ", this process is user " + std::to_string(::geteuid()) + "; run: chown " +
               std::to_string(::geteuid()) + " " + path);
  if ((status.st_mode & kOthers) != 0)
    return Err(path + ": other users may reach it; run: chmod " +
               (S_ISDIR(status.st_mode) ? "700 " : "600 ") + path);
  return {};
}

Result<FileLock> FileLock::try_take(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode);
  if (descriptor < 0) return Err(system_error(path));
  FileLock lock(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno == EWOULDBLOCK) return Err(path + ": another process holds this lock");
  return Err(system_error(path));
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}
FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace icpd::io::linux
