// A range of address space: inaccessible at first, opened from its beginning, closed again, with
// runs of files mapped into it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "io/guest_memory.hpp"

namespace icpd::io::memory {

/// Shared by all memories of a space.
struct Budget {
  std::uint64_t reserved_bytes_max = 0;
  std::uint64_t mappings_max = 0;
  std::atomic<std::uint64_t> reserved_bytes = 0;
  std::atomic<std::uint64_t> mappings = 0;
};

class Reservation {
 public:
  /// Ends the process if the kernel has no such range.
  Reservation(Budget& budget, std::uint64_t reserve_bytes, std::uint64_t guard_bytes);
  ~Reservation();
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;

  [[nodiscard]] std::uint8_t* base() const { return base_; }
  [[nodiscard]] std::uint64_t reserved() const { return reserved_; }

  /// Makes [begin, end) readable and writable; its content is what was there, at first zeros.
  void open(std::uint64_t begin, std::uint64_t end) const;
  /// Makes [begin, end) inaccessible and drops its content: it will read as zeros.
  void close(std::uint64_t begin, std::uint64_t end) const;
  /// A private copy-on-write mapping of a file.
  void map_file(std::uint64_t begin, std::uint64_t size, int descriptor, std::uint64_t offset);
  /// Drops private copies: anonymous pages read as zeros, file pages as the file.
  void drop(std::uint64_t begin, std::uint64_t size) const;
  /// Moves the mapping [begin, begin + size) to the same place in `to`. Content stays.
  void move_to(Reservation& to, std::uint64_t begin, std::uint64_t size) const;

 private:
  Budget& budget_;
  std::uint8_t* base_ = nullptr;
  std::uint64_t reserved_;
  std::uint64_t total_;
  std::uint64_t mappings_ = 2;  // accessible and not
};

}  // namespace icpd::io::memory
