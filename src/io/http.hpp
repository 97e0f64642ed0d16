// HTTP as the endpoints see it: a request comes in whole, an answer goes out whole, possibly later
// and from another thread. The server behind it (io/linux) bounds connections, head and body sizes
// and receive times before a handler is called.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"

namespace icpd::io {

struct HttpRequest {
  std::string method;  // "GET"
  std::string target;  // path and query, as sent: "/api/v2/status"
  /// Names in lower case, in the order they came.
  std::vector<std::pair<std::string, std::string>> headers;
  Slice body;
  /// Address of the client without port; for limits and logs.
  std::string peer;

  /// The first header of that (lower-case) name, or empty.
  [[nodiscard]] std::string_view header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) return value;
    }
    return {};
  }
  /// The target up to the '?'.
  [[nodiscard]] std::string_view path() const {
    return std::string_view(target).substr(0, target.find('?'));
  }
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type;
  std::vector<std::pair<std::string, std::string>> headers;
  Slice body;
};

/// Call it once. Dropping it uncalled answers 500. Any thread may call it.
using HttpResponder = std::move_only_function<void(HttpResponse)>;

/// Must not block: long work goes elsewhere and answers through the responder.
using HttpHandler = std::function<void(HttpRequest, HttpResponder)>;

}  // namespace icpd::io
