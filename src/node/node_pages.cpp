#include "node/node_pages.hpp"

#include "http/bodies.hpp"
#include "node/node_json.hpp"
#include "node/node_metrics.hpp"
#include "node/web_files.hpp"

namespace icpd::node {

namespace {

constexpr std::string_view kTracePath = "/_/trace/";
constexpr std::string_view kIndex =
    "icpd, a node of the Internet Computer Protocol\n"
    "  /_/dashboard       the four layers, live\n"
    "  /_/status.json     the same for programs\n"
    "  /_/trace/ID        the way of a call through the four layers\n"
    "  /metrics           figures for Prometheus\n"
    "  /health            200 once this node certifies\n"
    "  /api/v2/status     status, CBOR\n";

/// The page is made of its own files and of what its own node says; nothing else is loaded, sent
/// or framed.
constexpr const char* kPagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

void add_headers(io::HttpResponse& response) {
  response.headers.emplace_back("cache-control", "no-store");
  response.headers.emplace_back("content-security-policy", kPagePolicy);
  response.headers.emplace_back("x-content-type-options", "nosniff");
  response.headers.emplace_back("referrer-policy", "no-referrer");
  response.headers.emplace_back("cross-origin-resource-policy", "same-origin");
}

io::HttpResponse typed_response(std::string_view content, std::string_view type) {
  io::HttpResponse response = http::text_response(200, content);
  response.content_type = type;
  return response;
}

io::HttpResponse json_response(std::string_view json) {
  return typed_response(json, "application/json");
}

/// A file of the dashboard; 404 for any other path.
io::HttpResponse web_file(std::string_view path) {
  for (const WebFile& file : web_files()) {
    if (file.path == path) return typed_response(file.content, file.content_type);
  }
  return http::text_response(404, "no such page\n");
}

}  // namespace

NodePages::NodePages(PageParts parts) : parts_(std::move(parts)), started_(parts_.clock.now()) {}

void NodePages::handle(const io::HttpRequest& request, io::HttpResponder respond) {
  auto answer = [respond = std::move(respond)](io::HttpResponse response) mutable {
    add_headers(response);
    respond(std::move(response));
  };
  if (request.method != "GET" && request.method != "HEAD")
    return answer(http::error_response({405, "read with GET\n", "GET, HEAD"}));
  const std::string_view path = request.path();
  if (path == "/health") return answer(health());
  if (path == "/metrics") return answer(metrics());
  if (path == "/_/status.json") return answer(status());
  if (path.starts_with(kTracePath)) return trace(path.substr(kTracePath.size()), std::move(answer));
  if (path == "/") return answer(http::text_response(200, kIndex));
  answer(web_file(path));
}

NodeReport NodePages::report() {
  const SharedView view = parts_.published.newest();
  NodeReport report{.node = parts_.node,
                    .subnet = parts_.subnet,
                    .version = parts_.version,
                    .health = parts_.backend.status().health,
                    .now = parts_.clock.now(),
                    .started = started_,
                    .process = io::linux::process_figures(),
                    .members = parts_.members,
                    .records = parts_.protocol.records().report(),
                    .queries = parts_.queries.figures()};
  // Names are for comfort: a damaged file of them takes nothing else away.
  if (const auto names = parts_.names.all(); names.ok()) {
    for (const auto& [name, id] : *names)
      report.names.emplace(id, name);
  }
  if (view != nullptr)
    report.state = report_state(view->state(), report.records.canisters, report.names);
  for (const replica::RequestTrace& call : report.records.calls)
    report.outcomes.push_back(view == nullptr ? CallOutcome{}
                                              : outcome_of(view->state(), call.request));
  return report;
}

io::HttpResponse NodePages::health() {
  const http::NodeStatus status = parts_.backend.status();
  if (status.healthy()) return http::text_response(200, status.health + "\n");
  return http::text_response(503, status.health + "\n" + explain_health(report()) + "\n");
}

io::HttpResponse NodePages::metrics() {
  const SharedView view = parts_.published.newest();
  std::optional<CanisterCounts> canisters;
  if (view != nullptr) canisters = count_canisters(view->state());
  return typed_response(metrics_text(report(), canisters),
                        "text/plain; version=0.0.4; charset=utf-8");
}

io::HttpResponse NodePages::status() {
  return json_response(status_json(report()));
}

void NodePages::trace(std::string_view hex, io::HttpResponder respond) {
  const auto bytes = from_hex(hex);
  const auto id = bytes ? types::RequestId::from(*bytes) : std::nullopt;
  if (!id) return respond(http::text_response(400, "a request id has 64 hexadecimal digits\n"));
  parts_.protocol.find_trace(*id, [this, respond = std::move(respond)](auto found) mutable {
    if (!found)
      return respond(http::text_response(404, "this node has no trace of that request\n"));
    std::vector<types::NodeId> members;
    for (const MemberReport& member : parts_.members)
      members.push_back(member.id);
    const SharedView view = parts_.published.newest();
    CallContext context{{}, parts_.protocol.records().queued(found->height)};
    if (view != nullptr) context.outcome = outcome_of(view->state(), found->request);
    respond(json_response(trace_json(*found, parts_.node, members, context)));
  });
}

}  // namespace icpd::node
