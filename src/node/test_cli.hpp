// The command line run inside a test, and what it wrote.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "node/cli.hpp"

namespace icpd::node::testing {

struct Ran {
  int status = 0;
  std::string out;
  std::string note;
};

inline Ran run_cli(const std::vector<std::string>& arguments, const Engines& engines = {}) {
  Ran ran;
  const Console console{.out = [&](std::string_view text) { ran.out += text; },
                        .note = [&](std::string_view text) { ran.note += text; }};
  ran.status = run_command_line(arguments, console, engines);
  return ran;
}

inline bool says(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace icpd::node::testing
