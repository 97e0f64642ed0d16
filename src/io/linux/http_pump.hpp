// Sends prepared requests over kept connections as fast as they are answered, for load generators.
//
// Each connection carries one request at a time. Whenever one is free its driver is asked for the
// next request; a connection that gets none asks again a moment later. All of it runs on the
// caller's thread, and nothing is built or looked up for a request, so that little of the machine
// goes into asking.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "io/linux/http_client.hpp"

namespace icpd::io::linux {

/// Names a connection: `endpoint` as in the list given, `number` counted from 0 in each.
struct PumpConnection {
  std::size_t endpoint = 0;
  std::size_t number = 0;
};

class PumpDriver {
 public:
  virtual ~PumpDriver() = default;
  /// The next request in HTTP/1.1, head and body; nothing if none is to be sent yet.
  [[nodiscard]] virtual std::optional<Slice> next(PumpConnection connection) = 0;
  virtual void answered(PumpConnection connection, unsigned status, Slice body) = 0;
  /// The connection ended without an answer, and is opened again. Whether the server took the
  /// request isn't known.
  virtual void lost(PumpConnection connection) = 0;
  /// Asked often.
  [[nodiscard]] virtual bool is_finished() = 0;
};

class HttpPump {
 public:
  /// So many connections to each endpoint, whose hosts are numeric addresses. They are opened by
  /// run().
  [[nodiscard]] static Result<std::unique_ptr<HttpPump>> make(
      const std::vector<HttpEndpoint>& endpoints, std::size_t connections_each);
  virtual ~HttpPump() = default;

  /// Returns once the driver is finished; requests under way are then forgotten.
  virtual void run(PumpDriver& driver) = 0;
};

/// The head of a POST with this body's size, to be followed by the body.
[[nodiscard]] std::string post_head(const std::string& path, const std::string& host,
                                    std::string_view content_type, std::size_t body_size);

}  // namespace icpd::io::linux
