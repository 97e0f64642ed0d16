// An HTTP/1.1 client: for the command line, and for forwarding requests to a node.
//
// Connections are kept and reused. A request whose kept connection turns out to be dead before any
// byte of an answer is sent again on a new one, once; the protocol's requests are safe to repeat,
// because each names itself.
//
// Runs on one thread of its own; callbacks come there and must not block.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "base/units.hpp"
#include "io/http.hpp"

namespace icpd::io::linux {

struct HttpEndpoint {
  /// A numeric address or a name.
  std::string host;
  std::uint16_t port = 0;
  friend auto operator<=>(const HttpEndpoint&, const HttpEndpoint&) = default;
  friend bool operator==(const HttpEndpoint&, const HttpEndpoint&) = default;
};

struct HttpFailure {
  /// The server can't have seen the request: it is safe to ask another one, whatever it was.
  bool never_sent = false;
  std::string message;

  operator Error() const { return Error{message}; }  // NOLINT: implicit so that TRY passes it on
};

using HttpOutcome = Result<HttpResponse, HttpFailure>;

class HttpClient {
 public:
  /// Kept connections for each endpoint; more than these at a time are opened and closed.
  static constexpr std::size_t kKeptPerEndpointMax = 64;
  /// Bytes of an answer.
  static constexpr std::size_t kAnswerSizeMax = 64 * kMiB;

  [[nodiscard]] static std::unique_ptr<HttpClient> start();
  /// Requests under way fail; their callbacks come before this returns.
  virtual ~HttpClient() = default;

  /// Headers are sent as given, with host and content-length added. `request.peer` is not used.
  /// Headers of the answer are in lower case; content-type is apart, and those that speak of the
  /// connection are left out.
  virtual void send(HttpEndpoint endpoint, HttpRequest request, Duration time_max,
                    std::move_only_function<void(HttpOutcome)> done) = 0;

  /// The same, waiting for the answer. Not from a callback.
  [[nodiscard]] HttpOutcome fetch(HttpEndpoint endpoint, HttpRequest request, Duration time_max);
};

/// "http://host[:port][/...]" to where it points; nothing else is understood.
[[nodiscard]] Result<HttpEndpoint> endpoint_of(const std::string& url);

}  // namespace icpd::io::linux
