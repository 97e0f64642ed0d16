// What a command talks to: answers go to standard output, remarks and progress to standard error,
// so that output can be piped. Tests give their own.
//
// How a command ends: status 0; 1 if it failed; 2 if it was used wrongly. A message says what was
// wrong, where, and what to do.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace icpd::node {

inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;

struct CommandFailure {
  /// Empty: all was said already.
  std::string message;
  int status = kExitFailed;

  CommandFailure(std::string text, int exit_status = kExitFailed)  // NOLINT: implicit for Err
      : message(std::move(text)), status(exit_status) {}
  CommandFailure(const Error& error) : message(error.message) {}  // NOLINT: implicit for TRY
};

using CommandResult = Status<CommandFailure>;

[[nodiscard]] inline std::unexpected<CommandFailure> usage_error(std::string message) {
  return std::unexpected<CommandFailure>(CommandFailure(std::move(message), kExitUsage));
}

struct Console {
  /// Each gets whole lines, with their line ends.
  std::function<void(std::string_view)> out;
  std::function<void(std::string_view)> note;
  /// Asks a yes-or-no question; nothing where nobody can answer. May be empty.
  std::function<bool(std::string_view)> confirm;
  /// Shows a line in place of the one that it showed before; with no text it takes that away.
  /// Empty where nobody watches.
  std::function<void(std::string_view)> progress;

  void line(std::string_view text) const { out(std::string(text) + "\n"); }
  void remark(std::string_view text) const { note(std::string(text) + "\n"); }
};

/// Standard output and standard error.
[[nodiscard]] Console standard_console();

}  // namespace icpd::node
