// `--background`: the command returns once the network answers, and the network goes on in a
// process of its own, without a terminal.
#pragma once

#include <memory>
#include <string>

#include "node/cli_console.hpp"

namespace icpd::node {

class Background {
 public:
  /// Splits the process in two. Call it before there are threads and before anything is locked.
  [[nodiscard]] static Result<Background> begin(const Console& console);

  /// True in the process that the user started.
  [[nodiscard]] bool is_original() const { return child_ != 0; }
  /// Needs is_original(). Passes on what the other process says until it detaches or ends, and
  /// ends as it did. Then says that the network is stopped with `stop_command`.
  [[nodiscard]] CommandResult outcome(const std::string& stop_command) const;

  /// Needs !is_original(). Talks through the process that the user started, until detach().
  [[nodiscard]] const Console& console() const { return *own_; }
  /// From here on output is a log in that file, and the process that the user started returns.
  void detach(const std::string& log_file);

 private:
  Background(int child, int pipe, const Console& console);
  int child_ = 0;
  int pipe_ = -1;
  const Console* console_;
  std::shared_ptr<Console> own_;
};

}  // namespace icpd::node
