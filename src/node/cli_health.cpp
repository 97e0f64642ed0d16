#include "node/cli_health.hpp"

#include "io/linux/http_client.hpp"
#include "node/log.hpp"

namespace icpd::node {
namespace {

constexpr Duration kAnswerTime = Duration::seconds(1);
constexpr std::size_t kReasonMax = 500;

}  // namespace

std::string why_unhealthy(const std::string& url) {
  auto endpoint = io::linux::endpoint_of(url);
  if (!endpoint.ok()) return "";
  io::HttpRequest request;
  request.method = "GET";
  request.target = "/health";
  const auto client = io::linux::HttpClient::start();
  const auto answer = client->fetch(*endpoint, std::move(request), kAnswerTime);
  // Other statuses are none of /health.
  if (!answer.ok() || answer->status != 503) return "";
  // The first line is for programs; the gateway without a node has only one.
  std::string_view reason = as_text(answer->body);
  while (reason.ends_with('\n'))
    reason.remove_suffix(1);
  const std::size_t line_end = reason.find('\n');
  if (line_end != std::string_view::npos) reason.remove_prefix(line_end + 1);
  if (reason.empty()) return "";
  return "The network doesn't certify: " + without_controls(reason.substr(0, kReasonMax));
}

}  // namespace icpd::node
