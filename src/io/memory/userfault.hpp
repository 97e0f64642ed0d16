// Write protection of pages by userfaultfd, resolved by the kernel itself (WP_ASYNC, Linux 6.7).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.hpp"

namespace icpd::io::memory {

class Userfault {
 public:
  /// An error if the kernel can't or doesn't let us.
  [[nodiscard]] static Result<std::unique_ptr<Userfault>> open();
  ~Userfault();
  Userfault(const Userfault&) = delete;
  Userfault& operator=(const Userfault&) = delete;

  /// Each new mapping in a range is registered again.
  void watch(std::uint8_t* begin, std::uint64_t size) const;
  void protect(std::uint8_t* begin, std::uint64_t size) const;

 private:
  explicit Userfault(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace icpd::io::memory
