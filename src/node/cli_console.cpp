#include "node/cli_console.hpp"

#include <cstdio>
#include <unistd.h>

namespace icpd::node {
namespace {

void write_all(std::FILE* stream, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stream);
  std::fflush(stream);
}

bool ask(std::string_view question) {
  write_all(stderr, std::string(question) + " [y/N] ");
  char answer[16] = {};
  if (std::fgets(answer, sizeof answer, stdin) == nullptr) return false;
  return answer[0] == 'y' || answer[0] == 'Y';
}

/// Over the line before: back to its beginning, then what is left of it goes.
void show_in_place(std::string_view text) {
  write_all(stderr, "\r" + std::string(text) + "\x1b[K");
}

}  // namespace

Console standard_console() {
  Console console;
  console.out = [](std::string_view text) { write_all(stdout, text); };
  console.note = [](std::string_view text) { write_all(stderr, text); };
  if (isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1) console.confirm = ask;
  if (isatty(STDERR_FILENO) == 1) console.progress = show_in_place;
  return console;
}

}  // namespace icpd::node
