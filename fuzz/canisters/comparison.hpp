// All ways to run a random canister against each other.
//
//   reference: counting | plain                    bare engine, own memories
//   node, one message after the other:
//     whole, warm memories                         equals both references
//     slices resumed by other threads, fresh memories, counted in locals    } equal each other, and
//     slices, warm memories, counted in the global                          } the whole
//   rounds of a subnet, several canisters:
//     slices, no threads | slices, four threads | slices, restarts at checkpoints: equal state,
//     answers and counts; whole, four threads: equal answers and memories
// The ways of finding stored pages that this kernel has take turns over all of these.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "draws.hpp"
#include "round_run.hpp"

#include "io/guest_memory.hpp"

namespace icpd::fuzz {

struct Counts {
  std::uint64_t modules = 0;
  /// Of these ran at least kLongRun instructions in some message, charges for pages left out.
  std::uint64_t long_runs = 0;
  std::uint64_t messages = 0;
  std::uint64_t trapped = 0;
  std::uint64_t over_limit = 0;
  std::uint64_t instructions = 0;
  std::uint64_t pauses = 0;
  std::uint64_t in_rounds = 0;
};
inline constexpr std::uint64_t kLongRun = 1000;

class Comparison {
 public:
  Comparison();

  /// How two ways of running the module differ; empty if they don't. What may go on in rounds is
  /// added to `for_rounds`.
  [[nodiscard]] std::string run_alone(const Drawn& drawn, std::vector<Uploaded>* for_rounds);
  /// The same for several canisters in one subnet.
  [[nodiscard]] std::string run_in_rounds(const std::vector<Uploaded>& canisters);

  [[nodiscard]] const Counts& counts() const { return counts_; }
  [[nodiscard]] std::size_t backends() const { return spaces_.size(); }

 private:
  [[nodiscard]] io::GuestMemorySpace* space(std::size_t i) const {
    return spaces_[(turn_ + i) % spaces_.size()].get();
  }

  std::vector<std::unique_ptr<io::GuestMemorySpace>> spaces_;
  std::size_t turn_ = 0;
  Counts counts_;
};

}  // namespace icpd::fuzz
