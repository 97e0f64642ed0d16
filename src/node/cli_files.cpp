#include "node/cli_files.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace icpd::node {
namespace {

Error because(const std::string& path) {
  return Error{path + ": " + std::strerror(errno)};
}

class Handle {
 public:
  explicit Handle(int fd) : fd_(fd) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

Status<> write_whole(int fd, ByteView content, const std::string& path) {
  std::size_t done = 0;
  while (done < content.size()) {
    const ssize_t n = ::write(fd, content.data() + done, content.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Err(because(path));
    done += static_cast<std::size_t>(n);
  }
  if (::fsync(fd) != 0 && errno != EINVAL) return Err(because(path));
  return {};
}

}  // namespace

Result<Bytes> read_user_file(const std::string& path, std::uint64_t size_max) {
  const Handle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return Err(because(path));
  struct stat facts{};
  if (::fstat(file.get(), &facts) != 0) return Err(because(path));
  if (S_ISDIR(facts.st_mode)) return Err(path + ": is a directory, not a file");
  Bytes content;
  std::array<std::uint8_t, 65536> part;
  for (;;) {
    const ssize_t n = ::read(file.get(), part.data(), part.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Err(because(path));
    if (n == 0) return content;
    append(content, ByteView(part).first(static_cast<std::size_t>(n)));
    if (content.size() > size_max)
      return Err(path + ": longer than " + std::to_string(size_max) + " bytes");
  }
}

Status<> write_user_file(const std::string& path, ByteView content, unsigned mode) {
  const std::string aside = path + ".new";
  {
    const Handle file(
        ::open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode));
    if (file.get() < 0) return Err(because(aside));
    TRY(write_whole(file.get(), content, aside));
  }
  if (::rename(aside.c_str(), path.c_str()) != 0) return Err(because(path));
  return {};
}

}  // namespace icpd::node
