// How `icpd local status|stop|node` talk to the parent of a running network: one line over a Unix
// socket in D, which only D's owner can reach.
//
//   -> "node 3 kill\n"        <- "ok node 3 was killed\n"
//   -> "status\n"             <- "ok {json}\n"
//   -> "stop\n"               <- "ok\n", and the end of the connection once everything has ended
#pragma once

#include <functional>
#include <map>
#include <string>

#include "base/result.hpp"
#include "node/local_loop.hpp"

namespace icpd::node {

inline constexpr std::size_t kControlLineMax = 256;
inline constexpr std::size_t kControlConnectionsMax = 64;

class ControlServer {
 public:
  /// Answers a command; an error is passed on to who sent it.
  using Answer = std::function<Result<std::string>(const std::string& command)>;

  /// Replaces a socket file that is there: needs D's lock. The loop must outlive the server.
  [[nodiscard]] static Result<std::unique_ptr<ControlServer>> start(Loop& loop,
                                                                    const std::string& directory,
                                                                    Answer answer);
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

 private:
  ControlServer(Loop& loop, int listening, Answer answer);
  void accept_one();
  void on_readable(int connection);
  void close(int connection);

  Loop& loop_;
  int listening_;
  Answer answer_;
  std::map<int, std::string> connections_;
};

/// Sends a command to the parent of the network in D and gives its answer. Errors: no network runs
/// there, or what the parent said.
[[nodiscard]] Result<std::string> ask_parent(const std::string& directory,
                                             const std::string& command);
/// Sends "stop" and returns when the parent has ended.
[[nodiscard]] Status<> stop_parent(const std::string& directory);

}  // namespace icpd::node
