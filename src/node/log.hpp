// What a running process writes for whoever operates it, one line each:
//
//   2026-11-28T21:04:40.123Z warning state passed over a damaged checkpoint which="checkpoint 500"
//   2026-11-28T21:04:41.002Z error node stopped: writing the artifact log: no space left
//   time (UTC)               level component message                           fields
//
// Fields follow the message as key=value; a value with anything but letters, digits and ._:/+- in
// it stands in quotes, with quotes and backslashes escaped. Control characters are escaped
// everywhere (\n, \x1b), so that a line is one line and what a canister prints steers no terminal.
//
// A node's own lines go to standard error, whole and at once, from any thread: the last line of a
// process that dies says why. They are few; nothing here is made for logging each message.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/units.hpp"

namespace icpd::node {

enum class LogLevel : std::uint8_t { kInfo, kWarning, kError };

/// Keys are words of ours.
using LogFields = std::vector<std::pair<std::string_view, std::string>>;

/// To standard error. `component` is a word: "node", "state", "compiler".
void log_line(LogLevel level, std::string_view component, std::string_view message,
              const LogFields& fields = {});

/// What follows time, level and component in a line.
[[nodiscard]] std::string log_text(std::string_view message, const LogFields& fields);

/// As printable (cli_text.hpp), and on one line: a line end becomes "\n", a tab "\x09".
[[nodiscard]] std::string without_controls(std::string_view text);

/// Lines in a file of bounded size: a full one becomes NAME.1.log, and the one before goes.
class LogFile {
 public:
  /// `path` ends with ".log". Goes on behind what is there.
  [[nodiscard]] static Result<LogFile> open(const std::string& path, std::uint64_t size_max);
  ~LogFile();
  LogFile(LogFile&& other) noexcept;
  LogFile& operator=(LogFile&&) = delete;

  /// Durable only as far as the system keeps it. A write that fails is told on standard error.
  void write(Time time, LogLevel level, std::string_view component, std::string_view message,
             const LogFields& fields);

 private:
  struct Parts;
  explicit LogFile(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace icpd::node
