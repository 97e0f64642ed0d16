// A whole subnet in virtual time, from one seed: real replicas with real execution on disks that
// crash and links that break, faulty nodes among them, users who count.
//
// A run has two phases. In the first, faults come again and again, never more than the protocol
// bears: at most f nodes are Byzantine, whatever crashes starts again, and everything heals before
// somebody falls behind what peers keep. It ends when the subnet has gone far enough after its
// first fault. Then everything heals for good, and the subnet must make progress: all honest nodes
// reach a height well above. What must hold all the time is checks.hpp's.
//
// | fault | what happens |
// | --- | --- |
// | crash | a machine stops, perhaps in the midst of a write; it starts again later |
// | kill | a node's process ends, its machine goes on: what it wrote is there, synced or not |
// | crash of all | all honest nodes' machines stop at once and start again one after the other |
// | rotten record | a killed node finds the newest record of its log damaged, although it was
//   durable; happens to one node, and only if fewer than f are Byzantine |
// | torn write, lost write | of what wasn't synced a crash leaves some sectors, or nothing |
// | partition | the nodes fall into two sides; all sessions between them end |
// | one-way partition | what one side sends to the other doesn't arrive |
// | broken session | a session ends and with it what was under way; both sides send again |
// | bad links | every frame takes up to half a second, and some are lost with their session |
// | slow node | its disk and its execution take many times as long |
// | clock skew | its wall clock jumps, up to two seconds away from true time |
//
// All along links lose frames with their session, and frames of one stream overtake the other's.
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

struct Report;

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
  Duration phase_max = Duration::minutes(10);
  /// One line for each thing that happens; absent: none.
  std::function<void(const std::string& line)> trace;
  /// Called now and then with what there is so far; absent: not.
  std::function<void(const Report& so_far)> watch;
};

struct Report {
  std::uint64_t seed = 0;
  std::size_t nodes = 0;
  std::size_t byzantine = 0;
  /// Empty: everything held.
  std::vector<std::string> failures;
  /// It failed because it made no progress, not because a check did.
  bool stuck = false;
  /// Highest final height.
  std::uint64_t heights = 0;
  std::uint64_t heights_after_first_fault = 0;
  /// Calls whose reply a certified state has shown.
  std::uint64_t updates = 0;
  /// Different requests that users sent in time, and those executed.
  std::uint64_t requests = 0;
  std::uint64_t executed = 0;
  /// Queries that the counter was credited with.
  std::uint64_t queries_credited = 0;
  /// By kind.
  std::map<std::string, std::uint64_t> faults;
  /// What Byzantine nodes and unruly users did, by kind.
  std::map<std::string, std::uint64_t> misdeeds;
  std::uint64_t events = 0;
  std::uint64_t frames = 0;
  std::uint64_t frames_lost = 0;
  std::uint64_t frames_overtaken = 0;
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
