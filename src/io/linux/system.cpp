#include "io/linux/system.hpp"

#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <link.h>
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

namespace {

/// The note of that kind among `notes`, padded to four bytes (elf(5)); empty if there is none.
ByteView find_build_id(ByteView notes) {
  constexpr auto padded = [](std::size_t size) { return (size + 3) / 4 * 4; };
  while (notes.size() >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) head{};
    std::memcpy(&head, notes.data(), sizeof head);
    const std::size_t name = padded(head.n_namesz);
    const std::size_t content = padded(head.n_descsz);
    notes = notes.subspan(sizeof head);
    if (name + content > notes.size()) return {};
    if (head.n_type == NT_GNU_BUILD_ID &&
        as_text(notes.first(head.n_namesz)) == std::string_view("GNU\0", 4))
      return notes.subspan(name, head.n_descsz);
    notes = notes.subspan(name + content);
  }
  return {};
}

}  // namespace

Bytes build_id() {
  Bytes found;
  // The first object is the program itself.
  const auto look = [](dl_phdr_info* object, std::size_t, void* out) {
    for (unsigned i = 0; i < object->dlpi_phnum; ++i) {
      const ElfW(Phdr)& part = object->dlpi_phdr[i];
      if (part.p_type != PT_NOTE) continue;
      // The loader says as a number where it put the program.
      // NOLINTNEXTLINE(performance-no-int-to-ptr)
      const auto* begin = reinterpret_cast<const std::uint8_t*>(object->dlpi_addr + part.p_vaddr);
      append(*static_cast<Bytes*>(out), find_build_id({begin, part.p_memsz}));
    }
    return 1;
  };
  ::dl_iterate_phdr(look, &found);
  ensure(!found.empty(), "the linker gives every program its build id");
  return found;
}

void lower_this_thread(int nice) {
  // Priorities are a wish: a machine that refuses it still runs the thread.
  (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), nice);
}

}  // namespace icpd::io::linux
