// What a node shows besides its public API:
//
//   GET /health            200 "healthy", or 503 and the reason
//   GET /metrics           figures for Prometheus, text format 0.0.4
//   GET /_/trace/<id>      the way of a call through the four layers, as JSON; <id> in hexadecimal
//   GET /                  the list of these
#pragma once

#include "http/backend.hpp"
#include "io/http.hpp"
#include "node/protocol_thread.hpp"

namespace icpd::node {

[[nodiscard]] io::HttpResponse node_page(const io::HttpRequest& request, http::Backend& backend,
                                         const ProtocolThread& protocol);

}  // namespace icpd::node
