#include "node/cli_files.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <fcntl.h>
#include <fstream>
#include <sys/stat.h>

#include "node/detail/os.hpp"

namespace icpd::node {
namespace {

using detail::Descriptor;
using detail::system_error;

Status<> write_whole(int fd, ByteView content, const std::string& path) {
  std::size_t done = 0;
  while (done < content.size()) {
    const ssize_t n = ::write(fd, content.data() + done, content.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Err(system_error(path));
    done += static_cast<std::size_t>(n);
  }
  // What is no file can't be synced and needn't be.
  if (::fsync(fd) != 0 && errno != EINVAL) return Err(system_error(path));
  return {};
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// So that a rename or link is on the disk.
Status<> sync_directory_of(const std::string& path) {
  const std::string directory = directory_of(path);
  const Descriptor open(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!open.is_open() || (::fsync(open.get()) != 0 && errno != EINVAL))
    return Err(system_error(directory));
  return {};
}

/// A new file beside another, which goes with this value unless it was renamed.
class Aside {
 public:
  /// Its name is nobody else's: not another process's, not another thread's.
  static Result<Aside> make(const std::string& path, unsigned mode) {
    static std::atomic<unsigned> next = 0;
    for (;;) {
      std::string name =
          path + ".new-" + std::to_string(::getpid()) + "-" + std::to_string(next.fetch_add(1));
      Descriptor file(
          ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
      if (file.is_open()) return Aside(std::move(name), std::move(file));
      // Left by a process that was killed and had our number.
      if (errno != EEXIST) return Err(system_error(path));
    }
  }
  Aside(Aside&& other) noexcept
      : name_(std::exchange(other.name_, {})), file_(std::move(other.file_)) {}
  ~Aside() {
    if (!name_.empty()) ::unlink(name_.c_str());
  }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] int descriptor() const { return file_.get(); }
  void was_renamed() { name_.clear(); }

 private:
  Aside(std::string name, Descriptor file) : name_(std::move(name)), file_(std::move(file)) {}
  std::string name_;
  Descriptor file_;
};

Result<Aside> written_aside(const std::string& path, ByteView content, unsigned mode) {
  Aside aside = TRY(Aside::make(path, mode));
  TRY(write_whole(aside.descriptor(), content, path));
  return aside;
}

/// A pipe, a terminal, a device. False where nothing is.
bool is_no_file(const std::string& path) {
  struct stat facts{};
  return ::stat(path.c_str(), &facts) == 0 && !S_ISREG(facts.st_mode) && !S_ISDIR(facts.st_mode);
}

int set_lock(int descriptor, int command, PartLock::Part part) {
  struct flock range{};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  range.l_start = static_cast<off_t>(part.first);
  range.l_len = static_cast<off_t>(part.size);
  for (;;) {
    const int result = ::fcntl(descriptor, command, &range);
    if (result == 0 || errno != EINTR) return result;
  }
}

}  // namespace

std::string last_bytes(const std::string& path, std::size_t size_max) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const auto size = static_cast<std::size_t>(std::max<std::streamoff>(file.tellg(), 0));
  std::string text(std::min(size, size_max), '\0');
  file.seekg(static_cast<std::streamoff>(size - text.size()));
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  return text;
}

Result<Bytes> read_user_file(const std::string& path, std::uint64_t size_max) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return Err(system_error(path));
  struct stat facts{};
  if (::fstat(file.get(), &facts) != 0) return Err(system_error(path));
  if (S_ISDIR(facts.st_mode)) return Err(path + ": is a directory, not a file");
  Bytes content;
  std::array<std::uint8_t, 65536> part;
  for (;;) {
    const ssize_t n = ::read(file.get(), part.data(), part.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Err(system_error(path));
    if (n == 0) return content;
    append(content, ByteView(part).first(static_cast<std::size_t>(n)));
    if (content.size() > size_max)
      return Err(path + ": longer than " + std::to_string(size_max) + " bytes");
  }
}

Status<> write_user_file(const std::string& path, ByteView content, unsigned mode) {
  if (is_no_file(path)) {
    const Descriptor open(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!open.is_open()) return Err(system_error(path));
    return write_whole(open.get(), content, path);
  }
  Aside aside = TRY(written_aside(path, content, mode));
  if (::rename(aside.name().c_str(), path.c_str()) != 0) return Err(system_error(path));
  aside.was_renamed();
  return sync_directory_of(path);
}

Result<bool> create_user_file(const std::string& path, ByteView content, unsigned mode) {
  const Aside aside = TRY(written_aside(path, content, mode));
  if (::link(aside.name().c_str(), path.c_str()) != 0) {
    if (errno == EEXIST) return false;
    return Err(system_error(path));
  }
  TRY(sync_directory_of(path));
  return true;
}

Status<> check_writable(const std::string& path) {
  struct stat facts{};
  if (::stat(path.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode))
    return Err(path + ": is a directory, not a file");
  if (is_no_file(path)) return {};
  (void)TRY(Aside::make(path, 0600));
  return {};
}

Result<PartLock> PartLock::take(const std::string& path, Part part,
                                const std::function<void()>& on_wait) {
  PartLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock.descriptor_ < 0) return Err(system_error(path));
  // Tied to the open file, not to the process: threads exclude each other too.
  if (set_lock(lock.descriptor_, F_OFD_SETLK, part) == 0) return lock;
  if (errno != EAGAIN && errno != EACCES) return Err(system_error(path));
  if (on_wait) on_wait();
  if (set_lock(lock.descriptor_, F_OFD_SETLKW, part) != 0) return Err(system_error(path));
  return lock;
}

PartLock::PartLock(PartLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
PartLock& PartLock::operator=(PartLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}
PartLock::~PartLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace icpd::node
