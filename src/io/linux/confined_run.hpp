// A program run to its end as a child process: bytes in, bytes out, and bounds on all that it uses.
// For work on what strangers sent: whatever it does to its own process, this one goes on.
//
// The two halves:
//   parent   run_confined({program, arguments, input, ...})
//   child    confine_this_process(bounds) first, then read_all_input(), work, write_output()
//
// The child gets the input as its standard input and gives its output on standard output, both
// files in memory, and shares standard error. It has no environment. It ends with the thread that
// started it, however that ends (the kernel sees to it), has a process group of its own (Ctrl-C
// goes to the parent) and none of the parent's descriptors.
//
// Why the child confines itself: limits between fork and exec would need code that is safe there,
// and the program is ours; what isn't trusted is its input, which it reads afterwards.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/units.hpp"

namespace icpd::io::linux {

struct ConfinedRun {
  std::string program;
  std::vector<std::string> arguments;
  ByteView input;
  /// Longer output is an error.
  std::uint64_t output_bytes_max = 0;
  /// On the clock; then it is killed.
  Duration time_max;
};

struct RunEnd {
  /// Nothing: ended by a signal, or out of time.
  std::optional<int> exit_status;
  /// For people: "ended with status 3", "was ended by signal 9", "took longer than 60 s".
  std::string how;
  /// Empty unless the exit status is 0.
  Bytes output;
};

/// Returns when the child has ended. An error: it couldn't be started or asked for its output.
[[nodiscard]] Result<RunEnd> run_confined(const ConfinedRun& run);

/// False under a sanitizer, which reserves more address space than any bound leaves, and opens
/// pipes to find out what memory can be read.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kAllIsBounded = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kAllIsBounded = false;
#else
inline constexpr bool kAllIsBounded = true;
#endif
#else
inline constexpr bool kAllIsBounded = true;
#endif

struct ProcessBounds {
  /// The process that started this one: the kernel kills this one with it.
  int parent = 0;
  std::uint64_t memory_bytes = 0;
  std::uint64_t output_bytes = 0;
  /// Of all threads together; over it the kernel kills the process.
  Duration processor_time;
  /// As lower_this_thread (io/linux/system.hpp), for all threads.
  int nice = 0;
};

/// After this: at most these bounds; no new file, socket or descriptor of any kind; no more rights
/// than these, whatever is executed; no core dump, and no other process of this user looks inside.
[[nodiscard]] Status<> confine_this_process(const ProcessBounds& bounds);

[[nodiscard]] Result<Bytes> read_all_input();
[[nodiscard]] Status<> write_output(ByteView bytes);

}  // namespace icpd::io::linux
