// A file descriptor that is closed when its owner goes.
#pragma once

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <unistd.h>
#include <utility>

#include "base/result.hpp"

namespace icpd::io::linux::detail {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// Child processes don't inherit it (a port would stay taken as long as they live).
inline void close_on_exec(int descriptor) {
  (void)::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
}

/// "what: No space left on device", from errno.
[[nodiscard]] inline Error system_error(const std::string& what) {
  return Error{what + ": " + std::strerror(errno)};
}

/// Repeats a system call that a signal interrupted.
template <typename F>
[[nodiscard]] auto retry_interrupted(F&& call) {
  for (;;) {
    const auto result = call();
    if (result != -1 || errno != EINTR) return result;
  }
}

}  // namespace icpd::io::linux::detail
