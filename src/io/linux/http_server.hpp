// The HTTP/1.1 server behind the endpoints.
//
// A handler gets whole requests (io/http.hpp) and answers each through its responder, at once or
// later, from any thread. Requests of one connection are handled one after the other, also when a
// client sends the next before the answer; what it sends meanwhile waits in its socket.
//
// What never reaches a handler, with the answer that the client gets, each with a line that says
// why:
//
// | what | answer | connection |
// | --- | --- | --- |
// | not HTTP/1.0 or 1.1 | 400 | closed |
// | head over head_size_max | 431 | closed |
// | body over body_size_max (as announced, or as it comes) | 413 | closed |
// | a request that isn't complete receive_time_max after its first byte | 408 | closed |
// | more requests from an address than its rate | 429, Retry-After | kept |
// | a connection over connections_max or connections_per_address_max | 503 | closed |
// | nothing for idle_time_max | - | closed |
// | an answer that the client doesn't take in send_time_max | - | closed |
//
// A responder that is dropped uncalled answers 500.
//
// Runs on one thread of its own.
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "base/units.hpp"
#include "io/http.hpp"

namespace icpd::io::linux {

struct HttpServerConfig {
  std::string host = "127.0.0.1";
  /// 0 takes any free port.
  std::uint16_t port = 0;
  std::size_t head_size_max = 32 * kKiB;
  std::size_t body_size_max = 5 * kMiB;
  std::size_t connections_max = 4096;
  std::size_t connections_per_address_max = 4096;
  Duration receive_time_max = Duration::seconds(30);
  Duration idle_time_max = Duration::seconds(75);
  Duration send_time_max = Duration::seconds(60);
  /// Requests a second that one address may send in the long run, and at once after a pause.
  /// 0: no limit.
  std::uint64_t requests_per_second = 0;
  std::uint64_t requests_burst = 0;
  std::string thread_name = "http";
};

class HttpServer {
 public:
  /// Listens and serves at once. An error names the address that can't be had.
  [[nodiscard]] static Result<std::unique_ptr<HttpServer>> start(HttpServerConfig config,
                                                                 HttpHandler handler);
  /// Closes everything; the handler isn't called any more. Responders may outlive it.
  virtual ~HttpServer() = default;

  [[nodiscard]] virtual std::uint16_t port() const = 0;
  /// Takes no new connection, closes idle ones, and returns when all that was asked is answered,
  /// or after `at_most`.
  virtual void drain(Duration at_most) = 0;
};

}  // namespace icpd::io::linux
