// A whole subnet in virtual time, from one seed: real replicas with real execution on disks that
// crash and links that break, faulty nodes among them, users who count.
//
// A run has two phases. In the first, faults come again and again, never more than the protocol
// bears: at most f nodes are Byzantine, and whatever crashes starts again. It ends when the subnet
// has gone far enough after its first fault. Then everything heals, and the subnet must make
// progress: all honest nodes reach a height well above, with the same state, and the counter shows
// every increment that a user has seen acknowledged.
//
// The same seed gives the same run, event by event: Report::trace_digest is a hash over all of it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/units.hpp"

namespace icpd::sim {

struct Options {
  std::uint64_t seed = 1;
  std::size_t nodes = 4;
  /// At most f; by default none.
  std::size_t byzantine = 0;
  /// Heights after the first fault, faults, kinds of faults and acknowledged updates that a run
  /// must reach, or it fails.
  std::uint64_t heights = 100;
  std::uint64_t faults = 10;
  std::size_t fault_kinds = 3;
  std::uint64_t updates = 100;
  /// Virtual time that each phase may take.
  Duration phase_max = Duration::minutes(60);
  /// One line for each thing that happens; absent: none.
  std::function<void(const std::string& line)> trace;
};

struct Report {
  std::uint64_t seed = 0;
  std::size_t nodes = 0;
  std::size_t byzantine = 0;
  /// Empty: everything held.
  std::vector<std::string> failures;
  /// It failed because it made no progress, not because a check did.
  bool stuck = false;
  std::uint64_t heights = 0;
  std::uint64_t heights_after_first_fault = 0;
  std::uint64_t updates = 0;
  /// By kind: "crash", "partition", ..., and what Byzantine nodes did.
  std::map<std::string, std::uint64_t> faults;
  std::uint64_t events = 0;
  std::uint64_t frames = 0;
  Duration virtual_time;
  /// SHA-256 over everything that happened, hexadecimal.
  std::string trace_digest;

  [[nodiscard]] bool ok() const { return failures.empty(); }
  [[nodiscard]] std::uint64_t fault_count() const;
};

/// Needs nodes >= 1 and byzantine <= f.
[[nodiscard]] Report simulate(const Options& options);

/// One JSON object on one line.
[[nodiscard]] std::string to_json(const Report& report);
/// For people.
[[nodiscard]] std::string to_text(const Report& report);

}  // namespace icpd::sim
