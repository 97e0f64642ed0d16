#include "node/node_pages.hpp"

#include <nlohmann/json.hpp>

#include "http/bodies.hpp"

namespace icpd::node {

namespace {

using nlohmann::ordered_json;

io::HttpResponse health(http::Backend& backend) {
  const http::NodeStatus status = backend.status();
  return http::text_response(status.healthy() ? 200 : 503, status.health + "\n");
}

struct Gauge {
  const char* name;
  const char* help;
  std::uint64_t value;
};

io::HttpResponse metrics(const ProtocolThread& protocol) {
  const ProtocolFigures f = protocol.figures();
  const Gauge gauges[] = {
      {"artifact_pool_consensus_height_stat_notarized", "Highest notarized height.", f.notarized},
      {"artifact_pool_consensus_height_stat_finalized", "Highest finalized height.", f.finalized},
      {"state_manager_tip_executed_height", "Highest executed height.", f.executed},
      {"state_manager_latest_certified_height", "Highest certified height.", f.certified},
      {"consensus_catch_up_package_height", "Height of the latest catch-up package.", f.package},
      {"transport_sessions", "Nodes with a session.", f.sessions},
      {"ingress_pool_messages", "Messages in the ingress pool.", f.pool_messages},
  };
  std::string text;
  for (const Gauge& gauge : gauges) {
    const std::string name = gauge.name;
    text += "# HELP " + name + " " + gauge.help + "\n# TYPE " + name + " gauge\n" + name + " " +
            std::to_string(gauge.value) + "\n";
  }
  io::HttpResponse response = http::text_response(200, text);
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  return response;
}

/// Milliseconds between two moments of a trace; null where one of them wasn't seen.
ordered_json milliseconds(Time from, Time to) {
  if (from == Time{} || to == Time{}) return nullptr;
  return (to - from).to_ms();
}

ordered_json layers(const replica::RequestTrace& t) {
  ordered_json out;
  out["request"] = t.request.hex();
  out["canister"] = t.canister.text();
  out["method"] = t.method;
  out["peer_to_peer"] = {{"from_client", t.from_client}, {"received_ns", t.received.ns}};
  out["consensus"] = {{"height", t.height.value},
                      {"block", t.block.hex()},
                      {"block_maker", t.block_maker.text()},
                      {"rank", t.block_rank.value},
                      {"messages_in_block", t.block_messages},
                      {"signers", t.signers},
                      {"members", t.members},
                      {"notarized_after_ms", milliseconds(t.received, t.notarized)},
                      {"finalized_after_ms", milliseconds(t.received, t.finalized)}};
  out["message_routing"] = {{"batch", t.height.value},
                            {"delivered_after_ms", milliseconds(t.received, t.delivered)},
                            {"state_root", t.root.hex()}};
  out["execution"] = {{"instructions", t.instructions},
                      {"dirty_pages", t.pages},
                      {"executed_after_ms", milliseconds(t.received, t.executed)},
                      {"finished_at_height", t.finished.value}};
  out["certificate"] = {{"height", t.certified_height.value},
                        {"certified_after_ms", milliseconds(t.received, t.certified)}};
  return out;
}

io::HttpResponse trace(std::string_view hex, const ProtocolThread& protocol) {
  const auto bytes = from_hex(hex);
  const auto id = bytes ? types::RequestId::from(*bytes) : std::nullopt;
  if (!id) return http::text_response(400, "a request id has 64 hexadecimal digits\n");
  const auto found = protocol.trace(*id);
  if (!found) return http::text_response(404, "this node has no trace of that request\n");
  io::HttpResponse response = http::text_response(200, layers(*found).dump(2) + "\n");
  response.content_type = "application/json";
  return response;
}

constexpr std::string_view kTracePath = "/_/trace/";
constexpr std::string_view kIndex =
    "icpd, a node of the Internet Computer Protocol\n"
    "  /api/v2/status     status, CBOR\n"
    "  /health            200 once this node certifies\n"
    "  /metrics           figures for Prometheus\n"
    "  /_/trace/ID        the way of a call through the four layers\n";

}  // namespace

io::HttpResponse node_page(const io::HttpRequest& request, http::Backend& backend,
                           const ProtocolThread& protocol) {
  if (request.method != "GET" && request.method != "HEAD")
    return http::text_response(405, "read with GET\n");
  const std::string_view path = request.path();
  if (path == "/health") return health(backend);
  if (path == "/metrics") return metrics(protocol);
  if (path.starts_with(kTracePath)) return trace(path.substr(kTracePath.size()), protocol);
  if (path == "/") return http::text_response(200, kIndex);
  return http::text_response(404, "no such page\n");
}

}  // namespace icpd::node
