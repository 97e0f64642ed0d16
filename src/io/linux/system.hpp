// The clock and the entropy of the machine.
#pragma once

#include <string>

#include "base/bytes.hpp"
#include "io/clock.hpp"
#include "io/entropy.hpp"

namespace icpd::io::linux {

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Time now() override;
  [[nodiscard]] Duration monotonic() override;
};

/// The kernel's generator. A machine that can't give entropy ends the process.
class SystemEntropy final : public Entropy {
 public:
  void fill(MutableByteView out) override;
};

/// Names the calling thread for debuggers, top and profiles; the kernel keeps 15 characters.
void name_this_thread(const std::string& name);

/// What this process has used.
struct ProcessFigures {
  Duration cpu;
  std::uint64_t resident_bytes = 0;
  std::uint64_t open_files = 0;
};
[[nodiscard]] ProcessFigures process_figures();

/// The linker's hash of this program, code and data: two builds that differ have different ones.
[[nodiscard]] Bytes build_id();

/// Puts the calling thread behind others in the kernel's order: 0 is usual, 19 is last.
void lower_this_thread(int nice);

}  // namespace icpd::io::linux
