// The program icpd.

#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "io/linux/system.hpp"
#include "node/cli.hpp"
#include "node/compile_process.hpp"

int main(int count, char** words) {
  using namespace icpd::node;
  // A node is started through /proc/self/exe and would be called "exe".
  icpd::io::linux::name_this_thread("icpd");
  // A client or a reader of our output that goes away is an error of a write, not a signal.
  std::signal(SIGPIPE, SIG_IGN);
  // A limit on file sizes is an error of a write too, as a full disk is.
  std::signal(SIGXFSZ, SIG_IGN);
  const std::vector<std::string> arguments(words + (count > 0 ? 1 : 0), words + count);
  if (!arguments.empty() && arguments.front() == kCompileWord)
    return run_compile_child(std::span(arguments).subspan(1));
  const Engines engines{.node = run_node, .program = "/proc/self/exe"};
  try {
    return run_command_line(arguments, standard_console(), engines);
  } catch (const std::exception& error) {  // the edge of main: what a library threw
    std::fprintf(stderr, "icpd: %s\n", error.what());
    return kExitFailed;
  }
}
