/* Puts the wall clock of one process ahead or behind, for tests: loaded with LD_PRELOAD into a
 * program whose command line holds CLOCK_SHIM_PROCESS, it adds to CLOCK_REALTIME the nanoseconds
 * that stand in the file CLOCK_SHIM_FILE (eight bytes, of this machine's order), at every look.
 * Clocks that never go back are left alone, as when an operator sets the time. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t* offset_ns;

static int is_meant(const char* word) {
  char line[65536];
  const int file = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
  const ssize_t size = read(file, line, sizeof line);
  close(file);
  return size > 0 && memmem(line, (size_t)size, word, strlen(word)) != NULL;
}

__attribute__((constructor)) static void begin(void) {
  const char* word = getenv("CLOCK_SHIM_PROCESS");
  const char* path = getenv("CLOCK_SHIM_FILE");
  if (word == NULL || path == NULL || !is_meant(word)) return;
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  void* bytes = mmap(NULL, sizeof *offset_ns, PROT_READ, MAP_SHARED, file, 0);
  close(file);
  if (bytes != MAP_FAILED) offset_ns = bytes;
}

int clock_gettime(clockid_t clock, struct timespec* out) {
  const int64_t second = 1000000000;
  const int result = (int)syscall(SYS_clock_gettime, clock, out);
  if (result != 0 || clock != CLOCK_REALTIME || offset_ns == NULL) return result;
  const int64_t now = out->tv_sec * second + out->tv_nsec + *offset_ns;
  out->tv_sec = now / second;
  out->tv_nsec = now % second;
  return 0;
}
