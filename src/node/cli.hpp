// The command line of icpd: which commands there are, their options and their help.
//
//   icpd COMMAND [SUBCOMMAND] [--option value]...
//
// A command is listed only if it does something: engines that this program was built without have
// no command. Exit status: cli_console.hpp.
#pragma once

#include <span>
#include <string>

#include "node/cli_console.hpp"
#include "node/process.hpp"

namespace icpd::node {

/// What the command line calls and doesn't contain.
struct Engines {
  int (*node)(const NodeOptions&) = nullptr;
  /// The file of this program, to start the nodes of `icpd local` with.
  std::string program;
};

/// `arguments` without the program's name. The exit status.
[[nodiscard]] int run_command_line(std::span<const std::string> arguments, const Console& console,
                                   const Engines& engines);

/// The known word that `typed` was probably meant to be: at most two letters away. Empty if none.
[[nodiscard]] std::string nearest_word(std::string_view typed, std::span<const std::string> words);

}  // namespace icpd::node
