// What canisters say on a local network, shown once though every node says it: debug prints and
// traps, with the canister's name and the function that ran.
//
//   node 0 ─ pipe ─┐                                ┌─ D/logs/canisters.log (bounded, structured)
//   node 1 ─ pipe ─┼─ the first of each name wins ──┤
//   ...            ┘  (height, index)               └─ the screen: [counter] increment: hello
//
// Lines come in the order of their names from each node, so whatever isn't behind the last one that
// was shown is another node's copy, or a height that is executed again after a start: the last line
// of canisters.log says how far things were shown before.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "node/canister_names.hpp"
#include "node/canister_output.hpp"
#include "node/local_loop.hpp"
#include "node/log.hpp"

namespace icpd::node {

inline constexpr const char* kCanisterLogFile = "logs/canisters.log";
inline constexpr std::uint64_t kCanisterLogBytesMax = 16 * kMiB;

class CanisterLog {
 public:
  /// Of the network in that directory.
  [[nodiscard]] static Result<CanisterLog> open(const std::string& directory);

  /// A line of JSON from a node. What to show of it, whole lines; nothing if it was shown before or
  /// is no such line.
  [[nodiscard]] std::optional<std::string> take(std::string_view json);

 private:
  using Name = std::pair<types::Height, std::uint64_t>;
  CanisterLog(std::string directory, LogFile file, std::optional<Name> last);
  [[nodiscard]] std::string name_of(const types::CanisterId& canister);

  std::string directory_;
  LogFile file_;
  std::optional<Name> last_;
  std::map<types::CanisterId, std::string> names_;
  /// When the file of names was written that names_ is from.
  std::filesystem::file_time_type names_written_;
};

/// Reads the lines that one child writes to a pipe.
class ChildLines {
 public:
  /// A longer line is dropped; an execution's log of 4 KiB fits, however much of it is escaped.
  static constexpr std::size_t kLineBytesMax = 256 * kKiB;
  using Take = std::function<void(std::string_view line)>;

  /// The loop outlives this.
  ChildLines(Loop& loop, Take take) : loop_(loop), take_(std::move(take)) {}
  ~ChildLines() { close(); }
  ChildLines(const ChildLines&) = delete;
  ChildLines& operator=(const ChildLines&) = delete;

  /// A new pipe; the caller closes the end that it gets once a child has it. A child that nobody
  /// reads fast enough isn't held up: the end doesn't block.
  [[nodiscard]] Result<int> open();

 private:
  void on_readable();
  void take_lines();
  void close();

  Loop& loop_;
  Take take_;
  int pipe_ = -1;
  std::string text_;
};

}  // namespace icpd::node
