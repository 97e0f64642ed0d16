// What canisters say while a node runs them: debug prints and traps, as they happen.
//
// A node started with --canister-output writes each line to its standard output as one line of
// JSON; icpd local reads those of its nodes and shows each once (local_output.hpp):
//
//   {"height":12,"index":0,"time":1764363880000000000,"canister":"uxrrr-…","function":"increment",
//    "text":"counting"}
//
// Height and index name a line: every node executes the same, so every node gives the same line the
// same name, also when it executes a height again after a start.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "execution/round.hpp"

namespace icpd::node {

struct CanisterLine {
  types::Height height;
  /// Counts the lines of a height.
  std::uint64_t index = 0;
  /// Of the batch: what the canister took for the time.
  Time time;
  types::CanisterId canister;
  std::string function;
  /// What isn't UTF-8 is replaced.
  std::string text;
};

/// With its line end.
[[nodiscard]] std::string encode(const CanisterLine& line);
/// Error: not a line of encode().
[[nodiscard]] Result<CanisterLine> parse_canister_line(std::string_view text);

/// Writes lines to a descriptor. If whoever reads is behind and the descriptor doesn't block, lines
/// are held up to kHeldBytesMax; what comes on top is left out, and that is logged. One thread.
class CanisterOutput {
 public:
  static constexpr std::size_t kHeldBytesMax = 1 * kMiB;

  explicit CanisterOutput(int descriptor) : descriptor_(descriptor) {}

  /// To be called for each batch, also one without lines: it writes what is held.
  void tell(types::Height height, Time time, const std::vector<execution::LogLines>& log);

 private:
  void hold(std::string line);
  void write_held();

  int descriptor_;
  std::string held_;
  std::uint64_t left_out_ = 0;
};

}  // namespace icpd::node
