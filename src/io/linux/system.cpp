#include "io/linux/system.hpp"

#include <ctime>
#include <filesystem>
#include <fstream>
#include <pthread.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "io/linux/detail/descriptor.hpp"

namespace icpd::io::linux {

namespace {

std::uint64_t read_clock(clockid_t clock) {
  timespec value{};
  ensure(::clock_gettime(clock, &value) == 0, "these clocks always exist");
  return static_cast<std::uint64_t>(value.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(value.tv_nsec);
}

}  // namespace

Time SystemClock::now() {
  return Time{read_clock(CLOCK_REALTIME)};
}

Duration SystemClock::monotonic() {
  return Duration::nanoseconds(static_cast<std::int64_t>(read_clock(CLOCK_BOOTTIME)));
}

void SystemEntropy::fill(MutableByteView out) {
  while (!out.empty()) {
    const ssize_t n =
        detail::retry_interrupted([&] { return ::getrandom(out.data(), out.size(), 0); });
    ensure(n > 0, "a machine without entropy makes no keys");
    out = out.subspan(static_cast<std::size_t>(n));
  }
}

void name_this_thread(const std::string& name) {
  ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str());
}

ProcessFigures process_figures() {
  ProcessFigures figures;
  rusage usage{};
  ensure(::getrusage(RUSAGE_SELF, &usage) == 0, "a process can always ask for its own usage");
  for (const timeval& time : {usage.ru_utime, usage.ru_stime})
    figures.cpu =
        figures.cpu + Duration::seconds(time.tv_sec) + Duration::microseconds(time.tv_usec);
  if (std::ifstream pages("/proc/self/statm"); pages) {
    std::uint64_t mapped = 0;
    std::uint64_t resident = 0;
    pages >> mapped >> resident;
    figures.resident_bytes = resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  }
  std::error_code none;
  for (auto entry = std::filesystem::directory_iterator("/proc/self/fd", none);
       !none && entry != std::filesystem::directory_iterator(); entry.increment(none))
    ++figures.open_files;
  return figures;
}

void lower_this_thread(int nice) {
  // Priorities are a wish: a machine that refuses it still runs the thread.
  (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), nice);
}

}  // namespace icpd::io::linux
