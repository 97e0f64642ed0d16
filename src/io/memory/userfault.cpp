#include "io/memory/userfault.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/ensure.hpp"

namespace icpd::io::memory {
namespace {

// Newer than the headers of Debian 12.
constexpr std::uint64_t kFeatureUnpopulated = 1 << 13;
constexpr std::uint64_t kFeatureAsync = 1 << 15;

Error error_of(const char* what) {
  return Error{std::string(what) + ": " + std::strerror(errno)};
}

}  // namespace

Result<std::unique_ptr<Userfault>> Userfault::open() {
  const auto descriptor =
      static_cast<int>(::syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY));
  if (descriptor < 0) return Err(error_of("userfaultfd"));
  std::unique_ptr<Userfault> result(new Userfault(descriptor));
  uffdio_api api{};
  api.api = UFFD_API;
  api.features = UFFD_FEATURE_PAGEFAULT_FLAG_WP | kFeatureUnpopulated | kFeatureAsync;
  if (::ioctl(descriptor, UFFDIO_API, &api) != 0) {
    return Err(error_of("asynchronous write protection"));
  }
  return result;
}

Userfault::~Userfault() {
  ::close(descriptor_);
}

void Userfault::watch(std::uint8_t* begin, std::uint64_t size) const {
  uffdio_register range{};
  range.range = {reinterpret_cast<std::uint64_t>(begin), size};
  range.mode = UFFDIO_REGISTER_MODE_WP;
  ensure(::ioctl(descriptor_, UFFDIO_REGISTER, &range) == 0, "userfaultfd refused a range");
}

void Userfault::protect(std::uint8_t* begin, std::uint64_t size) const {
  uffdio_writeprotect range{};
  range.range = {reinterpret_cast<std::uint64_t>(begin), size};
  range.mode = UFFDIO_WRITEPROTECT_MODE_WP;
  int result = 0;
  do {
    result = ::ioctl(descriptor_, UFFDIO_WRITEPROTECT, &range);
  } while (result != 0 && errno == EAGAIN);
  ensure(result == 0, "userfaultfd refused to protect");
}

}  // namespace icpd::io::memory
